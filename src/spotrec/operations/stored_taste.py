"""The taste that is stored as a score for a request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from spotrec.index.index import Index
from spotrec.operations.view import View
from spotrec.query.query import Recommendation
from spotrec.query.ranking import Weighted
from spotrec.query.taste_score import TASTE_WEIGHT, Opinion, TasteScore
from spotrec.store import Embedding, JointEmbeddings, Signal, Thing, Verb
from spotrec.track import TrackId
from spotrec.vectors import evenly

_MOST = 300
"""At most so many likes, and so many dislikes, count: the latest."""
_TRACKS_OF_A_GROUP = 50
_COPIES = 3
_DAY_S = 86_400


class StoredTaste:
    """What a person likes and dislikes, as the store has it at one moment."""

    def __init__(self, view: View) -> None:
        self._view = view
        taste = view.session.store().taste
        self._likes, self._dislikes = (
            taste.signals([verb], _MOST, with_keys=False) for verb in (Verb.LIKE, Verb.DISLIKE)
        )
        self._stored = taste.stored([*self._likes, *self._dislikes])

    @property
    def liked_tracks(self) -> frozenset[TrackId]:
        """The tracks that are liked themselves, with their stored copies."""
        tracks = (one for one in self._likes if one.subject.thing is Thing.TRACK)
        return frozenset(id_ for one in tracks for id_ in self._stored[one.id])

    def score(self, index: Index) -> TasteScore | None:
        """Return the taste as a score in an index's space; None if nothing liked or disliked has features."""
        wanted = {one.id: self._tracks_of(one) for one in (*self._likes, *self._dislikes)}
        embeddings = self._view.embeddings.get_many({id_ for ids in wanted.values() for id_ in ids})
        likes, dislikes = (self._opinions(said, wanted, embeddings, index) for said in (self._likes, self._dislikes))
        return TasteScore(likes, dislikes) if likes or dislikes else None

    def _tracks_of(self, one: Signal) -> list[TrackId]:
        ids = self._stored[one.id]
        if one.subject.thing is Thing.TRACK:
            return ids[:_COPIES]
        return [ids[i] for i in evenly(len(ids), _TRACKS_OF_A_GROUP)]

    def _opinions(
        self,
        said: Sequence[Signal],
        wanted: Mapping[int, Sequence[TrackId]],
        embeddings: Mapping[TrackId, Embedding],
        index: Index,
    ) -> list[Opinion]:
        half_life = self._view.settings.taste_half_life_days
        latest = max((_days(one) for one in (*self._likes, *self._dislikes)), default=0.0)
        found = []
        for one in said:
            vectors = [embeddings[id_].vector for id_ in wanted[one.id] if id_ in embeddings]
            vectors = [vector for vector in vectors if np.isfinite(vector).all()]
            if one.subject.thing is Thing.TRACK:
                vectors = vectors[:1]  # of the copies, the first that was heard
            if vectors:
                found.append((np.stack(vectors), (latest - _days(one)) / half_life, _name(one)))
        if not found:
            return []
        points = index.place(np.concatenate([vectors for vectors, _, _ in found]))
        ends = np.cumsum([len(vectors) for vectors, _, _ in found])[:-1]
        return [Opinion(of, age, name) for of, (_, age, name) in zip(np.split(points, ends), found, strict=True)]


def beside_taste(beside: Sequence[Weighted], score: TasteScore, *, has_seeds: bool) -> list[Weighted]:
    """Return scores beside the seeds with a taste added: the others keep their proportions to the seeds."""
    share = TASTE_WEIGHT if has_seeds or beside else 1.0
    others = [Weighted(one.score, one.weight * (1 - share), is_local=one.is_local) for one in beside]
    return [*others, Weighted(score, share, is_local=True)]


def with_likes(
    results: Sequence[Recommendation], score: TasteScore, embeddings: JointEmbeddings, index: Index
) -> list[Recommendation]:
    """Return explained results, whose explanations also name what is liked and near."""
    found = embeddings.get_many([one.track.id for one in results])
    if not found:
        return list(results)
    points = index.place(np.stack([found[one.track.id].vector for one in results]))
    named = []
    for one, name in zip(results, score.nearest_likes(points), strict=True):
        why = one.explanation
        if why and name:
            text = "; ".join(part for part in (why.text, f"near {name}, which you like") if part)
            one = replace(one, explanation=replace(why, text=text))
        named.append(one)
    return named


def _name(one: Signal) -> str:
    subject = one.subject
    return subject.name if subject.thing is Thing.ARTIST else " – ".join((*subject.artists[:1], subject.name))


def _days(one: Signal) -> float:
    return datetime.fromisoformat(one.said_at).timestamp() / _DAY_S
