"""How long a person waits for what must be fast: whole processes against the imports they cannot do without.

    python benchmarks/start_up.py [--json] [--runs 11]

Prints medians and the ratio of each pair; the processes of a pair take turns, so that a machine whose speed drifts
slows both.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from spotrec.store import Embedding, FeatureStore
from spotrec.track import ModelId, Track, TrackId

N_TRACKS = 2_000
SPOTREC = [sys.executable, "-m", "spotrec"]


def stored_catalogue(data: Path) -> str:
    """A store and an index of tracks with made-up embeddings; returns the id of one track."""
    rng = np.random.default_rng(0)
    tracks = [Track(TrackId(f"spotify:track:{i:022d}"), f"Song {i}", (f"Artist {i % 300}",)) for i in range(N_TRACKS)]
    with FeatureStore(data / "spotrec.db") as store:
        store.tracks.add(tracks)
        tags = np.full(50, 0.1, np.float32)
        heard = [Embedding(t.id, rng.random(160, np.float32), tags, "file", f"{i:064x}") for i, t in enumerate(tracks)]
        store.embeddings.save(ModelId("choi", 1, 160), heard)
    subprocess.run([*SPOTREC, "index"], check=True, capture_output=True)
    return tracks[7].id


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def pair(command: list[str], floor: str, runs: int) -> tuple[float, float, float]:
    """Medians of the command and of `python -c floor`, in seconds, and the median of their ratios."""
    bare = [sys.executable, "-c", floor]
    times = [(seconds(command), seconds(bare)) for _ in range(runs + 1)][1:]
    ratio = statistics.median(a / b for a, b in times)
    return statistics.median(a for a, _ in times), statistics.median(b for _, b in times), ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=11)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SPOTREC_DATA_DIR"] = folder
        os.environ.pop("SPOTREC_WEIGHTS", None)
        seed = stored_catalogue(Path(folder))
        pairs = {
            "help": ([*SPOTREC, "--help"], "import typer, rich"),
            "status": ([*SPOTREC, "status"], "import typer, rich, numpy, sqlite3"),
            "query": ([*SPOTREC, "query", seed], "import typer, numpy, sqlite3, annoy"),
        }
        figures: dict[str, float] = {}
        for name, (command, floor) in pairs.items():
            took_s, floor_s, ratio = pair(command, floor, arguments.runs)
            figures |= {f"{name}_s": took_s, f"{name}_floor_s": floor_s, f"{name}_ratio": ratio}
            if not arguments.json:
                print(f"spotrec {name}: {took_s * 1000:.0f} ms, {ratio:.2f} times `{floor}` ({floor_s * 1000:.0f} ms)")
    if arguments.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
