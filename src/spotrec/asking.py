"""What a catalogue is asked: what sounds alike, a way through it, a map of it, how good it is."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, cast

from spotrec.errors import IndexFault, UsageError
from spotrec.extracting import Extracting
from spotrec.index.index import Index
from spotrec.operations.options import Asked, Narrowing, Options, several
from spotrec.operations.results import Journey, MapReport, Recommendations
from spotrec.operations.seeds import SeedFinder
from spotrec.query.query import recommend
from spotrec.query.ranking import Weighted
from spotrec.store import Hearing
from spotrec.track import ModelId

if TYPE_CHECKING:
    from spotrec.evaluate.evaluate import Evaluation
    from spotrec.extract.models import AudioModel
    from spotrec.index.fused import FusedIndex
    from spotrec.query.mood import Mood
    from spotrec.query.reasons import Ear


class Asking(Extracting):
    """The commands that ask."""

    @cached_property
    def _built(self) -> dict[ModelId, Index]:
        """What was loaded last, as it was built."""
        return {}

    def query(
        self,
        *seeds: str,
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        mood: str | None = None,
        mood_weight: float | None = None,
        explain: bool = False,
        fetch: bool = True,
        **options: Unpack[Options],
    ) -> Recommendations:
        """The tracks that go best with the seeds, best first, without the seeds and copies of them.

        Args:
            seeds: each a Spotify track (link, URI, id), an audio file, a track id, words that match one stored track,
                or a known collection (its link, path or title), `artist:NAME` or `album:NAME`.
            like: more of them.
            unlike: what to keep away from.
            mood: the network's tags, with a minus before those not wanted: `chill female vocalists -metal`.
            mood_weight: what the mood counts beside the seeds, 0 to 1; by default half.
            explain: say of each result why it is among them.
            fetch: get and hear a track that is not in the store.
            options: how many, which ones, in which order: see `spotrec.operations.options.Options`.
        """
        if not (seeds or like or mood is not None):
            raise UsageError(
                "say what it should sound like", "give a track (a link, a file, words of its title) or a mood"
            )
        asked_mood = self._mood(mood, mood_weight, beside_seeds=bool(seeds or like))
        index, heard = self._load_indexes(), self._heard
        asked = self._asked(heard)
        wanted = asked.wanted(options)
        named = asked.seeds([*seeds, *several(like)], unlike, fetch=fetch)
        score, beside = None, []
        if asked_mood:
            from spotrec.query.mood_score import MoodScore

            score = MoodScore.over(index.blocks(), index.tag_means, asked_mood, self._tag_names)
            beside = [Weighted(score, asked_mood.weight)]
        found = recommend(heard, index, self._tag_names, named, wanted, beside=beside)
        results = found.results
        if explain:
            from spotrec.query.reasons import with_reasons

            results = with_reasons(results, heard, index, self._ear, named, score)
        return Recommendations(named, results, heard.name, index.name, found.unknown, asked_mood)

    def journey(
        self, start: str, end: str, n: int = 12, *, fetch: bool = True, **options: Unpack[Narrowing]
    ) -> Journey:
        """Exactly `n` recordings that lead from one sound to another in even steps, both ends among them.

        Args:
            start, end: each one track, as a seed of `query` is given.
            fetch: get and hear an end that is not in the store.
            options: which tracks may be gone by: see `spotrec.operations.options.Narrowing`. The ends need not be
                such tracks.
        """
        from spotrec.query.journey import travel

        index, heard = self._load_indexes(), self._heard
        finder = self._seed_finder
        wanted = self._asked(heard).wanted(cast("Options", options))
        ends = finder.find(start, fetch=fetch), finder.find(end, fetch=fetch)
        found = travel(heard, index, self._tag_names, ends, n, wanted)
        return Journey(found.steps, heard.name, index.name, found.unknown)

    def evaluate(
        self,
        *,
        labels: Path | None = None,
        wanted: Sequence[str] = (),
        k: int = 10,
        artist_filter: bool = True,
        compare: bool = False,
        spaces: Sequence[str] = (),
        plot: Path | None = None,
    ) -> "Evaluation":
        """How well neighbours agree with labels, over all that was extracted; see `spotrec.evaluate.evaluate`.

        Args:
            labels: a CSV of labels.
            wanted: labels to score; none for all.
            k: how many neighbours are looked at.
            artist_filter: tracks by the same artist are not looked at, but for labels that are about artists.
            compare: score other models, baselines and chance beside the space that is searched.
            spaces: only these of them, each by its name or its beginning.
            plot: a .png or .svg to draw it to.
        """
        from spotrec.evaluate.evaluate import evaluate
        from spotrec.evaluate.labels import labels_of
        from spotrec.evaluate.metrics import cosine
        from spotrec.evaluate.plot import Picture
        from spotrec.operations.comparison import Comparer

        store = self._open_store()
        picture = Picture(plot) if plot else None
        comparer = Comparer(store, self._model, self._caches, self._max_bytes, self._progress)
        known = store.tracks.get_many(comparer.ids)
        labelled = labels_of([known[id_] for id_ in comparer.ids], labels, wanted)
        compared = comparer.compare(spaces or (None if compare else ()))
        found = evaluate(
            {name: cosine(placed) for name, placed in compared.spaces.items()},
            labelled.of(compared.rows),
            k=k,
            artist_filter=artist_filter,
            progress=self._progress,
            notes=compared.notes,
        )
        if picture:
            picture.draw(found)
        return found

    def map(
        self,
        *,
        html: Path | str | None = None,
        png: Path | str | None = None,
        colour: str = "tag",
        collection: str | None = None,
    ) -> MapReport:
        """Draw what the index holds as a map on which near means alike; it needs `spotrec[plots]`.

        Args:
            html: where to write a page to look around in; it needs no network.
            png: where to write a picture.
            colour: `tag`, `collection`, `artist` or `genre`.
            collection: only what this one lists: its link, URI, path or title.
        """
        from spotrec.map.colouring import check_colour
        from spotrec.map.map import MapFiles, draw_map
        from spotrec.operations.survey import Surveyor

        files = MapFiles(*(None if file is None else Path(file).expanduser() for file in (html, png)))
        chosen = check_colour(colour)
        files.check()
        index = self._load_index(self.model)
        if chosen == "tag" and not self._tag_names:
            self._progress.note(f"{self.model} tells no tags: all is one colour; --colour artist has more")
        with self._progress.meter("read the index", unit=""):
            surveyor = Surveyor(index, self._open_store(), self._library, self.model)
            found = surveyor.survey(self._tag_names, collection)
        if found.n_more:
            n_shown = len(found.heard.tracks)
            self._progress.note(f"an even sample of {n_shown:,} of {n_shown + found.n_more:,} tracks is shown")
        draw_map(found.heard, found.naming, chosen, files, n_more=found.n_more, progress=self._progress)
        return MapReport(
            files.html, files.png, chosen, len(found.heard.tracks), found.n_more, found.missing, index.name
        )

    @property
    def _tag_names(self) -> tuple[str, ...]:
        """Those of the first model that tells any."""
        return next((model.tag_names for model in self.models if model.tag_names), ())

    @property
    def _ear(self) -> "Ear":
        from spotrec.query.reasons import Ear

        if len(self.models) > 1:
            return Ear(self._tag_names, tuple(model.network for model in self.models), are_models=True)
        return Ear(self._tag_names, self._model.layers)

    @property
    def _heard(self) -> Hearing:
        return Hearing(self._open_store(), [model.id for model in self.models], self._tellers)

    @property
    def _tellers(self) -> tuple[int, ...]:
        """Which of the models tell of tags: those that know these."""
        return tuple(i for i, model in enumerate(self.models) if model.tag_names == self._tag_names)

    def _asked(self, heard: Hearing) -> Asked:
        return Asked(heard, lambda: self._library, self._seed_finder)

    def _mood(self, text: str | None, weight: float | None, *, beside_seeds: bool) -> "Mood | None":
        if text is None:
            if weight is not None:
                raise UsageError("--mood-weight weighs a mood", "give --mood too")
            return None
        from spotrec.query.mood import MOOD_WEIGHT, parse_mood

        usual = MOOD_WEIGHT if weight is None else weight
        return parse_mood(text, self._tag_names, usual if beside_seeds else 1.0)

    def _load_indexes(self) -> "Index | FusedIndex":
        """The index of the models in use: of several, theirs as one."""
        if len(self.models) == 1:
            return self._load_index(self.model)
        from spotrec.index.fused import FusedIndex

        indexes = tuple(map(self._load_index_of, self.models))
        sizes = [len(index) for index in indexes]
        if len(set(sizes)) > 1:
            model = self.models[sizes.index(min(sizes))].network
            self._progress.note(
                f"{model} heard {min(sizes):,} of {max(sizes):,} tracks, and no other is ranked: "
                f"`spotrec extract --model {model}`, then `spotrec index --model {model}`"
            )
        return FusedIndex(indexes, (1 / len(indexes),) * len(indexes), self._tellers)

    def _load_index_of(self, model: "AudioModel") -> Index:
        """One of several."""
        try:
            return self._load_index(model.id)
        except IndexFault as fault:
            first = f"`spotrec extract --model {model.network}`, then `spotrec index --model {model.network}`"
            raise IndexFault(fault.message, first) from fault

    def _load_index(self, model: ModelId) -> Index:
        """The index in use and, beside it, what came since it was built."""
        from spotrec.index.fresh import changes, rebuild_is_due, with_what_is_new
        from spotrec.index.index import load_again

        self._built[model] = built = load_again(self.settings.index_path, model, self._built.get(model))
        index = with_what_is_new(built, self._open_store(), model)
        beside = changes(index)
        if rebuild_is_due(beside.new + beside.heard_anew, len(built)):
            n = beside.new + beside.heard_anew
            self._progress.note(f"{n:,} tracks came since the index was built and slow the search: `spotrec index`")
        return index

    @property
    def _seed_finder(self) -> SeedFinder:
        return SeedFinder(
            self.settings,
            self._heard,
            self.models,
            caches=lambda: self._caches,
            http=lambda: self._http,
            network=self._network_of,
            weights=self._weights_of,
            chain=lambda: self._chain,
        )
