"""The HTTP service: an API, a page, and what players speak, over one Recommender."""
