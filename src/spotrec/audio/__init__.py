"""Bytes and samples: where audio is kept until it was heard, and what it sounds like as numbers."""
