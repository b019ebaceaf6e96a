"""When do two spellings mean one thing: titles, recordings, keys, genres."""
