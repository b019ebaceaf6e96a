"""Artist and title as people write them, brought to a form in which equal means the same song."""

import re
import unicodedata

_BRACKETED = re.compile(r"[(\[][^()\[\]]*[)\]]")
_AFTER_DASH = re.compile(r"\s[-–—]\s(.*)$")
_FEATURING = re.compile(r"\s(?:feat|featuring|ft)\b\.?.*$", re.IGNORECASE)
# words that name another release of one recording, not another recording
_SAME_RECORDING = re.compile(
    r"\b(?:remaster(?:ed)?|feat|featuring|ft|with|explicit|clean|bonus track|(?:album|single) version|mono|stereo)\b",
    re.IGNORECASE,
)


def normalised(text: str) -> str:
    """Lower case, without accents or punctuation, single spaces: `"Beyoncé – HALO!"` → `"beyonce halo"`.

    Text in scripts without case or accents is kept as it is; a title of punctuation only stays itself.
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    words = re.sub(r"[^\w]+|_", " ", bare.replace("&", " and ")).split()
    return " ".join(words) or text.strip().casefold()


def song_title(title: str) -> str:
    """The normalised title without what names only a release: "(Remastered 2011)", "feat. X", "- Mono".

    A version that sounds different (live, remix, acoustic, karaoke, …) keeps its words.
    """

    def drop_if_release(match: re.Match[str]) -> str:
        return " " if _SAME_RECORDING.search(match.group()) else match.group()

    kept = _BRACKETED.sub(drop_if_release, title)
    kept = _AFTER_DASH.sub(drop_if_release, kept)
    kept = _FEATURING.sub("", kept)
    return normalised(kept) if kept.strip() else normalised(title)


def recording_key(title: str, artists: tuple[str, ...]) -> str | None:
    """Equal for two copies of one recording, as far as names can tell; None where they tell nothing.

    Only the first artist counts: who is featured is written in too many ways.
    """
    if not artists or not artists[0].strip() or not title.strip():
        return None
    return f"{normalised(artists[0])}\t{song_title(title)}"
