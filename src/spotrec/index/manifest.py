"""The manifest of an index folder, which describes its files. They are checked against it before they are loaded.

Annoy loads a file of another metric without an error, crashes the process on another dimension, and accepts truncated
files. To hash gigabytes for every query would be slow, so a file with the same size and modification time counts as
unchanged; any other file is hashed again.
"""

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from spotrec.errors import IndexFault
from spotrec.store import Anchor
from spotrec.system.digests import sha256_of_file
from spotrec.system.files import read_regular, write_whole
from spotrec.track import Ears

FORMAT = 4
_READ = (1, 2, 3, FORMAT)
"""1 has no tags, 1 and 2 have no anchors; up to 3, an index has one model, and its own numbers as axes."""
_ANCHORS_SINCE = 3
EARS_SINCE = 4
"""Earlier indexes have one model."""
VOCABULARY = "vocabulary"
"""Among the versions: of the joint vocabulary whose words are the tags. Without it, they are a model's own tags."""
METRIC = "angular"
SEED = 20_170_327
"""The random seed of backends."""
NAME = "manifest.json"
_MAX_BYTES = 1_000_000
_LONGEST = 200
_MOST_TREES = 10_000
_LONGEST_INT64 = len(str(-(2**63)))
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
REBUILD = "build it again: `spotrec index`"


@dataclass(frozen=True, slots=True)
class FileSeal:
    """A file as it was when the index was built."""

    n_bytes: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of an index."""

    format: int
    model: str
    """Its ears, as `str(Ears)`."""
    dim: int
    """The length of its vectors."""
    metric: str
    backend: str
    trees: int
    seed: int
    n_tracks: int
    content: str
    """The hash of its ids, vectors, tags and build options (`build.content_hash`), 64 hex digits."""
    versions: dict[str, str]
    partly_heard: int
    """How many other tracks only some of its models have heard."""
    anchors: list[Anchor]
    """Rows of the store that it was built from, the last one first: all later rows are new."""
    files: dict[str, FileSeal]

    def is_of(self, ears: Ears) -> bool:
        """Return whether these ears made it."""
        fits = self.dim == ears.dim if self.format < EARS_SINCE else self.dim <= ears.dim
        return self.model == str(ears) and fits and self.metric == METRIC

    @property
    def built_at(self) -> datetime:
        """When its files were written."""
        newest_ns = max((sealed.mtime_ns for sealed in self.files.values()), default=0)
        return datetime.fromtimestamp(newest_ns // 10**9, UTC)

    def write(self, folder: Path) -> None:
        """Write the manifest, or replace it atomically.

        Raises:
            OSError: it cannot be written.
        """
        text = json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"
        write_whole(folder / NAME, lambda path: path.write_text(text, encoding="utf-8"))


def seal(path: Path) -> FileSeal:
    """Return the seal to check the file against later."""
    stat = path.stat()
    return FileSeal(stat.st_size, stat.st_mtime_ns, sha256_of_file(path))


def read(folder: Path) -> Manifest:
    """Read the manifest of an index folder.

    Raises:
        IndexFault: there is no manifest, it is not valid, or this version of spotrec cannot read its format.
    """
    try:
        stat = (folder / NAME).stat()
        return _read(folder, stat.st_ino, stat.st_mtime_ns, stat.st_size)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise IndexFault(f"the index {folder} is damaged: its manifest cannot be read ({exc})", REBUILD) from exc


@lru_cache(maxsize=8)
def _read(folder: Path, *version: int) -> Manifest:  # noqa: ARG001 - the key of the cache
    """Parse a manifest. The result is cached by the file's `version` (inode, time, size), because queries repeat it."""
    fields = json.loads(content_of(folder), parse_int=_int64)
    if fields["format"] not in _READ:
        found = str(fields["format"])[:_LONGEST]
        raise IndexFault(f"the index {folder} has format {found!r}; this spotrec reads {FORMAT}", REBUILD)
    if fields["format"] < _ANCHORS_SINCE:
        fields = {**fields, "anchors": []}
    if fields["format"] < EARS_SINCE:
        fields = {**fields, "partly_heard": 0}
    anchors = [Anchor(**_typed(anchor, Anchor)) for anchor in fields.pop("anchors")]
    files = {_safe_name(name): FileSeal(**_typed(file, FileSeal)) for name, file in fields.pop("files").items()}
    manifest = Manifest(**_typed(fields, Manifest, without={"anchors", "files"}), anchors=anchors, files=files)
    if not (0 < manifest.dim <= 4096 and 0 <= manifest.n_tracks < 2**31 and 0 <= manifest.partly_heard < 2**31):
        raise ValueError("its sizes are out of range")
    if not (0 <= manifest.trees <= _MOST_TREES and all(anchor.rowid >= 0 for anchor in anchors)):
        raise ValueError("its numbers are out of range")
    if any(file.n_bytes < 0 for file in files.values()) or sum(file.n_bytes for file in files.values()) >= 2**63:
        raise ValueError("the sizes of its files are out of range")
    return manifest


def content_of(folder: Path) -> str:
    """Return the text of the manifest in an index folder.

    Raises:
        OSError, ValueError: it cannot be read, or is too large.
    """
    content = read_regular(folder / NAME, _MAX_BYTES)
    if len(content) > _MAX_BYTES:
        raise ValueError("it is too large")
    return content.decode()


def check_files(folder: Path, manifest: Manifest, *, thorough: bool = False) -> None:
    """Check every file against the manifest.

    Args:
        thorough: hash all files, even if size and modification time are unchanged.

    Raises:
        IndexFault: a file is missing, or is not the file that was built.
    """
    for name, sealed in manifest.files.items():
        path = folder / name
        try:
            stat = path.stat()
            sound = stat.st_size == sealed.n_bytes and (
                (stat.st_mtime_ns == sealed.mtime_ns and not thorough) or sha256_of_file(path) == sealed.sha256
            )
        except OSError as exc:
            raise IndexFault(f"the index {folder} is damaged: {name} is missing", REBUILD) from exc
        if not sound:
            raise IndexFault(f"the index {folder} is damaged: {name} is not the file that was built", REBUILD)


def _int64(digits: str) -> int:
    """Parse a 64-bit integer; reject numbers of a million digits."""
    if len(digits) > _LONGEST_INT64 or not -(2**63) <= (number := int(digits)) < 2**63:
        raise ValueError("it contains a number that is too large")
    return number


def _safe_name(name: str) -> str:
    if not _FILE_NAME.fullmatch(name):
        raise ValueError(f"{name[:_LONGEST]!r} is not the name of an index file")
    return name


def _typed(fields: dict[str, Any], kind: type, without: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    """Return `fields` if they are those of the dataclass `kind`, of the right types, with short printable texts."""
    wanted = {name: hint for name, hint in kind.__annotations__.items() if name not in without}
    if set(fields) != set(wanted):
        raise ValueError("it has the wrong fields")
    for name, hint in wanted.items():
        value = fields[name]
        if type(value) is not getattr(hint, "__origin__", hint):  # so True is not accepted as a number
            raise TypeError(f"{name} has the wrong type")
        texts = [value] if isinstance(value, str) else [*value, *value.values()] if isinstance(value, dict) else []
        if not all(isinstance(text, str) and text.isprintable() and len(text) <= _LONGEST for text in texts):
            raise ValueError(f"{name} is not a short text")
    return fields
