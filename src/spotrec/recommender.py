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
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING, Any

from spotrec.errors import CacheError, IndexFault, NotFound, UsageError
from spotrec.extract import weights
from spotrec.extract.models.choi import TAGS
from spotrec.index.generations import KEPT
from spotrec.index.index import Backend, Index
from spotrec.known import Known
from spotrec.query.query import Recommendation, recommend
from spotrec.seeds import SeedFinder
from spotrec.store import FeatureStore
from spotrec.track import Track

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport
    from spotrec.crawl.spotify_login import SignedOut, WhoAmI
    from spotrec.doctor import Finding
    from spotrec.evaluate.evaluate import Evaluation
    from spotrec.extract.extract import ExtractReport, HeardFile
    from spotrec.extract.queue import QueueReport
    from spotrec.index.kept import KeptIndex, RolledBack
    from spotrec.status import Status


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


class Recommender(Known):
    """Content-based music recommendation over one local store.

    The four stages are `crawl`, `extract`, `index` and `query`; each may be run again at any time and only does what
    is new. Use it as a context manager, or call `close`.

    Its arguments are those of `Opened`: `progress`, `config`, and any setting by name.

    Raises (any method):
        SpotrecError: with a message, a hint what to do next, and an exit code; see `spotrec.errors`.
    """

    _built: Index | None = None

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
            built = build(root, self.model, catalogue, progress=progress, trees=trees, backend=backend, keep=keep)
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

    def evaluate(
        self,
        *,
        labels: Path | None = None,
        wanted: Sequence[str] = (),
        k: int = 10,
        artist_filter: bool = True,
        compare: bool = False,
    ) -> "Evaluation":
        """How well neighbours agree with labels, over all that was extracted; see `spotrec.evaluate.evaluate`.

        Args:
            compare: score raw and standardised vectors and chance beside the space that is searched.
        """
        import numpy as np

        from spotrec.evaluate.evaluate import at_random, evaluate, unit
        from spotrec.evaluate.metrics import cosine
        from spotrec.index.space import fit, reference_moments

        store = self._open_store()
        catalogue = store.catalogue(self.model)
        known = store.tracks(catalogue.ids)
        vectors = catalogue.vectors
        spaces = {"spotrec": fit(vectors, reference_moments(self.model)).place(vectors)}
        if compare:
            spread = np.maximum(vectors.std(axis=0), np.finfo(np.float32).tiny)
            spaces["standardised"] = unit((vectors - vectors.mean(axis=0)) / spread)
            spaces["raw cosine"] = unit(vectors)
            spaces["random"] = at_random(len(vectors))
        return evaluate(
            {name: cosine(placed) for name, placed in spaces.items()},
            [known[id_] for id_ in catalogue.ids],
            csv=labels,
            wanted=wanted,
            k=k,
            artist_filter=artist_filter,
            progress=self._progress,
        )

    # -- beside the stages ------------------------------------------------------------------------------------------

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

    def status(self) -> "Status":
        """What the store, cache, weights and index hold, what is pending or failed, and the next command to run."""
        from spotrec.status import take_status

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

    def _load_index(self) -> Index:
        """The index in use and, beside it, what came since it was built."""
        from spotrec.index.fresh import changes, rebuild_is_due, with_what_is_new
        from spotrec.index.index import load_again

        self._built = built = load_again(self.settings.index_path, self.model, self._built)
        index = with_what_is_new(built, self._open_store(), self.model)
        beside = changes(index)
        if rebuild_is_due(beside.new + beside.heard_anew, len(built)):
            n = beside.new + beside.heard_anew
            self._progress.note(f"{n:,} tracks came since the index was built and slow the search: `spotrec index`")
        return index

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
