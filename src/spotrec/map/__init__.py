"""A catalogue → a map of it, as a page or a picture."""
