"""Tags of every format, as programs write them: what is said of a track arrives, wherever it stands."""

import io
import struct
import time
from collections.abc import Callable

import av
import mutagen.asf
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import mutagen.oggopus
import pytest

from spotrec.audio.decode import decode
from spotrec.audio.tags import AudioTags, read_tags
from spotrec.names.artists import split_at_slashes
from support.music import encoded, tune
from support.poison import as_wav, by_ffmpeg, id3, id3_frame, m4a, mp3, mp3_frames, syncsafe
from support.tag_files import (
    BOMBS,
    ape,
    caf,
    chunk,
    comment,
    element,
    id3v1,
    info_wav,
    matroska,
    ogg_with_comments,
    old_frame,
    simple_tag,
    text_frame,
)

Make = Callable[[], bytes]
WORDS = [("Title", "Jóga"), ("Artist", "Björk\0Someone"), ("Album", "Homogenic"), ("ISRC", "GB-BBM-97-00006")]
WORDS += [("Year", "1997-09-15"), ("Genre", "Electronic\0Trip Hop"), ("BPM", "84"), ("Key", "Dbm")]
SINGLE = [(key, text) for key, texts in WORDS for text in texts.split("\0")]
FRAMES = b"".join(
    text_frame(name, *text.split("\0"))
    for name, (_, text) in zip(["TIT2", "TPE1", "TALB", "TSRC", "TDRC", "TCON", "TBPM", "TKEY"], WORDS, strict=True)
)
V22_FRAMES = b"".join(
    name.encode() + struct.pack(">I", len(text) + 1)[1:] + b"\0" + text.encode("cp1252")
    for name, text in zip(
        ["TT2", "TP1", "TAL", "TRC", "TYE", "TDA", "TCO", "TBP", "TKE"],
        ("Jóga", "Björk/Someone", "Homogenic", "GBBBM9700006", "1997", "1509", "(52)Trip Hop", "84", "Dbm"),
        strict=True,
    )
)


def saved(kind: type, audio: bytes, **fields: object) -> bytes:
    file = io.BytesIO(audio)
    tags = kind(file)
    if tags.tags is None:
        tags.add_tags()
    for key, value in fields.items():
        tags[key] = value
    file.seek(0)
    tags.save(file)
    return file.getvalue()


def wma() -> bytes:
    fields = {"Title": "Jóga", "Author": ["Björk", "Someone"], "WM/AlbumTitle": "Homogenic", "WM/Year": "1997-09-15"}
    fields |= {"WM/ISRC": "GBBBM9700006", "WM/Genre": ["Electronic", "Trip Hop"], "WM/BeatsPerMinute": "84"}
    return saved(mutagen.asf.ASF, by_ffmpeg("asf", "wmav2"), **fields, **{"WM/InitialKey": "Dbm"})


def opus() -> bytes:
    fields = {"title": "Jóga", "artist": ["Björk", "Someone"], "album": "Homogenic", "date": "1997-09-15"}
    fields |= {"isrc": "GBBBM9700006", "genre": ["Electronic", "Trip Hop"], "bpm": "84", "initialkey": "Dbm"}
    return saved(mutagen.oggopus.OggOpus, by_ffmpeg("ogg", "libopus"), **fields)


def mka() -> bytes:
    names = {"Year": "DATE_RELEASED", "Key": "INITIAL_KEY"}
    tags = [simple_tag(names.get(key, key.upper()), text) for key, text in SINGLE]
    return matroska(element(0x1F43B675, bytes(5_000)), element(0x1254C367, element(0x7373, *tags)))


def wav_with_id3() -> bytes:
    return as_wav(tune(1)) + chunk(b"id3 ", id3(FRAMES))


