"""The encoding of a text that is not Unicode: guessed from its letters, and never told to be sure if it is wrong."""

import pytest

from spotrec.system.encodings import codec_of, guess_encoding, name_of
from spotrec.system.text import DecodedText, decode
from support.languages import ENCODINGS, table, tracks

PAIRS = [(language, encoding) for language, encodings in ENCODINGS.items() for encoding in encodings]


def read(text: str, encoding: str) -> DecodedText:
    found = decode(text.encode(encoding))
    assert found
    return found


@pytest.mark.parametrize(("language", "encoding"), PAIRS)
@pytest.mark.parametrize("english", [0, 0.5])
def test_a_list_of_fifty_is_read_letter_by_letter(language: str, encoding: str, english: float) -> None:
    text = table(language, 50, english=english)
    found = read(text, encoding)
    assert found.text == text
    assert found.is_guess


@pytest.mark.parametrize(("language", "encoding"), PAIRS)
def test_a_wrong_guess_is_never_sure(language: str, encoding: str) -> None:
    for n_rows in (1, 2, 3, 5):
        for seed in range(5):
            text = table(language, n_rows, seed=seed)
            found = read(text, encoding)
            assert found.text == text or not found.is_sure


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        (language, encoding)
        for language, encoding in PAIRS
        if encoding in ("cp1251", "cp1253", "cp932", "cp949", "cp1252")
    ],
)
def test_three_rows_tell_the_alphabet(language: str, encoding: str) -> None:
    for seed in range(10):
        text = table(language, 3, english=0.4, seed=seed)
        assert read(text, encoding).text == text


def test_windows_1252_is_read_as_before_whatever_languages_it_mixes() -> None:
    names = [one for language in ("French", "German", "Spanish", "Swedish") for one in tracks(language)]
    for artist, title in names:
        text = f"title,artist\n{title},{artist}\n"
        assert read(text, "cp1252").text == text
    every = "".join(f"{title};{artist}\n" for artist, title in names)
    assert read(every, "cp1252") == DecodedText(every, "cp1252", is_guess=True)


@pytest.mark.parametrize(
    "name", ["Chançon", "Sigur Rós", "Motörhead", "Beyoncé", "Señor", "Måneskin", "Ão", "Röyksopp"]
)
def test_a_name_that_fills_a_list_is_no_proof_of_another_encoding(name: str) -> None:
    text = "".join(f"{name};Song {n}\n" for n in range(3000))
    assert read(text, "cp1252").text == text


@pytest.mark.parametrize("language", ["Russian", "Japanese", "Hebrew", "Simplified Chinese", "French"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(language: str, encoding: str) -> None:
    without_header = table(language, 5).partition("\r\n")[2].replace('"', "")
    for text in (table(language, 5), without_header):
        assert read(text, encoding) == DecodedText(text, encoding)


def test_text_in_utf_8_is_never_guessed() -> None:
    for language, _ in PAIRS:
        text = table(language, 3)
        assert read(text, "utf-8") == DecodedText(text, "utf-8")


def test_damaged_bytes_make_a_guess_unsure_and_are_kept() -> None:
    text = table("Japanese", 10)
    found = decode(text.encode("cp932") + b"\x82")
    assert found == DecodedText(text + "‚", "cp932", is_guess=True, is_sure=False)


def test_an_encoding_that_is_said_is_taken() -> None:
    text = "title,artist\nÇa,Téléphone\n"
    assert decode(text.encode("mac_roman"), "mac_roman") == DecodedText(text, "mac_roman")
    assert decode(text.encode(), "mac_roman") == DecodedText(text, "utf-8")
    with pytest.raises(UnicodeDecodeError):
        decode(b"title,artist\n\x98,x\n", "cp1251")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("windows-1251", "cp1251"),
        ("CP1250", "cp1250"),
        ("Shift_JIS", "cp932"),
        ("sjis", "cp932"),
        ("EUC-KR", "cp949"),
        ("gb2312", "gb18030"),
        ("Big5", "big5"),
        ("macintosh", "mac_roman"),
        ("Mac Roman", "mac_roman"),
        ("latin1", "cp1252"),
        ("utf8", "utf-8"),
        ("UTF-16", "utf-16-le"),
        ("koi8-r", "koi8_r"),
        ("iso-8859-2", "iso8859_2"),
    ],
)
def test_people_name_encodings_in_many_ways(name: str, codec: str) -> None:
    assert codec_of(name) == codec
    assert decode(table("English", 3).encode(codec), codec)


@pytest.mark.parametrize("name", ["cyrillic please", "", "rot13", "zip", "base64", "idna", "\0"])
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="it must be an encoding such as"):
        codec_of(name)


def test_every_guess_has_a_name_for_people() -> None:
    for _, encoding in PAIRS:
        assert name_of(encoding) != encoding.upper()
    assert guess_encoding(table("Russian", 9).encode("cp1251")).encoding == "cp1251"
