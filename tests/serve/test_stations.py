"""Stations over HTTP."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema  # type: ignore[import-untyped] # it has no types
import pytest

from spotrec.operations.as_json import ranked_tracks, saved_stations
from spotrec.store import FeatureStore
from spotrec.track import Collection, CollectionKind
from support.catalogue import song, songs
from support.service import MIXTAPE, Served, served
from support.stations import days_pass

TOKEN = "planted-token"
WISH: dict[str, Any] = {"track": song(3).id, "limit": 5}


@pytest.fixture
def data(catalogue: Path, tmp_path: Path) -> Path:
    shutil.copytree(catalogue, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def own(data: Path) -> Iterator[Served]:
    """The catalogue, served; a test may change it."""
    with served(data) as running:
        yield running


def made(service: Served, name: str = "Evening", **wish: Any) -> httpx.Response:
    return service.http.post("/v1/stations", params={"name": name, **(wish or WISH)})


def test_a_station_is_saved_listed_shown_and_forgotten(own: Served) -> None:
    answer = made(own, track=song(3).id, limit=5, mood="chill", exclude_known=["artist:Artist 2"], every="1w")
    assert answer.status_code == 201, answer.text
    station = answer.json()
    jsonschema.validate(station, saved_stations.STATION.schema)
    assert (station["name"], station["every"], station["mood"], station["to"]) == ("Evening", "1w", "chill", None)
    assert station["options"] == {"n": 5, "exclude_known": ["artist:Artist 2"]}
    assert own.json("/v1/stations") == [station]
    jsonschema.validate([station], saved_stations.STATIONS.schema)
    gone = own.http.delete("/v1/stations/evening")
    assert (gone.status_code, gone.json()) == (200, station)
    assert own.json("/v1/stations") == []


def test_its_list_is_what_recommendations_are(own: Served) -> None:
    made(own)
    found = own.json("/v1/stations/Evening")
    jsonschema.validate(found, ranked_tracks.RECOMMENDATIONS.schema)
    assert found == own.json("/v1/recommendations", **WISH)
    assert own.get("/v1/stations/Evening").headers["spotrec-index"] == found["index"]


def test_what_a_client_heard_is_not_in_the_list_of_the_next_day(own: Served, data: Path) -> None:
    made(own)
    first = [one["track_id"] for one in own.json("/v1/stations/Evening")["results"]]
    answer = own.http.post("/v1/heard", json={"track_ids": [*first[:2], "spotify:track:no"]})
    assert (answer.status_code, answer.json()) == (200, {"noted": 2})
    assert [one["track_id"] for one in own.json("/v1/stations/Evening")["results"]] == first
    days_pass(data)
    assert [one["track_id"] for one in own.json("/v1/stations/Evening")["results"]][:3] == first[2:]


def test_a_name_that_is_taken_is_replaced_only_on_purpose(own: Served) -> None:
    made(own)
    taken = made(own, track=song(40).id)
    assert (taken.status_code, taken.headers["content-type"]) == (400, "application/problem+json")
    assert made(own, track=song(40).id, replace="true").status_code == 201
    assert own.json("/v1/stations")[0]["seeds"][0]["id"] == song(40).id


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({}, 400),
        ({"limit": 5}, 400),
        ({"track": "nothing like it"}, 404),
        ({"track": song(1).id, "every": "7"}, 400),
        ({"track": song(1).id, "explain": "true"}, 400),
        ({"track": song(1).id, "to": "/tmp/evil.m3u8"}, 400),
        ({"track": "/etc/passwd"}, 404),
        ({"track": song(1).id, "exclude_known": "/etc"}, 404),
    ],
)
def test_a_wish_that_cannot_be_is_a_problem_and_not_saved(unchanged: Served, wish: dict[str, Any], status: int) -> None:
    answer = unchanged.http.post("/v1/stations", params={"name": "Evening", **wish})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert unchanged.json("/v1/stations") == []


def test_an_unknown_station_is_a_problem(unchanged: Served) -> None:
    unchanged.problem("/v1/stations/Morning", 404)
    assert unchanged.http.delete("/v1/stations/Morning").status_code == 404


@pytest.mark.parametrize("name", ["a/b", "../x", "ÄÖ %2F ß", "'; drop table station", "?#&"])
def test_a_hostile_name_is_only_a_name(unchanged: Served, name: str) -> None:
    assert made(unchanged, name, **WISH).status_code == 201
    path = f"/v1/stations/{quote(name, safe='')}"
    assert len(unchanged.json(path)["results"]) == 5
    assert unchanged.http.delete(path).status_code == 200


def test_nothing_says_where_files_are(own: Served, data: Path) -> None:
    folder = Collection("folder:/home/planted/music", CollectionKind.FOLDER, "music")
    with FeatureStore(data / "spotrec.db") as store:
        store.collections.put(folder, [song(i).id for i in range(4)], 0)
    own.recommender.new_station(
        "Evening", f"collection:{folder.id}", exclude_known=[folder.id, MIXTAPE.id], to=str(data / "Evening.m3u8")
    )
    answer = own.get("/v1/stations")
    assert "planted" not in answer.text
    assert str(data) not in answer.text
    (station,) = answer.json()
    assert station["to"] == "file"
    assert station["options"]["exclude_known"][1] == MIXTAPE.id
    again = {"track": f"collection:{station['seeds'][0]['id']}", "exclude_known": station["options"]["exclude_known"]}
    assert made(own, "Again", **again).json()["seeds"] == station["seeds"], "what is shown can be sent again"


def test_pages_of_other_sites_change_nothing(own: Served) -> None:
    evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert own.http.post("/v1/stations", params={"name": "X", "track": song(1).id}, headers=evil).status_code == 403
    made(own)
    assert own.http.delete("/v1/stations/Evening", headers=evil).status_code == 403
    assert own.http.post("/v1/heard", json={"track_ids": [song(1).id]}, headers=evil).status_code == 403
    assert len(own.json("/v1/stations")) == 1


def test_with_a_token_only_its_owner_changes_anything(data: Path) -> None:
    with served(data, token=TOKEN) as service:
        assert made(service).status_code == 401
        assert service.get("/v1/stations").status_code == 401
        service.http.headers["Authorization"] = f"Bearer {TOKEN}"
        assert made(service).status_code == 201


def test_a_service_for_everyone_lets_nobody_change_stations(data: Path) -> None:
    with served(data, host="0.0.0.0") as service:
        service.recommender.new_station("Evening", song(1).id)
        assert made(service).status_code == 403
        assert service.http.delete("/v1/stations/Evening").status_code == 403
        assert service.http.post("/v1/heard", json={"track_ids": [song(1).id]}).status_code == 403
        assert len(service.json("/v1/stations")) == 1


def test_a_friendly_site_may_delete(data: Path) -> None:
    friend = "https://friend.example"
    with served(data, origins=(friend,)) as service:
        asked = {"Origin": friend, "Access-Control-Request-Method": "DELETE"}
        answer = service.http.options("/v1/stations/Evening", headers=asked)
        assert "DELETE" in answer.headers["access-control-allow-methods"]


def test_too_many_at_once_are_refused(own: Served) -> None:
    many = [one.id for one in songs(201)]
    assert own.http.post("/v1/heard", json={"track_ids": many}).status_code == 422
    assert own.http.post("/v1/heard", json={"track_ids": ["x" * 201]}).status_code == 422
