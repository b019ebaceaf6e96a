"""What the footer of a Parquet file says of its size.

Some damaged footers crash pyarrow, and its process with it: a child process that imports nothing else looks first.
"""

import subprocess
from pathlib import Path

from spotrec.system.child_python import python_command, python_environment

_MOST_GROUPS = 100_000
_MOST_ROWS = 1_000_000
_LOOK_TIMEOUT_S = 120
_MOST_BYTES = 256_000_000
"""The largest row group, uncompressed. Our own have 10 to 30 MB."""


def fault_of_footer(path: Path) -> str:
    """Run `oversized` in another process, and return why the file must not be unpacked; empty if it may be."""
    code = "import sys; from spotrec.features.footer import oversized as o; print(o(sys.argv[1]))"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and code
            python_command(code, str(path)),
            env=python_environment(),
            timeout=_LOOK_TIMEOUT_S,
            check=False,
            capture_output=True,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return "its footer takes too long to read"
    return "its footer is damaged" if done.returncode else done.stdout.strip()


def oversized(path: str) -> str:
    """Return why a file would unpack to too much; empty if it would not."""
    from pyarrow.parquet import read_metadata

    metadata = read_metadata(path)
    if metadata.num_row_groups > _MOST_GROUPS:
        return f"it has more than {_MOST_GROUPS:,} row groups"
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        columns = [group.column(i) for i in range(group.num_columns)]
        n_bytes = sum(column.total_uncompressed_size for column in columns)
        n_values = max((column.num_values for column in columns), default=0)
        if not 0 <= group.num_rows <= _MOST_ROWS or max(n_bytes, 4 * n_values) > _MOST_BYTES:
            return f"its row group {number + 1} would unpack to more than {_MOST_BYTES // 1_000_000} MB"
    return ""
