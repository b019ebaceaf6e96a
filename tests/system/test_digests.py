import hashlib
from pathlib import Path

import pytest

from spotrec.system.digests import sha256, sha256_of_file


@pytest.mark.parametrize("n_bytes", [0, 3, 1 << 16, (1 << 16) + 1])
def test_small_and_large_contents_have_the_digest_of_hashlib(tmp_path: Path, n_bytes: int) -> None:
    content = b"a" * n_bytes
    (tmp_path / "file").write_bytes(content)
    assert sha256(content) == sha256_of_file(tmp_path / "file") == hashlib.sha256(content).hexdigest()
