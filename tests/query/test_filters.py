"""Filters through the real command."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main

from spotrec.cli.app import app
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.operations.options import FilterOptions
from spotrec.query.filters import FILTERS
from spotrec.store import FeatureStore
from support.catalogue import fill, playlist, song

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
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_only_what_passes_comes(spotrec: Run, arguments: tuple[str, ...], songs: set[int]) -> None:
    assert passing(spotrec, *arguments) == songs


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


def test_a_filter_is_a_clause_of_the_store_or_a_condition_on_tags() -> None:
    for one in FILTERS:
        assert one.sql or one.tags, "a clause of the store, conditions on tags, or both"
        for parameter in re.findall(r":([a-z]\w*)", one.sql):
            assert parameter.startswith(one.name), "so that no two filters share one"
