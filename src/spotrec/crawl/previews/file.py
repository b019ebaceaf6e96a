"""The user's own file as a provider, which needs no request."""

from pathlib import Path

from spotrec.audio.files import read_file
from spotrec.crawl.previews.outcomes import absent, found, rejected
from spotrec.errors import TrackError
from spotrec.net.http import HttpClient
from spotrec.settings import Settings
from spotrec.system.digests import sha256
from spotrec.track import Preview, PreviewOutcome, Track

NAME = "file"


class FilePreviews:
    """Reads the file at a track's path. The file is not moved or copied: `Preview.path` points to it."""

    name = NAME

    def __init__(self, settings: Settings, http: HttpClient) -> None:  # noqa: ARG002 - as the registry opens them
        self._max_bytes = settings.max_audio_mb * 1_000_000

    def plan(self, track: Track) -> str | None:
        return "its file" if track.path else None

    def find(self, track: Track) -> PreviewOutcome:
        """Read the file. A missing or changed file is rejected, not absent: its disk may be connected again soon."""
        if not track.path:
            return absent(NAME, "it is not one of your files")
        path = Path(track.path).absolute()
        try:
            digest = sha256(read_file(path, self._max_bytes))
        except TrackError as error:
            return rejected(NAME, error.message)
        except ValueError:  # a name that no system allows
            return rejected(NAME, "its path is not valid")
        if track.id.startswith("file:") and track.id != f"file:{digest[:32]}":
            return rejected(NAME, f"{path} now contains something else")
        return found(Preview(NAME, path.as_uri(), f"file:{path}", path))

    def fetch(self, preview: Preview) -> bytes:
        """Read at most `max_audio_mb` MB; see `PreviewProvider`."""
        assert preview.path is not None
        return read_file(preview.path, self._max_bytes)
