"""The pipeline shown on music that is made here."""
