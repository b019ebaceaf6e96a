"""The networks of a process and the files of their weights, each found and loaded once for all threads."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from spotrec.extract import weights
from spotrec.extract.models import AudioModel, Network
from spotrec.extract.tensorflow import is_to_start
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.system.lazy_values import LazyValues
from spotrec.track import ModelId


class Networks:
    """The networks of one set of settings, for any number of threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._weights: LazyValues[ModelId, Path | None] = LazyValues()
        self._loaded: LazyValues[ModelId, Network] = LazyValues()

    def weights(self, model: AudioModel, progress: Progress) -> Path | None:
        """Return the file of a model's weights, downloaded if necessary; None for a model with its own weights.

        Operations call this before they store anything, so that nothing changes if it fails.

        Raises:
            WeightsError: the weights cannot be downloaded, or are wrong.
        """
        return self._weights.get(model.id, lambda: weights.find_or_fetch(self._settings, model, progress))

    def load(self, models: Sequence[AudioModel], progress: Progress) -> list[Network]:
        """Return loaded networks, at least one. Those that are not loaded yet are loaded at the same time.

        Raises:
            WeightsError: weights cannot be downloaded, or are wrong.
        """
        paths = {model.id: self.weights(model, progress) for model in models}

        def load(model: AudioModel) -> Network:
            return self._loaded.get(model.id, lambda: model.load(paths[model.id], model.id))

        what = "load the model" if len(models) == 1 else "load the models"
        with progress.meter(what, unit="") as meter, ThreadPoolExecutor(len(models), "load") as threads:
            if is_to_start(models):
                meter.advance(0, "starting TensorFlow…")
            return list(threads.map(load, models))
