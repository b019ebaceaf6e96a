"""OpenAPI describes what is really answered, and whatever is sent, the service does not fail."""

import os
import shutil
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import jsonschema  # type: ignore[import-untyped] # it has no types
import pytest

from spotrec.operations import as_json
from spotrec.operations.as_json import artists, journeys, library, opinions, ranked_tracks, tracks
from spotrec.operations.as_json.schema import Schema
from spotrec.serve.parameters import OF_A_QUERY
from support.catalogue import song
from support.service import Served, served

CASES_EACH = int(os.environ.get("SPOTREC_CASES_EACH") or 4)
"""Of each kind and operation; `make test-service` sends thousands in all."""
SUBJECTS = [import_module(f"{as_json.__name__}.{one.name}") for one in iter_modules(as_json.__path__)]
SCHEMAS = {name: value for one in SUBJECTS for name, value in vars(one).items() if isinstance(value, Schema)}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_example_is_as_its_schema_says(name: str) -> None:
    jsonschema.validate(SCHEMAS[name].example, SCHEMAS[name].schema)


ANSWERS = {
    f"/v1/recommendations?track={song(1).id}&explain=true&mood=chill": ranked_tracks.RECOMMENDATIONS,
    f"/v1/recommendations?track=artist:Artist+3&unlike={song(1).id}": ranked_tracks.RECOMMENDATIONS,
    f"/v1/journey?start={song(1).id}&end={song(40).id}": journeys.JOURNEY,
    "/v1/tracks?q=song": tracks.RECORDS,
    f"/v1/tracks/{song(1).id}": tracks.RECORD,
    f"/v1/tracks/{song(1).id}/embedding": tracks.EMBEDDING,
    "/v1/collections": library.COLLECTIONS,
    "/v1/artists/Artist%203/similar?limit=4": artists.SIMILAR_ARTISTS,
    "/v1/taste": opinions.TASTE,
}


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_is_as_its_schema_says(path: str, service: Served) -> None:
    jsonschema.validate(service.json(path), ANSWERS[path].schema)


def test_every_path_is_described(service: Served) -> None:
    described = service.json("/openapi.json")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description"), (path, parameter["name"])
    assert "HTTPValidationError" not in str(described)


def test_the_limits_of_parameters_are_described(service: Served) -> None:
    described = service.json("/openapi.json")["paths"]["/v1/recommendations"]["get"]["parameters"]
    schemas = {one["name"]: one["schema"] for one in described}
    assert [one["name"] for one in described] == [one.name for one in OF_A_QUERY]
    assert (schemas["track"]["maxItems"], schemas["track"]["items"]["maxLength"]) == (50, 500)
    assert (schemas["limit"]["minimum"], schemas["limit"]["maximum"]) == (1, 1000)


def test_whatever_is_sent_the_service_does_not_fail(catalogue: Path, tmp_path: Path) -> None:
    from support.anything import ask_anything  # it takes a second to load

    shutil.copytree(catalogue, tmp_path / "data")
    with served(tmp_path / "data") as service:
        assert ask_anything(service, CASES_EACH) > 100
