"""SHA-256 digests. A query needs none, and `hashlib` loads OpenSSL, so it is imported on first use."""

from pathlib import Path


def sha256(content: bytes) -> str:
    """Return the digest that names this content, 64 hex digits."""
    import hashlib

    return hashlib.sha256(content).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Return the digest of a file's content, 64 hex digits, without loading it whole.

    Raises:
        OSError: it cannot be read.
    """
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
