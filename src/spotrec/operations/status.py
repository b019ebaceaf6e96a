"""Status: the state of the pipeline, without loading anything slow."""

from collections import Counter
from collections.abc import Mapping

from spotrec.errors import IndexFault, NotFound
from spotrec.extract import weights
from spotrec.extract.models import AudioModel
from spotrec.extract.models.choice import default_models, newer_than
from spotrec.extract.models.ears import in_order, quality_of
from spotrec.extract.models.vocabulary import HAS_IT, SPEECH, Vocabulary, vocabulary_of
from spotrec.index.changes import Changes, changes, rebuild_is_due, with_changes
from spotrec.index.index import Index
from spotrec.index.older_indexes import load_any
from spotrec.operations.results import MoreExcerpts, Status, Upgrade
from spotrec.operations.session import Session
from spotrec.settings import Settings
from spotrec.store import FeatureStore, JointEmbeddings, StoreCounts
from spotrec.track import DEFAULT_EXCERPTS, Ears

_EXCERPT_CPU_S = 0.1
"""To decode 30 s and to hear them with choi and mn04; see docs/performance.md."""


def take_status(session: Session) -> Status:
    """See `Recommender.status`.

    Raises:
        StoreError: the store cannot be read.
    """
    settings, in_use = session.settings, session.models
    model, ears = in_use[0].id, Ears.of(*(one.id for one in in_use))
    found = tuple(weights.status(settings, one) for one in in_use)
    index, fault = _index(settings, ears)
    try:
        with FeatureStore(settings.store_path, create=False) as store:
            counts = store.counts(ears)
            models, lacking = store.embeddings.count_by_model(), store.embeddings.count_lacking()
            missing = store.previews.reasons_for_missing_audio(model)
            reasons = Counter((failure.stage.value, failure.reason) for _, failure in store.failures.get())
            vocabulary = vocabulary_of(in_use)
            embeddings = JointEmbeddings(store, ears, vocabulary.mix)
            whole = with_changes(index, embeddings) if index else None
            speech = _count_speech(whole, vocabulary) if whole else None
            upgrade = _upgrade(settings, store, in_use, counts)
            by_excerpts = store.catalogue.count_by_excerpts(ears)
            more = _more_excerpts(settings, store, ears, by_excerpts)
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
        speech=speech,
        failures=[(stage, reason, n) for (stage, reason), n in reasons.most_common()],
        missing_audio=missing,
        next_command=_next_command(counts, rebuild=is_due) + _flag(settings),
        upgrade=upgrade,
        by_excerpts=by_excerpts,
        more_excerpts=more,
        newer_model=_newer(in_use) if counts.embedded else None,
    )


def _newer(in_use: tuple[AudioModel, ...]) -> str | None:
    return next((str(newer.id) for one in in_use if (newer := newer_than(one))), None)


def _index(settings: Settings, ears: Ears) -> tuple[Index | None, str]:
    try:
        return load_any(settings.index_path, ears), ""
    except IndexFault as fault:
        return None, fault.message


def _count_speech(index: Index, vocabulary: Vocabulary) -> int | None:
    """Count the tracks that sound like speech; None if that is not known."""
    index = index.with_vocabulary(vocabulary.version, len(vocabulary.names))
    if SPEECH not in vocabulary.names or any(segment.tags is None for segment in index.segments):
        return None
    position = vocabulary.names.index(SPEECH)
    return sum(int((block.tags[:, position] >= HAS_IT).sum()) for block in index.blocks() if block.tags is not None)


def _upgrade(
    settings: Settings, store: FeatureStore, in_use: tuple[AudioModel, ...], counts: StoreCounts
) -> Upgrade | None:
    """Return the networks that a store would gain from, with those of a new store; None if there are none."""
    both = in_order((*in_use, *default_models(settings)))
    now, then = (quality_of(models) for models in (in_use, both))
    more = [model for model in both if model not in in_use]
    if not (counts.embedded and more and now and then):
        return None
    lacking = store.embeddings.count_lacking()
    return Upgrade(
        tuple(model.id.name for model in both),
        (now.genre_precision, then.genre_precision),
        (now.artist_mrr, then.artist_mrr),
        max(lacking.get(str(model.id), counts.tracks) for model in more),
        max(len(store.audio.gone(Ears.of(model.id))) for model in more),
        sum(0 if weights.status(settings, model).sha256 else _weights_bytes(model) for model in more),
    )


def _more_excerpts(
    settings: Settings, store: FeatureStore, ears: Ears, by_excerpts: Mapping[int, int]
) -> MoreExcerpts | None:
    wanted = settings.excerpts or max((DEFAULT_EXCERPTS, *by_excerpts))
    n_tracks, n_at_hand = store.audio.count_with_more(ears, wanted) if by_excerpts else (0, 0)
    if not n_tracks:
        return None
    return MoreExcerpts(wanted, n_tracks, n_at_hand, n_at_hand * wanted * _EXCERPT_CPU_S)


def _weights_bytes(model: AudioModel) -> int:
    return model.weights.n_bytes if model.weights else 0


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
