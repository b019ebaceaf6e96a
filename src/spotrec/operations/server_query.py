"""Query at a running `spotrec serve`: its networks are loaded already, so that an unknown file is answered at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from spotrec.audio.files import read_file
from spotrec.errors import (
    NotFound,
    RateLimited,
    ServiceUnavailable,
    SeveralMatch,
    SignInNeeded,
    SpotrecError,
    UsageError,
)
from spotrec.operations.options import Options
from spotrec.operations.query import Recommendations
from spotrec.operations.session import Session
from spotrec.query.explanation import Explanation, LayerShare
from spotrec.query.lookup import without_quotes
from spotrec.query.mood import Mood
from spotrec.query.query import Recommendation
from spotrec.query.seed import Seed, SeedGroup, SeedKind, Seeds
from spotrec.settings import check_recipient
from spotrec.system.digests import sha256
from spotrec.system.files import from_home
from spotrec.track import HEARD, Track, TrackId

_MOST_BYTES = 64_000_000
_LONGEST_WORDS = 200
_NOTHING = np.zeros(0, np.float32)


def query_server(
    session: Session,
    seeds: Sequence[str],
    *,
    unlike: Sequence[str],
    mood: str | None,
    mood_weight: float | None,
    explain: bool,
    options: Options,
) -> Recommendations:
    """See `Recommender.query_server`."""
    with session.view():
        server = _Server(session)
        with server.understood():
            given: dict[str, Any] = {
                "track": [server.seed(seed) for seed in seeds],
                "unlike": [server.seed(seed) for seed in unlike],
                "mood": mood,
                "mood_weight": mood_weight,
                "explain": explain or None,
                **{name: value for name, value in options.items() if name != "n"},
                "taste": options.get("taste") or None,
                "limit": options.get("n"),
            }
            try:
                found = server.get("/v1/recommendations", given)
            except (NotFound, SeveralMatch) as error:
                together = " ".join(seeds)
                if len(seeds) < 2 or together.split() != [*seeds] or not server.has(together):
                    raise
                raise without_quotes(error, together) from error
            return _recommendations(found)


class _Server:
    """The server that the settings name."""

    def __init__(self, session: Session) -> None:
        settings = session.settings
        if not settings.server:
            raise UsageError("no server is set", "give `server`, such as http://127.0.0.1:8765")
        check_recipient(settings, "server", ["server_token"])
        self._session = session
        self._url = settings.server.rstrip("/")
        self._headers = {"Authorization": f"Bearer {settings.server_token}"} if settings.server_token else {}

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Translate what happens if an answer is not what `spotrec serve` answers.

        Raises:
            ServiceUnavailable: it is not.
        """
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as exc:
            raise ServiceUnavailable(
                f"{self._url} is not a server of spotrec", "check the setting `server`; `spotrec serve` starts one"
            ) from exc

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """Return the JSON of an answer.

        Raises:
            SpotrecError: as a query on this machine would, or the server cannot be reached.
        """
        return self._json("GET", f"{path}?{_encoded(parameters)}")

    def has(self, words: str) -> bool:
        """Return whether a track has all of these words in its name."""
        return bool(self.get("/v1/tracks", {"q": words[:_LONGEST_WORDS], "limit": 1}))

    def seed(self, name: str) -> str:
        """Return a seed as the server knows it: a file of this machine is sent, unless the server has it."""
        path = from_home(name)
        try:
            if not path.is_file():
                return name
        except (OSError, ValueError):  # some texts are not valid paths
            return name
        audio = read_file(path, self._session.max_audio_bytes)
        id_ = f"file:{sha256(audio)[:32]}"
        try:
            if self.get(f"/v1/tracks/{id_}", {})["state"] == "heard":
                return id_
        except NotFound:
            pass
        parameters = _encoded({"limit": 1, "name": Path(name).name[:200]})
        heard = self._json("POST", f"/v1/hear?{parameters}", audio)
        return str(heard["seed"]["track_id"])

    def _json(self, method: str, path: str, content: bytes = b"") -> Any:
        answer = self._session.http.exchange(
            method, self._url + path, headers=self._headers, content=content, max_bytes=_MOST_BYTES
        )
        found = json.loads(answer.body)
        if answer.status == 200:
            return found
        raise _error(answer.status, found if isinstance(found, dict) else {}, answer.retry_after_s)


