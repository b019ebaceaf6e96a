"""What the first bytes of a file say of its format."""

import io
from pathlib import Path

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from spotrec.audio.formats import AudioFormat, format_of, format_of_file
from support.music import tune


def encoded(kind: str, subtype: str | None, rate: int) -> bytes:
    soundfile.write(file := io.BytesIO(), tune(1, 1.0, rate), rate, format=kind, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "subtype", "rate", "found"),
    [
        ("FLAC", None, 96_000, AudioFormat("FLAC", True, 96_000)),
        ("WAV", None, 44_100, AudioFormat("WAV", True, 44_100)),
        ("AIFF", None, 48_000, AudioFormat("AIFF", True, 48_000)),
        ("AIFF", None, 22_050, AudioFormat("AIFF", True, 22_050)),
        ("OGG", "VORBIS", 44_100, AudioFormat("Vorbis", False, 44_100)),
        ("OGG", "OPUS", 48_000, AudioFormat("Opus", False, 48_000)),
        ("MP3", None, 44_100, AudioFormat("MP3", False, 44_100)),
        ("MP3", None, 22_050, AudioFormat("MP3", False, 22_050)),
    ],
)
def test_the_head_of_a_file_says_its_format(
    kind: str, subtype: str | None, rate: int, found: AudioFormat, tmp_path: Path
) -> None:
    audio = encoded(kind, subtype, rate)
    assert format_of(audio) == found
    path = tmp_path / "audio"
    path.write_bytes(b"ID3\x04\x00\x00\x00\x08\x00\x00" + bytes(1 << 17) + audio)  # a tag longer than the head
    assert format_of_file(path) == found


def test_aac_and_alac_are_told_apart_in_an_mp4() -> None:
    def mp4(codec: bytes, rate: int) -> bytes:
        return b"\0\0\0\x18ftypM4A " + bytes(12) + codec + bytes(24) + rate.to_bytes(2, "big") + bytes(2)

    assert format_of(mp4(b"mp4a", 44_100)) == AudioFormat("AAC", False, 44_100)
    assert format_of(mp4(b"alac", 48_000)) == AudioFormat("ALAC", True, 48_000)
    assert format_of(b"\0\0\0\x18ftypM4A " + bytes(500)) == AudioFormat("M4A")


@pytest.mark.parametrize("is_large", [False, True])
def test_an_mp4_may_describe_its_streams_behind_the_audio(tmp_path: Path, is_large: bool) -> None:
    def box(kind: bytes, content: bytes) -> bytes:
        if is_large:
            return b"\0\0\0\1" + kind + (len(content) + 16).to_bytes(8, "big") + content
        return (len(content) + 8).to_bytes(4, "big") + kind + content

    def written(codec: bytes) -> Path:
        stream = codec + bytes(24) + (44_100).to_bytes(2, "big") + bytes(2)
        path = tmp_path / "audio.m4a"
        path.write_bytes(b"\0\0\0\x18ftypM4A " + bytes(12) + box(b"mdat", bytes(1 << 18)) + box(b"moov", stream))
        return path

    assert format_of_file(written(b"alac")) == AudioFormat("ALAC", True, 44_100)
    assert format_of_file(written(b"mp4a")) == AudioFormat("AAC", False, 44_100)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 0xFFFFFFFF])
def test_an_mp4_whose_boxes_lead_nowhere_is_only_an_mp4(tmp_path: Path, size: int) -> None:
    path = tmp_path / "audio.m4a"
    path.write_bytes(b"\0\0\0\x18ftypM4A " + bytes(12) + (size.to_bytes(4, "big") + b"free") * 200)
    assert format_of_file(path) == AudioFormat("M4A")


def test_what_is_no_audio_has_no_format(tmp_path: Path) -> None:
    assert format_of(b"") is None
    assert format_of(b"hello, this is text") is None
    with pytest.raises(OSError, match=str(tmp_path)):
        format_of_file(tmp_path)


@given(
    st.sampled_from(
        [b"", b"fLaC", b"RIFF\0\0\0\0WAVEfmt ", b"FORM\0\0\0\0AIFFCOMM", b"OggS", b"\0\0\0\0ftyp", b"\xff\xfb"]
    ),
    st.binary(max_size=300),
)
def test_any_bytes_have_a_format_or_none(start: bytes, rest: bytes) -> None:
    found = format_of(start + rest)
    assert found is None or found.sample_rate_hz is None or 1_000 <= found.sample_rate_hz <= 768_000
