"""A package index on loopback, as pip wants one, and wheels to put into it."""

import base64
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.servers import Answer, LoopbackServer, serving

PIP_SETTINGS = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
"""This machine's own, which tests do without unless they say so."""


def wheel(package: str, version: str, files: Mapping[str, bytes | str], entry_points: str = "") -> bytes:
    """A wheel that pip takes, the same bytes each time; its name is `<package>-<version>-py3-none-any.whl`."""
    about = f"{package}-{version}.dist-info"
    contents: dict[str, bytes] = {
        name: content.encode() if isinstance(content, str) else content for name, content in files.items()
    }
    contents[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode()
    contents[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if entry_points:
        contents[f"{about}/entry_points.txt"] = entry_points.encode()
    record = [f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in contents.items()]
    contents[f"{about}/RECORD"] = "".join([*record, f"{about}/RECORD,,\n"]).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


class PackageIndex(LoopbackServer):
    """Serves what lies in `files`, listed under the package that each name begins with."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}

    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        _, kind, name, *_ = [*path.split("/"), "", ""]
        if kind == "files" and name in self.files:
            return Answer(self.files[name])
        if kind == "simple":
            of_it = [file for file in self.files if file.startswith(f"{name.replace('-', '_')}-")]
            links = "".join(f'<a href="/files/{file}">{file}</a>\n' for file in of_it)
            return Answer(f"<!DOCTYPE html><html><body>{links}</body></html>", headers={"Content-Type": "text/html"})
        return None


@contextmanager
def package_index(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[PackageIndex]:
    """One that pip's settings lead to. Pip gives up at once, and keeps its cache where the test says."""
    with serving(PackageIndex()) as server:
        assert isinstance(server, PackageIndex)
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
        monkeypatch.setenv("PIP_TRUSTED_HOST", "127.0.0.1")
        monkeypatch.setenv("PIP_CACHE_DIR", str(cache))
        yield server
