"""Search by name, for several providers: the words of the query, and checked values from the hits."""

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
    """A hit. `url` is the unchecked value from the answer; if it is empty, there is no preview."""

    candidate: Candidate
    url: Any
    reference: str | None


def words(track: Track) -> tuple[str, str] | None:
    """Return the first artist and the title to search for, without quotation marks; None if one of them is unknown."""
    artist, title = (_plain(text) for text in (track.artists[0] if track.artists else "", track.title))
    return (artist, title) if artist and title else None


def hits(answered: Any, service: str, *, holding: str) -> list[dict[str, Any]]:
    """Return the entries that contain the field `holding` among the first `MAX_HITS` of an answer.

    Raises:
        ServiceUnavailable: the answer is not a list, or no entry contains the field.
    """
    entries = answered[:MAX_HITS] if isinstance(answered, list) else None
    found = [entry for entry in entries or [] if isinstance(entry, dict) and holding in entry]
    if entries is None or (entries and not found):
        raise unexpected_answer(service)
    return found


def best_offer(
    provider: str, service: str, track: Track, offers: Sequence[Offer], *, loose: bool = False
) -> PreviewOutcome:
    """Return the outcome of a search with these offers. `service` is the provider's name in messages.

    Raises:
        ServiceUnavailable: the preview of the matching offer has no valid address.
    """
    audible = [offer for offer in offers if offer.url]
    if not audible:
        no_preview = f"{service} has no preview under this name"
        return absent(provider, no_preview if offers else f"{service} does not have it")
    best, reason = best_match(track, [offer.candidate for offer in audible], loose=loose)
    if best is None:
        return rejected(provider, f"{service}'s best result does not match: {reason}")
    return found(preview_at(provider, service, audible[best].url, audible[best].reference))


def preview_at(provider: str, service: str, url: Any, reference: str | None) -> Preview:
    """Return the preview at `url`.

    Raises:
        ServiceUnavailable: `url` is not a web address.
    """
    address = web_address(url)
    if address is None:
        raise unexpected_answer(service)
    return Preview(provider, address, reference)


def unexpected_answer(service: str) -> ServiceUnavailable:
    """Return the error for an answer in an unknown format."""
    return ServiceUnavailable(f"spotrec does not understand {service}'s answer", "try again later")


def text(value: Any) -> str:
    """Return a name on one line of limited length; empty if `value` is not text."""
    return one_line(value) if isinstance(value, str) else ""


def length_ms(value: Any, *, unit_ms: int) -> int | None:
    """Return a length, given in units of `unit_ms`, in ms; None if it is not a number above 0 and up to 24 hours."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MAX_LENGTH_MS / unit_ms:
        return None
    return round(value * unit_ms)


def numeric_id(prefix: str, value: Any) -> str | None:
    """Return `prefix` and an id; None if it is not a positive integer, as all ids of these services are."""
    is_id = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
    return f"{prefix}{value}" if is_id else None


def _plain(words: str) -> str:
    """Limit words, and remove the quotation marks that would end a quoted part of the query."""
    return one_line(words.replace('"', " "))[:_MAX_WORDS].strip()
