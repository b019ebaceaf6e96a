"""The network of the demo: Choi's, or musicnn if Choi's weights cannot be downloaded within seconds."""

from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from spotrec.errors import SpotrecError, WeightsError
from spotrec.extract.models import AudioModel
from spotrec.extract.models.registry import DEFAULT, find
from spotrec.extract.weights import find_or_fetch
from spotrec.progress import Progress, Silent
from spotrec.settings import Settings
from spotrec.system.workers import Workers

INSTEAD = "musicnn"
_WITHIN_S = 8.0
_SILENCE_S = 4.0


def choose_models(settings: Settings, progress: Progress) -> list[tuple[AudioModel, Path | None]]:
    """Return the models to use, each with the file of its weights (None if the model contains them).

    Raises:
        WeightsError: the weights that the settings name, or musicnn's too, are not available.
    """
    if settings.ears or settings.weights:
        models = [find(name) for name in settings.ears or (DEFAULT,)]
        return [(model, find_or_fetch(settings, model, progress)) for model in models]
    choi = find(DEFAULT)
    try:
        return [(choi, _find_quickly(settings, choi))]
    except WeightsError as error:
        progress.note(f"{error.message}; using {INSTEAD} instead")
    instead = find(INSTEAD)
    return [(instead, find_or_fetch(settings, instead, progress))]


def _find_quickly(settings: Settings, model: AudioModel) -> Path | None:
    """Call `find_or_fetch` with a short time limit, because the user is waiting for the demo.

    Raises:
        WeightsError: the weights are not available, or not in time.
    """
    hasty = replace(settings, timeout_s=_SILENCE_S, max_wait_s=_SILENCE_S)
    came: SimpleQueue[Path | SpotrecError | None] = SimpleQueue()

    def fetch() -> None:
        try:
            came.put(find_or_fetch(hasty, model, Silent()))
        except SpotrecError as error:
            came.put(error)

    workers = Workers(1, "weights")  # resolving a host name has no time limit
    workers.submit(fetch)
    try:
        found = came.get(timeout=_WITHIN_S)
    except Empty:
        raise WeightsError(f"{model.id.name}'s weights were not downloaded within {_WITHIN_S:.0f} s") from None
    finally:
        workers.close()
    if isinstance(found, SpotrecError):
        raise found
    return found
