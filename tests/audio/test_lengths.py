"""Files whose headers state no length, or a wrong one: what they hold is heard, and its length is stored."""

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from spotrec.audio.containers.ogg import pages
from spotrec.audio.decode import decode
from spotrec.audio.tags import read_tags
from spotrec.errors import Reason, TrackError
from spotrec.vectors import FloatArray
from support.music import encoded, rising, time_of, tune
from support.poison import mp3_frames

RATE_HZ = 12_000
LONG_S = 90
Run = Callable[..., Any]


class Pipe(io.RawIOBase):
    """What a program writes to that cannot go back to the header."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.content += piece
        return len(piece)


def piped(container: str, codec: str, samples: FloatArray, rate: int, **options: str) -> bytes:
    """Written by FFmpeg to a pipe."""
    pipe = Pipe()
    with av.open(pipe, "w", format=container, options=options) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
        frame.sample_rate = rate
        for converted in av.AudioResampler(format=stream.format, layout="mono", rate=rate).resample(frame):
            output.mux(stream.encode(converted))
        output.mux(stream.encode(None))
    return bytes(pipe.content)


def wav(
    data: bytes,
    rate: int = RATE_HZ,
    *,
    stated: int | None = None,
    whole: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
    extensible: bool = False,
    data_first: bool = False,
) -> bytes:
    """A WAV of 16 bits with any sizes, and chunks before and after its data."""
    form = struct.pack("<HHIIHH", 0xFFFE if extensible else 1, 1, rate, rate * 2, 2, 16)
    if extensible:
        form += struct.pack("<HHIH", 22, 16, 4, 1) + b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
    head = b"fmt " + struct.pack("<I", len(form)) + form
    sound = b"data" + struct.pack("<I", len(data) if stated is None else stated) + data
    body = b"WAVE" + before + (sound + head if data_first else head + sound) + after
    return b"RIFF" + struct.pack("<I", len(body) if whole is None else whole) + body


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def chunk_of_aiff(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">I", len(content)) + content + bytes(len(content) % 2)


def pcm(samples: FloatArray) -> bytes:
    return (samples * 32_767).astype("<i2").tobytes()


def length_s(audio: bytes) -> float | None:
    return read_tags(audio).duration_s


def assert_middle_is_heard(audio: bytes, tolerance_s: float = 0.2) -> None:
    heard = decode(audio, RATE_HZ)
    assert heard.size / RATE_HZ == pytest.approx(30, abs=0.1)
    assert time_of(heard[: RATE_HZ // 2], RATE_HZ) == pytest.approx(30.25, abs=tolerance_s)
    assert time_of(heard[-RATE_HZ // 2 :], RATE_HZ) == pytest.approx(59.75, abs=tolerance_s)


FIVE_S = tune(1, 5, RATE_HZ)
FIVE_S_BYTES = len(pcm(FIVE_S))


@pytest.mark.parametrize("stated", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF - 36, 0xFFFFFFFF])
@pytest.mark.parametrize("whole", [0, 36, 0x7FFFF024, 0xFFFFFFFF, None])
@pytest.mark.parametrize("extensible", [False, True])
def test_a_wav_from_a_pipe_is_heard_at_the_length_of_its_data(stated: int, whole: int | None, extensible: bool) -> None:
    audio = wav(pcm(FIVE_S), stated=stated, whole=whole, extensible=extensible)
    assert length_s(audio) == 5
    np.testing.assert_allclose(decode(audio, RATE_HZ), FIVE_S, atol=1e-4)


@pytest.mark.parametrize("stated", [0, 2 * RATE_HZ, 7_777, 100 * FIVE_S_BYTES])
def test_a_wav_whose_data_has_another_size_than_its_file_is_heard_whole(stated: int) -> None:
    audio = wav(pcm(FIVE_S), stated=stated)  # a recorder that crashed; the size of the file is right
    assert length_s(audio) == 5
    assert decode(audio, RATE_HZ).size == 5 * RATE_HZ


def test_a_recording_that_crashed_after_its_first_second_is_heard_whole() -> None:
    audio = wav(pcm(FIVE_S), stated=2 * RATE_HZ, whole=2 * RATE_HZ + 36)
    assert length_s(audio) == 5
    assert decode(audio, RATE_HZ).size == 5 * RATE_HZ


@pytest.mark.parametrize("name", [b"JUNK", b"LIST", b"bext"])
def test_large_chunks_before_the_data_do_not_matter(name: bytes) -> None:
    for stated in (None, 0, 0xFFFFFFFF):
        audio = wav(pcm(FIVE_S), stated=stated, before=chunk(name, bytes(3_000_001)))
        assert length_s(audio) == 5
        assert decode(audio, RATE_HZ).size == 5 * RATE_HZ


@pytest.mark.parametrize("after", [chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Name")), b"TAG" + bytes(125), bytes(512)])
def test_what_follows_the_data_is_not_music(after: bytes) -> None:
    audio = wav(pcm(FIVE_S), after=after)
    assert length_s(audio) == 5
    assert decode(audio, RATE_HZ).size == 5 * RATE_HZ


def test_data_before_its_format_has_a_length() -> None:
    assert length_s(wav(pcm(FIVE_S), data_first=True)) == 5


def test_half_a_wav_is_still_truncated() -> None:
    for audio in (wav(pcm(FIVE_S)), wav(pcm(FIVE_S), after=chunk(b"LIST", bytes(100)))):
        with pytest.raises(TrackError) as refused:
            decode(audio[: len(audio) // 2], RATE_HZ)
        assert refused.value.reason is Reason.TRUNCATED
        assert "ends after 2.5 s of 5.0 s" in refused.value.message


def test_a_wav_that_lost_only_its_picture_is_heard() -> None:
    audio = wav(pcm(FIVE_S), after=chunk(b"id3 ", bytes(2_000_000)))
    assert decode(audio[:-1_900_000], RATE_HZ).size == 5 * RATE_HZ


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM", "GSM610"])
@pytest.mark.parametrize("form", ["WAV", "RF64"])
def test_wavs_of_every_codec_have_their_length(subtype: str, form: str) -> None:
    if form == "RF64" and subtype in ("IMA_ADPCM", "GSM610"):
        return
    file = io.BytesIO()
    soundfile.write(file, tune(1, 5, 8_000), 8_000, format=form, subtype=subtype)
    assert length_s(file.getvalue()) == pytest.approx(5, abs=0.1)
    assert decode(file.getvalue(), RATE_HZ).size / RATE_HZ == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("wav", "pcm_s16le", {}),
        ("wav", "pcm_f32le", {}),
        ("wav", "adpcm_ms", {}),
        ("wav", "adpcm_ima_wav", {}),
        ("wav", "libmp3lame", {}),
        ("wav", "pcm_s24le", {"rf64": "always"}),
        ("aiff", "pcm_s16be", {}),
        ("caf", "pcm_s16be", {}),
        ("flac", "flac", {}),
        ("ogg", "libopus", {}),
        ("mp3", "libmp3lame", {}),
        ("adts", "aac", {}),
    ],
)
def test_long_audio_from_a_pipe_is_heard_in_its_middle(container: str, codec: str, options: dict[str, str]) -> None:
    rate = 48_000 if codec == "libopus" else 16_000
    audio = piped(container, codec, rising(LONG_S, rate), rate, **options)
    assert length_s(audio) == pytest.approx(LONG_S, abs=0.2)
    assert_middle_is_heard(audio, 0.4)


@pytest.mark.parametrize("codec", ["vorbis", "opus"])
@pytest.mark.parametrize("lost", [0.1, 0.5])
def test_a_recording_of_ogg_radio_that_begins_in_the_middle_has_the_length_of_what_is_there(
    codec: str, lost: float
) -> None:
    sound = rising(80, 48_000)
    whole = encoded(sound, "OGG", 48_000) if codec == "vorbis" else piped("ogg", "libopus", sound, 48_000)
    there = [*pages(whole, range(10_000))]
    heads = [page for page in there if page.position <= 0]
    kept = there[len(heads) + int(lost * (len(there) - len(heads))) :]
    starts = {page.start: page.start - 27 - len(page.sizes) for page in there}
    audio = b"".join(whole[starts[page.start] : page.end] for page in [*heads, *kept])
    first_s = there[there.index(kept[0]) - 1].position / 48_000
    assert first_s > 5
    assert length_s(audio) == pytest.approx(80 - first_s, abs=0.2)
    assert decode(audio, RATE_HZ).size


@pytest.mark.parametrize("options", [{"movflags": "frag_keyframe+empty_moov"}, {"movflags": "dash"}])
@pytest.mark.parametrize("codec", ["aac", "alac"])
def test_an_mp4_in_fragments_has_the_length_of_its_fragments(codec: str, options: dict[str, str]) -> None:
    audio = piped("mp4", codec, rising(LONG_S, 16_000), 16_000, frag_duration="1000000", **options)
    assert length_s(audio) == pytest.approx(LONG_S, abs=0.2)
    assert_middle_is_heard(audio)


def test_a_stream_in_fragments_that_was_joined_late_has_the_length_of_what_is_there() -> None:
    whole = piped("mp4", "aac", rising(LONG_S, 16_000), 16_000, movflags="dash", frag_duration="1000000")
    starts = [at for at in range(len(whole) - 4) if whole[at : at + 4] == b"moof"]
    late = whole[: starts[0] - 4] + whole[starts[30] - 4 :]
    seconds_there = LONG_S * (len(starts) - 30) / len(starts)
    assert length_s(late) == pytest.approx(seconds_there, abs=2)


def test_an_aiff_of_packets_has_its_length() -> None:
    whole = piped("caf", "adpcm_ima_qt", tune(1, 5, 16_000), 16_000)
    packets = whole[whole.index(b"data") + 16 :]
    packets = packets[: len(packets) // 34 * 34]
    comm = struct.pack(">HIHHQ", 1, len(packets) // 34, 16, 0x400C, 16_000 << 50) + b"ima4\0\0"
    body = b"AIFC" + chunk_of_aiff(b"COMM", comm) + chunk_of_aiff(b"SSND", bytes(8) + packets)
    audio = b"FORM" + struct.pack(">I", len(body)) + body
    assert decode(audio, RATE_HZ).size / RATE_HZ == pytest.approx(5, abs=0.1)
    assert length_s(audio) == pytest.approx(5, abs=0.1)


def test_what_a_browser_records_is_heard_in_its_middle() -> None:
    audio = piped("webm", "libopus", rising(LONG_S, 48_000), 48_000)
    assert length_s(audio) == pytest.approx(LONG_S, abs=0.1)
    assert_middle_is_heard(audio)


def test_an_aiff_without_lengths_is_heard() -> None:
    whole = encoded(tune(1, 5, RATE_HZ), "AIFF", RATE_HZ)
    for stated in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xf0\0"):
        audio = bytearray(whole)
        audio[4:8] = stated
        for name, offset in ((b"COMM", 10), (b"SSND", 4)):
            at = whole.index(name) + offset
            audio[at : at + 4] = stated
        assert length_s(bytes(audio)) == 5
        np.testing.assert_array_equal(decode(bytes(audio), RATE_HZ), decode(whole, RATE_HZ))


@pytest.mark.parametrize("blocks", ["one size", "cut off", "with junk behind"])
def test_a_flac_without_a_total_has_its_length(blocks: str) -> None:
    whole = bytearray(encoded(tune(1, 5, RATE_HZ), "FLAC", RATE_HZ))
    whole[21] &= 0xF0
    whole[22:26] = bytes(4)
    audio = bytes(whole[:-500] if blocks == "cut off" else whole + bytes(300 if "junk" in blocks else 0))
    assert length_s(audio) == pytest.approx(5, abs=0.001)
    assert decode(bytes(whole), RATE_HZ).size == 5 * RATE_HZ


def test_raw_aac_that_begins_with_silence_is_heard() -> None:
    samples = rising(LONG_S, 22_050)
    samples[: 6 * 22_050] = 0
    audio = piped("adts", "aac", samples, 22_050)
    assert length_s(audio) == pytest.approx(LONG_S, abs=0.1)
    assert_middle_is_heard(audio)


@pytest.mark.parametrize("n_frames", [0, 1, 50, 7_000_000, 0xFFFFFFFF])
@pytest.mark.parametrize("n_bytes", [0, 1_000])
def test_an_mp3_whose_xing_header_lies_is_heard_whole(n_frames: int, n_bytes: int) -> None:
    audio = bytearray(encoded(tune(1, 5, 22_050), "MP3"))
    at = min(at for at in (audio.find(b"Xing"), audio.find(b"Info")) if at > 0)
    audio[at + 8 : at + 16] = struct.pack(">II", n_frames, n_bytes)
    if n_frames > 50 and not n_bytes:  # of a file that may have been cut
        with pytest.raises(TrackError, match="ends before"):
            decode(bytes(audio), RATE_HZ)
        return
    assert length_s(bytes(audio)) == pytest.approx(5, abs=0.1)
    assert decode(bytes(audio), RATE_HZ).size / RATE_HZ == pytest.approx(5, abs=0.1)


def test_an_mp3_whose_vbri_header_lies_is_heard_whole() -> None:
    frames = mp3_frames(5, 44_100)
    first = bytearray(frames[: frames.index(frames[:2], 4)])
    first[36:62] = b"VBRI" + bytes(6) + struct.pack(">II", len(frames), 20) + bytes(8)
    audio = bytes(first) + frames
    assert length_s(audio) == pytest.approx(5, abs=0.1)
    assert decode(audio, RATE_HZ).size / RATE_HZ == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_an_mp3_of_a_free_bit_rate_is_heard_with_and_without_padding(rate: int) -> None:
    audio = bytearray(mp3_frames(5, rate))
    unpadded, at, paddings = 144 * 64_000 // rate, 0, set()
    while at < len(audio):
        padding = audio[at + 2] >> 1 & 1
        paddings.add(padding)
        audio[at + 2] &= 0x0F
        at += unpadded + padding
    assert len(paddings) == (2 if rate == 44_100 else 1)
    assert at == len(audio)
    assert length_s(bytes(audio)) == pytest.approx(5, abs=0.1)
    assert decode(bytes(audio), RATE_HZ).size / RATE_HZ == pytest.approx(5, abs=0.1)


def test_crawl_stores_the_length_that_a_recording_from_a_pipe_has(
    spotrec: Run, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "pipe.wav").write_bytes(wav(pcm(FIVE_S), stated=0x7FFFF000, whole=0x7FFFF024))
    (folder / "zeros.wav").write_bytes(wav(pcm(tune(2, 6, RATE_HZ)), stated=0, whole=0))
    (folder / "noise first.mp3").write_bytes(b"\r\n" + mp3_frames(7, 22_050))
    (folder / "inverse.wav").write_bytes(encoded(np.stack([tune(3, 8), -tune(3, 8)], axis=1), "WAV"))
    spotrec("crawl", folder)
    assert json.loads(spotrec("extract", "--json").stdout)["extracted"] == 4
    listed = json.loads(spotrec("tracks", "--json").stdout)
    lengths = {Path(track["path"]).stem: round(track["duration_ms"] / 1000) for track in listed}
    assert lengths == {"pipe": 5, "zeros": 6, "noise first": 7, "inverse": 8}
