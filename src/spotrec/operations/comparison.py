"""The comparison of spaces for an evaluation: which spaces, and over which tracks."""

import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from spotrec.audio.cache import AudioCaches
from spotrec.errors import CacheError, NotFound, UsageError
from spotrec.evaluate.evaluate import FEWEST_TRACKS, random_vectors, standardise
from spotrec.evaluate.metrics import Similarity
from spotrec.extract.models import AudioModel
from spotrec.extract.models.ears import weights_of
from spotrec.extract.models.registry import find_by_id
from spotrec.index.joint_fit import fit
from spotrec.index.summary import summarise
from spotrec.names.artists import artist_key
from spotrec.progress import Progress, Silent
from spotrec.store import Catalogue, FeatureStore
from spotrec.track import Ears, ModelId, PendingAudio, StoredAudio, TrackId
from spotrec.vectors import FloatArray, Moments, Positions, unit

SEARCHED, FUSION, MFCC, RANDOM = "spotrec", "fusion", "MFCC", "random"
_SMALLEST_SHARE = 0.5
_CLIP_TIMEOUT_S = 300.0  # librosa is compiled at the first clip of each process
_FOLDS = 5

_PLAIN: dict[str, Callable[[FloatArray], FloatArray]] = {"standardised": standardise, "raw cosine": unit}
"""Baselines that need only a model's vectors."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same tracks in each space.

    Attributes:
        rows: the positions of the tracks in the catalogue.
        spaces: by name, the similarity of these tracks; the first is the space that queries search.
        notes: what was left out, and why.
    """

    rows: list[int]
    spaces: dict[str, Similarity]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Placed:
    """Tracks in a space, or in one space for each fold of queries.

    Attributes:
        points: one array for each fold, shape (n_tracks, any), unit length, in the order of `ids`.
        folds: shape (n_tracks,): which of them a track is compared in when it is the query.
    """

    ids: Sequence[TrackId]
    points: Sequence[FloatArray]
    folds: Positions

    @classmethod
    def once(cls, ids: Sequence[TrackId], points: FloatArray) -> "Placed":
        """Return tracks in one space."""
        return cls(ids, (points,), np.zeros(len(ids), np.int64))

    def similarity(self, ids: Sequence[TrackId]) -> Similarity:
        """Return the similarity of these tracks, in this order."""
        position = {id_: row for row, id_ in enumerate(self.ids)}
        rows = [position[id_] for id_ in ids]
        each = [points[rows] for points in self.points]
        folds = self.folds[rows]

        def similar(queries: slice) -> FloatArray:
            found = np.empty((len(folds[queries]), len(rows)), np.float32)
            for fold in np.unique(folds[queries]):
                here = folds[queries] == fold
                found[here] = each[fold][queries][here] @ each[fold].T
            return found

        return similar


