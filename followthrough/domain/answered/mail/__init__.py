"""Of mails: when they go out, what of them still matters, and who hears of one that did not arrive.

None of it replays.
"""
