"""Uploads that a queue tells of: heard, stored and deleted."""
