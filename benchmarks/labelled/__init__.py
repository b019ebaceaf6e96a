"""Labelled music, and what ways of comparing it come to: what spaces.py and fusion.py have in common."""
