"""A catalogue → a map of it that people can look at."""