class Comparer:
    """Places the catalogue's tracks in the spaces of the models in use, other models, all models, and baselines.

    All spaces of a comparison have the same tracks, so that only the spaces differ: the tracks that are in every space.
    A space with less than half of the catalogue is left out unless it is named.

    A searched space knows which tracks are by one artist. For the evaluation it is fitted five times, each time without
    the artists of the queries: their labels are never part of the answer.
    """

    def __init__(
        self, store: FeatureStore, models: Sequence[AudioModel], caches: AudioCaches, max_bytes: int, progress: Progress
    ) -> None:
        self._store = store
        self._ears = Ears.of(*(model.id for model in models))
        self._caches = caches
        self._max_bytes = max_bytes
        self._progress = progress
        self._catalogue = store.catalogue.read(self._ears)
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
        partly = {SEARCHED: self._searched(self._ears)}
        for name in names:
            if placed := known[name](name, is_asked=wanted is not None):
                partly[name] = placed
        rows = self._known_in(partly)
        ids = [self.ids[row] for row in rows]
        return Comparison(rows, {name: placed.similarity(ids) for name, placed in partly.items()}, self._notes)

    def _spaces(self) -> "dict[str, Callable[..., Placed | None]]":
        """Return the other spaces by name; each is a function that returns its points, or None if it is left out."""
        stored = [self._id_of(name) for name in self._store.embeddings.count_by_model()]
        alone = [ears for ears in map(Ears.of, stored) if ears != self._ears]
        newest = {model.name: model for model in [*stored, *self._ears.models]}
        every = Ears.of(*newest.values())
        spaces: dict[str, Callable[..., Placed | None]] = {
            ears.name: partial(self._by_ears, ears, None) for ears in alone
        }
        if every not in (self._ears, *alone):
            spaces[FUSION] = partial(self._by_ears, every, None)
        for way, place in _PLAIN.items():
            spaces[way] = partial(self._by_ears, self._ears, place)
            spaces |= {f"{ears.name}, {way}": partial(self._by_ears, ears, place) for ears in alone}
            if FUSION in spaces:
                spaces[f"{FUSION}, {way}"] = partial(self._by_ears, every, place)
        return spaces | {MFCC: self._mfcc, RANDOM: self._at_random}

    def _known_in(self, partly: Mapping[str, Placed]) -> list[int]:
        """Return the positions of the tracks that are in all of these spaces."""
        everywhere = set(self.ids).intersection(*(placed.ids for placed in partly.values()))
        rows = [row for row, id_ in enumerate(self.ids) if id_ in everywhere]
        if len(rows) < min(FEWEST_TRACKS, len(self.ids)):
            raise NotFound(
                f"only {len(rows)} tracks are in all of the spaces {', '.join(partly)}",
                "compare fewer spaces with `spaces`",
            )
        if len(rows) < len(self.ids):
            self._notes.append(f"{len(rows)} of {len(self.ids)} tracks are in every space: the others are left out")
        return rows

    def _by_ears(
        self, ears: Ears, place: Callable[[FloatArray], FloatArray] | None, name: str, *, is_asked: bool
    ) -> Placed | None:
        """Return the tracks in the space that an index of these ears has.

        Args:
            place: do this to each ear's vectors instead; the dot product is then the mean of the ears' cosines.
        """
        catalogue = self._catalogue_of(ears)
        n = len(set(self.ids).intersection(catalogue.ids))
        if self._is_left_out(name, n, "have features by it", is_asked=is_asked):
            return None
        if not place:
            return self._searched(ears)
        share = np.float32(len(ears.models) ** -0.5)
        pieces = np.split(catalogue.vectors, np.cumsum(ears.dims)[:-1], axis=1)
        return Placed.once(catalogue.ids, np.concatenate([share * place(piece) for piece in pieces], axis=1))

    def _searched(self, ears: Ears) -> Placed:
        """Return the tracks as an index of these ears places them, for queries of each fold without their artists."""
        catalogue = self._catalogue_of(ears)
        references = [*map(_moments, ears.models)]
        keys = [artist_key(artist) for artist in catalogue.artists]
        folds = np.array([zlib.crc32(key.encode()) % _FOLDS for key in keys], np.int64)
        points = []
        for fold in range(_FOLDS):
            without = frozenset(key for key, of in zip(keys, folds, strict=True) if of == fold)
            summary = summarise(catalogue, ears, Silent(), without=without)
            points.append(fit(summary.moments, references, weights_of(ears), summary.sample).place(catalogue.vectors))
        return Placed(catalogue.ids, points, folds)

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
        return Placed.once(self.ids, random_vectors(len(self.ids)))

    def _is_left_out(self, name: str, n: int, condition: str, *, is_asked: bool) -> bool:
        """Return whether a space has so few tracks that the comparison would lose most of them."""
        left_out = not n or (n < _SMALLEST_SHARE * len(self.ids) and not is_asked)
        note = f"{name.partition(', ')[0]} is left out: {n} of {len(self.ids)} tracks {condition}"
        if left_out and note not in self._notes:
            self._notes.append(note)
        return left_out

    def _catalogue_of(self, ears: Ears) -> Catalogue:
        return self._catalogue if ears == self._ears else self._store.catalogue.read(ears)

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

        network = MfccStatistics()
        pool = DecodePool({network.id: FrontEnd(SAMPLE_RATE_HZ, mfcc_statistics)}, timeout_s=_CLIP_TIMEOUT_S)
        found: dict[TrackId, FloatArray] = {}
        faults: Counter[str] = Counter()
        with (
            closing(LocalExecutor([network], pool, self._caches, self._max_bytes, batch=1)) as executor,
            self._progress.meter("compute MFCCs", len(audio)) as meter,
        ):
            meter.advance(0, "the first clip takes longest")
            for clip in executor.hear(PendingAudio(one, executor.ears) for one in audio):
                if isinstance(clip, ClipFeatures):
                    found[clip.audio.track_id] = clip.by_model[network.id].vector
                else:
                    faults[clip.error.reason] += 1
                meter.advance(note=" ")
        self._notes += [
            f"{MFCC} cannot be computed for {n} of {len(audio)} tracks: {reason}"
            for reason, n in sorted(faults.items())
        ]
        ids = sorted(found)  # results come in any order
        vectors = np.stack([found[id_] for id_ in ids]) if ids else np.empty((0, 1), np.float32)
        return Placed.once(ids, standardise(vectors))


def _moments(model: ModelId) -> Moments | None:
    """Return a model's reference moments, None if it is not installed any more."""
    known = find_by_id(model)
    return None if known is None or model.weights else known.moments()


def _named(wanted: str, known: Sequence[str]) -> str:
    names = {name.casefold(): name for name in known}
    if exact := names.get(wanted.casefold()):
        return exact
    begin = [name for folded, name in names.items() if folded.startswith(wanted.casefold())]
    plainest = {name.partition(", ")[0] for name in begin} if len(begin) > 1 else set(begin)
    if len(plainest) != 1:
        raise UsageError(f"there is no space “{wanted}”", f"spaces are {'; '.join(known)}")
    return plainest.pop()
