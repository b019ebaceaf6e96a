"""Where clips are heard: one protocol, on this machine or on a cluster."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from spotrec.errors import TrackError
from spotrec.track import ModelId, StoredAudio
from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class HeardClip:
    """A track's audio as the network hears it: `vector` (dim,), `tags` (n_tags,)."""

    audio: StoredAudio
    vector: FloatArray
    tags: FloatArray


@dataclass(frozen=True, slots=True)
class FaultyClip:
    """A track's audio that cannot be judged, and why."""

    audio: StoredAudio
    error: TrackError


ClipResult = HeardClip | FaultyClip


class Executor(Protocol):
    """Hears audio. What a clip comes to depends on nothing but the clip and the model."""

    model: ModelId

    def hear(self, tasks: Iterable[StoredAudio]) -> Iterator[ClipResult]:
        """One result for each task, in any order; tasks are taken as they are needed, a bounded number ahead.

        Raises:
            CacheError: audio cannot be had at all; what was heard before has been given.
            SpotrecError: clips can no longer be heard.
        """

    def close(self) -> None:
        """Let go of processes and connections."""
