"""What is heard: tracks that have audio, uploads that a queue tells of, files."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from spotrec.errors import CacheError, NotFound, UsageError
from spotrec.outgoing import Outgoing
from spotrec.store import FeatureStore

if TYPE_CHECKING:
    from spotrec.extract.executors import Executor
    from spotrec.extract.extract import ExtractReport, HeardFile
    from spotrec.extract.models import AudioModel
    from spotrec.extract.uploads.worker import QueueReport


class Extracting(Outgoing):
    """The commands that hear."""

    def extract(
        self,
        *,
        keep_audio: bool = False,
        retry_failed: bool = False,
        watch: bool = False,
        cluster: str | None = None,
        fetch: bool = True,
    ) -> "ExtractReport":
        """Hear every track that has audio and no embedding; cached audio is deleted once its features are stored.

        Args:
            keep_audio: leave it in the cache. A user's own files are never touched.
            retry_failed: try again what failed before.
            watch: go on with what is crawled meanwhile, until interrupted.
            cluster: hear on the workers of the Dask scheduler at this address, `tcp://host:8786` or `tls://host:8786`;
                `local` starts a cluster on this machine. See docs/scaling.md.
            fetch: get audio again that another network has heard and that was deleted since.
        """
        model = self._model
        if not watch:
            return self._extract(
                model, keep_audio=keep_audio, retry_failed=retry_failed, cluster=cluster, fetch=fetch, is_last=True
            )
        from spotrec.extract.extract import extract_and_watch

        if cluster is None:
            self._weights_of(model)  # before a store is begun
        store = self._open_store(create=True)
        report = self._begun(store, model, fetch=fetch, is_last=True)
        with self._executor_for(model, cluster) as executor:
            return extract_and_watch(
                store,
                self._caches,
                executor,
                report,
                progress=self._progress,
                keep_audio=keep_audio,
                retry_failed=retry_failed,
            )

    def extract_each(self, *, cluster: str | None = None, **options: Any) -> "list[ExtractReport]":
        """As `extract`, by each of the models in use; audio is deleted when the last of them has heard it."""
        if len(self.models) == 1:
            return [self.extract(cluster=cluster, **options)]
        if cluster is not None or options.pop("watch", False):
            raise UsageError("--watch and --cluster hear with one model at a time", "give one --model")
        return [
            self._extract(model, cluster=None, is_last=model is self.models[-1], **options) for model in self.models
        ]

    def extract_queue(
        self, queue: str, *, stop: Event | None = None, drain: bool = False, keep_audio: bool = False
    ) -> "QueueReport":
        """Hear what is uploaded to S3, as a queue tells of it: see docs/scaling.md.

        Args:
            queue: `sqs://name`, `sqs://account/name`, or its URL.
            stop: what is in hand when it is set is finished, then the work ends.
            drain: end when no message comes any more.
            keep_audio: leave the objects where they are.
        """
        from spotrec.extract.uploads.objects import UploadedObjects
        from spotrec.extract.uploads.sqs import SqsQueue
        from spotrec.extract.uploads.worker import QueueWorker

        objects = UploadedObjects(self.settings)
        opened = SqsQueue(queue, self.settings)
        self._weights_of(self._model)  # before a store is begun
        store = self._open_store(create=True)
        with closing(self._executor_over(objects, self._model)) as executor:
            worker = QueueWorker(store, opened, objects, executor, progress=self._progress, keep_audio=keep_audio)
            return worker.run(stop or Event(), drain=drain)

    def embed(self, paths: Iterable[Path | str]) -> "list[HeardFile]":
        """Hear files; nothing is stored. Each result has a vector, shape (dim,), and tag probabilities, (n_tags,)."""
        from spotrec.extract.extract import hear_file

        files = [Path(path).expanduser() for path in paths]
        for file in files:
            if not file.is_file():
                raise NotFound(f"there is no file {file}", "give audio files")
        with self._progress.meter("embed", len(files), "files") as meter:
            heard = []
            for file in files:
                heard.append(hear_file(file, self._model, self._network_of(self._model), self._max_bytes))
                meter.advance()
        return heard

    def top_tags(self, tags: Any, n: int = 5) -> dict[str, float]:
        """The `n` most probable of an embedding's tags, shape (n_tags,), strongest first."""
        names = self._model.tag_names
        order = sorted(range(len(names)), key=lambda i: -tags[i])[:n]
        return {names[i]: float(tags[i]) for i in order}

    def _extract(
        self,
        model: "AudioModel",
        *,
        cluster: str | None,
        is_last: bool,
        keep_audio: bool = False,
        retry_failed: bool = False,
        fetch: bool = True,
    ) -> "ExtractReport":
        from spotrec.extract.extract import extract

        store = self._open_store()
        report = self._begun(store, model, fetch=fetch, is_last=is_last)
        if store.audio.count_pending(model.id, retry_failed=retry_failed):
            with self._executor_for(model, cluster) as executor:
                return extract(
                    store,
                    self._caches,
                    executor,
                    report,
                    progress=self._progress,
                    keep_audio=keep_audio,
                    leave_audio=not is_last,
                    retry_failed=retry_failed,
                )
        report.left = store.audio.count_pending(model.id, retry_failed=True)
        return report

    def _begun(self, store: FeatureStore, model: "AudioModel", *, fetch: bool, is_last: bool) -> "ExtractReport":
        """The report of a run that is about to begin, when what an earlier one left is deleted, and what another
        network heard is here again.
        """
        from spotrec.extract.extract import ExtractReport, delete_heard_audio

        report = ExtractReport(str(model.id))
        try:
            self._library.delete_discarded_audio()
        except (CacheError, UsageError) as error:  # the cache of an earlier crawl: no reason not to hear what is here
            report.undeleted.append(error.message)
        if is_last:
            delete_heard_audio(store, self._caches, model.id, report)
        report.at_hand = store.audio.count_heard_by_others(model.id)
        gone = store.audio.gone(model.id)
        if gone and fetch:
            self._progress.note(f"{len(gone):,} tracks were heard before and have no audio: fetching it again")
            self._caches.open_default()
            self._weights_of(model)  # else it would be fetched for nothing
            self._crawler(store, model.id).fetch(gone)
        report.audio_gone = len(store.audio.gone(model.id)) if gone else 0
        report.fetched_again = len(gone) - report.audio_gone
        return report

    def _executor_for(self, model: "AudioModel", cluster: str | None) -> "AbstractContextManager[Executor]":
        return nullcontext(self._executor_of(model)) if cluster is None else closing(self._cluster(cluster))