COMPLETE: dict[str, Make] = {
    "mp3 with APEv2": lambda: mp3() + ape(WORDS),
    "mp3 with APEv2 before ID3v1": lambda: mp3() + ape(WORDS) + id3v1("x", "y", "z", "2001", 17),
    "mp3 with APEv2, Lyrics3 and ID3v1": lambda: (
        mp3() + ape(WORDS) + b"LYRICSBEGIN" + b"000011LYRICS200" + id3v1("", "", "", "", 255)
    ),
    "mp3 with ID3v2.2": lambda: id3(V22_FRAMES, 2) + mp3(),
    "mp3 with ID3v2.4": lambda: id3(FRAMES) + mp3(),
    "mp3 with ID3v2.4 at its end": lambda: (
        mp3_frames(5, 22_050) + _with_footer(FRAMES)
    ),
    "mp3 with two ID3v2 tags": lambda: id3(text_frame("TSSE", "LAME")) + id3(FRAMES) + mp3(),
    "wavpack": lambda: by_ffmpeg("wv", "wavpack") + ape(WORDS),
    "aac with ID3v2": lambda: id3(FRAMES) + by_ffmpeg("adts", "aac"),
    "aac with APEv2": lambda: by_ffmpeg("adts", "aac") + ape(WORDS),
    "flac with ID3v2 only": lambda: id3(FRAMES) + encoded(tune(1), "FLAC"),
    "wav with ID3v2": wav_with_id3,
    "wma": wma,
    "opus": opus,
    "mka": mka,
}  # fmt: skip


def _with_footer(frames: bytes) -> bytes:
    header = bytes((4, 0, 0x10)) + syncsafe(len(frames))
    return b"ID3" + header + frames + b"3DI" + header


@pytest.mark.parametrize("name", COMPLETE)
def test_tags_of_every_format_say_the_same(name: str) -> None:
    tags = read_tags(COMPLETE[name]())
    assert (tags.title, tags.artists, tags.album) == ("Jóga", ("Björk", "Someone"), "Homogenic")
    assert (tags.isrc, tags.release_date) == ("GBBBM9700006", "1997-09-15")
    assert (tags.genre, tags.bpm, tags.musical_key) == ("Electronic; Trip Hop", 84, "C#m")


@pytest.mark.parametrize("name", [name for name in COMPLETE if name != "mka"])
def test_tags_of_every_format_leave_the_audio_as_it_is(name: str) -> None:
    assert decode(COMPLETE[name](), 22_050).size > 4.5 * 22_050


def words(tags: AudioTags) -> tuple[str | None, tuple[str, ...], str | None, str | None]:
    return tags.title, tags.artists, tags.album, tags.release_date


def test_a_wav_says_its_words_in_info_chunks_in_either_encoding() -> None:
    texts = [("INAM", "Don’t Stop"), ("IART", "Björk"), ("IPRD", "Álbum"), ("ICRD", "1999"), ("IGNR", "Rock")]
    for encoding in ("utf-8", "cp1252"):
        tags = read_tags(info_wav(texts, encoding))
        assert words(tags) == ("Don’t Stop", ("Björk",), "Álbum", "1999")
        assert (tags.genre, tags.duration_s) == ("Rock", 5)


def test_id3_in_a_wav_says_more_than_its_info_chunks() -> None:
    audio = info_wav([("INAM", "A title that is cut o"), ("IPRD", "Album")]) + chunk(b"ID3 ", id3(FRAMES[:30]))
    assert words(read_tags(audio))[:3:2] == ("Jóga", "Album")


def test_an_aiff_says_its_words_in_chunks() -> None:
    audio = encoded(tune(1), "AIFF") + chunk(b"NAME", "Jóga".encode(), ">") + chunk(b"AUTH", "Björk".encode(), ">")
    assert words(read_tags(audio)) == ("Jóga", ("Björk",), None, None)


def test_a_core_audio_file_says_its_words_in_strings() -> None:
    tags = read_tags(caf([("title", "Jóga"), ("artist", "Björk"), ("album", "H"), ("year", "1997"), ("tempo", "84.5")]))
    assert words(tags) == ("Jóga", ("Björk",), "H", "1997")
    assert tags.bpm == 84.5


