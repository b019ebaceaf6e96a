"""Similar artists: which way of comparing artists finds most who share a genre, with the artist left out.

    python benchmarks/similar_artists.py [--json] [--tracks 12000] [--queries 400] [--catalogues 6] [--many 100000]
                                         [--keep FOLDER]

An artist is asked with all their tracks (50 at most); an answer is right if the artist has a style in common. Figures:
the share of right ones among the first five, and the mean of 1 / (place of the first right one), with 95 % intervals
over the artists that are asked with (2,000 resamples), and the difference from the mean vector, with `*` where its
interval leaves out zero. Catalogues, `--catalogues` of each kind, with `--queries` artists asked in each: made-up
artists that play one style each, one or two, and one to three (each recording in one of its artist's styles, otherwise
as `tests/support/large_catalogue.py` makes them); and the labelled clips of `../shared/audio`, whose styles few artists
share. How far tracks are drawn together was chosen on other made-up catalogues than these. Then the time of
`Recommender.similar_artists` over many tracks.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.labelled.sets import SHARED, of_folder
from spotrec import Recommender
from spotrec.evaluate.intervals import Codes
from spotrec.extract.models import AudioModel
from spotrec.extract.models.choi.model import CHOI_1
from spotrec.extract.models.registry import find
from spotrec.index.space import fit
from spotrec.query.similar_artists import TRACKS_OF_AN_ARTIST, shifted
from spotrec.vectors import FloatArray, evenly
from support.catalogue import CHOI, root
from support.large_catalogue import _ALIKE, _ARTIST, _STYLE, Realistic, write_store

K = 5
RESAMPLES = 2_000
FIRST_SEED = 100
"""Of the made-up catalogues: those below were used to choose."""
PRIOR_TRACKS = 8
"""As many tracks as the spread of an average artist counts for in the spread of one artist."""
BASE = "mean vector"


@dataclass(frozen=True)
class Artists:
    """Tracks by artist: points (n, dim), `starts` and `sizes` of each artist's, and the styles of each artist."""

    points: FloatArray
    starts: Codes
    sizes: Codes
    styles: list[set[int]]

    def of(self, artist: int) -> slice:
        return slice(int(self.starts[artist]), int(self.starts[artist] + self.sizes[artist]))


def artists_of(points: FloatArray, by: Codes, style: Codes) -> Artists:
    kept, sizes, styles = [], [], []
    for artist in np.unique(by[by >= 0]):
        rows = np.flatnonzero(by == artist)
        rows = rows[evenly(len(rows), TRACKS_OF_AN_ARTIST)]
        kept.append(rows)
        sizes.append(len(rows))
        styles.append(set(style[rows][style[rows] >= 0].tolist()))
    size = np.array(sizes)
    return Artists(points[np.concatenate(kept)], np.cumsum(size) - size, size, styles)


def made_up(n: int, most_styles: int, seed: int = 0, n_styles: int = 50) -> Artists:
    moments = CHOI_1.moments()
    assert moments is not None
    assert moments.within is not None
    between, within = (root(one).astype(np.float32) for one in (moments.covariance - moments.within, moments.within))
    rng = np.random.default_rng(seed)
    n_artists, n_recordings, dim = n // 12, int(n / 1.25), len(moments.mean)
    style, artist, recording = (rng.standard_normal((m, dim), np.float32) for m in (n_styles, n_artists, n_recordings))
    own = np.exp(rng.normal(-(_ALIKE**2), _ALIKE, n_artists)).astype(np.float32)[:, None]
    plays = [rng.choice(n_styles, m, replace=False) for m in rng.integers(1, most_styles + 1, n_artists)]
    sizes = rng.pareto(1.2, n_artists) + 0.2
    artist_of = rng.choice(n_artists, n_recordings, p=sizes / sizes.sum())
    style_of = np.array([rng.choice(plays[one]) for one in artist_of])
    of = np.concatenate([np.arange(n_recordings), rng.integers(0, n_recordings, n - n_recordings)])
    by = artist_of[of]
    shared = _STYLE**0.5 * style[style_of[of]] + _ARTIST**0.5 * artist[by]
    heard = own[by] * (1 - _STYLE - _ARTIST) ** 0.5 * recording[of]
    vectors = (shared + heard) @ between + (own[by] * rng.standard_normal((n, dim), np.float32)) @ within + moments.mean
    return artists_of(_placed(vectors.astype(np.float32), CHOI_1), by, style_of[of])


