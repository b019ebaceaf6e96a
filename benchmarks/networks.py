"""What a clip costs each network with its front end, relative to `choi-2`.

    python benchmarks/networks.py [--json] [--runs 15] [--weights ../shared/weights]

All hear the same number of clips of 30 s, by turns in one process, eight at once as in extraction. Printed are the
median and the least CPU time of all threads for a clip, and the median over the turns of its ratio to `choi-2` of the
same turn: on a busy machine that says more than either time. A network without weights is left out.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from spotrec.extract.cost import clips_of_noise
from spotrec.extract.models import AudioModel
from spotrec.extract.models.registry import find
from spotrec.extract.weights import installed_path
from spotrec.settings import resolve

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("choi-2", "mn04-1", "musicnn-1")


def weights_of(model: AudioModel, folder: Path) -> Path | None:
    """The settings' weights, installed ones, or those in a folder."""
    assert model.weights
    assert model.weights.setting
    settings = resolve()
    own: Path | None = getattr(settings, model.weights.setting)
    places = [own, installed_path(settings, model.weights), folder / model.weights.files[0].name]
    return next((path for path in places if path and path.is_file()), None)


def cpu_ms(work: Callable[[], object], n: int) -> float:
    before = time.process_time()
    work()
    return 1000 * (time.process_time() - before) / n


def measured(folder: Path, runs: int) -> dict[str, dict[str, float]]:
    steps: dict[str, list[Callable[[], object]]] = {}
    n = 8
    for name in NAMES:
        model = find(name)
        if not (path := weights_of(model, folder)):
            continue
        network = model.load(path, model.id)
        clips = clips_of_noise(model.sample_rate_hz, n)
        prepared = [model.prepare(clip) for clip in clips]
        steps[name] = [
            lambda model=model, clips=clips: [model.prepare(clip) for clip in clips],  # type: ignore[misc] # bound now
            lambda network=network, prepared=prepared: network.embed(prepared),  # type: ignore[misc] # bound now
        ]
    turns: dict[str, list[tuple[float, float]]] = {name: [] for name in steps}
    for _ in range(runs + 1):
        for name, (front_end, network_step) in steps.items():
            turns[name].append((cpu_ms(front_end, n), cpu_ms(network_step, n)))
    figures = {}
    first = [sum(turn) for turn in turns["choi-2"][1:]]
    for name, all_turns in turns.items():
        both = [sum(turn) for turn in all_turns[1:]]  # without the first, which warms up
        figures[name] = {
            "front_end_ms": median(turn[0] for turn in all_turns[1:]),
            "network_ms": median(turn[1] for turn in all_turns[1:]),
            "least_ms": min(both),
            "ratio": median(mine / other for mine, other in zip(both, first, strict=True)),
            "network_ratio": median(
                mine[1] / other[1] for mine, other in zip(all_turns[1:], turns["choi-2"][1:], strict=True)
            ),
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--weights", type=Path, default=ROOT.parent / "shared" / "weights")
    arguments = parser.parse_args()
    figures = measured(arguments.weights, arguments.runs)
    if arguments.json:
        print(json.dumps(figures))
        return
    print("CPU, ms per clip of 30 s   front end   network    least of both   both / choi-2   network / choi-2")
    for name, one in figures.items():
        print(
            f"{name:24}   {one['front_end_ms']:9.1f}   {one['network_ms']:7.1f}   {one['least_ms']:14.1f}   "
            f"{one['ratio']:13.2f}   {one['network_ratio']:16.2f}"
        )


if __name__ == "__main__":
    main()
