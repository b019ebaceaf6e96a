"""What a provider's answer comes to: a verified preview, or why there is none and when to ask again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from spotrec.crawl.previews.matching import Candidate, best_match
from spotrec.track import Outcome, Preview, PreviewOutcome, Track

ABSENT_FOR = timedelta(days=7)
REJECTED_FOR = timedelta(hours=6)


def absent(provider: str, reason: str) -> PreviewOutcome:
    """A clean answer said that there is none: asked again after a week."""
    return PreviewOutcome(provider, Outcome.ABSENT, reason, ask_again_at=datetime.now(UTC) + ABSENT_FOR)


def rejected(provider: str, reason: str) -> PreviewOutcome:
    """What there is, is not it: asked again after hours."""
    return PreviewOutcome(provider, Outcome.REJECTED, reason, ask_again_at=datetime.now(UTC) + REJECTED_FOR)


def verified(
    provider: str, service: str, track: Track, offers: Sequence[tuple[Candidate, Preview]], *, loose: bool = False
) -> PreviewOutcome:
    """The offer that is the track, if one is; `service` is what people call the provider."""
    if not offers:
        return absent(provider, f"{service} does not have it")
    best, reason = best_match(track, [candidate for candidate, _ in offers], loose=loose)
    if best is None:
        return rejected(provider, f"{service}'s nearest is not it: {reason}")
    return PreviewOutcome(provider, Outcome.FOUND, preview=offers[best][1])
