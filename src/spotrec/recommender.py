"""Everything the commands do, for notebooks and other programs. This is where the stages are put together.

>>> from spotrec import Recommender
>>> with Recommender() as recommender:
...     recommender.crawl("~/Music")
...     recommender.extract()
...     recommender.index()
...     for result in recommender.query("~/Music/a-song-i-love.mp3").results:
...         print(f"{result.similarity:.2f}", result.track.name)
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING, Any

from spotrec.answers import IndexReport
from spotrec.asking import Asking
from spotrec.errors import CacheError, IndexFault, NotFound, UsageError
from spotrec.extract import weights
from spotrec.extract.models.registry import find
from spotrec.index.generations import KEPT
from spotrec.index.index import Backend
from spotrec.store import FeatureStore
from spotrec.which_model import older_than

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport
    from spotrec.doctor import Finding
    from spotrec.extract.extract import ExtractReport, HeardFile
    from spotrec.extract.queue import QueueReport
    from spotrec.index.kept import KeptIndex, RolledBack
    from spotrec.known_models import KnownModel, KnownModels
    from spotrec.spotify.login import SignedOut, WhoAmI
    from spotrec.status import Status


class Recommender(Asking):
    """Content-based music recommendation over one local store.

    The four stages are `crawl`, `extract`, `index` and `query`; each may be run again at any time and only does what
    is new. Use it as a context manager, or call `close`.

    Its arguments are those of `Opened`: `progress`, `config`, and any setting by name.

    Raises (any method):
        SpotrecError: with a message, a hint what to do next, and an exit code; see `spotrec.errors`.
    """

    # -- the stages -------------------------------------------------------------------------------------------------

    def crawl(
        self, *sources: str, search: Sequence[str] = (), retry: bool = False, retry_all: bool = False
    ) -> "CrawlReport":
        """Remember the tracks of folders, files, lists and links, and get their audio.

        Args:
            sources: what a person would paste: a path, or a link, URI or id on Spotify or Deezer.
            search: words to search Spotify for.
            retry: ask again for known tracks without audio, those providers whose answer no longer holds.
            retry_all: ask every provider again for them. Both go without sources.

        Returns:
            what was seen, new, got, skipped and missing, each with its reason. A source that fails is in it too.
        """
        again = retry or retry_all
        if again == bool(sources or search):
            raise UsageError("say what to crawl, or --retry", "give a folder, a file, a playlist or a link")
        store = self._open_store(create=True)
        self._caches.open_default()  # a wrong address shows before the work, not after
        crawler = self._crawler(store, ask_all=retry_all)
        return crawler.retry() if again else crawler.crawl(self._named_sources(store, sources, search))

    def plan_crawl(self, *sources: str, search: Sequence[str] = ()) -> "CrawlPlan":
        """What `crawl` would fetch and from where. Sources are listed; nothing is stored, no provider is asked."""
        from spotrec.crawl.plan import CrawlPlanner

        if not sources and not search:
            raise UsageError("say what to crawl", "give a folder, a file, a playlist or a link")
        with ExitStack() as stack:
            if self.settings.store_path.is_file():
                store = self._open_store()
            else:
                folder = stack.enter_context(TemporaryDirectory())
                store = stack.enter_context(FeatureStore(Path(folder) / "empty.db"))
            planner = CrawlPlanner(store, self._chain, self.model, self._progress)
            return planner.plan(self._named_sources(store, sources, search))

    def extract(
        self,
        *,
        keep_audio: bool = False,
        retry_failed: bool = False,
        watch: bool = False,
        cluster: str | None = None,
    ) -> "ExtractReport":
        """Hear every track that has audio and no embedding; cached audio is deleted once its features are stored.

        Args:
            keep_audio: leave it in the cache. A user's own files are never touched.
            retry_failed: try again what failed before.
            watch: go on with what is crawled meanwhile, until interrupted.
            cluster: hear on the workers of the Dask scheduler at this address, `tcp://host:8786` or `tls://host:8786`;
                `local` starts a cluster on this machine. See docs/scaling.md.
        """
        from spotrec.extract.extract import ExtractReport, delete_heard_audio, extract, extract_and_watch

        if watch and cluster is None:
            _ = self._weights  # before a store is begun
        store = self._open_store(create=watch)
        report = ExtractReport(str(self.model))
        report.audio_gone = self._count_audio_gone(store)
        try:
            self._library.delete_discarded_audio()
        except (CacheError, UsageError) as error:  # the cache of an earlier crawl: no reason not to hear what is here
            report.undeleted.append(error.message)
        delete_heard_audio(store, self._caches, self.model, report)
        how = extract_and_watch if watch else extract
        if watch or store.count_pending(self.model, retry_failed=retry_failed):
            with ExitStack() as stack:
                executor = self._executor if cluster is None else stack.enter_context(closing(self._cluster(cluster)))
                return how(
                    store,
                    self._caches,
                    executor,
                    report,
                    progress=self._progress,
                    keep_audio=keep_audio,
                    retry_failed=retry_failed,
                )
        report.left = store.count_pending(self.model, retry_failed=True)
        return report

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
        from spotrec.extract.queue import QueueWorker
        from spotrec.extract.sqs import SqsQueue
        from spotrec.extract.uploads import UploadedObjects

        objects = UploadedObjects(self.settings)
        opened = SqsQueue(queue, self.settings)
        _ = self._weights  # before a store is begun
        store = self._open_store(create=True)
        with closing(self._executor_over(objects)) as executor:
            worker = QueueWorker(store, opened, objects, executor, progress=self._progress, keep_audio=keep_audio)
            return worker.run(stop or Event(), drain=drain)

    def index(
        self, *, trees: int = 50, backend: Backend = "auto", check: bool = False, keep: int = KEPT
    ) -> IndexReport:
        """Build the index that `query` searches, from all that was extracted.

        Args:
            trees: Annoy's trees; more find more and take more room.
            backend: `auto` searches small catalogues exactly and large ones in cells; `annoy` through its trees.
            check: measure recall@10 against exact search.
            keep: how many generations stay, the new one included, for `roll_back_index`.
        """
        from spotrec.index.index import build
        from spotrec.index.recall import recall_at

        if trees < 1:
            raise UsageError(f"--trees {trees} makes no sense", "50 is the default")
        if keep < 1:
            raise UsageError(f"--keep {keep} makes no sense", "the new index is one")
        store = self._open_store()
        with store.snapshot(self.model) as catalogue:
            if not len(catalogue):
                pending = store.count_pending(self.model)
                first = "`spotrec extract`" if pending else "`spotrec crawl SOURCE`, then `spotrec extract`"
                raise IndexFault("nothing was extracted yet, so there is nothing to index", first)
            root = self.settings.index_path
            progress = self._progress
            built = build(
                root,
                self.model,
                catalogue,
                reference=self._model.moments(),
                progress=progress,
                trees=trees,
                backend=backend,
                keep=keep,
            )
        recall = recall_at(built, progress=self._progress) if check else None
        return IndexReport(built.name, built.folder, str(self.model), built.manifest.backend, len(built), recall)

    def indexes(self) -> "list[KeptIndex]":
        """The generations that are kept: those that are or were in use, the latest first."""
        from spotrec.index.kept import kept

        return kept(self.settings.index_path / str(self.model))

    def roll_back_index(self) -> "RolledBack":
        """Go back to the index that was in use before; each time one further. What was extracted stays as it is."""
        from spotrec.index.kept import roll_back

        return roll_back(self.settings.index_path / str(self.model))

    # -- beside the stages ------------------------------------------------------------------------------------------

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
                heard.append(hear_file(file, self._model, self._network, self._max_bytes))
                meter.advance()
        return heard

    def top_tags(self, tags: Any, n: int = 5) -> dict[str, float]:
        """The `n` most probable of an embedding's tags, shape (n_tags,), strongest first."""
        names = self._model.tag_names
        order = sorted(range(len(names)), key=lambda i: -tags[i])[:n]
        return {names[i]: float(tags[i]) for i in order}

    def login(self, *, port: int = 0, open_browser: bool = True, timeout_s: float = 300) -> "WhoAmI":
        """Sign in to Spotify in a browser; no secret is needed. The address to open is told to `progress` too.

        Args:
            port: where Spotify's answer is waited for, on 127.0.0.1; 0 for any that is free.
        """
        from spotrec.spotify.login import sign_in

        return sign_in(self.settings, self._progress, port=port, open_browser=open_browser, timeout_s=timeout_s)

    def logout(self, *, everyone: bool = False) -> "SignedOut":
        """Delete the tokens of this client id, or of every one. There may be none."""
        from spotrec.spotify.login import sign_out

        return sign_out(self.settings, everyone=everyone)

    def whoami(self) -> "WhoAmI":
        """Who Spotify is asked as, and by which credentials."""
        from spotrec.spotify.login import who_am_i

        return who_am_i(self.settings)

    def status(self) -> "Status":
        """What the store, cache, weights and index hold, what is pending or failed, and the next command to run."""
        from spotrec.status import take_status

        return take_status(self.settings, self._model)

    def doctor(self) -> "list[Finding]":
        """Check store, weights, decoders, Annoy, index, credentials and cache; each finding says how to mend it."""
        from spotrec.doctor import examine

        return examine(self.settings, self._model, self._progress)

    def known_models(self, *, bench: bool = False) -> "KnownModels":
        """The models that may be chosen, and those that only the store knows.

        Args:
            bench: measure what a clip costs on this machine, by each model whose weights are here.
        """
        from spotrec.known_models import known_models

        return known_models(self.settings, self._progress, bench=bench)

    def known_model(self, name: str) -> "KnownModel":
        """One of those that may be chosen, by its name; of several versions the newest."""
        from spotrec.known_models import known_model

        return known_model(self.settings, name)

    def install_weights(self, name: str, source: Path | None = None) -> Path:
        """Fetch a network's weights, or take them from a file; checked, then put into the data folder."""
        return weights.install(self.settings, find(name), self._progress, source)

    def remove_weights(self, name: str) -> list[Path]:
        """Delete a network's installed weights; what was heard with them stays. Returns what was deleted."""
        return weights.remove(self.settings, find(name))

    def _count_audio_gone(self, store: FeatureStore) -> int:
        return sum(store.count_audio_gone(self.model, older.id) for older in older_than(self._model))
