"""Audio is recognised by its content, and whatever its tags hold is one printable line or nothing."""

import io
import json
import zipfile

import mutagen.aiff
import mutagen.flac
import mutagen.id3
import mutagen.mp3
import mutagen.wave
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.audio.decode import decode
from spotrec.audio.tags import AudioTags, parse_isrc, read_tags
from spotrec.errors import ExitCode, Reason, TrackError
from support.music import encoded, tune

CONTENT_TYPES = {"flac": "audio/flac", "ogg": "audio/ogg", "mp3": "audio/mpeg", "m4a": "audio/mp4"}

# bytes to change (beginnings hold the headers), and where to cut
changes = st.lists(
    st.tuples(st.integers(0, 300) | st.integers(0, 40_000), st.sampled_from([0, 127, 128, 255]) | st.integers(0, 255)),
    max_size=12,
)
cuts = st.none() | st.integers(1, 300) | st.integers(300, 40_000)


def damaged(audio: bytes, changed: list[tuple[int, int]], kept: int | None) -> bytes:
    content = bytearray(audio[:kept])
    for position, value in changed:
        content[position % len(content)] = value
    return bytes(content)


def a_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("song.mp3", encoded(tune(1, seconds=1)))
    return file.getvalue()


@pytest.mark.parametrize("kind", sorted(CONTENT_TYPES))
def test_tags_are_read_alike_from_every_kind(tagged: dict[str, bytes], kind: str) -> None:
    tags = read_tags(tagged[kind])
    assert tags.content_type == CONTENT_TYPES[kind]
    assert tags.duration_s == pytest.approx(4, abs=0.15)
    assert tags.title == "Jóga"
    assert tags.artists == ("Björk", "Someone")
    assert tags.album == "Homogenic"
    assert tags.isrc == "GBBBM9700006"
    assert tags.release_date == "1997-09-15"
    assert (tags.genre, tags.mood, tags.bpm, tags.musical_key) == ("Electronic; Trip Hop", "calm", 84, "C#m")


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("WAV", "audio/wav"), ("AIFF", "audio/aiff"), ("CAF", "audio/x-caf"), ("MP3", "audio/mpeg"), ("OGG", "audio/ogg")],
)
def test_audio_without_tags_has_a_kind_and_no_words(kind: str, content_type: str) -> None:
    tags = read_tags(encoded(tune(1, seconds=1), kind))
    assert tags == AudioTags(content_type, duration_s=tags.duration_s, stated_s=tags.stated_s)
    assert tags.duration_s is None or tags.duration_s == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("kind", "reader"), [("WAV", mutagen.wave.WAVE), ("AIFF", mutagen.aiff.AIFF)])
def test_id3_within_wav_and_aiff_is_read(kind: str, reader: type) -> None:
    file = io.BytesIO(encoded(tune(1, seconds=1), kind))
    audio = reader(file)
    audio.add_tags()
    audio.tags.add(mutagen.id3.TIT2(encoding=3, text="Title"))
    file.seek(0)
    audio.save(file)
    assert read_tags(file.getvalue()).title == "Title"


def test_webm_has_a_kind_though_its_tags_are_not_read() -> None:
    assert read_tags(b"\x1a\x45\xdf\xa3" + bytes(100)) == AudioTags("audio/webm")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"Song list\n1. Halo\n",
        "Ein Lied für Björk".encode(),
        b"<!DOCTYPE html><html><body>429 Too Many Requests</body></html>",
        json.dumps({"error": {"code": 4, "message": "Quota limit exceeded"}}).encode(),
        a_zip(),
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        b"\xff\xd8\xff\xe0JFIF",
        b"RIFF\x10\0\0\0AVI LIST",
        b"FORM\0\0\0\x10ILBM",
        b"ID3 is a format of tags, said the text file.\n" * 20,
        b"\xff\xfb",
        bytes(1000),
    ],
)
def test_what_is_no_audio_is_refused_by_its_content(content: bytes) -> None:
    for read in (lambda: read_tags(content, "song.mp3"), lambda: decode(content, 12_000, "song.mp3")):
        with pytest.raises(TrackError, match=r"song\.mp3 is not an audio file") as refused:
            read()
        assert refused.value.reason is Reason.NOT_AUDIO
        assert refused.value.exit_code == ExitCode.PARTIAL
        assert refused.value.hint


def test_tags_with_control_characters_become_one_printable_line() -> None:
    file = io.BytesIO(encoded(tune(1, seconds=1), "FLAC"))
    flac = mutagen.flac.FLAC(file)
    flac.update({"title": " A\n\x1b[31mred\x00 \u202ename ", "artist": ["\x07", "One\tTwo"], "album": "x" * 5000})
    file.seek(0)
    flac.save(file)
    tags = read_tags(file.getvalue())
    assert tags.title == "A [31mred name"
    assert tags.artists == ("One Two",)
    assert tags.album == "x" * 500


