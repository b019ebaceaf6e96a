"""Lists in encodings of before Unicode: what is read, what a person is told of a guess, and how to say it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.languages import table
from support.music import encoded, tune

Run = Callable[..., Any]


@pytest.fixture
def names(tmp_path: Path) -> Callable[[], set[str]]:
    """The names of all stored tracks."""

    def names_() -> set[str]:
        with FeatureStore(tmp_path / "home" / "data" / "spotrec.db", create=False) as store:
            return {
                track.name
                for track in store.tracks.get_many(row[0] for row in store.rows("select id from track")).values()
            }

    return names_


Names = Callable[[], set[str]]


@pytest.mark.parametrize(
    ("language", "encoding", "told"),
    [
        ("Russian", "cp1251", "Windows-1251 (Cyrillic)"),
        ("Polish", "cp1250", "Windows-1250 (Central European)"),
        ("French", "cp1252", "Windows-1252 (Western European)"),
        ("French", "mac_roman", "Mac Roman (Western European)"),
        ("Japanese", "cp932", "Shift_JIS (Japanese)"),
        ("Korean", "cp949", "EUC-KR (Korean)"),
        ("Simplified Chinese", "gb18030", "GB18030 (Simplified Chinese)"),
        ("Traditional Chinese", "big5", "Big5 (Traditional Chinese)"),
    ],
)
def test_a_table_is_read_and_its_encoding_told(
    spotrec: Run, tmp_path: Path, names: Names, language: str, encoding: str, told: str
) -> None:
    text = table(language, 10)
    (tmp_path / "list.csv").write_bytes(text.encode(encoding))
    report = json.loads(spotrec("crawl", tmp_path / "list.csv", "--json", code=3).stdout)
    assert report["notices"] == [
        f"list.csv is not Unicode; it was read as {told}: if names look wrong, give another `encoding`"
    ]
    before = names()
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    again = json.loads(spotrec("crawl", tmp_path / "list.csv", "--json", code=3).stdout)
    assert (names(), again["new"], again["notices"]) == (before, 0, [])


def test_the_hint_names_the_option_and_the_option_works(spotrec: Run, tmp_path: Path, names: Names) -> None:
    (tmp_path / "one.csv").write_bytes("artist,title\nVama,Dacă ploaia\n".encode("cp1250"))
    said = spotrec("crawl", tmp_path / "one.csv", code=3).stderr
    assert (
        "read as Windows-1252 (Western European), which is not certain: if names look wrong, give another --encoding"
        in (" ".join(said.split()))
    )
    assert names() == {"Vama – Dacã ploaia"}
    said = spotrec("crawl", tmp_path / "one.csv", "--encoding", "windows-1250", code=3).stderr
    assert "Unicode" not in said
    assert "Vama – Dacă ploaia" in names()


def test_an_encoding_that_is_wrong_or_unknown_is_told(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"title,artist\nx,y\n\x98,z\n")
    said = " ".join(spotrec("crawl", tmp_path / "list.csv", "--encoding", "cp1251", code=2).stderr.split())
    assert "is not in Windows-1251 (Cyrillic): see its line 3" in said
    assert "give another --encoding, or none" in said
    said = spotrec("crawl", tmp_path / "list.csv", "--encoding", "klingon", code=2).stderr
    assert "windows-1251, shift_jis or utf-8" in " ".join(said.split())


def test_files_prove_the_encoding_and_nothing_is_told(spotrec: Run, tmp_path: Path) -> None:
    name = "Dacă ploaia.mp3"  # as Windows-1252 it is read “Dacã ploaia”
    (tmp_path / name).write_bytes(encoded(tune(1)))
    for list_, text in (
        ("l.m3u", f"{name}\r\n"),
        ("l.pls", f"[playlist]\nFile1={name}\n"),
        ("l.cue", f'FILE "{name}" MP3\n'),
    ):
        (tmp_path / list_).write_bytes(text.encode("cp1250"))
        report = json.loads(spotrec("crawl", tmp_path / list_, "--json").stdout)
        assert (report["with_audio"], report["notices"]) == (1, [])


def test_files_prove_the_encoding_of_the_names_of_others(spotrec: Run, tmp_path: Path, names: Names) -> None:
    (tmp_path / "Dacă.mp3").write_bytes(encoded(tune(1)))
    cue = 'PERFORMER "Vama"\nFILE "Dacă.wav" WAVE\nFILE "Ploaia.wav" WAVE\n TRACK 01 AUDIO\n TITLE "Fără tine"\n'
    (tmp_path / "list.cue").write_bytes(cue.encode("cp1250"))
    assert json.loads(spotrec("crawl", tmp_path / "list.cue", "--json", code=3).stdout)["seen"] == 2
    assert "Vama – Fără tine" in names()


@pytest.mark.parametrize(
    ("suffix", "head", "entry"),
    [
        (".zpl", '<?zpl version="2.0"?><smil><body><seq>', '<media src="x.mp3" trackTitle="{}" trackArtist="{}"/>'),
        (".xspf", "<playlist><trackList>", "<track><title>{}</title><creator>{}</creator></track>"),
        (".xml", "<DJ_PLAYLISTS><COLLECTION>", '<TRACK Name="{}" Artist="{}"/>'),
        (
            ".json",
            '[{"msPlayed": 1, "trackName": "", "artistName": ""}',
            ', {{"msPlayed": 9, "trackName": "{}", "artistName": "{}"}}',
        ),
    ],
)
def test_xml_and_json_that_are_not_unicode_are_guessed_too(
    spotrec: Run, tmp_path: Path, names: Names, suffix: str, head: str, entry: str
) -> None:
    tails = {
        ".zpl": "</seq></body></smil>",
        ".xspf": "</trackList></playlist>",
        ".xml": "</COLLECTION></DJ_PLAYLISTS>",
        ".json": "]",
    }
    text = head + entry.format("Группа крови", "Кино") + entry.format("Звезда по имени Солнце", "Кино") + tails[suffix]
    (tmp_path / f"list{suffix}").write_bytes(text.encode("cp1251"))
    report = json.loads(spotrec("crawl", tmp_path / f"list{suffix}", "--json", code=3).stdout)
    assert names() == {"Кино – Группа крови", "Кино – Звезда по имени Солнце"}
    assert any("read as Windows-1251 (Cyrillic)" in notice for notice in report["notices"])


@pytest.mark.parametrize("encoding", ["shift_jis", "gb2312", "euc-kr", "big5", "koi8-r"])
def test_xml_may_declare_any_encoding(spotrec: Run, tmp_path: Path, names: Names, encoding: str) -> None:
    text = {"koi8-r": "Группа", "euc-kr": "사랑"}.get(encoding, "日本")
    track = f"<track><title>{text}</title><creator>A</creator></track>"
    xml = f'<?xml version="1.0" encoding="{encoding}"?>\n<playlist><trackList>{track}</trackList></playlist>'
    (tmp_path / "list.xspf").write_bytes(xml.encode(encoding))
    assert json.loads(spotrec("crawl", tmp_path / "list.xspf", "--json", code=3).stdout)["notices"] == []
    assert names() == {f"A – {text}"}


def test_labels_tell_their_encoding(spotrec: Run, tmp_path: Path, names: Names) -> None:
    (tmp_path / "music").mkdir()
    for n in (1, 2):
        (tmp_path / "music" / f"{n}.mp3").write_bytes(encoded(tune(n)))
    labels = "file,title,artist\n1.mp3,Группа крови,Кино\n2.mp3,Звезда по имени Солнце,Кино\n"
    (tmp_path / "labels.csv").write_bytes(labels.encode("cp1251"))
    report = json.loads(spotrec("crawl", tmp_path / "music", "--labels", tmp_path / "labels.csv", "--json").stdout)
    assert "labels.csv is not Unicode; it was read as Windows-1251 (Cyrillic)" in report["notices"][0]
    assert names() == {"Кино – Группа крови", "Кино – Звезда по имени Солнце"}
