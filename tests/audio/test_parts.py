"""Files that begin with something else, or were put together from several: all that a decoder finds is heard."""

import struct
import time

import numpy as np
import pytest

from spotrec.audio.decode import decode
from spotrec.audio.tags import read_tags
from spotrec.errors import Reason, TrackError
from support.music import encoded, rising, time_of, tune
from support.poison import by_ffmpeg, id3, id3_frame, mp3_frames

RATE_HZ = 12_000
TAG = id3(id3_frame(b"TIT2", b"\3Right Title"))
APE = b"APETAGEX" + b"\xd0\7\0\0" + (32).to_bytes(4, "little") + bytes(16)


def seconds(audio: bytes) -> tuple[float, float]:
    """The length that is stored, and that is heard."""
    stored = read_tags(audio).duration_s
    assert stored is not None
    return stored, decode(audio, RATE_HZ).size / RATE_HZ


def rising_parts(kind: str, rates: tuple[int, ...], channels: tuple[int, ...] = (1, 1, 1)) -> bytes:
    """Thirty seconds each of a tone that rises through all of them."""
    parts = []
    for n, rate in enumerate(rates):
        samples = rising(30.0 * len(rates), rate)[30 * n * rate : 30 * (n + 1) * rate]
        parts.append(encoded(np.stack([samples] * channels[n], axis=1), kind, rate))
    return b"".join(parts)


@pytest.mark.parametrize(
    "before",
    [b"\0", b"\r\n", bytes(5_000), b"HTTP/1.1 200 OK\r\n\r\n", b"\xff" * 999, b"\xff\xfb\xce\x14" + bytes(50)],
)
@pytest.mark.parametrize("tag", [b"", TAG])
def test_bytes_before_the_first_frame_of_an_mp3_do_not_matter(before: bytes, tag: bytes) -> None:
    frames = mp3_frames(5, 22_050)
    stored, heard = seconds(tag + before + frames)
    assert stored == pytest.approx(5, abs=0.1)
    np.testing.assert_array_equal(decode(tag + before + frames, RATE_HZ), decode(frames, RATE_HZ))
    assert heard == pytest.approx(5, abs=0.1)
    assert read_tags(tag + before + frames).title == ("Right Title" if tag else None)


@pytest.mark.parametrize("size", ["too small", "of eight bits", "zeros", "of an APE tag"])
def test_a_large_picture_in_a_tag_that_lies_about_its_size_does_not_hide_the_audio(size: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, 3 << 20, np.uint8).tobytes()
    tag = {
        "too small": b"ID3\3\0\0\0\0\x08\0" + picture,
        "of eight bits": b"ID3\3\0\0" + len(picture).to_bytes(4, "big") + picture,
        "zeros": bytes(len(picture)),
        "of an APE tag": b"APETAGEX" + struct.pack("<IIII", 2000, len(picture), 1, 0xA000_0000) + bytes(8) + picture,
    }[size]
    frames = mp3_frames(5, 44_100)
    assert read_tags(tag + frames).duration_s == pytest.approx(5, abs=0.2)
    assert decode(tag + frames, RATE_HZ).size == pytest.approx(decode(frames, RATE_HZ).size, abs=1)


@pytest.mark.parametrize("lost", [1, 3, 100, 207])
def test_an_mp3_that_begins_in_the_middle_of_a_frame_is_heard(lost: int) -> None:
    stored, heard = seconds(mp3_frames(5, 22_050)[lost:])
    assert stored == pytest.approx(5, abs=0.1)
    assert heard == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize(("container", "codec"), [("adts", "aac"), ("mp2", "mp2")])
def test_a_radio_recording_that_begins_anywhere_is_heard(container: str, codec: str) -> None:
    stored, heard = seconds(b"noise\0" + by_ffmpeg(container, codec)[33:])
    assert stored == pytest.approx(5, abs=0.1)
    assert heard == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize(
    "before",
    [b"\0", b"\r\n", b" \n\n", bytes(5_000), b"\xef\xbb\xbf\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: audio/x\r\n\r\n"],
)
@pytest.mark.parametrize("kind", ["WAV", "AIFF", "FLAC", "OGG", "CAF", "M4A", "WMA", "MKA", "WV"])
def test_bytes_before_a_file_of_any_format_do_not_matter(before: bytes, kind: str) -> None:
    """Scripts and downloads put blank lines, zeros or headers before a file."""
    by_name = {
        "M4A": ("mp4", "aac"),
        "WMA": ("asf", "wmav2"),
        "MKA": ("matroska", "libmp3lame"),
        "WV": ("wv", "wavpack"),
    }
    audio = by_ffmpeg(*by_name[kind]) if kind in by_name else encoded(tune(1), kind)
    assert read_tags(before + audio) == read_tags(audio)
    assert np.array_equal(decode(before + audio, RATE_HZ), decode(audio, RATE_HZ))


@pytest.mark.parametrize(
    "before", [b"\n", bytes(600), b"HTTP/1.0 200 OK\r\n\r\n", b"\xff\xfb\xce\x14" + bytes(50), TAG[:4] + b"?"]
)
@pytest.mark.parametrize("tag", [b"", id3(b"")])
def test_a_tag_behind_other_bytes_and_before_the_first_frame_is_read(before: bytes, tag: bytes) -> None:
    assert read_tags(tag + before + TAG + encoded(tune(1))).title == "Right Title"


