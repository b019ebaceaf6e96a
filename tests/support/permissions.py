"""Commands that permissions hold for, also where the tests run as root."""

import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

_DROPPED = "-dac_override,-dac_read_search"


def run_bound(*arguments: object, code: int | None = 0) -> Any:
    """Run a command of spotrec in a process that may not read what its permissions forbid."""
    prefix = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("permissions do not hold for root, and there is no setpriv")
        prefix = ["setpriv", f"--inh-caps={_DROPPED}", f"--bounding-set={_DROPPED}"]
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "spotrec", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert code is None or done.returncode == code, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return done
