"""The settings and the resources that they define: store, caches, connections, models, indexes.

Each resource is opened once, when a thread first needs it. A request takes one `View` at its start and keeps it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spotrec.errors import NoIndex, NotFound
from spotrec.operations.models_in_use import ModelsInUse, the_model
from spotrec.operations.next_step import way_to_features, way_to_index
from spotrec.operations.running_requests import RunningRequests
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.store import FeatureStore
from spotrec.system.files import error_of_system
from spotrec.system.lazy_values import LazyValue
from spotrec.track import Ears, TrackId

if TYPE_CHECKING:
    from spotrec.audio.cache import AudioCaches
    from spotrec.audio.cover_pool import CoverPool
    from spotrec.audio.tag_pool import TagPool
    from spotrec.crawl.previews.chain import PreviewChain
    from spotrec.extract.executors.shared import SharedExecutors
    from spotrec.extract.models import AudioModel
    from spotrec.extract.networks import Networks
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
        self.models_in_use = ModelsInUse(settings, self.store)
        self._requests = RunningRequests()
        self._opening = threading.Lock()
        self._store: FeatureStore | None = None
        self._store_before: FeatureStore | None = None
        self._caches = LazyValue(self._open_caches)
        self._http = LazyValue(self._open_http)
        self._chain = LazyValue(self._open_chain)
        self._subsonic = LazyValue(self._open_subsonic)
        self._tag_pool = LazyValue(self._open_tag_pool)
        self._cover_pool = LazyValue(self._open_cover_pool)
        self._networks = LazyValue(self._open_networks)
        self._executors = LazyValue(self._open_executors)
        self._loading = threading.Lock()
        self._indexes: dict[Ears, Index] = {}

    @contextmanager
    def view(self, progress: Progress | None = None, *, paths: bool = True) -> Iterator[View]:
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
            if executors := self._executors.take():
                executors.close()
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
        self.models_in_use.choose_again()

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
        """The models in use."""
        return self.models_in_use.get()

    @property
    def model(self) -> "AudioModel":
        """The model in use; see `the_model`."""
        return the_model(self.models, self.settings)

    @property
    def networks(self) -> "Networks":
        return self._networks.get()

    @property
    def executors(self) -> "SharedExecutors":
        return self._executors.get()

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

    def _open_networks(self) -> "Networks":
        from spotrec.extract.networks import Networks

        return Networks(self.settings)

    def _open_executors(self) -> "SharedExecutors":
        from spotrec.extract.executors.shared import SharedExecutors

        return SharedExecutors(self.networks, lambda: self.caches, self.max_audio_bytes)

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
