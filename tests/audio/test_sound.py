"""The sound of a file: the same whatever its tags say, and another one for other audio."""

import io
from collections.abc import Callable
from pathlib import Path

import av
import mutagen
import mutagen.aiff
import mutagen.apev2
import mutagen.asf
import mutagen.id3
import mutagen.wave
import numpy as np
import pytest

from spotrec.audio.sound import sound_digest
from support.music import encoded, tune

RATE_HZ = 44_100


def muxed(seed: int, container: str, codec: str, **metadata: str) -> bytes:
    """A tune in a container that only FFmpeg writes."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        output.metadata.update(metadata)
        stream = output.add_stream(codec, rate=RATE_HZ)
        assert isinstance(stream, av.AudioStream)
        stream.layout, stream.bit_rate = "mono", 96_000
        samples = tune(seed, rate=RATE_HZ).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="mono")
        frame.sample_rate = RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            output.mux(packet)
    return file.getvalue()


def with_vorbis_comments(path: Path, text: str) -> None:
    file = mutagen.File(path)
    file["title"] = text
    file.save()


def with_id3(path: Path, text: str) -> None:
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TIT2(text=[text]))
    tags.add(mutagen.id3.APIC(mime="image/png", data=text.encode()))
    tags.save(path, v1=2)


def with_id3_in_chunks(path: Path, text: str) -> None:
    file = (mutagen.wave.WAVE if path.read_bytes()[:4] == b"RIFF" else mutagen.aiff.AIFF)(path)
    if file.tags is None:
        file.add_tags()
    file.tags.add(mutagen.id3.TIT2(text=[text]))
    file.save()


def with_ape(path: Path, text: str) -> None:
    tags = mutagen.apev2.APEv2()
    tags["Title"] = text
    tags.save(path)


def with_atoms(path: Path, text: str) -> None:
    file = mutagen.File(path)
    file["\xa9nam"] = [text]
    file.save()


def with_asf(path: Path, text: str) -> None:
    file = mutagen.asf.ASF(path)
    file["Title"] = [text]
    file.save()


FORMATS: dict[str, tuple[Callable[[int], bytes], Callable[[Path, str], None]]] = {
    "flac": (lambda n: encoded(tune(n), "FLAC"), with_vorbis_comments),
    "ogg": (lambda n: encoded(tune(n), "OGG"), with_vorbis_comments),
    "mp3": (lambda n: encoded(tune(n), "MP3"), with_id3),
    "mp3 with APE": (lambda n: encoded(tune(n), "MP3"), with_ape),
    "wav": (lambda n: encoded(tune(n), "WAV"), with_id3_in_chunks),
    "aiff": (lambda n: encoded(tune(n), "AIFF"), with_id3_in_chunks),
    "m4a": (lambda n: muxed(n, "ipod", "aac"), with_atoms),
    "wma": (lambda n: muxed(n, "asf", "wmav2"), with_asf),
    "flac with ID3": (lambda n: encoded(tune(n), "FLAC"), with_id3),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_edited_tags_do_not_change_the_sound(kind: str, tmp_path: Path) -> None:
    make, tag = FORMATS[kind]
    path = tmp_path / "file"
    path.write_bytes(make(1))
    sounds = {sound_digest(path.read_bytes())}
    for text in ("A", "Another Title " * 700, ""):
        tag(path, text)
        sounds.add(sound_digest(path.read_bytes()))
    assert len(sounds) == 1
    assert sound_digest(make(2)) not in sounds


def test_the_tags_of_matroska_do_not_change_the_sound() -> None:
    sounds = {sound_digest(muxed(1, "matroska", "aac", title=title)) for title in ("A", "Another Title" * 500)}
    assert len(sounds) == 1
    assert sound_digest(muxed(2, "matroska", "aac")) not in sounds


@pytest.mark.parametrize("n_bytes", [0, 1, 1000, 0xFFFFFFFF])
def test_files_whose_length_lies_are_equal_only_if_all_their_audio_is(n_bytes: int) -> None:
    """Programs that write to a pipe do not know the length; the files may begin alike."""
    ends = [np.concatenate([np.zeros(22_050, np.float32), tune(n)]) for n in (1, 2)]
    files = [bytearray(encoded(end, "WAV")) for end in ends]
    for file in files:
        at = file.index(b"data") + 4
        file[at : at + 4] = n_bytes.to_bytes(4, "little")
    assert sound_digest(bytes(files[0])) != sound_digest(bytes(files[1]))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_that_is_cut_anywhere_has_a_sound(kind: str) -> None:
    audio = FORMATS[kind][0](1)
    for n_bytes in (0, 1, 4, 11, 12, 13, 40, 100, 500, len(audio) // 2, len(audio) - 1):
        assert len(sound_digest(audio[:n_bytes])) == 64


def test_a_file_of_a_few_bytes_of_a_tag_has_a_digest() -> None:
    assert sound_digest(b"APETAGEX") != sound_digest(b"TAG")
