"""What the list of a station costs beside a query, in a large catalogue.

    python benchmarks/stations.py [--json] [--tracks 100000] [--stations 10]

A store is filled with vectors that lie as real music does (`tests/support/large_catalogue.py`), and indexed. Medians of
warm calls in one process: a query of 50 tracks, and the list of a station with the same seed, when nothing was heard
lately and when it was written on each of the 14 days before, as all the other stations were. Then one `refresh` of all
stations to files, for each station, in this process and as the process `spotrec station refresh`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from spotrec import Recommender
from support.catalogue import CHOI
from support.large_catalogue import Realistic, track_id, write_store
from support.stations import days_pass

N, DAYS, TIMES = 50, 14, 30


def milliseconds(ask: Callable[[], object], n: int = TIMES) -> float:
    """The median of `n` calls, after some to warm up."""
    times = []
    for i in range(n + 5):
        start = time.perf_counter()
        ask()
        if i >= 5:
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def measured(data: Path, n_tracks: int, n_stations: int) -> dict[str, float]:
    figures: dict[str, float] = {"tracks": n_tracks, "stations": n_stations, "n": N}
    with Recommender(data_dir=data, ears=[str(CHOI)]) as recommender:
        recommender.index()
        seeds = [track_id(i * n_tracks // n_stations) for i in range(n_stations)]
        names = [f"Station {i}" for i in range(n_stations)]
        for name, seed in zip(names, seeds, strict=True):
            recommender.new_station(name, seed, n=N, to=str(data / f"{name}.m3u8"))
        figures["query_ms"] = milliseconds(lambda: recommender.query(seeds[0], n=N))
        figures["list_ms"] = milliseconds(lambda: recommender.station(names[0]))
        served: set[str] = set()
        repeated = 0
        for _ in range(DAYS):
            made = recommender.station(names[0])
            repeated += len(served.intersection(track.id for track in made.tracks))
            served.update(track.id for track in made.tracks)
            recommender.refresh_stations()
            days_pass(data)
        figures["repeated"] = repeated
        figures["heard_lately"] = len(recommender.session.store().rows("select distinct track_id from heard"))
        figures["query_after_ms"] = milliseconds(lambda: recommender.query(seeds[0], n=N))
        figures["list_after_ms"] = milliseconds(lambda: recommender.station(names[0]))
        figures["refresh_each_ms"] = milliseconds(recommender.refresh_stations, 5) / n_stations
    command = [sys.executable, "-m", "spotrec", "station", "refresh", "--no-progress"]
    start = time.perf_counter()
    environment = {**os.environ, "SPOTREC_DATA_DIR": str(data), "SPOTREC_EARS": str(CHOI)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    figures["process_s"] = time.perf_counter() - start
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--stations", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        write_store(data / "spotrec.db", Realistic(arguments.tracks))
        figures = measured(data, arguments.tracks, arguments.stations)
    if arguments.json:
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}))
        return
    for name, value in figures.items():
        print(f"{name:16} {value:10.2f}" if value % 1 else f"{name:16} {value:10,.0f}")


if __name__ == "__main__":
    main()
