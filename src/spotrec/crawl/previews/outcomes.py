"""What a provider's answer comes to, and for how long it holds."""

from datetime import UTC, datetime, timedelta

from spotrec.track import Outcome, Preview, PreviewOutcome

ABSENT_FOR = timedelta(days=7)
REJECTED_FOR = timedelta(hours=6)
UNAVAILABLE_FOR = timedelta(minutes=15)
"""Where a provider does not say itself when to come back."""


def found(preview: Preview) -> PreviewOutcome:
    """It has the track."""
    return PreviewOutcome(preview.provider, Outcome.FOUND, preview=preview)


def absent(provider: str, reason: str) -> PreviewOutcome:
    """A clean answer said that there is none: asked again after a week."""
    return PreviewOutcome(provider, Outcome.ABSENT, reason, ask_again_at=datetime.now(UTC) + ABSENT_FOR)


def rejected(provider: str, reason: str) -> PreviewOutcome:
    """What there is, is not it: asked again after hours."""
    return PreviewOutcome(provider, Outcome.REJECTED, reason, ask_again_at=datetime.now(UTC) + REJECTED_FOR)
