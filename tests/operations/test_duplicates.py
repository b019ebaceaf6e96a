"""Recordings that are there more than once, through the real command."""

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from spotrec.store import FeatureStore, ServerItem
from spotrec.track import Track, TrackId
from support.catalogue import fill, scattered, song
from support.music import SAMPLE_RATE_HZ, tune, write_tagged
from support.rhythms import chords

Run = Callable[..., Any]


def found(spotrec: Run, *arguments: object) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = json.loads(spotrec("duplicates", *arguments, "--json").stdout)["groups"]
    return groups


def ids_of(groups: list[dict[str, Any]]) -> set[frozenset[str]]:
    return {frozenset(copy["track_id"] for copy in group["copies"]) for group in groups}


def pair(one: Track, other: Track) -> frozenset[str]:
    return frozenset({one.id, other.id})


@pytest.fixture
def catalogue(home: Path, spotrec: Run) -> dict[str, Track]:
    """Copies of all kinds, and tracks that only look like copies."""
    tracks = {
        "halo": song(1, "Halo", "Beyoncé", duration_ms=261_000),
        "halo again": song(2, "Halo (Remastered 2011)", "beyonce", duration_ms=262_000, album="Hits"),
        "halo live": song(3, "Halo (Live)", "Beyoncé", duration_ms=261_500),
        "intro": song(4, "Intro", "Somebody", duration_ms=40_000),
        "another intro": song(5, "Intro", "Somebody", duration_ms=95_000),
        "untagged": song(6, "track01", duration_ms=180_000),
        "untagged, other codec": song(7, "01 - unknown", duration_ms=180_060),
        "sounds so, is longer": song(8, "01 - unknown long", duration_ms=240_000),
        "of nobody": song(9, "Track 1", "Various Artists", duration_ms=200_000),
        "of nobody too": song(10, "Track 1", "Various Artists", duration_ms=200_100),
    }
    vectors = scattered(len(tracks))
    vectors[6] = vectors[5] * np.float32(1.0005)
    vectors[7] = vectors[5]
    fill(home, list(tracks.values()), vectors)
    spotrec("index")
    return tracks


def test_copies_by_name_and_by_audio_are_found_and_others_are_not(spotrec: Run, catalogue: dict[str, Track]) -> None:
    groups = found(spotrec)
    by_name = pair(catalogue["halo"], catalogue["halo again"])
    by_audio = pair(catalogue["untagged"], catalogue["untagged, other codec"])
    assert ids_of(groups) == {by_name, by_audio}
    assert {frozenset(one["track_id"] for one in group["copies"]): group["why"] for group in groups} == {
        by_name: ["name"],
        by_audio: ["audio"],
    }
    (halo,) = (group for group in groups if group["why"] == ["name"])
    assert halo["copies"][0]["album"] == "Hits", "the copy with the fuller description is best"
    assert halo["differs"] == ["length", "title", "artist", "album"]
    assert [one["is_best"] for one in halo["copies"]] == [True, False]
    assert ids_of(found(spotrec, "--by", "name")) == {by_name}
    assert ids_of(found(spotrec, "--by", "audio,isrc")) == {by_audio}
    assert found(spotrec, "--by", "content", "--by", "sound") == []
    assert found(spotrec, "--files") == []


def test_the_table_the_csv_and_the_json_have_the_same_copies(spotrec: Run, catalogue: dict[str, Track]) -> None:
    del catalogue
    shown = spotrec("duplicates").stdout
    assert "by name; differ in length, title, artist, album" in shown
    assert "2 recordings, 2 copies more than needed" in shown
    rows = list(csv.DictReader(io.StringIO(spotrec("duplicates", "--csv").stdout)))
    assert [row["group"] for row in rows] == ["1", "1", "2", "2"]
    assert [row["is_best"] for row in rows] == ["True", "False"] * 2
    assert len(list(csv.DictReader(io.StringIO(spotrec("duplicates", "--csv", "--limit", 1).stdout)))) == 2
    assert "and 1 more" in spotrec("duplicates", "--limit", 1).stdout
    assert len(found(spotrec, "--limit", 1)) == 1
    assert "choose from content, sound, isrc, name, audio" in spotrec("duplicates", "--by", "magic", code=2).stderr
    assert "cannot be combined" in spotrec("duplicates", "--csv", "--json", code=2).stderr
    spotrec("duplicates", "--collection", "nothing like it", code=5)
    assert found(spotrec, "--collection", "artist:Beyoncé") != []
    assert found(spotrec, "--collection", "artist:Somebody") == []


