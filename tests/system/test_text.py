"""Text in the encodings that programs write, told apart from files of other kinds."""

import io
import os
import random
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.system.text import DecodedText, decode, decode_text, other_readings
from support.music import encoded, tune


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_utf_8_is_read_as_it_is(text: str) -> None:
    assert decode_text(text.encode()) == text.removeprefix("\ufeff")
    assert decode_text(text.encode("utf-8-sig")) == text


@given(st.binary(), st.sampled_from(["cp1252", "cp1251", "koi8_r", "mac_roman", "cp850", "iso8859_2"]))
def test_whatever_encoding_is_guessed_the_bytes_can_be_told_again(noise: bytes, encoding: str) -> None:
    content = b"\xe9 \xe8" + noise.replace(b"\0", b"").rstrip(b"\x1a")
    found = decode(content)
    if found and found.is_guess and found.encoding == encoding:
        assert os.fsencode(readings(found)[0][0]) == content


def readings(found: DecodedText) -> list[tuple[str, str]]:
    return list(other_readings(found.text, found.encoding))


def test_a_few_wrong_bytes_do_not_change_the_other_letters() -> None:
    assert decode_text("Größe – Сон – 日本 – ".encode() + b"Caf\xe9 \x93x\x94") == "Größe – Сон – 日本 – Café “x”"
    assert decode_text(b"CAF\xc9\x92S, Caf\xe9 Gen\xe8ve") == "CAFÉ’S, Café Genève"


def test_what_a_dos_program_or_a_damaged_disk_adds_is_no_text() -> None:
    assert decode_text(b"a\0b\r\n\x1a") == "ab\r\n"


def test_null_bytes_pad_a_text_or_end_its_lines() -> None:
    assert decode_text(b"title,artist\nA\0,B\nC\0\0\0,D\n") == "title,artist\nA,B\nC,D\n"
    assert decode_text(b"./a.mp3\0./b.mp3\0") == "./a.mp3\n./b.mp3\n"


def test_the_mark_of_a_file_that_was_appended_is_no_text() -> None:
    assert decode_text("\ufeffa\r\n\ufeffb\n\ufeff\ufeffc\ufeff".encode()) == "a\r\nb\nc\ufeff"


@pytest.mark.parametrize("kind", ["zip", "mp3", "wav", "nulls", "png"])
def test_a_file_of_another_kind_is_not_text(kind: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        words = random.Random(1)
        file.writestr("xl/sheet.xml", " ".join(str(words.random()) for _ in range(5_000)))
    content = {
        "zip": packed.getvalue(),
        "mp3": encoded(tune(1), "MP3"),
        "wav": encoded(tune(1), "WAV"),
        "nulls": b"\0" * 100,
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2",
    }[kind]
    assert decode_text(content) is None
