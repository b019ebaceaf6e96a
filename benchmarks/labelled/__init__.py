"""Labelled music, and what ways of comparing it come to: what spaces.py, fusion.py and ears.py have in common."""
