"""Query: the tracks that match the seeds best."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from spotrec.errors import NotFound, UsageError
from spotrec.operations.criteria import beside_seeds, criteria_of
from spotrec.operations.options import Options
from spotrec.operations.seeds import SeedFinder, TypedSeed
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.query.criteria import Criteria
from spotrec.query.filters import several
from spotrec.query.query import Recommendation, recommend
from spotrec.query.ranking import Weighted
from spotrec.query.seed import Seeds
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.index.index import Index
    from spotrec.query.mood import Mood
    from spotrec.query.reasons import Vocabulary
    from spotrec.query.taste_score import TasteScore


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The result of a query.

    Attributes:
        model, index: the names of the model and the index that were used.
        unknown: by filter, how many tracks were left out only because their value is not known.
        notes: messages about the query, which progress has shown too.
        is_narrowed: whether a filter, or a least similarity, left out tracks.
        with_taste: whether the results lean towards what is liked.
    """

    seeds: Seeds
    results: list[Recommendation]
    model: str
    index: str
    unknown: dict[str, int] = field(default_factory=dict)
    mood: "Mood | None" = None
    notes: tuple[str, ...] = ()
    is_narrowed: bool = True
    with_taste: bool = False

    @property
    def seed(self) -> Track | None:
        """The seed, if it is a single track."""
        return self.seeds.likes[0].track if len(self.seeds.likes) == 1 else None


def query(
    session: Session,
    seeds: Sequence[str | TypedSeed],
    *,
    unlike: Sequence[str | TypedSeed],
    mood: str | None,
    mood_weight: float | None,
    explain: bool,
    fetch: bool,
    paths: bool,
    options: Options,
    progress: Progress | None,
    without: Set[TrackId] = frozenset(),
) -> Recommendations:
    """See `Recommender.query`.

    Args:
        without: more tracks to omit, also thousands, with their copies by name.
    """
    with_taste = bool(options.get("taste"))
    if not seeds and mood is None and not with_taste:
        raise UsageError(
            "a query needs a seed or a mood", "give a track (a link, a file, words of its title) or a mood"
        )
    with session.view(progress, paths=paths) as view:
        wanted_mood = mood_of(view, mood, mood_weight, beside_seeds=bool(seeds))
        view.check_index()
        wanted = criteria_of(view, options)
        found_seeds = SeedFinder(view, fetch=fetch).seeds(seeds, several(unlike))
        wanted = beside_seeds(view, wanted, options, found_seeds)
        embeddings = view.embeddings
        with embeddings.store.at_one_moment():
            index = view.index()
            score, beside, leaning = None, [], None
            if wanted_mood:
                from spotrec.query.mood_score import MoodScore

                score = MoodScore.over(index.blocks(), index.tag_means, wanted_mood, view.tag_names)
                beside = [Weighted(score, wanted_mood.weight)]
            if with_taste:
                wanted, beside, leaning = _with_taste(view, index, wanted, beside, has_seeds=bool(seeds))
            found = recommend(embeddings, index, view.tag_names, found_seeds, wanted, beside=beside, without=without)
            results = found.results
            if not results:
                _note_nothing_known(view, wanted, found_seeds)
            if explain:
                from spotrec.query.reasons import with_reasons

                results = with_reasons(results, embeddings, index, names_for_reasons(view), found_seeds, score)
                if leaning:
                    from spotrec.operations.stored_taste import with_likes

                    results = with_likes(results, leaning, embeddings, index)
        return Recommendations(
            found_seeds,
            results,
            embeddings.name,
            index.name,
            found.unknown,
            wanted_mood,
            tuple(view.notes),
            is_narrowed=bool(
                wanted.conditions.clauses
                or wanted.conditions.tags
                or wanted.conditions.excluded
                or wanted.excluded
                or wanted.min_similarity is not None
            ),
            with_taste=leaning is not None,
        )


def _with_taste(
    view: View, index: "Index", wanted: Criteria, beside: list[Weighted], *, has_seeds: bool
) -> "tuple[Criteria, list[Weighted], TasteScore | None]":
    """Return criteria and scores with the stored taste, and the taste, None if there is none.

    Without seeds or a mood, what is liked stands for the seeds.

    Raises:
        NotFound: there are neither seeds nor a mood, and nothing with features is liked.
    """
    from spotrec.operations.stored_taste import StoredTaste, beside_taste

    taste = StoredTaste(view)
    leaning = taste.score(index)
    is_alone = not has_seeds and not beside
    if is_alone and not (leaning and leaning.likes):
        raise NotFound("nothing that has features is liked yet", "`spotrec like TRACK`, or give a seed")
    if leaning is None:
        view.note("nothing is liked or disliked yet, so `taste` changes nothing: `spotrec like TRACK`")
        return wanted, beside, None
    if is_alone:
        wanted = replace(wanted, excluded=wanted.excluded | taste.liked_tracks)
    return wanted, beside_taste(beside, leaning, has_seeds=has_seeds), leaning


def _note_nothing_known(view: View, wanted: Criteria, seeds: Seeds) -> None:
    """Say what to do if the filter `known` alone leaves nothing: all music that is stored is of the other kind."""
    from spotrec.query.filters import KNOWN

    clauses = [clause for clause in wanted.conditions.clauses if clause.name == KNOWN.name]
    if not clauses or view.embeddings.select(clauses).ids - seeds.track_ids:
        return
    if clauses[0].parameters[KNOWN.name]:
        view.note("no other stored track is a file of yours or on your music server: `spotrec add SOURCE` adds music")
    else:
        view.note(
            "all other stored tracks are files of yours or on your music server: `spotrec add SOURCE` adds playlists, "
            "albums and artists of other music, by their links"
        )


def mood_of(view: View, text: str | None, weight: float | None, *, beside_seeds: bool) -> "Mood | None":
    """Return the mood that a text names, with its weight; None without a text.

    Raises:
        UsageError: the models have no such tag, or there is a weight and no text.
    """
    if text is None:
        if weight is not None:
            raise UsageError("`mood_weight` needs a `mood`", "give `mood` too")
        return None
    from spotrec.query.mood import MOOD_WEIGHT, parse_mood

    usual = MOOD_WEIGHT if weight is None else weight
    return parse_mood(text, view.tag_names, usual if beside_seeds else 1.0)


def names_for_reasons(view: View) -> "Vocabulary":
    """Return the names for explanations: the layers of one model, or several models."""
    from spotrec.query.reasons import Vocabulary

    if len(view.models) > 1:
        return Vocabulary(view.tag_names, tuple(model.network for model in view.models), are_models=True)
    return Vocabulary(view.tag_names, view.model.layers)
