"""Runs the worker: reads settings and wires clients into activities."""
