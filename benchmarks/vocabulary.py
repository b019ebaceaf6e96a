"""The joint vocabulary: its calibration, and how well “has it” is right on recordings with known voices.

    python benchmarks/vocabulary.py [--json] [--audio FOLDER] [--speech FOLDER] [--sung FOLDER]
    python benchmarks/vocabulary.py --calibrate BACKGROUND.npz > src/spotrec/extract/models/calibration.json

Instrumental are the demo's pieces and the clips of a folder with `clips.csv` (`../shared/audio`), but for the games
whose songs are sung. Speech is made by espeak-ng and flite, as far as they are installed, and read from the folder
`--speech` (recordings of speakers). It is heard alone, and over clips of music, 12 and 3 dB louder than they are.
Singing is read from the folder `--sung` (recordings of singers). It is heard alone, and over clips, 6 and 0 dB louder
and 6 dB softer. Of vocals, instrumental and speech it shows precision and recall with 95 % intervals (Wilson); and of
all pairs of a mood and a voice or an instrument that three tracks or more have, how many of the first ten have both,
beside the same by the sum of z that earlier versions used.

A background is music at large: arrays `choi`, `musicnn` and `mn04`, each the tags (n, n_tags) of the same excerpts.
"""

import argparse
import csv
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.labelled.sets import SHARED
from spotrec.audio.decode import decode
from spotrec.demo.instruments import SAMPLE_RATE_HZ
from spotrec.demo.synth import catalogue, render
from spotrec.extract.models.registry import find
from spotrec.extract.models.vocabulary import HAS_IT, heard_by, pool_of, vocabulary_of
from spotrec.extract.models.words import WORDS
from spotrec.query.mood import Mood
from spotrec.query.mood_score import MoodScore
from spotrec.query.tag_conditions import INSTRUMENTAL, VOCAL, TagCondition
from spotrec.vectors import FloatArray, Mask

Row = Mapping[str, float | list[float]]
EARS = ("choi-2", "mn04-1")
SUNG_GAMES, UNKNOWN_GAMES = ("marsshooter",), ("fretsonfire",)
ONE_IN, LEAST, MOST = 14, 0.02, 0.3
SECONDS, RATE_HZ = 30, 44_100
MOODS = ("sad", "tender", "calm", "scary", "exciting", "chill", "mellow", "happy", "energetic", "ambient", "beautiful")
SOUNDS = ("vocals", "female vocals", "piano", "strings", "drums", "guitar", "flute", "choir", "synthesizer", "organ")
ENGLISH = (
    "The morning train was late again, and the platform slowly filled with people who had nothing to say to each "
    "other. "
    "A woman in a green coat read a letter twice, folded it, and put it away. Outside, the rain had stopped, and the "
    "first light came over the roofs of the old town. Nobody noticed the boy who counted the windows of every carriage."
)
TEXTS = {
    "en": ENGLISH,
    "de": "Der Zug war an diesem Morgen wieder zu spät, und der Bahnsteig füllte sich langsam mit Menschen, die "
    "einander nichts zu sagen hatten. Eine Frau in einem grünen Mantel las einen Brief zweimal.",
    "fr": "Ce matin-là, le train était encore en retard, et le quai se remplissait lentement de gens qui n'avaient "
    "rien à se dire. Une femme en manteau vert lisait une lettre deux fois, la pliait et la rangeait.",
    "es": "Aquella mañana el tren llegaba tarde otra vez, y el andén se llenaba poco a poco de gente que no tenía "
    "nada que decirse. Una mujer con un abrigo verde leyó una carta dos veces, la dobló y la guardó.",
}
ESPEAK = ("en-us", "en-us+f3", "en-gb+m3", "de", "de+f2", "fr+f4", "fr", "es", "es+f1", "en-gb+f5")
FLITE = ("slt", "rms", "awb", "kal16", "kal")


