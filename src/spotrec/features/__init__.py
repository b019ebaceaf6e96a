"""Features in one file, for exchange between stores."""
