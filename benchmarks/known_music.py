"""Music of which tempo and key are known: the demo's instruments, folk tunes on a soundfont, and clicks.

`folk_tunes` needs three packages that spotrec does not: `pip install music21 pretty_midi tinysoundfont`. The tunes are
in music21's corpus (Ryan's Mammoth Collection, O'Neill's Music of Ireland, the Nottingham database), the soundfont
(TimGM6mb) in pretty_midi.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from spotrec.demo import instruments
from spotrec.demo.synth import LENGTH_S, STYLES, Session
from spotrec.names.keys import key_of
from spotrec.vectors import FloatArray

_FOLK_RATE_HZ = 22_050
_MELODY = (0, 6, 16, 21, 22, 24, 25, 40, 46, 56, 65, 68, 71, 73, 80, 105)  # General MIDI programs
_CHORDS = (0, 4, 19, 24, 25, 27, 48, 50, 52, 89)
_BASS = (32, 33, 34, 35, 38, 42)
_WITH_CHORDS, _WITH_DRUMS = 0.85, 0.5
_DRUM_CHANNEL, _KICK, _SNARE, _HAT = 9, 36, 38, 42


@dataclass(frozen=True, slots=True)
class Known:
    """A clip: samples, shape (n_samples,), with its tempo and key; `key` is None where there is none."""

    name: str
    samples: FloatArray
    sample_rate_hz: int
    bpm: float
    key: str | None


def demo_music(per_style: int, seed: int, *, usual_tempo: bool) -> Iterator[Known]:
    """Yield pieces of the demo's styles in any key, at the style's usual tempo or at any from 60 to 180."""
    rng = np.random.default_rng(seed)
    for name, style in STYLES.items():
        for n in range(per_style):
            bpm = float(rng.uniform(*(style.bpm if usual_tempo else (60, 180))))
            session = Session(replace(style, bpm=(bpm, bpm)), seed=int(rng.integers(1 << 31)))
            for part in style.parts:
                session.play(part)
            samples = session.mix().mean(axis=0)
            yield Known(f"{name} {n}", samples, instruments.SAMPLE_RATE_HZ, session.bpm, session.key)


def clicks(n: int, seed: int) -> Iterator[Known]:
    """Yield clicks, every fourth one louder, at tempos from 60 to 180."""
    rng = np.random.default_rng(seed)
    rate = instruments.SAMPLE_RATE_HZ
    for i, bpm in enumerate(np.linspace(60, 180, n)):
        samples = 1e-3 * rng.standard_normal(int(LENGTH_S * rate)).astype(np.float32)
        for beat, at_s in enumerate(np.arange(rng.uniform(0, 1), LENGTH_S - 0.1, 60 / bpm)):
            click = instruments.envelope(0.05, 0.001, 0.01) * rng.standard_normal(int(0.05 * rate)).astype(np.float32)
            samples[int(at_s * rate) :][: click.size] += click * (0.5 if beat % 4 else 0.9)
        yield Known(f"clicks {i}", samples, rate, float(bpm), None)


@dataclass(frozen=True, slots=True)
class _Tune:
    """A tune in quarters: notes are (onset, length, MIDI pitch)."""

    notes: Sequence[tuple[float, float, int]]
    tonic: int
    is_minor: bool
    bar: float
    beat: float


def folk_tunes(n: int, seed: int) -> Iterator[Known]:
    """Yield folk tunes with simple chords, half of them with drums, at any tempo from 60 to 180 and in any key.

    The beat is a quarter, in jigs a dotted quarter.
    """
    rng = np.random.default_rng(seed)
    for i, tune in enumerate(_tunes(n, rng)):
        bpm = float(rng.uniform(60, 180))
        shift = int(rng.integers(-6, 6))
        band = _Band(tune, bpm, shift, rng)
        band.play_melody()
        if rng.random() < _WITH_CHORDS:
            band.play_chords()
        if rng.random() < _WITH_DRUMS:
            band.play_drums()
        samples = band.record()
        key = key_of((tune.tonic + shift) % 12, is_major=not tune.is_minor)
        yield Known(f"folk {i}", samples, _FOLK_RATE_HZ, bpm, key)


def _tunes(n: int, rng: np.random.Generator) -> Iterator[_Tune]:
    """Draw `n` tunes whose key and metre are stated."""
    from music21 import corpus

    paths = [
        path
        for place in ("ryansMammoth", "oneills1850", "nottingham-dataset")
        for path in sorted(corpus.getComposer(place))
        if path.suffix == ".abc"
    ]
    texts = [text for path in paths for text in _abc_tunes(path.read_text("utf-8", "replace"))]
    found = 0
    for at in rng.permutation(len(texts)):
        tune = _tune(texts[at])
        if tune:
            yield tune
            found += 1
            if found == n:
                return


def _abc_tunes(text: str) -> list[str]:
    pieces = text.split("\nX:")
    return [piece if i == 0 else f"X:{piece}" for i, piece in enumerate(pieces) if "\nK:" in piece]


def _tune(text: str) -> _Tune | None:
    """Read a tune in ABC; None if it has no key or metre that a beat follows from."""
    import warnings

    from music21 import converter, exceptions21
    from music21.key import Key

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            score: Any = converter.parse(text, format="abc").flatten()
    except (exceptions21.Music21Exception, ValueError, IndexError, AttributeError, TypeError, KeyError):
        return None
    key = next(iter(score.getElementsByClass("KeySignature")), None)
    metre = next(iter(score.getElementsByClass("TimeSignature")), None)
    notes = [
        (float(one.offset), float(one.quarterLength), int(one.pitch.midi)) for one in score.getElementsByClass("Note")
    ]
    if not isinstance(key, Key) or key.mode not in _IS_MINOR or metre is None or len(notes) < 40:
        return None
    beat = {"6/8": 1.5, "9/8": 1.5, "12/8": 1.5, "4/4": 1.0, "2/4": 1.0, "3/4": 1.0, "2/2": 1.0}.get(metre.ratioString)
    bar = float(metre.barDuration.quarterLength)
    return _Tune(notes, int(key.tonic.pitchClass), _IS_MINOR[key.mode], bar, beat) if beat else None


_IS_MINOR = {"major": False, "mixolydian": False, "minor": True, "dorian": True}


class _Band:
    """Players of a tune, and what they play: (time in quarters, channel, MIDI pitch, velocity), 0 where a note ends."""

    def __init__(self, tune: _Tune, bpm: float, shift: int, rng: np.random.Generator) -> None:
        self._tune, self._shift, self._rng = tune, shift, rng
        self._s_a_quarter = 60 / bpm / tune.beat
        self._until = LENGTH_S / self._s_a_quarter
        self._first = min(on for on, _, _ in tune.notes)
        end = max(on + long for on, long, _ in tune.notes)
        self._length = float(np.ceil((end - self._first) / tune.bar) * tune.bar)
        self._events: list[tuple[float, int, int, int]] = []

    def play_melody(self) -> None:
        """Play the tune again and again."""
        octave = int(self._rng.choice((-12, 0, 0)))
        for turn in range(int(self._until / self._length) + 1):
            for on, long, pitch in self._tune.notes:
                self._note(turn * self._length + on - self._first, long, 0, pitch + self._shift + octave, 100)

    def play_chords(self) -> None:
        """Play a chord and its root to each bar, on the first beat or on the others."""
        tune = self._tune
        for bar in np.arange(0, self._until, tune.bar):
            chord = [pitch + self._shift for pitch in _chord(tune, (bar % self._length) + self._first)]
            self._note(bar, tune.bar, 2, 36 + chord[0] % 12, 90)
            beats = np.arange(tune.beat, tune.bar, tune.beat) if self._rng.random() < 0.5 else np.zeros(1)
            for beat in beats:
                for pitch in chord:
                    self._note(bar + beat, tune.beat, 1, 54 + pitch % 12, 60)

    def play_drums(self) -> None:
        """Play bass drum and snare in turn, and the hi-hat two or three times a beat."""
        n_beats = round(self._tune.bar / self._tune.beat)
        parts = (0, 0.5) if self._tune.beat == 1 else (0, 1 / 3, 2 / 3)
        for i, on in enumerate(np.arange(0, self._until, self._tune.beat)):
            self._note(on, 0.1, _DRUM_CHANNEL, _SNARE if i % n_beats % 2 else _KICK, 100)
            for part in parts:
                self._note(on + part * self._tune.beat, 0.1, _DRUM_CHANNEL, _HAT, 70)

    def record(self) -> FloatArray:
        """Return the samples, shape (n_samples,)."""
        synth = self._synth()
        pieces, at = [], 0
        for quarter, channel, pitch, velocity in sorted(self._events):
            to = min(int(quarter * self._s_a_quarter * _FOLK_RATE_HZ), int(LENGTH_S * _FOLK_RATE_HZ))
            if to > at:
                pieces.append(np.frombuffer(synth.generate(to - at), np.float32).reshape(-1, 2).mean(axis=1))
                at = to
            if velocity:
                synth.noteon(channel, pitch, velocity)
            else:
                synth.noteoff(channel, pitch)
        samples: FloatArray = np.concatenate(pieces)
        return samples * np.float32(0.5 / max(1e-6, float(np.abs(samples).max())))

    def _note(self, on: float, long: float, channel: int, pitch: int, velocity: int) -> None:
        """Play a note with a player's small deviations of time and loudness."""
        if 0 < pitch < 128:
            start = max(0.0, on + self._rng.normal(0, 0.005) / self._s_a_quarter)
            self._events.append((start, channel, pitch, int(velocity * self._rng.uniform(0.85, 1))))
            self._events.append((on + 0.95 * long, channel, pitch, 0))

    def _synth(self) -> Any:
        import tinysoundfont

        synth = tinysoundfont.Synth(samplerate=_FOLK_RATE_HZ, gain=-12)
        (package,) = find_spec("pretty_midi").submodule_search_locations  # type: ignore[union-attr, misc]
        font = synth.sfload(str(Path(package) / "TimGM6mb.sf2"))
        for channel, programs in enumerate((_MELODY, _CHORDS, _BASS)):
            synth.program_select(channel, font, 0, int(self._rng.choice(programs)))
        synth.program_select(_DRUM_CHANNEL, font, 128, 0)
        return synth


def _chord(tune: _Tune, at: float) -> tuple[int, int, int]:
    """Return the triad of the scale's first, fourth, fifth or sixth step that has most of the bar's melody."""
    weights = np.zeros(12)
    for on, long, pitch in tune.notes:
        weights[pitch % 12] += max(0.0, min(on + long, at + tune.bar) - max(on, at))
    third = 3 if tune.is_minor else 4
    triads = [(0, third), (5, third), (7, 4), (8, 4) if tune.is_minor else (9, 3), (10, 4)][: 5 if tune.is_minor else 4]
    chords = [tuple((tune.tonic + step) % 12 for step in (root, root + above, root + 7)) for root, above in triads]
    root, above, fifth = max(chords, key=lambda chord: sum(weights[pitch] for pitch in chord))
    return root, above, fifth
