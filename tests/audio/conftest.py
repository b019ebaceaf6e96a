"""Fixtures for audio: clips of every kind, and an encoder for what libsndfile does not write."""

import io
from collections.abc import Callable

import av
import mutagen.flac
import mutagen.id3
import mutagen.mp3
import mutagen.mp4
import mutagen.oggvorbis
import pytest

from spotrec.vectors import FloatArray
from support.music import encoded, tune

Encode = Callable[[FloatArray, int, str, str], bytes]


@pytest.fixture(scope="session")
def ffmpeg() -> Encode:
    """Encodes samples, shape (n_samples,), at a rate, in a container and with a codec of FFmpeg's."""

    def encode(samples: FloatArray, rate: int, container: str, codec: str) -> bytes:
        file = io.BytesIO()
        with av.open(file, "w", format=container) as output:
            stream = output.add_stream(codec, rate=rate, layout="mono")
            assert isinstance(stream, av.AudioStream)
            frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
            frame.sample_rate = rate
            to_codec = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
            for converted in to_codec.resample(frame):
                output.mux(stream.encode(converted))
            output.mux(stream.encode(None))
        return file.getvalue()

    return encode


@pytest.fixture(scope="session")
def tagged(ffmpeg: Encode) -> dict[str, bytes]:
    """Clips of 4 s that all say the same of themselves, by kind."""
    low = tune(1, seconds=4, rate=8_000)
    file = {
        "flac": io.BytesIO(encoded(low, "FLAC", 8_000)),
        "ogg": io.BytesIO(encoded(low, "OGG", 8_000)),
        "mp3": io.BytesIO(encoded(tune(1, seconds=4, rate=16_000), "MP3", 16_000)),
        "m4a": io.BytesIO(ffmpeg(tune(1, seconds=4), 22_050, "ipod", "aac")),
    }
    words = {"title": "Jóga", "artist": ["Björk", "Someone"], "album": "Homogenic"}
    words |= {"isrc": "GB-BBM-97-00006", "date": "1997-09-15"}
    words |= {"genre": ["Electronic", "Trip Hop"], "mood": "calm", "bpm": "84", "initialkey": "Dbm"}
    for kind, vorbis in (("flac", mutagen.flac.FLAC(file["flac"])), ("ogg", mutagen.oggvorbis.OggVorbis(file["ogg"]))):
        vorbis.update(words)
        file[kind].seek(0)
        vorbis.save(file[kind])
    mp3 = mutagen.mp3.MP3(file["mp3"])
    mp3.add_tags()
    frames = {"TIT2": "title", "TPE1": "artist", "TALB": "album", "TSRC": "isrc", "TDRC": "date"}
    for frame, name in (frames | {"TCON": "genre", "TMOO": "mood", "TBPM": "bpm", "TKEY": "initialkey"}).items():
        mp3.tags.add(getattr(mutagen.id3, frame)(encoding=3, text=words[name]))
    file["mp3"].seek(0)
    mp3.save(file["mp3"])
    m4a = mutagen.mp4.MP4(file["m4a"])
    m4a.update({"\xa9nam": "Jóga", "\xa9ART": ["Björk", "Someone"], "\xa9alb": "Homogenic", "\xa9day": "1997-09-15"})
    m4a["----:com.apple.iTunes:ISRC"] = [b"GB-BBM-97-00006"]
    m4a.update({"\xa9gen": ["Electronic", "Trip Hop"], "tmpo": [84]})
    m4a["----:com.apple.iTunes:MOOD"], m4a["----:com.apple.iTunes:initialkey"] = [b"calm"], [b"12A"]
    file["m4a"].seek(0)
    m4a.save(file["m4a"])
    return {kind: content.getvalue() for kind, content in file.items()}
