"""Files that crash decoders, never end, expand a thousandfold or lie; each with what must come of it."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import numpy as np
import soundfile

from spotrec.errors import Reason
from spotrec.vectors import FloatArray
from support import music
from support.decoding import HEARD
from support.music import encoded

RATE_HZ = 22_050


@dataclass(frozen=True)
class Poison:
    """A file, and the verdicts that are right: more than one where decoders' versions may differ."""

    make: Callable[[], bytes]
    verdicts: tuple[str, ...]


CORPUS: dict[str, Poison] = {}
Make = Callable[[], bytes]


def expect(*verdicts: str) -> Callable[[Make], Make]:
    """Into the corpus, under the function's own name."""

    def keep(make: Make) -> Make:
        CORPUS[make.__name__] = Poison(make, verdicts)
        return make

    return keep


def add(name: str, make: Make, *verdicts: str) -> None:
    CORPUS[name] = Poison(make, verdicts)


@cache
def tune(seed: int, seconds: float = 5.0, rate: int = RATE_HZ) -> FloatArray:
    """As `music.tune`, made once for all files of it; do not write into it."""
    samples = music.tune(seed, seconds, rate)
    samples.setflags(write=False)
    return samples


def wav(data: bytes, rate: int = RATE_HZ, channels: int = 1, bits: int = 16, tag: int = 1, extra: bytes = b"") -> bytes:
    """A WAV of any header; `extra` stands before the data."""
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", tag, channels & 0xFFFF, rate, (rate * block) & 0xFFFFFFFF, block & 0xFFFF, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + extra + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def floats(samples: FloatArray) -> bytes:
    return wav(samples.astype("<f4").tobytes(), channels=1, bits=32, tag=3)


def as_wav(samples: FloatArray, rate: int = RATE_HZ, **options: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **{"format": "WAV", **options})
    return file.getvalue()


def id3(frames: bytes, version: int = 4, size: int | None = None) -> bytes:
    return b"ID3" + bytes((version, 0, 0)) + syncsafe(len(frames) if size is None else size) + frames


def id3_frame(name: bytes, content: bytes, flags: int = 0) -> bytes:
    return name + syncsafe(len(content)) + struct.pack(">H", flags) + content


def syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


@cache
def mp3(seconds: float = 5, rate: int = RATE_HZ, channels: int = 1) -> bytes:
    return encoded(np.stack([tune(seed, seconds, rate) for seed in range(channels)], axis=1), "MP3", rate)