@pytest.mark.parametrize(("container", "codec"), [("matroska", "libopus"), ("webm", "libopus"), ("asf", "wmav2")])
def test_words_that_ffmpeg_writes_are_read(container: str, codec: str) -> None:
    copy = io.BytesIO()
    with (
        av.open(io.BytesIO(by_ffmpeg(container, codec)), "r") as source,
        av.open(copy, "w", format=container) as target,
    ):
        stream = target.add_stream_from_template(source.streams.audio[0])
        target.metadata.update({"title": "Jóga", "artist": "Björk", "album": "Homogenic", "date": "1997"})
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    tags = read_tags(copy.getvalue())
    assert words(tags)[:3] == ("Jóga", ("Björk",), "Homogenic")
    assert tags.duration_s == pytest.approx(5, abs=0.1)


def test_what_matroska_says_of_an_album_is_not_said_of_its_track() -> None:
    def tag(level: int, *tags: bytes) -> bytes:
        return element(0x7373, element(0x63C0, element(0x68CA, bytes([level]))), *tags)

    album = tag(50, simple_tag("TITLE", "Homogenic"), simple_tag("ARTIST", "Various"))
    track = tag(30, simple_tag("TITLE", "Jóga"), simple_tag("ARTIST", "Björk"))
    chapter = element(0x7373, element(0x63C0, element(0x63C4, b"\1")), simple_tag("TITLE", "Intro"))
    assert words(read_tags(matroska(element(0x1254C367, chapter, album, track)))) == (
        "Jóga",
        ("Björk",),
        "Homogenic",
        None,
    )
    info = element(0x1549A966, element(0x7BA9, b"Named"), element(0x4489, struct.pack(">d", 5_000.0)))
    assert (read_tags(matroska(info)).title, read_tags(matroska(info)).duration_s) == ("Named", 5)


def test_mp4_may_number_its_genre_and_name_the_isrc_in_the_sellers_id() -> None:
    file = io.BytesIO(m4a())
    tags = mutagen.mp4.MP4(file)
    tags["xid "] = "Label:isrc:GBBBM9700006"
    file.seek(0)
    tags.save(file)
    audio = file.getvalue()
    at = audio.index(b"xid ") - 4
    genre = struct.pack(">I4sI4sIIH", 26, b"gnre", 18, b"data", 0, 0, 18)
    found = read_tags(audio)
    assert found.isrc == "GBBBM9700006"
    size = int.from_bytes(audio[at : at + 4], "big")
    padded = audio[:at] + genre + struct.pack(">I4s", size - 26, b"free") + bytes(size - 34) + audio[at + size :]
    assert len(padded) == len(audio)
    assert read_tags(padded).genre == "Rock"


# ---- ID3 as programs write it


def test_sizes_that_itunes_wrote_into_id3v2_4_are_read() -> None:
    picture = b"APIC" + struct.pack(">IH", 20_001, 0) + b"\0image/jpeg\0\3\0" + bytes(20_001 - 14)
    tag = id3(picture + old_frame("TIT2", "Right Title") + old_frame("TPE1", "Right Artist"))
    assert words(read_tags(tag + mp3()))[:2] == ("Right Title", ("Right Artist",))


def test_a_whole_tag_may_be_unsynchronised_in_id3v2_4() -> None:
    def frame(name: bytes, text: str) -> bytes:
        return id3_frame(name, (b"\1" + text.encode("utf-16")).replace(b"\xff", b"\xff\0"))

    tag = bytearray(id3(frame(b"TIT2", "Jóga ÿ") + frame(b"TPE1", "Björk")))
    tag[5] = 0x80
    assert words(read_tags(bytes(tag) + mp3()))[:2] == ("Jóga ÿ", ("Björk",))


