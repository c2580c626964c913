"""A year of incidents and action items on the real engine, and what it costs: ``python -m bench.year``."""
