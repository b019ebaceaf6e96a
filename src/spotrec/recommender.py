"""Everything the commands do, for notebooks and other programs. This is where the stages are put together.

>>> from spotrec import Recommender
>>> with Recommender() as recommender:
...     recommender.crawl("~/Music")
...     recommender.extract()
...     recommender.index()
...     for result in recommender.query("~/Music/a-song-i-love.mp3").results:
...         print(f"{result.similarity:.2f}", result.track.name)
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING, Any, Self

from spotrec.audio.cache import AudioCaches
from spotrec.cached_audio import CachedAudio, CachedFile, Clearing
from spotrec.errors import CacheError, IndexFault, NotFound, UsageError
from spotrec.extract import weights
from spotrec.extract.models.choi import TAGS, model_id
from spotrec.index.index import Backend, Index
from spotrec.library import Library, Removal, SyncReport, source_of
from spotrec.progress import Progress, Silent
from spotrec.query.query import Recommendation, recommend
from spotrec.seeds import SeedFinder
from spotrec.settings import Settings, resolve
from spotrec.status import Status, take_status
from spotrec.store import FeatureStore, KnownCollection, TrackFilter, TrackRecord
from spotrec.track import ModelId, Track

if TYPE_CHECKING:
    from spotrec.cache_copy import CopyReport
    from spotrec.crawl.crawl import Crawler, NamedSource
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.previews.chain import PreviewChain
    from spotrec.crawl.report import CrawlReport
    from spotrec.crawl.spotify_login import SignedOut, WhoAmI
    from spotrec.doctor import Finding
    from spotrec.extract.executors import Executor
    from spotrec.extract.extract import ExtractReport, HeardFile
    from spotrec.extract.models.choi import ChoiNetwork
    from spotrec.extract.queue import QueueReport
    from spotrec.features.features import ExportReport, ImportReport
    from spotrec.http import HttpClient


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The answer to a query. `model` and `index` say what was asked."""

    seed: Track
    results: list[Recommendation]
    model: str
    index: str


@dataclass(frozen=True, slots=True)
class IndexReport:
    """A built index. `recall_at_10` is the share of the true ten nearest that it finds, where that was checked."""

    index: str
    folder: Path
    model: str
    backend: str
    n_tracks: int
    recall_at_10: float | None = None