@pytest.mark.parametrize(
    ("version", "frames", "genre"),
    [
        (4, ["17", "Indie Pop"], "Rock; Indie Pop"),
        (3, ["(17)(131)"], "Rock; Indie"),
        (3, ["(255)"], None),
        (4, ["Rock/Pop; Soul, rock/pop"], "Rock/Pop; Soul"),
        (4, ["x" * 5000], "x" * 48),
    ],
)
def test_id3_may_number_its_genres(version: int, frames: list[str], genre: str | None) -> None:
    file = io.BytesIO(encoded(tune(1, seconds=1, rate=16_000), rate=16_000))
    mp3 = mutagen.mp3.MP3(file)
    mp3.add_tags()
    mp3.tags.add(mutagen.id3.TCON(encoding=3, text=frames))
    file.seek(0)
    mp3.save(file, v2_version=version)
    assert read_tags(file.getvalue()).genre == genre


def test_nonsense_about_a_sound_is_refused_quietly() -> None:
    file = io.BytesIO(encoded(tune(1, seconds=1), "FLAC"))
    flac = mutagen.flac.FLAC(file)
    flac.update({"genre": ["\x1b", "Unknown"], "bpm": ["inf", "-3"], "tempo": "97.5", "initialkey": "?", "key": "8A"})
    file.seek(0)
    flac.save(file)
    tags = read_tags(file.getvalue())
    assert (tags.genre, tags.mood, tags.bpm, tags.musical_key) == (None, None, 97.5, "Am")


def test_empty_tags_count_as_none() -> None:
    file = io.BytesIO(encoded(tune(1, seconds=1), "FLAC"))
    flac = mutagen.flac.FLAC(file)
    flac.update({"title": "", "artist": ["", " "], "isrc": "unknown"})
    file.seek(0)
    flac.save(file)
    tags = read_tags(file.getvalue())
    assert (tags.title, tags.artists, tags.isrc) == (None, (), None)


def test_an_mp3_whose_tag_is_cut_off_is_read_as_far_as_it_goes(tagged: dict[str, bytes]) -> None:
    mp3 = tagged["mp3"]
    unlimited = mp3[:6] + b"\x7f\x7f\x7f\x7f" + mp3[10:]  # a tag that claims 268 MB
    for content in (unlimited, mp3[:40]):
        try:
            assert read_tags(content).content_type == "audio/mpeg"
        except TrackError as error:
            assert error.reason is Reason.NOT_AUDIO


@pytest.mark.parametrize(
    ("text", "isrc"),
    [
        ("USRC17607839", "USRC17607839"),
        ("us-rc1-76-07839", "USRC17607839"),
        (" US RC1 76 07839\n", "USRC17607839"),
        ("QZES71982312", "QZES71982312"),
        ("GB-A1B-99-00001", "GBA1B9900001"),
        ("", None),
        ("unknown", None),
        ("USRC1760783", None),
        ("USRC176078399", None),
        ("U1RC17607839", None),
        ("USRC1760783X", None),
        ("USRC1760783٣", None),
        ("ISRC USRC17607839", None),
        ("000000000000", None),
        (None, None),
    ],
)
def test_an_isrc_is_twelve_characters_or_none(text: str | None, isrc: str | None) -> None:
    assert parse_isrc(text) == isrc


@given(st.text())
def test_any_text_is_an_isrc_in_its_plain_form_or_none(text: str) -> None:
    code = parse_isrc(text)
    assert code is None or (len(code) == 12 and code.isascii() and parse_isrc(code) == code)


@given(st.from_regex(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", fullmatch=True))
def test_an_isrc_may_be_written_with_hyphens_and_in_lower_case(code: str) -> None:
    assert parse_isrc(f"{code[:2]}-{code[2:5]}-{code[5:7]}-{code[7:]}".lower()) == code


@pytest.mark.parametrize("kind", sorted(CONTENT_TYPES))
@given(changed=changes, kept=cuts)
@settings(deadline=None, max_examples=120)
def test_tags_of_a_damaged_file_are_read_or_it_is_refused(
    tagged: dict[str, bytes], kind: str, changed: list[tuple[int, int]], kept: int | None
) -> None:
    try:
        tags = read_tags(damaged(tagged[kind], changed, kept), "song")
    except TrackError as error:
        assert error.reason is Reason.NOT_AUDIO
    else:
        assert all(text.isprintable() for text in (tags.title or "", tags.album or "", *tags.artists))
        assert tags.duration_s is None or tags.duration_s > 0


@pytest.mark.parametrize("kind", ["flac", "mp3", "m4a"])
@given(changed=changes, kept=cuts)
@settings(deadline=None, max_examples=120)
def test_a_damaged_file_is_heard_or_refused_with_a_reason(
    tagged: dict[str, bytes], kind: str, changed: list[tuple[int, int]], kept: int | None
) -> None:
    try:
        samples = decode(damaged(tagged[kind], changed, kept), 12_000, "song")
    except TrackError as error:
        assert error.reason in set(Reason)
        assert "song" in error.message
    else:
        assert samples.ndim == 1
        assert samples.size > 0


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_text_file_in_any_encoding_is_no_audio(encoding: str) -> None:
    with pytest.raises(TrackError) as refused:
        read_tags(("Playlist\r\n1. Halo\r\n" * 10).encode(encoding))
    assert refused.value.reason is Reason.NOT_AUDIO
