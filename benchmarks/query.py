"""Building and asking an index of many tracks: how long, how much memory, how many of the true nearest are found.

    python benchmarks/query.py [--json] [--tracks 100000 1000000] [--queries 200] [--no-references]

Stores are filled with vectors that lie as real music does (`tests/support/large_catalogue.py` has how, and against what
it was held). For each size, in one run: `spotrec index` in a process of its own (seconds, peak memory), with the search
that it chooses and with Annoy; recall@10; a warm query in Python, by vector and by the id of a stored track; the
process `spotrec query ID` beside the imports it cannot do without, in turns; and on the same vectors exact NumPy, one
query at a time, and voyager and usearch as they come, where they are installed (`pip install voyager usearch`).
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from spotrec import Recommender
from spotrec.extract.models.mn04.model import MN04
from spotrec.index.index import Index, load
from spotrec.index.recall import recall_at, true_cosines
from spotrec.progress import Silent
from spotrec.vectors import FloatArray
from support.catalogue import CHOI, CHOI_EARS
from support.large_catalogue import Realistic, hear_also, track_id, write_store

Ask = Callable[[FloatArray], Sequence[int] | npt.NDArray[Any]]

K = 10
SPOTREC = [sys.executable, "-m", "spotrec"]
FLOOR = [sys.executable, "-c", "import typer, numpy, sqlite3, annoy"]


def built(root: Path, backend: str, *options: str) -> dict[str, float | str]:
    """Build an index in a process of its own: what it chose, seconds, and its peak memory in MB."""
    start = time.perf_counter()
    command = [*SPOTREC, "index", "--backend", backend, "--index-dir", str(root), "--json", "--no-progress", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("the index cannot be built")
    took_s = time.perf_counter() - start
    return {"backend": json.loads(said)["backend"], "build_s": took_s, "build_peak_mb": usage.ru_maxrss / 1024}


def milliseconds(ask: Callable[[int], object], n: int) -> float:
    """The median of `n` questions, after some to warm up."""
    for i in range(20):
        ask(i % n)
    times = []
    for i in range(n):
        start = time.perf_counter()
        ask(i)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def asked(index: Index, n_queries: int) -> dict[str, float]:
    """Recall and a warm query by vector."""
    (segment,) = index.segments
    points = np.array(segment.vectors[positions(len(segment), n_queries)])
    recall = recall_at(index, K, progress=Silent())
    return {"recall_at_10": recall, "nearest_ms": milliseconds(lambda i: index.nearest(points[i], K), n_queries)}


def positions(n: int, sample: int) -> npt.NDArray[np.int64]:
    return np.linspace(0, n - 1, min(sample, n)).astype(np.int64)


def by_id(root: Path, n_tracks: int, n_queries: int) -> dict[str, float]:
    """A warm `Recommender.query`, and the whole process beside its floor, in turns."""
    ids = [track_id(int(i)) for i in positions(n_tracks, n_queries)]
    with Recommender(index_dir=root) as recommender:
        query_ms = milliseconds(lambda i: recommender.query(ids[i]), len(ids))
    command = [*SPOTREC, "query", ids[0], "--ids", "--index-dir", str(root)]
    pairs = [(seconds(command), seconds(FLOOR)) for _ in range(12)][1:]
    return {
        "query_ms": query_ms,
        "process_s": statistics.median(a for a, _ in pairs),
        "floor_s": statistics.median(b for _, b in pairs),
        "process_ratio": statistics.median(a / b for a, b in pairs),
    }


def by_several(root: Path, n_tracks: int, n_queries: int) -> dict[str, float]:
    """Warm queries by Choi's network alone and by a set with mn04, in turns: medians, and the set beside the one.

    Of both, wall time and CPU time: other work on the machine makes the first meaningless.
    """
    ids = [track_id(int(i)) for i in positions(n_tracks, n_queries)]
    with (
        Recommender(index_dir=root, ears=[str(CHOI)]) as alone,
        Recommender(index_dir=root, ears=[str(CHOI), "mn04"]) as together,
    ):
        times: dict[str, list[float]] = {"alone": [], "set": []}
        cpu_times: dict[str, list[float]] = {"alone": [], "set": []}
        for id_ in [*ids[:20], *ids]:
            for name, recommender in zip(times, (alone, together), strict=True):
                start, cpu_start = time.perf_counter(), time.process_time()
                recommender.query(id_)
                cpu_times[name].append(1000 * (time.process_time() - cpu_start))
                times[name].append(1000 * (time.perf_counter() - start))
    figures = {f"{name}_ms": statistics.median(took[20:]) for name, took in times.items()}
    figures |= {f"{name}_cpu_ms": statistics.median(took[20:]) for name, took in cpu_times.items()}
    ratios = {"ratio": figures["set_ms"] / figures["alone_ms"]}
    return figures | ratios | {"cpu_ratio": figures["set_cpu_ms"] / figures["alone_cpu_ms"]}


def filtered(root: Path, store: Path, n_tracks: int, n_queries: int) -> dict[str, float]:
    """Warm queries with filters of artists and of what one has, in turns with plain ones: medians in milliseconds.

    A fifth of the tracks are files here, and a collection has a tenth of all tracks.
    """
    with sqlite3.connect(store) as db:
        db.execute("update track set path = '/music/' || id where rowid % 5 = 0")
        db.execute("insert or ignore into collection (id, kind, title) values ('m3u:/a-tenth', 'playlist', 'A tenth')")
        db.execute(
            "insert or ignore into collection_track (collection_id, position, track_id) "
            "select 'm3u:/a-tenth', rowid, id from track where rowid % 10 = 0"
        )
    ways: dict[str, dict[str, Any]] = {
        "plain_ms": {},
        "artist_ms": {"artist": "Artist 5"},
        "not_artist_ms": {"not_artist": ["Artist 5"]},
        "new_artists_ms": {"new_artists": True},
        "new_artists_to_ms": {"new_artists_to": ["collection:A tenth"]},
        "known_ms": {"known": True},
        "unknown_ms": {"known": False},
    }
    ids = [track_id(int(i)) for i in positions(n_tracks, n_queries)]
    times: dict[str, list[float]] = {name: [] for name in ways}
    with Recommender(index_dir=root, store=store, ears=[str(CHOI)]) as recommender:
        for id_ in [*ids[:3], *ids]:
            for name, options in ways.items():
                start = time.perf_counter()
                recommender.query(id_, **options)
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(took[3:]) for name, took in times.items()}


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def by_numpy(vectors: FloatArray) -> Ask:
    def ask(point: FloatArray) -> npt.NDArray[Any]:
        return np.argpartition(vectors @ point, len(vectors) - K)[-K:]

    return ask


def by_voyager(vectors: FloatArray) -> Ask:
    import voyager

    index = voyager.Index(voyager.Space.InnerProduct, vectors.shape[1])
    index.add_items(vectors)
    return lambda point: index.query(point, K)[0]


def by_usearch(vectors: FloatArray) -> Ask:
    from usearch.index import Index as Usearch

    index = Usearch(ndim=vectors.shape[1], metric="ip", dtype="f32")
    index.add(np.arange(len(vectors)), vectors)
    return lambda point: index.search(point, K).keys


def references(index: Index, n_queries: int, *, only_numpy: bool) -> dict[str, dict[str, float]]:
    """What others make of the same vectors; who is not installed is left out."""
    vectors = np.array(index.segments[0].vectors)
    points = vectors[positions(len(vectors), n_queries)]
    truth = true_cosines(index.segments[0], points, K, Silent())[:, :1]
    figures: dict[str, dict[str, float]] = {}
    for name, make in {"numpy": by_numpy, "voyager": by_voyager, "usearch": by_usearch}.items():
        if only_numpy and name != "numpy":
            continue
        start = time.perf_counter()
        try:
            ask = make(vectors)
        except ImportError:
            print(f"{name} is not installed: left out", file=sys.stderr)
            continue
        build_s = time.perf_counter() - start
        found = np.array([vectors[np.asarray(ask(point), np.int64)] @ point for point in points])
        recall = float((found >= truth - 1e-5).mean())
        ms = milliseconds(lambda i, ask=ask: ask(points[i]), n_queries)  # type: ignore[misc] # bound for each
        figures[name] = {"build_s": build_s, "recall_at_10": recall, "nearest_ms": ms}
    return figures


def measured(n_tracks: int, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    os.environ["SPOTREC_DATA_DIR"] = str(folder)
    start = time.perf_counter()
    write_store(folder / "spotrec.db", Realistic(n_tracks))
    figures: dict[str, Any] = {"filled_s": time.perf_counter() - start}
    for backend in ("auto", "annoy"):
        root = folder / backend
        figures[backend] = built(root, backend)
        index = load(root, CHOI_EARS)
        figures[backend] |= asked(index, arguments.queries) | by_id(root, n_tracks, arguments.queries)
    figures["filters"] = filtered(folder / "auto", folder / "spotrec.db", n_tracks, min(arguments.queries, 20))
    hear_also(folder / "spotrec.db", Realistic(n_tracks, model=MN04))
    root = folder / "several"
    for names in ([str(CHOI)], [str(CHOI), "mn04"]):
        built(root, "auto", *(option for name in names for option in ("--model", name)))
    figures["several"] = by_several(root, n_tracks, arguments.queries)
    figures |= references(index, arguments.queries, only_numpy=arguments.no_references)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tracks", type=int, nargs="+", default=[100_000])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--no-references", action="store_true", help="leave out voyager and usearch")
    arguments = parser.parse_args()
    os.environ.pop("SPOTREC_WEIGHTS", None)
    figures = {}
    for n_tracks in arguments.tracks:
        with tempfile.TemporaryDirectory() as folder:
            figures[n_tracks] = measured(n_tracks, Path(folder), arguments)
        if not arguments.json:
            show(n_tracks, figures[n_tracks])
    if arguments.json:
        print(json.dumps(figures))


def show(n_tracks: int, figures: dict[str, Any]) -> None:
    print(f"{n_tracks:,} tracks (the store was filled in {figures.pop('filled_s'):.0f} s)")
    for name, said in figures.items():
        values = (f"{key} {value:.4g}" if isinstance(value, float) else f"{value}" for key, value in said.items())
        print(f"  {name}: {', '.join(values)}")


if __name__ == "__main__":
    main()
