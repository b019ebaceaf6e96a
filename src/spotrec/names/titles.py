"""Artists and titles, brought from many spellings to a form in which equal texts mean the same song."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

MAX_CHARS = 500
_READ = 20

_BRACKETED_OR_AFTER_DASH = re.compile(r"[(\[][^()\[\]]*[)\]]|\s[-–—]\s.*$")
_FEATURING = re.compile(r"\b(?:feat|featuring|ft)\b\.?(?:(?!\s[-–—]\s)[^()\[\]])*", re.IGNORECASE)
_FEATURING_WORD = re.compile(r"^\w+\b\.?\s*")
_REMASTER = r"(?:\d{4}\s+)?(?:digital(?:ly)?\s+)?remaster(?:ed)?(?:\s+version)?(?:\s+\d{4})?"
# words that describe another release of the same recording, not another recording
_RELEASE = re.compile(
    rf"\b(?:{_REMASTER}|(?:explicit|clean|album|single|mono|stereo)\s+version|explicit|clean|mono|stereo|bonus\s+track|with\s+[^)\]]*)\b",
    re.IGNORECASE,
)
_LATIN_ACCENTS = range(0x0300, 0x0370)

# letters that are not a letter with an accent, and what people type for them
_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ı": "i"})
_BRACKETS = str.maketrans("（）【】［］「」", "()[][][]")
_APOSTROPHE = re.compile("['’‘`´ʼ′]")
_AND = re.compile(r"\s?['’‘]n['’‘]\s?", re.IGNORECASE)
_DOLLAR = re.compile(r"(?<=[^\W\d])\$|\$(?=[^\W\d])")
_AS_TYPED = re.compile(r"(?<=[^\W\d])!(?=[^\W\d])")
# what may be a subtitle or a version: in brackets, after a dash, after a colon
_SEGMENT = re.compile(r"\([^()\[\]]*\)|\[[^()\[\]]*\]|(?:\s[-–—]|:)\s+[^()\[\]]*?(?=\s[-–—]\s|:\s|[(\[]|$)")

FROM = "from"
REMIX = "remix"
OTHER = "named version"
_VERSIONS = {
    "karaoke": "karaoke|backing (?:track|version)|sing ?along|minus one|no vocals?|without vocals?|カラオケ",
    "in the style of": "in the style of|(?:made (?:famous|popular)|performed) by",
    "tribute": "tribute",
    "cover": r"cover(?: version)?$|cover(?:ed)? (?:of|by)|rendition|lullaby",
    "re-recorded": "re ?record(?:ed|ing)|taylors version",
    "live": "live$|^live(?= \\d)|live (?=at|in|from|on|version|acoustic|session|recording|performance)|in concert"
    "|(?:bbc |peel )?sessions?|unplugged|en vivo|ao vivo|en directo?|dal vivo|ライブ|라이브",
    "acoustic": "acoustic|stripped|unplugged|acustic[oa]|acoustique",
    "instrumental": "instrumental|オフボーカル|off vocal",
    "a cappella": "a cap+ell?a|acap+ell?a",
    "demo": "demos?$|^demo|demo (?:version|recording|tape)",
    "sped up": "sped up|speed up",
    "slowed": "slowed",
    "nightcore": "nightcore",
    "8-bit": "8 ?bit|chiptune",
    "orchestral": "orchestral?|symphonic|strings? (?:version|quartet)",
    "extended": "extended(?: mix| version| edit)?|12 (?:inch )?(?:mix|version)|long version",
    "radio edit": "(?:radio|single|short) edit|radio (?:mix|version)|^edit$|(?<=remix )edit$",
    "medley": "medley|megamix",
    "mashup": "mash ?up",
    "take": "outtake|rehearsal|rough mix|takes?$|take(?= \\d)|alternat(?:e|ive)",
    "reprise": "reprise",
    REMIX: "remix(?:ed)?|rmx|rework|bootleg|refix|redux|shuffle|dub|mix|edit$",
}
_ALSO_VERBS = frozenset({"live", "cover", "demo", "take", "tribute", REMIX})
_SENTENCE = r"\b(?:i|im|you|we|he|she|they|me|my|your|our|u|dont|lets?|wanna|gonna|cant?|will|and let)\b"
_LANGUAGES = "english|spanish|french|german|italian|japanese|korean|chinese|portuguese|espanol|francais|deutsch"
_OTHER_VERSION = rf"\bversion\b|\b(?:{_LANGUAGES})$|^piano$|^re[a-z]{{3,}}(?:ed|ung)$"
_FROM_A_FILM = r"^from\b|\bsoundtrack\b|\bmotion picture\b|\bost\b"
_TELLS_NOTHING = (
    r"\b(?:version|original|album|single|lp|main|standard|official|audio|video|music|lyrics?|hd|hq|edition|deluxe|expanded"
    r"|bonus|track|anniversary|remaster(?:ed|izado|ise)?|stereo|mono|explicit|clean|edited|digital(?:ly)?|master|mix|soundtrack"
    r"|motion|picture|ost|film|movie|record(?:ing|ed)|performance|the|an?|of|at|in|from|on|by|and|with)\b"
)
_YEAR_OF_A_RELEASE = r"\b(?:(?:19|20)\d\d|\d+th)\b(?! mix| version)"
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_ROMAN_LETTERS = {"i": "1", "v": "5", "x": "10"}  # numbers only after a word that is counted
_COUNTED = frozenset({"part", "vol", "act", "chapter", "book", "movement", "symphony", "side", "phase", "op", "no"})
_NUMBER_SIGNS = frozenset({"no", "number", "nr"})
_SPELLINGS = {word: str(i) for i, word in enumerate(_NUMBERS)} | _ROMAN
_SPELLINGS |= {"pt": "part", "pts": "part", "parts": "part", "volume": "vol", "n": "and", "ok": "okay"}
_TRAILING = (
    r"(.+?) (live (?:at|from) .+|live in concert|(?:acoustic|live|karaoke|instrumental|demo|radio|extended|orchestral"
    r"|piano|a cappella|acappella)(?: version| edit| mix)|(?:(?:club|radio|dance|dub|extended|official) )?remix"
    r"|(?:club|original|dub) mix|(?:album|single|original) version|(?:\d{4} )?remaster(?:ed)?(?: version)?(?: \d{4})?"
    r"|acoustic|instrumental|karaoke|nightcore|sped up|slowed(?: (?:and )?reverb)?|unplugged|a cappella|acapella|demo)$"
)


def one_line(text: str) -> str:
    """Return text from outside as one line of at most `MAX_CHARS` printable characters, safe to store and show."""
    read = text[: _READ * MAX_CHARS]
    return " ".join("".join(c if c.isprintable() else " " for c in read).split())[:MAX_CHARS]


def normalised(text: str) -> str:
    """Return text in lower case, without accents or punctuation: `"Beyoncé – HALO!"` → `"beyonce halo"`.

    Marks that make another letter, as in Japanese, are kept; so is punctuation if there is nothing else.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    bare = unicodedata.normalize("NFC", "".join(c for c in folded if ord(c) not in _LATIN_ACCENTS))
    words = re.sub(r"[^\w]+|_", " ", bare.replace("&", " and ")).split()
    return " ".join(words) or text.strip().casefold()


