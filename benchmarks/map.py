"""What brings a catalogue onto a map: reducers side by side, on real and on synthetic tracks.

    python benchmarks/map.py [--json] [--sizes 1000 10000] [--audio FOLDER] [--only NAME]

Each reducer runs in processes of its own, three times: with two threads twice, and with one. Told are the least wall
and CPU time of the processes, import and compilation included; whether the maps are equal, bit for bit; the share of a
track's ten nearest in the space that are among its ten nearest on the map; and trustworthiness at ten (Venna and Kaski
2001), both over an even sample of 1,000 tracks. The synthetic tracks are Gaussian clusters, their centres and their
spread with the covariances of `reference_space.npz`; the real ones are the clips of a folder, `../shared/audio`.

It needs `pip install umap-learn openTSNE pacmap` beside `spotrec[plots]`; what is not here is left out.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec import Recommender
from spotrec.extract.models.choi.model import CHOI_1
from spotrec.index.space import fit
from spotrec.map.placement import place
from spotrec.progress import Silent
from spotrec.track import Ears, ModelId
from spotrec.vectors import FloatArray

SHARED = Path(__file__).resolve().parents[2] / "shared"
CHOI = ModelId("choi", 1, 160)
NEIGHBOURS = 10
SAMPLE = 1_000
SEED = 0


def by_spotrec(points: FloatArray) -> npt.NDArray[np.float64]:
    return place(points, 0, progress=Silent()).places


def by_pca(points: FloatArray) -> FloatArray:
    from sklearn.decomposition import PCA

    return np.asarray(PCA(2, svd_solver="full").fit_transform(points))


def by_sklearn(points: FloatArray) -> FloatArray:
    from sklearn.manifold import TSNE

    reducer = TSNE(init="pca", metric="cosine", random_state=SEED, perplexity=min(30, (len(points) - 1) / 3), n_jobs=2)
    return np.asarray(reducer.fit_transform(points))


def by_opentsne(points: FloatArray) -> FloatArray:
    from openTSNE import TSNE

    reducer = TSNE(
        random_state=SEED, n_jobs=int(os.environ["OMP_NUM_THREADS"]), perplexity=min(30, (len(points) - 1) / 3)
    )
    return np.asarray(reducer.fit(points))


def by_umap(points: FloatArray) -> FloatArray:
    import umap

    return np.asarray(umap.UMAP(random_state=SEED, n_jobs=1).fit_transform(points))


def by_pacmap(points: FloatArray) -> FloatArray:
    import pacmap

    return np.asarray(pacmap.PaCMAP(random_state=SEED).fit_transform(points))


REDUCERS: dict[str, tuple[str, Callable[[FloatArray], npt.NDArray[np.floating]]]] = {
    "spotrec": ("openTSNE", by_spotrec),
    "openTSNE": ("openTSNE", by_opentsne),
    "scikit-learn t-SNE": ("sklearn", by_sklearn),
    "UMAP": ("umap", by_umap),
    "PaCMAP": ("pacmap", by_pacmap),
    "PCA": ("sklearn", by_pca),
}


def synthetic(n: int, seed: int = SEED) -> FloatArray:
    """Placed tracks: a cluster for every 40, half of the spread of free recordings between clusters, half within."""
    rng = np.random.default_rng(seed)
    with resources.files("spotrec.extract.models").joinpath("reference_space.npz").open("rb") as file:
        moments = np.load(file, allow_pickle=False)
        mean, whole, within = (moments[f"mean_{part}"].astype(float) for part in ("mean", "cov", "within_cov"))
    half = (whole - within) / 2
    centres = rng.multivariate_normal(mean, half, max(1, n // 40), check_valid="ignore")
    spread = rng.multivariate_normal(np.zeros(len(mean)), half + within, n, check_valid="ignore")
    vectors = (centres[rng.integers(len(centres), size=n)] + spread).astype(np.float32)
    return fit(vectors, CHOI_1.moments()).place(vectors)


def real(audio: Path) -> FloatArray:
    """The placed clips of a folder."""
    with tempfile.TemporaryDirectory() as folder:
        weights = SHARED / "weights" / "weights_layer4_theano.hdf5"
        with Recommender(data_dir=Path(folder), weights=weights) as recommender:
            recommender.crawl(str(audio))
            recommender.extract()
            recommender.index()
            return np.concatenate(
                [np.asarray(part.vectors) for part in recommender.session.index(Ears.of(recommender.model)).blocks()]
            )


def ranks(points: FloatArray, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each of `rows`, all tracks, the nearest first, itself left out. Shape (n_rows, n_tracks - 1)."""
    squares = (points**2).sum(axis=1)
    found = []
    for row in rows:
        distance = squares - 2 * points @ points[row]
        distance[row] = -np.inf
        found.append(np.argsort(distance, kind="stable")[1:])
    return np.array(found)


