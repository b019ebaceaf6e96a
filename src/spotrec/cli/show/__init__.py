"""Results for people: every table and line that is printed."""
