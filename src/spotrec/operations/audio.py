"""Audio: a stored track's own file or a preview to listen to, and the picture of its cover."""

from datetime import UTC, datetime
from pathlib import Path

from spotrec.errors import NotFetched, NotFound, SpotrecError, TrackError, quoted
from spotrec.operations.results import TrackAudio
from spotrec.operations.session import Session
from spotrec.track import Track, TrackId

_CONTENT_TYPES = {
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".mp4": "audio/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".webm": "audio/webm",
    ".wma": "audio/x-ms-wma",
}


def audio_of(session: Session, track_id: str, *, fetch: bool) -> TrackAudio:
    """See `Recommender.audio`."""
    with session.view():
        track = _track(session, track_id)
        if own := _own_file(session, track):
            return own
        if cached := _cached(session, track):
            return cached
        if not fetch:
            raise NotFetched(f"there is no audio of {track.name} here", "omit `fetch=False`")
        return _preview(session, track)


def cover_of(session: Session, track_id: str, side: int) -> bytes | None:
    """See `Recommender.cover`."""
    with session.view():
        path = _existing(_track(session, track_id))
        return session.cover_pool.read(path, side) if path else None


def _track(session: Session, track_id: str) -> Track:
    track = session.store().tracks.get(TrackId(track_id))
    if track is None:
        raise NotFound(f"there is no stored track {quoted(track_id)}", "`spotrec tracks` lists the stored tracks")
    return track


def _existing(track: Track) -> Path | None:
    """Return the path of a track's own file, if it is there."""
    try:
        path = Path(track.path) if track.path else None
        return path.absolute() if path and path.is_file() else None
    except (OSError, ValueError):  # some texts are not valid paths
        return None


def _own_file(session: Session, track: Track) -> TrackAudio | None:
    path = _existing(track)
    if path is None:
        return None
    if content_type := _CONTENT_TYPES.get(path.suffix.lower()):
        return TrackAudio(content_type, path=path)
    from spotrec.audio.files import read_file
    from spotrec.audio.tags import read_content

    try:  # the store may name any file, and only audio is handed out
        return TrackAudio(read_content(read_file(path, session.max_audio_bytes), "").content_type, path=path)
    except TrackError:
        return None


def _cached(session: Session, track: Track) -> TrackAudio | None:
    stored = session.store().audio.get(track.id)
    if stored is None or not stored.owned:
        return None
    from spotrec.audio.files import load_audio
    from spotrec.audio.tags import read_content

    try:
        audio = load_audio(stored, session.caches, session.max_audio_bytes)
        return TrackAudio(read_content(audio, "").content_type, content=audio)
    except SpotrecError:  # the cache is cleared now and then, or away: a preview will do
        return None


def _preview(session: Session, track: Track) -> TrackAudio:
    previews = session.store().previews
    known = previews.answers(track.id, datetime.now(UTC))
    result = session.chain.fetch(track, answered=known)
    for outcome in result.outcomes:
        previews.record(track.id, outcome)
    if result.fetched:
        return TrackAudio(result.fetched.content_type, content=result.fetched.audio)
    if result.waiting_for:
        raise result.waiting_for
    answers = known | {outcome.provider: outcome.reason for outcome in result.outcomes}
    why = "; ".join(f"{name}: {reason}" for name, reason in answers.items()) or "no provider knows it"
    raise NotFound(f"no preview of {track.name} is available ({why})", "`spotrec crawl --retry` asks again")
