"""Looking at what is known, through the real command."""

import csv
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from spotrec.track import (
    Collection,
    CollectionKind,
    Outcome,
    PreviewOutcome,
    Stage,
    StoredAudio,
)
from support.catalogue import OTHER_MODEL, embedding, fill, hear, song, songs
from support.servers import spotify_id

Run = Callable[..., Any]
ADDRESS = f"https://open.spotify.com/playlist/{spotify_id(5000)}"
MIXTAPE = Collection(f"spotify:playlist:{spotify_id(5000)}", CollectionKind.PLAYLIST, "Mixtape", ADDRESS)


def listed(spotrec: Run, *arguments: object, code: int = 0) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(spotrec("tracks", *arguments, "--json", code=code).stdout)
    return rows


def titles(spotrec: Run, *arguments: object) -> list[str]:
    return [row["title"] for row in listed(spotrec, *arguments)]


@pytest.fixture
def catalogue(store: FeatureStore) -> FeatureStore:
    """Five tracks in every state, the first two in a playlist, and a seed that was only asked about."""
    heard, cached, failed, missing, busy = (
        song(1, "Halo", "Beyoncé", album="I Am"),
        song(2, "Hello", "Adele", "Beyoncé"),
        song(3, "Silence", "Nobody"),
        song(4, "Lost", "Nobody & Friends"),
        song(5, "Busy", "Somebody"),
    )
    store.tracks.add([heard, cached], MIXTAPE)
    store.collections.finish(MIXTAPE, 2)
    store.tracks.add([failed, missing, busy])
    store.tracks.add_seed(song(6, "Only Asked About"))
    hear(store, [heard], vectors=1, tags=1)
    for track in (cached, failed):
        store.audio.save(StoredAudio(track.id, f"/cache/{track.id}", True, "b" * 64, 10, "deezer"))
    store.failures.record(failed.id, Stage.EXTRACT, "silent", "it is silent")
    again = datetime(2026, 12, 1, tzinfo=UTC)
    absent = PreviewOutcome("deezer", Outcome.ABSENT, "Deezer does not have it", ask_again_at=again)
    store.previews.record(missing.id, absent)
    store.previews.record(missing.id, PreviewOutcome("itunes", Outcome.REJECTED, "another length"))
    return store


def test_each_track_is_listed_with_how_far_it_came(spotrec: Run, catalogue: FeatureStore) -> None:
    states = {row["title"]: row["state"] for row in listed(spotrec)}
    assert states == {
        "Halo": "heard",
        "Hello": "has audio",
        "Silence": "failed: silent",
        "Lost": "no audio",
        "Busy": "no audio",
    }
    shown = spotrec("tracks").stdout
    for part in ("title", "artist", "album", "state", "link", "Beyoncé", "I Am", "failed: silent", "spotify:track:"):
        assert part in shown
    assert "Only Asked About" not in shown


def test_missing_audio_is_listed_with_what_each_provider_said(spotrec: Run, catalogue: FeatureStore) -> None:
    rows = listed(spotrec, "--missing-audio")
    assert [row["title"] for row in rows] == ["Lost", "Busy"]
    assert rows[0]["answers"] == [
        {
            "provider": "deezer",
            "outcome": "absent",
            "reason": "Deezer does not have it",
            "ask_again_at": "2026-12-01T00:00:00+00:00",
        },
        {"provider": "itunes", "outcome": "rejected", "reason": "another length", "ask_again_at": None},
    ]
    shown = spotrec("tracks", "--missing-audio").stdout
    assert "deezer: absent (Deezer does not have it), queried again after 2026-12-01" in shown
    assert "itunes: rejected (another length), queried again with --retry-all" in shown


def test_failures_are_listed_with_stage_reason_and_message(spotrec: Run, catalogue: FeatureStore) -> None:
    (row,) = listed(spotrec, "--failed")
    failure = {"stage": "extract", "reason": "silent", "message": "it is silent", "attempts": 1}
    assert (row["title"], row["failures"]) == ("Silence", [failure])
    assert "extract: silent: it is silent" in spotrec("tracks", "--failed").stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["halo"], ["Halo"]),
        (["beyonce", "HELLO!"], ["Hello"]),
        (["nothing like it"], []),
        (["--artist", "beyonce"], ["Halo", "Hello"]),
        (["--artist", "Adele"], ["Hello"]),
        (["--artist", "NOBODY"], ["Silence", "Lost"]),
        (["--artist", "body"], []),
        (["--artist", "halo"], []),
        (["--artist", "nobody", "--missing-audio"], ["Lost"]),
        (["--failed", "--missing-audio"], []),
        (["--limit", "2"], ["Halo", "Hello"]),
        (["--collection", "Mixtape"], ["Halo", "Hello"]),
        (["--collection", "MIXTAPE!", "--artist", "adele"], ["Hello"]),
        (["--collection", f"{ADDRESS}?si=x"], ["Halo", "Hello"]),
        (["--collection", MIXTAPE.id], ["Halo", "Hello"]),
        (["--collection", spotify_id(5000)], ["Halo", "Hello"]),
    ],
)
def test_filters_combine(spotrec: Run, catalogue: FeatureStore, arguments: list[str], expected: list[str]) -> None:
    assert titles(spotrec, *arguments) == expected


def test_wildcards_and_odd_words_are_only_characters(spotrec: Run, catalogue: FeatureStore) -> None:
    catalogue.tracks.add([song(7, "100%"), song(8, "[bold]x[/]", "_")])
    assert titles(spotrec, "%") == []
    assert titles(spotrec, "100%") == ["100%"]
    assert titles(spotrec, "--artist", "_") == ["[bold]x[/]"]
    assert titles(spotrec, "\udce9") == []
    assert "[bold]x[/]" in spotrec("tracks", "bold").stdout


