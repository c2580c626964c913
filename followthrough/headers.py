"""Headers of ours, which the service and its command line both know."""

PRIVATE = "Followthrough-Private"
"""Of a list: how many fit that are private, and not for who asks."""
