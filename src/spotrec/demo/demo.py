"""A small catalogue of synthesised music, and the real pipeline run on it."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import mutagen.flac
import soundfile

from spotrec.demo.instruments import SAMPLE_RATE_HZ
from spotrec.demo.models import choose_models
from spotrec.demo.synth import Piece, catalogue, render
from spotrec.extract.models.registry import DEFAULT, find
from spotrec.operations.query import Recommendations
from spotrec.progress import Progress
from spotrec.recommender import Recommender
from spotrec.settings import Settings
from spotrec.system.files import from_home, make_folder, real_path, write_output

_NEIGHBOURS = 4


@dataclass(frozen=True, slots=True)
class StyleQuery:
    """One query of the demo: a piece of `style`, and for each result whether it is of that style too."""

    style: str
    found: Recommendations
    is_same_style: list[bool]

    @property
    def same_style(self) -> float:
        return sum(self.is_same_style) / len(self.is_same_style)


@dataclass(frozen=True, slots=True)
class Demo:
    """The result of the demo; `same_style` is the share of neighbours that have the style of their seed."""

    folder: Path
    models: list[str]
    n_pieces: int
    queries: list[StyleQuery]

    @property
    def same_style(self) -> float:
        return sum(query.same_style for query in self.queries) / len(self.queries)

    @property
    def is_default(self) -> bool:
        """Whether a new store uses this network too."""
        return self.models == [find(name).network for name in DEFAULT]


def run_demo(settings: Settings, folder: Path | None, per_style: int, progress: Progress) -> Demo:
    """Make the music, crawl it, extract, index, and query a piece of each style.

    Args:
        settings: the demo takes only the model and its weights from them, and has its own store.
        folder: contains all files of the demo (default: `demo` in the data folder). Another run continues there.
        per_style: pieces of each style, 2 to 8.
    """
    folder = real_path(from_home(folder or settings.data_path / "demo"))
    models = choose_models(settings, progress)
    weights = {model.weights.setting: path for model, path in models if model.weights and model.weights.setting}
    pieces = catalogue(per_style)
    progress.note(f"making {len(pieces)} pieces of music in {folder / 'music'}; what follows is the real pipeline")
    paths = make_music(pieces, folder / "music", progress)
    with Recommender(
        progress=progress,
        data_dir=folder,
        store=folder / "spotrec.db",
        cache=str(folder / "audio"),
        index_dir=folder / "index",
        ears=[model.network for model, _ in models],
        **weights,
    ) as recommender:
        recommender.crawl(str(folder / "music"))
        recommender.extract()
        recommender.index()
        queries = [
            _query(recommender, piece, paths[piece], min(_NEIGHBOURS, per_style - 1))
            for piece in {piece.style: piece for piece in reversed(pieces)}.values()
        ]
    return Demo(folder, [model.network for model, _ in models], len(pieces), queries[::-1])


def _query(recommender: Recommender, piece: Piece, path: Path, n: int) -> StyleQuery:
    found = recommender.query(str(path), n=n)
    return StyleQuery(piece.style, found, [result.track.album == piece.style for result in found.results])


def make_music(pieces: list[Piece], folder: Path, progress: Progress) -> dict[Piece, Path]:
    """Write each piece as a tagged FLAC file, its style as the album. Existing files are kept."""
    paths = {piece: folder / piece.style / f"{piece.artist} - {piece.title}.flac" for piece in pieces}
    with progress.meter("make music", len(pieces), "pieces") as meter:
        for piece, path in paths.items():
            if not path.exists():
                make_folder(path.parent)
                write_output(path, partial(_write_flac, piece))
            meter.advance(note=piece.title)
    return paths


def _write_flac(piece: Piece, path: Path) -> None:
    soundfile.write(path, render(piece).T, SAMPLE_RATE_HZ, format="FLAC")
    tags = mutagen.flac.FLAC(path)
    tags.update({"artist": piece.artist, "title": piece.title, "album": piece.style})
    tags.save()
