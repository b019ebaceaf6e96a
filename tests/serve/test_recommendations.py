"""What a program gets that asks for recommendations."""

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender
from spotrec.store import FeatureStore
from support.catalogue import CHOI, fill, scattered, song
from support.service import MIXTAPE, Served, served

Run = Callable[..., Any]
SEED = song(7).id


@pytest.fixture
def printed(spotrec: Run, catalogue: Path) -> Callable[..., Any]:
    """What a command prints about the same catalogue as JSON."""

    def run(command: str, *arguments: object) -> Any:
        where: tuple[object, ...] = ("--store", catalogue / "spotrec.db", "--model", CHOI)
        where += () if command == "tracks" else ("--index-dir", catalogue / "index")
        return json.loads(spotrec(command, *arguments, *where, "--json").stdout)

    return run


OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"limit": 5}, "-n 5"),
    ({"track": [song(8).id, "artist:Artist 4"], "unlike": song(30).id}, f"'artist:Artist 4' --unlike {song(30).id}"),
    (
        {"mood": "chill -metal", "mood_weight": 0.2, "explain": True},
        "--mood 'chill -metal' --mood-weight 0.2 --explain",
    ),
    ({"max_per_artist": 1, "diversity": 0.4}, "--max-per-artist 1 --diversity 0.4"),
    ({"min_similarity": 0.1, "shuffle": 3}, "--min-similarity 0.1 --shuffle --seed 3"),
    ({"artist": "Artist 5", "exclude_known": "album:Album 3"}, "--artist 'Artist 5' --exclude-known 'album:Album 3'"),
    (
        {"collection": MIXTAPE.id, "no_tag": ["metal", "jazz"]},
        f"--collection {MIXTAPE.id} --no-tag metal --no-tag jazz",
    ),
    ({"explicit": False}, "--no-explicit"),
    (
        {"new_artists": True, "not_artist": ["Artist 5", "artist 6"]},
        "--new-artists --not-artist 'Artist 5' --not-artist 'artist 6'",
    ),
    ({"new_artists_to": MIXTAPE.id, "known": False}, f"--new-artists-to {MIXTAPE.id} --unknown"),
]


@pytest.mark.parametrize(("asked", "typed"), OPTIONS, ids=str)
def test_every_option_of_the_command_gives_the_same_json(
    asked: dict[str, Any], typed: str, service: Served, printed: Callable[..., Any]
) -> None:
    seeds = asked.get("track", [SEED])
    found = service.json("/v1/recommendations", **{**asked, "track": seeds})
    assert found == printed("query", seeds[0], *shlex.split(typed))


def test_similar_artists_are_the_ones_that_the_command_prints(service: Served, printed: Callable[..., Any]) -> None:
    assert service.json("/v1/artists/Artist%203/similar", limit=5) == printed("similar-artists", "Artist 3", "-n", 5)
    assert service.get("/v1/artists/nobody%2Fat%20all/similar").status_code == 404
    assert service.get("/v1/artists/Artist%203/similar?limit=0").status_code == 422


def test_a_journey_is_the_one_that_the_command_prints(service: Served, printed: Callable[..., Any]) -> None:
    found = service.json("/v1/journey", start=SEED, end="song 50", limit=6, max_per_artist=2)
    assert found == printed("journey", SEED, "song 50", "-n", 6, "--max-per-artist", 2)
    assert len(found["steps"]) == 6


def test_the_answer_names_the_generation_of_the_index(service: Served) -> None:
    answer = service.get("/v1/recommendations", track=SEED)
    assert answer.headers["Spotrec-Index"] == answer.json()["index"]


def test_who_has_the_answer_already_is_sent_nothing(service: Served) -> None:
    for _ in range(2):  # computed, then remembered
        first = service.get("/v1/recommendations", track=SEED, limit=7)
        again = service.http.get(first.request.url, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Spotrec-Index"] == first.headers["Spotrec-Index"]


def test_a_name_that_could_mean_several_tracks_comes_with_its_candidates(service: Served) -> None:
    problem = service.problem("/v1/recommendations", 409, track="song")
    ids = [one["id"] for one in problem["candidates"]]
    assert problem["type"] == "urn:spotrec:problem:several-match"
    assert service.get("/v1/recommendations", track=ids[0]).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "word"),
    [
        ({"track": "nothing like it"}, 404, "nothing like it"),
        ({"track": SEED, "artsit": "x"}, 400, "artsit"),
        ({"track": SEED, "limit": 0}, 422, "limit"),
        ({"track": SEED, "limit": ""}, 422, "limit"),
        ({"track": [SEED] * 51}, 422, "track"),
        ({"track": "x" * 501}, 422, "track.0"),
        ({"track": SEED, "mood": "x" * 501}, 422, "mood"),
        ({"track": SEED, "year": "soon"}, 400, "soon"),
        ({"track": SEED, "collection": "No such list"}, 404, "No such list"),
        ({}, 400, "seed"),
        ({"track": "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC"}, 404, "is not in the store"),
        ({"track": "https://example.com/song.mp3"}, 400, "not a link"),
        ({"track": "http://169.254.169.254/latest"}, 400, "not a link"),
    ],
    ids=str,
)
def test_a_wrong_question_is_answered_with_the_reason(
    asked: dict[str, Any], status: int, word: str, service: Served
) -> None:
    problem = service.problem("/v1/recommendations", status, **asked)
    assert word in problem["detail"]
    assert problem["hint"]
    assert "spotrec " not in problem["hint"]
    assert "--" not in problem["hint"]


def test_what_is_indexed_meanwhile_is_answered_without_a_restart(catalogue: Path, tmp_path: Path) -> None:
    shutil.copytree(catalogue, tmp_path / "data")
    with served(tmp_path / "data") as service:
        before = service.get("/v1/recommendations", track=SEED, limit=100)
        with FeatureStore(tmp_path / "data" / "spotrec.db") as store:
            fill(store, [song(900)], scattered(60)[7:8] + 0.001)
        assert song(900).id in service.get("/v1/recommendations", track=SEED, limit=100).text  # beside the index
        with Recommender(data_dir=tmp_path / "data", ears=[str(CHOI)]) as other:
            other.index()
        after = service.get("/v1/recommendations", track=SEED, limit=100)
        assert after.json()["results"][0]["track_id"] == song(900).id
        assert after.headers["Spotrec-Index"] != before.headers["Spotrec-Index"]
