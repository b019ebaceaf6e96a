"""How often tempo and key are heard right, on music where they are known, and what hearing them costs.

    python benchmarks/tempo_and_key.py [--json] [--pieces 10] [--folk 120] [--clicks 25] [--audio FOLDER] [--no-librosa]

The music (`known_music.py`): the demo's seven styles at their usual tempos, and at any from 60 to 180; folk tunes on a
soundfont, if music21, pretty_midi and tinysoundfont are installed (left out otherwise); clicks. Keys are drawn from all
twelve tonics. Of each set it shows

- `accuracy1`: tempos within 4 % of the truth; `accuracy2`: also of twice, half, three times or a third of it;
- `key`: by MIREX's weights, 1 for the key, .5 a fifth away, .3 for the relative key, .2 for the parallel one;
- `ms`: CPU time a clip, with its resampling,

what is not heard counting as wrong, beside librosa's `beat_track` and, for keys, Krumhansl and Kessler's profiles over
librosa's chroma. Where nobody knows the truth (`--audio`, a folder with `clips.csv`: two excerpts of a recording share
its `recording`), it shows how often both excerpts have the same tempo (4 %) and key.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.known_music import Known, clicks, demo_music, folk_tunes
from spotrec.audio.decode import decode_excerpts
from spotrec.audio.excerpts import Excerpt
from spotrec.extract.tempo_and_key import hear
from spotrec.names.keys import MAJOR, MINOR

SHARED = Path(__file__).resolve().parents[2] / "shared"
_RATE_HZ = 22_050
_SEED = 1_000_003
_KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)

Hear = Callable[[Excerpt], tuple[float | None, str | None]]


@dataclass(frozen=True, slots=True)
class Score:
    """What one way to hear reaches on one set."""

    accuracy1: float
    accuracy2: float
    key: float
    ms: float


def ours(excerpt: Excerpt) -> tuple[float | None, str | None]:
    """Hear as spotrec does."""
    heard = hear([excerpt])
    return heard.bpm, heard.key


def by_librosa(excerpt: Excerpt) -> tuple[float | None, str | None]:
    """Hear with librosa's beat tracker, and Krumhansl's profiles over its chroma."""
    from librosa import feature
    from librosa.beat import beat_track

    samples = excerpt.at(_RATE_HZ)
    bpm = float(np.atleast_1d(beat_track(y=samples, sr=_RATE_HZ)[0])[0])
    chroma = feature.chroma_cqt(y=samples, sr=_RATE_HZ).mean(axis=1)
    profiles = [np.roll(profile, tonic) for profile in _KRUMHANSL for tonic in range(12)]
    return bpm or None, (*MAJOR, *MINOR)[int(np.argmax([np.corrcoef(chroma, one)[0, 1] for one in profiles]))]


def is_near(bpm: float | None, truth: float) -> bool:
    """Whether a tempo is within 4 % of the truth."""
    return bpm is not None and abs(bpm / truth - 1) <= 0.04


def key_weight(key: str | None, truth: str) -> float:
    """Return how right a key is, by MIREX's weights."""
    if key is None:
        return 0.0
    places = [(MAJOR.index(one), True) if one in MAJOR else (MINOR.index(one), False) for one in (key, truth)]
    (found, found_major), (tonic, is_major) = places
    steps = (found - tonic) % 12
    if found_major == is_major:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(steps, 0.0)
    if steps == 0:
        return 0.2
    return 0.3 if steps == (9 if is_major else 3) else 0.0


