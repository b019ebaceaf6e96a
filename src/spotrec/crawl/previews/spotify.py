"""The preview URL that Spotify's Web API gave with the track. Apps made since November 2024 get none."""

from spotrec.track import Outcome, Preview, PreviewOutcome, Track

NAME = "spotify"


class SpotifyPreviews:
    """Asks nobody: the URL came with the track, or did not."""

    name = NAME

    def find(self, track: Track) -> PreviewOutcome:
        if not track.preview_url:
            return PreviewOutcome(NAME, Outcome.ABSENT, "Spotify gave no preview")
        return PreviewOutcome(NAME, Outcome.FOUND, preview=Preview(NAME, track.preview_url, track.id))
