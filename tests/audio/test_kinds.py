"""Every kind of audio file is recognised, measured and heard, with excerpts from where they should be."""

import base64
import io
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from audio.conftest import Encode
from spotrec.audio.containers.flac import blocks
from spotrec.audio.decode import decode, decode_excerpts, spread
from spotrec.audio.formats import AudioFormat, format_of
from spotrec.audio.kinds import KINDS, kind_of
from spotrec.audio.sound import sound_digest
from spotrec.audio.tags import read_tags
from spotrec.errors import Reason, TrackError
from spotrec.vectors import FloatArray
from support.music import encoded, rising, time_of
from support.poison import id3, id3_frame

RATE_HZ = 12_000
DTS_FRAME = zlib.decompress(
    base64.b85decode(
        "c-jE~0ssDg{(u4eJP+_RzyUY_0q=uh)kp9E5C8xG0R|Z8K}bRnK?p(+gdqq*5QHHJLI3~&0cn8&gi4SgNSQ)J$P*$=fdYjIkStiB(qzY#CO$~B58"
        "00uRmv-pz8MVwy)Sh~AkG9ii@Dzko{T){fi}j<Ny`6XmTh-pVqt}6dcLp6FgP5O?^{RgHZZ!kGqGv;+Wiow>Pf73+E>=$>*#<`2I>m}G>(wElzCHko"
        "zHqtq^VV<JIp@&@kH*VEdUcCa@LquWCwK~X(2GGaeKf?ldEhslk&1h0$={ukHehd_j8=Su9w7i=|I5sTdNk<WjcBVa5{tP7ns=1*Z=qu`*T<"
    )
)
"""512 samples of a tone at 48 kHz."""
BY_FFMPEG = {  # container, codec, rate → the name of the format, and whether it loses nothing
    ("tta", "tta", 22_050): AudioFormat("True Audio", True, 22_050),
    ("ac3", "ac3", 48_000): AudioFormat("AC-3"),
    ("ac3", "ac3", 44_100): AudioFormat("AC-3"),
    ("eac3", "eac3", 48_000): AudioFormat("E-AC-3"),
    ("latm", "aac", 44_100): AudioFormat("AAC"),
    ("rm", "ac3", 48_000): AudioFormat("RealAudio"),
    ("flv", "libmp3lame", 44_100): AudioFormat("Flash video"),
    ("voc", "pcm_s16le", 22_050): AudioFormat("VOC"),
    ("w64", "pcm_f32le", 22_050): AudioFormat("Wave64", True, 22_050),
    ("w64", "adpcm_ms", 22_050): AudioFormat("Wave64", False, 22_050),
    ("wav", "adpcm_yamaha", 22_050): AudioFormat("WAV", False, 22_050),
    ("wav", "adpcm_swf", 22_050): AudioFormat("WAV", False, 22_050),
    ("sox", "pcm_s32le", 22_050): AudioFormat("SoX", True),
}
BY_LIBSNDFILE = {
    ("AU", "PCM_24"): AudioFormat("AU", True, 22_050),
    ("AU", "ULAW"): AudioFormat("AU", False, 22_050),
    ("W64", "PCM_24"): AudioFormat("Wave64", True, 22_050),
    ("RF64", "FLOAT"): AudioFormat("WAV", True, 22_050),
    ("SVX", "PCM_16"): AudioFormat("8SVX", True),
    ("NIST", "PCM_16"): AudioFormat("NIST SPHERE", True),
    ("IRCAM", "FLOAT"): AudioFormat("IRCAM", True),
    ("PAF", "PCM_16"): AudioFormat("PAF", True),
    ("AVR", "PCM_16"): AudioFormat("AVR", True),
    ("PVF", "PCM_16"): AudioFormat("PVF", True),
}


def by_libsndfile(kind: str, subtype: str, samples: FloatArray, rate: int, endian: str = "FILE") -> bytes:
    soundfile.write(file := io.BytesIO(), samples, rate, subtype, endian, kind)
    return file.getvalue()


def dsd_bits(samples: FloatArray) -> FloatArray:
    """One bit for each sample: how often it is set is their mean."""
    sums = np.floor(np.cumsum((samples.astype(np.float64) + 1) / 2))
    return np.diff(sums, prepend=0.0).clip(0, 1)


