"""Who finds what sounds alike: spotrec's spaces, and what people would take instead, on the same labelled clips.

    python benchmarks/quality.py [--json] [--audio FOLDER] [--weights FILE] [-k 5]

The folder holds clips and `clips.csv` with a column `file` and labels; `../shared/audio` has 82 clips of game music
with artist, style and recording (two excerpts of one piece each, for 36 of them). To what `spotrec evaluate --compare`
sets side by side it adds bliss, by the Euclidean distance of its analyses, and musly, by its own similarity, its style
set by all clips (it needs the program ffmpeg). All are scored by `spotrec.evaluate`: another excerpt of the piece that
was asked with is looked at only where recordings are the label, the same artist only where artists are. A * marks what
differs from spotrec by more than chance (paired bootstrap, 95 %).
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spotrec import Recommender
from spotrec.evaluate.evaluate import Evaluation, LabelScores, evaluate
from spotrec.evaluate.labels import labels_of
from spotrec.evaluate.metrics import Similarity
from spotrec.operations.comparison import Comparer, Comparison
from spotrec.progress import Silent
from spotrec.track import Track
from spotrec.vectors import FloatArray

LABELS = ("style", "artist", "recording")
SHARED = Path(__file__).resolve().parents[2] / "shared"


def of_matrix(matrix: FloatArray) -> Similarity:
    return lambda rows: matrix[rows]


def by_bliss(paths: Sequence[str]) -> Similarity:
    import bliss_audio

    analyses = np.array([bliss_audio.Song(path).analysis for path in paths], np.float32)
    return of_matrix(-np.linalg.norm(analyses[:, None] - analyses[None], axis=2))


def by_musly(paths: Sequence[str]) -> Similarity:
    import pymusly

    jukebox = pymusly.MuslyJukebox()
    tracks = [jukebox.track_from_audiofile(path, 0) for path in paths]
    jukebox.set_style(tracks)
    jukebox.add_tracks(list(enumerate(tracks)))
    everybody = list(enumerate(tracks))
    return of_matrix(-np.array([jukebox.compute_similarity(one, everybody) for one in everybody], np.float32))


def spaces_of(compared: Comparison, tracks: Sequence[Track]) -> dict[str, Similarity]:
    paths = [track.path or "" for track in tracks]
    spaces = dict(compared.spaces)
    for name, by in (("bliss", by_bliss), ("musly", by_musly)):
        try:
            spaces[name] = by(paths)
        except Exception as exc:  # noqa: BLE001 - not installed, or, of musly, without the program ffmpeg
            print(f"{name} is left out: {exc}", file=sys.stderr)
    return spaces


def measured(audio: Path, weights: Path, k: int) -> Evaluation:
    with tempfile.TemporaryDirectory() as folder, Recommender(data_dir=Path(folder), weights=weights) as recommender:
        recommender.crawl(str(audio))
        recommender.extract()
        store = recommender.session.store()
        comparer = Comparer(
            store, recommender.models, recommender.session.caches, recommender.session.max_audio_bytes, Silent()
        )
        compared = comparer.compare(None)
        known = store.tracks.get_many(comparer.ids)
        tracks = [known[comparer.ids[row]] for row in compared.rows]
        with (audio / "clips.csv").open(newline="", encoding="utf-8") as file:
            labels = [
                name for name in csv.DictReader(file).fieldnames or () if name in ("style", "artist", "recording")
            ]
        return evaluate(
            spaces_of(compared, tracks),
            labels_of(tracks, audio / "clips.csv", labels),
            k=k,
            artist_filter=True,
            progress=Silent(),
            notes=compared.notes,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / "weights_layer4_theano.hdf5")
    parser.add_argument("-k", type=int, default=5)
    arguments = parser.parse_args()
    if not (arguments.audio / "clips.csv").is_file():
        sys.exit(f"there is no {arguments.audio / 'clips.csv'}: give a folder of labelled clips with --audio")
    found = measured(arguments.audio, arguments.weights, arguments.k)
    figures = {
        f"{space.space} {score.label} {name}": number
        for space in found.spaces
        for score in space.labels
        for name, number in (("precision", score.precision.value), ("mrr", score.mrr.value))
    }
    if arguments.json:
        print(json.dumps(figures))
        return
    for label in [score.label for score in found.spaces[0].labels]:
        print(f"{label:14}{f'precision@{found.k}':>24}{'MRR':>24}")
        for space in found.spaces:
            (score,) = (one for one in space.labels if one.label == label)
            shown = [figure(score, name) for name in ("precision", "mrr")]
            print(f"  {space.space:12}" + "".join(f"{text:>24}" for text in shown))
    for note in found.notes:
        print(note)


def figure(score: LabelScores, name: str) -> str:
    number, difference = getattr(score, name), (score.differences or {}).get(name)
    mark = "*" if difference and difference.is_significant else ""
    return f"{mark}{number.value:.3f} ({number.low:.3f}–{number.high:.3f})"


if __name__ == "__main__":
    main()
