"""Answers of the services' shapes with anything in them: an outcome or an error of ours comes out, nothing else."""

import copy
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.crawl.previews.registry import open_providers
from spotrec.errors import NotFound, RateLimited, ServiceUnavailable, SignInNeeded
from spotrec.net.http import HttpClient
from spotrec.track import Outcome, PreviewOutcome, Track
from support.providers import AppleByName, DeezerByIsrc, DeezerByName, PublicPages, Standin
from support.servers import Answer, serving
from support.spotify_embed import entity_page

AUDIO = b"the preview's bytes"
Find = Callable[[Any], PreviewOutcome]
URLS = [
    "file:///etc/passwd",
    "ftp://p.scdn.co/x",
    "javascript:alert(1)",
    "http://user:password@p.scdn.co/x",
    "http://p.scdn.co:99999/x",
    "http://p.scdn.co:0/x",
    "//p.scdn.co/x",
    "http://",
    "http:///x",
    "http://[::1/x",
    "http://p.scdn.co/x\r\nHost: evil.org",
    "http://p.scdn.co/a b",
    "http://" + "a" * 64 + ".scdn.co/x",
    "http://..scdn.co/x",
    "http://p.scdn.co/\ud800",
    "http://p.scdn.co/" + "x" * 1_000_000,
]


def isrc_answer(standin: Standin) -> Any:
    assert isinstance(standin, DeezerByIsrc)
    answer = standin.deezer.handle("/track/isrc:GBAYE0000005", {}, {})
    assert answer is not None
    return answer.body


def search_answer(standin: Standin) -> Any:
    answer = standin.server.handle("/search/track", {}, {}) or standin.server.handle("/search", {}, {})
    assert answer is not None
    return answer.body


def page_entity(standin: Standin) -> Any:
    assert isinstance(standin, PublicPages)
    (entity,) = standin.embed.entities.values()
    return entity


CASES: list[tuple[type[Standin], str, Callable[[Standin], Any], tuple[Any, ...]]] = [
    (DeezerByIsrc, "/track", isrc_answer, ("preview",)),
    (DeezerByName, "/search", search_answer, ("data", 0, "preview")),
    (AppleByName, "/search", search_answer, ("results", 0, "previewUrl")),
    (PublicPages, "/embed", page_entity, ("audioPreview", "url")),
]


class Asked:
    """A provider, and the answer that it would get were the answer not spoilt."""

    def __init__(self, standin: Standin, asks_at: str, answer: Callable[[Standin], Any], http: HttpClient) -> None:
        self.track = standin.has(5, AUDIO)
        self.answer = copy.deepcopy(answer(standin))
        (self.provider,) = open_providers(standin.settings(), http)
        self._standin = standin
        self._asks_at = asks_at

    def find(self, answer: Any, track: Track | None = None) -> PreviewOutcome:
        body = entity_page(answer) if isinstance(self._standin, PublicPages) else json.dumps(answer)
        self._standin.server.faults[self._asks_at] = [Answer(body)]
        return self.provider.find(track or self.track)


@pytest.fixture
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asked]:
    standin_type, asks_at, answer, _ = request.param
    with serving(standin_type.server_type()) as server:
        standin = standin_type(server, tmp_path)
        with HttpClient(standin.settings()) as http:
            yield Asked(standin, asks_at, answer, http)


def fetched(asked: Asked, answer: Any) -> bytes:
    preview = asked.find(answer).preview
    assert preview is not None
    return asked.provider.fetch(preview)


