"""Is it any good: retrieval metrics over labelled catalogues."""
