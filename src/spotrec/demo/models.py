"""The networks of the demo: the default ones, as far as their weights can be downloaded within seconds, or musicnn."""

from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from spotrec.errors import SpotrecError, WeightsError
from spotrec.extract.models import AudioModel
from spotrec.extract.models.choice import INSTEAD, default_models, models_of_settings, obtainable
from spotrec.extract.weights import find_or_fetch
from spotrec.progress import Progress, Silent
from spotrec.settings import Settings
from spotrec.system.workers import Workers

_WITHIN_S = 8.0
_SILENCE_S = 4.0


def choose_models(settings: Settings, progress: Progress) -> list[tuple[AudioModel, Path | None]]:
    """Return the models to use, each with the file of its weights (None if the model contains them).

    Raises:
        WeightsError: the weights that the settings name, or musicnn's too, are not available.
    """
    if settings.ears:
        named = models_of_settings(settings)
        return [(model, find_or_fetch(settings, model, progress)) for model in named]
    weights: dict[str, Path | None] = {}

    def find_weights(model: AudioModel) -> None:
        is_quick = model.id.name != INSTEAD
        weights[model.id.name] = (
            _find_quickly(settings, model) if is_quick else find_or_fetch(settings, model, progress)
        )

    found = obtainable(default_models(settings), find_weights, progress.note)
    return [(model, weights[model.id.name]) for model in found]


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
