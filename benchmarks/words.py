"""Moods on music whose styles are known: does a mood find its style?

    python benchmarks/words.py [--json] [--audio FOLDER] [--weights FOLDER] [--ears choi,mn04]

The music is a folder of clips with `clips.csv` (columns `file` and `style`; `../shared/audio` has 82 clips of game
music), and what `spotrec demo` makes, eight pieces of each of seven styles. Of moods it shows the average precision for
a style, and the share of it among the first ten, beside the same by the sum of z, of probabilities, and of log-odds
less their mean over their spread. Moods with a tag that the ears do not have are left out.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spotrec import Recommender
from spotrec.demo.demo import run_demo
from spotrec.errors import UsageError
from spotrec.progress import Silent
from spotrec.query.mood import parse_mood
from spotrec.query.mood_score import MoodScore
from spotrec.settings import resolve
from spotrec.vectors import DoubleArray

SHARED = Path(__file__).resolve().parents[2] / "shared"
CLIP_MOODS = {
    "metal": "metal",
    "heavy metal": "metal",
    "electronic": "electronic",
    "electronica": "electronic",
    "electro": "electronic",
    "folk": "folk",
    "instrumental": "orchestral",
    "ambient": "ambient",
    "heavy metal, electronic": "metal/electronic",
    "metal, electronica": "metal/electronic",
    "rock, electronic": "electronic/rock",
    "folk, instrumental": "folk",
    "instrumental, -electronic": "orchestral",
    "heavy metal, hard rock, -electronic": "metal",
    "folk, instrumental, -electronic": "folk",
    "folk, -metal, -electronic": "folk",
    "electronic, -folk": "electronic",
    "electronic, -heavy metal, -folk": "electronic",
}
DEMO_MOODS = {
    "house": "house",
    "ambient": "ambient",
    "metal": "metal",
    "heavy metal": "metal",
    "folk": "folk",
    "hip hop": "hip-hop",
    "instrumental": "piano",
    "mellow, instrumental": "piano",
    "instrumental, experimental": "piano",
    "rock, metal": "metal",
    "metal, -mellow": "metal",
    "heavy metal, -jazz": "metal",
    "hip hop, electronic": "hip-hop",
    "hip hop, -jazz": "hip-hop",
    "ambient, -folk": "ambient",
    "ambient, -rock": "ambient",
    "ambient, chillout": "ambient",
    "dance, -rock": "house",
    "house, -folk": "house",
    "folk, -instrumental": "folk",
    "folk, -electronic": "folk",
    "acoustic, mellow, folk": "folk",
    "electronic, jazz, -mellow": "chiptune",
    "electronic, -house, -ambient": "chiptune",
    "electronic, -dance, -chillout": "chiptune",
}


@dataclass(frozen=True, slots=True)
class Music:
    """A catalogue that was heard. `placed` (n, dim), `tags` (n, n_tags) and `styles` in the order of `ids`."""

    recommender: Recommender
    names: tuple[str, ...]
    ids: list[str]
    placed: DoubleArray
    tags: npt.NDArray[np.float32]
    styles: list[str]


@dataclass(frozen=True, slots=True)
class Block:
    """A catalogue as a mood is held against it."""

    ids: npt.NDArray[np.bytes_]
    vectors: npt.NDArray[np.float32]
    tags: npt.NDArray[np.float32]


def heard(recommender: Recommender, style_of: Callable[[str, str | None], str]) -> Music:
    recommender.index()
    with recommender.session.view() as view, view.embeddings.snapshot() as snapshot:
        (catalogue,), names = snapshot.blocks(), view.tag_names
        placed = view.built.place(catalogue.vectors).astype(np.float64)
    tracks = recommender.session.store().tracks.get_many(catalogue.ids)
    styles = [style_of(tracks[id_].path or "", tracks[id_].album) for id_ in catalogue.ids]
    return Music(recommender, names, [str(id_) for id_ in catalogue.ids], placed, catalogue.tags, styles)


def moods(music: Music, asked: dict[str, str]) -> dict[str, dict[str, float]]:
    whole = Block(np.array(music.ids, "S"), music.placed.astype(np.float32), music.tags)
    log_odds = np.log(music.tags) - np.log1p(-music.tags)
    log_odds = (log_odds - log_odds.mean(axis=0)) / log_odds.std(axis=0)
    lifts = np.log1p(music.tags / np.maximum(music.tags.mean(axis=0), 1e-12))
    z = (lifts - lifts.mean(axis=0)) / np.maximum(lifts.std(axis=0), 1e-9)
    found = {}
    for text, style in asked.items():
        try:
            mood = parse_mood(text, music.names)
        except UsageError:
            continue
        signs = np.array([(name in mood.wanted) - 1.0 * (name in mood.unwanted) for name in music.names])
        fits = np.array([style in one for one in music.styles])
        score = MoodScore.over([whole], music.tags.mean(axis=0), mood, music.names).of(whole)
        found[f"{text} → {style}"] = {
            "of all": float(fits.mean()),
            "of the first 10": first_ten(score, fits),
            "average precision": average_precision(score, fits),
            "… by z": average_precision(z @ signs, fits),
            "… by probabilities": average_precision(music.tags @ signs, fits),
            "… by log-odds": average_precision(log_odds @ signs, fits),
        }
    several = [row for text, row in found.items() if "," in text]
    found["mean of those of several tags"] = {
        name: float(np.mean([row[name] for row in several])) for name in several[0]
    }
    return found


def first_ten(score: npt.ArrayLike, fits: npt.NDArray[np.bool_]) -> float:
    """The share of what fits among the first ten, or among as many as there are that fit."""
    order = np.argsort(-np.asarray(score), kind="stable")[: min(10, int(fits.sum()))]
    return float(fits[order].mean())


def average_precision(score: npt.ArrayLike, fits: npt.NDArray[np.bool_]) -> float:
    in_order = fits[np.argsort(-np.asarray(score), kind="stable")]
    return float((np.cumsum(in_order) / np.arange(1, len(in_order) + 1))[in_order].mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights")
    parser.add_argument("--ears", default="choi,mn04")
    arguments = parser.parse_args()
    if not (arguments.audio / "clips.csv").is_file():
        sys.exit(f"there is no {arguments.audio / 'clips.csv'}: give a folder of labelled clips with --audio")
    with (arguments.audio / "clips.csv").open(newline="", encoding="utf-8") as file:
        styles = {row["file"]: row["style"] for row in csv.DictReader(file)}
    with tempfile.TemporaryDirectory() as folder:
        clips_at, demo_at = Path(folder) / "clips", Path(folder) / "demo"
        settings = {
            "weights": arguments.weights / "weights_layer4_theano.hdf5",
            "mn04_weights": arguments.weights / "mn04_as_mAP_432.pt",
            "ears": arguments.ears.split(","),
        }
        run_demo(resolve({**settings, "data_dir": demo_at}), demo_at, 8, Silent())
        with Recommender(data_dir=clips_at, **settings) as clips, Recommender(data_dir=demo_at, **settings) as demo:
            clips.crawl(str(arguments.audio))
            clips.extract()
            of_clips = heard(clips, lambda path, _: styles[Path(path).name])
            of_demo = heard(demo, lambda _, album: album or "")
            figures = {
                "moods, clips": moods(of_clips, CLIP_MOODS),
                "moods, demo": moods(of_demo, DEMO_MOODS),
            }
    if arguments.json:
        print(json.dumps(figures))
        return
    for title, rows in figures.items():
        columns = list(next(iter(rows.values())))
        print(f"{title:44}" + "".join(f"{name:>20}" for name in columns))
        for name, row in rows.items():
            print(f"  {name:42}" + "".join(f"{row[column]:20.3f}" for column in columns))


if __name__ == "__main__":
    main()
