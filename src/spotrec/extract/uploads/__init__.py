"""Uploads that a queue announces: extracted, stored and deleted."""
