"""Who asks, what they are to an incident or an action item, and what they may do. Nothing here replays."""
