"""By how much less `extract` with several models costs than the sum of runs with each of them: one decode for all.

    python benchmarks/one_decode.py [--json] [--model choi --model musicnn] [--clips 96] [--rounds 5] [--audio FOLDER]

Real clips (`../shared/audio`, repeated) are extracted by each model alone and by all together, in turns, round after
round in one process, through the same executors as `spotrec extract`; starting is left out. A round gives

- CPU time a clip: this process and its decoding processes;
- wall time a clip;
- `cpu_ratio` and `wall_ratio`: together / the sum of the single runs.

Medians over the rounds are printed, and of each ratio its lowest and highest. Models need installed weights
(`spotrec models install NAME`); Choi's are read from `../shared` where they are.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.extract import clips_of
from spotrec import Recommender
from spotrec.extract.executors.local import LocalExecutor
from spotrec.extract.extract import ExtractReport, extract
from spotrec.progress import Silent
from spotrec.store import FeatureStore
from spotrec.track import PendingAudio, StoredAudio, Track, TrackId

SHARED = Path(__file__).resolve().parents[2] / "shared"
WARM_UP = 8
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s() -> float:
    """CPU seconds of this process and its children until now."""
    me = os.getpid()
    children = map(int, Path(f"/proc/{me}/task/{me}/children").read_text().split())
    return time.process_time() + sum(map(_cpu_of, children))


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def run(store: FeatureStore, recommender: Recommender, executor: LocalExecutor, clips: Sequence[StoredAudio]) -> None:
    """Extract the clips anew and store their features."""
    tasks = []
    for n, clip in enumerate(clips):
        id_ = TrackId(f"file:{n:032x}")
        store.tracks.add([Track(id_, f"Clip {n}", ())])
        audio = StoredAudio(id_, clip.address, False, clip.sha256, clip.n_bytes, "file")
        tasks.append(PendingAudio(audio, executor.ears))
    report = extract(
        store, recommender.session.caches, executor, ExtractReport(str(executor.ears)), progress=Silent(), tasks=tasks
    )
    assert report.extracted == len(clips), report.failures[:3]


def measured(
    store: FeatureStore, recommender: Recommender, executors: Sequence[LocalExecutor], clips: Sequence[StoredAudio]
) -> list[dict[str, float]]:
    """CPU and wall milliseconds a clip of each executor, one after the other."""
    found = []
    for executor in executors:
        before_cpu, before = cpu_s(), time.perf_counter()
        run(store, recommender, executor, clips)
        took, took_cpu = time.perf_counter() - before, cpu_s() - before_cpu
        found.append({"cpu_ms": 1000 * took_cpu / len(clips), "wall_ms": 1000 * took / len(clips)})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", action="append", help="each model that hears; choi and musicnn by default")
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / "weights_layer4_theano.hdf5")
    arguments = parser.parse_args()
    clips = list(islice(cycle(clips_of(arguments.audio)), arguments.clips))
    if not clips:
        sys.exit(f"there are no clips in {arguments.audio}: give a folder of previews with --audio")
    weights = {"weights": arguments.weights} if arguments.weights.is_file() else {}
    names = arguments.model or ["choi", "musicnn"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        recommender = stack.enter_context(
            Recommender(store=folder / "spotrec.db", cache=str(folder / "audio"), model=names, **weights)
        )
        store = stack.enter_context(FeatureStore(folder / "spotrec.db"))
        models = recommender.models
        sets = [*([model] for model in models), list(models)]
        executors = [
            stack.enter_context(closing(recommender.session.executors.over(recommender.session.caches, one, Silent())))
            for one in sets
        ]
        for executor in executors:
            run(store, recommender, executor, clips[:WARM_UP])
        rounds = [measured(store, recommender, executors, clips) for _ in range(arguments.rounds)]
    figures: dict[str, float] = {"cores": os.cpu_count() or 1, "clips": arguments.clips, "rounds": arguments.rounds}
    for i, executor in enumerate(executors):
        for what in ("cpu_ms", "wall_ms"):
            figures[f"{executor.ears} {what}"] = round(statistics.median(one[i][what] for one in rounds), 1)
    for what in ("cpu", "wall"):
        *alone, together = ([one[i][f"{what}_ms"] for one in rounds] for i in range(len(executors)))
        ratios = [joint / sum(each) for joint, *each in zip(together, *alone, strict=True)]
        low, middle, high = (round(f(ratios), 3) for f in (min, statistics.median, max))
        figures |= {f"{what}_ratio": middle, f"{what}_ratio_low": low, f"{what}_ratio_high": high}
    if arguments.json:
        print(json.dumps(figures))
        return
    for executor in executors:
        cpu_ms, wall_ms = (figures[f"{executor.ears} {what}"] for what in ("cpu_ms", "wall_ms"))
        print(f"{executor.ears.name}: {cpu_ms} ms of CPU a clip, {wall_ms} ms of wall time")
    for what in ("cpu", "wall"):
        middle, low, high = (figures[f"{what}_ratio{end}"] for end in ("", "_low", "_high"))
        print(f"{what}: together {middle} of the sum of single runs ({low} to {high})")


if __name__ == "__main__":
    main()
