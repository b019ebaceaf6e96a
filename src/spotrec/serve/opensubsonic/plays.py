"""`scrobble`: what a player played counts as heard, so that stations leave it out for a while."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import zip_longest
from time import time

from spotrec.operations.seeds import with_id
from spotrec.serve.opensubsonic.failures import GENERIC, Failure, not_found
from spotrec.serve.opensubsonic.parameters import Parameters
from spotrec.serve.opensubsonic.shapes import Shape
from spotrec.serve.service import Service
from spotrec.track import TrackId

Method = Callable[[Parameters], Shape]

_PLACE = "opensubsonic"
_MOST = 200


class Plays:
    """Notes what was played. Where that is not allowed, players are told that all is well, and nothing is noted."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def changing(self) -> dict[str, Method]:
        """The methods that change something, by name."""
        return {"scrobble": self._scrobble}

    def _scrobble(self, given: Parameters) -> Shape:
        """Note songs that were played; what only begins to play (`submission=false`) is not noted."""
        given.need("id")
        ids = given.every("id")
        if len(ids) > _MOST:
            raise Failure(GENERIC, f"more than {_MOST} songs at once")
        times = given.every("time")[: len(ids)]
        plays = [(self._track(id_), _moment(ms)) for id_, ms in zip_longest(ids, times)]
        if given.text("submission").lower() == "false" or not self._service.options.keeps_what_is_heard:
            return {}
        for track_id, at in plays:
            self._service.recommender.note_heard(track_id, place=_PLACE, at=at)
        return {}

    def _track(self, id_: str) -> TrackId:
        found = with_id(self._service.recommender.session.store(), id_)
        if found is None:
            raise not_found("song")
        return found.id


def _moment(ms: str | None) -> datetime | None:
    """Return a time in milliseconds since 1970; None, which is now, if there is none or it is still to come."""
    if not ms:
        return None
    try:
        seconds = int(ms[:20]) / 1000
        return datetime.fromtimestamp(seconds, UTC) if seconds < time() else None
    except (ValueError, OverflowError, OSError) as exc:
        raise Failure(GENERIC, "“time” is not a time in milliseconds since 1970") from exc