def score(pieces: Sequence[Known], listen: Hear) -> Score:
    """Hear each piece and compare it with the truth."""
    listen(Excerpt(pieces[0].samples, pieces[0].sample_rate_hz))  # what is loaded or compiled once is not counted
    started = time.process_time()
    heard = [listen(Excerpt(one.samples, one.sample_rate_hz)) for one in pieces]
    took_s = time.process_time() - started
    tempos = [(bpm, one.bpm) for (bpm, _), one in zip(heard, pieces, strict=True)]
    keys = [key_weight(key, one.key) for (_, key), one in zip(heard, pieces, strict=True) if one.key]
    near = [is_near(bpm, truth) for bpm, truth in tempos]
    octaves = [any(is_near(bpm, truth * by) for by in (1, 2, 1 / 2, 3, 1 / 3)) for bpm, truth in tempos]
    key = float(np.mean(keys)) if keys else float("nan")
    return Score(float(np.mean(near)), float(np.mean(octaves)), key, 1000 * took_s / len(pieces))


def agreement(folder: Path, listen: Hear) -> tuple[int, float, float]:
    """Return how many pairs of excerpts share a recording, and in how many tempo and key agree."""
    with (folder / "clips.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    by_recording: dict[str, list[tuple[float | None, str | None]]] = {}
    n_of = {row["recording"]: sum(other["recording"] == row["recording"] for other in rows) for row in rows}
    for row in rows:
        if n_of[row["recording"]] > 1:
            audio = (folder / row["file"]).read_bytes()
            by_recording.setdefault(row["recording"], []).append(listen(decode_excerpts(audio).excerpts[0]))
    pairs = [pair for heard in by_recording.values() for pair in combinations(heard, 2)]
    tempo = float(np.mean([b is not None and is_near(a, b) for (a, _), (b, _) in pairs]))
    return len(pairs), tempo, float(np.mean([a is not None and a == b for (_, a), (_, b) in pairs]))


def music(arguments: argparse.Namespace) -> Iterator[tuple[str, list[Known]]]:
    """Yield the sets, by name."""
    yield "demo, usual tempos", list(demo_music(arguments.pieces, _SEED, usual_tempo=True))
    yield "demo, any tempo", list(demo_music(arguments.pieces, _SEED + 1, usual_tempo=False))
    if arguments.folk and all(map(find_spec, ("music21", "pretty_midi", "tinysoundfont"))):
        yield "folk tunes", list(folk_tunes(arguments.folk, _SEED + 2))
    if arguments.clicks:
        yield "clicks", list(clicks(arguments.clicks, _SEED + 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pieces", type=int, default=10, help="of each style of the demo, twice")
    parser.add_argument("--folk", type=int, default=120)
    parser.add_argument("--clicks", type=int, default=25)
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--librosa", action=argparse.BooleanOptionalAction, default=True)
    arguments = parser.parse_args()
    ways: dict[str, Hear] = {"spotrec": ours}
    if arguments.librosa:
        ways["librosa"] = by_librosa
    figures = measured(arguments, ways, (lambda _: None) if arguments.json else print)
    if arguments.json:
        print(json.dumps(figures))


def measured(arguments: argparse.Namespace, ways: dict[str, Hear], show: Callable[[str], None]) -> dict[str, float]:
    """Return the figures by name, and show each line as soon as it is known."""
    figures: dict[str, float] = {}

    for name, pieces in music(arguments):
        for way, listen in ways.items():
            found = score(pieces, listen)
            for measure in Score.__slots__:
                if not np.isnan(value := getattr(found, measure)):
                    figures[f"{name} {way} {measure}"] = round(value, 3)
            show(
                f"{name} ({len(pieces)}), {way}: tempo {found.accuracy1:.1%}, with octaves {found.accuracy2:.1%}; "
                f"key {found.key:.3f}; {found.ms:.0f} ms a clip"
            )
    if (arguments.audio / "clips.csv").is_file():
        for way, listen in ways.items():
            n, tempo, key = agreement(arguments.audio, listen)
            figures |= {f"real pairs {way} tempo": round(tempo, 3), f"real pairs {way} key": round(key, 3)}
            show(f"two excerpts of a recording ({n} pairs), {way}: the same tempo {tempo:.1%}, the same key {key:.1%}")
    return figures


if __name__ == "__main__":
    main()
