"""Preview providers, which supply audio: one protocol, and one file for each provider."""

from typing import Protocol

from spotrec.track import Preview, PreviewOutcome, Track


class PreviewProvider(Protocol):
    """A place that may have a track's audio. Threads may share it.

    `name` is its name in the settings.
    """

    name: str

    def plan(self, track: Track) -> str | None:
        """Return how this provider would find the track: "by ISRC", "by name", "its page", "its URL" or "its file".

        Sends no request. None means that it cannot search: then `find` sends no request either, and returns `absent`.
        """

    def find(self, track: Track) -> PreviewOutcome:
        """Look up `track`. The outcome is `absent` only after a valid answer.

        Raises:
            RateLimited, ServiceUnavailable: it is unknown whether the provider has the track.
        """

    def fetch(self, preview: Preview) -> bytes:
        """Download a preview that this provider has just found, up to a limited size.

        Raises:
            NotFound: the preview does not exist any more.
            Forbidden: a signed URL may have expired: call `find` again.
            RateLimited, ServiceUnavailable: it cannot be downloaded now.
            TrackError: a user's own file cannot be read.
        """