@cache
def mp3_frames(seconds: float, rate: int) -> bytes:
    """Frames of a constant size without a Xing header."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as output:
        _encode(output, "libmp3lame", tune(1, seconds, rate), rate)
    return file.getvalue()


@cache
def by_ffmpeg(container: str, codec: str, rate: int = 48_000, seconds: float = 5) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        _encode(output, codec, tune(1, seconds, rate), rate)
    return file.getvalue()


def _encode(output: av.container.OutputContainer, codec: str, samples: FloatArray, rate: int) -> None:
    stream = output.add_stream(codec, rate=rate, layout="mono")
    assert isinstance(stream, av.AudioStream)
    stream.bit_rate = 64_000
    frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
    frame.sample_rate = rate
    for converted in av.AudioResampler(format=stream.format, layout="mono", rate=rate).resample(frame):
        output.mux(stream.encode(converted))
    output.mux(stream.encode(None))


def patched(audio: bytes, after: bytes, offset: int, value: bytes) -> bytes:
    """`value` written `offset` bytes behind where `after` stands."""
    at = audio.index(after) + len(after) + offset
    return audio[:at] + value + audio[at + len(value) :]


def box(kind: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I", len(content) + 8 if size is None else size) + kind + content


def m4a() -> bytes:
    return by_ffmpeg("ipod", "aac")


# ---- no audio, whatever its name


def _zip(compression: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("song.mp3", mp3())
    return file.getvalue()


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
for _name, _content in {
    "zero_bytes": b"",
    "one_byte": b"\xff",
    "an_m3u": PLAYLIST,
    "an_html_page": b"<!DOCTYPE html><html><body>503</body></html>" * 99,
    "a_pls": b"[playlist]\nFile1=/etc/passwd\n",
    "a_concat_script": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "a_dash_manifest": b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
    "a_gzip_bomb": gzip.compress(bytes(10_000_000)),
    "an_elf_program": b"\x7fELF\2\1\1" + bytes(200),
    "zeros": bytes(1_000_000),
    "ones": b"\xff" * 1_000_000,
    "an_empty_id3_tag": id3(b""),
    "an_id3_tag_that_claims_the_rest": id3(b"", size=(1 << 28) - 1) + bytes(1_000),
    "a_million_id3_tags": id3(b"") * 1_000_000,
    "a_playlist_behind_a_tag": id3(bytes(10)) + PLAYLIST,
}.items():
    add(_name, lambda content=_content: content, Reason.NOT_AUDIO)  # type: ignore[misc]
add("a_zip", lambda: _zip(zipfile.ZIP_DEFLATED), Reason.NOT_AUDIO)
add("a_zip_that_stores_an_mp3", lambda: _zip(zipfile.ZIP_STORED), Reason.NOT_AUDIO)


@expect(Reason.NOT_AUDIO, Reason.DAMAGED, HEARD)
def a_playlist_before_an_mp3() -> bytes:
    return id3(b"") + PLAYLIST + b"# of songs\n" * 20_000 + mp3()


@expect(Reason.DAMAGED)
def an_mp4_of_itself_only() -> bytes:
    return box(b"ftyp", b"M4A \0\0\0\0M4A ")


@expect(Reason.NO_AUDIO_STREAM)
def an_mp4_with_video_only() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=Fraction(10))
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        output.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        output.mux(stream.encode(None))
    return file.getvalue()


# ---- formats at and beyond the limits


for _rate, _verdict in ((1, Reason.UNSUPPORTED), (3_999, Reason.UNSUPPORTED), (384_001, Reason.UNSUPPORTED)):
    add(f"wav_at_{_rate}_hz", lambda rate=_rate: wav(bytes(1_000_000), rate), _verdict)  # type: ignore[misc]
for _channels in (17, 32, 1_024, 65_535):
    add(
        f"wav_of_{_channels}_channels",
        lambda channels=_channels: wav(bytes(4_000_000), channels=channels),  # type: ignore[misc]
        Reason.UNSUPPORTED,
        Reason.DAMAGED,
    )
add("wav_of_no_channels", lambda: wav(bytes(100_000), channels=0), Reason.UNSUPPORTED, Reason.DAMAGED)
add("wav_at_384_khz", lambda: as_wav(tune(1, 5, 384_000), 384_000), HEARD)
add("wav_at_4_khz", lambda: as_wav(tune(1, 5, 4_000), 4_000), HEARD)
add(
    "wav_of_sixteen_channels_at_384_khz",
    lambda: wav(np.tile(np.arange(64, dtype=np.uint8), 384_000).tobytes(), 384_000, 16, 8),
    HEARD,
)
for _subtype in ("PCM_U8", "PCM_24", "DOUBLE", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610", "G721_32"):
    add(f"wav_as_{_subtype.lower()}", lambda subtype=_subtype: as_wav(tune(1), subtype=subtype), HEARD)  # type: ignore[misc]
for _format, _subtype in (
    ("AIFF", "PCM_S8"),
    ("AIFF", "DOUBLE"),
    ("CAF", "ALAC_16"),
    ("CAF", "FLOAT"),
    ("WAVEX", "PCM_16"),
    ("RF64", "PCM_16"),
    ("OGG", "OPUS"),
):
    add(
        f"{_format.lower()}_as_{_subtype.lower()}",
        lambda kind=_format, subtype=_subtype: as_wav(tune(1, 5, 48_000), 48_000, format=kind, subtype=subtype),  # type: ignore[misc]
        HEARD,
    )
for _container, _codec in (
    ("adts", "aac"),
    ("wv", "wavpack"),
    ("asf", "wmav2"),
    ("ipod", "alac"),
    ("mp2", "mp2"),
):
    add(f"{_codec}_in_{_container}", lambda container=_container, codec=_codec: by_ffmpeg(container, codec), HEARD)  # type: ignore[misc]
add("a_tag_before_aac", lambda: id3(bytes(100)) + by_ffmpeg("adts", "aac"), HEARD)
add("a_tag_before_flac", lambda: id3(bytes(100)) + encoded(tune(1), "FLAC"), HEARD)
add("a_wav_that_names_an_unknown_codec", lambda: wav(bytes(100_000), tag=0x7F7F), Reason.DAMAGED, Reason.UNSUPPORTED)
add(
    "an_aiff_that_names_an_unknown_codec",
    lambda: (
        b"FORM\0\0\1\0AIFC"
        + struct.pack(">4sI", b"COMM", 24)
        + b"\0\1\0\0\xff\xff\0\x10"
        + b"\x40\x0d\xac\x44"
        + bytes(6)
        + b"xyzw\0\0"
        + bytes(220)
    ),
    Reason.DAMAGED,
    Reason.UNSUPPORTED,
)
add(
    "a_wave_with_an_odd_channel_mask",
    lambda: patched(as_wav(tune(1), format="WAVEX"), b"fmt ", 24, b"\xff\xff\xff\xff"),
    HEARD,
)


# ---- samples that are none


def _with(value: float) -> bytes:
    samples = tune(1).copy()
    samples[40_000] = value
    return floats(samples)


add("all_nan", lambda: floats(np.full(5 * RATE_HZ, np.nan, np.float32)), Reason.NOT_FINITE)
add("one_nan", lambda: _with(np.nan), Reason.NOT_FINITE)
add("one_inf", lambda: _with(np.inf), Reason.NOT_FINITE)
add("one_minus_inf", lambda: _with(-np.inf), Reason.NOT_FINITE)
add("as_loud_as_a_float_can_be", lambda: floats(tune(1) * np.float32(3e38)), Reason.NOT_FINITE)
add("doubles_beyond_floats", lambda: wav((tune(1).astype("<f8") * 1e300).tobytes(), bits=64, tag=3), Reason.NOT_FINITE)
add("as_loud_as_integers_are", lambda: floats(tune(1) * np.float32(2**31)), HEARD)
add("denormals", lambda: floats(tune(1) * np.float32(1e-40)), Reason.SILENT)
add("silence", lambda: floats(np.zeros(5 * RATE_HZ, np.float32)), Reason.SILENT)
add("inverse_channels", lambda: as_wav(np.stack([tune(1), -tune(1)], axis=1)), HEARD)


# ---- lengths that lie


def _sized(size: int, riff: int | None = None) -> bytes:
    audio = patched(as_wav(tune(1), subtype="PCM_16"), b"data", 0, struct.pack("<I", size))
    return audio if riff is None else audio[:4] + struct.pack("<I", riff) + audio[8:]


add("wav_of_no_data", lambda: wav(b""), Reason.TOO_SHORT)
add("wav_that_promises_four_gigabytes", lambda: _sized(0xFFFFFFF0, 0xFFFFFFF0), HEARD)
add("wav_from_a_pipe", lambda: _sized(0xFFFFFFFF, 0xFFFFFFFF), HEARD)
add("wav_from_a_pipe_with_zeros", lambda: _sized(0, 0), HEARD)
add(
    "rf64_that_promises_2_to_the_60",
    lambda: patched(as_wav(tune(1), format="RF64"), b"ds64", 12, struct.pack("<QQ", 1 << 60, 1 << 60)),
    HEARD,
    Reason.TRUNCATED,
    Reason.DAMAGED,
)
add(
    "flac_that_promises_2_to_the_36",
    lambda: patched(encoded(tune(1), "FLAC"), b"fLaC", 17, bytes([0x7F]) + b"\xff" * 4),
    HEARD,
)
add(
    "flac_at_no_rate",
    lambda: patched(encoded(tune(1), "FLAC"), b"fLaC", 14, b"\0\0\0"),
    Reason.DAMAGED,
    HEARD,
)
add("flac_with_a_wrong_md5", lambda: patched(encoded(tune(1), "FLAC"), b"fLaC", 22, b"0123456789abcdef"), HEARD)
add(
    "caf_that_promises_2_to_the_60",
    lambda: patched(as_wav(tune(1), format="CAF"), b"data", 0, struct.pack(">Q", 1 << 60)),
    HEARD,
    Reason.DAMAGED,
    Reason.TRUNCATED,
)
add(
    "aiff_that_promises_2_to_the_32",
    lambda: patched(as_wav(tune(1), format="AIFF"), b"COMM", 6, b"\xff" * 4),
    HEARD,
    Reason.TRUNCATED,
    Reason.DAMAGED,
)
add("mp3_that_promises_2_to_the_32_frames", lambda: patched(mp3(), b"Xing", 4, b"\xff" * 4), HEARD)
add("mp3_that_promises_one_frame", lambda: patched(mp3(), b"Xing", 4, b"\0\0\0\1"), HEARD)
add(
    "mp3_that_is_all_delay", lambda: patched(mp3(), b"LAME", 17, b"\xff" * 3), Reason.TOO_SHORT, Reason.TRUNCATED, HEARD
)
add(
    "m4a_that_lasts_2_to_the_31",
    lambda: patched(m4a(), b"mdhd", 16, b"\x7f\xff\xff\xff"),
    Reason.TRUNCATED,
    HEARD,
    Reason.DAMAGED,
)
add(
    "m4a_of_2_to_the_31_samples",
    lambda: patched(m4a(), b"stsz", 8, b"\x7f\xff\xff\xff"),
    Reason.DAMAGED,
    Reason.TRUNCATED,
    HEARD,
)
add(
    "m4a_of_equal_samples_without_end",
    lambda: patched(m4a(), b"stsz", 4, b"\0\0\0\1\x7f\xff\xff\xff"),
    Reason.DAMAGED,
    Reason.TRUNCATED,
    HEARD,
)


# ---- that expand a thousandfold, or last for ever


def _flac(seconds: int, rate: int, channels: int, peak: float) -> bytes:
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, channels, format="FLAC", subtype="PCM_16") as output:
        second = np.zeros((rate, channels), np.float32)
        second[::2] = peak
        at_once = min(seconds, 600) if channels == 1 else 1
        for _ in range(seconds // at_once):
            output.write(np.tile(second, (at_once, 1)))
    return file.getvalue()


add("flac_of_ten_hours_of_silence", lambda: _flac(36_000, 4_000, 1, 0), Reason.SILENT)
add("flac_of_eight_channels_at_384_khz", lambda: _flac(60, 384_000, 8, 0.5), HEARD)
add("mp3_of_ten_hours", lambda: mp3_frames(60, 8_000) * 600, HEARD)
add(
    "wav_of_a_million_chunks",
    lambda: wav(tune(1).tobytes(), bits=32, tag=3, extra=b"junk\0\0\0\0" * 1_000_000),
    HEARD,
    Reason.DAMAGED,
)
add(
    "aiff_of_a_million_chunks",
    lambda: as_wav(tune(1), format="AIFF") + b"junk\0\0\0\0" * 1_000_000,
    HEARD,
    Reason.DAMAGED,
)
add(
    "mp4_of_a_hundred_thousand_boxes_within_each_other",
    lambda: box(b"ftyp", b"M4A \0\0\0\0") + b"".join(box(b"moov", size=8 * (100_000 - i)) for i in range(100_000)),
    Reason.DAMAGED,
    Reason.NO_AUDIO_STREAM,
)
add("mp4_of_a_million_boxes", lambda: m4a() + box(b"free") * 1_000_000, HEARD)
add(
    "mp4_of_a_box_without_size",
    lambda: box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", box(b"trak", size=0) * 999, size=1) + bytes(99),
    Reason.DAMAGED,
    Reason.NO_AUDIO_STREAM,
)
add(
    "mp4_of_a_box_that_goes_back",
    lambda: box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", struct.pack(">q", -32), size=1) + bytes(99),
    Reason.DAMAGED,
    Reason.NO_AUDIO_STREAM,
)
add(
    "ogg_of_a_million_empty_pages",
    lambda: encoded(tune(1), "OGG") + (b"OggS" + bytes(23)) * 300_000,
    HEARD,
    Reason.DAMAGED,
)


# ---- tags


add("a_picture_of_50_mb", lambda: id3(id3_frame(b"APIC", b"\0image/png\0\3\0" + bytes(50_000_000))) + mp3(), HEARD)
add(
    "a_picture_before_frames_that_count_nothing",
    lambda: id3(id3_frame(b"APIC", bytes(5_000_000))) + mp3_frames(5, RATE_HZ),
    HEARD,
)
add("half_a_million_id3_frames", lambda: id3(id3_frame(b"TXXX", b"\0a\0b") * 500_000) + mp3(), HEARD)
add("an_id3_frame_that_unpacks_to_2_gb", lambda: id3(id3_frame(b"TIT2", syncsafe(3) + _bomb(), 9)) + mp3(), HEARD)
add(
    "an_id3_frame_in_a_wav_that_unpacks_to_2_gb",
    lambda: _with_chunk(id3(id3_frame(b"TIT2", syncsafe(3) + _bomb(), 9))),
    HEARD,
)
add("chapters_within_chapters", lambda: id3(_chapters(2_000)) + mp3(), HEARD)
add("a_hundred_megabytes_that_look_like_frames", lambda: b"\xff\xfb\x90\0" * 25_000_000, Reason.NOT_AUDIO)
add("a_tag_behind_frames", lambda: mp3_frames(5, RATE_HZ) + b"TAG" + bytes(125), HEARD)
add("ten_tags", lambda: id3(bytes(99)) * 10 + mp3(), HEARD)


def _bomb() -> bytes:
    """2 GiB of zeros as zlib packs them: one piece that is packed by itself, 2,048 times, and the checksum of all."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = ((2_048 << 20) % 65_521) << 16 | 1
    return b"\x78\xda" + piece * 2_048 + packer.flush() + struct.pack(">I", checksum)


