"""Asking one provider after the other until one has audio, and remembering what each said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from spotrec.audio.tags import read_tags
from spotrec.crawl.previews import PreviewProvider
from spotrec.errors import NotFound, RateLimited, ServiceUnavailable, SignInNeeded, SpotrecError, TrackError
from spotrec.http import HttpClient
from spotrec.track import Outcome, Preview, PreviewOutcome, Track

UNAVAILABLE_FOR = timedelta(minutes=15)
MAX_PREVIEW_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """A preview's bytes, recognised as audio."""

    preview: Preview
    audio: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What the providers said of one track, and its audio where one had it."""

    outcomes: tuple[PreviewOutcome, ...]
    fetched: Fetched | None = None
    waiting_for: SpotrecError | None = None
    """Set where a provider could not be asked: the track may have audio there."""


class PreviewChain:
    """The providers in order. Safe to call from several threads.

    A provider that asks us to wait is asked no more in this run; the others go on.
    """

    def __init__(self, providers: Sequence[PreviewProvider], http: HttpClient, allowed_hosts: tuple[str, ...]) -> None:
        self._providers = providers
        self._http = http
        self._allowed_hosts = allowed_hosts
        self._waiting_for: dict[str, RateLimited] = {}

    def fetch(self, track: Track, answered: Mapping[str, str]) -> FetchResult:
        """Find and download a preview.

        Args:
            answered: providers that have answered for this track already and need not be asked yet.
        """
        outcomes: list[PreviewOutcome] = []
        failed: SpotrecError | None = None
        for provider in self._providers:
            if provider.name in answered:
                continue
            try:
                if waiting := self._waiting_for.get(provider.name):
                    raise waiting
                outcome = provider.find(track)
                fetched = self._download(outcome)
            except (RateLimited, ServiceUnavailable, SignInNeeded) as error:
                # who asks us to wait says when to come back: that is worth more than a fault
                failed = failed if isinstance(failed, RateLimited) else error
                outcomes.append(self._unavailable(provider.name, error))
                continue
            except (NotFound, TrackError) as error:  # the preview it named is not there, or no audio
                retry_at = datetime.now(UTC) + UNAVAILABLE_FOR
                outcomes.append(PreviewOutcome(provider.name, Outcome.REJECTED, error.message, ask_again_at=retry_at))
                continue
            outcomes.append(outcome)
            if fetched:
                return FetchResult(tuple(outcomes), fetched)
        return FetchResult(tuple(outcomes), waiting_for=failed)

    def _download(self, outcome: PreviewOutcome) -> Fetched | None:
        if outcome.preview is None:
            return None
        audio = self._http.download(outcome.preview.url, max_bytes=MAX_PREVIEW_BYTES, allowed_hosts=self._allowed_hosts)
        kind = read_tags(audio, f"{outcome.provider}'s preview").content_type
        return Fetched(outcome.preview, audio, kind)

    def _unavailable(self, provider: str, error: SpotrecError) -> PreviewOutcome:
        wait = UNAVAILABLE_FOR
        if isinstance(error, RateLimited):
            self._waiting_for[provider] = error
            if error.retry_after_s is not None:
                wait = timedelta(seconds=error.retry_after_s)
        return PreviewOutcome(provider, Outcome.UNAVAILABLE, error.message, ask_again_at=datetime.now(UTC) + wait)
