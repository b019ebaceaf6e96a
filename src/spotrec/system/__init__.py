"""Services of the operating system: files written completely, locks, threads."""
