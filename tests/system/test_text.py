"""Text in the encodings that programs write, told apart from files of other kinds."""

import io
import random
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.system.text import decode_text
from support.music import encoded, tune


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_utf_8_is_read_as_it_is(text: str) -> None:
    assert decode_text(text.encode()) == text.removeprefix("\ufeff")
    assert decode_text(text.encode("utf-8-sig")) == text


@given(st.text(st.characters(codec="cp1252", min_codepoint=32)).map(lambda text: text.replace("\x7f", "")))
def test_what_is_not_utf_8_is_windows_1252(text: str) -> None:
    mostly = len(text) + 1  # so that chance sequences of UTF-8 are the fewer
    assert decode_text(b"\xe9 " * mostly + text.encode("cp1252")) == "é " * mostly + text


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
