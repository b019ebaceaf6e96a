"""Networks' weights on this machine: find, check, install and remove them."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spotrec.errors import WeightsError
from spotrec.extract.weights.published_files import MOST_BYTES, PublishedWeights, check
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.system.digests import sha256_of_file
from spotrec.system.files import read_regular, temporary_folder, translated
from spotrec.track import ModelId

_OTHER = {"choi": "musicnn"}
"""The model to suggest if a model's weights are not available; for all others, `choi`."""


class Weighted(Protocol):
    """The parts of a model that matter for its weights: its id, and how to get them."""

    @property
    def id(self) -> ModelId: ...

    @property
    def weights(self) -> PublishedWeights | None: ...


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """Facts about a model's weights, without loading them.

    `path` is None for a model that contains its own, `sha256` if there is no file; `published` is true if all files are
    what the authors published.
    """

    model: str
    path: Path | None
    sha256: str | None
    published: bool


def status(settings: Settings, model: Weighted) -> WeightsStatus:
    """Return the status of the weights that would be used."""
    if model.weights is None:
        return WeightsStatus(model.id.name, None, None, published=True)
    path = _own(settings, model.weights) or installed_path(settings, model.weights)
    digest = _sha256(path) if os.path.isfile(path) else None  # noqa: PTH113 - never raises
    published = digest == model.weights.files[0].sha256 and (
        _own(settings, model.weights) is not None or _fault(settings, model.weights) is None
    )
    return WeightsStatus(model.id.name, path, digest, published)


def installed_path(settings: Settings, weights: PublishedWeights) -> Path:
    """Return the installed path of the first file, whether it exists or not."""
    return settings.data_path / "weights" / weights.files[0].name


def digest_in_use(settings: Settings, model: Weighted) -> str:
    """Return 8 hex digits that identify the weights of these settings; empty for the published weights.

    Raises:
        WeightsError: the settings name a file that does not exist.
    """
    if model.weights is None or (own := _own(settings, model.weights)) is None:
        return ""
    digest = _sha256(_existing(own, model))
    return "" if digest == model.weights.files[0].sha256 else digest[:8]


def find_or_fetch(settings: Settings, model: Weighted, progress: Progress) -> Path | None:
    """Find the weights to use: from the settings, else installed ones, else download them once and check them.

    Returns:
        the file to load the network from; None for a model that contains its own.

    Raises:
        WeightsError: they are missing and cannot be downloaded, or are not the published ones.
    """
    weights = model.weights
    if weights is None:
        return None
    if own := _own(settings, weights):
        return _existing(own, model)
    path = installed_path(settings, weights)
    if not path.is_file():
        megabytes = weights.n_bytes / 1e6
        progress.note(f"{weights.whose} weights are not installed yet: downloading them once ({megabytes:.1f} MB)")
        return install(settings, model, progress)
    if fault := _fault(settings, weights):
        again = f"`spotrec models install {model.id.name}` downloads them again"
        raise WeightsError(fault, f"{again}; {_ways_out(settings, model)}")
    return path


def install(settings: Settings, model: Weighted, progress: Progress, source: Path | None = None) -> Path:
    """Install the published weights in the data folder, from `source` or over the network, checked and all at once.

    Weights that are installed and complete are not downloaded again.

    Raises:
        WeightsError: they are not available, or are not the published ones; nothing changed.
    """
    weights = model.weights
    if weights is None:
        raise WeightsError(f"{model.id.name} contains its own weights", "there is nothing to install")
    path = installed_path(settings, weights)
    if source is None and path.is_file() and _fault(settings, weights) is None:
        return path
    try:
        contents = weights.fetch(settings, progress) if source is None else weights.read(source)
        for file in weights.files:
            origin = weights.address(settings) if source is None else str(source)
            check(contents[file.name], file, origin, weights.whose)
    except WeightsError as error:
        hint = f"{error.hint}; {_ways_out(settings, model)}" if error.hint else _ways_out(settings, model)
        raise WeightsError(error.message, hint) from error
    return _write(settings.data_path / "weights", weights, contents)


def remove(settings: Settings, model: Weighted) -> list[Path]:
    """Delete installed weights. Files that the settings name stay, and so do features made with the weights.

    Returns:
        the deleted files; empty if no weights were installed.
    """
    deleted = []
    folder = settings.data_path / "weights"
    try:
        for file in model.weights.files if model.weights else ():
            if (path := folder / file.name).is_file():
                path.unlink()
                deleted.append(path)
        for parent in {path.parent for path in deleted} - {folder}:
            with suppress(OSError):  # other files are in it
                parent.rmdir()
    except OSError as exc:
        raise WeightsError(f"the weights cannot be deleted: {exc}", "check the data folder") from exc
    return deleted


def _write(folder: Path, weights: PublishedWeights, contents: Mapping[str, bytes]) -> Path:
    """Write all files to a temporary folder, then move them; the first file, which makes them count, comes last."""
    with (
        translated(
            f"no room for the weights in {folder}",
            lambda why: WeightsError(f"the weights cannot be written to {folder}: {why}", "check the data folder"),
        ),
        temporary_folder(folder) as temporary,
    ):
        for i, file in enumerate(weights.files):
            (temporary / str(i)).write_bytes(contents[file.name])
        for i, file in reversed(list(enumerate(weights.files))):
            target = folder / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            (temporary / str(i)).replace(target)
    return folder / weights.files[0].name


def _own(settings: Settings, weights: PublishedWeights) -> Path | None:
    path: Path | None = getattr(settings, weights.setting) if weights.setting else None
    return path


def _existing(own: Path, model: Weighted) -> Path:
    if not own.is_file():
        assert model.weights
        hint = f"check the setting `{model.weights.setting}`, or use another network: `model={_other(model)}`"
        raise WeightsError(f"there are no weights at {own}", hint)
    return own


def _fault(settings: Settings, weights: PublishedWeights) -> str | None:
    """Return what is wrong with the installed files, or None if all are as published."""
    try:
        for file in weights.files:
            path = settings.data_path / "weights" / file.name
            check(read_regular(path, MOST_BYTES), file, str(path), weights.whose)
    except WeightsError as error:
        return error.message
    except OSError as exc:
        return f"{weights.whose} weights cannot be read: {exc}"
    return None


def _ways_out(settings: Settings, model: Weighted) -> str:
    assert model.weights is not None
    return (
        f"install from a file: `spotrec models install {model.id.name} --from FILE` (the file is "
        f"{model.weights.address(settings)}), or use another network: `model={_other(model)}`"
    )


def _other(model: Weighted) -> str:
    return _OTHER.get(model.id.name, "choi")


def _sha256(path: Path) -> str:
    try:
        return sha256_of_file(path)
    except OSError as exc:
        raise WeightsError(f"{path} cannot be read: {exc.strerror or exc}", "check its permissions") from exc
