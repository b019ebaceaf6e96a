"""The ways in which results go out."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.crawl.sources.csv_file import CsvSource
from spotrec.names.titles import one_line
from support.catalogue import fill, scattered, song

Run = Callable[..., Any]


@pytest.fixture
def seed(home: Path, spotrec: Run) -> str:
    """An index of six tracks; every second has a link. Returns one's id."""
    fill(home, [song(i) if i % 2 else song(i, id=f"name:{i:032x}") for i in range(6)], scattered(6))
    spotrec("index")
    return song(1).id


def test_every_form_names_the_same_tracks_in_the_same_order(spotrec: Run, seed: str, home: Path) -> None:
    ids = spotrec("query", seed, "--ids").stdout.splitlines()
    assert len(ids) == 5
    assert [row["track_id"] for row in json.loads(spotrec("query", seed, "--json").stdout)["results"]] == ids
    assert [row["track_id"] for row in csv.DictReader(io.StringIO(spotrec("query", seed, "--csv").stdout))] == ids
    done = spotrec("query", seed, "--ids", "--m3u", home / "like.m3u8")
    assert done.stdout.splitlines() == ids, "a playlist is written beside whatever is printed"
    links = [f"https://open.spotify.com/track/{id_[14:]}" for id_ in ids if id_.startswith("spotify:")]
    assert (home / "like.m3u8").read_text().splitlines()[2::2] == links
    assert "2 tracks written to" in done.stderr
    (note,) = [line for line in done.stderr.splitlines() if "neither a file nor a link" in line]
    assert all(f"Artist {n} – Song {n}" in note for n in (0, 2, 4))


HOSTILE = ('=HYPERLINK("https://evil.example")', "@SUM(A1)", "-2+3", "\x1b]0;owned\x07", "\x9b2J", "'=1", "-5", "\\x1b")


def test_no_spreadsheet_computes_a_title_and_no_terminal_obeys_it_and_a_table_is_read_back(
    spotrec: Run, home: Path
) -> None:
    fill(home, [song(i, title, "+1, 2; 3") for i, title in enumerate(HOSTILE)], scattered(len(HOSTILE)))
    spotrec("index")
    for command in (["tracks"], ["query", song(0).id], ["journey", song(0).id, song(1).id, "-n", "5"]):
        printed = spotrec(*command, "--csv").stdout
        rows = list(csv.DictReader(io.StringIO(printed)))
        assert len(rows) >= 5
        assert not [char for char in printed if (char < " " and char not in "\r\n") or "\x7f" <= char <= "\x9f"]
        assert all(row["artists"] == "'+1, 2; 3" for row in rows)
        assert not [row for row in rows if row["title"][0] in "=@-" and row["title"] != "-5"]
        assert {row["title"] for row in csv.DictReader(io.StringIO(spotrec(*command, "--csv", "--raw").stdout))} <= {
            *HOSTILE
        }
        assert "--raw needs --csv" in spotrec(*command, "--raw", code=2).stderr
        assert not [char for char in spotrec(*command, "--json").stdout if "\x7f" <= char <= "\x9f"]
    printed = spotrec("tracks", "--csv").stdout
    (listing,) = CsvSource(printed, "tracks.csv", lambda _: pytest.fail("it needs no request"), None).listings()
    assert [track.track.title for track in listing.tracks] == [one_line(title) for title in HOSTILE]
    assert {track.track.artists for track in listing.tracks} == {("+1, 2", "3")}
    assert not listing.skipped


@pytest.mark.parametrize("forms", [("--json", "--csv"), ("--csv", "--ids"), ("--json", "--ids")])
def test_two_forms_at_once_make_no_sense(spotrec: Run, seed: str, forms: tuple[str, ...]) -> None:
    assert "cannot be combined" in spotrec("query", seed, *forms, code=2).stderr


def test_a_playlist_that_cannot_be_written_is_told_before_any_work(spotrec: Run, home: Path) -> None:
    (home / "diary.m3u8").write_text("dear diary")
    assert "not an extended M3U" in spotrec("query", "anything", "--m3u", home / "diary.m3u8", code=2).stderr
    assert (home / "diary.m3u8").read_text() == "dear diary"
    for options in (("--m3u", "nowhere/a.m3u8"), ("--m3u", "a.m3u8", "--relative-to", "nowhere")):
        refused = spotrec("query", "anything", *options, code=2)
        assert "there is no folder" in refused.stderr, "before it is said that there is no store"
    in_nowhere = ("--output", "a.m3u8", "--relative-to", "nowhere")
    assert "there is no folder" in spotrec("playlist", "extend", "anything", *in_nowhere, code=2).stderr


def test_no_results_are_no_lines(spotrec: Run, seed: str) -> None:
    for n in (0, 2, 3, 4, 5):
        spotrec("remove", f"song {n}", "--yes")
    assert spotrec("query", seed, "--ids").stdout == ""
    assert spotrec("query", seed, "--csv").stdout.splitlines() == [
        "rank,track_id,title,artists,album,similarity,tags,url,path,bpm,bpm_source,musical_key,musical_key_source"
    ]


def test_without_a_desktop_the_results_are_shown_all_the_same(
    spotrec: Run, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    done = spotrec("query", seed, "--open", code=1)
    assert "Song 3" in done.stdout
    assert "no desktop" in done.stderr
