"""Taste: do results that lean towards what a listener likes hold more of what the listener likes, and keep the seed?

    python benchmarks/taste.py [--json] [--audio FOLDER] [--weights FILE] [--listeners 100] [--tracks 20000] [--no-time]

Listeners are simulated over labelled catalogues: the clips of `../shared/audio` (a listener likes one style and
dislikes another), and a made-up catalogue (`tests/support/large_catalogue.py`: three styles, in each a quarter of the
artists liked and another quarter disliked). The listener has said so of half of the tracks, at most 100 likes and 50
dislikes, and asks with one of the liked tracks, or with any track of the catalogue. Nothing that was said something of
may be found. Printed for each method, over the first 10 results, with 95 % intervals over listeners: the share that is
liked (also of the first 20) and disliked; the mean cosine with the seed and between the results; how many artists.

Then for listeners whose taste changed a year ago, which half-life finds most of what they like now; and what taste and
1,000 bans cost in a query of 100,000 tracks.
"""

import argparse
import csv
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from spotrec import Recommender
from spotrec.evaluate.intervals import Interval, means
from spotrec.index.build import build
from spotrec.index.index import Index
from spotrec.operations.stored_taste import beside_taste
from spotrec.progress import Silent
from spotrec.query.agreement import Affinity
from spotrec.query.ranking import Weighted, ranked
from spotrec.query.taste_score import Opinion, TasteScore
from spotrec.store import Catalogue, FeatureStore, Subject, Thing, Verb
from spotrec.track import Ears, TrackId, track_ids
from spotrec.vectors import FloatArray
from support.catalogue import CHOI, CHOI_EARS
from support.large_catalogue import Realistic, track_id, write_store

Whole = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]

SHARED = Path(__file__).resolve().parents[2] / "shared"
LIKES, DISLIKES, STYLES = 100, 50, 3
FEWEST = 4
"""A style of clips has so many recordings, an artist of the made-up catalogue so many tracks."""
K, K_MORE = 10, 20
FIGURES = ("liked @10", "liked @20", "disliked @10", "cosine with seed", "cosine between", "artists")
HALF_LIVES = (0.0, 90.0, 180.0, 365.0, 730.0)
YEAR = 365.0
N_TIMED, N_BANS = 100_000, 1_000


@dataclass(frozen=True)
class Labelled:
    """A catalogue as a query sees it: positions are those in `ids`."""

    index: Index
    ids: list[TrackId]
    points: FloatArray
    styles: Whole
    artists: Whole
    recordings: Whole


@dataclass(frozen=True)
class Listener:
    """What a listener said, what is asked, and what counts."""

    seed: int
    likes: Whole
    dislikes: Whole
    liked: Truth
    disliked: Truth
    may_be_found: Truth


Method = Callable[[Labelled, Listener], FloatArray]


def agreement(of: Labelled, one: Listener) -> FloatArray:
    """The seed and all that is liked as seeds, all that is disliked unliked."""
    likes = of.points[[one.seed, *one.likes]][:, None]
    return Affinity(list(likes), list(of.points[one.dislikes][:, None])).of(_Block(of.points, np.array(of.ids, bytes)))


def rocchio(likes: float, dislikes: float) -> Method:
    """The seed moved towards the mean of what is liked, and away from the mean of what is disliked."""

    def score(of: Labelled, one: Listener) -> FloatArray:
        query = of.points[one.seed] + likes * of.points[one.likes].mean(axis=0)
        if len(one.dislikes):
            query = query - dislikes * of.points[one.dislikes].mean(axis=0)
        cosines: FloatArray = of.points @ (query / np.linalg.norm(query)).astype(np.float32)
        return cosines

    return score


