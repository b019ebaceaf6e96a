"""One file for each format of tags. Each finds its tag in an audio file and returns the texts under its own keys.

What a file says about itself is not believed: readers look at a bounded number of items and keep a bounded amount of
text, so that no tag costs more than a few milliseconds and a few megabytes.
"""