def kept_and_trust(space: FloatArray, plane: FloatArray) -> tuple[float, float]:
    n, k = len(space), min(NEIGHBOURS, len(space) // 2 - 1)
    rows = np.unique(np.linspace(0, n - 1, min(n, SAMPLE)).astype(np.int64))
    true, shown = ranks(space, rows), ranks(plane.astype(np.float64), rows)
    kept, penalty = 0, 0
    for row, near, near_shown in zip(rows, true, shown[:, :k], strict=True):
        kept += len(set(near[:k]) & set(near_shown))
        rank = np.empty(n, np.int64)
        rank[near] = np.arange(1, n)
        rank[row] = 0
        penalty += int(np.maximum(rank[near_shown] - k, 0).sum())
    return kept / (k * len(rows)), 1 - 2 / (len(rows) * k * (2 * n - 3 * k - 1)) * penalty


def timed(name: str, points: Path, threads: int) -> tuple[float, float, FloatArray]:
    """Wall and CPU seconds of a process that does nothing else, and the map."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "map.npy"
        limits = {f"{vendor}_NUM_THREADS": str(threads) for vendor in ("OMP", "NUMBA", "OPENBLAS")}
        before, began = os.times(), time.perf_counter()
        command = [sys.executable, __file__, "--run", name, str(points), str(out)]
        subprocess.run(command, check=True, env=os.environ | limits, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wall, after = time.perf_counter() - began, os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return wall, cpu, np.load(out)


def compared(name: str, points: FloatArray) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "points.npy"
        np.save(path, points)
        runs = [timed(name, path, threads) for threads in (2, 2, 1)]
    digests = [hashlib.sha256(plane.tobytes()).hexdigest() for _, _, plane in runs]
    kept, trust = kept_and_trust(points, runs[0][2])
    return {
        "wall_s": round(min(run[0] for run in runs[:2]), 1),
        "wall_s_one_thread": round(runs[2][0], 1),
        "cpu_s": round(min(run[1] for run in runs[:2]), 1),
        "same_again": digests[0] == digests[1],
        "same_with_one_thread": digests[0] == digests[2],
        "kept": round(kept, 3),
        "trustworthiness": round(trust, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--only", nargs="*", default=list(REDUCERS))
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        name, points, out = chosen.run
        np.save(out, REDUCERS[name][1](np.load(points)))
        return
    catalogues = {f"{n:,} synthetic tracks": synthetic(n) for n in chosen.sizes}
    if chosen.audio.is_dir():
        real_ones = real(chosen.audio)
        catalogues = {f"{len(real_ones)} real clips": real_ones} | catalogues
    found = {
        catalogue: {
            name: compared(name, points)
            for name in chosen.only
            if importlib.util.find_spec(REDUCERS[name][0]) is not None
        }
        for catalogue, points in catalogues.items()
    }
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    for catalogue, rows in found.items():
        columns = list(next(iter(rows.values())))
        print(f"\n| {catalogue} | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
        for name, row in rows.items():
            print(f"| {name} | {' | '.join(str(row[column]) for column in columns)} |")


if __name__ == "__main__":
    main()
