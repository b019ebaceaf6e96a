"""Weights as their authors published them: the files, how to get them, and a check of their content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spotrec.errors import WeightsError
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.system.digests import sha256
from spotrec.system.files import read_regular

MOST_BYTES = 64_000_000
"""The largest file of weights that is read."""


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file as its authors published it; `name` is its path below the folder of all weights."""

    name: str
    n_bytes: int
    sha256: str


class PublishedWeights(Protocol):
    """The files that a model's authors published, and how to get them.

    `files`: the network is loaded from the first. `whose`: such as `Choi's`. `n_bytes`: the size of the download.
    `setting`: the name of the setting for other weights, if there is one.
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
        """Download all files; return the content of each by its name.

        Raises:
            WeightsError: the download fails; the hint says what to do.
        """

    def read(self, source: Path) -> Mapping[str, bytes]:
        """Read the content of all files, as `fetch`, from a file on this machine.

        Raises:
            WeightsError: it is not the published file.
        """

    def address(self, settings: Settings) -> str:
        """Return where a person can get that file on another machine."""


def check(content: bytes, file: PublishedFile, origin: str, whose: str) -> None:
    """Check that content is the published file.

    Raises:
        WeightsError: it is not; `origin` names the content in the message.
    """
    if len(content) != file.n_bytes:
        raise WeightsError(f"{origin} has {len(content):,} bytes; {whose} weights have {file.n_bytes:,}")
    if sha256(content) != file.sha256:
        raise WeightsError(f"{origin} is not {whose} published weights: its sha256 differs")


def read_source(source: Path, weights: PublishedWeights) -> bytes:
    """Read a file on this machine, up to a maximal size.

    Raises:
        WeightsError: there is no such file, or it is too large.
    """
    hint = f"the published file has {weights.n_bytes:,} bytes"
    if not source.is_file():
        raise WeightsError(f"there is no file {source}", hint)
    try:
        content = read_regular(source, MOST_BYTES)
    except OSError as exc:
        raise WeightsError(f"{source} cannot be read: {exc.strerror or exc}", hint) from exc
    if len(content) > MOST_BYTES:
        raise WeightsError(f"{source} is not {weights.whose} weights: it is too large", hint)
    return content


def way_to_right_files(model: str, weights: PublishedWeights) -> str:
    """Return a hint for a file that does not hold a model's weights."""
    own = ""
    if weights.setting:
        own = f"if the setting `{weights.setting}` (SPOTREC_{weights.setting.upper()}) names it, remove the setting; "
    return f"{own}`spotrec models install {model}` fetches the right file"
