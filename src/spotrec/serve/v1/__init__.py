"""The API, version 1: one router a file."""
