"""One file for each structure of audio files: a generator of its parts, each with a name, a start and an end.

Nothing is read before it is asked for, and nothing that a file says about itself is believed:

- A walk takes one item of `steps` for each part, and ends with them.
- `end` is what the file states: it may lie beyond the data, and where a size is too small for its own header, before
  `start`. The next part begins there, but never before `start`. What that means, the reader decides.
- A walk ends silently where the data end, or where no part begins.
"""