def test_a_tag_behind_the_first_frames_is_of_another_part() -> None:
    assert read_tags(encoded(tune(1)) + TAG + encoded(tune(2))).title is None


@pytest.mark.parametrize("kind", ["AIFF", "M4A", "WMA", "MKA", "WEBM"])
def test_all_files_that_were_written_one_after_another_are_heard(kind: str) -> None:
    by_name = {
        "M4A": ("mp4", "aac"),
        "WMA": ("asf", "wmav2"),
        "MKA": ("matroska", "libmp3lame"),
        "WEBM": ("webm", "libopus"),
    }
    audio = by_ffmpeg(*by_name[kind]) if kind in by_name else encoded(tune(1), kind)
    stored, heard = seconds(3 * audio)
    assert stored == pytest.approx(3 * seconds(audio)[0], abs=0.01)
    assert heard == pytest.approx(3 * seconds(audio)[1], abs=0.2)


@pytest.mark.parametrize("head", [b"PK\3\4", b"%PDF-1.7", b"RIFF\0\0\0\0AVI "])
def test_another_file_that_contains_an_mp3_is_no_mp3(head: bytes) -> None:
    with pytest.raises(TrackError) as refused:
        decode(head + bytes(40) + mp3_frames(5, 22_050), RATE_HZ)
    assert refused.value.reason is Reason.NOT_AUDIO


def test_random_bytes_are_no_mp3() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 3_000_000, np.uint8).tobytes()
    for audio in (noise, b"\xff" * 100 + noise, b"<html>" + b"\xff\xfb\x90\0" * 1_000):
        with pytest.raises(TrackError) as refused:
            decode(audio, RATE_HZ)
        assert refused.value.reason is Reason.NOT_AUDIO


@pytest.mark.parametrize("between", [b"", TAG, APE, b"TAG" + bytes(125) + TAG, bytes(999), b"\xff\xfb\x90"])
@pytest.mark.parametrize("kind", ["with lengths", "without"])
def test_all_parts_of_a_concatenated_mp3_are_heard(between: bytes, kind: str) -> None:
    part = encoded(tune(1, 4, 22_050), "MP3") if kind == "with lengths" else mp3_frames(4, 22_050)
    stored, heard = seconds(TAG + between.join([part] * 3))
    assert stored == pytest.approx(12, abs=0.4)
    assert heard == pytest.approx(12, abs=0.4)


def test_a_part_that_was_cut_in_a_frame_does_not_hide_the_next() -> None:
    part = encoded(tune(1, 4, 22_050), "MP3")
    stored, heard = seconds(part[:-50] + part)
    assert stored == pytest.approx(8, abs=0.3)
    assert heard == pytest.approx(8, abs=0.3)


@pytest.mark.parametrize("kind", ["MP3", "OGG", "FLAC", "WAV"])
@pytest.mark.parametrize("rates", [(16_000, 16_000, 16_000), (22_050, 44_100, 16_000)])
@pytest.mark.parametrize("channels", [(1, 1, 1), (2, 1, 2)])
def test_of_several_parts_the_middle_of_all_is_heard(
    kind: str, rates: tuple[int, ...], channels: tuple[int, ...]
) -> None:
    audio = rising_parts(kind, rates, channels)
    stored, heard = seconds(audio)
    assert stored == pytest.approx(90, abs=0.3)
    assert heard == pytest.approx(30, abs=0.2)
    samples = decode(audio, RATE_HZ)
    assert time_of(samples[: RATE_HZ // 2], RATE_HZ) == pytest.approx(30.25, abs=0.3)
    assert time_of(samples[-RATE_HZ // 2 :], RATE_HZ) == pytest.approx(59.75, abs=0.3)


def test_the_links_of_an_ogg_chain_are_heard_one_after_another() -> None:
    links = [by_ffmpeg("ogg", "libopus", seconds=4), encoded(tune(2, 4, 44_100), "OGG", 44_100)]
    stored, heard = seconds(b"".join(links))
    assert stored == pytest.approx(8, abs=0.1)
    assert heard == pytest.approx(8, abs=0.1)


def test_a_radio_recording_that_ends_in_the_header_of_a_song_is_heard() -> None:
    song = encoded(tune(2, 4, 44_100), "OGG", 44_100)
    assert seconds(song + song + song[:70])[1] == pytest.approx(8, abs=0.1)


def test_damage_within_an_mp3_costs_only_its_place() -> None:
    frames = bytearray(mp3_frames(20, 22_050))
    for at in range(5_000, len(frames) - 5_000, 20_000):
        frames[at : at + 100] = bytes(100)
    stored, heard = seconds(bytes(frames))
    assert stored == pytest.approx(20, abs=1)
    assert heard == pytest.approx(20, abs=1)


def test_frames_with_and_without_checksums_are_one_recording() -> None:
    frames = bytearray(mp3_frames(5, 48_000))
    frames[1] &= 0xFE  # says that it has a checksum
    stored, heard = seconds(bytes(frames))
    assert stored == pytest.approx(5, abs=0.1)
    assert heard == pytest.approx(5, abs=0.1)


def test_a_file_of_too_many_parts_costs_little() -> None:
    part = encoded(tune(1, 0.2, 22_050), "MP3")
    audio = part * 1_500
    began = time.monotonic()
    assert read_tags(audio).content_type == "audio/mpeg"
    with pytest.raises(TrackError):
        decode(audio, RATE_HZ)
    assert time.monotonic() - began < 10
