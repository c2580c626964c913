"""What the numbers say of incidents and action items over months; each number has one definition, which is here.

Asked once; nothing here replays.
"""
