"""Pons and Serra's musicnn."""
