"""Which models a run uses: those that were asked for, else the one that the store goes on with."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from spotrec.errors import SpotrecError
from spotrec.extract.models import AudioModel
from spotrec.extract.models.registry import DEFAULT, everyone, find, versions_of
from spotrec.extract.weights import digest_in_use
from spotrec.settings import Settings
from spotrec.store import FeatureStore


def which_models(settings: Settings, open_store: Callable[[], FeatureStore]) -> tuple[AudioModel, ...]:
    """The models of these settings, each once. Where they name none it is the newest of Choi's, but in a store that
    holds nothing of that and something of another: an upgrade recomputes nothing by itself, and who began with another
    network goes on with it.

    Args:
        open_store: is called where there is a store to look into.

    Raises:
        UsageError: there is no such model.
        WeightsError: the settings name weights that are not there.
    """
    if settings.model:
        chosen = [with_weights(settings, find(name)) for name in settings.model]
        return tuple({model.id: model for model in chosen}.values())
    default = with_weights(settings, find(DEFAULT))
    if not settings.store_path.is_file():
        return (default,)
    try:
        store = open_store()
        for model in _in_order(settings, default):
            if store.embeddings.has_any(model.id):
                return (model,)
    except SpotrecError:  # whoever needs the store hears from itself what is wrong with it
        pass
    return (default,)


def _in_order(settings: Settings, default: AudioModel) -> Iterator[AudioModel]:
    """Whom a store may go on with, the first first; others are looked for only where these are not it."""
    yield default
    yield from older_than(default)
    yield from (with_weights(settings, other) for other in everyone() if other.id.name != default.id.name)


def with_weights(settings: Settings, model: AudioModel) -> AudioModel:
    """The model as these settings load it: with other weights than the published ones it is another.

    Raises:
        WeightsError: the settings name weights that are not there.
    """
    return replace(model, id=replace(model.id, weights=digest_in_use(settings, model)))


def older_than(model: AudioModel) -> list[AudioModel]:
    """Earlier versions of a model with the same weights, the latest first."""
    older = [one for one in versions_of(model.id.name) if one.id.version < model.id.version]
    return [replace(one, id=replace(one.id, weights=model.id.weights)) for one in older[::-1]]


def newer_than(model: AudioModel) -> AudioModel | None:
    """The newest version of a model with the same weights; None where it is that."""
    newest = versions_of(model.id.name)[-1]
    if newest.id.version <= model.id.version:
        return None
    return replace(newest, id=replace(newest.id, weights=model.id.weights))