def _placed(vectors: FloatArray, model: AudioModel) -> FloatArray:
    return fit(vectors, model.moments()).place(vectors)


# -- ways -------------------------------------------------------------------------------------------------------------

Scores = Callable[[int], Any]
"""An artist → how similar all are, shape (n_artists,)."""


def ways(artists: Artists) -> dict[str, Scores]:
    starts, sizes, points = artists.starts, artists.sizes, artists.points
    sums = np.add.reduceat(points, starts)
    means = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    drawn = np.concatenate([shifted(points[artists.of(one)]) for one in range(len(sizes))])

    def chamfer(of: FloatArray) -> Scores:
        def scores(artist: int) -> Any:
            cosines = of @ of[artists.of(artist)].T
            forth = np.maximum.reduceat(cosines, starts).mean(axis=1)
            return (forth + np.add.reduceat(cosines.max(axis=1), starts) / sizes) / 2

        return scores

    own = np.array(
        [
            np.sqrt(np.maximum(2 - 2 * of @ of.T, 0)).mean()
            for of in map(points.__getitem__, map(artists.of, range(len(sizes))))
        ]
    )

    def energy(artist: int) -> Any:
        apart = np.sqrt(np.maximum(2 - 2 * points @ points[artists.of(artist)].T, 0)).mean(axis=1)
        return own - 2 * np.add.reduceat(apart, starts) / sizes

    centres = sums / sizes[:, None]
    apart = points - np.repeat(centres, sizes, axis=0)
    usual = np.square(apart).sum(axis=0) / max(1, (sizes - 1).sum())
    counts = (np.maximum(sizes - 1, 0) + PRIOR_TRACKS)[:, None]
    spreads = np.sqrt((np.add.reduceat(np.square(apart), starts) + PRIOR_TRACKS * usual) / counts)

    def wasserstein(artist: int) -> Any:
        """The 2-Wasserstein distance of Gaussians without correlations, their spreads shrunk towards the usual one."""
        return -np.square(centres - centres[artist]).sum(axis=1) - np.square(spreads - spreads[artist]).sum(axis=1)

    def best_three(artist: int) -> Any:
        """What players got before: the best three tracks of each artist among the first 1,000 of a query."""
        score = (points @ points[artists.of(artist)].T).mean(axis=1)
        score[artists.of(artist)] = -1
        last = np.sort(score)[-min(1000, len(score))]
        score = np.maximum(score, last)
        best = [np.sort(score[artists.of(one)])[-3:] for one in range(len(sizes))]
        return np.array([(of.sum() + last * (3 - len(of))) / 3 for of in best])

    return {
        BASE: lambda artist: means @ means[artist],
        "drawn together, both ways (kept)": chamfer(drawn),
        "nearest tracks, both ways": chamfer(points),
        "energy distance": energy,
        "Gaussians, 2-Wasserstein": wasserstein,
        "best three of a query (before)": best_three,
    }


def compared(catalogues: Iterable[Artists], n_queries: int, fewest: int) -> dict[str, Any]:
    """Figures over the artists that are asked in all catalogues."""
    parts, n_artists, chances = [], 0, []
    for artists in catalogues:
        n_artists += len(artists.sizes)
        found, chance = asked_in(artists, n_queries, fewest)
        parts.append(found)
        chances.append(chance)
    rows_of = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    n_asked = len(rows_of[BASE])
    picks = np.random.default_rng(1).integers(0, n_asked, (RESAMPLES, n_asked))
    figures: dict[str, Any] = {"artists": n_artists, "asked": n_asked, "chance": float(np.mean(chances))}
    for name, rows in rows_of.items():
        figures[name] = {}
        for i, figure in enumerate((f"precision@{K}", "mrr")):
            low, high = np.percentile(rows[picks, i].mean(axis=1), (2.5, 97.5))
            less, more = np.percentile((rows - rows_of[BASE])[picks, i].mean(axis=1), (2.5, 97.5))
            figures[name] |= {
                figure: float(rows[:, i].mean()),
                f"{figure} low": float(low),
                f"{figure} high": float(high),
                f"{figure} more": (float(less), float(more)),
                f"{figure} differs": bool(less > 0 or more < 0),
            }
    return figures


