"""Executors that turn clips into features: one protocol, on this machine or on a cluster."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from spotrec.errors import TrackError
from spotrec.track import Ears, ModelId, PendingAudio, StoredAudio, TempoAndKey
from spotrec.vectors import Fingerprint, FloatArray


@dataclass(frozen=True, slots=True)
class Features:
    """What a network gives for a clip: `vector` (dim,), `tags` (n_tags,), the mean over `excerpts` of it.

    `has_more`: the clip has more excerpts.
    """

    vector: FloatArray
    tags: FloatArray
    excerpts: int = 1
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class ClipFeatures:
    """What each network that lacked a track's audio gives for it, and what else the task asked for."""

    audio: StoredAudio
    by_model: Mapping[ModelId, Features]
    tempo_and_key: TempoAndKey | None = None
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class FaultyClip:
    """A track's audio that gives no features, and why."""

    audio: StoredAudio
    error: TrackError


ClipResult = ClipFeatures | FaultyClip


class Executor(Protocol):
    """Runs networks on audio, which is decoded once for all. A network's result depends on the clip and itself only."""

    ears: Ears

    def hear(self, tasks: Iterable[PendingAudio]) -> Iterator[ClipResult]:
        """Yield one result for each task, in any order; tasks are read as needed, a bounded number ahead.

        Args:
            tasks: each for some of `ears`.

        Raises:
            CacheError: the cache cannot be read; earlier results have been yielded.
            SpotrecError: the executor can no longer work.
        """

    def close(self) -> None:
        """Close processes and connections."""