def without_release(title: str) -> str:
    """Return the title without words that describe only a release: "(Remastered 2011)", "feat. X", "- Mono".

    A version that sounds different (live, remix, acoustic, karaoke, …) keeps its words. A title that would lose all of
    its words is not changed.
    """
    without_guests = _FEATURING.sub(" ", title)
    kept = _BRACKETED_OR_AFTER_DASH.sub(lambda part: _RELEASE.sub(" ", part.group()), without_guests)
    return kept if re.search(r"\w", kept) else title


def without_remaster(words: str) -> str:
    """Return words that a person types without `remastered 2011` and the like, in brackets or not."""
    return re.sub(rf"\s[-–—]?\s*[(\[]?\b{_REMASTER}\b[)\]]?", " ", words, flags=re.IGNORECASE).strip()


def guests(title: str) -> tuple[str, ...]:
    """Return the featured artists in a title: `"Halo (feat. A & B)"` → `("A & B",)`."""
    return tuple(name for found in _FEATURING.findall(title) if (name := _FEATURING_WORD.sub("", found).strip()))


def song_title(title: str) -> str:
    """Return the normalised title without words for a release, which is equal for all releases of one recording."""
    return normalised(without_release(title))


def plain(text: str) -> str:
    """Normalise text with characters as people type them: `"Don't"` → `"dont"`, `"P!nk"` → `"pink"`, `"Ø"` → `"o"`."""
    typed = _AS_TYPED.sub("i", _DOLLAR.sub("s", _AND.sub(" and ", text.translate(_LETTERS))))
    return normalised(_APOSTROPHE.sub("", typed)) or normalised(text)


