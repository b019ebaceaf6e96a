"""Half a minute of music in each of seven styles, composed and played here, for `spotrec demo`.

A style gives instruments and idiom; a piece's seed draws its key, tempo, chords, rhythms and tune.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import signal

FloatArray = npt.NDArray[np.float32]
Instrument = Callable[[float, float], FloatArray]  # pitch in Hz, length in s -> shape (n_samples,), peak about 1

SAMPLE_RATE_HZ = 22_050
LENGTH_S = 30.0
PEAK = 0.9
_LAST_CHORD_S = 2.5
_BAR = 16  # sixteenths
_LEGATO = 0.0  # a length: until the part's next note
_MAJOR, _MINOR, _DORIAN = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10)
_TO_CHORD = (0, -1, 0, -1, 0, -1, 1)  # from each scale step above a chord's root to the nearest note of the triad


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the catalogue. All of its sound follows from `style` and `seed`."""

    style: str
    artist: str
    title: str
    seed: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one player does. A piece draws one of the `rhythms`: the sixteenths of a bar that have a note, 0 to f.

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
    heard: tuple[float, float] = (0.0, 1.0)  # from and to which share of the piece
    steps: tuple[int, ...] = (0,)  # in turn, bass: semitones above the root, arpeggio: which note of the chord
    every: int = 1  # bars
    ducked: float = 0.0  # how far it gives way on each beat to the kick drum, as in a compressor


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
    """Keeps a piece's key, chords and time, and mixes what is played."""

    def __init__(self, style: Style, seed: int) -> None:
        self._style = style
        self._rng = np.random.default_rng(seed)
        self._sixteenth_s = 15 / self._rng.uniform(*style.bpm)
        self._n_bars = int((LENGTH_S - _LAST_CHORD_S) / (_BAR * self._sixteenth_s))
        self._tonic = 60 + int(self._rng.integers(-5, 7))
        self._roots = [int(step) - 1 for step in self._one_of(style.chords)]
        self._sides = np.zeros((2, int(LENGTH_S * SAMPLE_RATE_HZ)), np.float32)
        beats = np.arange(self._sides.shape[1], dtype=np.float32) / (4 * self._sixteenth_s * SAMPLE_RATE_HZ)
        self._kicked = ((1 - beats % 1) ** 2).astype(np.float32)

    def play(self, part: Part) -> None:
        """Play a part through, tunes in phrases a a b a; on the bar after the last all end on the tonic."""
        a, b = self._one_of(part.rhythms), self._one_of(part.rhythms)
        walks = self._rng.choice([-1, 0, 1], (2, _BAR)).cumsum(axis=1)
        contours = np.abs((walks + 12) % 16 - 8).tolist()  # within an octave
        first, last = (round(share * self._n_bars) for share in part.heard)
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

    def mixed(self) -> FloatArray:
        """All that was played, in its room: shape (2, n_samples), no DC, faded out, peak `PEAK`."""
        strength, decay_s = self._style.echo
        echoes = np.random.default_rng(0).standard_normal((2, int(4 * decay_s * SAMPLE_RATE_HZ)), np.float32)
        echoes *= _envelope(4 * decay_s, 0.01, decay_s) * np.float32(strength / np.sqrt(decay_s * SAMPLE_RATE_HZ / 2))
        echoes = _filtered(echoes, 250, 4500)  # low notes would be muddy
        wet = signal.fftconvolve(self._sides.mean(axis=0, keepdims=True), echoes, axes=1)
        mix = _filtered(self._sides + wet[:, : self._sides.shape[1]], 30, 10_800)
        mix *= np.minimum(np.arange(mix.shape[1], 0, -1, dtype=np.float32) / SAMPLE_RATE_HZ, 1)
        return mix * np.float32(PEAK / np.abs(mix).max())

    def _one_of(self, choices: str) -> str:
        return str(self._rng.choice(choices.split()))

    def _pitch(self, step: int) -> int:
        return self._tonic + step // 7 * 12 + self._style.scale[step % 7]

    def _notes(self, part: Part, at: int, turn: int, contour: int) -> list[int]:
        """The MIDI notes that a part plays at the sixteenth `at`, its onset number `turn`."""
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
        """Mix in a note that begins at the sixteenth `at`, about as punctual and loud as players are."""
        at_s = (at + self._style.swing * (at % 2)) * self._sixteenth_s
        for side in (-1, 1) if part.width else (0,):
            start = int((at_s + self._style.looseness_s * self._rng.random()) * SAMPLE_RATE_HZ)
            sound = _sound(part.sound, note + 0.04 * side, length_s)[: max(0, self._sides.shape[1] - start)]
            span = slice(start, start + sound.size)
            if part.ducked:
                sound = sound * (1 - np.float32(part.ducked) * self._kicked[span])
            pan = part.pan + side * part.width
            gains = part.gain * self._rng.uniform(0.8, 1) * np.sqrt([[1 - pan], [1 + pan]])
            self._sides[:, span] += sound * gains.astype(np.float32)