def _encoded(parameters: Mapping[str, Any]) -> str:
    flat: list[tuple[str, str]] = []
    for name, value in parameters.items():
        values = value if isinstance(value, list | tuple) else [] if value is None else [value]
        flat += [(name, str(one).lower() if isinstance(one, bool) else str(one)) for one in values]
    return urlencode(flat, errors="replace")


def _error(status: int, problem: dict[str, Any], retry_after_s: float | None) -> SpotrecError:
    """Return the error that a server's problem is here."""
    message = str(problem.get("detail") or problem.get("title") or f"the server answered HTTP {status}")
    hint = str(problem.get("hint", ""))
    match status:
        case 409:
            candidates = [(str(one["id"]), str(one["name"])) for one in problem.get("candidates", ())]
            return SeveralMatch(message, str(problem.get("name", "")), candidates, "add words, or ")
        case 400 | 414 | 422:
            return UsageError(message, hint)
        case 404:
            return NotFound(message, hint)
        case 401:
            return SignInNeeded(f"the server needs a token: {message}", "set `server_token` to the server's")
        case 429:
            return RateLimited("the server", retry_after_s)
    return ServiceUnavailable(f"the server cannot answer: {message}", hint)


def _recommendations(found: dict[str, Any]) -> Recommendations:
    """Return what the server's JSON says, as the query on this machine returns it."""
    mood = found["mood"]
    return Recommendations(
        Seeds(tuple(map(_group, found["seeds"])), tuple(map(_group, found["unlike"]))),
        [
            Recommendation(
                int(one["rank"]),
                _track(one),
                float(one["similarity"]),
                tuple(map(str, one["tags"])),
                _explanation(one["explanation"]) if "explanation" in one else None,
            )
            for one in found["results"]
        ],
        str(found["model"]),
        str(found["index"]),
        {str(name): int(n) for name, n in found["unknown"].items()},
        Mood(tuple(mood["wanted"]), tuple(mood["unwanted"]), mood["weight"]) if mood else None,
        with_taste=bool(found.get("taste")),
    )


def _track(fields: Mapping[str, Any]) -> Track:
    types = {name: type_ for name, type_ in Track.__annotations__.items() if name not in ("id", "artists")}
    known = {name: fields[name] for name in types if name in fields}
    for name, value in known.items():
        is_whole_bpm = name == "bpm" and isinstance(value, int)  # JSON has 120 for 120.0
        if not (is_whole_bpm or isinstance(value, types[name])):
            raise TypeError(f"a track's {name} is of the wrong type")
    for name, source, heard in (("bpm", "bpm_source", "heard_bpm"), ("musical_key", "musical_key_source", "heard_key")):
        if fields.get(source) == HEARD:
            known[heard] = known.pop(name, None)
    return Track(TrackId(str(fields["track_id"])), artists=tuple(map(str, fields["artists"])), **known)


def _group(group: Mapping[str, Any]) -> SeedGroup:
    """Return a seed. The ids of a group's tracks stay at the server; only their number is known."""
    track = _track(group["track"]) if group["track"] else None
    seeds = (Seed(track, _NOTHING, _NOTHING),) if track else ()
    ids = [track.id] if track else [TrackId(str(n)) for n in range(group["n_tracks"])]
    return SeedGroup(group["name"], SeedKind(group["kind"]), seeds, frozenset(ids))


def _explanation(fields: Mapping[str, Any]) -> Explanation:
    beside = fields["beside"]
    return Explanation(
        Track(TrackId(beside["track_id"]), beside["name"]) if beside else None,
        None if fields["similarity"] is None else float(fields["similarity"]),
        tuple(map(str, fields["tags"])),
        tuple(LayerShare(**layer) for layer in fields["layers"]),
        {str(tag): float(deviation) for tag, deviation in fields["mood"].items()},
        str(fields["text"]),
    )
