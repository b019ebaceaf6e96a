"""Status: the state of the pipeline, without loading anything slow."""

from collections import Counter

from spotrec.errors import IndexFault, NotFound
from spotrec.extract import weights
from spotrec.extract.models.choice import newer_than
from spotrec.extract.models.ears import vocabulary_of
from spotrec.index.changes import Changes, changes, rebuild_is_due, with_changes
from spotrec.index.index import Index, load
from spotrec.operations.results import Status
from spotrec.operations.session import Session
from spotrec.settings import Settings
from spotrec.store import FeatureStore, JointEmbeddings, StoreCounts
from spotrec.track import Ears


def take_status(session: Session) -> Status:
    """See `Recommender.status`.

    Raises:
        StoreError: the store cannot be read.
    """
    settings, in_use = session.settings, session.models
    model, ears = in_use[0].id, Ears.of(*(one.id for one in in_use))
    found = weights.status(settings, in_use[0])
    index, fault = _index(settings, ears)
    try:
        with FeatureStore(settings.store_path, create=False) as store:
            counts = store.counts(model)
            models, lacking = store.embeddings.count_by_model(), store.embeddings.count_lacking()
            missing = store.previews.reasons_for_missing_audio(model)
            reasons = Counter((failure.stage.value, failure.reason) for _, failure in store.failures.get())
            embeddings = JointEmbeddings(store, ears, vocabulary_of(in_use).mix)
            whole = with_changes(index, embeddings) if index else None
    except NotFound:
        return Status(settings.store_path, settings.cache_address, str(ears), found)
    beside = changes(whole) if whole else Changes(0, 0)
    gone = max(len(whole) - counts.embedded, 0) if whole else 0
    indexed = len(index) if index else 0
    is_due = not index or rebuild_is_due(beside.new + beside.replaced + gone, indexed)
    return Status(
        store=settings.store_path,
        cache=settings.cache_address,
        model=str(ears),
        weights=found,
        counts=counts,
        embedded_models=models,
        lacking=lacking,
        index_name=index.name if index else None,
        indexed=indexed,
        index_fault=fault,
        new=beside.new,
        heard_anew=beside.replaced,
        gone=gone,
        failures=[(stage, reason, n) for (stage, reason), n in reasons.most_common()],
        missing_audio=missing,
        next_command=_next_command(counts, rebuild=is_due) + _flag(settings),
        newer_model=str(newer.id) if counts.embedded and (newer := newer_than(in_use[0])) else None,
    )


def _index(settings: Settings, ears: Ears) -> tuple[Index | None, str]:
    try:
        return load(settings.index_path, ears), ""
    except IndexFault as fault:
        return None, fault.message


def _flag(settings: Settings) -> str:
    """Return the option that makes the next command use the same model."""
    return "".join(f" --model {name}" for name in settings.ears) if settings.origins.get("ears") == "flag" else ""


def _next_command(counts: StoreCounts, *, rebuild: bool) -> str:
    if counts.pending:
        return "spotrec extract"
    if not counts.embedded:
        return "spotrec crawl SOURCE"
    if rebuild:
        return "spotrec index"
    return "spotrec query SEED"
