"""What is written into tickets. None of it replays."""
