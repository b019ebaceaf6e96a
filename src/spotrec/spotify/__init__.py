"""Spotify's connection: signing in, tokens, and asking its Web API."""
