"""The organisation file: who is there, who is on call, when people work, and which rules they have.

None of it replays.
"""
