"""`spotrec duplicates`: how many copies of real recordings it finds by their sound, how many it takes for others.

And how long it takes over 100,000 tracks.

    python benchmarks/duplicates.py [--json] [--every 3] [--tracks 100000] [--keep FOLDER]

The clips of `../shared/audio` are crawled, extracted and indexed by spotrec, and of every third clip these copies too:
MP3 of 256, 160 and 110 kbit/s, Vorbis and Opus of some 120, half as loud, mono, half the sample rate, with silence
before or behind it, and cut at the beginning. All clips are 30 s long, and many are two excerpts of one piece, so
lengths tell nothing here and different tracks are as near as they ever are. Two files are a true pair if they come from
one clip. Figures: precision and recall of pairs for each least cosine and each largest share of wrong bits of their
fingerprints, recall for each kind of copy by cosine and by fingerprint, precision and recall of the groups that spotrec
prints (copies of copies are copies), and how many results of queries by every fourth file are copies of the seed or of
another result, and how many other clips are missing. Then the time of `Recommender.duplicates` over a made-up
catalogue, with lengths as albums have them and with all the same length.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from spotrec import Recommender
from spotrec.audio.fingerprint import VERSION, WORDS_PER_S, bit_error_rate
from spotrec.query.acoustic_copies import ALIKE
from spotrec.query.near_copies import SAME_SOUND
from spotrec.query.same_recordings import MAX_BIT_ERRORS
from spotrec.track import TrackId
from spotrec.vectors import DoubleArray, Fingerprint, FloatArray
from support.catalogue import CHOI
from support.large_catalogue import Realistic, write_store

SHARED = Path(__file__).resolve().parents[2] / "shared"
WRONG_BITS = (0.1, 0.13, 0.15, 0.17, 0.19, 0.21, 0.25)
LEAST = (ALIKE, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.975, 0.98)


def write_copies(clip: Path, folder: Path) -> None:
    samples, rate = soundfile.read(clip, dtype="float32", always_2d=True)

    def write(kind: str, suffix: str, made: FloatArray, rate_hz: int = rate, **how: Any) -> None:
        soundfile.write(folder / f"{clip.stem}@{kind}.{suffix}", made, rate_hz, **how)

    def silence(seconds: float) -> FloatArray:
        return np.zeros((int(seconds * rate), samples.shape[1]), np.float32)

    for name, level in {"MP3 256": 0.2, "MP3 160": 0.5, "MP3 110": 0.7}.items():
        write(name, "mp3", samples, format="MP3", bitrate_mode="CONSTANT", compression_level=level)
    write("Vorbis", "ogg", samples, format="OGG", subtype="VORBIS", compression_level=0.6)
    write("Opus", "opus", soxr.resample(samples, rate, 48_000), 48_000, format="OGG", subtype="OPUS")
    write("half as loud", "flac", samples / 2)
    write("mono", "flac", samples.mean(axis=1, keepdims=True))
    write("half the rate", "wav", soxr.resample(samples, rate, rate / 2), rate // 2)
    write("0.1 s before", "flac", np.concatenate([silence(0.1), samples]))
    write("0.5 s before", "flac", np.concatenate([silence(0.5), samples]))
    write("2 s behind", "flac", np.concatenate([samples, silence(2)]))
    write("cut 0.1 s", "flac", samples[rate // 10 :])
    write("cut 1 s", "flac", samples[rate:])
    write("cut 2 s", "flac", samples[2 * rate :])


def of_real_music(folder: Path, every: int) -> dict[str, Any]:
    music = folder / "music"
    if not music.is_dir():
        music.mkdir(parents=True)
        for i, clip in enumerate(sorted((SHARED / "audio").glob("*.mp3"))):
            samples, rate = soundfile.read(clip, dtype="float32")
            soundfile.write(music / f"{clip.stem}@original.flac", samples, rate)
            if i % every == 0:
                write_copies(clip, music)
    with Recommender(data_dir=folder) as recommender:
        recommender.crawl(str(music))
        recommender.extract()
        recommender.index()
        with recommender.session.view() as view:
            blocks = list(view.index().blocks())
            ids = [TrackId(id_.decode()) for block in blocks for id_ in block.ids]
            vectors = np.concatenate([block.vectors for block in blocks])
            tracks = view.session.store().tracks.get_many(ids)
            words = dict(view.session.store().fingerprints.of_catalogue(VERSION))
        groups = recommender.duplicates(by=["audio"]).groups
        of_queries = _of_queries(recommender, {id_: tracks[id_].title.partition("@")[0] for id_ in ids}, vectors)
    names = [tracks[id_].title.partition("@") for id_ in ids]
    clips = np.array([name[0] for name in names])
    kind = np.array([name[2] for name in names])
    one, other = np.triu_indices(len(ids), 1)
    cosines = (vectors @ vectors.T)[one, other]
    same = clips[one] == clips[other]
    figures: dict[str, Any] = {"files": len(ids), "true_pairs": int(same.sum()), "other_pairs": int((~same).sum())}
    for least in LEAST:
        near = cosines >= least
        figures[f"pairs at {least}"] = {"precision": _share(same & near, near), "recall": _share(same & near, same)}
    figures["results of queries"] = of_queries
    figures["nearest other pair"] = float(cosines[~same].max())
    wrong = _bit_errors([words[id_] for id_ in ids], one, other)
    for most in WRONG_BITS:
        near = wrong <= most
        figures[f"pairs with {most:.0%} wrong bits"] = {
            "precision": _share(same & near, near),
            "recall": _share(same & near, same),
        }
    figures["wrong bits"] = {"most of a copy": float(wrong[same].max()), "least of another": float(wrong[~same].min())}
    at_original = (kind[one] == "original") | (kind[other] == "original")
    figures["recall with the original"] = {
        name: {
            "alike": _share(same & at_original & mine & (cosines >= ALIKE), same & at_original & mine),
            "by cosine": _share(same & at_original & mine & (cosines >= SAME_SOUND), same & at_original & mine),
            "by fingerprint": _share(same & at_original & mine & (wrong <= MAX_BIT_ERRORS), same & at_original & mine),
        }
        for name in sorted(set(kind) - {"original"})
        for mine in [(kind[one] == name) | (kind[other] == name)]
    }
    grouped = [{copy.track.title.partition("@")[0] for copy in group.copies} for group in groups]
    found = {pair for group in groups for pair in combinations(sorted(copy.track.id for copy in group.copies), 2)}
    true = {tuple(sorted((ids[i], ids[j]))) for i, j in zip(one[same], other[same], strict=True)}
    figures["groups"] = {
        "found": len(groups),
        "of several clips": sum(len(of) > 1 for of in grouped),
        "precision": len(found & true) / len(found),
        "recall": len(found & true) / len(true),
    }
    return figures


def _of_queries(recommender: Recommender, clips: dict[TrackId, str], vectors: FloatArray) -> dict[str, int]:
    """Count the results of queries by every fourth track that are copies, and the other clips that are missing."""
    ids = list(clips)
    figures = dict.fromkeys(("queries", "results", "copies of the seed", "second copies", "missing"), 0)
    for i in range(0, len(ids), 4):
        found = [clips[one.track.id] for one in recommender.query(ids[i], n=30).results]
        others = set(found) - {clips[ids[i]]}
        nearest = (clips[ids[j]] for j in np.argsort(-(vectors @ vectors[i])))
        expected = list(dict.fromkeys(clip for clip in nearest if clip != clips[ids[i]]))[: len(others)]
        figures["queries"] += 1
        figures["results"] += len(found)
        figures["copies of the seed"] += found.count(clips[ids[i]])
        figures["second copies"] += len(found) - len(set(found))
        figures["missing"] += len(set(expected) - others)
    return figures


def _bit_errors(words: list[Fingerprint], one: Any, other: Any) -> DoubleArray:
    """The least share of bits that differ, over all offsets up to three seconds: all pairs, not only found ones."""
    offsets = range(-3 * WORDS_PER_S, 3 * WORDS_PER_S + 1)
    return np.array(
        [min(bit_error_rate(words[i], words[j], at) for at in offsets) for i, j in zip(one, other, strict=True)]
    )


def _share(part: Any, whole: Any) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else 1.0


def of_many(folder: Path, n_tracks: int) -> dict[str, Any]:
    """The time over a made-up catalogue: a hundredth is there twice by its vectors, another by its fingerprints."""
    write_store(folder / "spotrec.db", Realistic(n_tracks))
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(225_000), 0.35, n_tracks), 30_000, 3e6).astype(int)
    figures: dict[str, Any] = {"tracks": n_tracks}
    with sqlite3.connect(folder / "spotrec.db") as db:
        rows, ids = zip(*db.execute("select rowid, id from track"), strict=True)
        db.executemany("update track set duration_ms = ? where rowid = ?", zip(lengths.tolist(), rows, strict=True))
        twice = [*zip(rows[::200], rows[1::200], strict=False), *zip(rows[100::200], rows[101::200], strict=False)]
        db.executemany(
            "update track set duration_ms = (select duration_ms + 40 from track where rowid = ?) where rowid = ?", twice
        )
        for one, other in twice[: len(rows[1::200])]:
            db.execute(
                "update embedding set vector = (select vector from embedding where track_id = (select id from track "
                "where rowid = ?)) where track_id = (select id from track where rowid = ?)",
                (one, other),
            )
    with Recommender(data_dir=folder, ears=[str(CHOI)]) as recommender:
        words = rng.integers(0, 1 << 32, (n_tracks, 30 * WORDS_PER_S), dtype=np.uint32)
        for at in range(100, n_tracks - 1, 200):
            wrong = np.packbits(rng.random((words.shape[1], 32)) < 0.05, axis=1).view(np.uint32)[:, 0]
            words[at + 1] = np.roll(words[at] ^ wrong, 7)
        recommender.session.store().fingerprints.save(dict(zip(map(TrackId, ids), words, strict=True)), VERSION)
        del words
        recommender.index()
        for name in ("lengths of albums", "all the same length"):
            start, cpu = time.perf_counter(), time.process_time()
            found = recommender.duplicates(by=["audio"]).groups
            figures[name] = {
                "seconds": time.perf_counter() - start,
                "cpu_s": time.process_time() - cpu,
                "groups": len(found),
                "planted": len(twice),
            }
            with sqlite3.connect(folder / "spotrec.db") as db:
                db.execute("update track set duration_ms = 30000")
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--every", type=int, default=3, help="copies of every so many clips")
    parser.add_argument("--tracks", type=int, default=100_000, help="of the made-up catalogue; 0 for none")
    parser.add_argument("--keep", type=Path, help="a folder for the copies and what was heard in them")
    arguments = parser.parse_args()
    for name, file in {"": "weights_layer4_theano.hdf5", "_MN04": "mn04_as_mAP_432.pt"}.items():
        os.environ.setdefault(f"SPOTREC{name}_WEIGHTS", str(SHARED / "weights" / file))
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        if (SHARED / "audio").is_dir():
            figures["real music"] = of_real_music(arguments.keep or Path(folder) / "real", arguments.every)
        if arguments.tracks:
            (many := Path(folder) / "many").mkdir()
            figures["many tracks"] = of_many(many, arguments.tracks)
    if arguments.json:
        print(json.dumps(figures))
        return
    for title, rows in figures.items():
        print(f"\n{title}")
        for name, value in rows.items():
            for key, one in (value if isinstance(value, dict) else {"": value}).items():
                of = one if isinstance(one, dict) else {"": one}
                print(f"  {name:28} {key:14}", "  ".join(f"{what} {figure:.4g}".strip() for what, figure in of.items()))


if __name__ == "__main__":
    main()
