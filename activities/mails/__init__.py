"""Mails: each is made from its record, written down, and handed over once."""
