"""Which mails there are, and what they show of a record. All of it replays."""
