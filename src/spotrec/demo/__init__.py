"""A demonstration of the pipeline on synthesised music."""