def test_a_whole_tag_may_be_unsynchronised_as_in_id3v2_3() -> None:
    frames = id3_frame(b"TIT2", b"\1" + "Jóga".encode("utf-16")) + text_frame("TPE1", "Björk")
    stored = frames.replace(b"\xff", b"\xff\0")
    tag = b"ID3\4\0\x80" + syncsafe(len(stored)) + stored
    assert words(read_tags(tag + mp3()))[:2] == ("Jóga", ("Björk",))


@pytest.mark.parametrize("version", [3, 4])
def test_an_extended_header_that_is_announced_and_not_written_costs_nothing(version: int) -> None:
    tag = bytearray(id3(old_frame("TIT2", "Jóga"), version))
    tag[5] = 0x40
    assert read_tags(bytes(tag) + mp3()).title == "Jóga"


def test_words_that_only_id3v1_has_complete_those_of_id3v2() -> None:
    audio = id3(text_frame("TIT2", "A title of more than thirty letters")) + mp3()
    audio += id3v1("A title of more than thirty le", "Beyoncé", "Album", "1999", 17)
    tags = read_tags(audio)
    assert words(tags) == ("A title of more than thirty letters", ("Beyoncé",), "Album", "1999")
    assert tags.genre == "Rock"


@pytest.mark.parametrize("version", [2, 3, 4])
def test_what_ffmpeg_writes_under_names_of_its_own_into_id3_is_read(version: int) -> None:
    texts = [("ISRC", "GBAAA9700001"), ("bpm", "97,5"), ("INITIALKEY", "8A"), ("ISRC", "no code")]
    frames = b"".join(
        (
            b"TXX" + (len(content)).to_bytes(3, "big") + content
            if version == 2
            else id3_frame(b"TXXX", content)  # short sizes are the same in both versions
        )
        for content in [b"\1" + f"{name}\0".encode("utf-16") + text.encode("utf-16") for name, text in texts]
    )
    audio = bytearray(id3(frames) + mp3())
    audio[3] = version
    tags = read_tags(bytes(audio))
    assert (tags.isrc, tags.bpm, tags.musical_key) == ("GBAAA9700001", 97.5, "Am")


def test_names_of_id3_that_ffmpeg_copies_into_other_files_are_read() -> None:
    comments = b"".join(map(comment, ["TSRC=GBAAA9700001", "TBPM=120", "TKEY=Am"]))
    tags = read_tags(ogg_with_comments(comments, 3))
    assert (tags.isrc, tags.bpm, tags.musical_key) == ("GBAAA9700001", 120, "Am")


def test_a_small_compressed_frame_is_read_and_an_encrypted_one_is_not() -> None:
    import zlib

    packed = id3_frame(b"TIT2", syncsafe(6) + zlib.compress(b"\3J\xc3\xb3ga"), 0x09)
    encrypted = id3_frame(b"TPE1", b"\x01\3secret", 0x04)
    tags = read_tags(id3(packed + encrypted) + mp3())
    assert words(tags)[:2] == ("Jóga", ())


def test_latin_1_that_is_windows_1252_or_utf_8_is_read_as_what_it_is() -> None:
    for text in ("Don’t Stop… Cœur", "Don’t".encode().decode("utf-8")):
        for encoding in ("cp1252", "utf-8"):
            frame = id3_frame(b"TIT2", b"\0" + text.encode(encoding))
            assert read_tags(id3(frame) + mp3()).title == text


@pytest.mark.parametrize("flag", [0, 1, 2, 3])
@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("end", ["", "\0"])
def test_utf_16_is_read_whatever_a_frame_says_of_its_encoding(flag: int, order: str, mark: bool, end: str) -> None:
    def frame(name: bytes, text: str) -> bytes:
        return id3_frame(name, bytes([flag]) + (("\ufeff" if mark else "") + text + end).encode(order))

    tags = read_tags(id3(frame(b"TIT2", "Für Elise") + frame(b"TPE1", "Björk")) + mp3())
    assert (tags.title, tags.artists) == ("Für Elise", ("Björk",))


