"""Which version of the network a run uses: the one that was asked for, else the one that the store goes on with."""

from collections.abc import Callable
from dataclasses import replace

from spotrec.errors import SpotrecError
from spotrec.extract import weights
from spotrec.extract.models.choi import VERSIONS, model_id
from spotrec.settings import Settings
from spotrec.store import FeatureStore
from spotrec.track import ModelId


def which_model(settings: Settings, open_store: Callable[[], FeatureStore]) -> ModelId:
    """The model of these settings. Where they name none it is the newest, but in a store that holds embeddings of an
    older one and none of the newest: an upgrade recomputes nothing by itself.

    Args:
        open_store: is called where there is a store to look into.

    Raises:
        WeightsError: the settings name weights that are not there.
    """
    newest = weights.model_in_use(settings, model_id)
    if settings.model:
        return replace(newest, version=VERSIONS[settings.model])
    if not settings.store_path.is_file():
        return newest
    try:
        store = open_store()
        if not store.has_heard(newest):
            for older in older_than(newest):
                if store.has_heard(older):
                    return older
    except SpotrecError:  # whoever needs the store hears from itself what is wrong with it
        return newest
    return newest


def older_than(model: ModelId) -> list[ModelId]:
    """Earlier versions of a model with the same weights, the latest first."""
    return [replace(model, version=n) for n in sorted(VERSIONS.values(), reverse=True) if n < model.version]


def newer_than(model: ModelId) -> ModelId | None:
    """The newest version of a model with the same weights; None where it is that."""
    newest = max(VERSIONS.values())
    return replace(model, version=newest) if model.version < newest else None
