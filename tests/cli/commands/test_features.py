"""Features exchanged between stores, through the real commands."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spotrec.store import Embedding, FeatureStore
from spotrec.system.installation import install_command
from spotrec.track import Ears, ModelId, Stage, Track, TrackId
from support.catalogue import CHOI, embedding, song
from support.servers import spotify_id

Run = Callable[..., Any]
OTHER_WEIGHTS = ModelId("choi", 1, 160, "0123abcd")
OTHER_NETWORK = ModelId("clap", 2, 7)
MUSICNN = ModelId("musicnn", 1, 200)


def heard(track: Track, n: int, model: ModelId = CHOI) -> Embedding:
    chance = np.random.default_rng(n)
    vector, tags = chance.standard_normal(model.dim, np.float32), chance.random(50, np.float32)
    return embedding(track, vector, tags, audio=f"{n:064x}")


def fill(store: FeatureStore, numbers: range, model: ModelId = CHOI, seed: int = 0) -> None:
    store.tracks.add([song(n) for n in numbers])
    store.embeddings.save(model, [heard(song(n), seed + n, model) for n in numbers])


@pytest.fixture
def theirs(tmp_path: Path, empty_store: Path) -> Iterator[FeatureStore]:
    """Somebody else's store."""
    with FeatureStore(shutil.copyfile(empty_store, tmp_path / "theirs.db")) as store:
        yield store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "music.parquet"


def both_in_use(folder: Path) -> Path:
    """Return a file of settings in which two models hear together."""
    path = folder / "both.toml"
    path.write_text(f'ears = ["{CHOI}", "musicnn-1"]\n')
    return path


def exported(spotrec: Run, store: FeatureStore, file: Path, *options: object) -> pa.Table:
    spotrec("features", "export", file, "--store", store.path, *options)
    return pq.read_table(file)


def imported(spotrec: Run, file: Path, *options: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("features", "import", file, *options, "--json", code=code).stdout)
    parts = ("added", "already_here", "kept", "replaced", "faulty")
    assert sum(report[part] for part in parts) == report["rows"]
    return report


def changed(file: Path, row: int, values: Mapping[str, Any]) -> None:
    """Write other values into one row of an export."""
    table = pq.read_table(file)
    rows = table.to_pylist()
    rows[row].update(values)
    pq.write_table(pa.Table.from_pylist(rows, table.schema.with_metadata(pq.read_metadata(file).metadata)), file)


# -- export ----------------------------------------------------------------------------------------------------------


def test_the_features_of_all_models_in_use_are_exported_and_of_no_other(
    spotrec: Run, theirs: FeatureStore, file: Path
) -> None:
    fill(theirs, range(3))
    fill(theirs, range(2), OTHER_WEIGHTS)
    fill(theirs, range(3), MUSICNN)
    table = exported(spotrec, theirs, file, "--config", both_in_use(file.parent))
    assert sorted(set(table["model"].to_pylist())) == [str(CHOI), "musicnn-1"]
    assert exported(spotrec, theirs, file, "--model", str(CHOI), "--config", both_in_use(file.parent)).num_rows == 3


