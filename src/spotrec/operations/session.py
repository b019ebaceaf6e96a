"""The settings and the resources that they define: store, caches, connections, models, indexes.

Each resource is opened once, when a thread first needs it. A request takes one `View` at its start and keeps it:
models, index and tag names do not change during the request, whatever other threads do.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.errors import IndexFault, NoIndex, NotFound, SpotrecError, UsageError
from spotrec.extract import weights
from spotrec.extract.models.choice import choose_models
from spotrec.extract.models.vocabulary import Vocabulary, vocabulary_of
from spotrec.operations.next_step import in_fewer_excerpts, way_to_features, way_to_index
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.store import FeatureStore, JointEmbeddings
from spotrec.system.files import error_of_system
from spotrec.system.lazy_values import LazyValue, LazyValues
from spotrec.track import DEFAULT_EXCERPTS, Ears, Excerpts, ModelId, TrackId

if TYPE_CHECKING:
    from spotrec.audio.cache import AudioCaches, AudioSource
    from spotrec.audio.cover_pool import CoverPool
    from spotrec.audio.tag_pool import TagPool
    from spotrec.crawl.previews.chain import PreviewChain
    from spotrec.extract.executors.local import LocalExecutor
    from spotrec.extract.models import AudioModel, Network
    from spotrec.index.index import Index
    from spotrec.net.http import HttpClient
    from spotrec.subsonic.api import SubsonicApi

_FINISH_WITHIN_S = 10.0


class Session:
    """One set of settings and its resources, for any number of threads.

    Args:
        progress: the default for requests.
    """

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings = settings
        self.progress = progress
        self.executors = _Executors(self)
        self._requests = _Requests()
        self._opening = threading.Lock()
        self._store: FeatureStore | None = None
        self._store_before: FeatureStore | None = None
        self._caches = LazyValue(self._open_caches)
        self._http = LazyValue(self._open_http)
        self._chain = LazyValue(self._open_chain)
        self._subsonic = LazyValue(self._open_subsonic)
        self._tag_pool = LazyValue(self._open_tag_pool)
        self._cover_pool = LazyValue(self._open_cover_pool)
        self._choosing = threading.Lock()
        self._chosen: tuple[AudioModel, ...] | None = None
        self._weights: LazyValues[ModelId, Path | None] = LazyValues()
        self._networks: LazyValues[ModelId, Network] = LazyValues()
        self._loading = threading.Lock()
        self._indexes: dict[Ears, Index] = {}

    @contextmanager
    def view(self, progress: Progress | None = None, *, paths: bool = True) -> "Iterator[View]":
        """Yield the view of one request. `close` waits until it ends.

        Args:
            progress: where this request shows its progress.
            paths: whether its names may be paths on this machine.

        Raises:
            SpotrecError: also for an error of the system with a file that nothing has translated; a closed pipe stays.
        """
        with self._requests.one():
            try:
                yield View(self, progress or self.progress, paths=paths)
            except BrokenPipeError:
                raise
            except OSError as error:
                raise error_of_system(error) from error

    def close(self) -> None:
        """Close all resources. Requests of other threads have ten seconds to end. Finished work is kept.

        The next request opens what it needs again.
        """
        with self._requests.pause(_FINISH_WITHIN_S):
            self.executors.close()
            with self._opening:
                stores, self._store, self._store_before = (self._store, self._store_before), None, None
            for store in stores:
                if store:
                    store.close()
            self._chain.take()
            self._subsonic.take()
            if tag_pool := self._tag_pool.take():
                tag_pool.close()
            if cover_pool := self._cover_pool.take():
                cover_pool.close()
            if http := self._http.take():
                http.close()

    def store(self, *, create: bool = False) -> FeatureStore:
        """Return the store. If its file was removed or replaced, this is the file that is there now.

        Raises:
            NotFound: there is no store, and `create` is false.
            StoreError: it cannot be used.
        """
        with self._opening:
            if self._store and not self._store.is_in_place():
                self._leave_store()
            if self._store is None:
                self._store = FeatureStore(self.settings.store_path, create=create)
            return self._store

    def _leave_store(self) -> None:
        """Forget the store, whose file is no longer in its place. Requests that read it end with it.

        It is closed when the next one is left.
        """
        if self._store_before:
            self._store_before.close()
        self._store_before, self._store = self._store, None
        self._chosen = None

    @property
    def caches(self) -> "AudioCaches":
        return self._caches.get()

    @property
    def http(self) -> "HttpClient":
        return self._http.get()

    @property
    def tag_pool(self) -> "TagPool":
        return self._tag_pool.get()

    @property
    def cover_pool(self) -> "CoverPool":
        return self._cover_pool.get()

    @property
    def chain(self) -> "PreviewChain":
        return self._chain.get()

    @property
    def subsonic(self) -> "SubsonicApi":
        """The connection to the music server that the settings name."""
        return self._subsonic.get()

    @property
    def models(self) -> "tuple[AudioModel, ...]":
        """The models in use: see `choose_models`. A choice that no features decided is made again until some do."""
        with self._choosing:
            if self._chosen:
                return self._chosen
            models = choose_models(self.settings, self.store)
            if self.settings.ears or self._has_features_of(models):
                self._chosen = models
            return models

    def _has_features_of(self, models: "Sequence[AudioModel]") -> bool:
        with suppress(OSError, SpotrecError):  # a caller that needs the store gets the error when it opens it
            if self.settings.store_path.is_file():
                embeddings = self.store().embeddings
                return any(embeddings.has_any(model.id) for model in models)
        return False

    @property
    def model(self) -> "AudioModel":
        """The model in use; with several in the settings, the first.

        Raises:
            UsageError: several models were chosen explicitly, and only one is possible.
        """
        return _one_of(self.models, self.settings)

    def settle_models(self, progress: Progress) -> None:
        """Choose the models of a new store: the default ones, as far as their weights can be had, or musicnn.

        Nothing is chosen if the settings name models, or if the store has features: it continues with what it has.

        Raises:
            WeightsError: no weights can be had.
        """
        from spotrec.extract.models.choice import obtainable

        wanted = self.models
        if self.settings.ears or (self.settings.store_path.is_file() and self.store().embeddings.count_by_model()):
            return
        found = obtainable(wanted, lambda model: self.weights(model, progress), progress.note)
        with self._choosing:
            self._chosen = found

    def choose_models_again(self) -> None:
        """Choose the models again for later requests, because the store has new features."""
        with self._choosing:
            self._chosen = None

    def weights(self, model: "AudioModel", progress: Progress) -> Path | None:
        """Return the file of a model's weights, downloaded if necessary; None for a model with its own weights.

        Operations call this before they store anything, so that nothing changes if it fails.

        Raises:
            WeightsError: the weights cannot be downloaded, or are wrong.
        """
        return self._weights.get(model.id, lambda: weights.find_or_fetch(self.settings, model, progress))

    def networks(self, models: "Sequence[AudioModel]", progress: Progress) -> "list[Network]":
        """Return loaded networks. Each is loaded once for all threads, several at the same time.

        Raises:
            WeightsError: weights cannot be downloaded, or are wrong.
        """
        from concurrent.futures import ThreadPoolExecutor

        from spotrec.extract.tensorflow import is_to_start

        paths = {model.id: self.weights(model, progress) for model in models}

        def load(model: "AudioModel") -> "Network":
            return self._networks.get(model.id, lambda: model.load(paths[model.id], model.id))

        what = "load the model" if len(models) == 1 else "load the models"
        with progress.meter(what, unit="") as meter, ThreadPoolExecutor(len(models), "load") as threads:
            if is_to_start(models):
                meter.advance(0, "starting TensorFlow…")
            return list(threads.map(load, models))

    def index(self, ears: Ears) -> "Index":
        """Return the index in use as it was built; it is loaded again only if it has changed.

        If there is none of several models, the indexes that earlier versions of spotrec built of each are used as one.

        Raises:
            IndexFault: there is no index, or it is damaged.
        """
        from spotrec.index.index import load_again

        with self._loading:
            try:
                self._indexes[ears] = index = load_again(self.settings.index_path, ears, self._indexes.get(ears))
            except NoIndex as missing:
                from spotrec.index.older_indexes import load_older

                if older := load_older(self.settings.index_path, ears):
                    return older
                raise NoIndex(missing.message, self.way_to_index(ears)) from missing
        return index

    def way_to_index(self, ears: Ears) -> str:
        """Return the commands that lead to the first index of some ears; see `next_step.way_to_index`."""
        try:
            store = self.store()
        except NotFound:
            return way_to_index(None, ears)
        return way_to_index(store, ears)

    def way_to_features(self, ears: Ears) -> str:
        """Return the commands that extract the features that some ears lack; see `next_step.way_to_features`."""
        store = self.store()
        lacking = next((model for model in ears.models if not store.counts(Ears.of(model)).embedded), ears.models[0])
        return way_to_features(store, lacking)

    @property
    def max_audio_bytes(self) -> int:
        """The size limit of audio files."""
        return self.settings.max_audio_mb * 1_000_000

    def _open_caches(self) -> "AudioCaches":
        from spotrec.audio.cache import AudioCaches

        return AudioCaches(self.settings)

    def _open_http(self) -> "HttpClient":
        from spotrec.net.http import HttpClient

        return HttpClient(self.settings)

    def _open_tag_pool(self) -> "TagPool":
        from spotrec.audio.tag_pool import TagPool

        return TagPool(self.max_audio_bytes)

    def _open_cover_pool(self) -> "CoverPool":
        from spotrec.audio.cover_pool import CoverPool

        return CoverPool(self.max_audio_bytes)

    def _open_subsonic(self) -> "SubsonicApi":
        from spotrec.subsonic.api import SubsonicApi

        return SubsonicApi(self.settings, self.http)

    def _open_chain(self) -> "PreviewChain":
        from spotrec.crawl.previews.chain import PreviewChain
        from spotrec.crawl.previews.registry import open_providers

        return PreviewChain(open_providers(self.settings, self.http, self._item_ids))

    def _item_ids(self, track_id: TrackId, server: str) -> list[str]:
        """Return the ids of a track on the music server with this key, the last listed first."""
        try:
            items = self.store().server_items.of([track_id], server)
        except NotFound:  # no store yet
            return []
        return [item.item_id for item in items.get(track_id, ())]


class View:
    """The view of one request: models, index and tag names that do not change. It belongs to one thread.

    Attributes:
        notes: messages about the request; `note` adds one.
        allows_paths: whether names in the request may be paths on this machine; never for a client of a service.
    """

    def __init__(self, session: Session, progress: Progress, *, paths: bool = True) -> None:
        self.session = session
        self.settings = session.settings
        self.progress = progress
        self.notes: list[str] = []
        self.allows_paths = paths

    def note(self, text: str) -> None:
        """Show a message now, and add it to the result."""
        self.notes.append(text)
        self.progress.note(text)

    @cached_property
    def models(self) -> "tuple[AudioModel, ...]":
        """The models in use when the request began."""
        return self.session.models

    @property
    def model(self) -> "AudioModel":
        """The same as `Session.model`, for the models of this request."""
        return _one_of(self.models, self.settings)

    @cached_property
    def ears(self) -> Ears:
        """The models in use, as a set."""
        return Ears.of(*(model.id for model in self.models))

    @cached_property
    def excerpts(self) -> Excerpts:
        """In how many excerpts long audio is heard: what the settings say, else as most of the store was.

        Only if the settings say it, audio is heard again that was heard in fewer.
        """
        if wanted := self.settings.excerpts:
            return Excerpts(wanted, again=True)
        if not self.settings.store_path.is_file():
            return Excerpts()
        by_excerpts = self.session.store().catalogue.count_by_excerpts(self.ears)
        return Excerpts(max(by_excerpts, key=lambda n: (by_excerpts[n], n), default=DEFAULT_EXCERPTS))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The tags of these models."""
        return vocabulary_of(self.models)

    @property
    def tag_names(self) -> tuple[str, ...]:
        """The names of these tags."""
        return self.vocabulary.names

    @cached_property
    def embeddings(self) -> JointEmbeddings:
        """The embeddings of these models, as one."""
        return JointEmbeddings(self.session.store(), self.ears, self.vocabulary.mix)

    def check_index(self) -> None:
        """Load the index, so that an operation that needs it fails before it fetches or changes anything.

        Raises:
            IndexFault: there is no index, or it is damaged.
        """
        _ = self.built

    @cached_property
    def built(self) -> "Index":
        """The index as it was built.

        Raises:
            IndexFault: there is no index, or it is damaged.
        """
        from spotrec.index.manifest import VOCABULARY

        index = self.session.index(self.ears)
        is_of_it = index.manifest.versions.get(VOCABULARY, "") == self.vocabulary.version
        if is_of_it and len(index.tag_means) != len(self.tag_names):
            raise IndexFault(
                f"the index {index.name} is damaged: it has {len(index.tag_means)} tags; its models have "
                f"{len(self.tag_names)}",
                "build it again: `spotrec index`",
            )
        return index.with_vocabulary(self.vocabulary.version, len(self.tag_names))

    def index(self) -> "Index":
        """Return the index of the models in use, with tracks added since it was built."""
        from spotrec.index.changes import changes, rebuild_is_due, with_changes

        index = with_changes(self.built, self.embeddings)
        beside = changes(index)
        n = beside.new + beside.replaced
        if rebuild_is_due(n, len(self.built)):
            self.note(f"{n:,} tracks changed since the index was built, which slows the search: run `spotrec index`")
        if (left_out := self.built.manifest.partly_heard - beside.new) > 0:  # new ones may be heard by all since
            self.note(
                f"{left_out:,} tracks are not ranked, because not all of {self.ears.name} have heard them: "
                "`spotrec extract`, then `spotrec index`"
            )
        excerpts, in_fewer = self.session.store().catalogue.count_in_fewer(self.ears)
        if in_fewer:
            self.note(in_fewer_excerpts(in_fewer, len(index), excerpts))
        return index


