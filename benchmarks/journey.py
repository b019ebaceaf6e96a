"""Journeys: how good is the worst step, how even are the steps, and what did the way before this one do?

    python benchmarks/journey.py [--json] [--pairs 40] [--lengths 12] [--tracks 100000] [--bound] [--audio FOLDER]
                                 [--weights FOLDER] [--ears choi,mn04]

Journeys between random pairs, over three catalogues: a folder of clips (`../shared/audio` has 82 of game music; any
other folder of music will do), what `spotrec demo` makes, and `--tracks` made-up tracks whose vectors lie as those of
real music do (`tests/support/large_catalogue.py`). For each length, the method of spotrec stands beside the one that it
replaced, which chose one track around each point of the great circle by the least sum of costs:

    worst, least worst    the similarity of the least similar step: mean over the journeys, and of the worst journey
    step                  the mean similarity of a step
    unevenness            the standard deviation of the angles of a journey's steps, as a share of their mean
    rises                 the share of journeys along which each track is further along than the one before: for the
                          method before by its share of the great circle, now by the share of the steps behind it
    turns back            by how much a journey falls back in all, of the position from start, 0, to end, 1, which is
                          the angle from the start as a share of the angles from both
    tau                   Kendall's, between the order and this position
    seconds               the median of a journey

`possible` is a bound of the worst step: that of the best way which may repeat tracks. Among the made-up tracks, with
`--bound`, it is a looser one, of ways of any length, and takes less than a minute more.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from spotrec import Recommender
from spotrec.demo.demo import run_demo
from spotrec.extract.models.mn04.model import MN04
from spotrec.index.index import Index
from spotrec.progress import Silent
from spotrec.query.acoustic_copies import AcousticCopies
from spotrec.query.arc import Arc
from spotrec.query.copies import distinct
from spotrec.query.even_steps import positions
from spotrec.query.ranking import Hit
from spotrec.query.worst_step import steps_between, widest
from spotrec.settings import resolve
from spotrec.track import TrackId
from spotrec.vectors import DoubleArray
from support.catalogue import CHOI
from support.large_catalogue import Realistic, hear_also, write_store

SHARED = Path(__file__).resolve().parents[2] / "shared"
SMALL = 2_000
_TREE = 100
"""Tracks around each end that the bound for many tracks looks at."""


@dataclass(frozen=True, slots=True)
class Music:
    """A catalogue with its index. `placed` (n, dim) in the order of `ids`."""

    recommender: Recommender
    index: Index
    ids: list[TrackId]
    placed: DoubleArray

    @classmethod
    def of(cls, recommender: Recommender) -> "Music":
        recommender.index()
        with recommender.session.view() as view:
            index = view.index()
        blocks = list(index.blocks())
        ids = [TrackId(id_.decode()) for block in blocks for id_ in block.ids.tolist()]
        return cls(recommender, index, ids, np.concatenate([block.vectors for block in blocks]).astype(np.float64))


@dataclass(frozen=True, slots=True)
class Way:
    """A journey by rows of `placed`, and how far along its method says that each track is."""

    rows: list[int]
    along: list[float]


def spotrec(music: Music, start: int, end: int, n: int) -> Way:
    steps = music.recommender.journey(music.ids[start], music.ids[end], n, fetch=False).steps
    return Way([_row(music, step.track.id) for step in steps], [step.along for step in steps])


def _row(music: Music, id_: TrackId) -> int:
    (row,) = music.index.segments[0].positions_of([id_])
    return int(row)


def before(music: Music, start: int, end: int, n: int) -> Way:
    """The method that was replaced, without its limit per artist."""
    arc = Arc.between(*music.placed[[start, end]])
    targets = arc.at(np.arange(1, n - 1) / (n - 1)).astype(np.float32)
    near = [music.index.nearest(target, min(60, len(music.ids))) for target in targets]
    ranked = (hits[rank] for rank in range(max(map(len, near))) for hits in near if rank < len(hits))
    store = music.recommender.session.store()
    ids = music.ids[start], music.ids[end]
    copies = AcousticCopies(store, music.index, frozenset(ids), {}, {}, {})
    hits = (Hit(hit.track_id, hit.similarity) for hit in ranked)
    found = distinct(hits, store, copies, store.candidates.identities(ids))[:800]
    rows = np.array([_row(music, one.track.id) for one in sorted(found, key=lambda one: one.track.id)])
    shares = shares_of(arc, music.placed[rows])
    forwards = np.lexsort((np.arange(len(rows)), shares, np.clip(shares, 0, 1)))
    chosen, points, along = [], music.placed[rows][forwards], np.clip(shares, 0, 1)[forwards]
    cubed = (1 - points @ points.T) ** 3
    cubed[np.tril_indices(len(points))] = np.inf
    goals = np.arange(1, n - 1) / (n - 1)
    beside = (1 - arc.at(goals) @ points.T) / 2 + (along - goals[:, None]) ** 2
    cost = (1 - points @ music.placed[start]) ** 3 + beside[0]
    came_from = []
    for one in beside[1:]:
        through = cost[:, None] + cubed
        came_from.append(through.argmin(axis=0))
        cost = through.min(axis=0) + one
    chosen = [int((cost + (1 - points @ music.placed[end]) ** 3).argmin())]
    for best in reversed(came_from):
        chosen.append(int(best[chosen[-1]]))
    chosen.reverse()
    way = [start, *(int(rows[forwards][one]) for one in chosen), end]
    return Way(way, [0.0, *along[chosen].tolist(), 1.0])


def shares_of(arc: Arc, points: DoubleArray) -> DoubleArray:
    """How far along the great circle points lie: what the method before called along."""
    turned = np.arctan2(points @ arc.across, points @ arc.start)
    middle = arc.angle / 2
    return (np.mod(turned - middle + np.pi, 2 * np.pi) - np.pi + middle) / arc.angle


def measured(music: Music, method: Callable[..., Way], pairs: Sequence[Sequence[int]], n: int) -> dict[str, float]:
    found, times = [], []
    method(music, *pairs[0], n)
    for start, end in pairs:
        began = time.perf_counter()
        way = method(music, start, end, n)
        times.append(time.perf_counter() - began)
        vectors = music.placed[way.rows]
        steps = (vectors[:-1] * vectors[1:]).sum(axis=1)
        angles = np.arccos(np.clip(steps, -1, 1))
        position = positions(vectors)
        found.append(
            (
                steps.min(),
                steps.mean(),
                angles.std() / angles.mean(),
                bool((np.diff(way.along) > 0).all()),
                np.maximum(-np.diff(position), 0).sum(),
                kendalltau(np.arange(n), position)[0] if n > 2 else 1.0,
            )
        )
    names = ("worst", "step", "unevenness", "rises", "turns back", "tau")
    means = dict(zip(names, np.mean(found, axis=0).tolist(), strict=True))
    return {**means, "least worst": float(min(one[0] for one in found)), "seconds": statistics.median(times)}


def possible(music: Music, pairs: Sequence[Sequence[int]], n: int) -> dict[str, float]:
    """The bound over a small catalogue."""
    bounds = []
    for start, end in pairs:
        others = [i for i in range(len(music.ids)) if i not in (start, end)]
        bounds.append(widest(steps_between(music.placed[[start, *others, end]]), n))
    return {"worst": float(np.mean(bounds)), "least worst": min(bounds)}


def possible_of_many(music: Music, pairs: Sequence[Sequence[int]]) -> dict[str, float]:
    """A bound over a large catalogue, of ways of any length.

    Around each end a tree grows, always by the track that is most similar to one of its tracks. Every way to the other
    end leaves the tree, by a step that is at most as similar as the best one that leaves it: the least of these counts.
    """
    vectors = music.placed.astype(np.float32)
    ends = np.array([ends for one, other in pairs for ends in ((one, other), (other, one))])
    trees = np.arange(len(ends))
    leaving = np.full((len(ends), len(vectors)), -2, np.float32)
    is_inside, is_open = np.zeros(leaving.shape, bool), np.ones(len(ends), bool)
    least = np.full(len(ends), np.inf)
    newest = ends[:, 0]
    for _ in range(_TREE):
        is_inside[trees, newest] = True
        np.maximum(leaving, vectors[newest] @ vectors.T, out=leaving)
        leaving[is_inside] = -2
        newest = leaving.argmax(axis=1)
        least[is_open] = np.minimum(least, leaving[trees, newest])[is_open]
        is_open &= newest != ends[:, 1]
    bounds = least.reshape(-1, 2).min(axis=1)
    return {"worst": float(bounds.mean()), "least worst": float(bounds.min())}


def compared(
    music: Music, n_pairs: int, lengths: Sequence[int], *, bound: bool
) -> dict[str, dict[str, dict[str, float]]]:
    rng = np.random.default_rng(0)
    pairs = [rng.choice(len(music.ids), 2, replace=False).tolist() for _ in range(n_pairs)]
    fitting = [n for n in lengths if n <= len(music.ids)]
    found = {
        str(n): {"before": measured(music, before, pairs, n), "spotrec": measured(music, spotrec, pairs, n)}
        for n in fitting
    }
    if len(music.ids) <= SMALL:
        for n in fitting:
            found[str(n)]["possible"] = possible(music, pairs, n)
    elif bound:
        of_any_length = possible_of_many(music, pairs)
        for n in fitting:
            found[str(n)]["possible"] = of_any_length
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--lengths", type=int, nargs="+", default=[12])
    parser.add_argument("--tracks", type=int, default=100_000, help="0 leaves the made-up tracks out")
    parser.add_argument("--bound", action="store_true", help="what is possible among the made-up tracks")
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights")
    parser.add_argument("--ears", default="choi,mn04")
    arguments = parser.parse_args()
    settings = {
        "weights": arguments.weights / "weights_layer4_theano.hdf5",
        "mn04_weights": arguments.weights / "mn04_as_mAP_432.pt",
        "ears": arguments.ears.split(","),
    }
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.audio.is_dir():
            with Recommender(data_dir=folder / "clips", **settings) as clips:
                clips.crawl(str(arguments.audio))
                clips.extract()
                found["clips"] = compared(Music.of(clips), arguments.pairs, arguments.lengths, bound=False)
        run_demo(resolve({**settings, "data_dir": folder / "demo"}), folder / "demo", 5, Silent())
        with Recommender(data_dir=folder / "demo", **settings) as demo:
            found["demo"] = compared(Music.of(demo), arguments.pairs, arguments.lengths, bound=False)
        if arguments.tracks:
            store = folder / "made-up" / "spotrec.db"
            store.parent.mkdir()
            write_store(store, Realistic(arguments.tracks))
            hear_also(store, Realistic(arguments.tracks, model=MN04))
            with Recommender(data_dir=store.parent, ears=[str(CHOI), str(MN04.id)]) as made_up:
                music = Music.of(made_up)
                found["made up"] = compared(music, arguments.pairs, arguments.lengths, bound=arguments.bound)
    if arguments.json:
        print(json.dumps(found))
        return
    columns = ("worst", "least worst", "step", "unevenness", "rises", "turns back", "tau", "seconds")
    for title, lengths in found.items():
        for n, rows in lengths.items():
            print(f"{title + ', ' + n + ' tracks':24}" + "".join(f"{column:>13}" for column in columns))
            for method, row in rows.items():
                cells = (f"{row[column]:13.3f}" if column in row else " " * 13 for column in columns)
                print(f"  {method:22}" + "".join(cells))


if __name__ == "__main__":
    main()
