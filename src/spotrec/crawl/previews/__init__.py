"""Where audio comes from: one file a provider, one protocol."""

from typing import Protocol

from spotrec.track import PreviewOutcome, Track


class PreviewProvider(Protocol):
    """Somewhere a 30 s preview of a track may be had."""

    name: str

    def find(self, track: Track) -> PreviewOutcome:
        """Look `track` up. Only a clean answer may say `absent`.

        Raises:
            RateLimited, ServiceUnavailable: nothing is known of the track.
        """
