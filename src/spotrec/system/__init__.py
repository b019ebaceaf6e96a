"""What the operating system is asked for: files written whole, locks, threads."""
