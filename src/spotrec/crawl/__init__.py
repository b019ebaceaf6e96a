"""Links → tracks with audio in the cache."""