def leaning(weight: float, *, ages: npt.NDArray[Any] | None = None) -> Method:
    """What spotrec does, with this share of the taste."""

    def score(of: Labelled, one: Listener) -> FloatArray:
        when = np.zeros(len(one.likes)) if ages is None else ages
        likes = [Opinion(of.points[[i]], float(age)) for i, age in zip(one.likes, when, strict=True)]
        taste = TasteScore(likes, [Opinion(of.points[[i]]) for i in one.dislikes])
        (shipped,) = beside_taste([], taste, has_seeds=True)
        beside = Weighted(taste, weight if weight >= 0 else shipped.weight, is_local=True)
        hits = ranked(of.index, Affinity([of.points[[one.seed]]]), [beside]).first(2_000)
        scores = np.full(len(of.ids), -np.inf, np.float32)
        scores[np.searchsorted(np.array(of.ids), [hit.track_id for hit in hits])] = [hit.similarity for hit in hits]
        return scores

    return score


METHODS: Mapping[str, Method] = {
    "plain seed": lambda of, one: of.points @ of.points[one.seed],
    "rocchio .75 .15": rocchio(0.75, 0.15),
    "rocchio 2 1": rocchio(2, 1),
    "agreement": agreement,
    "leaning .3": leaning(0.3),
    "leaning .4": leaning(0.4),
    "spotrec": leaning(-1),
    "leaning .6": leaning(0.6),
    "leaning .7": leaning(0.7),
}


@dataclass(frozen=True)
class _Block:
    vectors: FloatArray
    ids: npt.NDArray[np.bytes_]
    tags: FloatArray | None = None


def found(of: Labelled, one: Listener, method: Method) -> list[float]:
    """The figures of one question."""
    scores = np.where(one.may_be_found, method(of, one), -np.inf)
    order = np.argsort(-scores, kind="stable")[: min(K_MORE, int(one.may_be_found.sum()))]
    _, firsts = np.unique(of.recordings[order], return_index=True)
    order = order[np.sort(firsts)]
    first = order[:K]
    between = of.points[first] @ of.points[first].T
    n = len(first)
    return [
        float(one.liked[first].mean()),
        float(one.liked[order].mean()),
        float(one.disliked[first].mean()),
        float((of.points[first] @ of.points[one.seed]).mean()),
        float((between.sum() - np.trace(between)) / max(n * (n - 1), 1)),
        float(len(np.unique(of.artists[first]))),
    ]


