"""Orders of lists: how long they are, against a bound that no order goes below and against simpler ones, and the time.

    python benchmarks/reorder.py [--json] [--tracks 20 100 500 2000] [--clips FOLDER]

Lists are drawn at random from a made-up catalogue whose vectors lie as those of real music do
(`tests/support/large_catalogue.py`), through the index that spotrec builds of it. A gap is by what share a length is
above the bound. Other orders: the list as it was drawn, the nearest track that is left always next (greedy), and the
mean of twenty random ones.

With the clips of `../shared/audio`, or another folder, the same for these clips, and how the energy that --curve goes
by agrees with what is measured in the audio (Spearman's correlation): loudness, onsets per second, brightness (the
spectral centroid), and the sum of their ranks.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata, spearmanr

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from spotrec import Recommender
from spotrec.audio.decode import decode
from spotrec.query.curve import Curve
from spotrec.query.energy import energy_of
from spotrec.query.short_path import length_of, nearest_next
from spotrec.vectors import DoubleArray
from support.catalogue import CHOI
from support.large_catalogue import Realistic, track_id, write_store

CLIPS = Path(__file__).resolve().parents[2] / "shared" / "audio"
RATE_HZ = 22_050
RANDOM_ORDERS = 20


def distances_of(recommender: Recommender, ids: list[str]) -> DoubleArray:
    with recommender.session.view() as view:
        heard = view.embeddings.get_many(ids)  # type: ignore[arg-type] # ids of tracks
        points = view.index().place(np.stack([heard[id_].vector for id_ in ids])).astype(np.float64)  # type: ignore[index] # the same
    found = np.clip(1 - points @ points.T, 0, 2)
    np.fill_diagonal(found, 0)
    return np.asarray((found + found.T) / 2)


def ordered(recommender: Recommender, ids: list[str]) -> dict[str, Any]:
    """The order of a list beside others."""
    began, cpu = time.perf_counter(), time.process_time()
    found = recommender.reorder_playlist(ids)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    distances = distances_of(recommender, ids)
    random = np.random.default_rng(1)
    others = [length_of([int(i) for i in random.permutation(len(ids))], distances) for _ in range(RANDOM_ORDERS)]
    bound = found.bound
    return {
        "tracks": len(ids),
        "gap": found.gap,
        "seconds": took,
        "cpu_seconds": cpu,
        "mean_similarity": found.similarity_of(found.distance),
        "given_gap": found.before / bound - 1,
        "greedy_gap": length_of(nearest_next(distances), distances) / bound - 1,
        "random_gap": float(np.mean(others)) / bound - 1,
        "curves": {curve: curved(recommender, ids, curve, found.distance) for curve in Curve},
    }


def curved(recommender: Recommender, ids: list[str], curve: Curve, free: float) -> dict[str, float]:
    began = time.perf_counter()
    found = recommender.reorder_playlist(ids, curve=curve)
    return {"gap": found.gap, "longer_than_free": found.distance / free - 1, "seconds": time.perf_counter() - began}


def made_up(sizes: list[int]) -> dict[str, Any]:
    n = max(sizes)
    with tempfile.TemporaryDirectory() as folder:
        write_store(Path(folder) / "spotrec.db", Realistic(n))
        with Recommender(data_dir=Path(folder), ears=[str(CHOI)]) as recommender:
            recommender.index()
            drawn = np.random.default_rng(0)
            lists = {size: [track_id(int(i)) for i in drawn.choice(n, size, replace=False)] for size in sizes}
            return {str(size): ordered(recommender, list(ids)) for size, ids in lists.items()}


def of_clips(clips: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        with Recommender(data_dir=Path(folder)) as recommender:
            recommender.crawl(str(clips))
            recommender.extract()
            recommender.index()
            tracks = [record.track for record in recommender.tracks()]
            ids = [str(track.id) for track in tracks]
            found = ordered(recommender, ids)
            names = [model.network for model in recommender.models]
            measured = [measure(Path(track.path or "")) for track in tracks]
            found["energy"] = {" + ".join(names): agreement(energies_of(recommender, ids), measured)}
        for name in names if len(names) > 1 else ():
            with Recommender(data_dir=Path(folder), ears=[name]) as recommender:
                recommender.index()
                found["energy"][name] = agreement(energies_of(recommender, ids), measured)
    return found


def energies_of(recommender: Recommender, ids: list[str]) -> DoubleArray:
    with recommender.session.view() as view:
        heard = view.embeddings.get_many(ids)  # type: ignore[arg-type] # ids of tracks
        tags = np.stack([heard[id_].tags for id_ in ids])  # type: ignore[index] # the same
        return energy_of(tags, view.index(), view.tag_names).astype(np.float64)


def measure(path: Path) -> dict[str, float]:
    """Loudness in dB, onsets per second, and the spectral centroid in Hz."""
    import librosa

    samples = decode(path.read_bytes(), RATE_HZ)
    onsets = librosa.onset.onset_detect(y=samples, sr=RATE_HZ)  # type: ignore[attr-defined] # it exports it lazily
    return {
        "loudness": float(20 * np.log10(np.sqrt(np.mean(np.square(samples))) + 1e-9)),
        "onsets": len(onsets) * RATE_HZ / len(samples),
        "brightness": float(librosa.feature.spectral_centroid(y=samples, sr=RATE_HZ).mean()),
    }


def agreement(energies: DoubleArray, measured: list[dict[str, float]]) -> dict[str, float]:
    columns = {name: np.array([one[name] for one in measured]) for name in measured[0]}
    columns["all_three"] = sum((rankdata(column) for column in columns.values()), np.zeros(len(measured)))
    return {name: float(spearmanr(energies, column)[0]) for name, column in columns.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tracks", type=int, nargs="+", default=[20, 100, 500, 2000])
    parser.add_argument("--clips", type=Path, default=CLIPS)
    asked = parser.parse_args()
    os.environ.pop("SPOTREC_DATA_DIR", None)
    found: dict[str, Any] = {"made_up": made_up(asked.tracks)}
    if asked.clips.is_dir():
        found["clips"] = of_clips(asked.clips)
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, one in [*found["made_up"].items(), *([("clips", found["clips"])] if "clips" in found else [])]:
        print(
            f"{name:>6}: gap {one['gap']:.2%} (given {one['given_gap']:.0%}, greedy {one['greedy_gap']:.1%}, random "
            f"{one['random_gap']:.0%}), {one['seconds']:.1f} s; "
            + ", ".join(f"{curve} {of['gap']:.1%} in {of['seconds']:.1f} s" for curve, of in one["curves"].items())
        )
    if "clips" in found:
        for model, values in found["clips"]["energy"].items():
            print(f"energy by {model} and", ", ".join(f"{name} {value:.2f}" for name, value in values.items()))


if __name__ == "__main__":
    main()
