"""Which spaces an evaluation sets side by side, and over which tracks."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from spotrec.audio.cache import AudioCaches
from spotrec.errors import CacheError, NotFound, UsageError
from spotrec.evaluate.evaluate import FEWEST_TRACKS, at_random, standardised, unit
from spotrec.evaluate.metrics import FloatArray
from spotrec.extract.models import AudioModel
from spotrec.extract.models.registry import find_of
from spotrec.index.space import fit
from spotrec.progress import Progress
from spotrec.store import Catalogue, FeatureStore
from spotrec.track import ModelId, StoredAudio, TrackId

SEARCHED, MFCC = "spotrec", "MFCC"
_KNOWS_ENOUGH = 0.5
_PATIENCE_S = 300.0  # the first clip of each process waits for librosa to be compiled

_EVERYWHERE: dict[str, Callable[[FloatArray], FloatArray]] = {
    "standardised": standardised,
    "raw cosine": unit,
    "random": lambda vectors: at_random(len(vectors)),
}
"""Baselines that need no more than the vectors of the model in use."""

Placed = dict[TrackId, FloatArray]
"""Where tracks stand in a space: vectors of unit length, shape (any,)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same tracks in each space, shape (n_tracks, any); the first is searched. `notes` say what was left out.

    `rows` are where the tracks stand in the catalogue.
    """

    rows: list[int]
    spaces: dict[str, FloatArray]
    notes: list[str] = field(default_factory=list)


class Comparer:
    """Places the catalogue's tracks as the model in use heard them, as other models did, and as baselines would.

    Every space of a comparison has the same tracks, those that all of them know: only then is a difference one between
    spaces. A space that knows less than half of the catalogue is left out unless it is asked for by its name.
    """

    def __init__(
        self, store: FeatureStore, model: AudioModel, caches: AudioCaches, max_bytes: int, progress: Progress
    ) -> None:
        self._store = store
        self._model = model.id
        self._caches = caches
        self._max_bytes = max_bytes
        self._progress = progress
        self._catalogue = store.catalogue(model.id)
        self._notes: list[str] = []

    @property
    def ids(self) -> list[TrackId]:
        """The catalogue's tracks."""
        return self._catalogue.ids

    def compare(self, wanted: Sequence[str] | None) -> Comparison:
        """Set spaces beside the one that is searched.

        Args:
            wanted: their names, or how these begin; None for all that there are.

        Raises:
            UsageError: there is no such space.
            NotFound: fewer than three tracks are known in all of them.
        """
        models = [name for name in self._store.embedded_models() if name != str(self._model)]
        known = [*models, "standardised", "raw cosine", MFCC, "random"]
        names = known if wanted is None else sorted({_named(name, known) for name in wanted}, key=known.index)
        partly: dict[str, Placed] = {}
        for name in names:
            if name not in _EVERYWHERE and (placed := self._partly(name, is_asked=wanted is not None)):
                partly[name] = placed
        rows = self._known_in(partly)
        vectors = self._catalogue.vectors
        spaces = {SEARCHED: _searched(vectors, self._model)[rows]}
        for name in names:
            if name in partly:
                spaces[name] = np.stack([partly[name][self.ids[row]] for row in rows])
            elif name in _EVERYWHERE:
                spaces[name] = _EVERYWHERE[name](vectors)[rows]
        return Comparison(rows, spaces, self._notes)

    def _known_in(self, partly: Mapping[str, Placed]) -> list[int]:
        """Where the tracks stand that are known in all of these spaces."""
        rows = [row for row, id_ in enumerate(self.ids) if all(id_ in placed for placed in partly.values())]
        if len(rows) < min(FEWEST_TRACKS, len(self.ids)):
            raise NotFound(
                f"{len(rows)} tracks are known in each of the spaces {', '.join([SEARCHED, *partly])}",
                "compare with fewer spaces (--space)",
            )
        if len(rows) < len(self.ids):
            self._notes.append(
                f"{len(rows)} of {len(self.ids)} tracks are known in every space: the others are left out"
            )
        return rows

    def _partly(self, name: str, *, is_asked: bool) -> Placed | None:
        """Where those of the tracks stand that this space knows; None for a space that is left out."""
        ids = self.ids
        heard: Catalogue | None = None
        audio: list[StoredAudio] = []
        if name == MFCC:
            audio = [stored for id_ in ids if (stored := self._store.audio(id_))]
            n, known_by = len(audio), "have audio at hand"
        else:
            heard = self._heard_by(name)
            n, known_by = len(set(heard.ids) & set(ids)), "were heard by it"
        if not n or (n < _KNOWS_ENOUGH * len(ids) and not is_asked):
            self._notes.append(f"{name} is left out: {n} of {len(ids)} tracks {known_by}")
            return None
        if heard is None:
            try:
                return self._by_mfcc(audio)
            except CacheError as error:
                if is_asked:
                    raise
                self._notes.append(f"{name} is left out: {error.message}")
                return None
        return dict(zip(heard.ids, _searched(heard.vectors, self._id_of(name)), strict=True))

    def _heard_by(self, model: str) -> Catalogue:
        return self._store.catalogue(self._id_of(model))

    def _id_of(self, model: str) -> ModelId:
        """`choi-2+0123abcd` as the store writes it, with the dimension that its vectors have here."""
        (network, _, weights), shape = model.partition("+"), self._store.shape_of(model)
        name, _, version = network.rpartition("-")
        return ModelId(name, int(version), shape[0] if shape else 0, weights)

    def _by_mfcc(self, audio: Sequence[StoredAudio]) -> Placed:
        """Statistics of audio that lies in a cache or is a user's own, standardised; nothing is kept."""
        from spotrec.evaluate.mfcc import SAMPLE_RATE_HZ, MfccStatistics, mfcc_statistics
        from spotrec.extract.decode_pool import DecodePool
        from spotrec.extract.executors import FrontEnd, HeardClip
        from spotrec.extract.executors.local import LocalExecutor

        pool = DecodePool(FrontEnd(SAMPLE_RATE_HZ, mfcc_statistics), timeout_s=_PATIENCE_S)
        found: Placed = {}
        faults: Counter[str] = Counter()
        with (
            closing(LocalExecutor(MfccStatistics(), pool, self._caches, self._max_bytes)) as executor,
            self._progress.meter("compute MFCCs", len(audio)) as meter,
        ):
            for clip in executor.hear(audio):
                if isinstance(clip, HeardClip):
                    found[clip.audio.track_id] = clip.vector
                else:
                    faults[clip.error.reason] += 1
                meter.advance()
        self._notes += [
            f"{MFCC} cannot judge {n} of {len(audio)} tracks: {reason}" for reason, n in sorted(faults.items())
        ]
        ids = sorted(found)  # they came in any order
        vectors = np.stack([found[id_] for id_ in ids]) if ids else np.empty((0, 1), np.float32)
        return dict(zip(ids, standardised(vectors), strict=True))


def _searched(vectors: FloatArray, model: ModelId) -> FloatArray:
    """Vectors as an index of this model places them."""
    known = find_of(model)
    return fit(vectors, None if known is None or model.weights else known.moments()).place(vectors)


def _named(wanted: str, known: Sequence[str]) -> str:
    names = {name.casefold(): name for name in known}
    if exact := names.get(wanted.casefold()):
        return exact
    begin = [name for folded, name in names.items() if folded.startswith(wanted.casefold())]
    if len(begin) != 1:
        raise UsageError(f"there is no space “{wanted}”", f"spaces are {', '.join(known)}")
    return begin[0]
