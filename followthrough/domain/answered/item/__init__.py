"""Of an action item: its deadlines and next moment, and whether its title says what to do. None of it replays."""
