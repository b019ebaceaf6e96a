"""Extract: features of tracks that have audio and no embedding, and of uploads that a queue lists."""

from contextlib import AbstractContextManager, closing
from threading import Event
from typing import TYPE_CHECKING

from spotrec.errors import CacheError, UsageError
from spotrec.extract.extract import ExtractReport, delete_extracted_audio, extract_and_watch
from spotrec.extract.extract import extract as extract_pending
from spotrec.operations.crawl import crawler
from spotrec.operations.remove import delete_discarded_audio
from spotrec.operations.session import Session, View
from spotrec.progress import Progress
from spotrec.store import FeatureStore

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
    progress: Progress | None,
) -> ExtractReport:
    """See `Recommender.extract`."""
    with session.view(progress) as view:
        model = view.model
        if not watch:
            return _extract(
                view,
                model,
                keep_audio=keep_audio,
                retry_failed=retry_failed,
                cluster=cluster,
                fetch=fetch,
                is_last=True,
            )
        if cluster is None:
            session.weights(model, view.progress)  # before a store is created
        store = session.store(create=True)
        report = _begin(view, store, model, fetch=fetch, is_last=True)
        with _executor(view, model, cluster) as executor:
            return extract_and_watch(
                store,
                session.caches,
                executor,
                report,
                progress=view.progress,
                keep_audio=keep_audio,
                retry_failed=retry_failed,
            )


def extract_each(
    session: Session,
    *,
    keep_audio: bool,
    retry_failed: bool,
    watch: bool,
    cluster: str | None,
    fetch: bool,
    progress: Progress | None,
) -> list[ExtractReport]:
    """See `Recommender.extract_each`."""
    with session.view(progress) as view:
        models = view.models
        if len(models) > 1 and (watch or cluster is not None):
            raise UsageError("`watch` and `cluster` work with one model at a time", "give one `model`")
        if len(models) > 1:
            return [
                _extract(
                    view,
                    model,
                    keep_audio=keep_audio,
                    retry_failed=retry_failed,
                    cluster=None,
                    fetch=fetch,
                    is_last=model is models[-1],
                )
                for model in models
            ]
        report = extract(
            session,
            keep_audio=keep_audio,
            retry_failed=retry_failed,
            watch=watch,
            cluster=cluster,
            fetch=fetch,
            progress=progress,
        )
        return [report]


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
        session.weights(view.model, view.progress)  # before a store is created
        store = session.store(create=True)
        with closing(session.executors.over(objects, view.model, view.progress)) as executor:
            worker = QueueWorker(store, opened, objects, executor, progress=view.progress, keep_audio=keep_audio)
            return worker.run(stop or Event(), drain=drain)


def _extract(
    view: View,
    model: "AudioModel",
    *,
    keep_audio: bool,
    retry_failed: bool,
    cluster: str | None,
    fetch: bool,
    is_last: bool,
) -> ExtractReport:
    """Extract with one model. If it is not the last of several, audio is kept for the next one."""
    store = view.session.store()
    report = _begin(view, store, model, fetch=fetch, is_last=is_last)
    if store.audio.count_pending(model.id, retry_failed=retry_failed):
        with _executor(view, model, cluster) as executor:
            return extract_pending(
                store,
                view.session.caches,
                executor,
                report,
                progress=view.progress,
                keep_audio=keep_audio,
                leave_audio=not is_last,
                retry_failed=retry_failed,
            )
    report.left = store.audio.count_pending(model.id, retry_failed=True)
    return report


def _begin(view: View, store: FeatureStore, model: "AudioModel", *, fetch: bool, is_last: bool) -> ExtractReport:
    """Begin a run: delete what an earlier run did not, and fetch audio again for tracks that only another model has.

    Returns:
        The report of the run, to be completed.
    """
    report = ExtractReport(str(model.id))
    caches = view.session.caches
    try:
        delete_discarded_audio(store, caches)
    except (CacheError, UsageError) as error:  # the cache of an earlier crawl: other audio can still be extracted
        report.undeleted.append(error.message)
    if is_last:
        delete_extracted_audio(store, caches, model.id, report)
    report.at_hand = store.audio.count_heard_by_others(model.id)
    gone = store.audio.gone(model.id)
    if gone and fetch:
        n = "1 track has" if len(gone) == 1 else f"{len(gone):,} tracks have"
        view.note(f"{n} features by another model and no audio: fetching it again")
        caches.open_default()
        view.session.weights(model, view.progress)  # before audio is fetched that could not be used
        crawler(view, store, model.id).fetch(gone)
    report.audio_gone = len(store.audio.gone(model.id)) if gone else 0
    report.fetched_again = len(gone) - report.audio_gone
    return report


def _executor(view: View, model: "AudioModel", cluster: str | None) -> "AbstractContextManager[Executor]":
    if cluster is None:
        return view.session.executors.of(model, view.progress)
    from spotrec.extract.executors.cluster import ClusterExecutor

    with view.progress.meter("connect to the cluster", unit=""):
        return closing(ClusterExecutor(cluster, model.id, view.settings))
