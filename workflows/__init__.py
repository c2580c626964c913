"""What happens in which order, durably: one workflow for each incident, action item, drill, planning and inbox.

All of it replays.
"""