def test_an_unknown_collection_is_not_found_and_an_unclear_one_is_named(spotrec: Run, catalogue: FeatureStore) -> None:
    assert "spotrec tracks --collections" in spotrec("tracks", "--collection", "Nope", code=5).stderr
    other = Collection("deezer:playlist:1", CollectionKind.PLAYLIST, "mixtape")
    catalogue.tracks.add([song(9)], other)
    said = spotrec("tracks", "--collection", "Mixtape", code=2).stderr
    assert MIXTAPE.id in said
    assert other.id in said
    assert titles(spotrec, "--collection", "deezer:playlist:1") == ["Song 9"]


def test_a_folder_is_named_by_its_path_even_when_it_is_gone(
    spotrec: Run, store: FeatureStore, home: Path, tmp_path: Path
) -> None:
    store.tracks.add([song(1)], Collection(f"folder:{tmp_path / 'gone'}", CollectionKind.FOLDER, "gone"))
    store.tracks.add([song(2)], Collection(f"m3u:{home / 'party.m3u'}", CollectionKind.PLAYLIST, "party"))
    assert titles(spotrec, "--collection", tmp_path / "gone") == ["Song 1"]
    assert titles(spotrec, "--collection", "./party.m3u") == ["Song 2"]


def test_the_known_collections_are_listed(spotrec: Run, catalogue: FeatureStore) -> None:
    (row,) = listed(spotrec, "--collections")
    crawled_at = row.pop("crawled_at")
    assert row == {"id": MIXTAPE.id, "kind": "playlist", "title": "Mixtape", "url": ADDRESS, "tracks": 2}
    shown = spotrec("tracks", "--collections").stdout
    day = datetime.fromisoformat(crawled_at).astimezone().strftime("%Y-%m-%d")
    for part in ("playlist", "Mixtape", "2", day, ADDRESS):
        assert part in shown
    assert spotrec("tracks", "--collections", "--csv").stdout.splitlines()[0] == "id,kind,title,url,tracks,crawled_at"
    assert "cannot be combined with filters" in spotrec("tracks", "--collections", "--failed", code=2).stderr


def test_csv_has_a_line_for_each_track(spotrec: Run, catalogue: FeatureStore) -> None:
    rows = list(csv.DictReader(io.StringIO(spotrec("tracks", "--csv").stdout)))
    assert list(rows[0]) == [
        *("track_id", "title", "artists", "album", "isrc", "genre", "mood"),
        *("bpm", "bpm_source", "musical_key", "musical_key_source"),
        *("state", "failures", "answers", "url", "path"),
    ]
    assert [row["title"] for row in rows] == ["Halo", "Hello", "Silence", "Lost", "Busy"]
    assert rows[1]["artists"] == "Adele; Beyoncé"
    assert rows[2]["failures"] == "extract: silent: it is silent"
    assert "cannot be combined" in spotrec("tracks", "--csv", "--json", code=2).stderr


def test_nothing_that_passes_is_an_empty_list(spotrec: Run, catalogue: FeatureStore) -> None:
    assert spotrec("tracks", "nope").stdout.startswith("no stored track matches “nope”\n")
    assert "`spotrec tracks` lists all" in spotrec("tracks", "nope").stdout
    assert listed(spotrec, "nope") == []
    assert len(spotrec("tracks", "nope", "--csv").stdout.splitlines()) == 1


def test_without_a_store_the_hint_says_how_to_begin(spotrec: Run) -> None:
    assert "spotrec crawl" in spotrec("tracks", code=5).stderr


def test_a_table_stops_after_a_hundred_tracks_and_says_so(spotrec: Run, store: FeatureStore) -> None:
    store.tracks.add(songs(150))
    shown = spotrec("tracks").stdout
    assert "… and more: --limit, --csv and --json show them" in shown
    assert len(shown.splitlines()) == 102
    assert len(spotrec("tracks", "--limit", 120).stdout.splitlines()) == 121
    assert "and more" not in spotrec("tracks", "--limit", 150).stdout


def test_pages_follow_one_another_without_gaps(spotrec: Run, store: FeatureStore) -> None:
    expected = [f"Song {n}" for n in range(1203)]
    store.tracks.add(songs(1203))
    assert titles(spotrec) == expected
    assert titles(spotrec, "--artist", "Artist 1202") == ["Song 1202"]
    rows = csv.DictReader(io.StringIO(spotrec("tracks", "--csv").stdout))
    assert [row["title"] for row in rows] == expected


def test_the_first_row_comes_long_before_the_last(store: FeatureStore) -> None:
    store.tracks.add(songs(60_000))
    command = [sys.executable, "-u", "-m", "spotrec", "tracks", "--csv"]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("track_id")
        assert "Song 0" in process.stdout.readline()
        first = time.monotonic() - began
        n_rest = sum(1 for _ in process.stdout)
    assert n_rest == 59_999
    assert first < (time.monotonic() - began) / 2


def test_a_pipe_that_closes_early_is_no_error(store: FeatureStore) -> None:
    store.tracks.add(songs(5000))
    command = f"{sys.executable} -m spotrec tracks --csv | head -2"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


def test_status_counts_what_each_model_lacks(spotrec: Run, home: Path) -> None:
    fill(home, songs(5))
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add([song(9)])
        store.tracks.add_seed(song(10))
        store.embeddings.save(OTHER_MODEL, [embedding(song(0)), embedding(song(1)), embedding(song(10))])
    assert json.loads(spotrec("status", "--json").stdout)["lacking"] == {"choi-1": 1, "choi-2": 4}
    shown = " ".join(spotrec("status").stdout.split())
    assert "(lacks 1)" in shown
    assert "by choi-2 (lacks 4)" in shown
