"""The models in use: what the settings name, or what the store has, chosen once and again when that changes."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from spotrec.errors import SpotrecError, UsageError
from spotrec.extract.models import AudioModel
from spotrec.extract.models.choice import choose_models, obtainable
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.store import FeatureStore

if TYPE_CHECKING:
    from spotrec.extract.networks import Networks


class ModelsInUse:
    """The choice of one set of settings, for any number of threads."""

    def __init__(self, settings: Settings, open_store: Callable[[], FeatureStore]) -> None:
        self._settings = settings
        self._open_store = open_store
        self._choosing = threading.Lock()
        self._chosen: tuple[object, tuple[AudioModel, ...]] | None = None
        self._state = object()  # another one whenever earlier choices end; a choice holds only for its own

    def get(self) -> tuple[AudioModel, ...]:
        """Return the models: see `choose_models`. A choice that no features decided is made again until some do."""
        with self._choosing:
            state = self._state
            if self._chosen and self._chosen[0] is state:
                return self._chosen[1]
            models = choose_models(self._settings, self._open_store)
            if self._settings.ears or self._has_features_of(models):
                self._chosen = (state, models)
            return models

    def settle(self, networks: "Networks", progress: Progress) -> None:
        """Choose the models of a new store: the default ones, as far as their weights can be had, or musicnn.

        Nothing is chosen if the settings name models, or if the store has features: it continues with what it has.

        Raises:
            WeightsError: no weights can be had.
        """
        wanted, state = self.get(), self._state
        if self._settings.ears or (
            self._settings.store_path.is_file() and self._open_store().embeddings.count_by_model()
        ):
            return
        found = obtainable(wanted, lambda model: networks.weights(model, progress), progress.note)
        with self._choosing:
            self._chosen = (state, found)

    def choose_again(self) -> None:
        """End the choices made so far: the store is another one, or has new features. It never waits."""
        self._state = object()

    def _has_features_of(self, models: Sequence[AudioModel]) -> bool:
        with suppress(OSError, SpotrecError):  # a caller that needs the store gets the error when it opens it
            if self._settings.store_path.is_file():
                embeddings = self._open_store().embeddings
                return any(embeddings.has_any(model.id) for model in models)
        return False


def the_model(models: Sequence[AudioModel], settings: Settings) -> AudioModel:
    """Return the model in use; with several in the settings, the first.

    Raises:
        UsageError: several models were chosen explicitly, and only one is possible.
    """
    if len(models) > 1 and settings.origins.get("ears") == "flag":
        names = " and ".join(model.network for model in models)
        raise UsageError(f"this works with one model at a time, not with {names}", "give one `model`")
    return models[0]
