"""A labelled set of real music for benchmarks/spaces.py, made from folders of music that anybody may have.

    python benchmarks/free_music.py CLIPS FOLDER...

Of every piece of 30 s or longer in the folders (FLAC, MP3, Ogg, Opus) two excerpts of 30 s are written to CLIPS as
mono FLAC, with equal gaps before, between and behind them; of a piece under a minute, one from the middle. `clips.csv`
beside them has the columns file, album (the folder's name), artist, genre, title (what the tags say), recording,
excerpt, source. A file that is there twice counts once; what cannot be read, and silence, is left out and counted.

Free games hold hundreds of pieces of many kinds, in Debian for instance:

    apt-get download wesnoth-1.16-music warzone2100-music hyperrogue-music …
    for deb in *.deb; do dpkg-deb -x $deb music/${deb%%_*}; done      # and unzip what is packed in .zip and .pk3
    python benchmarks/free_music.py /tmp/clips music/*

Tracker music has to be rendered first: `openmpt123 --render --output-type flac --end-time 180 FILE`.
"""

import argparse
import csv
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import mutagen
import numpy as np
import numpy.typing as npt
import soundfile

EXCERPT_S = 30.0
SUFFIXES = (".flac", ".mp3", ".oga", ".ogg", ".opus")
SILENT = 1e-3
"""Root mean square of what counts as silence, full scale being 1."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A line of clips.csv."""

    file: str
    album: str
    artist: str
    genre: str
    title: str
    recording: str
    excerpt: str
    source: str


def starts(duration_s: float) -> list[float]:
    """Where excerpts begin, in seconds: two that do not overlap, or one, or none."""
    if duration_s < EXCERPT_S:
        return []
    if duration_s < 2 * EXCERPT_S:
        return [(duration_s - EXCERPT_S) / 2]
    gap_s = (duration_s - 2 * EXCERPT_S) / 3
    return [gap_s, 2 * gap_s + EXCERPT_S]


def excerpts(path: Path) -> Iterator[tuple[npt.NDArray[np.float32], int]]:
    """Mono samples and their rate."""
    with soundfile.SoundFile(path) as file:
        for start_s in starts(file.frames / file.samplerate):
            file.seek(int(start_s * file.samplerate))
            frames = file.read(int(EXCERPT_S * file.samplerate), np.float32, always_2d=True)
            yield frames.mean(axis=1), file.samplerate


def tag(path: Path, name: str) -> str:
    """The first value of a tag; empty where there is none."""
    tags = mutagen.File(path, easy=True)
    values = (tags or {}).get(name) or [""]
    return str(values[0]).strip()


def write_clips(folders: list[Path], target: Path) -> tuple[list[Clip], int]:
    """The clips that were written, and how many files were left out."""
    clips: list[Clip] = []
    seen: set[str] = set()
    left_out = 0
    for folder in folders:
        for path in sorted(found for found in folder.rglob("*") if found.suffix.lower() in SUFFIXES):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest in seen:
                continue
            seen.add(digest)
            try:
                names = {name: tag(path, name) for name in ("artist", "genre", "title")}
                heard = [(samples, rate) for samples, rate in excerpts(path)]
            except (soundfile.SoundFileError, mutagen.MutagenError):
                left_out += 1
                continue
            for excerpt, (samples, rate) in zip("ab", heard, strict=False):
                if np.sqrt(np.mean(samples**2)) < SILENT:
                    left_out += 1
                    continue
                name = f"{folder.name}--{digest[:12]}--{excerpt}.flac"
                soundfile.write(target / name, samples, rate)
                source = str(path.relative_to(folder.parent))
                clips.append(
                    Clip(
                        name,
                        folder.name,
                        names["artist"],
                        names["genre"],
                        names["title"] or path.stem,
                        digest[:12],
                        excerpt,
                        source,
                    )
                )
    return clips, left_out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="?")
    parser.add_argument("folders", type=Path, nargs="*")
    arguments = parser.parse_args()
    if not arguments.folders:  # `make benchmarks` runs all there is here; this one measures nothing
        parser.print_usage()
        return
    arguments.clips.mkdir(parents=True, exist_ok=True)
    clips, left_out = write_clips([folder.resolve() for folder in arguments.folders], arguments.clips)
    if not clips:
        sys.exit("there is no music of 30 s or longer in these folders")
    with (arguments.clips / "clips.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(asdict(clips[0])))
        table.writeheader()
        table.writerows(map(asdict, clips))
    print(
        f"{len(clips)} clips of {len({clip.recording for clip in clips})} recordings "
        f"in {len({clip.album for clip in clips})} albums; {left_out} files or excerpts left out"
    )


if __name__ == "__main__":
    main()
