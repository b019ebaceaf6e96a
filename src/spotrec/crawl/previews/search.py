"""What the providers share that are searched by name: the words to ask with, and reading hits that hold anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spotrec.crawl.previews.matching import Candidate, best_match
from spotrec.crawl.previews.outcomes import absent, found, rejected
from spotrec.crawl.previews.web import web_address
from spotrec.errors import ServiceUnavailable
from spotrec.names.titles import one_line
from spotrec.track import Preview, PreviewOutcome, Track

MAX_HITS = 10
_MAX_WORDS = 120
_MAX_LENGTH_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Offer:
    """A hit. `url` is what the answer holds, whatever that is; nothing is to be heard where it is empty."""

    candidate: Candidate
    url: Any
    reference: str | None


def words(track: Track) -> tuple[str, str] | None:
    """First artist and title to search for, without quotation marks; None where one of them is not known."""
    artist, title = (_plain(text) for text in (track.artists[0] if track.artists else "", track.title))
    return (artist, title) if artist and title else None


def hits(answered: Any, service: str, *, holding: str) -> list[dict[str, Any]]:
    """The hits of an answer: its entries that hold the field `holding`, no more than were asked for.

    Raises:
        ServiceUnavailable: it is no list, or a list of other things.
    """
    entries = answered[:MAX_HITS] if isinstance(answered, list) else None
    found = [entry for entry in entries or [] if isinstance(entry, dict) and holding in entry]
    if entries is None or (entries and not found):
        raise unexpected_answer(service)
    return found


def best_offer(
    provider: str, service: str, track: Track, offers: Sequence[Offer], *, loose: bool = False
) -> PreviewOutcome:
    """The offer that is the track, if one is; `service` is what people call the provider.

    Raises:
        ServiceUnavailable: it is, and its preview has no address that makes sense.
    """
    audible = [offer for offer in offers if offer.url]
    if not audible:
        no_preview = f"{service} has nothing to be heard by this name"
        return absent(provider, no_preview if offers else f"{service} does not have it")
    best, reason = best_match(track, [offer.candidate for offer in audible], loose=loose)
    if best is None:
        return rejected(provider, f"{service}'s nearest is not it: {reason}")
    return found(preview_at(provider, service, audible[best].url, audible[best].reference))


def preview_at(provider: str, service: str, url: Any, reference: str | None) -> Preview:
    """The preview at `url`.

    Raises:
        ServiceUnavailable: that is no address on the web.
    """
    address = web_address(url)
    if address is None:
        raise unexpected_answer(service)
    return Preview(provider, address, reference)


def unexpected_answer(service: str) -> ServiceUnavailable:
    """An answer of another shape than the service's answers have."""
    return ServiceUnavailable(f"{service} answered something that makes no sense", "try again later")


def text(value: Any) -> str:
    """A name, on one line of bounded length; empty where it is no text."""
    return one_line(value) if isinstance(value, str) else ""


def length_ms(value: Any, *, unit_ms: int) -> int | None:
    """A length given in units of `unit_ms`; None where it is no length that a recording has."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MAX_LENGTH_MS / unit_ms:
        return None
    return round(value * unit_ms)


def numeric_id(prefix: str, value: Any) -> str | None:
    """`prefix` and an id that is a number, the only kind these services have; None where it is none."""
    is_id = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
    return f"{prefix}{value}" if is_id else None


def _plain(words: str) -> str:
    """Words that cannot end the quotation they stand in."""
    return one_line(words.replace('"', " "))[:_MAX_WORDS].strip()