class _Executors:
    """Executors on this machine, one for each set of models, shared by threads.

    The executor used last stays open, so that the next request need not start its processes and load its networks.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._open: dict[Ears, LocalExecutor] = {}
        self._users: Counter[Ears] = Counter()

    @contextmanager
    def of(self, models: "Sequence[AudioModel]", progress: Progress) -> "Iterator[LocalExecutor]":
        """Yield an executor of these models, or one that is open and has others too.

        Raises:
            WeightsError: the weights of a model cannot be downloaded, or are wrong.
        """
        wanted = Ears.of(*(model.id for model in models))
        with self._lock:
            fitting = (ears for ears in self._open if set(ears.models).issuperset(wanted.models))
            ears = min(fitting, key=lambda ears: len(ears.models), default=wanted)
            for other in [other for other in self._open if other != ears and not self._users[other]]:
                self._open.pop(other).close()
            if ears not in self._open:
                self._open[ears] = self.over(self._session.caches, models, progress)
            executor = self._open[ears]
            self._users[ears] += 1
        try:
            yield executor
        finally:
            with self._lock:
                self._users[ears] -= 1

    def over(self, source: "AudioSource", models: "Sequence[AudioModel]", progress: Progress) -> "LocalExecutor":
        """Return a new executor that reads its audio from `source`. The caller must close it.

        Without models it hears only tempo and key, and loads no network.
        """
        from spotrec.extract.decode_pool import DecodePool
        from spotrec.extract.executors.local import LocalExecutor

        for model in models:
            self._session.weights(model, progress)
        pool = DecodePool({model.id: model.front_end for model in models})
        pool.start(1)  # its imports run while the networks load
        try:
            networks = self._session.networks(models, progress) if models else []
        except BaseException:
            pool.close()
            raise
        return LocalExecutor(networks, pool, source, self._session.max_audio_bytes)

    def close(self) -> None:
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()


class _Requests:
    """Counts running requests, so that nothing is closed while one of them uses it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._by_thread: dict[int, int] = {}
        self._is_closing = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count a request of this thread. It waits while `pause` is active."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closing or me in self._by_thread)
            self._by_thread[me] = self._by_thread.get(me, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._by_thread[me] -= 1
                if not self._by_thread[me]:
                    del self._by_thread[me]
                self._changed.notify_all()

    @contextmanager
    def pause(self, timeout_s: float) -> Iterator[None]:
        """Wait until no other thread has a request, for at most `timeout_s`, and let no new request begin."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closing)
            self._is_closing = True
            self._changed.wait_for(lambda: not self._by_thread.keys() - {me}, timeout_s)
        try:
            yield
        finally:
            with self._changed:
                self._is_closing = False
                self._changed.notify_all()


def _one_of(models: "tuple[AudioModel, ...]", settings: Settings) -> "AudioModel":
    if len(models) > 1 and settings.origins.get("ears") == "flag":
        names = " and ".join(model.network for model in models)
        raise UsageError(f"this works with one model at a time, not with {names}", "give one `model`")
    return models[0]
