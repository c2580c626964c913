"""What travels into workflows, out of them, and between them and activities.

It lies in histories: a field only comes, with a default; none goes, and none changes its name.
"""
