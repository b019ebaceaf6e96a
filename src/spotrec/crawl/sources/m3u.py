"""M3U and M3U8 playlists: paths (relative to the playlist, as they are written), and links to Spotify tracks."""

from collections.abc import Callable, Iterator
from pathlib import Path

from spotrec.crawl.sources import ListedTrack, Listing, Skipped
from spotrec.crawl.sources.files import AudioFiles
from spotrec.errors import NotFound, SpotrecError, TrackError, UsageError
from spotrec.links import FileReference, SpotifyKind, SpotifyReference, parse, parse_spotify
from spotrec.track import Collection, CollectionKind

MAX_BYTES = 20_000_000
_PIECE = 20


class M3USource:
    """The entries of a playlist file, in order.

    Args:
        path: the playlist.
        files: reads the audio files it names.
        spotify_track: looks a Spotify track up.

    Raises:
        NotFound, UsageError: the playlist cannot be read, or names nothing.
    """

    def __init__(self, path: Path, files: AudioFiles, spotify_track: Callable[[str], ListedTrack]) -> None:
        self._path = path.resolve()
        self._files = files
        self._spotify_track = spotify_track

    def listings(self) -> Iterator[Listing]:
        entries = _entries(self._path)
        if not entries:
            raise NotFound(f"{self._path} names no tracks", "an M3U holds a path or a link on each line")
        collection = Collection(f"m3u:{self._path}", CollectionKind.PLAYLIST, self._path.stem)
        for start in range(0, len(entries), _PIECE):
            tracks, skipped = [], []
            for entry in entries[start : start + _PIECE]:
                try:
                    tracks.append(self._read(entry))
                except TrackError as error:
                    skipped.append(Skipped(entry, error.reason))
                except (NotFound, UsageError) as error:
                    skipped.append(Skipped(entry, error.message))
            yield Listing(tracks, skipped, collection, len(entries))

    def _read(self, entry: str) -> ListedTrack:
        if "://" in entry or entry.startswith("spotify:"):
            reference = parse_spotify(entry) or parse(entry)
        else:
            reference = parse(str(self._path.parent / entry.replace("\\", "/")))
        match reference:
            case FileReference(path):
                return self._files.read(path)
            case SpotifyReference(SpotifyKind.TRACK, id_):
                return self._spotify_track(id_)
        raise UsageError("not a track", "crawl playlists, albums and folders on their own")


def _entries(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise SpotrecError(f"{path} cannot be read: {exc.strerror or exc}", "check its permissions") from exc
    if len(content) > MAX_BYTES or b"\0" in content:
        raise UsageError(f"{path} is not a playlist", "an M3U is a text file with a path or a link on each line")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # what .m3u meant before .m3u8
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
