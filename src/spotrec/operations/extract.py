"""Extract: features of tracks that have audio and lack some, and of uploads that a queue lists."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from spotrec.errors import CacheError, UsageError, WeightsError
from spotrec.extract.extract import ExtractReport, delete_extracted_audio, extract_and_watch
from spotrec.extract.extract import extract as extract_pending
from spotrec.operations.crawl import crawler
from spotrec.operations.remove import delete_discarded_audio
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.store import FeatureStore
from spotrec.track import DEFAULT_EXCERPTS, Ears, Excerpts

if TYPE_CHECKING:
    from spotrec.extract.executors import Executor
    from spotrec.extract.models import AudioModel
    from spotrec.extract.uploads.worker import QueueReport


def extract(
    session: Session,
    *,
    keep_audio: bool,
    retry_failed: bool,
    watch: bool,
    cluster: str | None,
    fetch: bool,
    tempo: bool,
    progress: Progress | None,
) -> ExtractReport:
    """See `Recommender.extract`."""
    with session.view(progress) as view:
        if watch or _has_work(view):
            with nullcontext() if cluster is None else suppress(WeightsError):  # workers have their own weights
                session.models_in_use.settle(session.networks, view.progress)
        if watch and cluster is None:
            _load_weights(view, view.models)  # before a store is created
        store = session.store(create=watch)
        report = _begin(view, store, fetch=fetch)
        excerpts = view.excerpts
        lacking = view.models if watch else _lacking(store, view.models, excerpts, retry_failed=retry_failed)
        if lacking:
            with _executor(view, lacking, cluster) as executor:
                work = partial(extract_and_watch if watch else extract_pending, store, session.caches, executor, report)
                work(
                    ears=view.ears,
                    progress=view.progress,
                    keep_audio=keep_audio,
                    retry_failed=retry_failed,
                    excerpts=excerpts,
                )
        if not watch:
            _close_gap_of_descriptors(view, store, report, retry_failed=retry_failed, is_wanted=tempo)
        report.left = store.audio.count_pending(view.ears, retry_failed=True)
        return report


def extract_queue(
    session: Session, queue: str, *, stop: Event | None, drain: bool, keep_audio: bool, progress: Progress | None
) -> "QueueReport":
    """See `Recommender.extract_queue`."""
    from spotrec.extract.uploads.objects import UploadedObjects
    from spotrec.extract.uploads.sqs import SqsQueue
    from spotrec.extract.uploads.worker import QueueWorker

    with session.view(progress) as view:
        objects = UploadedObjects(session.settings, session.tag_pool)
        opened = SqsQueue(queue, session.settings)
        session.models_in_use.settle(session.networks, view.progress)
        _load_weights(view, view.models)  # before a store is created
        store = session.store(create=True)
        with closing(session.executors.over(objects, view.models, view.progress)) as executor:
            worker = QueueWorker(
                store,
                opened,
                objects,
                executor,
                progress=view.progress,
                keep_audio=keep_audio,
                excerpts=view.excerpts.n,
            )
            return worker.run(stop or Event(), drain=drain)


def _has_work(view: View) -> bool:
    ears, again = Ears.of(*(model.id for model in view.session.models)), bool(view.settings.excerpts)
    excerpts = Excerpts(view.settings.excerpts or DEFAULT_EXCERPTS, again)
    return view.session.store().audio.count_pending(ears, retry_failed=True, excerpts=excerpts) > 0


def _load_weights(view: View, models: "Sequence[AudioModel]") -> None:
    """Load weights before anything is stored that could not be used without them."""
    for model in models:
        view.session.networks.weights(model, view.progress)


def _lacking(
    store: FeatureStore, models: "Sequence[AudioModel]", excerpts: Excerpts, *, retry_failed: bool
) -> "list[AudioModel]":
    """Return the models that have not heard all audio; the others need not be loaded."""
    return [
        model
        for model in models
        if store.audio.count_pending(Ears.of(model.id), retry_failed=retry_failed, excerpts=excerpts)
    ]


def _begin(view: View, store: FeatureStore, *, fetch: bool) -> ExtractReport:
    """Begin a run: delete what an earlier run did not, and fetch audio again for tracks that some of the models lack.

    Returns:
        The report of the run, to be completed.
    """
    ears, caches = view.ears, view.session.caches
    report = ExtractReport(str(ears))
    try:
        delete_discarded_audio(store, caches)
    except (CacheError, UsageError) as error:  # the cache of an earlier crawl: other audio can still be extracted
        report.undeleted.append(error.message)
    delete_extracted_audio(store, caches, ears, report)
    report.at_hand = store.audio.count_heard_by_others(ears)
    gone = store.audio.gone(ears)
    if gone and fetch:
        n = "1 track has" if len(gone) == 1 else f"{len(gone):,} tracks have"
        view.note(f"{n} features by another model and no audio: fetching it again")
        caches.open_default()
        lacking = [model for model in view.models if store.audio.gone(Ears.of(model.id))]
        _load_weights(view, lacking)  # before audio is fetched that could not be used
        crawler(view, store).fetch(gone)
    report.audio_gone = len(store.audio.gone(ears)) if gone else 0
    report.fetched_again = len(gone) - report.audio_gone
    if view.excerpts.again:
        n_with_more, n_at_hand = store.audio.count_with_more(ears, view.excerpts.n)
        report.heard_again, report.without_more = n_at_hand, n_with_more - n_at_hand
    return report


def _close_gap_of_descriptors(
    view: View, store: FeatureStore, report: ExtractReport, *, retry_failed: bool, is_wanted: bool
) -> None:
    """Hear tempo, key and fingerprint of tracks that the networks heard before, or say how many there are.

    Only audio that is at hand is heard. It takes as long as to decode it, so an upgrade does not do it by itself.
    """
    n_tempo, n_fingerprint, n = store.audio.count_lacking_descriptors(view.ears, retry_failed=retry_failed)
    if not n:
        return
    if not is_wanted:
        lacking = [*(["tempo or key"] if n_tempo else []), *(["fingerprint"] if n_fingerprint else [])]
        tracks = "1 track has" if n == 1 else f"{n:,} tracks have"
        view.note(
            f"{tracks} features but no {' or '.join(lacking)}: `spotrec extract --tempo` hears them in audio at hand"
        )
        return
    before = replace(report)
    tasks = store.audio.lacking_descriptors(view.ears, view.excerpts.n, retry_failed=retry_failed)
    with view.session.executors.of([], view.progress) as executor:
        extract_pending(
            store,
            view.session.caches,
            executor,
            report,
            progress=view.progress,
            ears=view.ears,
            keep_audio=True,  # only audio that is kept anyway
            tasks=tasks,
            n_tasks=n,
            what="hear " + ("tempo and key" if n_tempo else "fingerprints"),
        )
    report.tempo_alone = report.tempo_heard - before.tempo_heard
    report.fingerprinted_alone = report.fingerprinted - before.fingerprinted


def _executor(view: View, models: "Sequence[AudioModel]", cluster: str | None) -> "AbstractContextManager[Executor]":
    if cluster is None:
        return view.session.executors.of(models, view.progress)
    from spotrec.extract.executors.cluster import ClusterExecutor

    ears = Ears.of(*(model.id for model in models))
    with view.progress.meter("connect to the cluster", unit=""):
        return closing(ClusterExecutor(cluster, ears, view.settings))
