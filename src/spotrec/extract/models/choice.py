"""The choice of models for a run: the requested ones, else the model of the store."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace

from spotrec.errors import SpotrecError
from spotrec.extract.models import AudioModel
from spotrec.extract.models.registry import DEFAULT, find, installed_models, versions_of
from spotrec.extract.weights import digest_in_use
from spotrec.settings import Settings
from spotrec.store import FeatureStore


def choose_models(settings: Settings, open_store: Callable[[], FeatureStore]) -> tuple[AudioModel, ...]:
    """Return the models of these settings, each once. If they name no model, return the newest of Choi's, unless the
    store has features of another model and none of that one: an upgrade recomputes nothing, and a store that was
    started with another network continues with it.

    Args:
        open_store: opens the store; called only if its file exists.

    Raises:
        UsageError: there is no such model.
        WeightsError: the settings name weights that do not exist.
    """
    if settings.model:
        chosen = [with_weights(settings, find(name)) for name in settings.model]
        return tuple({model.id: model for model in chosen}.values())
    default = with_weights(settings, find(DEFAULT))
    if not os.path.isfile(settings.store_path):  # noqa: PTH113 - without errors: see below
        return (default,)
    try:
        store = open_store()
        for model in _in_order(settings, default):
            if store.embeddings.has_any(model.id):
                return (model,)
    except SpotrecError:  # a caller that needs the store gets this error when it opens it
        pass
    return (default,)


def _in_order(settings: Settings, default: AudioModel) -> Iterator[AudioModel]:
    """Yield models to try when the store has no vectors of the default, best first; loads each only when needed."""
    yield default
    yield from older_than(default)
    yield from (with_weights(settings, other) for other in installed_models() if other.id.name != default.id.name)


def with_weights(settings: Settings, model: AudioModel) -> AudioModel:
    """Return the model with the weights of these settings; weights other than the published ones make another model.

    Raises:
        WeightsError: the settings name weights that do not exist.
    """
    return replace(model, id=replace(model.id, weights=digest_in_use(settings, model)))


def older_than(model: AudioModel) -> list[AudioModel]:
    """Return earlier versions of a model with the same weights, newest first."""
    older = [one for one in versions_of(model.id.name) if one.id.version < model.id.version]
    return [replace(one, id=replace(one.id, weights=model.id.weights)) for one in older[::-1]]


def newer_than(model: AudioModel) -> AudioModel | None:
    """Return the newest version of a model with the same weights, or None if this is the newest."""
    newest = versions_of(model.id.name)[-1]
    if newest.id.version <= model.id.version:
        return None
    return replace(newest, id=replace(newest.id, weights=model.id.weights))
