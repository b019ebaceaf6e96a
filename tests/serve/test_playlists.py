"""Lists that a client sends: more of the same, and another order."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # it has no types
import pytest

from spotrec.operations.as_json.playlists import EXTENDED_PLAYLIST, REORDERED_PLAYLIST
from spotrec.serve.v1.playlists import MOST_TO_EXTEND, MOST_TO_ORDER
from support.catalogue import CHOI, song
from support.service import MIXTAPE, Served

Run = Callable[..., Any]
LIST = [str(song(n).id) for n in (3, 14, 15, 9, 26, 5, 35, 8, 9, 7, 12, 40, 33, 50)]


@pytest.fixture
def printed(spotrec: Run, catalogue: Path) -> Callable[..., Any]:
    """What a command prints as JSON about the same list in the same catalogue."""

    def run(command: str, *arguments: object, ids: list[str] = LIST) -> Any:
        where = ("--store", catalogue / "spotrec.db", "--model", CHOI, "--index-dir", catalogue / "index")
        stdin = "".join(f"{id_}\n" for id_ in ids)
        return json.loads(spotrec("playlist", command, "-", *arguments, *where, "--json", stdin=stdin).stdout)

    return run


def posted(service: Served, verb: str, body: Any, *, status: int = 200, **parameters: Any) -> Any:
    answer = service.http.post(f"/v1/playlists/{verb}", json=body, params=parameters)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("asked", "typed"),
    [
        ({}, ""),
        ({"limit": 4, "max_per_artist": 1}, "-n 4 --max-per-artist 1"),
        (
            {"unlike": song(30).id, "mood": "chill", "diversity": 0.3},
            f"--unlike {song(30).id} --mood chill --diversity 0.3",
        ),
        (
            {"collection": MIXTAPE.id, "exclude_known": "album:Album 3"},
            f"--collection {MIXTAPE.id} --exclude-known 'album:Album 3'",
        ),
    ],
    ids=str,
)
def test_a_list_is_extended_as_by_the_command(
    asked: dict[str, Any], typed: str, service: Served, printed: Callable[..., Any]
) -> None:
    found = posted(service, "extend", {"tracks": LIST}, **asked)
    jsonschema.validate(found, EXTENDED_PLAYLIST.schema)
    assert found == printed("extend", *shlex.split(typed))
    assert len(found["added"]) == asked.get("limit", 20)
    assert not {one["track_id"] for one in found["added"]} & set(LIST)


@pytest.mark.parametrize(
    ("asked", "typed"),
    [
        ({}, ""),
        ({"curve": "wave"}, "--curve wave"),
        ({"first": "3", "last": song(8).id}, f"--first 3 --last {song(8).id}"),
        ({"first": "", "last": ""}, "--first --last"),
    ],
    ids=str,
)
def test_a_list_is_reordered_as_by_the_command(
    asked: dict[str, Any], typed: str, service: Served, printed: Callable[..., Any]
) -> None:
    found = posted(service, "reorder", {"tracks": LIST, **asked})
    jsonschema.validate(found, REORDERED_PLAYLIST.schema)
    assert found == printed("reorder", *shlex.split(typed))
    assert sorted(one["number"] for one in found["entries"]) == list(range(1, len(LIST) + 1))
    assert found["bound"] <= found["distance"] <= found["distance_before"]


def test_tracks_that_nobody_knows_are_told_and_stay(service: Served) -> None:
    ids = [song(1).id, "spotify:track:zzzzzzzzzzzzzzzzzzzzzz", song(2).id, "/etc/passwd", song(30).id]
    found = posted(service, "reorder", {"tracks": ids})
    assert found["not_stored"] == [{"number": 2, "name": ids[1]}, {"number": 4, "name": "/etc/passwd"}]
    assert [found["entries"][at]["number"] for at in (1, 3)] == [2, 4]


@pytest.mark.parametrize("verb", ["extend", "reorder"])
def test_a_path_is_no_list_and_no_track(verb: str, service: Served, catalogue: Path) -> None:
    store = catalogue / "spotrec.db"
    assert posted(service, verb, {"tracks": [str(store)]}, status=404)["status"] == 404
    assert posted(service, verb, {"tracks": str(store)}, status=422)["faults"]


@pytest.mark.parametrize(("verb", "most"), [("extend", MOST_TO_EXTEND), ("reorder", MOST_TO_ORDER)])
def test_lists_are_bounded(verb: str, most: int, service: Served) -> None:
    assert posted(service, verb, {"tracks": [song(1).id] * (most + 1)}, status=422)["faults"]
    assert posted(service, verb, {"tracks": []}, status=422)["faults"]
    assert posted(service, verb, {"tracks": ["x" * 201]}, status=422)["faults"]
    assert posted(service, verb, {"tracks": [song(1).id] * most})["entries"][most - 1]["track_id"] == song(1).id


def test_what_is_asked_wrongly_is_told(service: Served) -> None:
    assert posted(service, "reorder", {"tracks": LIST, "curve": "up"}, status=422)["faults"]
    assert "number" in posted(service, "reorder", {"tracks": LIST, "first": "nobody"}, status=404)["hint"]
    assert posted(service, "reorder", {"tracks": LIST, "first": "2", "last": "2"}, status=400)["detail"]
    assert posted(service, "extend", {"tracks": LIST}, status=400, curve="wave")["detail"]
    assert service.get("/v1/playlists/extend").status_code == 405


def test_pages_of_other_sites_may_not_ask(service: Served) -> None:
    answer = service.http.post(
        "/v1/playlists/extend", json={"tracks": LIST}, headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403
