"""The choice of models for a run: the requested ones, else the model of the store."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from spotrec.errors import SpotrecError, WeightsError
from spotrec.extract.models import AudioModel
from spotrec.extract.models.ears import in_order
from spotrec.extract.models.registry import DEFAULT, find, installed_models, versions_of
from spotrec.extract.weights import digest_in_use
from spotrec.settings import Settings
from spotrec.store import FeatureStore

INSTEAD = "musicnn"
"""The model of a new store if no weights of the default ones can be had: pip can download musicnn's."""


def choose_models(settings: Settings, open_store: Callable[[], FeatureStore]) -> tuple[AudioModel, ...]:
    """Return the models of these settings, each once, in the order of their `Ears`.

    If they name no model, return the default ones. But a store that has features continues with the models that it has:
    those of the default that heard any of its tracks, else another one. An upgrade recomputes nothing.

    Args:
        open_store: opens the store; called only if its file exists.

    Raises:
        UsageError: there is no such model.
        WeightsError: the settings name weights that do not exist.
    """
    if settings.ears:
        return models_of_settings(settings)
    default = default_models(settings)
    if not os.path.isfile(settings.store_path):  # noqa: PTH113 - never raises
        return default
    try:
        store = open_store()
        if heard := [model for model in default if store.embeddings.has_any(model.id)]:
            return in_order(heard)
        for model in _instead(settings, default):
            if store.embeddings.has_any(model.id):
                return (model,)
    except SpotrecError:  # a caller that needs the store gets this error when it opens it
        pass
    return default


def models_of_settings(settings: Settings) -> tuple[AudioModel, ...]:
    """Return the models that the settings name: `choi`, `choi-1`, `choi+mn04`, …

    Raises:
        UsageError: there is no such model.
        WeightsError: the settings name weights that do not exist.
    """
    names = [name for each in settings.ears for name in each.split("+")]
    return in_order(with_weights(settings, find(name)) for name in names)


def default_models(settings: Settings) -> tuple[AudioModel, ...]:
    """Return the models of a new store.

    Raises:
        WeightsError: the settings name weights that do not exist.
    """
    return in_order(with_weights(settings, find(name)) for name in DEFAULT)


def obtainable(
    models: Iterable[AudioModel], find_weights: Callable[[AudioModel], object], say: Callable[[str], None]
) -> tuple[AudioModel, ...]:
    """Return the models whose weights can be had, and say which are left out, and why. If none is left, musicnn.

    Args:
        find_weights: raises WeightsError if a model's weights are not here and cannot be downloaded.

    Raises:
        WeightsError: the weights of musicnn cannot be had either.
    """
    found: list[AudioModel] = []
    reasons: list[WeightsError] = []
    for model in models:
        try:
            find_weights(model)
        except WeightsError as error:
            reasons.append(error)
        else:
            found.append(model)
    if not found:
        found = [find(INSTEAD)]
    if reasons:
        why = "; ".join(one.message for one in reasons)
        say(f"{why}: using {' and '.join(model.id.name for model in found)} instead")
    if not reasons or found[0].id.name != INSTEAD:
        return in_order(found)
    try:
        find_weights(found[0])
    except WeightsError as error:
        raise WeightsError(f"{reasons[0].message}; {error.message}", reasons[0].hint) from error
    return in_order(found)


def _instead(settings: Settings, default: Sequence[AudioModel]) -> Iterator[AudioModel]:
    """Yield models to try when the store has no vectors of the default, best first; loads each only when needed."""
    for model in default:
        yield from older_than(model)
    names = {model.id.name for model in default}
    yield from (with_weights(settings, other) for other in installed_models() if other.id.name not in names)


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
