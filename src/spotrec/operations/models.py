"""Models: list them with the state of their weights; install and remove weights."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from spotrec.errors import NotFound, SpotrecError, first_line
from spotrec.extract import weights
from spotrec.extract.cost import N_MEASURES, Cost, measure_cost
from spotrec.extract.models import AudioModel
from spotrec.extract.models.choice import choose_models, with_weights
from spotrec.extract.models.registry import faults, find, find_by_id, installed_models
from spotrec.operations.results import KnownModel, KnownModels, Trouble, WeightsAre
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.store import FeatureStore
from spotrec.track import ModelId

_HERE = (WeightsAre.PUBLISHED, WeightsAre.OWN, WeightsAre.BROUGHT)


def list_models(session: Session, *, bench: bool, progress: Progress | None) -> KnownModels:
    """See `Recommender.known_models`."""
    settings = session.settings
    counts, dims, troubles = _stored(settings)
    troubles += [Trouble(fault.error.message, fault.error.hint) for fault in faults()]
    installed = [_of_these_settings(settings, model) for model in installed_models()]
    in_use = _in_use(settings)
    found = [_known(settings, model, counts, in_use) for model in installed]
    here = {one.model for one in found}
    found += [_only_stored(name, n, dims.get(name)) for name, n in counts.items() if name not in here]
    if bench:
        costs, failed = _measured(settings, installed, found, progress or session.progress)
        found = [replace(one, cost=costs.get(one.model)) for one in found]
        troubles += failed
    return KnownModels(found, troubles)


def show_model(session: Session, name: str) -> KnownModel:
    """See `Recommender.known_model`."""
    settings = session.settings
    model = _of_these_settings(settings, find(name))
    counts, _, _ = _stored(settings)
    return _known(settings, model, counts, _in_use(settings))


def install_weights(session: Session, name: str, source: Path | None, *, progress: Progress | None) -> Path:
    """See `Recommender.install_weights`."""
    return weights.install(session.settings, find(name), progress or session.progress, source)


def remove_weights(session: Session, name: str) -> list[Path]:
    """See `Recommender.remove_weights`."""
    return weights.remove(session.settings, find(name))


def _of_these_settings(settings: Settings, model: AudioModel) -> AudioModel:
    """Return the model with the weights of these settings, or unchanged if those weights are missing."""
    try:
        return with_weights(settings, model)
    except SpotrecError:
        return model


def _stored(settings: Settings) -> tuple[dict[str, int], dict[str, int], list[Trouble]]:
    """Return each model's number of embeddings and length of vectors, and what is wrong with the store."""
    try:
        with FeatureStore(settings.store_path, create=False) as store:
            counts = store.embeddings.count_by_model()
            dims = {name: shape[0] for name in counts if (shape := store.embeddings.shape_of(name))}
            return counts, dims, []
    except NotFound:
        return {}, {}, []
    except SpotrecError as error:
        return {}, {}, [Trouble(error.message, error.hint)]


def _in_use(settings: Settings) -> set[ModelId]:
    try:
        with ExitStack() as stack:

            def open_store() -> FeatureStore:
                return stack.enter_context(FeatureStore(settings.store_path, create=False))

            return {model.id for model in choose_models(settings, open_store)}
    except SpotrecError:  # the settings name a missing model: the commands that use it raise this
        return set()


def _known(settings: Settings, model: AudioModel, counts: dict[str, int], in_use: set[ModelId]) -> KnownModel:
    found = weights.status(settings, model)
    return KnownModel(
        model=str(model.id),
        name=model.id.name,
        version=model.id.version,
        dim=model.id.dim,
        sample_rate_hz=model.sample_rate_hz,
        n_tags=len(model.tag_names),
        layers=model.layers,
        card=model.card,
        weights=_weights_are(model, found),
        weights_path=found.path,
        n_bytes=model.weights.n_bytes if model.weights else None,
        tracks=counts.get(str(model.id), 0),
        is_in_use=model.id in in_use,
    )


def _weights_are(model: AudioModel, found: weights.WeightsStatus) -> WeightsAre:
    if found.path is None:
        return WeightsAre.BROUGHT
    if found.sha256 is None:
        return WeightsAre.NOT_HERE
    if found.published:
        return WeightsAre.PUBLISHED
    return WeightsAre.OWN if model.id.weights else WeightsAre.DAMAGED


def _only_stored(model: str, tracks: int, dim: int | None) -> KnownModel:
    """Return a model that has vectors in the store, but cannot be used now."""
    network = model.partition("+")[0]
    name, _, version = network.rpartition("-")
    known = find_by_id(network)
    return KnownModel(
        model=model,
        name=name,
        version=int(version) if version.isdecimal() else None,
        dim=dim,
        sample_rate_hz=known.sample_rate_hz if known else None,
        n_tags=len(known.tag_names) if known else None,
        layers=known.layers if known else (),
        card=known.card if known else None,
        weights=WeightsAre.OTHERS if known else WeightsAre.GONE,
        tracks=tracks,
    )


def _measured(
    settings: Settings, installed: list[AudioModel], found: list[KnownModel], progress: Progress
) -> tuple[dict[str, Cost], list[Trouble]]:
    """Measure the cost of each model whose weights are installed. A model that fails is reported as a trouble."""
    usable = {one.model for one in found if one.weights in _HERE}
    models = [model for model in installed if str(model.id) in usable]
    costs, troubles = {}, []
    with progress.meter("measure", len(models) * N_MEASURES, "runs") as meter:
        for model in models:
            meter.advance(0, note=str(model.id))
            try:
                network = model.load(weights.find_or_fetch(settings, model, progress), model.id)
                costs[str(model.id)] = measure_cost(model, network, meter.advance)
            except SpotrecError as error:
                troubles.append(Trouble(error.message, error.hint))
            except Exception as exc:  # noqa: BLE001 - a model of another package may raise anything
                troubles.append(Trouble(f"{model.id} cannot be measured: {first_line(exc)}", "ask its authors"))
    return costs, troubles