every_provider = pytest.mark.parametrize("asked", CASES, indirect=True, ids=[case[0].__name__ for case in CASES])
every_url = pytest.mark.parametrize(
    ("asked", "path"), [(case, case[3]) for case in CASES], indirect=["asked"], ids=[case[0].__name__ for case in CASES]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, itself included."""
    yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in below:
        yield from places(part, (*path, key))


def spoilt(value: Any, path: tuple[Any, ...], put: Any) -> Any:
    """`value` with `put` at `path`, where there is such a place still."""
    if not path:
        return put
    try:
        part = spoilt(value[path[0]], path[1:], put)
    except (KeyError, IndexError, TypeError):
        return value
    return {**value, path[0]: part} if isinstance(value, dict) else [*value[: path[0]], part, *value[path[0] + 1 :]]


KEYS = [
    "preview",
    "previewUrl",
    "url",
    "id",
    "title",
    "name",
    "artist",
    "duration",
    "data",
    "results",
    "trackName",
    "x",
]
numbers = (
    st.integers() | st.floats() | st.sampled_from([10**400, -1, 0, True, 2**63, 1e308, float("inf"), float("nan")])
)
scalars = (
    st.none() | st.booleans() | numbers | st.text(max_size=20) | st.sampled_from([*URLS[:-1], "(" * 600, "ﷺ " * 99])
)
anything = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=4),
    max_leaves=5,
)


@every_provider
def test_the_answer_that_is_spoilt_below_is_a_good_one(asked: Asked) -> None:
    assert fetched(asked, asked.answer) == AUDIO


@every_provider
def test_whatever_an_answer_holds_an_outcome_or_an_error_of_ours_comes_of_it(asked: Asked) -> None:
    everywhere = list(places(asked.answer))

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(everywhere), anything), min_size=1, max_size=3))
    def check(faults: list[tuple[tuple[Any, ...], Any]]) -> None:
        answer = asked.answer
        for path, put in faults:
            answer = spoilt(answer, path, put)
        try:
            outcome = asked.find(answer)
        except (RateLimited, ServiceUnavailable):
            return
        assert outcome.outcome is not Outcome.UNAVAILABLE
        if outcome.preview is None:
            assert outcome.reason
            return
        assert outcome.preview.url.startswith(("http://", "https://"))
        assert (outcome.preview.reference or "x:1").rpartition(":")[2].isalnum()
        try:
            asked.provider.fetch(outcome.preview)
        except (NotFound, SignInNeeded, RateLimited, ServiceUnavailable):
            return

    check()


@every_url
@pytest.mark.parametrize("url", [*URLS, 5, {"url": "x"}, ["x"], True, 1e400], ids=lambda url: repr(url)[:40])
def test_a_preview_without_an_address_on_the_web_says_nothing_of_the_track(
    asked: Asked, path: tuple[Any, ...], url: Any
) -> None:
    with pytest.raises(ServiceUnavailable) as caught:
        asked.find(spoilt(asked.answer, path, url))
    assert "password" not in str(caught.value)


@every_url
@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/x", "http://169.254.169.254/latest", "http://[::1]/x", "http://evil/x"]
)
def test_a_preview_elsewhere_is_not_asked_for(asked: Asked, path: tuple[Any, ...], url: str) -> None:
    with pytest.raises(ServiceUnavailable):
        fetched(asked, spoilt(asked.answer, path, url))


@pytest.mark.parametrize("asked", [CASES[1], CASES[2]], indirect=True, ids=["deezer", "itunes"])
def test_endless_names_and_endless_hits_take_no_time(asked: Asked) -> None:
    ((name, (hit,)),) = [(key, value) for key, value in asked.answer.items() if isinstance(value, list)]
    endless = "feat. (" * 150_000
    names = {
        "title": endless,
        "trackName": endless,
        "artistName": endless,
        "artist": {"name": endless},
        "isrc": endless,
    }
    started = time.monotonic()
    assert asked.find({name: [{**hit, **names}]}).outcome is Outcome.REJECTED
    assert asked.find({name: [{**hit, "title": "x", "trackName": "x"}] * 20_000}).outcome is Outcome.REJECTED
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("asked", CASES[:3], indirect=True, ids=["isrc", "deezer", "itunes"])
@pytest.mark.parametrize("length", [1e400, float("nan"), -30, 0, True, "30", None, 10**400, [30]], ids=repr)
def test_a_length_that_is_none_disagrees_with_nothing(asked: Asked, length: Any) -> None:
    answer = asked.answer
    for path in [path for path in places(answer) if path and path[-1] in ("duration", "trackTimeMillis")]:
        answer = spoilt(answer, path, length)
    assert asked.find(answer).outcome is Outcome.FOUND


@every_provider
@pytest.mark.parametrize(
    "number", [1e9, True, -1, "1/../../x", "x" * 10**6, {"a": 1}, None, 10**400], ids=lambda n: repr(n)[:9]
)
def test_an_id_that_is_none_is_not_kept(asked: Asked, number: Any) -> None:
    answer = asked.answer
    for path in [path for path in places(answer) if path and path[-1] in ("id", "trackId")]:
        answer = spoilt(answer, path, number)
    preview = asked.find(answer).preview
    assert preview is not None
    assert preview.reference in (None, asked.track.id)
