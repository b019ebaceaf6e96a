"""Networks' weights: where they are, whether they are the right ones, how they come here and go."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from spotrec.errors import WeightsError
from spotrec.progress import Progress
from spotrec.settings import Settings, without_password

if TYPE_CHECKING:
    from spotrec.extract.models import AudioModel

MOST_BYTES = 64_000_000
"""No file of weights is larger, whatever it comes as."""
_OTHER = {"choi": "musicnn"}
"""Which model to take where the weights of one cannot be had; where it says nothing, `choi`."""


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


@dataclass(frozen=True, slots=True)
class Download:
    """Weights that are one file behind an address, that of the setting `url_setting`."""

    whose: str
    file: PublishedFile
    url_setting: str
    setting: str | None = None

    @property
    def files(self) -> tuple[PublishedFile, ...]:
        return (self.file,)

    @property
    def n_bytes(self) -> int:
        return self.file.n_bytes

    def fetch(self, settings: Settings, progress: Progress) -> dict[str, bytes]:
        from spotrec.http import HttpClient  # a query looks at the weights too, and needs no network

        url = getattr(settings, self.url_setting)
        with HttpClient(settings) as http, progress.meter("weights", self.n_bytes, "bytes") as meter:
            try:
                content = http.download(url, max_bytes=MOST_BYTES, on_bytes=meter.advance)
            except http.errors as exc:
                raise WeightsError(f"{self.whose} weights cannot be downloaded: {exc}", "try again later") from exc
        return {self.file.name: content}

    def read(self, source: Path) -> dict[str, bytes]:
        return {self.file.name: read_source(source, self)}

    def address(self, settings: Settings) -> str:
        return without_password(getattr(settings, self.url_setting))


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """What is known of a model's weights without loading them.

    `path` is None for a model that brings its own, `sha256` where there is no file; `published` says that all files are
    those that its authors published.
    """

    model: str
    path: Path | None
    sha256: str | None
    published: bool


def status(settings: Settings, model: "AudioModel") -> WeightsStatus:
    """Look at the weights that would be used."""
    if model.weights is None:
        return WeightsStatus(model.id.name, None, None, published=True)
    path = _own(settings, model.weights) or installed_path(settings, model.weights)
    digest = _sha256(path) if path.is_file() else None
    published = digest == model.weights.files[0].sha256 and (
        _own(settings, model.weights) is not None or _fault(settings, model.weights) is None
    )
    return WeightsStatus(model.id.name, path, digest, published)


def installed_path(settings: Settings, weights: PublishedWeights) -> Path:
    """Where the first of their files lies, or would."""
    return settings.data_path / "weights" / weights.files[0].name


def digest_in_use(settings: Settings, model: "AudioModel") -> str:
    """What tells these settings' weights from the published ones, 8 hex digits; empty where they are those.

    Raises:
        WeightsError: the settings name a file that is not there.
    """
    if model.weights is None or (own := _own(settings, model.weights)) is None:
        return ""
    digest = _sha256(_there(own, model.weights))
    return "" if digest == model.weights.files[0].sha256 else digest[:8]


def find_or_fetch(settings: Settings, model: "AudioModel", progress: Progress) -> Path | None:
    """The weights to use: those of the settings, else those installed, else fetched once and checked.

    Returns:
        the file to load the network from; None for a model that brings its own.

    Raises:
        WeightsError: they are missing and cannot be had, or are not the published ones.
    """
    weights = model.weights
    if weights is None:
        return None
    if own := _own(settings, weights):
        return _there(own, weights)
    path = installed_path(settings, weights)
    if not path.is_file():
        megabytes = weights.n_bytes / 1e6
        progress.note(f"{weights.whose} weights are not here yet: downloading them once ({megabytes:.1f} MB)")
        return install(settings, model, progress)
    if fault := _fault(settings, weights):
        raise WeightsError(fault, _ways_out(settings, model))
    return path


def install(settings: Settings, model: "AudioModel", progress: Progress, source: Path | None = None) -> Path:
    """Put the published weights into the data folder, from `source` or over the network, checked and all at once.

    Raises:
        WeightsError: they cannot be had, or are not the published ones; nothing changed.
    """
    weights = model.weights
    if weights is None:
        raise WeightsError(f"{model.id.name} brings its own weights", "there is nothing to install")
    try:
        contents = weights.fetch(settings, progress) if source is None else weights.read(source)
        for file in weights.files:
            origin = weights.address(settings) if source is None else str(source)
            _check(contents[file.name], file, origin, weights)
    except WeightsError as error:
        hint = f"{error.hint}; {_ways_out(settings, model)}" if error.hint else _ways_out(settings, model)
        raise WeightsError(error.message, hint) from error
    return _write(settings.data_path / "weights", weights, contents)


def remove(settings: Settings, model: "AudioModel") -> list[Path]:
    """Delete installed weights; files of one's own that the settings name stay. What was heard with them stays too.

    Returns:
        what was deleted; nothing where none were installed.
    """
    deleted = []
    folder = settings.data_path / "weights"
    try:
        for file in model.weights.files if model.weights else ():
            if (path := folder / file.name).is_file():
                path.unlink()
                deleted.append(path)
        for parent in {path.parent for path in deleted} - {folder}:
            with suppress(OSError):  # there is more in it
                parent.rmdir()
    except OSError as exc:
        raise WeightsError(f"the weights cannot be deleted: {exc}", "check the data folder") from exc
    return deleted


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


def _write(folder: Path, weights: PublishedWeights, contents: Mapping[str, bytes]) -> Path:
    """All aside first; that without which they do not count comes last."""
    parts: dict[Path, str] = {}
    try:
        try:
            for file in reversed(weights.files):
                target = folder / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                handle, part = tempfile.mkstemp(prefix=".part-", dir=target.parent)
                parts[target] = part
                with os.fdopen(handle, "wb") as opened:
                    opened.write(contents[file.name])
            for target, part in parts.items():
                shutil.move(part, target)
        finally:
            for part in parts.values():
                Path(part).unlink(missing_ok=True)
    except OSError as exc:
        raise WeightsError(
            f"the weights cannot be written to {folder}: {exc.strerror or exc}", "check the data folder"
        ) from exc
    return folder / weights.files[0].name


def _own(settings: Settings, weights: PublishedWeights) -> Path | None:
    path: Path | None = getattr(settings, weights.setting) if weights.setting else None
    return path


def _there(own: Path, weights: PublishedWeights) -> Path:
    if not own.is_file():
        raise WeightsError(f"there are no weights at {own}", f"check the setting `{weights.setting}`")
    return own


def _fault(settings: Settings, weights: PublishedWeights) -> str | None:
    """What is wrong with the installed files; None where all are as published."""
    try:
        for file in weights.files:
            path = settings.data_path / "weights" / file.name
            _check(path.read_bytes(), file, str(path), weights)
    except WeightsError as error:
        return error.message
    except OSError as exc:
        return f"{weights.whose} weights cannot be read: {exc}"
    return None


def _check(content: bytes, file: PublishedFile, origin: str, weights: PublishedWeights) -> None:
    if len(content) != file.n_bytes:
        raise WeightsError(f"{origin} has {len(content):,} bytes; {weights.whose} weights have {file.n_bytes:,}")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise WeightsError(f"{origin} is not {weights.whose} published weights: its sha256 differs")


def _ways_out(settings: Settings, model: "AudioModel") -> str:
    assert model.weights is not None
    return (
        f"bring the file: `spotrec models install {model.id.name} --from FILE` (it is "
        f"{model.weights.address(settings)}), or hear with another network: "
        f"`--model {_OTHER.get(model.id.name, 'choi')}`"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
