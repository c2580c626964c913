"""How many of each a record may have. People are refused beyond it, of what machines send the latest are kept."""

ACTION_ITEMS = 200
"""Of one incident, with those that were split, merged and closed."""
KUDOS = 100
MERGED_ALERTS = 50
"""Dedup keys of incidents that were merged into one."""
PARTS = 20
"""Incidents that one incident is split into."""
LINKS = 50
"""To earlier incidents; to action items that wait, are duplicates, or wait for each other in a row."""
UNDONE = 10
"""Of the records that were merged into one, what the last ones changed is known and can be undone."""
PASSED = 200
"""Reminders, escalations and role holders that have passed."""
EVIDENCE = 10
COMMENTS = 3
"""On an action item, the last; all are on its timeline."""
COMMANDS = 200
"""Whose ids are known, so that none is carried out twice; more than a record gets in a day."""
UNREACHED = 100
"""People whom mails do not reach."""
ADMITTED = 100
"""People who may see a private incident although they have no part in it."""
