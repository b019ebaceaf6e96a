"""The map over HTTP."""

import shutil
from pathlib import Path

import jsonschema  # type: ignore[import-untyped] # it has no types

from spotrec.operations.as_json.service import MAP
from support.catalogue import song
from support.service import N_SONGS, served
from support.waiting import wait_until


def test_the_map_is_drawn_once_and_then_sent_at_once(catalogue: Path, tmp_path: Path) -> None:
    shutil.copytree(catalogue, tmp_path / "data", ignore=shutil.ignore_patterns("maps"))
    with served(tmp_path / "data") as service:
        first = service.get("/v1/map")
        assert (first.status_code, first.json()) == (202, {"state": "drawing"})
        assert first.headers["retry-after"] == "2"
        wait_until(lambda: service.get("/v1/map").status_code == 200, every_s=0.1)
        answer = service.get("/v1/map")
        drawn = answer.json()
        jsonschema.validate(drawn, MAP.schema)
        assert sorted(drawn["ids"]) == sorted(song(n).id for n in range(N_SONGS))
        assert {len(drawn[column]) for column in ("x", "y", "titles", "artist", "tags", "near")} == {N_SONGS}
        assert set(drawn["colours"]) == {"tag", "collection", "artist", "genre"}
        assert drawn["titles"][drawn["ids"].index(song(7).id)] == "Song 7"
        near = drawn["near"][drawn["ids"].index(song(7).id)]
        best = service.json("/v1/recommendations", track=song(7).id, limit=5)["results"]
        assert [drawn["ids"][position] for position in near] == [one["track_id"] for one in best]
        same = service.http.get("/v1/map", headers={"If-None-Match": answer.headers["etag"]})
        assert same.status_code == 304
        assert answer.headers["Spotrec-Index"] == service.recommender.indexes()[0].index