def test_an_export_holds_what_other_programs_want_to_know(spotrec: Run, store: FeatureStore, file: Path) -> None:
    track = song(
        1, album="Album", isrc="USRC17607839", duration_ms=1234, release_date="2001-02", explicit=True, url="https://x"
    )
    track = replace(track, genre="Rock; Pop", mood="calm", bpm=97.5, musical_key="F#m")
    heard_too: dict[str, Any] = {
        "heard_bpm": 97.3,
        "bpm_confidence": 0.5,
        "heard_key": "A",
        "key_confidence": 0.75,
        "heard_by": 1,
    }
    track = replace(track, **heard_too)
    copy = Track(TrackId("deezer:track:7"), "Song 1", isrc="USRC17607839")
    store.tracks.add([track, copy])
    store.embeddings.save(CHOI, [heard(track, 1)])
    store.fingerprints.save({track.id: np.array([0, 7, 2**32 - 1], np.uint32)}, 1)
    report = json.loads(spotrec("features", "export", file, "--json").stdout)
    assert report == {"file": str(file), "rows": 1, "models": {"choi-1": 1}}
    (row,) = pq.read_table(file).to_pylist()
    vector, tags, created_at = row.pop("vector"), row.pop("tags"), row.pop("created_at")
    assert row == {
        "track_id": track.id,
        "aliases": ["deezer:track:7"],
        "isrc": "USRC17607839",
        "title": "Song 1",
        "artists": ["Artist 1"],
        "album": "Album",
        "duration_ms": 1234,
        "release_date": "2001-02",
        "explicit": True,
        "url": "https://x",
        "path": None,
        "genre": "Rock; Pop",
        "mood": "calm",
        "bpm": 97.5,
        "musical_key": "F#m",
        "model": "choi-1",
        "dim": 160,
        "provider": "deezer",
        "audio_sha256": f"{1:064x}",
        "excerpts": 1,
        "has_more": False,
        "fingerprint": [0, 7, 2**32 - 1],
        "fingerprint_version": 1,
        **heard_too,
    }
    assert np.array_equal(np.float32(vector), heard(track, 1).vector)
    assert np.array_equal(np.float32(tags), heard(track, 1).tags)
    assert created_at.endswith("+00:00")
    metadata = pq.read_metadata(file).metadata
    assert metadata[b"spotrec.format"] == b"1"
    (model,) = json.loads(metadata[b"spotrec.models"]).values()
    assert model["rows"] == 1
    assert len(model["tags"]) == 50


def test_seeds_that_were_only_asked_about_are_nobodys_business(spotrec: Run, store: FeatureStore, file: Path) -> None:
    fill(store, range(2))
    seed = song(5)
    store.tracks.add_seed(seed)
    store.embeddings.save(CHOI, [heard(seed, 5)])
    assert exported(spotrec, store, file).num_rows == 2


