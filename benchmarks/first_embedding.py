"""How long the first embedding takes, against `import tensorflow` alone.

    python benchmarks/first_embedding.py [--json] [--runs 7]

Whole processes: `spotrec embed CLIP`, and `python -c "import tensorflow"`. They take turns, so that a machine whose
speed drifts slows both; printed are medians, and the median of the ratios of neighbours, of wall and of CPU time. Clip
and weights are those of `../shared`; where they are missing, music and weights made here.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
WEIGHTS = SHARED / "weights" / "weights_layer4_theano.hdf5"


def clip_and_weights(folder: Path) -> tuple[Path, Path]:
    clips = sorted((SHARED / "audio").glob("*.mp3"))
    if clips and WEIGHTS.is_file():
        return clips[0], WEIGHTS
    sys.path.insert(0, str(ROOT / "tests"))
    from support.music import encoded, seeded_weights, tune

    clip = folder / "clip.mp3"
    clip.write_bytes(encoded(tune(0, seconds=30)))
    return clip, seeded_weights(folder / "weights.hdf5")


def seconds(command: list[str]) -> tuple[float, float]:
    """Wall time of a process, and CPU time of all its threads and children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall_s, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(command: list[str], floor: list[str], runs: int) -> dict[str, float]:
    """Medians in seconds and of ratios; the first pair warms up."""
    pairs = [(seconds(command), seconds(floor)) for _ in range(runs + 1)][1:]
    figures = {}
    for i, clock in enumerate(("wall", "cpu")):
        figures[f"first_embedding_{clock}_s"] = statistics.median(ours[i] for ours, _ in pairs)
        figures[f"import_tensorflow_{clock}_s"] = statistics.median(bare[i] for _, bare in pairs)
        figures[f"{clock}_ratio"] = statistics.median(ours[i] / bare[i] for ours, bare in pairs)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip, weights = clip_and_weights(Path(folder))
        os.environ |= {"SPOTREC_DATA_DIR": folder, "SPOTREC_WEIGHTS": str(weights)}
        command = [sys.executable, "-m", "spotrec", "embed", str(clip), "--json"]
        figures = measured(command, [sys.executable, "-c", "import tensorflow"], arguments.runs)
    if arguments.json:
        print(json.dumps(figures))
        return
    for clock in ("wall", "cpu"):
        print(
            f"{clock}: first embedding {figures[f'first_embedding_{clock}_s']:.2f} s, `import tensorflow` "
            f"{figures[f'import_tensorflow_{clock}_s']:.2f} s, ratio {figures[f'{clock}_ratio']:.2f}"
        )


if __name__ == "__main__":
    main()