def _with_chunk(tag: bytes) -> bytes:
    return wav(
        tune(1).tobytes(),
        bits=32,
        tag=3,
        extra=b"id3 " + struct.pack("<I", len(tag) + len(tag) % 2) + tag + bytes(len(tag) % 2),
    )


def _chapters(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = id3_frame(b"CHAP", b"x\0" + bytes(16) + content)
    return content


# ---- that change in the middle


add(
    "mp3_that_changes_its_rate",
    lambda: mp3_frames(5, 22_050) + mp3_frames(5, 44_100),
    HEARD,
    Reason.TRUNCATED,
    Reason.DAMAGED,
)
add(
    "mp3_that_changes_its_channels",
    lambda: mp3(5, RATE_HZ, 2) + mp3(5, RATE_HZ, 1),
    HEARD,
    Reason.TRUNCATED,
    Reason.DAMAGED,
)
add("mp3_twice", lambda: mp3() * 2, HEARD)
add("oggs_in_a_chain", lambda: encoded(tune(1), "OGG") + encoded(tune(2), "OGG"), HEARD)
add(
    "oggs_of_two_rates_in_a_chain",
    lambda: encoded(tune(1), "OGG") + encoded(tune(2, 5, 44_100), "OGG", 44_100),
    HEARD,
    Reason.TRUNCATED,
    Reason.DAMAGED,
)
add("flacs_in_a_chain", lambda: encoded(tune(1), "FLAC") * 2, HEARD, Reason.DAMAGED)


# ---- cut short: never a fault beyond the file


KINDS: dict[str, Callable[[], bytes]] = {
    "mp3": mp3,
    "flac": lambda: encoded(tune(1), "FLAC"),
    "wav": lambda: as_wav(tune(1)),
    "ogg": lambda: encoded(tune(1), "OGG"),
    "aiff": lambda: as_wav(tune(1), format="AIFF"),
    "caf": lambda: as_wav(tune(1), format="CAF"),
    "m4a": m4a,
    "opus": lambda: by_ffmpeg("ogg", "libopus"),
    "webm": lambda: by_ffmpeg("webm", "libopus"),
}
CUTS = (1, 4, 8, 12, 16, 40, 44, 100, 1_000, 5_000, 0.5, 0.9, 0.999)


def cut(audio: bytes, at: float) -> bytes:
    return audio[: int(len(audio) * at) if at < 1 else int(at)]
