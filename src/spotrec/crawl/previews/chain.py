"""The chain of preview providers, and their answers for a track."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from spotrec.audio.completeness import is_cut_off
from spotrec.audio.tags import read_content
from spotrec.crawl.previews import PreviewProvider
from spotrec.crawl.previews.outcomes import UNAVAILABLE_FOR, rejected
from spotrec.errors import (
    Forbidden,
    NotFound,
    RateLimited,
    Reason,
    ServiceUnavailable,
    SignInNeeded,
    SpotrecError,
    TrackError,
)
from spotrec.track import Outcome, Preview, PreviewOutcome, Track


@dataclass(frozen=True, slots=True)
class FetchedAudio:
    """The bytes of a preview, checked to be audio that is not cut off."""

    preview: Preview
    audio: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One provider's answer for one track, with the audio if it has it."""

    outcome: PreviewOutcome
    fetched: FetchedAudio | None = None
    fault: SpotrecError | None = None
    """Why the provider could not be queried. It may still have the track."""


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The providers' answers for one track, with the audio if one of them has it."""

    outcomes: tuple[PreviewOutcome, ...]
    fetched: FetchedAudio | None = None
    waiting_for: SpotrecError | None = None
    """Set if there is no audio and a provider could not be queried."""


class PreviewChain:
    """The providers in order. Threads may share it.

    A provider that asks spotrec to wait gets no queries until then; the others continue.
    """

    def __init__(self, providers: Sequence[PreviewProvider]) -> None:
        self.providers = tuple(providers)
        self._waits: dict[str, tuple[RateLimited, float]] = {}

    def must_wait(self, provider: PreviewProvider) -> bool:
        """Whether the provider must not be queried now. If so, `ask` returns at once."""
        return self._wait(provider.name) is not None

    def why_not_asked(self, track: Track) -> dict[str, str]:
        """Return, for each provider that cannot search for this track, the reason."""
        return {
            provider.name: provider.find(track).reason for provider in self.providers if provider.plan(track) is None
        }

    def ask(self, provider: PreviewProvider, track: Track) -> Answer:
        """Find and download a track's preview at one provider. Its errors are returned as an answer."""
        try:
            if wait := self._wait(provider.name):
                raise wait
            return self._found(provider, track)
        except (RateLimited, ServiceUnavailable, SignInNeeded) as error:
            return Answer(self._unavailable(provider.name, error), fault=error)
        except (NotFound, TrackError) as error:  # the preview is missing, not audio, or cut off
            retry_at = datetime.now(UTC) + UNAVAILABLE_FOR
            return Answer(replace(rejected(provider.name, error.message), ask_again_at=retry_at))

    def fetch(self, track: Track, answered: Mapping[str, str]) -> FetchResult:
        """Query one provider after the other until one has audio.

        Args:
            answered: providers whose last answer for this track is still valid; they are not queried.
        """
        answers = []
        for provider in self.providers:
            if provider.name in answered or provider.plan(track) is None:
                continue
            answers.append(self.ask(provider, track))
            if answers[-1].fetched:
                break
        faults = [answer.fault for answer in answers if answer.fault]
        # report a rate limit first: it states when to try again
        faults.sort(key=lambda fault: not isinstance(fault, RateLimited))
        fetched = answers[-1].fetched if answers else None
        waiting_for = faults[0] if faults and not fetched else None
        return FetchResult(tuple(answer.outcome for answer in answers), fetched, waiting_for)

    def _found(self, provider: PreviewProvider, track: Track) -> Answer:
        outcome = provider.find(track)
        if outcome.preview is None:
            return Answer(outcome)
        preview = outcome.preview
        try:
            audio = provider.fetch(preview)
        except Forbidden:  # an expired signature: find a new URL
            outcome = provider.find(track)
            if outcome.preview is None:
                return Answer(outcome)
            preview = outcome.preview
            audio = provider.fetch(preview)
        content = read_content(audio, f"{provider.name}'s preview")
        if preview.path is None and is_cut_off(content):
            raise TrackError(Reason.TRUNCATED, f"{provider.name}'s preview is cut off")
        return Answer(outcome, FetchedAudio(preview, audio, content.content_type))

    def _wait(self, provider: str) -> RateLimited | None:
        """Return the rate limit of a provider that must not be queried yet, else None."""
        error, until = self._waits.get(provider, (None, 0.0))
        return error if time.monotonic() < until else None

    def _unavailable(self, provider: str, error: SpotrecError) -> PreviewOutcome:
        wait = UNAVAILABLE_FOR
        if isinstance(error, RateLimited):
            if error.retry_after_s is not None:
                wait = timedelta(seconds=error.retry_after_s)
            if self._wait(provider) is None:
                self._waits[provider] = (error, time.monotonic() + wait.total_seconds())
            wait = timedelta(seconds=self._waits[provider][1] - time.monotonic())
        return PreviewOutcome(provider, Outcome.UNAVAILABLE, error.message, ask_again_at=datetime.now(UTC) + wait)