def test_without_an_index_the_names_are_compared_and_a_note_says_so(spotrec: Run, home: Path) -> None:
    spotrec("duplicates", code=5)
    tracks = [song(n, "Halo", "Beyoncé", duration_ms=261_000) for n in (1, 2)]
    fill(home, tracks)
    result = spotrec("duplicates", "--json")
    assert [group["why"] for group in json.loads(result.stdout)["groups"]] == [["name"]]
    assert "only fingerprints of tracks are compared, not their sound" in result.stderr
    assert json.loads(result.stdout)["index"] is None
    assert spotrec("duplicates", "--by", "name").stderr == ""


def test_an_empty_store_has_none(spotrec: Run, store: FeatureStore) -> None:
    del store
    assert "No recording is there twice among 0 tracks." in spotrec("duplicates").stdout


def test_files_are_told_apart_by_what_they_are(spotrec: Run, home: Path, tmp_path: Path) -> None:
    music = tmp_path / "music"
    best = write_tagged(music / "best.flac", tune(1), title="Song", artist="A", album="First")
    shutil.copy(best, music / "same.flac")
    retagged = write_tagged(music / "retagged.flac", tune(2), title="Other", artist="B")
    write_tagged(music / "retagged-2.flac", tune(2), title="Other", artist="B", album="Hits")
    soundfile.write(music / "lossy.mp3", tune(1), SAMPLE_RATE_HZ, format="MP3")
    isrc = {"title": "Third", "artist": "C", "isrc": "USRC17607839"}
    write_tagged(music / "isrc.flac", tune(3), **isrc)
    write_tagged(music / "isrc-2.flac", tune(3, 5.5), **isrc)
    (music / "gone.flac").write_bytes(best.read_bytes())
    spotrec("crawl", music)
    (music / "gone.flac").unlink()
    groups = {group["copies"][0]["title"]: group for group in found(spotrec, "--files")}
    assert {title: group["why"] for title, group in groups.items()} == {
        "Song": ["content"],
        "Other": ["sound", "name"],
        "Third": ["isrc"],
    }
    copies = groups["Song"]["copies"]
    assert [Path(copy["path"]).name for copy in copies][-1] == "gone.flac"
    assert [copy["is_missing"] for copy in copies] == [False, False, True]
    assert {copy["format"] for copy in copies[:2]} == {"FLAC"}
    assert {copy["sample_rate_hz"] for copy in copies[:2]} == {SAMPLE_RATE_HZ}
    assert copies[0]["n_bytes"] == best.stat().st_size
    assert copies[0]["bit_rate_kbps"] == round(8 * best.stat().st_size / 5_000)
    assert Path(groups["Other"]["copies"][0]["path"]).name == "retagged-2.flac", "it has an album"
    assert retagged.is_file()
    assert sorted(path.name for path in music.iterdir()) == sorted(
        ["best.flac", "same.flac", "retagged.flac", "retagged-2.flac", "lossy.mp3", "isrc.flac", "isrc-2.flac"]
    ), "nothing is deleted"
    del home


