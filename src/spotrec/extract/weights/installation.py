"""Networks' weights on this machine: where they are, whether they are the right ones, how they come here and go."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spotrec.errors import WeightsError
from spotrec.extract.weights.published_files import PublishedWeights, check
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.system.digests import sha256_of_file
from spotrec.track import ModelId

_OTHER = {"choi": "musicnn"}
"""Which model to take where the weights of one cannot be had; where it says nothing, `choi`."""


class Weighted(Protocol):
    """A model as far as its weights go: what it is called, and how they come here."""

    @property
    def id(self) -> ModelId: ...

    @property
    def weights(self) -> PublishedWeights | None: ...


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


def status(settings: Settings, model: Weighted) -> WeightsStatus:
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


def digest_in_use(settings: Settings, model: Weighted) -> str:
    """What tells these settings' weights from the published ones, 8 hex digits; empty where they are those.

    Raises:
        WeightsError: the settings name a file that is not there.
    """
    if model.weights is None or (own := _own(settings, model.weights)) is None:
        return ""
    digest = _sha256(_there(own, model))
    return "" if digest == model.weights.files[0].sha256 else digest[:8]


def find_or_fetch(settings: Settings, model: Weighted, progress: Progress) -> Path | None:
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
        return _there(own, model)
    path = installed_path(settings, weights)
    if not path.is_file():
        megabytes = weights.n_bytes / 1e6
        progress.note(f"{weights.whose} weights are not here yet: downloading them once ({megabytes:.1f} MB)")
        return install(settings, model, progress)
    if fault := _fault(settings, weights):
        again = f"`spotrec models install {model.id.name}` fetches them anew"
        raise WeightsError(fault, f"{again}; {_ways_out(settings, model)}")
    return path


def install(settings: Settings, model: Weighted, progress: Progress, source: Path | None = None) -> Path:
    """Put the published weights into the data folder, from `source` or over the network, checked and all at once.

    What is there already, whole and as published, is not fetched again.

    Raises:
        WeightsError: they cannot be had, or are not the published ones; nothing changed.
    """
    weights = model.weights
    if weights is None:
        raise WeightsError(f"{model.id.name} brings its own weights", "there is nothing to install")
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


def _write(folder: Path, weights: PublishedWeights, contents: Mapping[str, bytes]) -> Path:
    """All aside first; that without which they do not count comes last."""
    from spotrec.system.files import temporary_folder, translated  # looking at weights makes no files

    with (
        translated(
            f"no room for the weights in {folder}",
            lambda why: WeightsError(f"the weights cannot be written to {folder}: {why}", "check the data folder"),
        ),
        temporary_folder(folder) as aside,
    ):
        for i, file in enumerate(weights.files):
            (aside / str(i)).write_bytes(contents[file.name])
        for i, file in reversed(list(enumerate(weights.files))):
            target = folder / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            (aside / str(i)).replace(target)
    return folder / weights.files[0].name


def _own(settings: Settings, weights: PublishedWeights) -> Path | None:
    path: Path | None = getattr(settings, weights.setting) if weights.setting else None
    return path


def _there(own: Path, model: Weighted) -> Path:
    if not own.is_file():
        assert model.weights
        hint = f"check the setting `{model.weights.setting}`, or hear with another network: `model={_other(model)}`"
        raise WeightsError(f"there are no weights at {own}", hint)
    return own


def _fault(settings: Settings, weights: PublishedWeights) -> str | None:
    """What is wrong with the installed files; None where all are as published."""
    try:
        for file in weights.files:
            path = settings.data_path / "weights" / file.name
            check(path.read_bytes(), file, str(path), weights.whose)
    except WeightsError as error:
        return error.message
    except OSError as exc:
        return f"{weights.whose} weights cannot be read: {exc}"
    return None


def _ways_out(settings: Settings, model: Weighted) -> str:
    assert model.weights is not None
    return (
        f"bring the file: `spotrec models install {model.id.name} --from FILE` (it is "
        f"{model.weights.address(settings)}), or hear with another network: `model={_other(model)}`"
    )


def _other(model: Weighted) -> str:
    return _OTHER.get(model.id.name, "choi")


def _sha256(path: Path) -> str:
    try:
        return sha256_of_file(path)
    except OSError as exc:
        raise WeightsError(f"{path} cannot be read: {exc.strerror or exc}", "check its permissions") from exc
