"""Going back to the index before, and what may go wrong."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from spotrec.track import Ears
from support.catalogue import CHOI, fill, hear, scattered, song, songs

Run = Callable[..., Any]


def add(home: Path, first: int, end: int) -> None:
    fill(home, songs(first, end), scattered(end)[first:])


def build(spotrec: Run, home: Path, n: int, *arguments: str) -> str:
    """An index of the first `n` tracks; returns its name."""
    with FeatureStore(home / "data" / "spotrec.db") as store:
        known = store.counts(Ears.of(CHOI)).tracks
    add(home, known, n)
    return str(json.loads(spotrec("index", "--json", *arguments).stdout)["index"])


def kept(spotrec: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(spotrec("index", "--list", "--json").stdout)
    return found


def folder(home: Path, name: str) -> Path:
    return home / "data" / "index" / name


def test_a_rollback_goes_back_one_and_a_second_one_further(spotrec: Run, home: Path) -> None:
    names = [build(spotrec, home, n) for n in (5, 10, 15)]
    assert [one["index"] for one in kept(spotrec)] == names[::-1]
    assert [one["n_tracks"] for one in kept(spotrec)] == [15, 10, 5]
    assert [one["current"] for one in kept(spotrec)] == [True, False, False]
    assert json.loads(spotrec("index", "--rollback", "--json").stdout) == {
        "left": names[2],
        "index": names[1],
        "n_tracks": 10,
    }
    said = spotrec("index", "--rollback").stdout
    assert f"back to {names[0]}, 5 tracks; {names[1]} is no longer in use" in said
    error = spotrec("index", "--rollback", code=1).stderr
    assert "no index before" in error
    assert "--list" in error
    assert {one["index"] for one in kept(spotrec)} == set(names), "what was left is still listed"
    asked = json.loads(spotrec("query", song(3).id, "--json", "-n", "20").stdout)
    assert asked["index"] == names[0]
    assert len(asked["results"]) == 14, "what that index lacks is found beside it"


def test_after_a_rollback_a_build_follows_the_one_that_was_gone_back_to(spotrec: Run, home: Path) -> None:
    names = [build(spotrec, home, n) for n in (5, 10)]
    spotrec("index", "--rollback")
    assert build(spotrec, home, 10) == names[1], "the same catalogue finds its generation"
    spotrec("index", "--rollback")
    third = build(spotrec, home, 15)
    assert json.loads(spotrec("index", "--rollback", "--json").stdout)["index"] == names[0]
    assert {one["index"] for one in kept(spotrec)} == {names[0], third}


def test_as_many_are_kept_as_are_asked_for(spotrec: Run, home: Path) -> None:
    for n in (3, 4, 5, 6):
        build(spotrec, home, n, "--keep", "2")
    assert [one["n_tracks"] for one in kept(spotrec)] == [6, 5]
    build(spotrec, home, 7, "--keep", "1")
    assert "no index before" in spotrec("index", "--rollback", code=1).stderr


def test_a_damaged_one_is_not_gone_back_to(spotrec: Run, home: Path) -> None:
    before, now = build(spotrec, home, 5), build(spotrec, home, 10)
    path = folder(home, before) / "vectors.npy"
    path.write_bytes(path.read_bytes()[:-10])
    assert "damaged" in spotrec("index", "--rollback", code=1).stderr
    assert [(one["index"], one["current"], bool(one["fault"])) for one in kept(spotrec)] == [
        (now, True, False),
        (before, False, True),
    ]
    assert "damaged" in spotrec("index", "--list").stdout
    assert json.loads(spotrec("query", song(3).id, "--json").stdout)["index"] == now


def test_a_pointer_that_is_no_file_is_told_without_numbers_of_the_system(spotrec: Run, home: Path) -> None:
    pointer = folder(home, build(spotrec, home, 5)).parent / "current"
    pointer.unlink()
    os.mkfifo(pointer)
    said = spotrec("query", "Song 1", code=None).stderr
    assert "cannot be read: it is not a regular file" in " ".join(said.split())
    assert "Errno" not in said
    build(spotrec, home, 5)


@pytest.mark.parametrize("pointer", [b"", b"\xff\xfe", b"../..\n", b"gone\n", b"x" * 100_000])
def test_a_spoilt_pointer_is_told_and_a_build_mends_it(spotrec: Run, home: Path, pointer: bytes) -> None:
    name = build(spotrec, home, 5)
    (folder(home, name).parent / "current").write_bytes(pointer)
    assert "pointer" in spotrec("index", "--rollback", code=1).stderr
    assert not any(one["current"] for one in kept(spotrec))
    assert build(spotrec, home, 5) == name
    assert [one["current"] for one in kept(spotrec)] == [True]


def test_without_an_index_there_is_nothing_to_list_or_go_back_to(spotrec: Run, home: Path) -> None:
    assert "no index yet" in spotrec("index", "--list").stdout
    assert kept(spotrec) == []
    assert "there is no index" in spotrec("index", "--rollback", code=1).stderr
    assert "cannot be combined" in spotrec("index", "--rollback", "--list", code=2).stderr


def test_status_says_what_came_and_went_since_and_when_to_build_again(spotrec: Run, home: Path) -> None:
    build(spotrec, home, 20)
    add(home, 100, 103)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.removal.remove([song(1).id])
        hear(store, [song(2)], vectors=1)
    now = json.loads(spotrec("status", "--json").stdout)
    assert (now["indexed"], now["new"], now["heard_anew"], now["gone"]) == (20, 3, 1, 1)
    assert now["next_command"] == "spotrec query SEED"
    assert "since then 3 new, 1 heard again, 1 gone" in spotrec("status").stdout
    assert spotrec("query", song(3).id, "--ids").stderr == ""


def test_a_query_says_on_stderr_when_so_many_are_new_that_it_is_felt(spotrec: Run, home: Path) -> None:
    build(spotrec, home, 20)
    fill(home, songs(10_000, 11_001), scattered(1_001, seed=1))
    asked = spotrec("query", song(10_500).id, "--ids")
    assert "1,001 tracks changed since the index was built" in asked.stderr
    assert len(asked.stdout.split()) == 10
    assert json.loads(spotrec("status", "--json").stdout)["next_command"] == "spotrec index"
