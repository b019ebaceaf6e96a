"""OpenAPI describes what is really answered, and whatever is sent, the service does not fail."""

import shutil
from pathlib import Path

import jsonschema  # type: ignore[import-untyped] # it has no types
import pytest

from spotrec.operations import json_schemas
from spotrec.operations.json_schemas import Schema
from support.catalogue import song
from support.service import Served, served

CASES_EACH = 4
SCHEMAS = {name: value for name, value in vars(json_schemas).items() if isinstance(value, Schema)}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_example_is_as_its_schema_says(name: str) -> None:
    jsonschema.validate(SCHEMAS[name].example, SCHEMAS[name].schema)


ANSWERS = {
    f"/v1/recommendations?track={song(1).id}&explain=true&mood=chill": json_schemas.RECOMMENDATIONS,
    f"/v1/recommendations?track=artist:Artist+3&unlike={song(1).id}": json_schemas.RECOMMENDATIONS,
    f"/v1/journey?start={song(1).id}&end={song(40).id}": json_schemas.JOURNEY,
    "/v1/tracks?q=song": json_schemas.RECORDS,
    f"/v1/tracks/{song(1).id}": json_schemas.RECORD,
    f"/v1/tracks/{song(1).id}/embedding": json_schemas.EMBEDDING,
    "/v1/collections": json_schemas.COLLECTIONS,
    "/v1/artists/Artist%203/similar?limit=4": json_schemas.SIMILAR_ARTISTS,
    "/v1/taste": json_schemas.TASTE,
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


def test_whatever_is_sent_the_service_does_not_fail(catalogue: Path, tmp_path: Path) -> None:
    from support.anything import ask_anything  # it takes a second to load

    shutil.copytree(catalogue, tmp_path / "data")
    with served(tmp_path / "data") as service:
        assert ask_anything(service, CASES_EACH) > 100
