"""Results as text: every table and line that commands print."""
