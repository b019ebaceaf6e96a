"""Artist and title as people write them, brought to a form in which equal means the same song."""

import re
import unicodedata

MAX_CHARS = 500

_BRACKETED_OR_AFTER_DASH = re.compile(r"[(\[][^()\[\]]*[)\]]|\s[-–—]\s.*$")
_FEATURING = re.compile(r"\b(?:feat|featuring|ft)\b\.?(?:(?!\s[-–—]\s)[^()\[\]])*", re.IGNORECASE)
# words that name another release of one recording, not another recording
_RELEASE = re.compile(
    r"\b(?:(?:\d{4}\s+)?(?:digital(?:ly)?\s+)?remaster(?:ed)?(?:\s+version)?(?:\s+\d{4})?"
    r"|(?:explicit|clean|album|single|mono|stereo)\s+version|explicit|clean|mono|stereo|bonus\s+track|with\s+[^)\]]*)\b",
    re.IGNORECASE,
)
_LATIN_ACCENTS = range(0x0300, 0x0370)


def one_line(text: str) -> str:
    """Text from outside, fit to store and to show: one line of printable characters, of bounded length."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_CHARS]


def normalised(text: str) -> str:
    """Lower case, without accents or punctuation, single spaces: `"Beyoncé – HALO!"` → `"beyonce halo"`.

    Marks that make another letter, as in Japanese, are kept; a title of punctuation only stays itself.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    bare = unicodedata.normalize("NFC", "".join(c for c in folded if ord(c) not in _LATIN_ACCENTS))
    words = re.sub(r"[^\w]+|_", " ", bare.replace("&", " and ")).split()
    return " ".join(words) or text.strip().casefold()


def song_title(title: str) -> str:
    """The normalised title without what names only a release: "(Remastered 2011)", "feat. X", "- Mono".

    A version that sounds different (live, remix, acoustic, karaoke, …) keeps its words.
    """
    without_guests = _FEATURING.sub(" ", title)
    kept = _BRACKETED_OR_AFTER_DASH.sub(lambda part: _RELEASE.sub(" ", part.group()), without_guests)
    return normalised(kept if re.search(r"\w", kept) else title)


def recording_key(title: str, artists: tuple[str, ...]) -> str | None:
    """Equal for two copies of one recording, as far as names can tell; None where they tell nothing.

    Only the first artist counts: who is featured is written in too many ways.
    """
    if not artists or not artists[0].strip() or not title.strip():
        return None
    return f"{normalised(artists[0])}\t{song_title(title)}"