def listener(of: Labelled, liked: Truth, disliked: Truth, rng: np.random.Generator, *, any_seed: bool) -> Listener:
    """A listener who said so of half of the recordings."""
    said = np.zeros(len(of.ids), bool)
    chosen = {}
    for name, truth, most in (("likes", liked, LIKES), ("dislikes", disliked, DISLIKES)):
        recordings = rng.permutation(np.unique(of.recordings[truth]))
        half = recordings[: max(2, len(recordings) // 2)][: most + 1]
        is_of = np.isin(of.recordings, half)
        said |= is_of
        firsts = np.unique(of.recordings[is_of], return_index=True)[1]
        chosen[name] = rng.permutation(np.flatnonzero(is_of)[firsts])
    seed = int(rng.integers(len(of.ids))) if any_seed else int(chosen["likes"][0])
    likes = chosen["likes"][chosen["likes"] != seed]
    said |= of.recordings == of.recordings[seed]
    return Listener(seed, likes[:LIKES], chosen["dislikes"][:DISLIKES], liked & ~said, disliked & ~said, ~said)


def of_styles(of: Labelled, rng: np.random.Generator, *, any_seed: bool) -> Listener:
    """A listener to clips: likes a style, dislikes another."""
    known, counts = np.unique(of.styles[of.styles >= 0], return_counts=True)
    liked, disliked = rng.choice(known[counts >= 4], 2, replace=False)
    return listener(of, of.styles == liked, of.styles == disliked, rng, any_seed=any_seed)


def of_artists(of: Labelled, rng: np.random.Generator, *, any_seed: bool) -> Listener:
    """A listener to much music: likes some artists of three styles, dislikes others of the same styles."""
    liked, disliked = (np.zeros(len(of.ids), bool) for _ in range(2))
    for style in rng.choice(np.unique(of.styles), STYLES, replace=False):
        by, counts = np.unique(of.artists[of.styles == style], return_counts=True)
        artists = rng.permutation(by[counts >= 4])
        quarter = max(1, len(artists) // 4)
        liked |= np.isin(of.artists, artists[:quarter])
        disliked |= np.isin(of.artists, artists[quarter : 2 * quarter])
    return listener(of, liked, disliked, rng, any_seed=any_seed)


def clips(audio: Path, weights: Path, folder: Path) -> Labelled:
    with (audio / "clips.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    with Recommender(data_dir=folder, weights=weights, model="choi") as recommender:
        recommender.crawl(str(audio))
        recommender.extract()
        recommender.index()
        index = recommender.session.index(Ears.of(recommender.model))
        tracks = recommender.session.store().tracks.get_many(every_id(index))
    table = [rows[Path(tracks[id_].path or "").name] for id_ in every_id(index)]
    of_each = {name: [row[name] or row["file"] for row in table] for name in ("artist", "recording")}
    styles = np.unique([row["style"] for row in table], return_inverse=True)[1]
    styles = np.where([bool(row["style"]) for row in table], styles, -1)
    artists, recordings = (np.unique(of_each[name], return_inverse=True)[1] for name in ("artist", "recording"))
    return Labelled(index, every_id(index), every_point(index), styles, artists, recordings)


def made_up(n: int, folder: Path) -> Labelled:
    tracks = Realistic(n)
    blocks = list(tracks.blocks())
    artists = np.concatenate([by for by, _ in blocks])
    vectors = np.concatenate([vectors for _, vectors in blocks])
    style_of = np.random.default_rng(tracks.seed).integers(0, tracks.n_styles, max(1, n // 12))  # as `blocks` draws
    ids = [TrackId(f"t{i:08d}") for i in range(n)]
    index = build(folder, CHOI_EARS, Catalogue(ids, vectors, np.zeros((n, 1), np.float32)), progress=Silent())
    return Labelled(index, ids, index.place(vectors), style_of[artists], artists, np.arange(n))


def every_id(index: Index) -> list[TrackId]:
    return [id_ for block in index.blocks() for id_ in track_ids(block.ids.tolist())]


def every_point(index: Index) -> FloatArray:
    return np.concatenate([np.asarray(block.vectors) for block in index.blocks()])


def compared(
    of: Labelled, draw: Callable[..., Listener], n: int, *, any_seed: bool
) -> Iterator[tuple[str, list[Interval]]]:
    rng = np.random.default_rng(7)
    listeners = [draw(of, rng, any_seed=any_seed) for _ in range(n)]
    for name, method in METHODS.items():
        yield name, intervals([found(of, one, method) for one in listeners])


def changed(of: Labelled, n: int) -> Iterator[tuple[str, list[Interval]]]:
    """Listeners who liked other music up to a year ago, with another half-life each time. 0: all count alike."""
    rng = np.random.default_rng(8)
    asked = []
    for _ in range(n):
        before, now = (of_artists(of, rng, any_seed=False) for _ in range(2))
        days = np.concatenate([rng.uniform(YEAR, 2 * YEAR, len(before.likes)), rng.uniform(0, YEAR, len(now.likes))])
        likes = np.concatenate([before.likes, now.likes])
        free = before.may_be_found & now.may_be_found
        asked.append((days, Listener(now.seed, likes, now.dislikes, now.liked & free, before.liked & free, free)))
    for half_life in HALF_LIVES:
        ages = [(days - days.min()) / half_life if half_life else np.zeros(len(days)) for days, _ in asked]
        figures = [found(of, one, leaning(-1, ages=age)) for age, (_, one) in zip(ages, asked, strict=True)]
        yield f"half-life {half_life:.0f} days" if half_life else "no half-life", intervals(figures)


def intervals(figures: Sequence[Sequence[float]]) -> list[Interval]:
    (all_of,) = means([np.array(figures)], np.zeros(len(figures), np.int64))
    return all_of.intervals()[: len(FIGURES)]


def times(n: int) -> dict[str, float]:
    """Medians of a query by the id of a stored track, in ms: plain, with bans, with taste; in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tracks = Realistic(n)
        write_store(folder / "spotrec.db", tracks)
        chance = random.Random(3)
        with Recommender(data_dir=folder, ears=[str(CHOI)]) as recommender:
            recommender.index()
            store = recommender.session.store()
            asked = [track_id(i) for i in chance.sample(range(n), 10)]

            def ask(**options: bool) -> float:
                started = time.perf_counter()
                for id_ in asked:
                    recommender.query(id_, **options)  # type: ignore[arg-type] # `taste` alone
                return (time.perf_counter() - started) / len(asked) * 1000

            ask()
            figures: dict[str, list[float]] = {}
            for _ in range(3):
                figures.setdefault("query, no bans", []).append(ask())
            say(store, Verb.LIKE, chance.sample(range(n), 300))
            say(store, Verb.DISLIKE, chance.sample(range(n), 300))
            for _ in range(3):
                figures.setdefault("query, 600 opinions", []).append(ask())
                figures.setdefault("query --taste, 600 opinions", []).append(ask(taste=True))
            say(store, Verb.BAN, chance.sample(range(n), N_BANS - 200))
            store.taste.say(Verb.BAN, [Subject(Thing.ARTIST, f"Artist {i}") for i in range(200)], "bench")
            for _ in range(3):
                figures.setdefault("query, 1,000 bans", []).append(ask())
                figures.setdefault("query --taste, 1,000 bans", []).append(ask(taste=True))
    return {name: statistics.median(of) for name, of in figures.items()}


def say(store: FeatureStore, verb: Verb, numbers: Sequence[int]) -> None:
    tracks = store.tracks.get_many([track_id(i) for i in numbers])
    store.taste.say(verb, [store.taste.subject(track) for track in tracks.values()], "bench")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / "weights_layer4_theano.hdf5")
    parser.add_argument("--listeners", type=int, default=100)
    parser.add_argument("--tracks", type=int, default=20_000)
    parser.add_argument("--no-time", action="store_true")
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    for title, shown in measured(arguments.audio, arguments.weights, arguments.listeners, arguments.tracks):
        for method, numbers in shown.items():
            named = zip(FIGURES, numbers, strict=True)
            figures.update({f"{title}, {method}, {what}": one.value for what, one in named})
        if not arguments.json:
            show(title, shown)
    if not arguments.no_time:
        timed = times(N_TIMED)
        figures |= {f"{name} (ms)": ms for name, ms in timed.items()}
        if not arguments.json:
            print(f"{N_TIMED:,} tracks" + "".join(f"\n  {what:30}{ms:8.2f} ms" for what, ms in timed.items()))
    if arguments.json:
        print(json.dumps(figures))


def measured(audio: Path, weights: Path, n: int, n_tracks: int) -> Iterator[tuple[str, dict[str, list[Interval]]]]:
    seeds = (("a liked seed", False), ("any seed", True))
    with tempfile.TemporaryDirectory() as name:
        many = made_up(n_tracks, Path(name) / "index")
        for seed, any_seed in seeds:
            yield f"made up, {seed}", dict(compared(many, of_artists, n, any_seed=any_seed))
        yield "changed taste", dict(changed(many, n))
        if (audio / "clips.csv").is_file() and weights.is_file():
            few = clips(audio, weights, Path(name) / "data")
            for seed, any_seed in seeds:
                yield f"clips, {seed}", dict(compared(few, of_styles, n, any_seed=any_seed))


def show(title: str, results: Mapping[str, Sequence[Interval]]) -> None:
    print(f"{title:22}" + "".join(f"{what:>22}" for what in FIGURES))
    for method, numbers in results.items():
        print(f"  {method:20}" + "".join(f"{f'{n.value:.3f} ({n.low:.3f}–{n.high:.3f})':>22}" for n in numbers))


if __name__ == "__main__":
    main()
