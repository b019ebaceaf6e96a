"""Seeds → ranked recommendations."""
