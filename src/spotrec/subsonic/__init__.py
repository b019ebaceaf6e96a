"""The connection to a music server that speaks Subsonic or OpenSubsonic."""
