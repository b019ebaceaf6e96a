"""The HTTP client, and its limits for each host."""
