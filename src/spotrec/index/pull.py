"""The download of an index that `push.py` published in a bucket.

A published index is not trusted: it is downloaded to a temporary folder, checked against its manifest, tested in a
separate process (`inspection.py`), and only then made the current one.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from spotrec.errors import DiskFull, IndexFault, NotFound
from spotrec.index import generations
from spotrec.index import manifest as manifests
from spotrec.index.backends import backend_of
from spotrec.index.index import FILES, Index, load_generation
from spotrec.index.inspection import MOST_TAGS, inspect_apart
from spotrec.index.manifest import FileSeal, Manifest
from spotrec.progress import Meter, Progress
from spotrec.s3.files import S3Files
from spotrec.system.files import is_full, locked
from spotrec.track import Ears

_DOWNLOADS = ".pulling"
_MOST_POINTER_BYTES, _MOST_MANIFEST_BYTES = 200, 1_000_000
_LONGEST_NAME = 64
_LONGEST_ID = 1_000
_SMALLEST_BOUND = 200_000
_LEFT_FREE_BYTES = 10_000_000
_AGAIN = "publish it again: `spotrec index push S3_ADDRESS`"


@dataclass(frozen=True, slots=True)
class IndexPull:
    """A downloaded index, now in use. `n_bytes` were downloaded; `n_bytes_here` were on this machine already."""

    index: Index
    address: str
    n_bytes: int
    n_bytes_here: int


def pull(root: Path, ears: Ears, files: S3Files, progress: Progress, *, n_tags: int | None = None) -> IndexPull:
    """Download a published index and make it the current one. An interrupted download continues next time.

    Args:
        n_tags: the number of the ears' tags; None if it is not known.

    Raises (the index in use has not changed):
        NotFound: no index of this model is published there.
        IndexFault: it is damaged or of another model.
        DiskFull: the disk is full.
        CacheRefused, CacheError: the bucket cannot be read.
    """
    name = _published_name(ears, files)
    home, download_root = root / str(ears), root / _DOWNLOADS
    address = f"{files.address}/{ears}/{name}"
    with _download_folder(download_root, ears, name) as download:
        came = here = 0
        if _is_sound(home / name, progress):
            here = sum(seal.n_bytes for seal in manifests.read(home / name).files.values())
        else:
            manifest = _published_manifest(ears, f"{ears}/{name}", files, download)
            came, here = _fetch(manifest, f"{ears}/{name}", files, download, progress)
            _update_seals(manifest, download)
            (download.parent / generations.POINTER).write_text(f"{name}\n", encoding="utf-8")
            with progress.meter("test the index", unit=""):
                if fault := inspect_apart(download_root, ears, n_tags):
                    shutil.rmtree(download)
                    raise IndexFault(f"the index {address} cannot be used: {fault}", _AGAIN)
        with generations.alone_in(home, progress):
            folder = generations.make_current(home, name, lambda empty: _move(download, empty))
            index = load_generation(folder, ears)
        shutil.rmtree(download.parent, ignore_errors=True)
    return IndexPull(index, address, came, here)


def _published_name(ears: Ears, files: S3Files) -> str:
    pointer = files.read(f"{ears}/{generations.POINTER}", _MOST_POINTER_BYTES)
    if pointer is None:
        raise NotFound(
            f"there is no index of {ears.name} at {files.address}",
            "`spotrec index push S3_ADDRESS` publishes one; for another model's index, set `model`",
        )
    name = pointer.decode("utf-8", "replace").strip()
    if not (name.isascii() and name.isalnum() and len(name) <= _LONGEST_NAME):
        raise IndexFault(f"the pointer to the index of {ears.name} at {files.address} is not valid", _AGAIN)
    return name


def _published_manifest(ears: Ears, below: str, files: S3Files, download: Path) -> Manifest:
    content = files.read(f"{below}/{manifests.NAME}", _MOST_MANIFEST_BYTES)
    where = f"{files.address}/{below}"
    if content is None:
        raise IndexFault(f"the index {where} has no manifest", _AGAIN)
    (download / manifests.NAME).write_bytes(content)
    try:
        manifest = manifests.read(download)
    except IndexFault as fault:
        raise IndexFault(f"the index {where} cannot be used: {fault.message}", _AGAIN) from fault
    finally:
        (download / manifests.NAME).unlink(missing_ok=True)
    if not manifest.is_of(ears):
        raise IndexFault(f"the index {where} belongs to another model ({manifest.model})", _AGAIN)
    backend = backend_of(manifest.backend)
    backend.versions()  # raises before the download, not after
    known = {*FILES, *backend.FILES, *backend.EARLIER_FILES}
    for name, seal in manifest.files.items():
        if name not in known:
            raise IndexFault(f"the index {where} cannot be used: {name} is not a file of an index", _AGAIN)
        if seal.n_bytes > _most_bytes(name, manifest, ears):
            raise IndexFault(f"the index {where} cannot be used: {name} is too large for its tracks", _AGAIN)
    return manifest


def _most_bytes(name: str, manifest: Manifest, ears: Ears) -> int:
    """Return the largest size that a file of such an index can have."""
    vector = 4 * (manifest.dim + 1)  # short forms may have one number more
    rows = {"ids.npy": _LONGEST_ID, "tags.npy": 4 * MOST_TAGS, "trees.ann": (manifest.trees + 1) * (vector + 12)}
    return _SMALLEST_BOUND + 24 * ears.dim**2 + (manifest.n_tracks + 1) * rows.get(name, vector)


def _fetch(manifest: Manifest, below: str, files: S3Files, download: Path, progress: Progress) -> tuple[int, int]:
    """Download the missing files. Return how many bytes were downloaded, and how many were here already."""
    total = sum(seal.n_bytes for seal in manifest.files.values())
    for path in download.iterdir():
        if path.name not in manifest.files:
            path.unlink()
    here = sum(path.stat().st_size for path in download.iterdir())
    free = shutil.disk_usage(download).free
    if total - here > free - _LEFT_FREE_BYTES:
        raise DiskFull(
            f"the index needs {total / 1e6:.0f} MB, and {download} has {free / 1e6:.0f} MB free",
            "free some space; the index in use has not changed",
        )
    came = 0
    with progress.meter("pull", total, "bytes") as meter:
        for name, seal in manifest.files.items():
            came += _fetch_file(f"{below}/{name}", seal, files, download / name, meter)
    return came, total - came


def _fetch_file(key: str, seal: FileSeal, files: S3Files, path: Path, meter: Meter) -> int:
    """Download a file, or the rest of it. Return how many bytes were downloaded."""
    where = f"{files.address}/{key}"
    found = files.size_and_digest(key)
    if found is None or found[0] != seal.n_bytes:
        raise IndexFault(f"{where} {'is missing' if found is None else 'has the wrong size'}", _AGAIN)
    with path.open("a+b") as file:
        file.seek(0)
        digest = hashlib.sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
        start = file.tell()
        is_a_beginning = start < seal.n_bytes or digest.hexdigest() == seal.sha256
        if start > seal.n_bytes or not is_a_beginning:
            start, digest = 0, hashlib.sha256()
        meter.advance(start, note=path.name)
        _append(file, start, digest, files.pieces(key, start, seal.n_bytes), meter)
        if start and digest.hexdigest() != seal.sha256:  # the part on disk was damaged: download all of it
            meter.advance(-seal.n_bytes)
            start, digest = 0, hashlib.sha256()
            _append(file, start, digest, files.pieces(key, start, seal.n_bytes), meter)
        os.fsync(file.fileno())
    if digest.hexdigest() != seal.sha256:
        path.unlink()
        raise IndexFault(f"{where} does not match its manifest", f"run the same command again, or {_AGAIN}")
    return seal.n_bytes - start


def _append(file: BinaryIO, start: int, digest: "hashlib._Hash", pieces: Iterator[bytes], meter: Meter) -> None:
    file.truncate(start)
    for piece in pieces:
        file.write(piece)
        digest.update(piece)
        meter.advance(len(piece))
    file.flush()


def _update_seals(manifest: Manifest, folder: Path) -> None:
    """Write the manifest with the modification times of the downloaded files."""
    files = {name: replace(seal, mtime_ns=(folder / name).stat().st_mtime_ns) for name, seal in manifest.files.items()}
    replace(manifest, files=files).write(folder)


def _is_sound(generation: Path, progress: Progress) -> bool:
    with progress.meter("check the index here", unit="") if generation.is_dir() else nullcontext():
        return generations.is_sound(generation)


def _move(download: Path, folder: Path) -> None:
    if not (download / manifests.NAME).is_file():
        raise IndexFault(
            f"a build removed the index {download.name} during the download", "run the same command again to fetch it"
        )
    for path in download.iterdir():
        path.rename(folder / path.name)


@contextmanager
def _download_folder(root: Path, ears: Ears, name: str) -> Iterator[Path]:
    """Yield the temporary folder of a download, after other ones are deleted. Only one pull may use it at a time."""
    home = root / str(ears)
    with generations.written_in(root):
        home.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            try:
                held.enter_context(locked(root / ".lock", wait=False))
            except BlockingIOError as exc:
                raise IndexFault("another pull is running on this machine", "wait until it has ended") from exc
            home.mkdir(exist_ok=True)
            for path in home.iterdir():
                if path.is_dir() and path.name != name:
                    shutil.rmtree(path)
            download = home / name
            download.mkdir(exist_ok=True)
            try:
                yield download
            except OSError as exc:
                if is_full(exc):  # other programs need the space that is left
                    shutil.rmtree(download, ignore_errors=True)
                raise