def test_what_is_not_known_of_a_copy_is_no_difference(spotrec: Run, home: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.flac", "two.flac")]
    files[0].write_bytes(write_tagged(tmp_path / "tagged.flac", tune(1), title="Halo", artist="A").read_bytes())
    files[1].write_bytes(bytes(files[0].stat().st_size))  # its name says the format, and nothing says the rate
    fill(home, [song(n, "Halo", "A", duration_ms=5_000) for n in (1, 2, 3)])
    with FeatureStore(home / "data" / "spotrec.db") as store:
        for path, track in zip(files, (song(1), song(2)), strict=True):
            store.files.remember(path, path.stat().st_size, 10, track.id)
    (group,) = found(spotrec, "--by", "name")
    assert {copy["sample_rate_hz"] for copy in group["copies"]} == {SAMPLE_RATE_HZ, None}
    assert group["differs"] == []


def test_items_of_one_server_are_copies_and_a_file_that_the_server_has_too_is_not(spotrec: Run, home: Path) -> None:
    twice, mine = song(1, "Twice", "A"), replace(song(2, "Mine", "B"), path="/music/mine.flac")
    fill(home, [twice, mine])
    with FeatureStore(home / "data" / "spotrec.db") as store:
        items = [
            (ServerItem("a" * 12, "1", "/srv/one.flac", 30_000_000), twice.id),
            (ServerItem("a" * 12, "2", "/srv/two.mp3", 5_000_000), twice.id),
            (ServerItem("a" * 12, "3", "/srv/mine.flac", 10), mine.id),
            (ServerItem("b" * 12, "3", "/other/mine.flac", 10), mine.id),
        ]
        store.server_items.note(items, "2026-01-01")
        store.files.remember(Path("/music/mine.flac"), 10, 10, mine.id)
    spotrec("index")
    (group,) = found(spotrec)
    assert [(copy["item"], copy["path"]) for copy in group["copies"]] == [("1", "/srv/one.flac"), ("2", "/srv/two.mp3")]
    assert group["why"] == ["content"]


def test_whole_files_of_one_name_that_sound_different_are_two_recordings(spotrec: Run, home: Path) -> None:
    ids = [TrackId(f"file:{n:032d}") for n in range(3)]
    tracks = [replace(song(n, "Untitled", "A", duration_ms=60_000), id=id_) for n, id_ in enumerate(ids)]
    vectors = scattered(30)
    others = [song(100 + n) for n in range(27)]
    vectors[1] = vectors[0]
    vectors[2] = 2 * vectors.mean(axis=0) - vectors[0]
    fill(home, [*tracks, *others], vectors)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        path = store.path
    from support.catalogue import write

    write(path, "update embedding set provider = 'file'")
    spotrec("index")
    assert ids_of(found(spotrec)) == {frozenset(ids[:2])}


def test_hostile_names_and_lengths_are_only_text_and_numbers(spotrec: Run, home: Path) -> None:
    tracks = [song(n, "=cmd|' /C calc'!A0\x1b[31m", "A", duration_ms=2**53) for n in (1, 2)]
    tracks += [replace(song(3, "N", "B"), id=TrackId("file:" + "3" * 32), path="\0/nowhere")]
    tracks += [replace(song(4, "N", "B"), id=TrackId("file:" + "4" * 32), path="/dev/zero")]
    fill(home, tracks)
    spotrec("index")
    assert len(found(spotrec)) == 2
    assert "\x1b[31m" not in spotrec("duplicates").stdout
    assert "'=cmd" in spotrec("duplicates", "--csv").stdout


def test_a_cut_copy_at_a_low_bit_rate_is_found_by_its_fingerprint(
    spotrec: Run, tmp_path: Path, weights: Path, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    folder, whole = tmp_path / "music", chords(9, is_major=False, bpm=100, seconds=24, rate=SAMPLE_RATE_HZ)
    other = chords(3, is_major=True, bpm=84, seconds=24, rate=SAMPLE_RATE_HZ)
    write_tagged(folder / "whole.flac", whole, title="Halo", artist="Beyoncé")
    write_tagged(folder / "other.flac", other, title="Other", artist="Somebody")
    cut = whole[int(1.53 * SAMPLE_RATE_HZ) :] / 3
    soundfile.write(
        folder / "01.mp3", cut, SAMPLE_RATE_HZ, format="MP3", bitrate_mode="CONSTANT", compression_level=0.8
    )
    spotrec("crawl", folder)
    spotrec("extract")
    by_fingerprint = found(spotrec, "--by", "audio")
    assert [sorted(Path(copy["path"]).name for copy in group["copies"]) for group in by_fingerprint] == [
        ["01.mp3", "whole.flac"]
    ], "without an index"
    forget_fingerprints(store.path)
    result = spotrec("duplicates", "--by", "audio", "--json")
    assert "3 tracks have no fingerprint" in result.stderr
    assert json.loads(result.stdout)["groups"] == []
    assert "3 tracks have features but no fingerprint" in " ".join(spotrec("extract").stderr.split())
    assert "fingerprints heard: 3 tracks without the networks" in spotrec("extract", "--tempo").stdout
    report = json.loads(spotrec("extract", "--tempo", "--json").stdout)
    assert (report["fingerprinted"], report["fingerprinted_alone"]) == (0, 0)
    assert found(spotrec, "--by", "audio") == by_fingerprint


def forget_fingerprints(path: Path) -> None:
    """Make the store one that was filled before fingerprints were heard."""
    with sqlite3.connect(path) as db:
        db.execute("delete from fingerprint")
