"""The publication of an index in a bucket.

    s3://bucket/prefix/<ears>/current                       the name of the published generation
    s3://bucket/prefix/<ears>/<generation>/manifest.json    as in the index's own folder
                                            space.npz  vectors.npy  …

The files are uploaded first, then the manifest, and the pointer last, so that readers always find a complete index.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import IndexFault
from spotrec.index import generations
from spotrec.index import manifest as manifests
from spotrec.index.index import load
from spotrec.progress import Progress
from spotrec.s3.files import S3Files
from spotrec.track import Ears


@dataclass(frozen=True, slots=True)
class IndexPush:
    """A published index; `n_bytes` were uploaded, `n_bytes_there` were in the bucket already."""

    index: str
    address: str
    n_tracks: int
    n_bytes: int
    n_bytes_there: int


def push(root: Path, ears: Ears, files: S3Files, progress: Progress) -> IndexPush:
    """Publish the current index of some ears. Files that the bucket has with the same sha256 are not uploaded again.

    Raises:
        IndexFault: there is no index, or it is damaged.
        CacheRefused, CacheError: the bucket cannot be written; the index published before stays.
    """
    with progress.meter("check the index", unit=""):
        index = load(root, ears, thorough=True)
    folder, sealed = index.folder, index.manifest.files
    below = f"{ears}/{folder.name}"
    sent = 0
    with progress.meter("push", sum(seal.n_bytes for seal in sealed.values()), "bytes") as meter, _read_from(folder):
        for name, seal in sealed.items():
            key = f"{below}/{name}"
            if files.size_and_digest(key) == (seal.n_bytes, seal.sha256):
                meter.advance(seal.n_bytes, note=name)
                continue
            files.put(key, folder / name, seal.n_bytes, seal.sha256, lambda n, name=name: meter.advance(n, note=name))  # type: ignore[misc] # bound now
            sent += seal.n_bytes
        files.put_text(f"{below}/{manifests.NAME}", manifests.content_of(folder))
    files.put_text(f"{ears}/{generations.POINTER}", f"{folder.name}\n")
    there = sum(seal.n_bytes for seal in sealed.values()) - sent
    return IndexPush(index.name, f"{files.address}/{below}", len(index), sent, there)


@contextmanager
def _read_from(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise IndexFault(
            f"the index {folder} cannot be read to its end: {exc.strerror or exc}",
            "run the same command again; a new build may have replaced it",
        ) from exc
