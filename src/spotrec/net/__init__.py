"""The one HTTP client, and its manners towards hosts."""
