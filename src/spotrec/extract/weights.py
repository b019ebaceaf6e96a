"""Choi's weights: where they are, whether they are the right ones, and how they come here."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import WeightsError
from spotrec.progress import Progress
from spotrec.settings import Settings, without_password
from spotrec.track import ModelId

FILE_NAME = "weights_layer4_theano.hdf5"
N_BYTES = 1_329_264
SHA256 = "caf89f811415691fbb245be7eef394b9cebd787d7e3f78e29695972141cf2a08"
_MAX_BYTES = 64_000_000

_INSTALL_HINT = "`spotrec models install choi` downloads them; with --from FILE it takes a copy you have"


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """What is known of a model's weights without loading them.

    `sha256` is None where there is no file; `published` says that the file is the one its authors published.
    """

    model: str
    path: Path
    sha256: str | None
    published: bool


def status(settings: Settings) -> WeightsStatus:
    """Look at the weights that would be used."""
    path = settings.weights or installed_path(settings)
    digest = _sha256(path) if path.is_file() else None
    return WeightsStatus("choi", path, digest, digest == SHA256)


def installed_path(settings: Settings) -> Path:
    return settings.data_path / "weights" / FILE_NAME


def model_in_use(settings: Settings, model_id: Callable[[str | None], ModelId]) -> ModelId:
    """The model that these settings extract with. Weights other than the published ones make another model.

    Raises:
        WeightsError: the settings name a file that is not there.
    """
    if settings.weights is None:
        return model_id(None)
    if not settings.weights.is_file():
        raise WeightsError(f"there are no weights at {settings.weights}", "check --weights and SPOTREC_WEIGHTS")
    digest = _sha256(settings.weights)
    return model_id(None if digest == SHA256 else digest)


def find_or_download(settings: Settings, progress: Progress) -> Path:
    """The weights to use: those of the settings, else those installed, else one checked download.

    Raises:
        WeightsError: they are missing and cannot be had, or are not the published ones.
    """
    if settings.weights is not None:
        if not settings.weights.is_file():
            raise WeightsError(f"there are no weights at {settings.weights}", "check --weights and SPOTREC_WEIGHTS")
        return settings.weights
    path = installed_path(settings)
    if not path.is_file():
        progress.note("Choi's weights are not here yet: downloading them once (1.3 MB)")
        return install(settings, progress)
    _check(path.read_bytes(), str(path))
    return path


def install(settings: Settings, progress: Progress, source: Path | None = None) -> Path:
    """Put the published weights into the data folder, from `source` or by download, checked and all at once.

    Raises:
        WeightsError: they cannot be had, or are not the published ones; nothing changed.
    """
    if source is not None:
        if not source.is_file():
            raise WeightsError(f"there is no file {source}", f"it should be {FILE_NAME}, {N_BYTES:,} bytes")
        if source.stat().st_size > _MAX_BYTES:
            raise WeightsError(f"{source} is not Choi's weights: it is too large", f"the file has {N_BYTES:,} bytes")
        content = source.read_bytes()
    else:
        content = _download(settings, progress)
    _check(content, str(source or without_password(settings.weights_url)))
    target = installed_path(settings)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=".part-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            shutil.move(part, target)
        finally:
            Path(part).unlink(missing_ok=True)
    except OSError as exc:
        raise WeightsError(
            f"the weights cannot be written to {target}: {exc.strerror or exc}", "check the data folder"
        ) from exc
    return target


def _download(settings: Settings, progress: Progress) -> bytes:
    from spotrec.http import HttpClient  # a query looks at the weights too, and needs no network

    with HttpClient(settings) as http, progress.meter("weights", N_BYTES, "bytes") as meter:
        try:
            return http.download(settings.weights_url, max_bytes=_MAX_BYTES, on_bytes=meter.advance)
        except http.errors as exc:
            raise WeightsError(
                f"Choi's weights cannot be downloaded: {exc}",
                "try again later, or bring the file: `spotrec models install choi --from FILE` "
                f"(it is {without_password(settings.weights_url)})",
            ) from exc


def _check(content: bytes, origin: str) -> None:
    if len(content) != N_BYTES:
        raise WeightsError(f"{origin} has {len(content):,} bytes; Choi's weights have {N_BYTES:,}", _INSTALL_HINT)
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise WeightsError(f"{origin} is not Choi's published weights: its sha256 differs", _INSTALL_HINT)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
