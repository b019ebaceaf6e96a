"""Embed: extract the features of any audio file without storing them."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotrec.audio.files import read_file
from spotrec.errors import NotFound, UsageError
from spotrec.extract.extract import HeardFile
from spotrec.extract.models.vocabulary import vocabulary_of
from spotrec.extract.weights import status
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.system.files import from_home
from spotrec.vectors import FloatArray

if TYPE_CHECKING:
    from spotrec.extract.models import AudioModel


def embed(session: Session, paths: Iterable[Path | str], *, progress: Progress | None) -> list[HeardFile]:
    """See `Recommender.embed`."""
    files = [from_home(path) for path in paths]
    for file in files:
        if file.is_dir():
            raise UsageError(f"{file} is a folder", f"give audio files: {shlex.quote(str(file))}/*")
        if not file.is_file():
            raise NotFound(f"there is no file {file}", "give audio files")
    embedded: list[HeardFile] = []
    with session.view(progress) as view, view.progress.meter("embed", len(files), "files") as meter:
        session.models_in_use.settle(session.networks, view.progress)
        for file in files:
            audio = read_file(file, session.max_audio_bytes)
            with session.executors.of(view.models, view.progress) as executor:
                by_model = executor.embed_content(audio, str(file), view.ears, view.excerpts.n)
            heard = [by_model[model] for model in view.ears.models]
            (tags,) = view.vocabulary.mix(np.concatenate([one.tags for one in heard])[None, :])
            embedded.append(HeardFile(file, np.concatenate([one.vector for one in heard]), tags))
            meter.advance()
    return embedded


def warm_up(session: Session) -> bool:
    """See `Recommender.warm_up`."""
    with session.view() as view:
        if not all(_is_installed(session.settings, model) for model in view.models):
            return False
        with session.executors.of(view.models, view.progress):
            return True


def _is_installed(settings: Settings, model: "AudioModel") -> bool:
    found = status(settings, model)
    return found.path is None or found.sha256 is not None


def top_tags(session: Session, tags: FloatArray, n: int) -> dict[str, float]:
    """See `Recommender.top_tags`."""
    names = vocabulary_of(session.models).names
    order = sorted(range(len(names)), key=lambda i: -tags[i])[:n]
    return {names[i]: float(tags[i]) for i in order}
