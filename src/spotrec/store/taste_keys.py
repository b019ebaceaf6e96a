"""The keys by which liked, disliked and banned things are recognised: a track by any id, by its audio or by its name.

The keys of names are made by the rules of `names`, and made again when these change; the others are noted once.
"""

from collections.abc import Iterable, Sequence

from spotrec.names.artists import artist_key, split_at_slashes
from spotrec.names.recordings import recording_key
from spotrec.names.titles import guests, normalised, song_title
from spotrec.track import Track

ID, ISRC, AUDIO, SOUND = "id ", "isrc ", "audio ", "sound "
"""Before an id of a service or a file, an ISRC, the digest of audio, the digest of a file's audio without tags."""
OF_NAMES = ("name ", "artist ", "album ")
"""Before a name of a recording, of an artist, of an album."""

_NAME, _ARTIST, _ALBUM = OF_NAMES


def keys_of_names(thing: str, name: str, artists: Sequence[str]) -> set[str]:
    """Return the keys that the names of a track, an artist or an album make.

    Args:
        artists: of a track, its artists; of an artist, other spellings of the name; of an album, whose it is, or
            nobody if tracks of several artists are on it.
    """
    match thing:
        case "artist":
            return {_ARTIST + key for spelling in (name, *artists) if (key := artist_key(spelling))}
        case "album":
            return {_album(name, artist) for artist in artists} or {_album(name)}
    recording = recording_key(name, tuple(artists))
    return {_NAME + recording} if recording else set()


def keys_of_artists_and_album(track: Track) -> set[str]:
    """Return the keys of all things that are banned with their tracks: the artists of this track, and its album."""
    named = (*track.artists, *guests(track.title))
    artists = {part for artist in named for part in (artist, *split_at_slashes(artist))}
    keys = {_ARTIST + key for artist in artists if (key := artist_key(artist))}
    if track.album:
        keys |= {_album(track.album), *(_album(track.album, artist) for artist in artists)}
    return keys


def without_names(keys: Iterable[str]) -> list[str]:
    """Return the keys that no names make, sorted."""
    return sorted(key for key in keys if not key.startswith(OF_NAMES))


def _album(name: str, artist: str = "") -> str:
    by = f"\t{normalised(artist)}" if artist else ""
    return f"{_ALBUM}{song_title(name)}{by}"
