"""Embeddings → a space in which near means similar, and a search in it."""
