"""Which spaces an evaluation sets side by side, and over which tracks."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from spotrec.audio.cache import AudioCaches
from spotrec.errors import CacheError, NotFound, UsageError
from spotrec.evaluate.evaluate import FEWEST_TRACKS, at_random, standardised
from spotrec.extract.models import AudioModel
from spotrec.extract.models.registry import find_of
from spotrec.index.space import fit
from spotrec.progress import Progress
from spotrec.store import Catalogue, FeatureStore
from spotrec.track import ModelId, StoredAudio, TrackId
from spotrec.vectors import FloatArray, unit

SEARCHED, FUSION, MFCC, RANDOM = "spotrec", "fusion", "MFCC", "random"
_KNOWS_ENOUGH = 0.5
_PATIENCE_S = 300.0  # the first clip of each process waits for librosa to be compiled

_PLAIN: dict[str, Callable[[FloatArray], FloatArray]] = {"standardised": standardised, "raw cosine": unit}
"""Baselines that need no more than a model's vectors."""

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
    """Places the catalogue's tracks as the model in use heard them, as other models did, as all networks do together,
    and as baselines would.

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
        self._catalogue = store.catalogue.read(model.id)
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
        known = self._spaces()
        names = list(known)
        if wanted is not None:
            names = sorted({_named(name, names) for name in wanted}, key=names.index)
        partly: dict[str, Placed] = {}
        for name in names:
            if placed := known[name](name, is_asked=wanted is not None):
                partly[name] = placed
        rows = self._known_in(partly)
        spaces = {SEARCHED: _searched(self._catalogue.vectors, self._model)[rows]}
        for name, placed in partly.items():
            spaces[name] = np.stack([placed[self.ids[row]] for row in rows])
        return Comparison(rows, spaces, self._notes)

    def _spaces(self) -> "dict[str, Callable[..., Placed | None]]":
        """What there is to compare with, by name: where its tracks stand, None for what is left out."""
        others = [self._id_of(name) for name in self._store.embeddings.count_by_model() if name != str(self._model)]
        ears = [self._model, *{model.name: model for model in others if model.name != self._model.name}.values()]
        spaces: dict[str, Callable[..., Placed | None]] = {
            str(model): partial(self._heard, [model], None) for model in others
        }
        if len(ears) > 1:
            spaces[FUSION] = partial(self._heard, ears, None)
        for way, place in _PLAIN.items():
            spaces[way] = partial(self._heard, [self._model], place)
            spaces |= {f"{model}, {way}": partial(self._heard, [model], place) for model in others}
            if len(ears) > 1:
                spaces[f"{FUSION}, {way}"] = partial(self._heard, ears, place)
        return spaces | {MFCC: self._mfcc, RANDOM: self._at_random}

    def _known_in(self, partly: Mapping[str, Placed]) -> list[int]:
        """Where the tracks stand that are known in all of these spaces."""
        rows = [row for row, id_ in enumerate(self.ids) if all(id_ in placed for placed in partly.values())]
        if len(rows) < min(FEWEST_TRACKS, len(self.ids)):
            raise NotFound(
                f"{len(rows)} tracks are known in each of the spaces {', '.join([SEARCHED, *partly])}",
                "compare with fewer spaces (`spaces`)",
            )
        if len(rows) < len(self.ids):
            self._notes.append(
                f"{len(rows)} of {len(self.ids)} tracks are known in every space: the others are left out"
            )
        return rows

    def _heard(
        self,
        models: Sequence[ModelId],
        place: Callable[[FloatArray], FloatArray] | None,
        name: str,
        *,
        is_asked: bool,
    ) -> Placed | None:
        """The tracks as these models hear them, each in its own space: of several, the mean of the cosines."""
        heard = [self._catalogue_of(model) for model in models]
        everywhere = set(self.ids).intersection(*(one.ids for one in heard))
        if self._is_left_out(name, len(everywhere), "were heard by it", is_asked=is_asked):
            return None
        spaces = [
            dict(zip(one.ids, place(one.vectors) if place else _searched(one.vectors, model), strict=True))
            for one, model in zip(heard, models, strict=True)
        ]
        share = np.float32(len(models) ** -0.5)
        return {id_: share * np.concatenate([space[id_] for space in spaces]) for id_ in everywhere}

    def _mfcc(self, name: str, *, is_asked: bool) -> Placed | None:
        audio = [stored for id_ in self.ids if (stored := self._store.audio.get(id_))]
        if self._is_left_out(name, len(audio), "have audio at hand", is_asked=is_asked):
            return None
        try:
            return self._by_mfcc(audio)
        except CacheError as error:
            if is_asked:
                raise
            self._notes.append(f"{name} is left out: {error.message}")
            return None

    def _at_random(self, name: str, *, is_asked: bool) -> Placed:  # noqa: ARG002 - as the others are asked
        return dict(zip(self.ids, at_random(len(self.ids)), strict=True))

    def _is_left_out(self, name: str, n: int, known_by: str, *, is_asked: bool) -> bool:
        """Whether so few of the tracks are known in a space that it would take the others down with it."""
        left_out = not n or (n < _KNOWS_ENOUGH * len(self.ids) and not is_asked)
        note = f"{name.partition(', ')[0]} is left out: {n} of {len(self.ids)} tracks {known_by}"
        if left_out and note not in self._notes:
            self._notes.append(note)
        return left_out

    def _catalogue_of(self, model: ModelId) -> Catalogue:
        return self._catalogue if model == self._model else self._store.catalogue.read(model)

    def _id_of(self, model: str) -> ModelId:
        """`choi-2+0123abcd` as the store writes it, with the dimension that its vectors have here."""
        (network, _, weights), shape = model.partition("+"), self._store.embeddings.shape_of(model)
        name, _, version = network.rpartition("-")
        return ModelId(name, int(version), shape[0] if shape else 0, weights)

    def _by_mfcc(self, audio: Sequence[StoredAudio]) -> Placed:
        """Statistics of audio that lies in a cache or is a user's own, standardised; nothing is kept."""
        from spotrec.evaluate.mfcc import SAMPLE_RATE_HZ, MfccStatistics, mfcc_statistics
        from spotrec.extract.decode_pool import DecodePool
        from spotrec.extract.executors import HeardClip
        from spotrec.extract.executors.local import LocalExecutor
        from spotrec.extract.front_end import FrontEnd

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
    plainest = {name.partition(", ")[0] for name in begin} if len(begin) > 1 else set(begin)
    if len(plainest) != 1:
        raise UsageError(f"there is no space “{wanted}”", f"spaces are {'; '.join(known)}")
    return plainest.pop()
