"""What is decided, without a clock, I/O or temporalio, in two parts that may change in different ways.

``replayed`` runs inside workflows over histories that are months old, ``answered`` is asked once and its answer kept.
"""
