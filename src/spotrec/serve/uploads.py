"""Uploads that were heard: what the networks made of them, for an hour, so that a query can be refined. Never audio."""

import re
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from spotrec.query.seed import Seed
from spotrec.system.files import write_whole
from spotrec.track import Track

_ID = re.compile(r"file:[0-9a-f]{32}")
_LASTS_S = 3600.0
_MOST = 200


class Uploads:
    """Seeds by track id, in a folder that the processes of one service share, and that is deleted when it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, seed: Seed) -> None:
        """Keep a seed for an hour. Of more than 200, the oldest are forgotten."""
        fields = np.array([json_of(seed.track)])
        write_whole(self._path(seed.track.id), lambda path: _save(path, fields, seed))
        held = sorted(self._folder.glob("*.npz"), key=_age_s)
        for path in held:
            if _age_s(path) > _LASTS_S or path in held[_MOST:]:
                path.unlink(missing_ok=True)

    def get(self, track_id: str) -> Seed | None:
        """Return the seed with this id, if it was uploaded within the last hour."""
        if not _ID.fullmatch(track_id):
            return None
        path = self._path(track_id)
        try:
            with np.load(path) as arrays:
                track, vector, tags = track_of(str(arrays["track"][0])), arrays["vector"], arrays["tags"]
                return Seed(track, vector, tags, arrays["fingerprint"])
        except (OSError, ValueError, KeyError):
            return None

    def _path(self, track_id: str) -> Path:
        return self._folder / f"{track_id.removeprefix('file:')}.npz"


def json_of(track: Track) -> str:
    """Return a track as text."""
    import json

    return json.dumps(asdict(track))


def track_of(text: str) -> Track:
    """Return the track that `json_of` made a text of."""
    import json

    fields = json.loads(text)
    return Track(**{**fields, "artists": tuple(fields["artists"])})


def _save(path: Path, fields: "np.ndarray[tuple[int], np.dtype[np.str_]]", seed: Seed) -> None:
    words = np.zeros(0, np.uint32) if seed.fingerprint is None else seed.fingerprint
    with path.open("wb") as file:
        np.savez(file, track=fields, vector=seed.vector, tags=seed.tags, fingerprint=words)


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")
