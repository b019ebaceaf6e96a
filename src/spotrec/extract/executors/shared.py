"""Executors on this machine that threads share, one for each set of models."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from spotrec.audio.cache import AudioSource
from spotrec.extract.decode_pool import DecodePool
from spotrec.extract.executors.local import LocalExecutor
from spotrec.extract.models import AudioModel
from spotrec.extract.networks import Networks
from spotrec.progress import Progress
from spotrec.track import Ears


class SharedExecutors:
    """The executor used last stays open, so that the next request need not start its processes.

    Args:
        open_source: where executors read their audio, asked when one is opened.
        max_bytes: the size limit of audio files.
    """

    def __init__(self, networks: Networks, open_source: Callable[[], AudioSource], max_bytes: int) -> None:
        self._networks = networks
        self._open_source = open_source
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._open: dict[Ears, LocalExecutor] = {}
        self._users: Counter[Ears] = Counter()

    @contextmanager
    def of(self, models: Sequence[AudioModel], progress: Progress) -> Iterator[LocalExecutor]:
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
                self._open[ears] = self.over(self._open_source(), models, progress)
            executor = self._open[ears]
            self._users[ears] += 1
        try:
            yield executor
        finally:
            with self._lock:
                self._users[ears] -= 1

    def over(self, source: AudioSource, models: Sequence[AudioModel], progress: Progress) -> LocalExecutor:
        """Return a new executor that reads its audio from `source`. The caller must close it.

        Without models it hears only tempo and key, and loads no network.
        """
        for model in models:
            self._networks.weights(model, progress)
        pool = DecodePool({model.id: model.front_end for model in models})
        pool.start(1)  # its imports run while the networks load
        try:
            networks = self._networks.load(models, progress) if models else []
        except BaseException:
            pool.close()
            raise
        return LocalExecutor(networks, pool, source, self._max_bytes)

    def close(self) -> None:
        """Close all executors. The next request opens what it needs again."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()