@dataclass(frozen=True, slots=True)
class Clip:
    """Audio as a file holds it, and what is known of it: `instrumental`, `sung`, `speech`, or more words after one."""

    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Tracks as a mood is held against them."""

    ids: npt.NDArray[np.bytes_]
    vectors: FloatArray
    tags: FloatArray | None


def music(folder: Path) -> tuple[list[Clip], list[FloatArray]]:
    """Clips of a folder and the demo's pieces; and samples of instrumental clips, to have behind voices."""
    clips, behind = [], []
    with (folder / "clips.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    for name in sorted(rows):
        if name.startswith(UNKNOWN_GAMES):
            continue
        clip = Clip("sung" if name.startswith(SUNG_GAMES) else "instrumental", (folder / name).read_bytes())
        clips.append(clip)
        if clip.kind == "instrumental":
            behind.append(decode(clip.content, RATE_HZ))
    for piece in catalogue(8):
        written = io.BytesIO()
        soundfile.write(written, render(piece).T, SAMPLE_RATE_HZ, format="FLAC")
        clips.append(Clip("instrumental, demo", written.getvalue()))
    return clips, behind


def synthesised() -> Iterator[tuple[str, FloatArray]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech.wav"
        if program := shutil.which("espeak-ng"):
            for voice in ESPEAK:
                subprocess.run([program, "-v", voice, "-s", "155", "-w", file, TEXTS[voice[:2]]], check=True)
                yield "speech, espeak-ng", decode(file.read_bytes(), RATE_HZ)
        if program := shutil.which("flite"):
            for voice in FLITE:
                subprocess.run([program, "-voice", voice, "-t", ENGLISH, "-o", file], check=True)
                yield "speech, flite", decode(file.read_bytes(), RATE_HZ)


def recorded(kind: str, folder: Path | None) -> Iterator[tuple[str, FloatArray]]:
    for path in sorted(folder.iterdir()) if folder else ():
        yield kind, decode(path.read_bytes(), RATE_HZ)


def over_music(
    voices: Sequence[tuple[str, FloatArray]], behind: Sequence[FloatArray], louder_db: Sequence[int]
) -> Iterator[Clip]:
    """Each voice alone, and over two clips of music at each level."""
    for i, (kind, voice) in enumerate(voices):
        samples = np.resize(voice, SECONDS * RATE_HZ)
        yield Clip(kind, wav(samples))
        for j, db in enumerate(louder_db):
            for clip in (behind[(7 * i + j) % len(behind)], behind[(7 * i + j + 31) % len(behind)]):
                mixed = samples / rms(samples) + np.resize(clip, len(samples)) / rms(clip) * 10 ** (-db / 20)
                yield Clip(f"{kind}, over music", wav(mixed))


def rms(samples: FloatArray) -> float:
    return float(np.sqrt(np.mean(samples**2))) + 1e-9


def wav(samples: FloatArray) -> bytes:
    written = io.BytesIO()
    soundfile.write(written, 0.9 * samples / np.abs(samples).max(), RATE_HZ, format="WAV")
    return written.getvalue()


def tags_of(clips: Sequence[Clip], weights: Mapping[str, Path]) -> FloatArray:
    """What the ears hear, side by side, shape (n_clips, sum of n_tags)."""
    sides = []
    for name in EARS:
        model = find(name)
        network = model.load(weights[name], model.id)
        prepared = (model.prepare(decode(clip.content, model.sample_rate_hz)) for clip in clips)
        sides.append(np.concatenate([network.embed([one])[1] for one in prepared]))
    return np.concatenate(sides, axis=1)


def holds(conditions: Sequence[TagCondition], words: FloatArray, names: Sequence[str]) -> Mask:
    passed = np.ones(len(words), bool)
    for one in conditions:
        passed &= one.holds(words[:, one.position_in(names)])
    return passed


def judged(found: Mask, right: Mask) -> Row:
    both = int((found & right).sum())
    return {
        "n": int(right.sum()),
        "precision": both / max(int(found.sum()), 1),
        "precision 95 %": wilson(both, int(found.sum())),
        "recall": both / max(int(right.sum()), 1),
        "recall 95 %": wilson(both, int(right.sum())),
    }


def wilson(n_right: int, n: int) -> list[float]:
    if not n:
        return [0.0, 1.0]
    share, z = n_right / n, 1.96
    middle, spread = share + z * z / (2 * n), z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return [float((middle + sign * spread) / (1 + z * z / n)) for sign in (-1, 1)]


def voices(kinds: npt.NDArray[np.str_], words: FloatArray, names: Sequence[str]) -> dict[str, Row]:
    is_speech, is_sung, is_music = (
        np.asarray(np.char.startswith(kinds, kind)) for kind in ("speech", "sung", "instrumental")
    )
    vocal, instrumental = holds(VOCAL, words, names), holds(INSTRUMENTAL, words, names)
    spoken = holds([TagCondition("speech", HAS_IT)], words, names)
    return {
        "vocal": judged(vocal, is_sung),
        "instrumental": judged(instrumental, is_music),
        "speech": judged(spoken, is_speech),
    } | {
        f"passes, {kind}": {
            "n": int((kinds == kind).sum()),
            "vocal": float(np.mean(vocal[kinds == kind])),
            "instrumental": float(np.mean(instrumental[kinds == kind])),
            "speech": float(np.mean(spoken[kinds == kind])),
        }
        for kind in sorted(set(kinds.tolist()))
    }


def pairs(words: FloatArray, names: Sequence[str]) -> Row:
    """Of moods of two words: the share of the first ten tracks that have both."""
    block = Block(np.arange(len(words)).astype("S8"), np.zeros((len(words), 1), np.float32), words)
    lifts = np.log1p(words / words.mean(axis=0))
    z: FloatArray = (lifts - lifts.mean(axis=0)) / np.maximum(lifts.std(axis=0), 1e-9)
    now, before = [], []
    for mood, sound in product(MOODS, SOUNDS):
        at = [names.index(mood), names.index(sound)]
        have = np.asarray((words[:, at] >= HAS_IT).all(axis=1))
        n = min(10, int(have.sum()))
        if n >= 3:
            score = MoodScore.over([block], words.mean(axis=0), Mood((mood, sound), ()), names).of(block)
            now.append(have[np.argsort(-score, kind="stable")[:n]].mean())
            before.append(have[np.argsort(-z[:, at].sum(axis=1), kind="stable")[:n]].mean())
    return {"n": len(now), "now": float(np.mean(now)), "by the sum": float(np.mean(before))}


def calibrated(background: Mapping[str, FloatArray]) -> dict[str, dict[str, float]]:
    """The log-odds of each word's bound: see `spotrec.extract.models.vocabulary`."""
    bounds: dict[str, dict[str, float]] = {}
    for lastfm in ("choi", "musicnn", ""):
        models = tuple(find(name) for name in ("choi", "musicnn", "mn04") if name in (lastfm, "mn04"))
        names, pool = pool_of(models, {})
        scores = pool.scores(np.concatenate([background[one.id.name] for one in models], axis=1).astype(np.float32))
        for word in (one for one in WORDS if one.name in names):
            reached = float(np.quantile(scores[:, names.index(word.name)], 1 - 1 / ONE_IN))
            model, labels = heard_by(word, lastfm)
            bound = min(max(reached, odds(LEAST)), odds(MOST)) if len(labels) == 1 else reached
            bounds.setdefault(word.name, {})[model] = round(odds(word.bound) if word.bound else bound, 3)
    return bounds


def odds(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights")
    parser.add_argument("--speech", type=Path)
    parser.add_argument("--sung", type=Path)
    parser.add_argument("--calibrate", type=Path, metavar="BACKGROUND")
    arguments = parser.parse_args()
    if arguments.calibrate:
        bounds = calibrated(np.load(arguments.calibrate))
        print("{\n" + ",\n".join(f"  {json.dumps(word)}: {json.dumps(of)}" for word, of in bounds.items()) + "\n}")
        return
    clips, behind = music(arguments.audio)
    clips += over_music([*synthesised(), *recorded("speech, recorded", arguments.speech)], behind, (12, 3))
    clips += over_music([*recorded("sung, recorded", arguments.sung)], behind, (6, 0, -6))
    weights = {
        "choi-2": arguments.weights / "weights_layer4_theano.hdf5",
        "mn04-1": arguments.weights / "mn04_as_mAP_432.pt",
    }
    vocabulary = vocabulary_of(tuple(map(find, EARS)))
    words = vocabulary.mix(tags_of(clips, weights))
    kinds = np.array([clip.kind for clip in clips])
    figures = voices(kinds, words, vocabulary.names) | {
        "both words of a mood among the first ten": pairs(words, vocabulary.names),
        "words that a track has": {"mean": float((words >= HAS_IT).sum(axis=1).mean())},
    }
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, row in figures.items():
        print(f"{name:42}", "  ".join(f"{key} {shown(value)}" for key, value in row.items()))


def shown(value: float | list[float]) -> str:
    return "–".join(f"{one:.3f}" for one in value) if isinstance(value, list) else f"{value:.3g}"


if __name__ == "__main__":
    main()
