"""Embeddings → a space in which near means alike, and a search in it."""
