"""Half a minute of music in each of seven styles, composed and played here, for `spotrec demo`.

A style gives instruments and idiom; a piece's seed draws its key, tempo, chords, rhythms and tune.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import signal

FloatArray = npt.NDArray[np.float32]
Instrument = Callable[[float, float], FloatArray]  # pitch in Hz, length in s -> mono, shape (n_samples,), peak about 1

SAMPLE_RATE_HZ = 22_050
LENGTH_S = 30.0
PEAK = 0.9
_LAST_CHORD_S = 3.0
_BAR = 16  # sixteenths
_LEGATO = 0.0  # a length: until the part's next note
_MAJOR, _MINOR, _DORIAN = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the catalogue. All of its sound follows from `style` and `seed`."""

    style: str
    artist: str
    title: str
    seed: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one player does. `rhythms` hold a mark for each sixteenth, x for a note; a piece draws one of them.

    `lowest` bounds the part's pitch: a MIDI note, for chords and tunes a scale step from the tonic near middle C.
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
    steps: tuple[int, ...] = (0,)  # bass: semitones above the root, in turn; else the chord's notes, from 0


@dataclass(frozen=True, slots=True)
class Style:
    """What the pieces of a style share. `chords` are progressions of scale steps, a bar each, such as 1564."""

    artist: str
    titles: str
    bpm: tuple[float, float]
    scale: tuple[int, ...]
    chords: str
    parts: tuple[Part, ...]
    echo: tuple[float, float]  # the room's strength, and its decay to 1/e in s
    sevenths: bool = False  # four notes to a chord, else three
    swing: float = 0.0  # how late every other sixteenth comes, in sixteenths
    looseness_s: float = 0.0  # how far players are behind the beat
    pumped: int = 0  # how many parts, the first ones, give way on each beat to the kick drum, as in a compressor


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

    def play(self, part: Part) -> None:
        """Play a part through; on the bar after the last everyone ends on the tonic."""
        a, b = self._one_of(part.rhythms), self._one_of(part.rhythms)
        rhythm = a + a + b + a if part.role == "tune" else a
        walk_a, walk_b = self._rng.choice([-2, -1, -1, 0, 1, 1, 2], (2, _BAR)).cumsum(axis=1) % 9
        walk = np.concatenate([walk_a, walk_a, walk_b, walk_a]).tolist()
        end = self._n_bars * _BAR
        first, last = (round(share * self._n_bars) * _BAR for share in part.heard)
        onsets = [at for at in range(first, last) if rhythm[at % len(rhythm)] == "x"]
        for turn, (at, until) in enumerate(zip(onsets, [*onsets[1:], end], strict=True)):
            length_s = part.length_s or (until - at) * self._sixteenth_s
            for note in self._notes(part, at, turn, walk[at % len(walk)]):
                self._mix_in(part, note, at, length_s)
        if last == end:
            for note in self._notes(part, end, 0, 0):
                self._mix_in(part, note, end, max(part.length_s, _LAST_CHORD_S / 2))

    def pump(self) -> None:
        """Duck what was played so far on every beat."""
        beat = np.arange(self._sides.shape[1], dtype=np.float32) / np.float32(4 * self._sixteenth_s * SAMPLE_RATE_HZ)
        self._sides *= 1 - 0.7 * (1 - beat % 1) ** 2

    def mixed(self) -> FloatArray:
        """All that was played, in its room: shape (2, n_samples), no DC, faded out, peak `PEAK`."""
        strength, decay_s = self._style.echo
        echoes = np.random.default_rng(0).standard_normal((2, int(4 * decay_s * SAMPLE_RATE_HZ)), np.float32)
        echoes *= _envelope(4 * decay_s, 0.01, decay_s) * np.float32(strength / np.sqrt(decay_s * SAMPLE_RATE_HZ / 2))
        echoes = _filtered(echoes, 250, 4500)  # low notes would be muddy
        wet = signal.fftconvolve(self._sides.mean(axis=0, keepdims=True), echoes, axes=1)
        mix = _filtered(self._sides + wet[:, : self._sides.shape[1]], 25, 10_800)
        mix *= np.minimum(np.arange(mix.shape[1], 0, -1, dtype=np.float32) / SAMPLE_RATE_HZ, 1)
        return mix * np.float32(PEAK / np.abs(mix).max())

    def _one_of(self, choices: str) -> str:
        return str(self._rng.choice(choices.split()))

    def _pitch(self, step: int) -> int:
        return self._tonic + step // 7 * 12 + self._style.scale[step % 7]

    def _notes(self, part: Part, at: int, turn: int, walk: int) -> list[int]:
        """The MIDI notes of a part's stroke, the `turn`th, `at` this sixteenth."""
        bar = at // _BAR
        root = self._roots[bar % len(self._roots)] if bar < self._n_bars else 0
        # each chord note in the octave above the lowest, so that the voices move little from chord to chord
        thirds = (0, 2, 4, 6) if self._style.sevenths else (0, 2, 4)
        chord = sorted(part.lowest + (root + third - part.lowest) % 7 for third in thirds)
        chord.append(chord[0] + 7)
        match part.role:
            case "drum":
                return [part.lowest]
            case "bass":
                return [part.lowest + (self._pitch(root) - part.lowest) % 12 + part.steps[turn % len(part.steps)]]
            case "arpeggio" if bar < self._n_bars:
                return [self._pitch(chord[part.steps[turn % len(part.steps)]])]
            case "tune":
                step = part.lowest + walk
                clashes = at % 4 == 0 and (step - root) % 7 not in (0, 2, 4)
                return [self._pitch(step - clashes)]
            case _:
                return [self._pitch(chord[step]) for step in sorted(set(part.steps))]

    def _mix_in(self, part: Part, note: int, at: int, length_s: float) -> None:
        late_s = self._style.swing * self._sixteenth_s * (at % 2)
        for side in (-1, 1) if part.width else (0,):
            sound = _sound(part.sound, note + 0.04 * side, length_s)
            start_s = at * self._sixteenth_s + late_s + self._style.looseness_s * self._rng.random()
            start = int(start_s * SAMPLE_RATE_HZ)
            heard = sound[: max(0, self._sides.shape[1] - start)]
            pan = part.pan + side * part.width
            gains = part.gain * self._rng.uniform(0.8, 1) * np.sqrt([[1 - pan], [1 + pan]])
            self._sides[:, start : start + heard.size] += heard * gains.astype(np.float32)


