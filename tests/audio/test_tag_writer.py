"""Tempo and key in the tags of real files: written where there are none, and nothing else changes."""

import io
from collections.abc import Callable

import mutagen
import numpy as np
import pytest
from mutagen.id3 import APIC, COMM, ID3, TIT2, TPE1, TXXX

from spotrec.audio.decode import decode
from spotrec.audio.sound import sound_digest
from spotrec.audio.tag_writer import with_tempo_and_key
from spotrec.audio.tags import read_tags
from spotrec.errors import TrackError
from support.music import encoded, tune
from support.poison import by_ffmpeg

PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 20


def mp3(version: int = 4, padding: int | None = None, **frames: str) -> bytes:
    file = io.BytesIO(encoded(tune(1)))
    tags = ID3()
    tags.add(TIT2(encoding=1, text=["Żółw 龜"]))
    tags.add(TPE1(encoding=3 if version == 4 else 1, text=["Artist"]))
    tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=PICTURE + bytes(300)))
    tags.add(TXXX(encoding=1, desc="replaygain_track_gain", text=["-7.03 dB"]))
    tags.add(COMM(encoding=1, lang="eng", desc="", text=["a word\nand another"]))
    for name, text in frames.items():
        tags.add(getattr(mutagen.id3, name)(encoding=0, text=[text]))
    tags.save(file, v2_version=version, padding=lambda _: 1024 if padding is None else padding)
    return file.getvalue()


def flac() -> bytes:
    file = io.BytesIO(encoded(tune(1), "FLAC"))
    opened = mutagen.flac.FLAC(file)
    opened["TITLE"], opened["Artist"], opened["comment"] = "Żółw 龜", ["One", "Two"], "a word\nand another"
    picture = mutagen.flac.Picture()
    picture.data, picture.type, picture.mime = PICTURE, 3, "image/jpeg"
    opened.add_picture(picture)
    file.seek(0)
    opened.save(file)
    return file.getvalue()


def ogg() -> bytes:
    file = io.BytesIO(encoded(tune(1), "OGG"))
    opened = mutagen.oggvorbis.OggVorbis(file)
    opened["title"], opened["artist"], opened["comment"] = "Żółw 龜", ["One", "Two"], "x" * 70_000
    file.seek(0)
    opened.save(file)
    return file.getvalue()


def m4a() -> bytes:
    file = io.BytesIO(by_ffmpeg("mp4", "aac"))
    opened = mutagen.mp4.MP4(file)
    opened["\xa9nam"], opened["\xa9ART"], opened["tmpo"] = ["Żółw 龜"], ["Artist"], [0]
    opened["----:com.apple.iTunes:LABEL"] = [b"label"]
    opened["covr"] = [mutagen.mp4.MP4Cover(PICTURE)]
    file.seek(0)
    opened.save(file)
    return file.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "id3v2.4": mp3,
    "id3v2.3": lambda: mp3(3),
    "id3 without padding": lambda: mp3(4, 0),
    "no tag": lambda: encoded(tune(1)),
    "flac": flac,
    "vorbis": ogg,
    "mp4": m4a,
}


def others(audio: bytes) -> dict[str, object]:
    opened = mutagen.File(io.BytesIO(audio))
    mine = {"tbpm", "tkey", "bpm", "initialkey", "tmpo", "----:com.apple.itunes:initialkey"}
    return {str(name): repr(value) for name, value in dict(opened.tags or {}).items() if str(name).lower() not in mine}


@pytest.mark.parametrize("kind", FILES)
def test_tempo_and_key_are_in_the_tags_and_all_else_is_as_before(kind: str) -> None:
    audio = FILES[kind]()
    written = with_tempo_and_key(audio, kind, 127.6, "F#m")
    tags = read_tags(written)
    assert tags.musical_key == "F#m"
    assert tags.bpm == (127.6 if kind in ("flac", "vorbis") else 128)
    assert others(written) == others(audio)
    assert sound_digest(written) == sound_digest(audio)
    assert with_tempo_and_key(written, kind, 90, "C") == written


@pytest.mark.parametrize("version", [3, 4])
def test_every_other_frame_of_id3_stays_byte_for_byte(version: int) -> None:
    audio = mp3(version)
    written = with_tempo_and_key(audio, "it", 100, "C")
    assert len(written) == len(audio)
    frames = audio[10 : audio.index(b"\0" * 1024)]
    assert frames in written
    assert written.endswith(encoded(tune(1))[-5000:])


def test_what_the_tags_say_stays() -> None:
    written = with_tempo_and_key(mp3(TBPM="97"), "it", 128, "Am")
    assert (read_tags(written).bpm, read_tags(written).musical_key) == (97, "Am")
    written = with_tempo_and_key(mp3(TKEY="8A"), "it", 128, "F")
    assert (read_tags(written).bpm, read_tags(written).musical_key) == (128, "Am")


def test_a_tempo_of_zero_says_nothing_and_is_replaced() -> None:
    written = with_tempo_and_key(mp3(TBPM="0"), "it", 128, None)
    assert [frame.text for frame in ID3(io.BytesIO(written)).getall("TBPM")] == [["128"]]


def test_a_text_that_is_not_understood_stays_and_the_file_is_refused() -> None:
    with pytest.raises(TrackError, match="would not say it"):
        with_tempo_and_key(mp3(TKEY="between keys"), "it", None, "Am")


def test_a_tag_without_a_key_gets_only_what_was_heard() -> None:
    written = with_tempo_and_key(flac(), "it", None, "Ebm")
    assert (read_tags(written).bpm, read_tags(written).musical_key) == (None, "Ebm")


def test_formats_that_are_not_written_are_refused() -> None:
    with pytest.raises(TrackError, match="not written: audio/wav"):
        with_tempo_and_key(encoded(tune(1), "WAV"), "song.wav", 100, "C")


def test_an_old_tag_of_three_letter_frames_is_refused() -> None:
    file = io.BytesIO(encoded(tune(1)))
    old = b"TT2\0\0\x05\0Song"
    audio = b"ID3\2\0\0\0\0\0" + bytes([len(old)]) + old + file.getvalue()
    with pytest.raises(TrackError, match="unusual form"):
        with_tempo_and_key(audio, "it", 100, "C")


@pytest.mark.parametrize("kind", FILES)
def test_a_written_file_is_decoded_to_the_same_samples(kind: str) -> None:
    audio = FILES[kind]()
    written = with_tempo_and_key(audio, kind, 100, "C")
    assert np.array_equal(decode(written, 12_000), decode(audio, 12_000))
