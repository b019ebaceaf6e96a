"""Features between stores: one file that fleets and people exchange."""