def _envelope(length_s: float, attack_s: float, decay_s: float, release_s: float = 0.02) -> FloatArray:
    t = np.arange(int(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    shape: FloatArray = np.exp(-t / decay_s) * np.clip(t / attack_s, 0, 1) * np.clip((length_s - t) / release_s, 0, 1)
    return shape


def _filtered(sound: FloatArray, low_hz: float, high_hz: float) -> FloatArray:
    sections = signal.butter(1, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    heard: FloatArray = signal.sosfilt(sections.astype(np.float32), sound).astype(np.float32)
    return heard


def _struck(
    hz: float, length_s: float, *, n_partials: int, at: float, slope: float, decay_s: float,
    damping: float = 0.0, stiffness: float = 0.0,
) -> FloatArray:
    """The decaying partials of something struck or plucked `at` a share of its length.

    Without `damping` of the higher ones this is also a pulse (slope 1) or a triangle (slope 2, `at` a half).
    """
    k = np.arange(1, n_partials + 1)
    partials_hz = hz * k * np.sqrt(1 + stiffness * k**2)
    k, partials_hz = k[partials_hz < SAMPLE_RATE_HZ / 2.2], partials_hz[partials_hz < SAMPLE_RATE_HZ / 2.2]
    strength = np.abs(np.sin(np.pi * k * at)) / k**slope
    decay = decay_s * np.sqrt(262 / hz) / (1 + damping * k**2)
    pole = (2j * np.pi * partials_hz - 1 / decay) / SAMPLE_RATE_HZ
    # a sine decays as the powers of its pole: 256 of them by n/256 of them, as one matrix product
    n_samples = int(length_s * SAMPLE_RATE_HZ)
    coarse = np.exp(np.arange(0, n_samples, 256)[:, np.newaxis] * pole) * strength
    sound = (coarse @ np.exp(pole[:, np.newaxis] * np.arange(256))).imag.ravel()[:n_samples]
    return (sound / np.abs(sound).max()).astype(np.float32) * _envelope(length_s, 0.002, 1e9)


def _saw(hz: float, length_s: float) -> FloatArray:
    """A sawtooth, as the derivative of the parabola it integrates to: that hardly aliases."""
    step = hz / SAMPLE_RATE_HZ
    ramp = 2 * (np.arange(-1, int(length_s * SAMPLE_RATE_HZ)) * step % 1) - 1
    return (np.diff(ramp**2) / (4 * step)).astype(np.float32)


def _synth(hz: float, length_s: float, *, high_hz: float, decay_s: float, attack_s: float = 0.004) -> FloatArray:
    sound = _filtered(_saw(hz, length_s) - 0.7 * _saw(1.006 * hz, length_s), hz / 2, high_hz)
    return sound * _envelope(length_s, attack_s, decay_s, attack_s + 0.02)


def _overdriven(hz: float, length_s: float, *, decay_s: float, strings: tuple[float, ...] = (1, 1.5, 2)) -> FloatArray:
    """Guitar strings through an amplifier that cannot cope, and its loudspeaker."""
    chord = np.sum([_saw(ratio * hz, length_s) for ratio in strings], axis=0, dtype=np.float32)
    return _filtered(np.tanh(5 * chord * _envelope(length_s, 0.002, decay_s)), 150, 2500)


def _drop(hz: float, length_s: float, *, decay_s: float, fall_hz: float = 150) -> FloatArray:
    """A drum skin: a sine that falls to its pitch."""
    t = np.arange(int(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    cycles = hz * t + fall_hz * 0.025 * (1 - np.exp(-t / 0.025))
    return np.sin(2 * np.pi * cycles) * _envelope(length_s, 0.002, decay_s)


def _noise(
    _hz: float, length_s: float, *, low_hz: float, high_hz: float = 10_000, decay_s: float, attack_s: float = 0.001
) -> FloatArray:
    white = np.random.default_rng(1).standard_normal(int(length_s * SAMPLE_RATE_HZ), np.float32)
    sound = _filtered(white, low_hz, high_hz) * _envelope(length_s, attack_s, decay_s, attack_s)
    return sound / np.abs(sound).max()


@lru_cache(maxsize=128)
def _sound(instrument: Instrument, note: float, length_s: float) -> FloatArray:
    return instrument(440 * 2 ** ((note - 69) / 12), length_s)


_PIANO = partial(_struck, n_partials=15, at=0.12, slope=1.3, decay_s=1.5, damping=0.04, stiffness=3e-4)
_GUITAR = partial(_struck, n_partials=40, at=0.22, slope=1.0, decay_s=0.9, damping=0.02)
_ELECTRIC_PIANO = partial(_struck, n_partials=4, at=0.3, slope=1.8, decay_s=0.9, damping=0.2)
_BELL = partial(_struck, n_partials=3, at=0.4, slope=1.7, decay_s=1.3, damping=0.2, stiffness=0.01)
_PULSE = partial(_struck, n_partials=40, at=0.25, slope=1.0, decay_s=0.4)
_TRIANGLE = partial(_struck, n_partials=15, at=0.5, slope=2.0, decay_s=9.0)
_STAB = partial(_synth, high_hz=2500, decay_s=0.13)
_LEAD = partial(_synth, high_hz=4500, decay_s=0.2)
_SAW_BASS = partial(_synth, high_hz=500, decay_s=0.25)
_PAD = partial(_synth, high_hz=700, decay_s=1e9, attack_s=4.0)
_POWER_CHORD = partial(_overdriven, decay_s=0.8)
_PALM_MUTE = partial(_overdriven, decay_s=0.05)
_SOLO = partial(_overdriven, decay_s=2.0, strings=(1, 1.004))
_KICK = partial(_drop, decay_s=0.1)
_SUB_BASS = partial(_drop, decay_s=0.5, fall_hz=80)
_SNARE = partial(_noise, low_hz=200, decay_s=0.09)
_CLAP = partial(_noise, low_hz=900, high_hz=3500, decay_s=0.07)
_HAT = partial(_noise, low_hz=7000, decay_s=0.025)
_OPEN_HAT = partial(_noise, low_hz=6000, decay_s=0.08)
_CRASH = partial(_noise, low_hz=3000, decay_s=0.7)
_WIND = partial(_noise, low_hz=250, high_hz=1100, decay_s=1e9, attack_s=5.0)

_FOUR = "x...x...x...x..."
_BACKBEAT = "....x.......x..."
_EIGHTHS = "x.x.x.x.x.x.x.x."
_ALL = "x" * _BAR

STYLES = {
    "house": Style(
        "Nadir Okonjo-Vance",
        "Platform Nine Sunrise / Velvet Turnstile / Give Me the Basement / Lisbon Strobe / "
        "Warm Concrete / Second Coat / Mirror on Tuesday / All the Doors",
        (120, 128), _MINOR, "1647 1456 1537 6471 1514",
        (
            Part("chords", _STAB, 0.22, 0, 0.5, "x..x..x...x..x.. ..x..x....x..x.. x..x...x..x..x.. ...x..x...x..x.x", width=0.5, steps=(0, 1, 2, 3)),
            Part("bass", _SAW_BASS, 0.4, 33, 0.25, "..x...x...x...x. ..xx..x...xx..x. x..x..x.x..x..x. ..x..xx...x..xx."),
            Part("tune", _LEAD, 0.3, 6, 0.4, "x..x..x.....x... x.....x..x..x... ..x...x.x.......", 0.2, heard=(0.5, 1)),
            Part("drum", _KICK, 0.7, 31, 0.5, _FOUR, heard=(0, 0.45)),
            Part("drum", _KICK, 0.7, 31, 0.5, _FOUR, heard=(0.5, 1)),
            Part("drum", _CLAP, 0.5, 0, 0.3, _BACKBEAT, heard=(0.1, 1)),
            Part("drum", _OPEN_HAT, 0.3, 0, 0.3, "..x...x...x...x.", 0.25),
            Part("drum", _HAT, 0.2, 0, 0.1, "xx.xxx.xxx.xxx.x", -0.3, heard=(0.2, 1)),
        ),
        echo=(0.25, 0.4), sevenths=True, pumped=3,
    ),
    "ambient": Style(
        "Hollow Meridian",
        "Slow Glass / The Weight of Fog / Lichen / Harbour Without Ships / "
        "A Room in Late March / Tidal Memory / Under the Ice Road / Pale Orbit",
        (56, 68), _MAJOR, "1144 11664455 44116611 11335544",
        (
            Part("chords", _PAD, 0.3, -4, 13.0, "x" + 31 * ".", width=0.7, steps=(0, 1, 2, 3)),
            Part("bass", _PAD, 0.3, 36, 13.0, "x" + 31 * "."),
            Part("tune", _BELL, 0.12, 7, 4.0, "x............... x.......x....... ....x......x.... ..x.............", width=0.5),
            Part("drum", _WIND, 0.2, 0, 14.0, "x" + 47 * ".", 0.3),
        ),
        echo=(1.5, 1.0), sevenths=True, looseness_s=0.1,
    ),
    "piano": Style(
        "Elswyth Tarrow",
        "Letter Left Unsent / Rain on the Conservatory / Small Hours / Nocturne for a Lighthouse / "
        "The Empty Carousel / Waltzing Dust / First Snow, Again / Grandmother's Clock",
        (66, 88), _MAJOR, "1645 1564 6415 1364 4156",
        (
            Part("bass", _PIANO, 0.4, 36, 3.0, "x............... x.......x.......", -0.3),
            Part("arpeggio", _PIANO, 0.22, -7, 3.0, "..x.x.x.x.x.x.x. ..x.x.x.x...x... x...x.x.x...x.x.", -0.2, steps=(0, 1, 2, 3, 2, 1)),
            Part("tune", _PIANO, 0.45, 4, 3.0, "x.....x.x...x... x...x...x....... x...x.x.x...x.x. x.....x.x.......", 0.25),
        ),
        echo=(0.4, 0.5), looseness_s=0.02,
    ),
    "metal": Style(
        "Grimholt Ascendant",
        "Throne of Cinders / Iron Vespers / Wolves at the Reactor / No Sun Below / "
        "Anvil Liturgy / Blackened Antler / Serpent Engine / Ashes Command",
        (135, 175), _MINOR, "1167 1136 1617 1117 1634",
        (
            Part("bass", _POWER_CHORD, 0.3, 38, _LEGATO, "x.....x.....x... x............... x.......x....... x.....x...x.....", width=0.8),
            Part("bass", _PALM_MUTE, 0.3, 38, 0.12, "..xx.xx..xx.xx.x x.xxx.xxx.xxx.xx .xx.xxx.xxx.xxx. xxxxx.x.xxxxx.x.", width=0.8),
            Part("bass", _SAW_BASS, 0.4, 26, 0.3, _EIGHTHS),
            Part("tune", _SOLO, 0.3, 7, _LEGATO, "x.x.x.x.x.x.x.x. xxxxx.x.xxxxx.x. x...x.x.xxxxx...", 0.1, heard=(0.5, 1)),
            Part("drum", _KICK, 0.5, 33, 0.15, "xxxxxxxxxxxxxxxx xx.xxx.xxx.xxx.x x.xxx.xxx.xxx.xx"),
            Part("drum", _SNARE, 0.8, 0, 0.3, "....x.......x... ........x......."),
            Part("drum", _OPEN_HAT, 0.3, 0, 0.3, _FOUR, 0.4),
            Part("drum", _CRASH, 0.5, 0, 2.5, "x" + 63 * ".", -0.4),
        ),
        echo=(0.2, 0.3), looseness_s=0.004,
    ),
    "chiptune": Style(
        "Pixel Wendigo",
        "Continue? 9 8 7 / Coin Cavern / Princess.exe / Boss Door Blues / "
        "Jump Button Romance / Save Point / Bonus Level Zero / Cartridge Dust",
        (130, 165), _MAJOR, "1564 1456 6451 1645 4536",
        (
            Part("arpeggio", _PULSE, 0.16, 0, _LEGATO, _ALL, -0.3, steps=(0, 1, 2, 3)),
            Part("bass", _TRIANGLE, 0.4, 36, 0.15, "x.x.x.x.x.x.x.x. x..x..x.x..x..x. x.xxx.xxx.xxx.xx", steps=(0, 12)),
            Part("tune", _PULSE, 0.35, 7, _LEGATO, "x.x.x...x.x.x... x..x..x.x....... x.xxx.x.x...x... x...x.x.x.x.x...", 0.2),
            Part("drum", _KICK, 0.5, 36, 0.2, "x.......x.x..... x...x...x...x..."),
            Part("drum", _CLAP, 0.4, 0, 0.2, _BACKBEAT),
            Part("drum", _HAT, 0.2, 0, 0.05, _EIGHTHS),
        ),
        echo=(0.1, 0.1),
    ),
    "folk": Style(
        "Maren Hollisby",
        "Orchard Gate / The Miller's Last Round / Ferryman's Daughter / Barley and Rust / "
        "Kettle Song / Over Tansy Hill / Wren in the Rafters / Mended Fence",
        (88, 112), _MAJOR, "1145 1415 1645 1541 1465",
        (
            Part("bass", _GUITAR, 0.35, 40, 2.0, _FOUR, -0.1, steps=(0, 7)),
            Part("arpeggio", _GUITAR, 0.3, 0, 2.0, "..x..xx...x..xx. ..x...x.x.x...x. ...x..x...x..x.x ..x.x.x...x.x.x.", 0.1, steps=(2, 1, 3, 0)),
            Part("tune", _GUITAR, 0.4, 4, 2.0, "x...x...x....... x.....x.x...x... x............... x.......x...x...", 0.35, heard=(0.2, 1)),
        ),
        echo=(0.15, 0.3), looseness_s=0.012,
    ),
    "hip-hop": Style(
        "Juno Castellane",
        "Corner Store Hours / Tape Under the Seat / Night Bus Home / Ninety Percent Humid / "
        "Rooftop Laundry / Slow Money / Chalk Lines / Grandpa's Records",
        (78, 92), _DORIAN, "1414 1745 1354 1474",
        (
            Part("chords", _ELECTRIC_PIANO, 0.2, -3, 2.0, "x.........x..... x......x........ ..x.......x..x.. x.....x.........", width=0.4, steps=(0, 1, 2, 3)),
            Part("tune", _ELECTRIC_PIANO, 0.25, 4, 2.0, "......x.x..x.... x..x......x..... ....x.x...x.....", 0.2, heard=(0.4, 1)),
            Part("bass", _SUB_BASS, 0.7, 29, 0.8, "x......x..x..... x..x......x..... x.....x...x..x.. x.x.......xx...."),
            Part("drum", _SNARE, 0.6, 0, 0.3, _BACKBEAT, heard=(0.1, 1)),
            Part("drum", _HAT, 0.25, 0, 0.1, "x.x.x.x.x.x.x.x. x.xxx.x.x.xxx.x.", 0.3, heard=(0.1, 1)),
        ),
        echo=(0.2, 0.3), sevenths=True, swing=0.35, looseness_s=0.01,
    ),
}


def catalogue(per_style: int = 5) -> list[Piece]:
    """The first `per_style` pieces of every style, at most 8 of each, always the same."""
    return [
        Piece(name, style.artist, title, seed)
        for name, style in STYLES.items()
        for seed, title in enumerate(style.titles.split(" / ")[:per_style])
    ]


def render(piece: Piece) -> FloatArray:
    """The piece's sound: shape (2, n_samples), stereo, 30 s at `SAMPLE_RATE_HZ`, peak `PEAK`."""
    style = STYLES[piece.style]
    session = Session(style, piece.seed)
    for part in style.parts[: style.pumped]:
        session.play(part)
    if style.pumped:
        session.pump()
    for part in style.parts[style.pumped :]:
        session.play(part)
    return session.mixed()