def asked_in(artists: Artists, n_queries: int, fewest: int) -> tuple[dict[str, Any], float]:
    """For each way, precision and 1 / place of each artist that is asked, shape (n, 2); and the chance to be right."""
    rng = np.random.default_rng(1)
    able = [
        one
        for one, styles in enumerate(artists.styles)
        if artists.sizes[one] >= fewest and any(styles & other for i, other in enumerate(artists.styles) if i != one)
    ]
    asked = sorted(rng.choice(able, min(n_queries, len(able)), replace=False).tolist())
    found: dict[str, Any] = {}
    for name, scores in ways(artists).items():
        rows = []
        for artist in asked:
            score = np.array(scores(artist), np.float64)
            score[artist] = -np.inf
            order = np.argsort(-score, kind="stable")[:-1]
            right = np.array([bool(artists.styles[one] & artists.styles[artist]) for one in order])
            rows.append((right[:K].mean(), 1 / (np.flatnonzero(right)[0] + 1)))
        found[name] = np.array(rows)
    chance = float(np.mean([np.mean([bool(artists.styles[a] & b) for b in artists.styles]) for a in asked]))
    return found, chance


def of_shared(keep: Path | None) -> Artists:
    weights = {
        "choi-2": SHARED / "weights" / "weights_layer4_theano.hdf5",
        "mn04": SHARED / "weights" / "mn04_as_mAP_432.pt",
    }
    heard = of_folder(SHARED / "audio", weights, keep)
    placed = [_placed(heard.heard[name], find(name)) for name in weights]
    points = np.concatenate(placed, axis=1) / np.float32(len(placed) ** 0.5)
    return artists_of(points, heard.labels["artist"], heard.labels["style"])


def of_many(n_tracks: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        write_store(Path(folder) / "spotrec.db", Realistic(n_tracks))
        with Recommender(data_dir=Path(folder), ears=[str(CHOI)]) as recommender:
            recommender.index()
            wall, cpu = [], []
            names = recommender.session.store().selection.every_artist()
            for name in [names[i] for i in evenly(len(names), 8)]:
                start, cpu_start = time.perf_counter(), time.process_time()
                recommender.similar_artists(name)
                wall.append(time.perf_counter() - start)
                cpu.append(time.process_time() - cpu_start)
    return {"tracks": n_tracks, "seconds": median(wall[1:]), "cpu_s": median(cpu[1:])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tracks", type=int, default=12_000, help="of each made-up catalogue")
    parser.add_argument("--queries", type=int, default=400, help="artists that are asked in each catalogue")
    parser.add_argument("--catalogues", type=int, default=6, help="made-up catalogues of each kind")
    parser.add_argument("--many", type=int, default=100_000, help="tracks for the time; 0 for none")
    parser.add_argument("--keep", type=Path, help="a folder for what was heard in the clips")
    arguments = parser.parse_args()
    os.environ.pop("SPOTREC_WEIGHTS", None)
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.catalogues)
    figures: dict[str, Any] = {
        name: compared((made_up(arguments.tracks, most, seed) for seed in seeds), arguments.queries, 3)
        for name, most in {"one style each": 1, "one or two styles": 2, "one to three styles": 3}.items()
    }
    if (SHARED / "audio").is_dir():
        figures["real clips"] = compared([of_shared(arguments.keep)], arguments.queries, 1)
    if arguments.many:
        figures["time"] = of_many(arguments.many)
    if arguments.json:
        print(json.dumps(figures))
        return
    for title, rows in figures.items():
        print(
            f"\n{title}: "
            + ", ".join(f"{name} {value:.3g}" for name, value in rows.items() if not isinstance(value, dict))
        )
        for name, row in rows.items():
            if isinstance(row, dict):
                print(f"  {name:34}", "  ".join(_shown(row, one) for one in (f"precision@{K}", "mrr")))


def _shown(row: dict[str, Any], figure: str) -> str:
    differs = "*" if row[f"{figure} differs"] else " "
    less, more = row[f"{figure} more"]
    return (
        f"{figure} {row[figure]:.3f} ({row[f'{figure} low']:.3f} to {row[f'{figure} high']:.3f}; "
        f"{less:+.3f} to {more:+.3f}){differs}"
    )


if __name__ == "__main__":
    main()
