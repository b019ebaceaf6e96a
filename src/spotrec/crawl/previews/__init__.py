"""Where audio comes from: one file a provider, one protocol."""

from typing import Protocol

from spotrec.track import Preview, PreviewOutcome, Track


class PreviewProvider(Protocol):
    """Somewhere audio of a track may be had. Safe to use from several threads.

    `name` is what the settings call it.
    """

    name: str

    def plan(self, track: Track) -> str | None:
        """How it would be asked: "by ISRC", "by name", "its page", "its URL", "its file". Asks nobody.

        None where there is nothing to ask it with: then `find` asks nobody either, and answers `absent`.
        """

    def find(self, track: Track) -> PreviewOutcome:
        """Look `track` up. Only a clean answer may say `absent`.

        Raises:
            RateLimited, ServiceUnavailable: nothing is known of the track.
        """

    def fetch(self, preview: Preview) -> bytes:
        """The bytes of a preview that this provider has just found, of bounded size.

        Raises:
            NotFound: there is nothing any more.
            Forbidden: its URL has expired, if it was a signed one: find it once more.
            RateLimited, ServiceUnavailable: it cannot be had now.
            TrackError: a user's own file cannot be read.
        """
