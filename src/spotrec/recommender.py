"""Everything the commands do, for notebooks and other programs. This is where the stages are put together.

>>> from spotrec import Recommender
>>> with Recommender() as recommender:
...     recommender.crawl("~/Music")
...     recommender.extract()
...     recommender.index()
...     for result in recommender.query("~/Music/a-song-i-love.mp3").results:
...         print(f"{result.similarity:.2f}", result.track.name)
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from spotrec.asking import Asking
from spotrec.errors import IndexFault, UsageError
from spotrec.extract import weights
from spotrec.extract.models.registry import find
from spotrec.index.generations import KEPT
from spotrec.index.index import Backend
from spotrec.operations.results import IndexReport
from spotrec.store import FeatureStore

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport
    from spotrec.extract.models import AudioModel
    from spotrec.index.kept import KeptIndex, RolledBack
    from spotrec.operations.doctor import Finding
    from spotrec.operations.models import KnownModel, KnownModels
    from spotrec.operations.status import Status
    from spotrec.spotify.login import SignedOut, WhoAmI


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
        return self._index(self._model, trees=trees, backend=backend, check=check, keep=keep)

    def index_each(
        self, *, trees: int = 50, backend: Backend = "auto", check: bool = False, keep: int = KEPT
    ) -> list[IndexReport]:
        """As `index`, for each of the models in use."""
        return [self._index(model, trees=trees, backend=backend, check=check, keep=keep) for model in self.models]

    def _index(self, model: "AudioModel", *, trees: int, backend: Backend, check: bool, keep: int) -> IndexReport:
        from spotrec.index.index import build
        from spotrec.index.recall import recall_at

        if trees < 1:
            raise UsageError(f"--trees {trees} makes no sense", "50 is the default")
        if keep < 1:
            raise UsageError(f"--keep {keep} makes no sense", "the new index is one")
        store = self._open_store()
        with store.catalogue.snapshot(model.id) as catalogue:
            if not len(catalogue):
                pending = store.audio.count_pending(model.id)
                first = "`spotrec extract`" if pending else "`spotrec crawl SOURCE`, then `spotrec extract`"
                raise IndexFault("nothing was extracted yet, so there is nothing to index", first)
            root = self.settings.index_path
            progress = self._progress
            built = build(
                root,
                model.id,
                catalogue,
                reference=model.moments(),
                progress=progress,
                trees=trees,
                backend=backend,
                keep=keep,
            )
        recall = recall_at(built, progress=self._progress) if check else None
        return IndexReport(built.name, built.folder, str(model.id), built.manifest.backend, len(built), recall)

    def indexes(self) -> "list[KeptIndex]":
        """The generations that are kept: those that are or were in use, the latest first."""
        from spotrec.index.kept import kept

        return kept(self.settings.index_path / str(self.model))

    def roll_back_index(self) -> "RolledBack":
        """Go back to the index that was in use before; each time one further. What was extracted stays as it is."""
        from spotrec.index.kept import roll_back

        return roll_back(self.settings.index_path / str(self.model))

    # -- beside the stages ------------------------------------------------------------------------------------------

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
        from spotrec.operations.status import take_status

        return take_status(self.settings, self._model)

    def doctor(self) -> "list[Finding]":
        """Check store, weights, decoders, Annoy, index, credentials and cache; each finding says how to mend it."""
        from spotrec.operations.doctor import examine

        return examine(self.settings, self._model, self._progress)

    def known_models(self, *, bench: bool = False) -> "KnownModels":
        """The models that may be chosen, and those that only the store knows.

        Args:
            bench: measure what a clip costs on this machine, by each model whose weights are here.
        """
        from spotrec.operations.models import known_models

        return known_models(self.settings, self._progress, bench=bench)

    def known_model(self, name: str) -> "KnownModel":
        """One of those that may be chosen, by its name; of several versions the newest."""
        from spotrec.operations.models import known_model

        return known_model(self.settings, name)

    def install_weights(self, name: str, source: Path | None = None) -> Path:
        """Fetch a network's weights, or take them from a file; checked, then put into the data folder."""
        return weights.install(self.settings, find(name), self._progress, source)

    def remove_weights(self, name: str) -> list[Path]:
        """Delete a network's installed weights; what was heard with them stays. Returns what was deleted."""
        return weights.remove(self.settings, find(name))
