"""What a person can do, one verb a file: functions over a session."""
