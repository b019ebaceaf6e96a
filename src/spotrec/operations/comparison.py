"""The comparison of spaces for an evaluation: which spaces, and over which tracks."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from spotrec.audio.cache import AudioCaches
from spotrec.errors import CacheError, NotFound, UsageError
from spotrec.evaluate.evaluate import FEWEST_TRACKS, random_vectors, standardise
from spotrec.extract.models import AudioModel
from spotrec.extract.models.registry import find_by_id
from spotrec.index.space import fit
from spotrec.progress import Progress
from spotrec.store import Catalogue, FeatureStore
from spotrec.track import ModelId, StoredAudio, TrackId
from spotrec.vectors import FloatArray, unit

SEARCHED, FUSION, MFCC, RANDOM = "spotrec", "fusion", "MFCC", "random"
_SMALLEST_SHARE = 0.5
_CLIP_TIMEOUT_S = 300.0  # librosa is compiled at the first clip of each process

_PLAIN: dict[str, Callable[[FloatArray], FloatArray]] = {"standardised": standardise, "raw cosine": unit}
"""Baselines that need only a model's vectors."""

Placed = dict[TrackId, FloatArray]
"""The points of tracks in a space: vectors of unit length, shape (any,)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same tracks in each space.

    Attributes:
        rows: the positions of the tracks in the catalogue.
        spaces: by name, shape (n_tracks, any); the first is the one that queries search.
        notes: what was left out, and why.
    """

    rows: list[int]
    spaces: dict[str, FloatArray]
    notes: list[str] = field(default_factory=list)


