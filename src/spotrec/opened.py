"""What the stages stand on, each opened when it is first needed."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from spotrec.errors import UsageError
from spotrec.extract import weights
from spotrec.extract.models.choice import which_models
from spotrec.progress import Progress, Silent
from spotrec.settings import Settings, resolve
from spotrec.store import FeatureStore
from spotrec.track import ModelId

if TYPE_CHECKING:
    from spotrec.audio.cache import AudioCaches
    from spotrec.crawl.previews.chain import PreviewChain
    from spotrec.extract.executors import Executor
    from spotrec.extract.models import AudioModel, Network
    from spotrec.net.http import HttpClient
    from spotrec.operations.cached_audio import CachedAudio
    from spotrec.operations.library import Library


class Opened:
    """Settings, and what they lead to: store, caches, connections, the network.

    Args:
        progress: where to show how far long work is; nowhere by default.
        config: a TOML or `.env` file to read instead of those in `./config`.
        settings: any setting by name (`store=Path("music.db")`, `cache="s3://bucket/prefix"`, …); see
            `spotrec config show` for all of them. What is not given comes from the environment and files.
    """

    _executor: "Executor"

    def __init__(self, *, progress: Progress | None = None, config: Path | None = None, **settings: Any) -> None:
        self.settings: Settings = resolve(settings, config=config)
        self._progress = progress or Silent()
        self._networks: dict[ModelId, Network] = {}
        self._weights: dict[ModelId, Path | None] = {}

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
    def models(self) -> "tuple[AudioModel, ...]":
        """The models in use: see `which_models`."""
        return which_models(self.settings, self._open_store)

    @property
    def model(self) -> ModelId:
        """The model in use; of several in the settings the first.

        Raises:
            UsageError: several were asked for in so many words, where only one can be meant.
        """
        return self._model.id

    @property
    def _model(self) -> "AudioModel":
        if len(self.models) > 1 and self.settings.origins["model"] == "flag":
            names = " and ".join(model.network for model in self.models)
            raise UsageError(f"this is done with one model at a time, not with {names}", "give one `model`")
        return self.models[0]

    def _open_store(self, *, create: bool = False) -> FeatureStore:
        if "_store" not in self.__dict__:
            self._store = FeatureStore(self.settings.store_path, create=create)
        return self._store

    @property
    def _library(self) -> "Library":
        from spotrec.operations.library import Library

        return Library(self._open_store(), self._caches)

    @property
    def _cached_audio(self) -> "CachedAudio":
        from spotrec.operations.cached_audio import CachedAudio

        return CachedAudio(self._open_store(), self._caches, self.model, self._progress)

    @property
    def _max_bytes(self) -> int:
        return self.settings.max_audio_mb * 1_000_000

    @cached_property
    def _caches(self) -> "AudioCaches":
        from spotrec.audio.cache import AudioCaches

        return AudioCaches(self.settings)

    @cached_property
    def _http(self) -> "HttpClient":
        from spotrec.net.http import HttpClient

        return HttpClient(self.settings)

    @cached_property
    def _chain(self) -> "PreviewChain":
        from spotrec.crawl.previews.chain import PreviewChain
        from spotrec.crawl.previews.open_providers import open_providers

        return PreviewChain(open_providers(self.settings, self._http))

    def _executor_of(self, model: "AudioModel") -> "Executor":
        """Hears on this machine; kept until another model is to hear."""
        if "_executor" in self.__dict__ and self._executor.model != model.id:
            self._executor.close()
            del self._executor
        if "_executor" not in self.__dict__:
            self._executor = self._executor_over(self._caches, model)
        return self._executor

    def _cluster(self, address: str) -> "Executor":
        from spotrec.extract.executors.cluster import ClusterExecutor

        with self._progress.meter("connect to the cluster", unit=""):
            return ClusterExecutor(address, self.model, self.settings)

    def _executor_over(self, caches: "AudioCaches", model: "AudioModel") -> "Executor":
        from spotrec.extract.decode_pool import DecodePool
        from spotrec.extract.executors import FrontEnd
        from spotrec.extract.executors.local import LocalExecutor

        self._weights_of(model)
        pool = DecodePool(FrontEnd(model.sample_rate_hz, model.prepare))  # they start while the network loads
        return LocalExecutor(self._network_of(model), pool, caches, self._max_bytes)

    @property
    def _network(self) -> "Network":
        return self._network_of(self._model)

    def _network_of(self, model: "AudioModel") -> "Network":
        if model.id not in self._networks:
            path = self._weights_of(model)
            with self._progress.meter("load the network", unit=""):
                self._networks[model.id] = model.load(path, model.id)
        return self._networks[model.id]

    def _weights_of(self, model: "AudioModel") -> Path | None:
        """The file that a network is loaded from. To ask for it before anything is stored keeps all as it is where it
        cannot be had.
        """
        if model.id not in self._weights:
            self._weights[model.id] = weights.find_or_fetch(self.settings, model, self._progress)
        return self._weights[model.id]
