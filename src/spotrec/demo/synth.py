"""Half a minute of music in each of seven styles, composed and played here, for `spotrec demo`.

A style gives instruments and idiom; a piece's seed draws its key, tempo, chords, rhythms and tune.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import signal

from spotrec.demo import instruments as play
from spotrec.demo.instruments import SAMPLE_RATE_HZ, Instrument, band_pass, envelope
from spotrec.names.keys import key_of
from spotrec.vectors import FloatArray

LENGTH_S = 30.0
PEAK = 0.9
_LAST_CHORD_S = 2.5
_BAR = 16  # sixteenths
_LEGATO = 0.0  # a length: until the part's next note
_MAJOR, _MINOR, _DORIAN = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10)
_MINOR_THIRD = 3  # semitones
_TO_CHORD = (0, -1, 0, -1, 0, -1, 1)  # from each scale step above a chord's root to the nearest note of the triad


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the catalogue. Its sound depends only on `style` and `seed`."""

    style: str
    artist: str
    title: str
    seed: int


@dataclass(frozen=True, slots=True)
class Part:
    """The part of one player. A piece draws one of the `rhythms`: the sixteenths of a bar that have a note, 0 to f.

    So 048c is four on the floor and 4c the backbeat. `lowest` bounds the pitch: a MIDI note; for chords, arpeggio and
    tune, scale steps from the tonic near middle C.
    """

    role: Literal["drum", "bass", "chords", "arpeggio", "tune"]
    sound: Instrument
    gain: float
    lowest: int
    length_s: float
    rhythms: str
    pan: float = 0.0  # -1 left, 1 right
    width: float = 0.0  # played twice, this far to both sides and slightly out of tune with itself
    span: tuple[float, float] = (0.0, 1.0)  # start and end, as shares of the piece
    steps: tuple[int, ...] = (0,)  # in turn, bass: semitones above the root, arpeggio: which note of the chord
    every: int = 1  # bars
    ducked: float = 0.0  # how much quieter it becomes on each beat of the kick drum, as with a compressor


@dataclass(frozen=True, slots=True)
class Style:
    """What the pieces of a style share. `chords` are progressions of scale steps, a bar each, such as 1564."""

    artist: str
    bpm: tuple[float, float]
    scale: tuple[int, ...]
    chords: str
    titles: str
    parts: tuple[Part, ...]
    echo: tuple[float, float]  # the room's strength, and its decay to 1/e in s
    sevenths: bool = False  # four notes to a chord, else three
    swing: float = 0.0  # how late every other sixteenth comes, in sixteenths
    looseness_s: float = 0.0  # how far players are behind the beat