class Comparer:
    """Places the catalogue's tracks in the spaces of the model in use, other models, all models, and baselines.

    All spaces of a comparison have the same tracks, so that only the spaces differ: the tracks that are in every space.
    A space with less than half of the catalogue is left out unless it is named.
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
        """Place the tracks in the searched space and in other ones.

        Args:
            wanted: the names of the other spaces, or the beginnings of names; None for all.

        Raises:
            UsageError: there is no such space.
            NotFound: fewer than three tracks are in all of them.
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
        """Return the other spaces by name; each is a function that returns its points, or None if it is left out."""
        others = [self._id_of(name) for name in self._store.embeddings.count_by_model() if name != str(self._model)]
        networks = [self._model, *{model.name: model for model in others if model.name != self._model.name}.values()]
        spaces: dict[str, Callable[..., Placed | None]] = {
            str(model): partial(self._by_models, [model], None) for model in others
        }
        if len(networks) > 1:
            spaces[FUSION] = partial(self._by_models, networks, None)
        for way, place in _PLAIN.items():
            spaces[way] = partial(self._by_models, [self._model], place)
            spaces |= {f"{model}, {way}": partial(self._by_models, [model], place) for model in others}
            if len(networks) > 1:
                spaces[f"{FUSION}, {way}"] = partial(self._by_models, networks, place)
        return spaces | {MFCC: self._mfcc, RANDOM: self._at_random}

    def _known_in(self, partly: Mapping[str, Placed]) -> list[int]:
        """Return the positions of the tracks that are in all of these spaces."""
        rows = [row for row, id_ in enumerate(self.ids) if all(id_ in placed for placed in partly.values())]
        if len(rows) < min(FEWEST_TRACKS, len(self.ids)):
            raise NotFound(
                f"only {len(rows)} tracks are in all of the spaces {', '.join([SEARCHED, *partly])}",
                "compare fewer spaces with `spaces`",
            )
        if len(rows) < len(self.ids):
            self._notes.append(f"{len(rows)} of {len(self.ids)} tracks are in every space: the others are left out")
        return rows

    def _by_models(
        self,
        models: Sequence[ModelId],
        place: Callable[[FloatArray], FloatArray] | None,
        name: str,
        *,
        is_asked: bool,
    ) -> Placed | None:
        """Return the tracks in these models' own spaces: with several, the dot product is the mean of the cosines."""
        catalogues = [self._catalogue_of(model) for model in models]
        everywhere = set(self.ids).intersection(*(one.ids for one in catalogues))
        if self._is_left_out(name, len(everywhere), "have features by it", is_asked=is_asked):
            return None
        spaces = [
            dict(zip(one.ids, place(one.vectors) if place else _searched(one.vectors, model), strict=True))
            for one, model in zip(catalogues, models, strict=True)
        ]
        share = np.float32(len(models) ** -0.5)
        return {id_: share * np.concatenate([space[id_] for space in spaces]) for id_ in everywhere}

    def _mfcc(self, name: str, *, is_asked: bool) -> Placed | None:
        audio = [stored for id_ in self.ids if (stored := self._store.audio.get(id_))]
        if self._is_left_out(name, len(audio), "have stored audio", is_asked=is_asked):
            return None
        try:
            return self._by_mfcc(audio)
        except CacheError as error:
            if is_asked:
                raise
            self._notes.append(f"{name} is left out: {error.message}")
            return None

    def _at_random(self, name: str, *, is_asked: bool) -> Placed:  # noqa: ARG002 - the signature of the others
        return dict(zip(self.ids, random_vectors(len(self.ids)), strict=True))

    def _is_left_out(self, name: str, n: int, condition: str, *, is_asked: bool) -> bool:
        """Return whether a space has so few tracks that the comparison would lose most of them."""
        left_out = not n or (n < _SMALLEST_SHARE * len(self.ids) and not is_asked)
        note = f"{name.partition(', ')[0]} is left out: {n} of {len(self.ids)} tracks {condition}"
        if left_out and note not in self._notes:
            self._notes.append(note)
        return left_out

    def _catalogue_of(self, model: ModelId) -> Catalogue:
        return self._catalogue if model == self._model else self._store.catalogue.read(model)

    def _id_of(self, model: str) -> ModelId:
        """Parse a stored name such as `choi-2+0123abcd`; the dimension is that of its stored vectors."""
        (network, _, weights), shape = model.partition("+"), self._store.embeddings.shape_of(model)
        name, _, version = network.rpartition("-")
        return ModelId(name, int(version), shape[0] if shape else 0, weights)

    def _by_mfcc(self, audio: Sequence[StoredAudio]) -> Placed:
        """Compute standardised MFCC statistics of stored audio; nothing is stored."""
        from spotrec.evaluate.mfcc import SAMPLE_RATE_HZ, MfccStatistics, mfcc_statistics
        from spotrec.extract.decode_pool import DecodePool
        from spotrec.extract.executors import ClipFeatures
        from spotrec.extract.executors.local import LocalExecutor
        from spotrec.extract.front_end import FrontEnd

        pool = DecodePool(FrontEnd(SAMPLE_RATE_HZ, mfcc_statistics), timeout_s=_CLIP_TIMEOUT_S)
        found: Placed = {}
        faults: Counter[str] = Counter()
        with (
            closing(LocalExecutor(MfccStatistics(), pool, self._caches, self._max_bytes, batch=1)) as executor,
            self._progress.meter("compute MFCCs", len(audio)) as meter,
        ):
            meter.advance(0, "the first clip takes longest")
            for clip in executor.hear(audio):
                if isinstance(clip, ClipFeatures):
                    found[clip.audio.track_id] = clip.vector
                else:
                    faults[clip.error.reason] += 1
                meter.advance(note=" ")
        self._notes += [
            f"{MFCC} cannot be computed for {n} of {len(audio)} tracks: {reason}"
            for reason, n in sorted(faults.items())
        ]
        ids = sorted(found)  # results come in any order
        vectors = np.stack([found[id_] for id_ in ids]) if ids else np.empty((0, 1), np.float32)
        return dict(zip(ids, standardise(vectors), strict=True))


def _searched(vectors: FloatArray, model: ModelId) -> FloatArray:
    """Return vectors as an index of this model places them."""
    known = find_by_id(model)
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
