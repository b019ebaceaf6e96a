"""Executors that turn clips into features: one protocol, on this machine or on a cluster."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from spotrec.errors import TrackError
from spotrec.track import ModelId, StoredAudio
from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class ClipFeatures:
    """What the network gives for a track's audio: `vector` (dim,), `tags` (n_tags,)."""

    audio: StoredAudio
    vector: FloatArray
    tags: FloatArray


@dataclass(frozen=True, slots=True)
class FaultyClip:
    """A track's audio that gives no features, and why."""

    audio: StoredAudio
    error: TrackError


ClipResult = ClipFeatures | FaultyClip


class Executor(Protocol):
    """Runs a model on audio. The result for a clip depends on the clip and the model only."""

    model: ModelId

    def hear(self, tasks: Iterable[StoredAudio]) -> Iterator[ClipResult]:
        """Yield one result for each task, in any order; tasks are read as needed, a bounded number ahead.

        Raises:
            CacheError: the cache cannot be read; earlier results have been yielded.
            SpotrecError: the executor can no longer work.
        """

    def close(self) -> None:
        """Close processes and connections."""
