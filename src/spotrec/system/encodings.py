"""Which encoding a text is in that is not Unicode, by how likely its letters are in the languages of each encoding.

A model for each pair of encoding and language says how likely each character is at its place: letters by their rank in
the language, capitals at the start of words, hardly a sign within a word, hardly Latin letters in a Cyrillic word. What
counts is the product over all characters that are not ASCII. A list has few of them, and libraries that learned from
whole pages are wrong more often (docs/quality.md).
"""

import codecs
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from spotrec.system import letters

_MOST_BYTES = 20_000
_LONGEST_WORD = 1000
_WORD = re.compile(rb"[^\s,;\"]*[\x80-\xff][^\s,;\"]*")
_SURE = 5.0
"""How much more likely, as a logarithm, the best reading is than another one if it is sure."""

_SIGNS = {
    **dict.fromkeys("’“”–—…«»", math.log(0.03)),
    **dict.fromkeys("‘„·•°´™®©№¿¡\xa0", math.log(0.006)),
    **dict.fromkeys("、。・「」『』（）！？：，～〜《》【】", math.log(0.01)),
}
_OTHER_SIGN = math.log(0.0002)
_CONTROL = math.log(0.000001)
_WITHIN_A_WORD = math.log(0.002)
"""A sign with letters on both sides."""
_OTHER_LETTER = math.log(0.0008)
"""A letter of the encoding that the language does not have: a foreign name."""
_MIXED = math.log(0.005)
"""Letters of two scripts in one word."""
_ACCENTS = math.log(0.12)
"""Two letters that are not ASCII in a row, in a language that has few of them."""
_CAPITAL = {"": math.log(0.5), "a": math.log(0.01), "A": math.log(0.35)}
_SMALL = {"": math.log(0.5), "a": math.log(0.99), "A": math.log(0.65)}
"""A capital or a small letter at the start of a word, after a small letter, after a capital."""
_BEFORE = {
    **dict.fromkeys("ñõ", re.compile("[aeiouyáéíóú]", re.IGNORECASE)),
    "ç": re.compile("[aouáãõóâ]", re.IGNORECASE),
    "ã": re.compile("[oes]|[^a-z]", re.IGNORECASE),
    **dict.fromkeys("êæœ", re.compile("[^\\W\\d_]")),
}
"""What follows a letter in the languages of Western Europe."""
_ODD = math.log(0.03)
_FOLLOWED = {"aa": 0.0, "aA": math.log(0.01), "Aa": math.log(0.8), "AA": math.log(0.2)}
_FOLLOWED |= {"aAa": math.log(0.5), "aAA": math.log(0.5), "AAa": math.log(0.2), "AAA": math.log(0.8)}
"""An ASCII letter after a small letter, after a capital at the start of a word, or within one."""

_ALPHABETS: dict[str, dict[str, str]] = {
    **dict.fromkeys(("cp1251", "koi8_r", "koi8_u", "cp866", "mac_cyrillic"), letters.CYRILLIC),
    **dict.fromkeys(("cp1250", "iso8859_2", "cp852"), letters.CENTRAL),
    **dict.fromkeys(("cp1252", "mac_roman", "cp850"), letters.WESTERN),
    "cp1253": letters.GREEK,
    "cp1254": letters.TURKISH,
    "cp1255": letters.HEBREW,
    "cp1256": letters.ARABIC,
    "cp1257": letters.BALTIC,
    "cp874": letters.THAI,
}
_WIDE: dict[str, tuple[tuple[tuple[str, float], ...], int]] = {
    **dict.fromkeys(
        ("cp932", "euc_jp"), (((letters.KANA, 0.35), (letters.KATAKANA, 0.25), (letters.KANJI, 0.2)), 6000)
    ),
    "gb18030": (((letters.HANZI, 0.8),), 6000),
    "big5": (((letters.HANZI_HANT, 0.8),), 12000),
    "cp949": (((letters.HANGUL, 0.8),), 10000),
}
"""The common characters of a language that has thousands, and how many others there are."""
_LATIN = frozenset(("cp1250", "iso8859_2", "cp852", "cp1252", "mac_roman", "cp850", "cp1254", "cp1257"))
ENCODINGS = {
    "cp1252": 5.0,
    **dict.fromkeys(("cp1251", "cp1250", "cp932", "gb18030", "cp949", "big5", "cp1253", "cp1254"), 1.0),
    **dict.fromkeys(("cp1255", "cp1256", "cp1257", "cp874", "koi8_r", "cp866", "euc_jp"), 1.0),
    "mac_roman": 0.0,
    **dict.fromkeys(("koi8_u", "iso8859_2", "cp850", "cp852", "mac_cyrillic"), -1.0),
}
"""How likely an encoding is before anything is read, as a logarithm. What may be Windows-1252 is Windows-1252."""

