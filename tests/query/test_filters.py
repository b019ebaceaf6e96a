"""Filters through the real command."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main

from spotrec.cli.app import app
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.operations.options import FilterOptions
from spotrec.query.filters import FILTERS, NEW_ARTISTS
from spotrec.store import FeatureStore, ServerItem
from spotrec.track import TrackId
from support.catalogue import fill, playlist, song, songs

Run = Callable[..., Any]
SEED = song(0)


def passing(spotrec: Run, *arguments: object) -> set[int]:
    """Which songs pass, by number."""
    answer = json.loads(spotrec("query", SEED.id, "-n", 100, *arguments, "--json").stdout)
    return {int(row["title"].split()[-1]) for row in answer["results"]}


@pytest.fixture
def catalogue(spotrec: Run, home: Path) -> None:
    tracks = [
        SEED,
        song(1, None, "Ann Peebles", "Guest", album="Green Light", release_date="1979", duration_ms=119_999),
        song(2, None, "Ann", album="Green", release_date="1980-02", duration_ms=120_000, explicit=True),
        song(3, None, "Björk", album="Début", release_date="1993-07-05", duration_ms=270_999, explicit=False),
        song(4, None, "Guest", release_date="2001", bpm=120.4, musical_key="A minor"),
        song(5, release_date="nonsense", bpm=127.0, musical_key="8A"),
        song(6, release_date="0000", bpm=90.0, musical_key="Cmaj"),
        song(7, duration_ms=3_700_000, musical_key="off key"),
    ]
    tags = np.full((8, 50), 0.01)
    tags[1, TAGS.index("jazz")] = 0.3
    tags[2, TAGS.index("jazz")] = 0.15
    tags[3, TAGS.index("metal")] = 0.5
    fill(home, tracks, tags=tags)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add([tracks[1], tracks[2]], playlist(1, "One"))
        store.tracks.add([tracks[2], tracks[3]], playlist(2, "Two"))
    spotrec("index")


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("arguments", "songs"),
    [
        ((), {1, 2, 3, 4, 5, 6, 7}),
        (("--artist", "ann"), {1, 2}),
        (("--artist", "ann peebles"), {1}),
        (("--artist", "guest"), {1, 4}),
        (("--artist", "bjork"), {3}),
        (("--artist", "an"), set()),
        (("--album", "green"), {1, 2}),
        (("--album", "debut"), {3}),
        (("--collection", "one"), {1, 2}),
        (("--collection", "one", "--collection", "two"), {1, 2, 3}),
        (("--year", "1979..1980"), {1, 2}),
        (("--year", "1993"), {3}),
        (("--year", "..1979"), {1}),
        (("--year", "1994.."), {4}),
        (("--duration", "2:00..4:30"), {2, 3}),
        (("--duration", "..1:59"), {1}),
        (("--duration", "1:00:00.."), {7}),
        (("--explicit",), {2}),
        (("--no-explicit",), {3}),
        (("--bpm", "120"), {4}),
        (("--bpm", "90..127"), {4, 5, 6}),
        (("--key", "Am"), {4, 5}),
        (("--key", "8b"), {6}),
        (("--key", "F#"), set()),
        (("--tag", "jazz"), {1, 2}),
        (("--tag", "JAZZ >= 0.3"), {1}),
        (("--tag", "jazz<0.1"), {3, 4, 5, 6, 7}),
        (("--tag", "jazz<0.1", "--tag", "metal"), {3}),
        (("--artist", "ann", "--year", "1980..", "--explicit", "--tag", "jazz"), {2}),
        (("--not-artist", "ann"), {1, 3, 4, 5, 6, 7}),
        (("--not-artist", "peebles"), {2, 3, 4, 5, 6, 7}),
        (("--not-artist", "The Björk!", "--not-artist", "GUEST"), {2, 5, 6, 7}),
        (("--new-artists-to", "one"), {3, 5, 6, 7}),
        (("--new-artists-to", "one", "--new-artists-to", "album:Début"), {5, 6, 7}),
        (("--new-artists-to", "one", "--artist", "guest"), set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_only_what_passes_comes(spotrec: Run, arguments: tuple[str, ...], songs: set[int]) -> None:
    assert passing(spotrec, *arguments) == songs


@pytest.mark.usefixtures("catalogue")
def test_new_artists_are_not_by_anyone_in_the_seeds(spotrec: Run) -> None:
    def numbers(*arguments: object) -> set[int]:
        answer = json.loads(spotrec("query", *arguments, "--new-artists", "-n", 100, "--json").stdout)
        return {int(row["title"].split()[-1]) for row in answer["results"]}

    assert numbers(song(4).id) == {0, 2, 3, 5, 6, 7}, "the guest of Song 1 counts"
    assert numbers(song(1).id) == {0, 2, 3, 5, 6, 7}
    assert numbers("collection:Two") == {0, 1, 4, 5, 6, 7}
    assert numbers(SEED.id, "--unlike", song(3).id) == {1, 2, 4, 5, 6, 7}
    assert "needs a seed" in spotrec("query", "--mood", "jazz", "--new-artists", code=2).stderr


@pytest.mark.usefixtures("catalogue")
def test_a_journey_keeps_to_new_artists_between_its_ends(spotrec: Run) -> None:
    steps = json.loads(spotrec("journey", SEED.id, song(4).id, "-n", 7, "--new-artists", "--json").stdout)["steps"]
    assert {step["title"] for step in steps} == {f"Song {n}" for n in (0, 2, 3, 4, 5, 6, 7)}


def test_nobody_is_an_artist_to_be_new_to(spotrec: Run, home: Path) -> None:
    various, unnamed = song(1, None, "Various Artists"), song(2, None, "Various Artists")
    fill(home, [SEED, various, unnamed, song(3)])
    spotrec("index")
    result = spotrec("query", various.id, "--new-artists", "--json")
    assert len(json.loads(result.stdout)["results"]) == 3
    assert "no artist of the seeds is known" in result.stderr


@pytest.mark.usefixtures("catalogue")
def test_an_artist_who_is_not_stored_leaves_nothing_out_and_is_named(spotrec: Run) -> None:
    result = spotrec("query", SEED.id, "--not-artist", "Nobody Ever", "-n", 100, "--ids")
    assert len(result.stdout.split()) == 7
    assert "no stored track is by “Nobody Ever”" in result.stderr


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(("option", "says"), [("--artist", "is by"), ("--album", "is on an album")])
def test_a_name_that_nothing_stored_has_is_told(spotrec: Run, option: str, says: str) -> None:
    result = spotrec("query", SEED.id, option, "Nobody Ever")
    assert f"no stored track {says} “Nobody Ever”" in result.stderr
    assert "Nobody Ever" in spotrec("query", SEED.id, option, "Nobody Ever", "--json").stderr


def test_what_i_have_is_known_also_by_a_copy_of_it(spotrec: Run, home: Path) -> None:
    mine = replace(song(1, "So What", "Miles Davis"), id=TrackId("file:" + "1" * 32), path="/music/so-what.flac")
    copy, on_a_server = song(2, "So What (Remastered)", "Miles Davis"), song(3, "Naima", "John Coltrane")
    second, foreign = song(4, "Blue Train", "John Coltrane"), song(5, "So What", "Somebody Else")
    fill(home, [SEED, mine, copy, on_a_server, second, foreign])
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.server_items.note([(ServerItem("a" * 12, "17"), on_a_server.id)], "2026-01-01")
        store.files.remember(Path("/music/train.mp3"), 10, 10, second.id)
    spotrec("index")

    def ids(*arguments: str) -> set[str]:
        answer = json.loads(spotrec("query", SEED.id, *arguments, "--json").stdout)
        return {row["track_id"] for row in answer["results"]}

    assert ids("--unknown") == {foreign.id}
    known = ids("--known")
    assert known > {on_a_server.id, second.id}
    assert len(known & {mine.id, copy.id}) == 1, "one copy of a recording comes"
    assert ids("--unknown", "--no-explicit") == set()
    assert "all other stored" not in spotrec("query", SEED.id, "--unknown", "--no-explicit").stderr


def test_where_all_music_is_of_one_kind_it_is_told_how_to_get_the_other(spotrec: Run, home: Path) -> None:
    fill(home, [SEED, *songs(1, 4)])
    spotrec("index")
    assert "no other stored track is a file of yours" in spotrec("query", SEED.id, "--known").stderr
    with FeatureStore(home / "data" / "spotrec.db") as store:
        for track in songs(1, 4):
            store.files.remember(Path(f"/music/{track.title}.mp3"), 10, 10, track.id)
    assert "all other stored tracks are files of yours" in spotrec("query", SEED.id, "--unknown").stderr
    assert "stored track" not in spotrec("query", SEED.id, "--known").stderr


@pytest.mark.usefixtures("catalogue")
def test_a_note_says_how_many_are_left_out_for_want_of_a_value(spotrec: Run) -> None:
    result = spotrec("query", SEED.id, "--year", "1990..")
    assert "note: 4 tracks have no known year" in result.stderr
    result = spotrec("query", SEED.id, "--key", "Am", "--bpm", "100..130", "--json")
    assert json.loads(result.stdout)["unknown"] == {"bpm": 5, "key": 5}
    assert "5 tracks have no known tempo" in result.stderr
    assert "have no known key" in result.stderr
    assert "no known explicit label" in spotrec("query", SEED.id, "--explicit").stderr
    assert spotrec("query", SEED.id, "--collection", "one").stderr == ""
    assert spotrec("query", SEED.id, "--tag", "jazz").stderr == ""


@pytest.mark.usefixtures("catalogue")
def test_a_filter_changes_no_similarity(spotrec: Run) -> None:
    def similarity(*arguments: object) -> float:
        rows = json.loads(spotrec("query", *arguments, "--json").stdout)["results"]
        found: float = next(row["similarity"] for row in rows if row["title"] == "Song 3")
        return found

    assert similarity(SEED.id, "--artist", "björk") == pytest.approx(similarity(SEED.id), abs=2e-6)
    two = (SEED.id, song(7).id, "--unlike", song(6).id)
    assert similarity(*two, "--artist", "björk") == pytest.approx(similarity(*two), abs=2e-6)


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--year", "199"), "is not a range"),
        (("--duration", "4:30..2:00"), "ends before it begins"),
        (("--bpm", "fast"), "is not a range"),
        (("--key", "H"), "is not a musical key"),
        (("--tag", "jazzz"), "similar: jazz"),
        (("--tag", "jazz>=7"), "not a condition"),
        (("--artist", " "), "needs a name"),
    ],
)
def test_what_means_nothing_is_refused(spotrec: Run, arguments: tuple[str, ...], said: str) -> None:
    assert said in spotrec("query", SEED.id, *arguments, code=2).stderr


@pytest.mark.usefixtures("catalogue")
def test_nothing_is_said_to_be_nothing(spotrec: Run) -> None:
    assert "No track passes these filters." in spotrec("query", SEED.id, "--year", "1800").stdout
    assert spotrec("query", SEED.id, "--year", "1800", "--ids").stdout == ""
    assert json.loads(spotrec("query", SEED.id, "--year", "1800", "--json").stdout)["results"] == []


def test_text_that_sql_could_mistake_is_only_text(spotrec: Run, home: Path) -> None:
    fill(home, [SEED, song(1, None, "O'Brien \" % _"), song(2)])
    spotrec("index")
    assert passing(spotrec, "--artist", "O'Brien \" % _") == {1}
    assert passing(spotrec, "--album", "'; drop table track; --") == set()
    assert passing(spotrec) == {1, 2}


def test_every_filter_is_a_parameter_and_an_option_of_both_commands() -> None:
    names = [one.name for one in FILTERS]
    assert names == list(dict.fromkeys(names))
    assert set(names) == set(FilterOptions.__annotations__)
    commands = typer.main.get_group(app).commands
    for command in ("query", "journey"):
        options = [one.name for one in commands[command].params]
        assert [name for name in options if name in names] == names, "in the order of the rows"


def test_a_filter_is_a_clause_of_the_store_conditions_on_tags_or_tracks_to_omit() -> None:
    for one in FILTERS:
        assert one.sql or one.tags or one.excluded or one is NEW_ARTISTS, "new_artists depends on the seeds"
        for parameter in re.findall(r":([a-z]\w*)", one.sql):
            assert parameter.startswith(one.name), "so that no two filters share one"
