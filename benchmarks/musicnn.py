"""What a clip costs musicnn, against the graph that its description spells out.

    python benchmarks/musicnn.py [--json] [--runs 15] [--weights MSD_musicnn.index]

The plain graph is `tf.nn.conv2d` with batch normalisation and maximum after it, layer by layer, all patches of a clip
at once. Both hear the same 30 s clips, by turns in one process. Printed are the least CPU time of all threads for one
clip, the least wall time a clip while as many are heard side by side as there are cores, and how far the vectors are
apart. Weights are those installed, or seeded ones: the cost is the same.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from spotrec.audio.decode import decode
from spotrec.extract.models.musicnn.front_end import SAMPLE_RATE_HZ, log_mel_patches
from spotrec.extract.models.musicnn.kernels import EPSILON, Weights, layer
from spotrec.extract.models.musicnn.model import MUSICNN, MusicnnNetwork
from spotrec.extract.models.musicnn.weights import read_weights
from spotrec.extract.tensorflow import load_tensorflow
from spotrec.extract.weights import installed_path
from spotrec.settings import resolve
from spotrec.vectors import FloatArray

ROOT = Path(__file__).resolve().parents[1]
Hear = Callable[[FloatArray], Any]


def plain_graph(weights: Weights) -> Any:
    """A `tf.function`: (n_patches, 187, 96) → (200,), (50,)."""
    tf = load_tensorflow()

    def normalised(x: Any, i: int) -> Any:
        gamma, beta, mean, variance = (
            weights[f"{layer('batch_normalization', i)}/{part}"]
            for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        return (x - mean) / np.sqrt(variance + np.float32(EPSILON)) * gamma + beta

    def convolved(x: Any, i: int, padding: str) -> Any:
        name = layer("conv2d", i)
        x = tf.nn.conv2d(x, weights[f"{name}/kernel"], 1, padding)
        return normalised(tf.nn.relu(x + weights[f"{name}/bias"]), i + 1)

    def over_time(x: Any, i: int) -> Any:
        padded = tf.pad(x, [[0, 0], [3, 3], [0, 0]])[..., None]
        return convolved(padded, i, "VALID")[:, :, 0]

    def run(patches: Any) -> Any:
        x = normalised(patches[..., None], 0)
        padded = tf.pad(x, [[0, 0], [3, 3], [0, 0], [0, 0]])
        fronts = [convolved(padded, i, "VALID") for i in (0, 1)] + [convolved(x, i, "SAME") for i in (2, 3, 4)]
        front = tf.concat([tf.reduce_max(one, axis=2) for one in fronts], axis=2)
        first = over_time(front, 5)
        second = over_time(first, 6) + first
        third = over_time(second, 7) + second
        middle = tf.concat([front, first, second, third], axis=2)
        pooled = tf.stack([tf.reduce_max(middle, axis=1), tf.reduce_mean(middle, axis=1)], axis=2)
        flat = normalised(tf.reshape(pooled, [-1, 1506]), 9)
        vectors = normalised(tf.nn.relu(flat @ weights["dense/kernel"] + weights["dense/bias"]), 10)
        tags = tf.sigmoid(vectors @ weights["dense_1/kernel"] + weights["dense_1/bias"])
        return tf.reduce_mean(vectors, axis=0), tf.reduce_mean(tags, axis=0)

    return tf.function(run, input_signature=[tf.TensorSpec((None, 187, 96), tf.float32)], autograph=False)


def clips() -> list[FloatArray]:
    """Samples of eight real clips; without `../shared`, of made-up ones."""
    files = sorted((ROOT.parent / "shared" / "audio").glob("*.mp3"))[:8]
    if files:
        return [decode(file.read_bytes(), SAMPLE_RATE_HZ) for file in files]
    sys.path.insert(0, str(ROOT / "tests"))
    from support.music import tune

    return [tune(seed, seconds=30, rate=SAMPLE_RATE_HZ) for seed in range(8)]


def checkpoint(named: Path | None, folder: Path) -> Path:
    assert MUSICNN.weights is not None
    settings = resolve()
    path = named or settings.musicnn_weights or installed_path(settings, MUSICNN.weights)
    if named or path.is_file():
        return path
    sys.path.insert(0, str(ROOT / "tests"))
    from support.musicnn import seeded_weights, write_checkpoint

    return write_checkpoint(folder / "seeded.index", seeded_weights())


def cpu_s(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def side_by_side_s(hear: Hear, prepared: Sequence[FloatArray]) -> float:
    """Wall time a clip."""
    start = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(hear, prepared))
    return (time.perf_counter() - start) / len(prepared)


def measured(path: Path, runs: int) -> dict[str, float]:
    samples = clips()
    prepared = [log_mel_patches(one) for one in samples]
    as_described = [np.ascontiguousarray(one.swapaxes(1, 2)) for one in prepared]
    plain, ours = plain_graph(read_weights(path)), MusicnnNetwork(path)
    vectors = np.stack([plain(one)[0].numpy() for one in as_described])
    figures = {"apart": float(np.abs(ours.embed(prepared)[0] - vectors).max())}
    costs: dict[str, list[float]] = {name: [] for name in ("front_end", "plain", "network", "plain_wall", "wall")}
    for run in range(runs):
        i = run % len(samples)
        costs["front_end"].append(cpu_s(lambda i=i: log_mel_patches(samples[i])))  # type: ignore[misc] # bound now
        costs["plain"].append(cpu_s(lambda i=i: plain(as_described[i])))  # type: ignore[misc] # bound now
        costs["network"].append(cpu_s(lambda i=i: ours.embed([prepared[i]])))  # type: ignore[misc] # bound now
        if run % 4 == 0:
            costs["plain_wall"].append(side_by_side_s(plain, as_described))
            costs["wall"].append(side_by_side_s(lambda one: ours.embed([one]), prepared))
    figures |= {f"{name}_ms": 1000 * min(values) for name, values in costs.items()}
    figures["cpu_ratio"] = figures["network_ms"] / figures["plain_ms"]
    figures["wall_ratio"] = figures["wall_ms"] / figures["plain_wall_ms"]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(checkpoint(arguments.weights, Path(folder)), arguments.runs)
    if arguments.json:
        print(json.dumps(figures))
        return
    print("one clip of 30 s, ms        front end   plain graph   network   network / plain")
    print(
        f"CPU, all threads            {figures['front_end_ms']:9.1f}   {figures['plain_ms']:11.1f}   "
        f"{figures['network_ms']:7.1f}   {figures['cpu_ratio']:15.2f}"
    )
    print(
        f"wall, all cores side by side            {figures['plain_wall_ms']:11.1f}   "
        f"{figures['wall_ms']:7.1f}   {figures['wall_ratio']:15.2f}"
    )
    print(f"vectors are at most {figures['apart']:.1e} apart")


if __name__ == "__main__":
    main()
