"""The outcomes of a provider's search, and how long each is valid."""

from datetime import UTC, datetime, timedelta

from spotrec.track import Outcome, Preview, PreviewOutcome

ABSENT_FOR = timedelta(days=7)
REJECTED_FOR = timedelta(hours=6)
UNAVAILABLE_FOR = timedelta(minutes=15)
"""Used if a provider does not state when to try again."""


def found(preview: Preview) -> PreviewOutcome:
    """The provider has the track."""
    return PreviewOutcome(preview.provider, Outcome.FOUND, preview=preview)


def absent(provider: str, reason: str) -> PreviewOutcome:
    """A valid answer said that the provider has no preview: ask again after a week."""
    return PreviewOutcome(provider, Outcome.ABSENT, reason, ask_again_at=datetime.now(UTC) + ABSENT_FOR)


def rejected(provider: str, reason: str) -> PreviewOutcome:
    """The provider's result is not the track: ask again after hours."""
    return PreviewOutcome(provider, Outcome.REJECTED, reason, ask_again_at=datetime.now(UTC) + REJECTED_FOR)
