"""What workflows hold: each is one thing that an incident or an action item does beside waiting."""
