"""Labelled music as models hear it.

A set is a folder of clips with `clips.csv` (a column `file`, labels among style, genre, album, artist and recording:
`../shared/audio`; `benchmarks/free_music.py` makes larger ones), or the demo's synthesised pieces.
"""

import csv
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from spotrec.audio.decode import decode
from spotrec.demo.instruments import SAMPLE_RATE_HZ
from spotrec.demo.synth import Piece, catalogue, render
from spotrec.errors import TrackError
from spotrec.evaluate.intervals import Codes
from spotrec.evaluate.metrics import codes_of
from spotrec.extract.models.registry import find
from spotrec.vectors import FloatArray

Rows = npt.NDArray[np.intp]
Heard = Mapping[str, FloatArray]
"""Model → vectors, shape (n, dim)."""
Weights = Mapping[str, Path | None]
"""Model → what it is loaded from."""
Clips = Sequence[tuple[str, Callable[[], bytes]]]
"""Names, and the files' contents."""

SHARED = Path(__file__).resolve().parents[3] / "shared"
LABELS = ("style", "genre", "album", "artist", "recording")
SAYS_NOTHING = frozenset(
    {"(none)", "<unknown>", "ambiance", "game", "game music", "game soundtrack", "music", "other", "sound fx"}
    | {"soundtrack", "unknown", "widelands"}
)
"""As a genre or an artist."""
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Clips that were heard. `labels` has codes by label, those of recordings and artists always."""

    name: str
    heard: Heard
    labels: Mapping[str, Codes]

    def __len__(self) -> int:
        return len(self.labels["recording"])

    @property
    def n_recordings(self) -> int:
        return len(np.unique(self.labels["recording"]))

    def at(self, rows: Rows) -> "LabelledSet":
        heard = {model: vectors[rows] for model, vectors in self.heard.items()}
        return LabelledSet(self.name, heard, {label: codes[rows] for label, codes in self.labels.items()})

    def drawn(self, n_recordings: int, seed: int) -> Rows:
        """The clips of so many recordings."""
        recordings = self.labels["recording"]
        chosen = np.random.default_rng(seed).choice(np.unique(recordings), n_recordings, replace=False)
        return np.flatnonzero(np.isin(recordings, chosen))


# -- hearing ----------------------------------------------------------------------------------------------------------


def of_folder(folder: Path, weights: Weights, keep: Path | None = None) -> LabelledSet:
    """The clips of a folder, each once; what cannot be decoded is left out and told.

    Args:
        weights: of those who shall hear them.
        keep: a folder that vectors are kept in, and taken from by the next run.
    """
    with (folder / "clips.csv").open(newline="", encoding="utf-8") as file:
        rows = list({row["file"]: row for row in csv.DictReader(file)}.values())
    clips = [(row["file"], (folder / row["file"]).read_bytes) for row in rows]
    heard = {model: _kept(clips, model, weights, keep and keep / f"{folder.name}.{model}.npz") for model in weights}
    known = [row for row in rows if all(row["file"] in vectors for vectors in heard.values())]
    named = {label for label in LABELS if label in rows[0]} | {"artist", "recording"}
    texts = {label: [row.get(label, "").strip().lower() for row in known] for label in named}
    for label in {"artist", "genre"} & named:
        texts[label] = ["" if text in SAYS_NOTHING else text for text in texts[label]]
    return LabelledSet(
        folder.name,
        {model: np.stack([vectors[row["file"]] for row in known]) for model, vectors in heard.items()},
        {label: codes_of(values) for label, values in texts.items()},
    )


def of_demo(weights: Weights) -> LabelledSet:
    def audio(piece: Piece) -> bytes:
        soundfile.write(file := io.BytesIO(), render(piece).T, SAMPLE_RATE_HZ, format="FLAC")
        return file.getvalue()

    pieces = catalogue(8)
    clips = [(str(i), lambda piece=piece: audio(piece)) for i, piece in enumerate(pieces)]
    heard = {model: np.stack(list(_embedded(clips, model, path).values())) for model, path in weights.items()}
    style, alone = codes_of([piece.style for piece in pieces]), np.arange(len(pieces))
    return LabelledSet("demo", heard, {"style": style, "recording": alone, "artist": np.full(len(pieces), -1)})


def _kept(clips: Clips, model: str, weights: Weights, path: Path | None) -> dict[str, FloatArray]:
    if path and path.is_file():
        with np.load(path, allow_pickle=False) as arrays:
            return dict(zip(arrays["files"].tolist(), arrays["vectors"], strict=True))
    heard = _embedded(clips, model, weights[model])
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, files=np.array(list(heard)), vectors=np.stack(list(heard.values())))
    return heard


def _embedded(clips: Clips, model: str, weights: Path | None) -> dict[str, FloatArray]:
    """Name → vector, of what can be decoded."""
    kind = find(model)
    network = kind.load(weights, kind.id)
    heard: dict[str, FloatArray] = {}
    for start in range(0, len(clips), _AT_ONCE):
        prepared: dict[str, FloatArray] = {}
        for name, audio in clips[start : start + _AT_ONCE]:
            try:
                prepared[name] = kind.prepare(decode(audio(), kind.sample_rate_hz))
            except TrackError as error:
                print(f"{name} is left out: {error}", file=sys.stderr)
        if prepared:
            heard.update(zip(prepared, network.embed(list(prepared.values()))[0], strict=True))
    return heard