_NAMES = {
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1252": "Windows-1252 (Western European)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp1257": "Windows-1257 (Baltic)",
    "cp874": "Windows-874 (Thai)",
    "cp932": "Shift_JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "cp949": "EUC-KR (Korean)",
    "gb18030": "GB18030 (Simplified Chinese)",
    "big5": "Big5 (Traditional Chinese)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "koi8_u": "KOI8-U (Cyrillic)",
    "cp866": "DOS-866 (Cyrillic)",
    "mac_cyrillic": "Mac Cyrillic",
    "iso8859_2": "ISO-8859-2 (Central European)",
    "cp852": "DOS-852 (Central European)",
    "mac_roman": "Mac Roman (Western European)",
    "cp850": "DOS-850 (Western European)",
}
_OF_NAMES_AND_PROGRAMS = ("idna", "punycode", "unicode-escape", "unicode_escape", "raw-unicode-escape", "utf-7")
_WIDER = {
    **dict.fromkeys(("shift_jis", "shift_jis_2004", "shift_jisx0213"), "cp932"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("iso8859_1", "latin_1"), "cp1252"),
    "euc_kr": "cp949",
    "iso8859_9": "cp1254",
    "utf_8_sig": "utf-8",
    "utf_16": "utf-16-le",
    "utf_32": "utf-32-le",
}
"""Encodings that programs name, and write a wider one: Windows has more letters than ISO."""

_Places = Counter[tuple[str, str, str]]
"""Characters that are not ASCII, each with the characters before and after it."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The encoding that is the most likely, and whether no other reading comes near."""

    encoding: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class _Language:
    letters: Mapping[str, float]
    other: float
    is_latin: bool
    is_western: bool

    def likelihood(self, places: _Places) -> float:
        return sum(n * self._of(*place) for place, n in places.items())

    def _of(self, char: str, before: str, after: str) -> float:
        small = char.lower()
        small = char if len(small) > 1 else small
        category = unicodedata.category(char)
        if category[0] not in "LM":
            found = _SIGNS.get(char, _CONTROL if category[0] == "C" else _OTHER_SIGN)
            return found + (_WITHIN_A_WORD if before.isalpha() and after.isalpha() and char != "’" else 0)
        found = self.letters.get(small, self.other)
        if self.is_latin:
            found += _ACCENTS if before > "\x7f" and before.isalpha() else 0
            found += _ODD if self.is_western and small in _BEFORE and not _BEFORE[small].match(after) else 0
        elif any(one.isascii() and one.isalpha() for one in (before, after)):
            found += _MIXED
        if char != small or char != char.upper():
            case = "" if not before.isalpha() else "a" if before.islower() else "A"
            found += (_SMALL if char == small else _CAPITAL)[case]
            if after.isascii() and after.isalpha():
                found += _FOLLOWED[("a" if char == small else case + "A") + ("a" if after.islower() else "A")]
        return found


def guess_encoding(content: bytes) -> Guess:
    """Return the most likely encoding of a text that is not Unicode."""
    words = _sample(content)
    likelihoods: dict[str, float] = {}
    texts: dict[str, str] = {}
    for encoding in ENCODINGS:
        try:
            text = "\n".join(word.decode(encoding, "surrogateescape") for word in words)
        except UnicodeDecodeError:
            continue
        places = Counter(
            (char, text[i - 1 : i] or " ", text[i + 1 : i + 2] or " ") for i, char in enumerate(text) if char > "\x7f"
        )
        likelihoods[encoding] = max(language.likelihood(places) for language in _languages(encoding))
        texts[encoding] = text
    best = max(likelihoods, key=lambda encoding: likelihoods[encoding] + ENCODINGS[encoding])
    others = (likelihood for encoding, likelihood in likelihoods.items() if texts[encoding] != texts[best])
    return Guess(best, likelihoods[best] - max(others, default=-math.inf) > _SURE)


def codec_of(name: str) -> str:
    """Return the codec for an encoding that a person names, the one that has all characters of its kind.

    Raises:
        ValueError: there is no such encoding of text.
    """
    try:
        codec = codecs.lookup(name.strip())
        b"".decode(codec.name)
        "".encode(codec.name)
        if codec.name in _OF_NAMES_AND_PROGRAMS:
            raise ValueError("it is not how a file is written")
    except (LookupError, ValueError, TypeError) as exc:
        raise ValueError("it must be an encoding such as windows-1251, shift_jis or utf-8") from exc
    bare = codec.name.replace("-", "_")
    return _WIDER.get(bare, bare if bare in _NAMES else codec.name)


def name_of(encoding: str) -> str:
    """Return the name of an encoding for people."""
    return _NAMES.get(encoding, encoding.upper())


def _sample(content: bytes) -> list[bytes]:
    """Return words with letters that are not ASCII, each once: the name of an artist who fills a list is no proof.

    No byte of a character in any of the encodings separates words. Of many words, some from everywhere are returned.
    """
    words = list(dict.fromkeys(word[:_LONGEST_WORD] for word in _WORD.findall(content)))
    n_bytes = sum(map(len, words))
    return words[:: max(1, n_bytes // _MOST_BYTES)]


@cache
def _languages(encoding: str) -> tuple[_Language, ...]:
    if encoding in _WIDE:
        common, n_others = _WIDE[encoding]
        return (_Language(_ranked(common), math.log(0.2 / n_others), is_latin=False, is_western=False),)
    return tuple(
        _Language(
            _ranked(((alphabet, 0.98),)),
            _OTHER_LETTER,
            is_latin=encoding in _LATIN,
            is_western=_ALPHABETS[encoding] is letters.WESTERN,
        )
        for alphabet in _ALPHABETS[encoding].values()
    )


def _ranked(alphabets: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the logarithms of how likely characters are. Each alphabet has a share, which falls with the rank."""
    found: dict[str, float] = {}
    for alphabet, share in alphabets:
        distinct = "".join(dict.fromkeys(alphabet))
        weights = [math.exp(-3 * rank / len(distinct)) for rank in range(len(distinct))]
        for letter, weight in zip(distinct, weights, strict=True):
            found.setdefault(letter, math.log(share * weight / sum(weights)))
    return found
