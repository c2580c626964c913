"""What runs inside workflows: records, commands, and what becomes of a record.

It runs again over old histories, with today's code. Another branch taken there breaks workflows that run: change what
it does behind ``workflow.patched`` only, and let what it adds to a record have a default. It imports nothing of ours
but itself.
"""
