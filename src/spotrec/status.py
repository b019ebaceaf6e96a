"""Where the pipeline stands, without loading anything slow."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from spotrec.errors import IndexFault, NotFound
from spotrec.extract import weights
from spotrec.index.index import load
from spotrec.settings import Settings
from spotrec.store import FeatureStore, StoreCounts
from spotrec.track import ModelId
from spotrec.which_model import newer_than


@dataclass(frozen=True, slots=True)
class Status:
    """A look at everything. `counts` is None where there is no store yet, `index_name` where there is no index."""

    store: Path
    cache: str
    model: str
    weights: weights.WeightsStatus
    counts: StoreCounts | None = None
    embedded_models: dict[str, int] = field(default_factory=dict)
    index_name: str | None = None
    indexed: int = 0
    index_fault: str = ""
    failures: list[tuple[str, str, int]] = field(default_factory=list)
    """(stage, reason, how many), the most frequent first."""
    missing_audio: list[tuple[str, str, str, int]] = field(default_factory=list)
    """(provider, outcome, reason, how many tracks), the most frequent first."""
    next_command: str = "spotrec crawl SOURCE"
    newer_model: str | None = None
    """A later version of the network than the one that this store goes on with."""


def take_status(settings: Settings, model: ModelId) -> Status:
    """Look at the store, the weights and the index of these settings.

    Raises:
        StoreError: there is a store, and it cannot be read.
    """
    found = weights.status(settings)
    name, indexed, fault = _index(settings, model)
    try:
        with FeatureStore(settings.store_path, create=False) as store:
            counts = store.counts(model)
            models = store.embedded_models()
            missing = store.reasons_for_missing_audio(model)
            reasons = Counter((failure.stage.value, failure.reason) for _, failure in store.failures())
    except NotFound:
        return Status(settings.store_path, settings.cache_address, str(model), found)
    return Status(
        store=settings.store_path,
        cache=settings.cache_address,
        model=str(model),
        weights=found,
        counts=counts,
        embedded_models=models,
        index_name=name,
        indexed=indexed,
        index_fault=fault,
        failures=[(stage, reason, n) for (stage, reason), n in reasons.most_common()],
        missing_audio=missing,
        next_command=_next_command(counts, indexed) + _flag(settings),
        newer_model=str(newer) if counts.embedded and (newer := newer_than(model)) else None,
    )


def _index(settings: Settings, model: ModelId) -> tuple[str | None, int, str]:
    try:
        index = load(settings.index_path, model)
    except IndexFault as fault:
        return None, 0, fault.message
    return index.name, len(index), ""


def _flag(settings: Settings) -> str:
    """The next command is about the model that was asked about."""
    return f" --model {settings.model}" if settings.origins.get("model") == "flag" else ""


def _next_command(counts: StoreCounts, indexed: int) -> str:
    if counts.pending:
        return "spotrec extract"
    if not counts.embedded:
        return "spotrec crawl SOURCE"
    if counts.embedded != indexed:
        return "spotrec index"
    return "spotrec query SEED"