class Session:
    """A piece's key, chords and time, and the mix of its parts."""

    def __init__(self, style: Style, seed: int) -> None:
        self._style = style
        self._rng = np.random.default_rng(seed)
        self._sixteenth_s = 15 / self._rng.uniform(*style.bpm)
        self._n_bars = int((LENGTH_S - _LAST_CHORD_S) / (_BAR * self._sixteenth_s))
        self._tonic = 60 + int(self._rng.integers(-5, 7))
        self._roots = [int(step) - 1 for step in self._one_of(style.chords)]
        self._sides = np.zeros((2, int(LENGTH_S * SAMPLE_RATE_HZ)), np.float32)
        beats = np.arange(self._sides.shape[1], dtype=np.float32) / (4 * self._sixteenth_s * SAMPLE_RATE_HZ)
        self._kick_level = ((1 - beats % 1) ** 2).astype(np.float32)

    @property
    def bpm(self) -> float:
        """The piece's tempo, in beats per minute."""
        return 15 / self._sixteenth_s

    @property
    def key(self) -> str:
        """The piece's key: `Am`, `F#`."""
        key = key_of(self._tonic % 12, is_major=_MINOR_THIRD not in self._style.scale)
        assert key is not None
        return key

    def play(self, part: Part) -> None:
        """Play a part. Tunes have the phrases a a b a. In the bar after the last, all parts end on the tonic."""
        a, b = self._one_of(part.rhythms), self._one_of(part.rhythms)
        walks = self._rng.choice([-1, 0, 1], (2, _BAR)).cumsum(axis=1)
        contours = np.abs((walks + 12) % 16 - 8).tolist()  # within an octave
        first, last = (round(share * self._n_bars) for share in part.span)
        onsets = [
            bar * _BAR + int(sixteenth, 16)
            for bar in range(first, last, part.every)
            for sixteenth in (b if part.role == "tune" and bar % 4 == 2 else a)
        ]
        for turn, (at, until) in enumerate(zip(onsets, [*onsets[1:], last * _BAR], strict=True)):
            length_s = part.length_s or (until - at) * self._sixteenth_s
            for note in self._notes(part, at, turn, contours[at // _BAR % 4 == 2][at % _BAR]):
                self._record(part, note, at, length_s)
        if last == self._n_bars:
            for note in self._notes(part, last * _BAR, 0, 0):
                self._record(part, note, last * _BAR, max(part.length_s, _LAST_CHORD_S))

    def mix(self) -> FloatArray:
        """Mix all parts with the room's echo: shape (2, n_samples), no DC, faded out, peak `PEAK`."""
        strength, decay_s = self._style.echo
        echoes = np.random.default_rng(0).standard_normal((2, int(4 * decay_s * SAMPLE_RATE_HZ)), np.float32)
        echoes *= envelope(4 * decay_s, 0.01, decay_s) * np.float32(strength / np.sqrt(decay_s * SAMPLE_RATE_HZ / 2))
        echoes = band_pass(echoes, 250, 4500)  # low notes would be muddy
        wet = signal.fftconvolve(self._sides.mean(axis=0, keepdims=True), echoes, axes=1)
        mix = band_pass(self._sides + wet[:, : self._sides.shape[1]], 30, 10_800)
        mix *= np.minimum(np.arange(mix.shape[1], 0, -1, dtype=np.float32) / SAMPLE_RATE_HZ, 1)
        return mix * np.float32(PEAK / np.abs(mix).max())

    def _one_of(self, choices: str) -> str:
        return str(self._rng.choice(choices.split()))

    def _pitch(self, step: int) -> int:
        return self._tonic + step // 7 * 12 + self._style.scale[step % 7]

    def _notes(self, part: Part, at: int, turn: int, contour: int) -> list[int]:
        """Return the MIDI notes that a part plays at the sixteenth `at`, its onset number `turn`."""
        bar = at // _BAR
        root = self._roots[bar % len(self._roots)] if bar < self._n_bars else 0
        thirds = range(0, 8 if self._style.sevenths else 6, 2)
        # each note in the octave above the lowest, so that the voices move little from chord to chord
        chord = sorted(part.lowest + (root + third - part.lowest) % 7 for third in thirds)
        match part.role:
            case "drum":
                return [part.lowest]
            case "bass":
                return [part.lowest + (self._pitch(root) - part.lowest) % 12 + part.steps[turn % len(part.steps)]]
            case "arpeggio" if bar < self._n_bars:
                return [self._pitch([*chord, chord[0] + 7][part.steps[turn % len(part.steps)]])]
            case "tune":
                step = part.lowest + contour
                return [self._pitch(step if at % 4 else step + _TO_CHORD[(step - root) % 7])]
            case _:
                return [self._pitch(step) for step in chord]

    def _record(self, part: Part, note: int, at: int, length_s: float) -> None:
        """Add a note that starts at the sixteenth `at`, with a player's small deviations of time and loudness."""
        at_s = (at + self._style.swing * (at % 2)) * self._sixteenth_s
        for side in (-1, 1) if part.width else (0,):
            start = int((at_s + self._style.looseness_s * self._rng.random()) * SAMPLE_RATE_HZ)
            sound = _sound(part.sound, note + 0.04 * side, length_s)[: max(0, self._sides.shape[1] - start)]
            span = slice(start, start + sound.size)
            if part.ducked:
                sound = sound * (1 - np.float32(part.ducked) * self._kick_level[span])
            pan = part.pan + side * part.width
            gains = part.gain * self._rng.uniform(0.8, 1) * np.sqrt([[1 - pan], [1 + pan]])
            self._sides[:, span] += sound * gains.astype(np.float32)


@lru_cache(maxsize=128)
def _sound(instrument: Instrument, note: float, length_s: float) -> FloatArray:
    return instrument(440 * 2 ** ((note - 69) / 12), length_s)


# fmt: off
STYLES = {
    "house": Style(
        "Nadir Okonjo-Vance", (120, 128), _MINOR, "1647 1456 1537 6471 1514",
        "Platform Nine/Velvet Turnstile/Basement Sun/Lisbon Strobe/Warm Concrete/Second Coat/Mirrored/All the Doors",
        echo=(0.3, 0.4), sevenths=True, parts=(
            Part("chords", play.SYNTH, 0.28, 0, 0.5, "036ad 25ad 037ad 36adf", width=0.5, ducked=0.7),
            Part("bass", play.SYNTH_BASS, 0.4, 33, 0.25, "26ae 236abe 0369cf 267bdf", ducked=0.7),
            Part("tune", play.SYNTH, 0.4, 6, 0.4, "036c 069c 268 03a", 0.2, span=(0.5, 1), ducked=0.5),
            Part("drum", play.KICK, 0.7, 31, 0.5, "048c", span=(0, 0.4)),
            Part("drum", play.KICK, 0.7, 31, 0.5, "048c", span=(0.5, 1)),
            Part("drum", play.CLAP, 0.6, 0, 0.3, "4c", span=(0.1, 1)),
            Part("drum", play.OPEN_HAT, 0.3, 0, 0.3, "26ae", 0.25),
            Part("drum", play.HAT, 0.2, 0, 0.1, "0134578bcdf", -0.3, span=(0.2, 1)),
            Part("drum", play.CRASH, 0.3, 0, 2.5, "0", every=7, span=(0.5, 1)),
        )),
    "ambient": Style(
        "Hollow Meridian", (56, 68), _MAJOR, "1144 11664455 44116611 11335544",
        "Slow Glass/The Weight of Fog/Lichen/Tidal Memory/Late March/Without Ships/Under the Ice Road/Pale Orbit",
        echo=(1.5, 1.0), sevenths=True, looseness_s=0.1, parts=(
            Part("chords", play.PAD, 0.3, -4, 12, "0", width=0.7, every=2),
            Part("bass", play.PAD, 0.3, 36, 12, "0", every=2),
            Part("tune", play.BELL, 0.25, 7, 4, "0 08 4b 2 6c", width=0.5),
            Part("drum", play.WIND, 0.08, 0, 14, "0", 0.3, every=3),
        )),
    "piano": Style(
        "Elswyth Tarrow", (66, 88), _MAJOR, "1645 1564 6415 1364 4156",
        "Letter Unsent/Rain on Glass/Small Hours/Lighthouse/The Empty Carousel/Waltzing Dust/First Snow/Old Clock",
        echo=(0.8, 0.7), looseness_s=0.02, parts=(
            Part("bass", play.PIANO, 0.4, 36, 3, "0 08", -0.3),
            Part("arpeggio", play.PIANO, 0.22, -7, 3, "2468ace 2468c 468ce", -0.2, steps=(0, 1, 2, 3, 2, 1)),
            Part("tune", play.PIANO, 0.45, 4, 3, "068c 048 0468ce 068a 04ac", 0.25),
        )),
    "metal": Style(
        "Grimholt Ascendant", (135, 175), _MINOR, "1167 1136 1617 1117 1634",
        "Throne of Cinders/Iron Vespers/Reactor Wolves/No Sun Below/Anvil Liturgy/Antler/Serpent Engine/Ashes",
        echo=(0.2, 0.3), looseness_s=0.004, parts=(
            Part("bass", play.POWER_CHORD, 0.5, 38, _LEGATO, "06c 0 08 06ac", width=0.8),
            Part("bass", play.PALM_MUTE, 0.5, 38, 0.12, "235689bcf 234678abcef 124568abde 012348abc", width=0.8),
            Part("bass", play.SYNTH_BASS, 0.5, 26, 0.3, "02468ace"),
            Part("tune", play.SOLO, 0.3, 7, _LEGATO, "02468ace 0123468abce 0468abc", 0.1, span=(0.5, 1)),
            Part("drum", play.KICK, 0.5, 33, 0.15, "0123456789abcdef 0134578bcdf 02346789abce"),
            Part("drum", play.SNARE, 1.0, 55, 0.3, "4c 8 4c"),
            Part("drum", play.OPEN_HAT, 0.5, 0, 0.3, "048c", 0.4),
            Part("drum", play.CRASH, 0.7, 0, 2.5, "0", -0.4, every=4),
        )),
    "chiptune": Style(
        "Pixel Wendigo", (130, 165), _MAJOR, "1564 1456 6451 1645 4536",
        "Continue Screen/Coin Cavern/Wrong Castle/Boss Door/Jump Button/Save Point/Bonus Level Zero/Cartridge Dust",
        echo=(0.1, 0.1), parts=(
            Part("arpeggio", play.PULSE, 0.2, 0, _LEGATO, "0123456789abcdef", -0.3, steps=(0, 1, 2, 3)),
            Part("bass", play.TRIANGLE, 0.25, 36, 0.15, "02468ace 0369cf 0234678abcef", steps=(0, 12)),
            Part("tune", play.PULSE, 0.4, 7, _LEGATO, "0248ac 0368 023468c 0468ac", 0.2),
            Part("drum", play.KICK, 0.5, 36, 0.2, "08a 048c 068e"),
            Part("drum", play.CLAP, 0.4, 0, 0.2, "4c"),
            Part("drum", play.HAT, 0.2, 0, 0.05, "02468ace"),
        )),
    "folk": Style(
        "Maren Hollisby", (88, 112), _MAJOR, "1145 1415 1645 1541 1465",
        "Orchard Gate/Last Round/Ferryman/Barley and Rust/Kettle Song/Over Tansy Hill/Wren in the Rafters/Mended Fence",
        echo=(0.15, 0.3), looseness_s=0.012, parts=(
            Part("bass", play.GUITAR, 0.35, 40, 2, "048c", -0.1, steps=(0, 7)),
            Part("arpeggio", play.GUITAR, 0.3, 0, 2, "256abe 268ae 36adf 246ace", 0.1, steps=(2, 1, 3, 0)),
            Part("tune", play.GUITAR, 0.4, 4, 2, "048 068c 0 08c", 0.35, span=(0.2, 1)),
            Part("drum", play.SHAKER, 0.3, 0, 0.15, "02468ace", -0.5, span=(0.2, 1)),
        )),
    "hip-hop": Style(
        "Juno Castellane", (78, 92), _DORIAN, "1414 1745 1354 1474",
        "Corner Store/Tape Deck/Night Bus/Ninety Percent Humid/Rooftop Laundry/Slow Money/Chalk Lines/Attic Records",
        echo=(0.2, 0.3), sevenths=True, swing=0.35, looseness_s=0.01, parts=(
            Part("chords", play.ELECTRIC_PIANO, 0.2, -3, 2, "0a 07 2ad 06", width=0.4),
            Part("tune", play.ELECTRIC_PIANO, 0.25, 4, 2, "68b 03a 46a", 0.2, span=(0.4, 1)),
            Part("bass", play.SUB_BASS, 0.3, 29, 0.8, "07a 03a 06ad 028b"),
            Part("drum", play.KICK, 0.7, 31, 0.5, "07a 0a 028b 06a"),
            Part("drum", play.SNARE, 1.4, 54, 0.3, "4c", span=(0.1, 1)),
            Part("drum", play.HAT, 0.9, 0, 0.1, "02468ace 0234678abce", 0.3, span=(0.1, 1)),
        )),
}
# fmt: on


def catalogue(per_style: int = 5) -> list[Piece]:
    """Return the first `per_style` pieces of every style, up to 8 of each."""
    return [
        Piece(name, style.artist, title, seed=100 * nr + title_nr)
        for nr, (name, style) in enumerate(STYLES.items())
        for title_nr, title in enumerate(style.titles.split("/")[:per_style])
    ]


def render(piece: Piece) -> FloatArray:
    """Render the piece's sound: shape (2, n_samples), stereo, 30 s at `SAMPLE_RATE_HZ`, peak `PEAK`."""
    style = STYLES[piece.style]
    session = Session(style, piece.seed)
    for part in style.parts:
        session.play(part)
    return session.mix()
