"""Tickets: what action items ask of a tracker, whichever it is."""
