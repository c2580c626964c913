"""What digests and the playbook say. None of it replays."""
