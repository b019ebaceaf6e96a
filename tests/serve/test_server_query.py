"""`spotrec query --server`: the same answers as here, from a service that is there already."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.catalogue import CHOI, song
from support.servers import Answer, LoopbackServer, serving
from support.service import Served, served

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def guarded(catalogue: Path) -> Iterator[Served]:
    with served(catalogue, token="planted-token") as running:
        yield running


def here(catalogue: Path) -> tuple[object, ...]:
    return ("--store", catalogue / "spotrec.db", "--index-dir", catalogue / "index", "--model", CHOI)


@pytest.mark.parametrize(
    "asked",
    [
        [song(7).id, "-n", 3, "--explain"],
        ["artist:Artist 3", "--unlike", song(40).id, "--max-per-artist", 1],
        ["--mood", "chill -metal", "--artist", "Artist 2"],
        [song(7).id, "--no-explicit"],
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["--json", "--csv", "--ids", "table"])
def test_it_prints_what_the_query_prints_here(
    asked: list[object], form: str, service: Served, catalogue: Path, spotrec: Run
) -> None:
    forms = () if form == "table" else (form,)
    there = spotrec("query", *asked, *forms, "--server", service.url)
    local = spotrec("query", *asked, *forms, *here(catalogue))
    assert there.stdout == local.stdout
    assert there.stderr == local.stderr


def test_the_setting_names_the_server(service: Served, spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_SERVER", service.url)
    found = json.loads(spotrec("query", song(7).id, "--json").stdout)
    assert found["seed"]["title"] == "Song 7"


def test_a_store_that_is_named_is_asked_itself(catalogue: Path, spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_SERVER", "http://127.0.0.1:9")
    rows = csv.DictReader(io.StringIO(spotrec("query", song(7).id, "--csv", *here(catalogue)).stdout))
    assert len(list(rows)) == 10
    assert "give either --server" in spotrec(
        "query", song(7).id, "--server", "http://127.0.0.1:9", *here(catalogue), code=2
    ).stderr  # fmt: skip


def test_faults_are_those_of_a_query_here(service: Served, spotrec: Run) -> None:
    there = ("--server", service.url)
    assert "nothing like it" in spotrec("query", "nothing like it", *there, code=5).stderr
    several = spotrec("query", "song", *there, code=2).stderr
    assert "matches 20 or more tracks" in several
    assert song(0).id in several
    assert "is not a musical key" in spotrec("query", song(1).id, "--key", "H9", *there, code=2).stderr


def test_words_of_one_name_without_quotes_get_the_same_hint(service: Served, catalogue: Path, spotrec: Run) -> None:
    there = spotrec("query", "song", "7", "--server", service.url, code=2).stderr
    assert "if these words are one name, put it in quotes: 'song 7'" in " ".join(there.split())
    assert "in quotes: 'song 7'" in " ".join(spotrec("query", "song", "7", *here(catalogue), code=2).stderr.split())
    nothing = spotrec("query", "klingon", "opera", "--server", service.url, code=5).stderr
    assert "in quotes" not in nothing


def test_a_server_that_is_not_there_is_said(spotrec: Run, service: Served) -> None:
    assert "cannot be reached" in spotrec("query", "x", "--server", "http://127.0.0.1:9", code=1).stderr
    assert (
        "is not a server of spotrec" in spotrec("query", "x", "--server", f"{service.url}/index.html#", code=1).stderr
    )


def spoilt(answer: dict[str, Any]) -> Iterator[Any]:
    """Answers that are JSON, and not what the service answers."""
    yield from ({}, [], None, "text", {"results": []})
    for name in answer:
        for value in (None, 7, "x", [7], {"x": 7}):
            yield {**answer, name: value}
    for name in answer["results"][0]:
        for value in (None, [7], {"x": 7}, "x", 7):
            yield {**answer, "results": [{**answer["results"][0], name: value}]}


def test_what_is_no_answer_of_the_service_is_told(service: Served, spotrec: Run) -> None:
    right = json.loads(spotrec("query", song(7).id, "-n", 2, "--explain", "--json", "--server", service.url).stdout)
    answers: list[Any] = []
    with serving(LoopbackServer(lambda *_: Answer(answers[-1]))) as server:
        for answer in spoilt(right):
            answers.append(answer)
            done = spotrec("query", song(7).id, "--explain", "--server", server.url, code=None)
            assert done.exit_code in (0, 1), done.exception  # some spoilt values change nothing that is shown
            assert done.exit_code == 0 or "is not a server of spotrec" in done.stderr, answer


def test_the_token_is_sent(guarded: Served, spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("query", song(7).id, "--ids", "--server", guarded.url)
    assert "server_token" in spotrec(*asked, code=4).stderr
    monkeypatch.setenv("SPOTREC_SERVER_TOKEN", "planted-token")
    assert len(spotrec(*asked).stdout.split()) == 10


def test_a_strangers_folder_cannot_name_the_server(home: Path, service: Served, spotrec: Run) -> None:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "spotrec.toml").write_text(f'server = "{service.url}"')
    assert "comes from config/spotrec.toml" in spotrec("query", song(7).id, code=2).stderr
