"""Jira, Cloud and Data Center, as a ``Tracker``."""
