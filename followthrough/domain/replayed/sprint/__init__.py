"""A planned sprint, and what an action item hears of it. All of it replays."""
