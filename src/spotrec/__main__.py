"""`python -m spotrec` is `spotrec`, without the current folder on the path: it may hold a stranger's `numpy.py`."""

import os
import sys

if sys.path and sys.path[0] == os.getcwd():  # noqa: PTH109 - `pathlib` itself would be imported from there
    del sys.path[0]

from spotrec.cli import main

if __name__ == "__main__":
    main()
