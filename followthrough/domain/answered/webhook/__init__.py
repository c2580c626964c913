"""Webhooks that go out: which events there are, what they say, and when they are tried again. Answered once."""
