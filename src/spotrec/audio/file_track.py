"""The track of an audio file, from its tags, else from its name."""

from pathlib import PurePath

from spotrec.audio.tags import AudioTags
from spotrec.names.titles import one_line
from spotrec.track import Track, TrackId


def file_track(path: PurePath, digest: str, tags: AudioTags) -> Track:
    """Make the track of a file with this name (`Artist - Title`), content (sha256, 64 hex digits) and tags."""
    named_title, named_artists = names_in(path)
    return Track(
        id=TrackId(f"file:{digest[:32]}"),
        title=tags.title or named_title,
        artists=tags.artists or (() if tags.title else named_artists),
        album=tags.album,
        isrc=tags.isrc,
        duration_ms=round(tags.duration_s * 1000) if tags.duration_s else None,
        release_date=tags.release_date,
        genre=tags.genre,
        mood=tags.mood,
        bpm=tags.bpm,
        musical_key=tags.musical_key,
    )


def names_in(path: PurePath) -> tuple[str, tuple[str, ...]]:
    """Return the title and the artists that a file's name gives."""
    artist, separator, title = path.stem.partition(" - ")
    named = title.strip() if separator and title.strip() else path.stem
    artists = (one_line(artist),) if separator and one_line(artist) else ()
    return one_line(named) or one_line(path.name) or "untitled", artists
