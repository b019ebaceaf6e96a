"""Audio that spotrec does not read: its true reason is told, not that it is no audio."""

import struct

import pytest

from spotrec.audio.decode import decode
from spotrec.audio.tags import read_tags
from spotrec.errors import Reason, TrackError
from support.poison import by_ffmpeg

RATE_HZ = 12_000
LATM = b"\x56\xe0\x05hello"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MP+\x04" + bytes(500), "Musepack of an old version"),
        (b"OFR " + bytes(500), "OptimFROG"),
        (b"qoaf" + bytes(500), "QOA"),
        (b"MThd\0\0\0\6" + bytes(500), "MIDI"),
    ],
)
def test_a_format_that_is_not_read_is_named(content: bytes, name: str) -> None:
    for read in (read_tags, lambda audio: decode(audio, RATE_HZ)):
        with pytest.raises(TrackError, match=name) as refused:
            read(content)
        assert refused.value.reason is Reason.UNSUPPORTED
        assert "convert it" in refused.value.hint


@pytest.mark.parametrize("content", [LATM + b"some text that goes on", b"\x56\xe0", b"TT", b"MP"])
def test_what_only_begins_like_such_a_format_is_no_audio(content: bytes) -> None:
    with pytest.raises(TrackError) as refused:
        read_tags(content)
    assert refused.value.reason is Reason.NOT_AUDIO


@pytest.mark.parametrize("kind", [b"drms", b"enca"])
def test_an_encrypted_mp4_is_refused_as_such_and_its_tags_are_read(kind: bytes) -> None:
    audio = by_ffmpeg("ipod", "aac")
    encrypted = audio.replace(b"mp4a" + bytes(6), kind + bytes(6), 1)
    assert encrypted != audio
    assert read_tags(encrypted).duration_s == pytest.approx(5, abs=0.1)
    with pytest.raises(TrackError, match="encrypted") as refused:
        decode(encrypted, RATE_HZ)
    assert refused.value.reason is Reason.UNSUPPORTED


def test_an_encrypted_wma_is_refused_as_such() -> None:
    audio = by_ffmpeg("asf", "wmav2")
    protection = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e") + struct.pack("<Q", 24)
    size, count = struct.unpack_from("<QI", audio, 16)
    encrypted = audio[:16] + struct.pack("<QI", size + 24, count + 1) + audio[28:30] + protection + audio[30:]
    assert decode(audio, RATE_HZ).size
    with pytest.raises(TrackError, match="encrypted"):
        decode(encrypted, RATE_HZ)