@dataclass(frozen=True, slots=True)
class TitleParts:
    """The parts of a title, all `plain`.

    `full` is the song's name with its subtitles, `name` without text in brackets or after a dash or a colon.
    `versions` holds the words that describe each kind of version: `"Halo (Live at Wembley)"` → `{"live": {"wembley"}}`.
    `spelling` is the whole title without spaces, or empty if the name is only punctuation.
    """

    name: str
    full: str
    versions: Mapping[str, frozenset[str]]
    guests: tuple[str, ...]
    spelling: str


def title_parts(title: str) -> TitleParts:
    """Separate the song's name from its version.

    Only text in brackets, after a dash or a colon, or in a trailing form ("X Live at Wembley", "X Radio Edit") can be a
    version: a song may be called "Live and Let Die" or "Demo".
    """
    written = one_line(title).translate(_BRACKETS)
    versions: dict[str, frozenset[str]] = {}

    def unless_version(part: re.Match[str]) -> str:
        if not re.search(r"\w", part.group()):  # the rest of a release's name
            return " "
        described = _versions_in(plain(part.group()))
        versions.update(described or {})
        return part.group() if described is None else " "

    kept = without_release(written)
    full = _SEGMENT.sub(unless_version, kept)
    if not full.strip():  # only a version: it is the song's name
        full, versions = kept, {}
    full, name = plain(full), plain(_SEGMENT.sub(" ", full)) or plain(full)
    spelling = plain(kept).replace(" ", "") if re.search(r"\w", name) else ""
    if tail := re.match(_TRAILING, name):
        versions.update(_versions_in(tail[2]) or {})
        name, full = tail[1], full.replace(tail[2], " ", 1)
    return TitleParts(name, " ".join(full.split()), versions, guests(written), spelling)


def title_words(text: str) -> list[str]:
    """Split a plain title into words with one spelling for each number: "Pt. II", "Part Two" and "Part 2" are equal."""
    words: list[str] = []
    for word in text.split():
        letters = _ROMAN_LETTERS if words and words[-1] in _COUNTED else {}
        spelling = letters.get(word) or _SPELLINGS.get(word, word)
        if spelling[:1].isdigit() and words and words[-1] in _NUMBER_SIGNS:
            words.pop()
        words.append(spelling)
    return words


def _versions_in(words: str) -> dict[str, frozenset[str]] | None:
    """Return the kinds of version in a bracket, with its other words; empty for a release, None for a subtitle."""
    if not _telling(re.sub(_YEAR_OF_A_RELEASE, "", words)):
        return {}
    is_sentence = re.search(_SENTENCE, words) is not None
    kinds: list[str] = []
    rest = words
    for kind, pattern in _kinds():
        if pattern.search(rest) and not (is_sentence and kind in _ALSO_VERBS):
            kinds.append(kind)
            rest = rest if kind == REMIX else " ".join(pattern.sub(" ", rest).split())
    if kinds:
        return dict.fromkeys(kinds, _telling(rest) - {REMIX})
    if re.search(_FROM_A_FILM, words):
        return {FROM: _telling(words)}
    if re.search(_OTHER_VERSION, words):
        return {OTHER: _telling(words)}
    return None


def _telling(words: str) -> frozenset[str]:
    return frozenset(re.sub(_TELLS_NOTHING, " ", words).split())


@cache
def _kinds() -> list[tuple[str, re.Pattern[str]]]:
    """Compile the patterns on first use: most commands do not need them."""
    return [(kind, re.compile(rf"\b(?:{pattern})\b")) for kind, pattern in _VERSIONS.items()]
