"""Audio as bytes and as samples: the cache, tags, and decoding."""