def test_single_letters_as_names_are_no_utf_16() -> None:
    assert read_tags(id3(id3_frame(b"TPE1", b"\0A\0B\0C")) + mp3()).artists == ("A", "B", "C")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_info_chunks_may_be_in_utf_16(encoding: str) -> None:
    tags = read_tags(info_wav([("INAM", "Right Title"), ("IART", "Right Artist")], encoding))
    assert (tags.title, tags.artists) == ("Right Title", ("Right Artist",))


@pytest.mark.parametrize("after", [b"", id3v1("Right", "Right Artist", "", "1999", 17)])
@pytest.mark.parametrize("audio", [mp3, lambda: encoded(tune(1), "WAV")], ids=["mp3", "wav"])
def test_an_id3_tag_at_the_end_may_lack_its_footer(audio: Callable[[], bytes], after: bytes) -> None:
    assert read_tags(audio() + id3(text_frame("TIT2", "Right Title")) + after).title == "Right Title"


def test_a_year_of_zeros_is_no_date() -> None:
    assert read_tags(id3(text_frame("TDRC", "0000")) + mp3()).release_date is None


def test_names_of_version_2_2_in_a_tag_of_version_2_3_are_read() -> None:
    assert read_tags(id3(old_frame("TT2\0", "Jóga"), 3) + mp3()).title == "Jóga"


@pytest.mark.parametrize(
    ("text", "artists"),
    [
        ("Queen/David Bowie", ["Queen", "David Bowie"]),
        ("First Artist / Second Artist", ["First Artist", "Second Artist"]),
        ("U2/Coldplay", ["U2", "Coldplay"]),
        ("AC/DC", ["AC/DC"]),
        ("ac/dc", ["ac/dc"]),
        ("M/A/R/R/S", ["M/A/R/R/S"]),
        ("22/7", ["22/7"]),
        ("Smith/Kotzen", ["Smith/Kotzen"]),
        ("Björk", ["Björk"]),
        ("/", ["/"]),
    ],
)
def test_a_slash_separates_artists_unless_it_is_part_of_a_name(text: str, artists: list[str]) -> None:
    assert split_at_slashes(text) == artists


@pytest.mark.parametrize(("version", "n"), [(3, 2), (4, 1)])
def test_a_slash_separates_artists_before_id3v2_4(version: int, n: int) -> None:
    tag = id3(old_frame("TPE1", "Queen/David Bowie"), version)
    assert len(read_tags(tag + mp3()).artists) == n


# ---- broken and hostile


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_of_nothing_but_tags_costs_a_moment(name: str) -> None:
    bomb = BOMBS[name]()
    start = time.process_time()
    tags = read_tags(bomb)
    assert time.process_time() - start < 3, "what it cost before: minutes and gigabytes"
    assert len(tags.artists) <= 64


@pytest.mark.parametrize("name", [*COMPLETE, "caf", "info"])
def test_tags_cut_anywhere_are_read_as_far_as_they_go(name: str) -> None:
    audio = caf(SINGLE) if name == "caf" else info_wav([("INAM", "Jóga")]) if name == "info" else COMPLETE[name]()
    for start in range(0, 200, 7):
        assert read_tags(audio[: len(audio) - start]).content_type
    head = audio[:3_000]
    for at in range(16, len(head), 37):
        for value in (0, 0x7F, 0xFF):
            broken = head[:at] + bytes([value]) + head[at + 1 :]
            assert read_tags(broken + audio[3_000:]).content_type == read_tags(audio).content_type


def test_a_long_text_between_short_ones_is_passed_over() -> None:
    comments = comment("TITLE=Jóga") + comment("METADATA_BLOCK_PICTURE=" + "A" * 3_000_000) + comment("artist=Björk")
    assert words(read_tags(ogg_with_comments(comments, 3)))[:2] == ("Jóga", ("Björk",))