class Recommender:
    """Content-based music recommendation over one local store.

    The four stages are `crawl`, `extract`, `index` and `query`; each may be run again at any time and only does what
    is new. Use it as a context manager, or call `close`.

    Args:
        progress: where to show how far long work is; nowhere by default.
        config: a TOML or `.env` file to read instead of those in `./config`.
        settings: any setting by name (`store=Path("music.db")`, `cache="s3://bucket/prefix"`, …); see
            `spotrec config show` for all of them. What is not given comes from the environment and files.

    Raises (any method):
        SpotrecError: with a message, a hint what to do next, and an exit code; see `spotrec.errors`.
    """

    def __init__(self, *, progress: Progress | None = None, config: Path | None = None, **settings: Any) -> None:
        self.settings: Settings = resolve(settings, config=config)
        self._progress = progress or Silent()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and the connections. What was done is kept."""
        for name in ("_executor", "_store", "_http"):
            if opened := self.__dict__.pop(name, None):
                opened.close()

    @cached_property
    def model(self) -> ModelId:
        """The model in use."""
        return weights.model_in_use(self.settings, model_id)

    # -- the four stages -------------------------------------------------------------------------------------------

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

        store = self._open_store(create=watch)
        report = ExtractReport(str(self.model))
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
        store = self._open_store(create=True)
        with closing(self._executor_over(objects)) as executor:
            worker = QueueWorker(store, opened, objects, executor, progress=self._progress, keep_audio=keep_audio)
            return worker.run(stop or Event(), drain=drain)

    def index(self, *, trees: int = 50, backend: Backend = "auto", check: bool = False) -> IndexReport:
        """Build the index that `query` searches, from all that was extracted.

        Args:
            trees: Annoy's trees; more find more and take more room.
            backend: `auto` searches small catalogues exactly and large ones through Annoy.
            check: measure recall@10 against exact search.
        """
        from spotrec.index.index import build, recall_at

        if trees < 1:
            raise UsageError(f"--trees {trees} makes no sense", "50 is the default")
        store = self._open_store()
        with self._progress.meter("read the embeddings", unit=""):
            catalogue = store.catalogue(self.model)
        if not catalogue.ids:
            pending = store.count_pending(self.model)
            first = "`spotrec extract`" if pending else "`spotrec crawl SOURCE`, then `spotrec extract`"
            raise IndexFault("nothing was extracted yet, so there is nothing to index", first)
        root = self.settings.index_path
        built = build(root, self.model, catalogue, progress=self._progress, trees=trees, backend=backend)
        recall = recall_at(built, progress=self._progress) if check else None
        return IndexReport(built.name, built.folder, str(self.model), built.manifest.backend, len(built), recall)

    def query(
        self, seed: str, n: int = 10, *, max_per_artist: int | None = None, fetch: bool = True
    ) -> Recommendations:
        """The tracks that sound most like `seed`, best first, without the seed and copies of it.

        Args:
            seed: a Spotify track (link, URI, id), an audio file, a track id, or words that match one stored track.
            n: how many, 1 to 1000.
            max_per_artist: at most so many by one artist.
            fetch: get and hear a seed that is not in the store.
        """
        index = self._load_index()
        store = self._open_store()
        found = self._seed_finder.find(seed, fetch=fetch)
        results = recommend(store, index, self.model, TAGS, found, n, max_per_artist=max_per_artist)
        return Recommendations(found.track, results, str(self.model), index.name)

    # -- what is known ---------------------------------------------------------------------------------------------

    def tracks(
        self,
        words: str = "",
        *,
        artist: str = "",
        collection: str | None = None,
        missing_audio: bool = False,
        failed: bool = False,
    ) -> Iterator[TrackRecord]:
        """The catalogue's tracks and how far each came, in the order in which they were first crawled.

        They are read page by page; close the Recommender only when you have had enough of them.

        Args:
            words: all of them in title or artists.
            artist: an artist's name, or whole words of it.
            collection: the link, URI, path or title of a known collection.
            missing_audio: only those with neither audio nor features.
            failed: only those that failed.
        """
        known = None if collection is None else self._library.collection(collection).id
        return self._open_store().records(TrackFilter(words, artist, known, missing_audio, failed), self.model)

    def collections(self) -> list[KnownCollection]:
        """All collections that were crawled, by kind and title."""
        return self._open_store().collections()

    def remove(self, *names: str, dry_run: bool = False, confirm: Callable[[Removal], None] | None = None) -> Removal:
        """Take tracks and collections out of the store, with all that is known of them, and their cached audio.

        Of a collection go the tracks that no other one lists and that were not crawled by themselves. Where a name is
        unknown or could mean several things, nothing is removed. A user's own files are never touched.

        Args:
            names: tracks and collections, each by link, URI, id, path or title.
            dry_run: only say what would go.
            confirm: is shown what will go; what it raises keeps all as it is.
        """
        removal = self._library.plan_removal(names)
        if dry_run:
            return removal
        if confirm:
            confirm(removal)
        return self._library.remove(removal)

    def sync(self, *collections: str, delete: bool = True) -> SyncReport:
        """Crawl known collections again, all or those named, and follow what was added to and removed from them.

        Args:
            collections: each by link, URI, path or title.
            delete: take out tracks that no collection lists any more and that were not crawled by themselves. What a
                collection dropped that could not be listed to its end stays.
        """
        return self._library.sync(collections, self._crawl_again, delete=delete)

    def export_features(
        self, file: Path | str, *, model: str | None = None, all_models: bool = False, paths: bool = False
    ) -> "ExportReport":
        """Write the catalogue's tracks and what a model heard in them to a Parquet file; it needs pyarrow.

        Args:
            file: where to; an export that is there is replaced, another file never.
            model: which one's features; by default those of the model in use.
            all_models: those of every model.
            paths: write the paths of your own files too.
        """
        from spotrec.features.features import export_features

        if model and all_models:
            raise UsageError("one model and all models exclude each other", "choose one")
        wanted = None if all_models else model or str(self.model)
        tag_names = {str(self.model): TAGS}
        return export_features(self._open_store(), Path(file), wanted, tag_names, self._progress, paths=paths)

    def import_features(self, file: Path | str, *, replace: bool = False, paths: bool = False) -> "ImportReport":
        """Merge such a file into the store. What is here stays as it is; another model's features are kept apart.

        Args:
            replace: take its features where other ones of the same model are here.
            paths: take the paths of its owner's files too.

        Returns:
            what became of its rows. Faulty ones are left out, each with its reason.
        """
        from spotrec.features.features import import_features
        from spotrec.features.parquet_file import FeatureFile

        with FeatureFile(Path(file).expanduser()) as opened:
            store = self._open_store(create=True)
            return import_features(store, opened, self.model, len(TAGS), self._progress, replace=replace, paths=paths)

    def cached(self) -> Iterator[CachedFile]:
        """All that lies in the audio cache, in order of key, and what of it is still needed.

        It is read page by page; close the Recommender only when you have had enough of it.
        """
        return self._cached_audio.files(self._caches.open_default())

    def clear_cache(
        self,
        *,
        everything: bool = False,
        dry_run: bool = False,
        confirm: Callable[[Clearing], None] | None = None,
    ) -> Clearing:
        """Delete from the audio cache what was heard and what the store knows nothing of; never a user's own files.

        Args:
            everything: what is still to be heard, too; the next crawl fetches it again.
            dry_run: only say what would go.
            confirm: is shown what will go; what it raises keeps all as it is.
        """
        cache = self._caches.open_default()
        return self._cached_audio.clear(cache, everything=everything, dry_run=dry_run, confirm=confirm)

    def copy_cache(self, source: str, target: str, *, move: bool = False) -> "CopyReport":
        """Copy cached audio to another cache, each a folder or `s3://bucket/prefix`; what is there already is skipped.

        Args:
            move: delete from the source what the target holds whole, and have the store find it there.
        """
        from spotrec.cache_copy import copy

        store = self._open_store() if move else None
        return copy(self._caches, self._caches.open(source), self._caches.open(target), self._progress, store=store)

    # -- beside the stages -----------------------------------------------------------------------------------------

    def embed(self, paths: Iterable[Path | str]) -> "list[HeardFile]":
        """Hear files; nothing is stored. Each result holds the vector, shape (160,), and tag probabilities, (50,)."""
        from spotrec.extract.extract import hear_file

        files = [Path(path).expanduser() for path in paths]
        for file in files:
            if not file.is_file():
                raise NotFound(f"there is no file {file}", "give audio files")
        with self._progress.meter("embed", len(files), "files") as meter:
            heard = []
            for file in files:
                heard.append(hear_file(file, self._network, self._max_bytes))
                meter.advance()
        return heard

    def top_tags(self, tags: Any, n: int = 5) -> dict[str, float]:
        """The `n` most probable of an embedding's tags, shape (50,), strongest first."""
        order = sorted(range(len(TAGS)), key=lambda i: -tags[i])[:n]
        return {TAGS[i]: float(tags[i]) for i in order}

    def login(self, *, port: int = 0, open_browser: bool = True, timeout_s: float = 300) -> "WhoAmI":
        """Sign in to Spotify in a browser; no secret is needed. The address to open is told to `progress` too.

        Args:
            port: where Spotify's answer is waited for, on 127.0.0.1; 0 for any that is free.
        """
        from spotrec.crawl.spotify_login import sign_in

        return sign_in(self.settings, self._progress, port=port, open_browser=open_browser, timeout_s=timeout_s)

    def logout(self, *, everyone: bool = False) -> "SignedOut":
        """Delete the tokens of this client id, or of every one. There may be none."""
        from spotrec.crawl.spotify_login import sign_out

        return sign_out(self.settings, everyone=everyone)

    def whoami(self) -> "WhoAmI":
        """Who Spotify is asked as, and by which credentials."""
        from spotrec.crawl.spotify_login import who_am_i

        return who_am_i(self.settings)

    def status(self) -> Status:
        """What the store, cache, weights and index hold, what is pending or failed, and the next command to run."""
        return take_status(self.settings, self.model)

    def doctor(self) -> "list[Finding]":
        """Check store, weights, decoders, Annoy, index, credentials and cache; each finding says how to mend it."""
        from spotrec.doctor import examine

        return examine(self.settings, self.model, self._progress)

    def weights(self) -> weights.WeightsStatus:
        """Where the network's weights are, and whether they are the published ones."""
        return weights.status(self.settings)

    def install_weights(self, source: Path | None = None) -> Path:
        """Download the network's weights, or take them from a file; checked, then put into the data folder."""
        return weights.install(self.settings, self._progress, source)

    # -- what they stand on ----------------------------------------------------------------------------------------

    def _open_store(self, *, create: bool = False) -> FeatureStore:
        if "_store" not in self.__dict__:
            self._store = FeatureStore(self.settings.store_path, create=create)
        return self._store

    def _named_sources(
        self, store: FeatureStore, sources: Sequence[str], search: Sequence[str]
    ) -> "Iterator[NamedSource]":
        from spotrec.crawl.open_sources import Sources

        opener = Sources(self.settings, store, self._http)
        yield from map(opener.named, sources)
        for words in search:
            yield opener.searched(words)

    def _crawler(self, store: FeatureStore, *, ask_all: bool = False) -> "Crawler":
        from spotrec.crawl.crawl import Crawler

        return Crawler(
            store,
            self._caches,
            self._chain,
            self.model,
            self._progress,
            at_once=self.settings.connections_per_host,
            ask_all=ask_all,
        )

    def _crawl_again(self, collection_ids: Sequence[str]) -> "CrawlReport":
        from spotrec.crawl.crawl import NamedSource
        from spotrec.crawl.open_sources import Sources

        store = self._open_store()
        self._caches.open_default()  # as for any crawl
        opener = Sources(self.settings, store, self._http)

        def named(collection_id: str) -> NamedSource:
            return NamedSource(collection_id, lambda: opener.open(source_of(collection_id)))

        return self._crawler(store).crawl(map(named, collection_ids))

    @property
    def _library(self) -> Library:
        return Library(self._open_store(), self._caches)

    @property
    def _cached_audio(self) -> CachedAudio:
        return CachedAudio(self._open_store(), self._caches, self.model, self._progress)

    def _load_index(self) -> Index:
        from spotrec.index.index import load

        return load(self.settings.index_path, self.model)

    @property
    def _seed_finder(self) -> SeedFinder:
        return SeedFinder(
            self.settings,
            self._open_store(),
            self.model,
            caches=self._caches,
            http=lambda: self._http,
            network=lambda: self._network,
            chain=lambda: self._chain,
        )

    @property
    def _max_bytes(self) -> int:
        return self.settings.max_audio_mb * 1_000_000

    @cached_property
    def _caches(self) -> AudioCaches:
        return AudioCaches(self.settings)

    @cached_property
    def _http(self) -> "HttpClient":
        from spotrec.http import HttpClient

        return HttpClient(self.settings)

    @cached_property
    def _chain(self) -> "PreviewChain":
        from spotrec.crawl.previews.chain import PreviewChain
        from spotrec.crawl.previews.open_providers import open_providers

        return PreviewChain(open_providers(self.settings, self._http))

    @cached_property
    def _executor(self) -> "Executor":
        return self._executor_over(self._caches)

    def _cluster(self, address: str) -> "Executor":
        from spotrec.extract.executors.cluster import ClusterExecutor

        with self._progress.meter("connect to the cluster", unit=""):
            return ClusterExecutor(address, self.model, self.settings)

    def _executor_over(self, caches: AudioCaches) -> "Executor":
        from spotrec.extract.decode_pool import DecodePool
        from spotrec.extract.executors import FrontEnd
        from spotrec.extract.executors.local import LocalExecutor
        from spotrec.extract.melspectrogram import SAMPLE_RATE_HZ, log_melspectrogram

        pool = DecodePool(FrontEnd(SAMPLE_RATE_HZ, log_melspectrogram))  # they start while the network loads
        return LocalExecutor(self._network, pool, caches, self._max_bytes)

    @cached_property
    def _network(self) -> "ChoiNetwork":
        from spotrec.extract.models.choi import ChoiNetwork

        path = weights.find_or_download(self.settings, self._progress)
        with self._progress.meter("load the network", unit=""):
            return ChoiNetwork(path, self.model)
