"""The mails of a week and a month. All of it replays."""
