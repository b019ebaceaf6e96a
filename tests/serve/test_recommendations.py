"""What a program gets that asks for recommendations."""

from support.catalogue import song
from support.service import Served


def test_a_program_gets_what_the_command_prints(service: Served) -> None:
    found = service.json("/v1/recommendations", track=song(7).id, limit=5)
    assert [one["rank"] for one in found["results"]] == [1, 2, 3, 4, 5]
    assert found["seed"]["title"] == "Song 7"


def test_the_answer_names_the_generation_of_the_index(service: Served) -> None:
    answer = service.get("/v1/recommendations", track=song(7).id)
    assert answer.headers["Spotrec-Index"] == answer.json()["index"]


def test_an_unknown_parameter_is_refused(service: Served) -> None:
    answer = service.get("/v1/recommendations", track=song(7).id, artsit="x")
    assert answer.status_code == 400
    assert "artsit" in answer.json()["detail"]
