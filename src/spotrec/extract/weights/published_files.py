"""Weights as their authors published them: which files they are, how they come here, and whether they are those."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spotrec.errors import WeightsError
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.system.digests import sha256

MOST_BYTES = 64_000_000
"""No file of weights is larger, whatever it comes as."""


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file as its authors published it; `name` says where it lies below the folder of all weights."""

    name: str
    n_bytes: int
    sha256: str


class PublishedWeights(Protocol):
    """The files that a model's authors published, and how they come here.

    `files`: the network is loaded from the first. `whose`: `Choi's`. `n_bytes`: what comes over the network for them.
    `setting`: the setting by which weights of one's own are named, where there is one.
    """

    @property
    def files(self) -> Sequence[PublishedFile]: ...

    @property
    def whose(self) -> str: ...

    @property
    def n_bytes(self) -> int: ...

    @property
    def setting(self) -> str | None: ...

    def fetch(self, settings: Settings, progress: Progress) -> Mapping[str, bytes]:
        """What comes over the network for each file, by its name.

        Raises:
            WeightsError: it cannot be had; the hint says what could be done.
        """

    def read(self, source: Path) -> Mapping[str, bytes]:
        """The same from a file that somebody brought.

        Raises:
            WeightsError: it is another file.
        """

    def address(self, settings: Settings) -> str:
        """Where that file is to be had, for a person who fetches it elsewhere."""


def check(content: bytes, file: PublishedFile, origin: str, whose: str) -> None:
    """Refuse what is not the published file.

    Raises:
        WeightsError: it is not, and `origin` says what was looked at.
    """
    if len(content) != file.n_bytes:
        raise WeightsError(f"{origin} has {len(content):,} bytes; {whose} weights have {file.n_bytes:,}")
    if sha256(content) != file.sha256:
        raise WeightsError(f"{origin} is not {whose} published weights: its sha256 differs")


def read_source(source: Path, weights: PublishedWeights) -> bytes:
    """A file that somebody brought, of a bounded size.

    Raises:
        WeightsError: there is no such file, or it is too large.
    """
    hint = f"it has {weights.n_bytes:,} bytes"
    if not source.is_file():
        raise WeightsError(f"there is no file {source}", hint)
    if source.stat().st_size > MOST_BYTES:
        raise WeightsError(f"{source} is not {weights.whose} weights: it is too large", hint)
    try:
        return source.read_bytes()
    except OSError as exc:
        raise WeightsError(f"{source} cannot be read: {exc.strerror or exc}", hint) from exc