def dsf(samples: FloatArray, rate: int, tag: bytes = b"") -> bytes:
    data = np.packbits(dsd_bits(samples).astype(np.uint8), bitorder="little").tobytes()
    data = data.ljust(-(-len(data) // 4_096) * 4_096, b"\x69")
    form = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 1, 1, rate, 1, samples.size, 4_096, 0)
    size = 28 + len(form) + 12 + len(data)
    head = struct.pack("<4sQQQ", b"DSD ", 28, size + len(tag), size if tag else 0)
    return head + form + struct.pack("<4sQ", b"data", 12 + len(data)) + data + tag


def dff(samples: FloatArray, rate: int, *words: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return name + struct.pack(">Q", len(content)) + content + bytes(len(content) % 2)

    about = chunk(b"FS  ", struct.pack(">I", rate)) + chunk(b"CHNL", b"\0\1C000") + chunk(b"CMPR", b"DSD \0\0")
    data = chunk(b"DSD ", np.packbits(dsd_bits(samples).astype(np.uint8)).tobytes())
    body = b"DSD " + chunk(b"FVER", b"\1\5\0\0") + chunk(b"PROP", b"SND " + about) + data
    body += b"".join(chunk(word[:4], word[4:]) for word in words)
    return b"FRM8" + struct.pack(">Q", len(body)) + body


def assert_heard_where_it_should_be(audio: bytes, seconds: float, *, within_s: float = 0.05) -> None:
    heard = decode_excerpts(audio, n=3).excerpts
    assert len(heard) == 3
    for excerpt, (start_s, *_) in zip(heard, spread(seconds, 3), strict=True):
        samples = excerpt.at(RATE_HZ)
        assert samples.size == pytest.approx(30 * RATE_HZ, abs=200)
        for at in (0, 29):
            found = time_of(samples[at * RATE_HZ :][:RATE_HZ], RATE_HZ)
            assert found == pytest.approx(start_s + at + 0.5, abs=within_s)


@pytest.mark.parametrize("written", BY_FFMPEG)
def test_a_file_that_ffmpeg_writes_is_measured_and_heard(ffmpeg: Encode, written: tuple[str, str, int]) -> None:
    container, codec, rate = written
    audio = ffmpeg(rising(100, rate), rate, container, codec)
    assert format_of(audio) == BY_FFMPEG[written]
    if container not in ("latm", "rm"):  # the encoder of FFmpeg does not know the length when it writes it
        assert read_tags(audio).duration_s == pytest.approx(100, abs=0.15)
    assert_heard_where_it_should_be(audio, 100, within_s=0.1)


@pytest.mark.parametrize("written", BY_LIBSNDFILE)
def test_a_file_that_libsndfile_writes_is_measured_and_heard(written: tuple[str, str]) -> None:
    audio = by_libsndfile(*written, rising(100, 22_050), 22_050)
    assert format_of(audio) == BY_LIBSNDFILE[written]
    assert read_tags(audio).duration_s == pytest.approx(100, abs=0.01)
    assert_heard_where_it_should_be(audio, 100)


def test_a_big_endian_wav_is_heard() -> None:
    audio = by_libsndfile("WAV", "PCM_16", rising(100, 22_050), 22_050, "BIG")
    assert audio[:4] == b"RIFX"
    assert read_tags(audio).duration_s == pytest.approx(100)
    assert format_of(audio) == AudioFormat("WAV", True, 22_050)
    assert_heard_where_it_should_be(audio, 100)


@pytest.mark.parametrize("states_length", [True, False])
def test_flac_in_a_wav_is_measured_and_heard(states_length: bool) -> None:
    flac = encoded(rising(100, 22_050), "FLAC", 22_050)
    *_, (_, frames_at, _) = blocks(flac, range(99))
    form = struct.pack("<HHIIHHH", 0xF1AC, 1, 22_050, 16_000, 4, 16, 34) + flac[8:42]
    fact = b"fact" + struct.pack("<II", 4, 2_205_000) if states_length else b""
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + fact
    body += b"data" + struct.pack("<I", len(flac) - frames_at) + flac[frames_at:]
    audio = b"RIFF" + struct.pack("<I", len(body)) + body
    assert format_of(audio) == AudioFormat("WAV", True, 22_050)
    assert read_tags(audio).duration_s == pytest.approx(100)
    assert_heard_where_it_should_be(audio, 100)


@pytest.mark.parametrize("rate", [2_822_400, 11_289_600])
@pytest.mark.parametrize("write", [dsf, dff])
def test_dsd_is_heard(write: Callable[[FloatArray, int], bytes], rate: int) -> None:
    audio = write(rising(4, rate), rate)
    assert format_of(audio) == AudioFormat("DSD", True, rate)
    assert read_tags(audio).duration_s == pytest.approx(4)
    samples = decode(audio, RATE_HZ)
    assert samples.size == pytest.approx(4 * RATE_HZ, abs=50)
    assert time_of(samples[RATE_HZ : 2 * RATE_HZ], RATE_HZ) == pytest.approx(1.5, abs=0.05)
    assert float(np.sqrt(np.square(samples).mean())) == pytest.approx(0.354, abs=0.02)


def test_tags_of_dsd_are_read_and_are_no_sound() -> None:
    samples = rising(0.5, 2_822_400)
    tag = id3(id3_frame(b"TIT2", b"\3Right Title") + id3_frame(b"TALB", b"\3" + b"a" * 300_000))
    for plain, tagged in (
        (dsf(samples, 2_822_400), dsf(samples, 2_822_400, tag)),
        (dff(samples, 2_822_400), dff(samples, 2_822_400, b"ID3 " + tag)),
    ):
        assert read_tags(tagged).title == "Right Title"
        assert sound_digest(plain) == sound_digest(tagged)
    named = b"DIIN" + b"DITI" + struct.pack(">QI", 9, 5) + b"Title\0" + b"DIAR" + struct.pack(">QI", 8, 4) + b"Some"
    tags = read_tags(dff(samples, 2_822_400, named))
    assert (tags.title, tags.artists) == ("Title", ("Some",))


def _words(stream: bytes) -> bytes:
    return np.frombuffer(stream, ">u2").astype("<u2").tobytes()


def _words_of_14_bits(stream: bytes) -> bytes:
    bits = np.unpackbits(np.frombuffer(stream, np.uint8))
    numbers = np.pad(bits, (0, -bits.size % 14)).reshape(-1, 14) @ (1 << np.arange(13, -1, -1))
    return np.where(numbers & 0x2000, numbers - 0x4000, numbers).astype("<i2").tobytes().ljust(320, b"\0")


def _burst(stream: bytes) -> bytes:
    return (b"\x72\xf8\x1f\x4e" + struct.pack("<HH", 11, 8 * len(stream)) + _words(stream)).ljust(2_048, b"\0")


def test_dts_is_measured_and_heard() -> None:
    audio = DTS_FRAME * 400
    assert format_of(audio) == AudioFormat("DTS")
    assert read_tags(audio).duration_s == pytest.approx(400 * 512 / 48_000)
    assert decode(audio, RATE_HZ).size == pytest.approx(400 * 512 / 4, abs=200)


@pytest.mark.parametrize("stored", [_words, _words_of_14_bits, _burst])
@pytest.mark.parametrize("before", [b"", bytes(8_000)])
def test_dts_in_the_samples_of_a_wav_is_decoded(stored: Callable[[bytes], bytes], before: bytes) -> None:
    data = before + stored(DTS_FRAME) * 400
    soundfile.write(
        file := io.BytesIO(), np.frombuffer(data, "<i2").reshape(-1, 2), 48_000, format="WAV", subtype="PCM_16"
    )
    assert read_tags(file.getvalue()).duration_s == pytest.approx(400 * 512 / 48_000)
    np.testing.assert_allclose(decode(file.getvalue(), RATE_HZ), decode(DTS_FRAME * 400, RATE_HZ), atol=1e-3)


def test_dts_in_the_samples_of_another_file_is_refused_by_its_name() -> None:
    samples = np.frombuffer(_words(DTS_FRAME) * 3_000, "<i2").reshape(-1, 2)
    soundfile.write(file := io.BytesIO(), samples, 44_100, format="FLAC", subtype="PCM_16")
    with pytest.raises(TrackError, match="DTS") as refused:
        decode(file.getvalue(), RATE_HZ)
    assert refused.value.reason is Reason.UNSUPPORTED


@pytest.mark.skipif(shutil.which("mpcenc") is None, reason="mpcenc, which writes Musepack, is not installed")
def test_musepack_is_measured_and_heard(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", rising(100, 44_100), 44_100)
    subprocess.run(["mpcenc", "--silent", tmp_path / "a.wav", tmp_path / "a.mpc"], check=True)
    audio = (tmp_path / "a.mpc").read_bytes()
    assert read_tags(audio).duration_s == pytest.approx(100, abs=0.05)
    assert format_of(audio) == AudioFormat("Musepack")
    assert_heard_where_it_should_be(audio, 100, within_s=0.1)


def test_a_musepack_file_of_version_7_is_recognised_and_measured() -> None:
    head = b"MP+\7" + struct.pack("<IHBB", 2_000, 0, 0, 0xA8) + bytes(16)
    found = read_tags(head + bytes(4_000))
    assert found.content_type == "audio/x-musepack"
    assert found.duration_s == pytest.approx(2_000 * 1_152 / 44_100, abs=0.1)


def test_an_amr_file_is_measured() -> None:
    frame = b"\x3c" + bytes(31)
    assert read_tags(b"#!AMR\n" + frame * 250).duration_s == pytest.approx(5)


@pytest.mark.parametrize("start", [b"\x0b\x77", b"\x56\xe0", b"\x7f\xfe\x80\x01"])
def test_a_few_bytes_do_not_make_a_stream_of_frames(start: bytes) -> None:
    assert kind_of(start + b"some text that goes on" * 50) is None


def test_a_stereo_recording_of_noise_is_no_dts() -> None:
    samples = np.random.default_rng(1).integers(-32_768, 32_768, (22_050 * 4, 2), np.int16)
    soundfile.write(file := io.BytesIO(), samples, 22_050, format="WAV", subtype="PCM_16")
    assert read_tags(file.getvalue()).content_type == "audio/wav"
    assert decode(file.getvalue(), RATE_HZ).size == 4 * RATE_HZ


HEADS = [
    b"MPCK",
    b"MP+\7",
    b"TTA1",
    b"tBaK",
    b"ajkg",
    b"DSD \x1c" + bytes(7),
    b"FRM8" + bytes(8) + b"DSD ",
    b"\x0b\x77",
]
HEADS += [b"DTSHDHDR", bytes(4) + b"\xf8\x72\x6f\xba", bytes(4) + b"\xf8\x72\x6f\xbb", b"#!AMR\n", b".RMF", b"ea3\3"]
HEADS += [
    b"FLV\1",
    b".snd",
    b"riff\x2e\x91\xcf\x11",
    b"RIFX\0\0\0\0WAVE",
    b"Creative Voice File\x1a\x1a\0",
    b"NIST_1A\n",
]
HEADS += [b"FORM\0\0\0\0" + b"8SVX", b"\x64\xa3\1\0", b" paf\0\0\0\0", b"2BIT", b"PVF1\n1 8000 16\n", b".SoX"]


@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_any_bytes_behind_a_head_are_refused_or_measured(head: bytes, rest: bytes) -> None:
    try:
        found = read_tags(head + rest).duration_s
    except TrackError:
        return
    assert found is None or 0 < found < 1e6


@pytest.mark.parametrize("head", HEADS)
def test_a_head_with_noise_behind_it_is_refused_or_heard(head: bytes) -> None:
    noise = np.random.default_rng(2).integers(0, 256, 100_000, np.uint8).tobytes()
    for rest in (b"", bytes(50_000), noise):
        try:
            decode(head + rest, RATE_HZ)
        except TrackError:
            continue


def test_every_kind_has_a_demuxer_that_ffmpeg_knows() -> None:
    assert {kind.demuxer for kind in KINDS} <= av.formats_available


def test_an_excerpt_of_a_matroska_file_without_a_duration_starts_where_it_should(ffmpeg: Encode) -> None:
    audio = ffmpeg(rising(100, 48_000), 48_000, "matroska", "ac3")
    at = audio.index(b"\x44\x89\x88")
    assert_heard_where_it_should_be(audio, 100)
    unknown = audio[:at] + b"\xec\x89" + bytes(9) + audio[at + 11 :]  # what a pipe or a live recording has
    assert len(unknown) == len(audio)
    assert_heard_where_it_should_be(unknown, 100)


@pytest.mark.parametrize(("container", "codec"), [("matroska", "ac3"), ("matroska", "libmp3lame"), ("asf", "wmav2")])
def test_a_cover_does_not_move_an_excerpt(container: str, codec: str) -> None:
    rate = 44_100
    with av.open(file := io.BytesIO(), "w", format=container) as output:
        cover = output.add_stream("mjpeg", rate=1)
        sound = output.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(cover, av.VideoStream)
        assert isinstance(sound, av.AudioStream)
        sound.bit_rate = 128_000
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        output.mux([*cover.encode(picture), *cover.encode(None)])
        frame = av.AudioFrame.from_ndarray(rising(200, rate)[None, :], format="fltp", layout="mono")
        frame.sample_rate = rate
        for converted in av.AudioResampler(format=sound.format, layout="mono", rate=rate).resample(frame):
            output.mux(sound.encode(converted))
        output.mux(sound.encode(None))
    assert_heard_where_it_should_be(file.getvalue(), 200, within_s=0.15)