def _envelope(length_s: float, attack_s: float, decay_s: float = 1e9) -> FloatArray:
    t = np.arange(int(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    shape: FloatArray = np.exp(-t / decay_s) * np.clip(np.minimum(t, length_s - t) / attack_s, 0, 1)
    return shape


def _filtered(sound: FloatArray, low_hz: float, high_hz: float) -> FloatArray:
    sections = signal.butter(1, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    heard: FloatArray = signal.sosfilt(sections.astype(np.float32), sound).astype(np.float32)
    return heard


@dataclass(frozen=True, slots=True)
class Strings:
    """Something struck, plucked or bowed `at` a share of its length; its partials die away, the higher ones sooner.

    Undamped it is also a pulse (slope 1) or a triangle (slope 2, `at` its half).
    """

    n_partials: int
    at: float
    slope: float  # partial k has strength 1 / k**slope
    decay_s: float = 1e9  # to 1/e, of the lowest partial of middle C
    damping: float = 0.0
    stiffness: float = 0.0
    attack_s: float = 0.002

    def __call__(self, hz: float, length_s: float) -> FloatArray:
        k = np.arange(1, min(self.n_partials, int(0.4 * SAMPLE_RATE_HZ / hz)) + 1)
        strength = np.abs(np.sin(np.pi * k * self.at)) / k**self.slope
        decay_s = self.decay_s * np.sqrt(262 / hz) / (1 + self.damping * k**2)
        pole = (2j * np.pi * hz * k * np.sqrt(1 + self.stiffness * k**2) - 1 / decay_s) / SAMPLE_RATE_HZ
        # a decaying sine is its pole's powers: every 256th of them times the first 256 is one matrix product
        n_samples = int(length_s * SAMPLE_RATE_HZ)
        coarse = (np.exp(np.arange(0, n_samples, 256)[:, np.newaxis] * pole) * strength).astype(np.complex64)
        fine = np.exp(pole[:, np.newaxis] * np.arange(256)).astype(np.complex64)
        sound: FloatArray = (coarse @ fine).imag.ravel()[:n_samples] * _envelope(length_s, self.attack_s)
        sound /= np.abs(sound).max()
        return sound


@dataclass(frozen=True, slots=True)
class Overdriven:
    """Strings, sounding together at `ratios` of the pitch, through an amplifier that cannot cope and a loudspeaker."""

    strings: Strings
    ratios: tuple[float, ...]

    def __call__(self, hz: float, length_s: float) -> FloatArray:
        strings = np.sum([self.strings(ratio * hz, length_s) for ratio in self.ratios], axis=0)
        rattle = 1 + 0.6 * np.random.default_rng(2).standard_normal(strings.size, np.float32)
        return _filtered(np.tanh(15 * strings * rattle), 100, 6000)


@dataclass(frozen=True, slots=True)
class Drum:
    """A skin whose pitch falls by `fall_hz`, and filtered noise: a share of `noisiness` of the latter."""

    decay_s: float
    noisiness: float = 0.0
    fall_hz: float = 150.0
    low_hz: float = 200.0
    high_hz: float = 10_500.0
    attack_s: float = 0.001

    def __call__(self, hz: float, length_s: float) -> FloatArray:
        t = np.arange(int(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
        skin = np.sin(2 * np.pi * (hz * t + self.fall_hz * 0.025 * (1 - np.exp(-t / 0.025))))
        noise = _filtered(np.random.default_rng(1).standard_normal(t.size, np.float32), self.low_hz, self.high_hz)
        sound = (1 - self.noisiness) * skin + self.noisiness * noise / np.abs(noise).max()
        heard: FloatArray = sound * _envelope(length_s, self.attack_s, self.decay_s)
        return heard


@lru_cache(maxsize=128)
def _sound(instrument: Instrument, note: float, length_s: float) -> FloatArray:
    return instrument(440 * 2 ** ((note - 69) / 12), length_s)


_PIANO = Strings(15, at=0.12, slope=1.5, decay_s=1.5, damping=0.05, stiffness=4e-4)
_ELECTRIC_PIANO = Strings(6, at=0.3, slope=1, decay_s=0.9, damping=0.1)
_GUITAR = Strings(40, at=0.22, slope=0.9, decay_s=0.45, damping=0.01)
_BELL = Strings(3, at=0.4, slope=1.7, decay_s=1.3, damping=0.2, stiffness=0.01)
_PAD = Strings(10, at=0.3, slope=1.4, decay_s=20, damping=0.3, attack_s=4)
_PULSE = Strings(40, at=0.25, slope=1, decay_s=0.4)
_TRIANGLE = Strings(15, at=0.5, slope=2)
_SYNTH = Strings(40, at=0.04, slope=1.2, decay_s=0.25, damping=0.01)
_SYNTH_BASS = Strings(12, at=0.1, slope=1.3, decay_s=0.2, damping=0.04)
_POWER_CHORD = Overdriven(Strings(24, at=0.1, slope=1, decay_s=1.2, damping=0.003), (1, 1.4983, 2.003))
_PALM_MUTE = Overdriven(Strings(24, at=0.1, slope=1, decay_s=0.04, damping=0.003), (1, 1.4983))
_SOLO = Overdriven(Strings(24, at=0.1, slope=1, decay_s=2, damping=0.003), (1, 1.005))
_KICK = Drum(0.1)
_SUB_BASS = Drum(0.5, fall_hz=80)
_SNARE = Drum(0.08, 0.7, low_hz=1000)
_CLAP = Drum(0.06, 1, low_hz=900, high_hz=3500)
_HAT = Drum(0.025, 1, low_hz=7000)
_SHAKER = Drum(0.04, 1, low_hz=5000, attack_s=0.015)
_OPEN_HAT = Drum(0.08, 1, low_hz=6000)
_CRASH = Drum(0.7, 1, low_hz=3000)
_WIND = Drum(1e9, 1, low_hz=150, high_hz=600, attack_s=5)

# fmt: off
STYLES = {
    "house": Style(
        "Nadir Okonjo-Vance", (120, 128), _MINOR, "1647 1456 1537 6471 1514",
        "Platform Nine/Velvet Turnstile/Basement Sun/Lisbon Strobe/Warm Concrete/Second Coat/Mirrored/All the Doors",
        echo=(0.3, 0.4), sevenths=True, parts=(
            Part("chords", _SYNTH, 0.28, 0, 0.5, "036ad 25ad 037ad 36adf", width=0.5, ducked=0.7),
            Part("bass", _SYNTH_BASS, 0.4, 33, 0.25, "26ae 236abe 0369cf 267bdf", ducked=0.7),
            Part("tune", _SYNTH, 0.4, 6, 0.4, "036c 069c 268 03a", 0.2, heard=(0.5, 1), ducked=0.5),
            Part("drum", _KICK, 0.7, 31, 0.5, "048c", heard=(0, 0.4)),
            Part("drum", _KICK, 0.7, 31, 0.5, "048c", heard=(0.5, 1)),
            Part("drum", _CLAP, 0.6, 0, 0.3, "4c", heard=(0.1, 1)),
            Part("drum", _OPEN_HAT, 0.3, 0, 0.3, "26ae", 0.25),
            Part("drum", _HAT, 0.2, 0, 0.1, "0134578bcdf", -0.3, heard=(0.2, 1)),
            Part("drum", _CRASH, 0.3, 0, 2.5, "0", every=7, heard=(0.5, 1)),
        )),
    "ambient": Style(
        "Hollow Meridian", (56, 68), _MAJOR, "1144 11664455 44116611 11335544",
        "Slow Glass/The Weight of Fog/Lichen/Tidal Memory/Late March/Without Ships/Under the Ice Road/Pale Orbit",
        echo=(1.5, 1.0), sevenths=True, looseness_s=0.1, parts=(
            Part("chords", _PAD, 0.3, -4, 12, "0", width=0.7, every=2),
            Part("bass", _PAD, 0.3, 36, 12, "0", every=2),
            Part("tune", _BELL, 0.25, 7, 4, "0 08 4b 2 6c", width=0.5),
            Part("drum", _WIND, 0.08, 0, 14, "0", 0.3, every=3),
        )),
    "piano": Style(
        "Elswyth Tarrow", (66, 88), _MAJOR, "1645 1564 6415 1364 4156",
        "Letter Unsent/Rain on Glass/Small Hours/Lighthouse/The Empty Carousel/Waltzing Dust/First Snow/Old Clock",
        echo=(0.8, 0.7), looseness_s=0.02, parts=(
            Part("bass", _PIANO, 0.4, 36, 3, "0 08", -0.3),
            Part("arpeggio", _PIANO, 0.22, -7, 3, "2468ace 2468c 468ce", -0.2, steps=(0, 1, 2, 3, 2, 1)),
            Part("tune", _PIANO, 0.45, 4, 3, "068c 048 0468ce 068a 04ac", 0.25),
        )),
    "metal": Style(
        "Grimholt Ascendant", (135, 175), _MINOR, "1167 1136 1617 1117 1634",
        "Throne of Cinders/Iron Vespers/Reactor Wolves/No Sun Below/Anvil Liturgy/Antler/Serpent Engine/Ashes",
        echo=(0.2, 0.3), looseness_s=0.004, parts=(
            Part("bass", _POWER_CHORD, 0.5, 38, _LEGATO, "06c 0 08 06ac", width=0.8),
            Part("bass", _PALM_MUTE, 0.5, 38, 0.12, "235689bcf 234678abcef 124568abde 012348abc", width=0.8),
            Part("bass", _SYNTH_BASS, 0.5, 26, 0.3, "02468ace"),
            Part("tune", _SOLO, 0.3, 7, _LEGATO, "02468ace 0123468abce 0468abc", 0.1, heard=(0.5, 1)),
            Part("drum", _KICK, 0.5, 33, 0.15, "0123456789abcdef 0134578bcdf 02346789abce"),
            Part("drum", _SNARE, 1.0, 55, 0.3, "4c 8 4c"),
            Part("drum", _OPEN_HAT, 0.5, 0, 0.3, "048c", 0.4),
            Part("drum", _CRASH, 0.7, 0, 2.5, "0", -0.4, every=4),
        )),
    "chiptune": Style(
        "Pixel Wendigo", (130, 165), _MAJOR, "1564 1456 6451 1645 4536",
        "Continue Screen/Coin Cavern/Wrong Castle/Boss Door/Jump Button/Save Point/Bonus Level Zero/Cartridge Dust",
        echo=(0.1, 0.1), parts=(
            Part("arpeggio", _PULSE, 0.2, 0, _LEGATO, "0123456789abcdef", -0.3, steps=(0, 1, 2, 3)),
            Part("bass", _TRIANGLE, 0.25, 36, 0.15, "02468ace 0369cf 0234678abcef", steps=(0, 12)),
            Part("tune", _PULSE, 0.4, 7, _LEGATO, "0248ac 0368 023468c 0468ac", 0.2),
            Part("drum", _KICK, 0.5, 36, 0.2, "08a 048c 068e"),
            Part("drum", _CLAP, 0.4, 0, 0.2, "4c"),
            Part("drum", _HAT, 0.2, 0, 0.05, "02468ace"),
        )),
    "folk": Style(
        "Maren Hollisby", (88, 112), _MAJOR, "1145 1415 1645 1541 1465",
        "Orchard Gate/Last Round/Ferryman/Barley and Rust/Kettle Song/Over Tansy Hill/Wren in the Rafters/Mended Fence",
        echo=(0.15, 0.3), looseness_s=0.012, parts=(
            Part("bass", _GUITAR, 0.35, 40, 2, "048c", -0.1, steps=(0, 7)),
            Part("arpeggio", _GUITAR, 0.3, 0, 2, "256abe 268ae 36adf 246ace", 0.1, steps=(2, 1, 3, 0)),
            Part("tune", _GUITAR, 0.4, 4, 2, "048 068c 0 08c", 0.35, heard=(0.2, 1)),
            Part("drum", _SHAKER, 0.3, 0, 0.15, "02468ace", -0.5, heard=(0.2, 1)),
        )),
    "hip-hop": Style(
        "Juno Castellane", (78, 92), _DORIAN, "1414 1745 1354 1474",
        "Corner Store/Tape Deck/Night Bus/Ninety Percent Humid/Rooftop Laundry/Slow Money/Chalk Lines/Attic Records",
        echo=(0.2, 0.3), sevenths=True, swing=0.35, looseness_s=0.01, parts=(
            Part("chords", _ELECTRIC_PIANO, 0.2, -3, 2, "0a 07 2ad 06", width=0.4),
            Part("tune", _ELECTRIC_PIANO, 0.25, 4, 2, "68b 03a 46a", 0.2, heard=(0.4, 1)),
            Part("bass", _SUB_BASS, 0.3, 29, 0.8, "07a 03a 06ad 028b"),
            Part("drum", _KICK, 0.7, 31, 0.5, "07a 0a 028b 06a"),
            Part("drum", _SNARE, 1.4, 54, 0.3, "4c", heard=(0.1, 1)),
            Part("drum", _HAT, 0.9, 0, 0.1, "02468ace 0234678abce", 0.3, heard=(0.1, 1)),
        )),
}
# fmt: on


def catalogue(per_style: int = 5) -> list[Piece]:
    """The first `per_style` pieces of every style, up to 8 of each."""
    return [
        Piece(name, style.artist, title, seed=100 * nr + title_nr)
        for nr, (name, style) in enumerate(STYLES.items())
        for title_nr, title in enumerate(style.titles.split("/")[:per_style])
    ]


def render(piece: Piece) -> FloatArray:
    """The piece's sound: shape (2, n_samples), stereo, 30 s at `SAMPLE_RATE_HZ`, peak `PEAK`."""
    style = STYLES[piece.style]
    session = Session(style, piece.seed)
    for part in style.parts:
        session.play(part)
    return session.mixed()