def test_paths_of_users_files_are_written_and_taken_only_when_asked_for(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    track = Track(TrackId(f"file:{'a' * 32}"), "Mine", path="/home/me/mine.mp3")
    theirs.tracks.add([track])
    theirs.embeddings.save(CHOI, [heard(track, 1)])
    assert exported(spotrec, theirs, file)["path"].to_pylist() == [None]
    assert exported(spotrec, theirs, file, "--paths")["path"].to_pylist() == ["/home/me/mine.mp3"]
    imported(spotrec, file)
    assert store.tracks.get(track.id) == Track(track.id, "Mine")
    imported(spotrec, file, "--paths")
    assert store.tracks.get(track.id) == track


def test_models_are_exported_one_by_one_or_all(spotrec: Run, store: FeatureStore, file: Path) -> None:
    fill(store, range(3))
    fill(store, range(2), OTHER_NETWORK)
    assert exported(spotrec, store, file)["model"].to_pylist() == ["choi-1"] * 3
    assert exported(spotrec, store, file, "--model", "clap-2")["dim"].to_pylist() == [7, 7]
    assert exported(spotrec, store, file, "--model", "choi")["model"].to_pylist() == ["choi-1"] * 3
    assert exported(spotrec, store, file, "--all-models").num_rows == 5
    assert "choi-1, clap-2" in spotrec("features", "export", file, "--model", "nope-1", code=5).stderr
    assert (
        "cannot be combined" in spotrec("features", "export", file, "--model", "clap-2", "--all-models", code=2).stderr
    )


def test_without_anything_to_export_no_file_is_made(spotrec: Run, file: Path, store: FeatureStore) -> None:
    assert "spotrec extract" in spotrec("features", "export", file, code=5).stderr
    assert not file.exists()


def test_an_export_replaces_an_export_and_nothing_else(spotrec: Run, store: FeatureStore, file: Path) -> None:
    fill(store, range(2))
    exported(spotrec, store, file)
    fill(store, range(3))
    assert exported(spotrec, store, file).num_rows == 3
    for content in (b"my diary", b""):
        file.write_bytes(content)
        assert "already exists" in spotrec("features", "export", file, code=2).stderr
        assert file.read_bytes() == content
    pq.write_table(pa.table({"a": [1]}), file)
    assert "already exists" in spotrec("features", "export", file, code=2).stderr
    assert "already exists" in spotrec("features", "export", file.parent, code=2).stderr
    assert "no folder" in spotrec("features", "export", file / "below.parquet", code=2).stderr
    assert [path.name for path in file.parent.glob(".part-*")] == []


def test_a_folder_that_cannot_be_written_is_told(spotrec: Run, store: FeatureStore) -> None:
    fill(store, range(2))
    said = spotrec("features", "export", "/proc/music.parquet", code=1).stderr
    assert "cannot be written" in said


# -- import ----------------------------------------------------------------------------------------------------------


def test_two_stores_become_one(spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path) -> None:
    fill(store, range(4))
    fill(theirs, range(2, 40))
    exported(spotrec, theirs, file)
    report = imported(spotrec, file)
    assert (report["added"], report["already_here"], report["new_tracks"]) == (36, 2, 36)
    assert report["models"] == {"choi-1": 38}
    again = imported(spotrec, file)
    assert (again["added"], again["already_here"], again["new_tracks"]) == (0, 38, 0)
    shown = spotrec("features", "import", file).stdout
    assert "38 stored already" in shown
    spotrec("index")
    found = spotrec("query", song(1).id, "-n", 50, "--ids").stdout.split()
    assert set(found) == {song(n).id for n in range(40)} - {song(1).id}


def test_what_is_here_is_kept_unless_it_is_to_be_replaced(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    fill(store, range(3))
    fill(theirs, range(3), seed=100)
    exported(spotrec, theirs, file)
    assert imported(spotrec, file)["kept"] == 3
    assert "--replace" in spotrec("features", "import", file).stdout
    assert np.array_equal(store.embeddings.get(song(1).id, CHOI).vector, heard(song(1), 1).vector)  # type: ignore[union-attr] # it is here
    assert imported(spotrec, file, "--replace")["replaced"] == 3
    assert np.array_equal(store.embeddings.get(song(1).id, CHOI).vector, heard(song(1), 101).vector)  # type: ignore[union-attr] # it is here


def test_what_another_processor_heard_is_here_already(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    fill(store, range(3))
    fill(theirs, range(3))
    for numbers in (heard(song(n), n) for n in range(3)):
        rounded = replace(numbers, vector=np.nextafter(numbers.vector, np.float32(9)), tags=numbers.tags * (1 - 1e-6))
        theirs.embeddings.save(CHOI, [rounded])
    exported(spotrec, theirs, file)
    assert imported(spotrec, file)["already_here"] == 3
    assert imported(spotrec, file, "--replace")["already_here"] == 3
    assert np.array_equal(store.embeddings.get(song(1).id, CHOI).vector, heard(song(1), 1).vector)  # type: ignore[union-attr] # it is here


def test_a_track_keeps_what_it_knows_and_learns_what_it_does_not(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    mine = song(1, album="My Album", isrc="USRC17607839")
    store.tracks.add([mine])
    store.failures.record(mine.id, Stage.EXTRACT, "silent", "it is silent")
    other = Track(mine.id, "Their Title", ("Them",), album="Their Album", duration_ms=5000, url="https://x")
    theirs.tracks.add([other])
    theirs.embeddings.save(CHOI, [heard(other, 1)])
    exported(spotrec, theirs, file)
    report = imported(spotrec, file)
    assert (report["added"], report["new_tracks"]) == (1, 0)
    assert store.tracks.get(mine.id) == song(
        1, album="My Album", isrc="USRC17607839", duration_ms=5000, url="https://x"
    )
    assert store.failures.get() == []


SOUND: dict[str, Any] = {"genre": "Rock", "mood": "calm", "bpm": 97.5, "musical_key": "F#m"}


def test_what_is_known_of_a_tracks_sound_comes_along(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    theirs.tracks.add([song(1, **SOUND)])
    theirs.embeddings.save(CHOI, [heard(song(1), 1)])
    store.tracks.add([song(1, genre="Jazz")])
    exported(spotrec, theirs, file)
    imported(spotrec, file)
    assert store.tracks.get(song(1).id) == song(1, **SOUND | {"genre": "Jazz"})


@pytest.mark.parametrize("lacking", [list(SOUND), ["bpm"], ["genre", "musical_key"]])
def test_an_export_from_before_tracks_had_a_genre_is_taken_in(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path, lacking: list[str]
) -> None:
    theirs.tracks.add([song(1, **SOUND)])
    theirs.embeddings.save(CHOI, [heard(song(1), 1)])
    table = exported(spotrec, theirs, file)
    pq.write_table(table.drop_columns(lacking).replace_schema_metadata(pq.read_metadata(file).metadata), file)
    assert imported(spotrec, file)["new_tracks"] == 1
    assert store.tracks.get(song(1).id) == song(1, **{name: SOUND[name] for name in SOUND if name not in lacking})


LONG, SHORT = (Track(TrackId(f"file:{n:032d}"), f"File {n}", duration_ms=n * 1000) for n in (200, 80))


def test_fingerprints_come_along_and_recognise_copies(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    """The first row of a track has it; a store's own stays, an older one or none is replaced."""
    words = {song(n).id: np.random.default_rng(n).integers(0, 2**32, 450, np.uint32) for n in range(4)}
    fill(theirs, range(4))
    fill(theirs, range(4), MUSICNN)
    theirs.fingerprints.save({id_: words[id_] for id_ in list(words)[:3]}, 2)
    fill(store, range(2))
    own = np.arange(450, dtype=np.uint32)
    store.fingerprints.save({song(0).id: own}, 2)
    store.fingerprints.save({song(1).id: own}, 1)
    rows = exported(spotrec, theirs, file, "--all-models").to_pylist()
    assert [row["fingerprint"] is not None for row in rows] == [True, False] * 3 + [False, False]
    assert imported(spotrec, file)["faulty"] == 0
    found = dict(store.fingerprints.of_catalogue(2))
    expected = {song(0).id: own} | {song(n).id: words[song(n).id] for n in (1, 2)}
    assert {id_: one.tolist() for id_, one in found.items()} == {id_: one.tolist() for id_, one in expected.items()}
    imported(spotrec, file, "--replace")
    assert dict(store.fingerprints.of_catalogue(2))[song(0).id].tolist() == words[song(0).id].tolist()


def of_a_file(track: Track, excerpts: int = 1, *, has_more: bool = False) -> Embedding:
    return replace(heard(track, 1), provider="file", excerpts=excerpts, has_more=has_more)


def test_in_how_many_excerpts_a_track_was_heard_comes_along(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    sent = [of_a_file(LONG, 3, has_more=True), of_a_file(SHORT)]
    theirs.tracks.add([LONG, SHORT])
    theirs.embeddings.save(CHOI, sent)
    exported(spotrec, theirs, file)
    imported(spotrec, file)
    for one in sent:
        here = store.embeddings.get(one.track_id, CHOI)
        assert here is not None
        assert (here.excerpts, here.has_more) == (one.excerpts, one.has_more)


def test_an_export_from_before_excerpts_were_counted_has_one_of_each_track(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    theirs.tracks.add([LONG, SHORT, song(1)])
    theirs.embeddings.save(CHOI, [of_a_file(LONG), of_a_file(SHORT), heard(song(1), 1)])
    table = exported(spotrec, theirs, file).drop_columns(["excerpts", "has_more", "fingerprint", "fingerprint_version"])
    pq.write_table(table.replace_schema_metadata(pq.read_metadata(file).metadata), file)
    assert imported(spotrec, file)["new_tracks"] == 3
    found = {track.id: store.embeddings.get(track.id, CHOI) for track in (LONG, SHORT, song(1))}
    assert {id_: (one.excerpts, one.has_more) for id_, one in found.items() if one} == {
        LONG.id: (1, True),
        SHORT.id: (1, False),
        song(1).id: (1, False),
    }


def test_one_recording_by_isrc_stays_one(spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path) -> None:
    mine = song(1, isrc="USRC17607839")
    other = Track(TrackId("deezer:track:7"), "Song 1", ("Artist 1",), isrc="USRC17607839")
    store.tracks.add([mine])
    theirs.tracks.add([other])
    theirs.embeddings.save(CHOI, [heard(other, 1)])
    exported(spotrec, theirs, file)
    assert imported(spotrec, file)["new_tracks"] == 0
    assert store.counts(Ears.of(CHOI)).tracks == 1
    assert store.tracks.get(other.id) == mine
    assert store.embeddings.get(mine.id, CHOI) is not None


def test_other_ids_of_a_recording_come_along(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    copies = [Track(TrackId(f"deezer:track:{n}"), "Song 1", ("Artist 1",), isrc="USRC17607839") for n in (7, 8)]
    theirs.tracks.add([song(1, isrc="USRC17607839"), *copies])
    theirs.embeddings.save(CHOI, [heard(song(1), 1)])
    exported(spotrec, theirs, file)
    mine = Track(copies[1].id, "Quite Another Song", ("Somebody",))
    store.tracks.add([mine])
    imported(spotrec, file)
    assert store.tracks.get(copies[0].id) == song(1, isrc="USRC17607839")
    assert store.tracks.get(copies[1].id) == mine


def test_models_that_hear_together_are_not_called_separate(spotrec: Run, theirs: FeatureStore, file: Path) -> None:
    for model in (CHOI, MUSICNN, OTHER_WEIGHTS):
        fill(theirs, range(3), model)
    exported(spotrec, theirs, file, "--all-models")
    both = ("--config", both_in_use(file.parent))
    shown = spotrec("features", "import", file, *both).stdout
    assert "stored separately from choi-1 + musicnn-1: 3 of choi-1+0123abcd\n" in shown
    assert imported(spotrec, file, *both)["models_in_use"] == [str(CHOI), "musicnn-1"]


def test_another_models_vectors_are_kept_apart(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    fill(store, range(5))
    for model in (OTHER_WEIGHTS, OTHER_NETWORK):
        fill(theirs, range(3, 20), model, seed=1000)
    exported(spotrec, theirs, file, "--all-models")
    shown = spotrec("features", "import", file).stdout
    assert "stored separately from choi-1: 17 of choi-1+0123abcd, 17 of clap-2" in shown
    assert store.embeddings.count_by_model() == {"choi-1": 5, "choi-1+0123abcd": 17, "clap-2": 17}
    assert "5 tracks indexed" in spotrec("index").stdout
    found = spotrec("query", song(1).id, "-n", 50, "--ids").stdout.split()
    assert set(found) == {song(n).id for n in (0, 2, 3, 4)}
    for n in range(5):
        assert np.array_equal(store.embeddings.get(song(n).id, CHOI).vector, heard(song(n), n).vector)  # type: ignore[union-attr] # it is here


def test_an_imported_track_is_no_longer_only_a_seed(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    store.tracks.add_seed(song(1))
    fill(theirs, range(1, 2))
    exported(spotrec, theirs, file)
    assert store.tracks.known([song(1).id]) == set()
    imported(spotrec, file)
    assert store.tracks.known([song(1).id]) == {song(1).id}


# -- faulty files ----------------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an id of no form": ({"track_id": "../../etc/passwd"}, "track_id has an unknown form"),
    "a short Spotify id": ({"track_id": "spotify:track:123"}, "track_id has an unknown form"),
    "an id with a line after it": ({"track_id": f"spotify:track:{spotify_id(1)}\n"}, "track_id has an unknown form"),
    "no id": ({"track_id": None}, "no track_id"),
    "no title": ({"title": " \x1b\n"}, "no title"),
    "a null title": ({"title": None}, "no title"),
    "a title of a megabyte": ({"title": "x" * 1_000_000}, "title has more than 500"),
    "a bpm of NaN": ({"bpm": float("nan")}, "bpm is not a tempo"),
    "a bpm of a million": ({"bpm": 1e6}, "bpm is not a tempo"),
    "a key that is none": ({"musical_key": "H#"}, "musical_key is not a key"),
    "a tempo that nobody can hear": ({"heard_bpm": -1.0}, "heard_bpm is not a tempo"),
    "a key that nobody can hear": ({"heard_key": "H#"}, "heard_key is not a key"),
    "a confidence above one": ({"bpm_confidence": 1.5}, "bpm_confidence is not from 0 to 1"),
    "a confidence that is no number": ({"key_confidence": float("nan")}, "key_confidence is not from 0 to 1"),
    "a hearing of no version": ({"heard_by": 0}, "heard_by is not a version"),
    "a genre of a megabyte": ({"genre": "x" * 1_000_000}, "genre has more than 500"),
    "a strange model": ({"model": "choi-1'; drop table track"}, "model has an unknown form"),
    "a short vector": ({"dim": 3, "vector": [1.0, 2.0, 3.0]}, "choi-1 has 160 numbers and 50 tags"),
    "a vector of another length than it says": ({"dim": 3}, "its dim is 3"),
    "no vector": ({"vector": None}, "no vector"),
    "an empty vector": ({"dim": 0, "vector": []}, "no vector"),
    "a NaN": ({"vector": [float("nan")] * 160}, "not a finite number"),
    "an infinity": ({"vector": [float("inf")] + [0.0] * 159}, "not a finite number"),
    "a null in the vector": ({"vector": [None] + [0.0] * 159}, "not a finite number"),
    "a number that drowns all others": ({"vector": [3e38] + [0.0] * 159}, "beyond ±1,000,000"),
    "a tag above one": ({"tags": [1.5] * 50}, "not a probability"),
    "a tag below zero": ({"tags": [-0.1] * 50}, "not a probability"),
    "a tag that is NaN": ({"tags": [float("nan")] * 50}, "not a probability"),
    "too few tags": ({"tags": [0.5]}, "the row has 160 and 1"),
    "no tags": ({"tags": None}, "no tags"),
    "a negative duration": ({"duration_ms": -1}, "duration_ms must be from 0"),
    "an ISRC that is none": ({"isrc": ""}, "isrc is not an ISRC"),
    "a sha256 that is none": ({"audio_sha256": ""}, "audio_sha256 has an unknown form"),
    "a link that is none": ({"url": "javascript:alert(1)"}, "url is not a web address"),
    "a provider of no form": ({"provider": "\x1b[31m"}, "provider has an unknown form"),
    "no excerpts": ({"excerpts": 0}, "excerpts have an impossible number"),
    "a billion excerpts": ({"excerpts": 10**9}, "excerpts have an impossible number"),
    "a fingerprint of no version": ({"fingerprint": [1, 2]}, "fingerprint_version is not a version"),
    "a fingerprint of version 0": ({"fingerprint": [], "fingerprint_version": 0}, "fingerprint_version is not a"),
    "a null in a fingerprint": ({"fingerprint": [1, None], "fingerprint_version": 1}, "fingerprint contains a null"),
    "an endless fingerprint": ({"fingerprint": [1] * 10_001, "fingerprint_version": 1}, "more than 10,000 words"),
    "a time that is none": ({"created_at": "yesterday"}, "created_at has an unknown form"),
    "many artists": ({"artists": ["a"] * 101}, "artists has more than 100"),
    "null artists": ({"artists": None}, "artists is null"),
    "a null among artists": ({"artists": ["a", None]}, "artists contains a null"),
    "an alias of no form": ({"aliases": ["track"]}, "aliases has an unknown form"),
}


def test_faulty_rows_are_reported_and_the_others_go_in(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    """A sound row comes before each faulty one, and one at the end."""
    fill(theirs, range(1 + 2 * len(FAULTS)))
    table = exported(spotrec, theirs, file)
    rows = table.sort_by("track_id").to_pylist()
    for row, (values, _) in zip(rows[1::2], FAULTS.values(), strict=True):
        row.update(values)
    pq.write_table(pa.Table.from_pylist(rows, table.schema.with_metadata(pq.read_metadata(file).metadata)), file)
    report = imported(spotrec, file, code=3)
    assert (report["added"], report["faulty"]) == (1 + len(FAULTS), len(FAULTS))
    for number, fault, (name, (_, reason)) in zip(count(2, 2), report["faults"], FAULTS.items(), strict=False):
        assert fault["row"] == number, name
        assert reason in fault["reason"], name
    assert store.exchange.count() == {"choi-1": 1 + len(FAULTS)}


@pytest.mark.parametrize("name", ["no id", "a title of a megabyte", "a provider of no form"])
def test_people_are_told_the_row_and_its_fault(name: str, spotrec: Run, theirs: FeatureStore, file: Path) -> None:
    values, reason = FAULTS[name]
    fill(theirs, range(5))
    exported(spotrec, theirs, file)
    changed(file, 2, values)
    said = spotrec("features", "import", file, code=3)
    assert reason in said.stderr
    assert "row 3" in said.stderr


def test_text_that_is_not_utf_8_is_a_faulty_row(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    fill(theirs, range(3))
    table = exported(spotrec, theirs, file).combine_chunks()
    lone_surrogate = pa.array([b"Song", b"\xed\xa0\x80", b"Song"], pa.binary()).view(pa.string())
    table = table.set_column(table.column_names.index("title"), "title", lone_surrogate)
    rewritten(file, table)
    report = imported(spotrec, file, code=3)
    assert [fault["reason"] for fault in report["faults"]] == ["its title is not UTF-8"]
    assert report["added"] == 2


def test_control_characters_never_reach_a_terminal(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    fill(theirs, range(1))
    exported(spotrec, theirs, file)
    changed(file, 0, {"title": "a\x1b]0;owned\x07b", "artists": ["\x1b[31mred"]})
    imported(spotrec, file)
    assert "\x1b" not in spotrec("tracks").stdout


def test_the_same_row_again_and_again_is_one_track(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    fill(theirs, range(1))
    table = exported(spotrec, theirs, file)
    rewritten(file, pa.concat_tables([table] * 3000), rows_each=1000)
    report = imported(spotrec, file)
    assert (report["added"], report["already_here"]) == (1, 2999)


def test_a_file_of_endless_models_is_cut_short(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    fill(theirs, range(30))
    table = exported(spotrec, theirs, file)
    models = pa.array([f"model-{n}" for n in range(30)])
    table = table.set_column(table.column_names.index("model"), "model", models)
    rewritten(file, table)
    report = imported(spotrec, file, code=3)
    assert (report["added"], report["faulty"]) == (20, 10)


def test_one_entry_that_many_rows_repeat_takes_no_room(spotrec: Run, theirs: FeatureStore, file: Path) -> None:
    """Less than a megabyte that would unpack to 20 GB: a title of a megabyte, 20,000 times."""
    fill(theirs, range(1))
    (row,) = exported(spotrec, theirs, file).to_pylist()
    schema, metadata = pq.read_schema(file), pq.read_metadata(file).metadata
    n = 20_000
    row |= {"vector": [], "tags": []}
    columns = {column.name: pa.array([row[column.name]] * n, column.type) for column in schema}
    columns["title"] = pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), file)
    assert file.stat().st_size < 1_000_000
    code = (
        "import resource, sys\nfrom spotrec.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\nsys.argv[0] = 'spotrec'\nmain()"
    )
    command = [sys.executable, "-c", code, "features", "import", str(file), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["faulty"] == n


def rewritten(file: Path, table: pa.Table, *, rows_each: int = 10, **metadata: bytes | None) -> None:
    """Write other rows or columns, and say that they are an export."""
    said = {
        **pq.read_metadata(file).metadata,
        **{f"spotrec.{name}".encode(): value for name, value in metadata.items()},
    }
    kept = {name: value for name, value in said.items() if value is not None}
    pq.write_table(
        table.replace_schema_metadata(kept),
        file,
        row_group_size=rows_each,
        use_dictionary=False,
        write_page_checksum=True,
    )


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: whole[:0],
    "text": lambda whole: b"track_id,title\n" + whole[:0],
    "truncated": lambda whole: whole[: len(whole) // 2],
    "footer of noise": lambda whole: whole[:-200] + bytes(192) + whole[-8:],
}
OTHER_TABLES: dict[str, Callable[[pa.Table], pa.Table]] = {
    "a column less": lambda table: table.drop_columns(["vector"]),
    "a column of another type": lambda table: table.set_column(0, "track_id", pa.array(range(table.num_rows))),
    "lists of another type": lambda table: table.set_column(13, "vector", table["vector"].cast(pa.list_(pa.float64()))),
    "a column twice": lambda table: table.append_column("title", table["title"]),
}


def refused(spotrec: Run, file: Path) -> None:
    said = spotrec("features", "import", file, code=2).stderr
    assert "is not an export of features" in said
    assert "hint: " in said
    assert not Path(os.environ["SPOTREC_DATA_DIR"], "spotrec.db").exists()


@pytest.mark.parametrize("how", DAMAGES)
def test_a_file_that_is_damaged_throughout_changes_nothing(
    how: str, spotrec: Run, theirs: FeatureStore, file: Path
) -> None:
    fill(theirs, range(3))
    exported(spotrec, theirs, file)
    file.write_bytes(DAMAGES[how](file.read_bytes()))
    refused(spotrec, file)


@pytest.mark.parametrize("how", OTHER_TABLES)
def test_another_table_changes_nothing(how: str, spotrec: Run, theirs: FeatureStore, file: Path) -> None:
    fill(theirs, range(3))
    rewritten(file, OTHER_TABLES[how](exported(spotrec, theirs, file)))
    refused(spotrec, file)


@pytest.mark.parametrize("stated", [None, b"2", b"", b"9" * 9999, "²".encode()])
def test_a_file_of_another_format_changes_nothing(
    stated: bytes | None, spotrec: Run, theirs: FeatureStore, file: Path
) -> None:
    fill(theirs, range(3))
    rewritten(file, exported(spotrec, theirs, file), format=stated)
    refused(spotrec, file)


def test_a_row_group_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    spotrec: Run, theirs: FeatureStore, file: Path
) -> None:
    fill(theirs, range(1))
    table = exported(spotrec, theirs, file)
    zeros = pa.ListArray.from_arrays(np.array([0, 64_100_000], np.int32), np.zeros(64_100_000, np.float32))
    table = table.set_column(table.column_names.index("vector"), "vector", zeros)
    pq.write_table(table.replace_schema_metadata(pq.read_metadata(file).metadata), file, write_statistics=False)
    assert file.stat().st_size < 1_000_000
    assert "row group 1 would unpack to more than 256 MB" in spotrec("features", "import", file, code=2).stderr


def test_a_damaged_piece_costs_its_own_rows_only(
    spotrec: Run, store: FeatureStore, theirs: FeatureStore, file: Path
) -> None:
    fill(theirs, range(30))
    rewritten(file, exported(spotrec, theirs, file))
    content = bytearray(file.read_bytes())
    chunk = pq.read_metadata(file).row_group(1).column(13)
    assert chunk.path_in_schema == "vector.list.element"
    middle = chunk.data_page_offset + chunk.total_compressed_size // 2
    content[middle] ^= 0xFF
    file.write_bytes(content)
    report = imported(spotrec, file, code=3)
    assert (report["added"], report["faulty"]) == (20, 10)
    (fault,) = report["faults"]
    assert (fault["row"], fault["n_rows"]) == (11, 10)
    assert "it is damaged" in fault["reason"]
    assert "row 11 and the next 9" in spotrec("features", "import", file, code=3).stderr


def test_there_is_no_such_file(spotrec: Run, file: Path) -> None:
    assert "there is no file" in spotrec("features", "import", file, code=5).stderr
    assert "there is no file" in spotrec("features", "import", file.parent, code=5).stderr


# -- vendors ---------------------------------------------------------------------------------------------------------


def test_without_pyarrow_the_hint_says_how_to_get_it(
    spotrec_process: Run, store: FeatureStore, file: Path, tmp_path: Path
) -> None:
    fill(store, range(2))
    (tmp_path / "without" / "pyarrow").mkdir(parents=True)
    (tmp_path / "without" / "pyarrow" / "__init__.py").write_text("raise ImportError('no pyarrow here')\n")
    for command in ("export", "import"):
        done = spotrec_process("features", command, file, code=2, PYTHONPATH=str(tmp_path / "without"))
        assert install_command("parquet") in done.stderr


def test_pyarrow_is_loaded_only_where_it_is_needed(store: FeatureStore) -> None:
    fill(store, range(2))
    code = (
        "import sys\nfrom spotrec.cli import main\nsys.argv[0] = 'spotrec'\n"
        "try:\n    main()\nfinally:\n    print('LOADED', 'pyarrow' in sys.modules)"
    )
    for arguments in (["features", "--help"], ["features", "import", "--help"], ["status"], ["index"]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        assert "LOADED False" in done.stdout


def test_an_export_into_a_file_of_another_kind_is_refused(spotrec: Run, home: Path) -> None:
    FeatureStore(home / "data" / "spotrec.db").close()
    for name in ("x.csv", "x", "x.json"):
        assert "its name must end in .parquet" in spotrec("features", "export", home / name, code=2).stderr
        assert not (home / name).exists()
