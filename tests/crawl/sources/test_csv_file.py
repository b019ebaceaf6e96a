"""Crawling tables that export tools and people write, through the real command."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.crawl.sources.csv_file import CsvSource
from spotrec.errors import SpotrecError
from spotrec.store import FeatureStore
from spotrec.track import Track
from support.music import encoded, tune
from support.servers import FakeDeezer, FakeSpotify, spotify_id

Run = Callable[..., Any]
PREVIEW = encoded(tune(1))
URI = f"spotify:track:{spotify_id(1)}"
ISRC = "GBAYE0000001"

EXPORTIFY = (
    '"Track URI","Track Name","Artist URI(s)","Artist Name(s)","Album URI","Album Name","Album Artist URI(s)",'
    '"Album Artist Name(s)","Album Release Date","Album Image URL","Disc Number","Track Number","Track Duration (ms)",'
    '"Track Preview URL","Explicit","Popularity","ISRC","Added By","Added At"\n'
)
EXPORTIFY_ROW = (
    f'"{URI}","See You Again","spotify:artist:x, spotify:artist:y","Tyler\\, The Creator, Kali Uchis",'
    '"spotify:album:z","Flower Boy","spotify:artist:x","Tyler\\, The Creator","2017-07-21","https://i.scdn.co/image/1",'
    f'"1","2","180386","https://p.scdn.co/mp3-preview/1","true","90","{ISRC}","spotify:user:me","2020-01-01"\n'
)
TRANSLATED = (
    '"URI der Spur","Spurname","Künstler-URI(s)","Künstlername(n)","Album-URI","Albumname","a","b","c","d","e","f",'
    '"Dauer (ms)","g","h","i","j","k","l"\n'
)


def crawled(spotrec: Run, *arguments: object, code: int | None = 3, **options: Any) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code, **options).stdout)
    return report


@pytest.fixture
def read(
    spotrec: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | bytes], list[Track]]:
    """What the store holds once a CSV was crawled, in the CSV's order. Nobody is asked for previews."""
    monkeypatch.setenv("SPOTREC_PROVIDERS", "spotify")

    def read_(content: str | bytes) -> list[Track]:
        path = tmp_path / "list.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        crawled(spotrec, path)
        with FeatureStore(home / "data" / "spotrec.db") as store:
            rows = store.rows("select track_id from collection_track order by position")
            return [track for row in rows if (track := store.tracks.get(row[0]))]

    return read_


Read = Callable[[str | bytes], list[Track]]


def test_exportify_is_read_with_everything_in_it(read: Read) -> None:
    (track,) = read(EXPORTIFY + EXPORTIFY_ROW)
    assert track == Track(
        id=track.id,
        title="See You Again",
        artists=("Tyler, The Creator", "Kali Uchis"),
        album="Flower Boy",
        isrc=ISRC,
        duration_ms=180_386,
        release_date="2017-07-21",
        url=f"https://open.spotify.com/track/{spotify_id(1)}",
    )
    assert track.id == URI


def test_exportify_with_translated_headers_is_read_by_what_is_in_it(read: Read) -> None:
    (track,) = read(TRANSLATED + EXPORTIFY_ROW)
    assert (track.id, track.title, track.album, track.isrc) == (URI, "See You Again", "Flower Boy", ISRC)
    assert track.artists == ("Tyler, The Creator", "Kali Uchis")


@pytest.mark.parametrize(
    "header", ["Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms)", "ä,ö,ü,ß,é,è"]
)
def test_the_other_exportify_is_read_even_with_translated_headers(read: Read, header: str) -> None:
    (track,) = read(f"{header}\n{URI},Halo,I Am,Beyoncé,2008-11-14,261640\n")
    assert (track.id, track.title, track.album, track.artists) == (URI, "Halo", "I Am", ("Beyoncé",))


def test_tunemymusic_is_read_with_and_without_ids(read: Read) -> None:
    tracks = read(
        "Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id\n"
        f"One,A,LP,Mine,Playlist,,{spotify_id(1)}\n"
        "Two,B,LP,Mine,Playlist,gb-aye-00-00002,\n"
        "Three,C,LP,Mine,Playlist,,\n"
    )
    assert [track.id for track in tracks[:2]] == [URI, "isrc:GBAYE0000002"]
    assert tracks[2].id.startswith("name:")
    assert len(tracks[2].id) == 37
    assert tracks[2].artists == ("C",)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_delimiters_and_encodings_are_recognised(read: Read, delimiter: str, encoding: str) -> None:
    text = "title;artist;duration\r\nDéjà Vu;Beyoncé;4:00\r\n".replace(";", delimiter)
    (track,) = read(text.encode(encoding))
    assert (track.title, track.artists, track.duration_ms) == ("Déjà Vu", ("Beyoncé",), 240_000)


@pytest.mark.parametrize(
    ("header", "value", "ms"),
    [
        ("duration", "3:05", 185_000),
        ("duration", "1:02:03", 3_723_000),
        ("duration", "185", 185_000),
        ("duration", "185000", 185_000),
        ("Duration (ms)", "9000", 9_000),
        ("duration", "-5", None),
        ("duration", "nan", None),
        ("duration", "1e400", None),
        ("duration", "long", None),
        ("duration", "", None),
    ],
)
def test_durations_are_read_as_people_write_them(read: Read, header: str, value: str, ms: int | None) -> None:
    (track,) = read(f"title,artist,{header}\nHalo,Beyoncé,{value}\n")
    assert track.duration_ms == ms


@pytest.mark.parametrize(
    ("key", "mode", "musical_key"),
    [
        *(
            ("0", "1", "C"),
            ("9", "0", "Am"),
            ("6.0", "1.0", "F#"),
            ("-1", "0", None),
            ("9", "", None),
            ("12", "1", None),
        ),
        *(("Bbm", "", "Bbm"), ("4A", "x", "Fm"), ("?", "1", None)),
    ],
)
def test_exportify_tells_genres_tempo_and_key(read: Read, key: str, mode: str, musical_key: str | None) -> None:
    header = "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Genres,Key,Mode,Tempo"
    (track,) = read(f'{header}\n{URI},Halo,I Am,Beyoncé,2008-11-14,261640,"r&b,dance pop",{key},{mode},79.983\n')
    assert (track.genre, track.bpm, track.musical_key) == ("r&b; dance pop", 79.983, musical_key)


@pytest.mark.parametrize("tempo", ["0", "-1", "nan", "inf", "1e9", "fast", "9" * 1000])
def test_a_tempo_that_makes_no_sense_is_none(read: Read, tempo: str) -> None:
    (track,) = read(f"title,artist,bpm,mood\nHalo,Beyoncé,{tempo},\x07wild \n")
    assert (track.bpm, track.mood) == (None, "wild")


def test_a_table_without_a_header_is_read_where_it_holds_spotifys_uris(read: Read) -> None:
    (track,) = read(f"{URI},Halo,I Am,Beyoncé\n")
    assert (track.id, track.title, track.artists) == (URI, "Halo", ("Beyoncé",))


def test_quoted_cells_may_hold_delimiters_quotes_and_lines(read: Read) -> None:
    (track,) = read('title,artist,isrc\n"Hello, ""World""\nagain",A;B,\n')
    assert (track.title, track.artists) == ('Hello, "World" again', ("A", "B"))


def test_the_same_names_are_the_same_track_and_a_deezer_link_is_one(read: Read) -> None:
    tracks = read(
        "title,artist,url\nHalo,Beyoncé,\nHALO (Remastered 2011),beyonce,\nX,Y,https://www.deezer.com/de/track/3\n"
    )
    assert tracks[0].id == tracks[1].id
    assert tracks[2].id == "deezer:track:3"


def names(tracks: list[Track]) -> list[tuple[str, tuple[str, ...]]]:
    return [(track.title, track.artists) for track in tracks]


def test_blanks_may_stand_around_quotes(read: Read) -> None:
    content = 'TITLE, ARTIST\n"Les eaux de mars", "Stacey Kent"\n'
    content += ' "The Look of Love" ,\t"Diana Krall" \n"So, so", "Earth, Wind"\n'
    assert names(read(content)) == [
        ("Les eaux de mars", ("Stacey Kent",)),
        ("The Look of Love", ("Diana Krall",)),
        ("So, so", ("Earth, Wind",)),
    ]


def test_where_semicolons_separate_artists_a_comma_is_part_of_a_name(read: Read) -> None:
    header = "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms)\n"
    rows = [
        "Tusa,Tusa,KAROL G;Nicki Minaj",
        'EARFQUAKE,IGOR,"Tyler, The Creator;Playboi Carti"',
        'A,B,"Tyler, The Creator"',
    ]
    content = header + "".join(f"spotify:track:{spotify_id(n)},{row},2019,190000\n" for n, row in enumerate(rows))
    assert [track.artists for track in read(content)] == [
        ("KAROL G", "Nicki Minaj"),
        ("Tyler, The Creator", "Playboi Carti"),
        ("Tyler, The Creator",),
    ]


def test_a_comma_separates_artists_only_in_a_column_of_several_artists(read: Read) -> None:
    assert read('title,artists\nA,"B, C"\n')[0].artists == ("B", "C")
    assert read('title,artist\nSeptember,"Earth, Wind & Fire"\n')[0].artists == ("Earth, Wind & Fire",)


def test_every_artist_may_have_a_column(read: Read) -> None:
    content = "Video ID,Song Title,Album Title,Artist Name 1,Artist Name 2\nabc,Song,LP,A,B\nabd,Other,LP,C,\n"
    assert names(read(content)) == [("Song", ("A", "B")), ("Other", ("C",))]


@pytest.mark.parametrize(
    "row",
    [
        '"Heroes,David Bowie,Heroes',
        'Heroes,"David Bowie,Heroes',
        'Heroes,David Bowie,"Heroes',
        '"Heroes,"David Bowie",Heroes',
    ],
)
@pytest.mark.parametrize(
    "below",
    [
        "Rebel Rebel,David Bowie,Diamond Dogs\nSo What,Miles Davis,Kind of Blue\n",
        '"Rebel Rebel",David Bowie,"Diamond Dogs"\n"So What","Miles Davis","Kind of Blue"\n',
        'Rebel Rebel,David Bowie,"Diamond Dogs"\nSo What,"Miles Davis",Kind of Blue',
    ],
)
def test_a_stray_quote_swallows_no_rows(read: Read, row: str, below: str) -> None:
    assert names(read(f"title,artist,album\n{row}\n{below}")) == [
        ("Heroes", ("David Bowie",)),
        ("Rebel Rebel", ("David Bowie",)),
        ("So What", ("Miles Davis",)),
    ]


def test_a_quote_within_a_cell_is_part_of_it(read: Read) -> None:
    content = 'title,artist,album\nBlue Monday 12",New Order,x\n"Blue Monday "12"" Mix",New Order,x\n'
    assert [track.title for track in read(content)] == ['Blue Monday 12"', 'Blue Monday "12" Mix']


def test_cells_of_several_lines_are_no_stray_quotes(read: Read) -> None:
    content = (
        'title,artist,comment\nOne,A,"first, line\n\nsecond\nthird, and, more"\n"Two\nof two",B,\nThree,C,"x\ny"\n'
    )
    assert names(read(content)) == [("One", ("A",)), ("Two of two", ("B",)), ("Three", ("C",))]


def test_rows_that_cannot_be_read_are_told_with_their_lines(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        'sep=,\ntitle,artist\n"Hello, Goodbye,The Beatles\nOne, Two,A,B\n"Two\nlines",C\nD,E,,\n'
    )
    report = crawled(spotrec, tmp_path / "x.csv")
    assert (report["seen"], report["new"]) == (4, 2)
    reasons = [entry["reason"] for entry in report["skipped"]]
    assert reasons[0] == "line 3 cannot be read: a quote in it is never closed"
    assert reasons[1].startswith("line 4 cannot be read: it has 4 cells, the table 2 columns")


@pytest.mark.parametrize(
    "above",
    [
        *("Shazam Library\n", "Shazam Library\r\n\r\n", "My songs, of 2024\n#comment\n", "sep=,\n", '"sep=,"\r\n'),
        *("\ufeffsep=,\r\n", "Title\n", "a\nb\nc\nd\ne\n"),
    ],
)
def test_lines_above_the_header_are_no_part_of_the_table(read: Read, above: str) -> None:
    content = (
        f"{above}Index,TagTime,Title,Artist,URL,TrackKey\n"
        "1,2024-12-27,Relinquish,Ascend The Helix,https://www.shazam.com/track/694558253/relinquish,694558253\n"
        '2,2024-12-27,"Don\'t Matter",Derik Fein,https://www.shazam.com/track/505583894/dont-matter,505583894\n'
    )
    assert names(read(content)) == [("Relinquish", ("Ascend The Helix",)), ("Don't Matter", ("Derik Fein",))]


@pytest.mark.parametrize("delimiter", [";", "|", "\t"])
def test_a_table_may_state_its_delimiter(read: Read, delimiter: str) -> None:
    row = delimiter.join(["Hello, Goodbye", "The Beatles"])
    assert names(read(f"sep={delimiter}\r\ntitle{delimiter}artist\r\n{row}\r\n")) == [
        ("Hello, Goodbye", ("The Beatles",))
    ]


@pytest.mark.parametrize("content", [b"title,artist\nA\0,B\n", b"title,artist\0\nA,B", b"\0title,artist\nA,B\n"])
def test_a_null_byte_costs_no_row(read: Read, content: bytes) -> None:
    assert names(read(content)) == [("A", ("B",))]


def named(tracks: list[Track]) -> list[tuple[str, tuple[str, ...]]]:
    return [(track.title, track.artists) for track in tracks]


@pytest.mark.parametrize(
    ("artists", "expected"),
    [
        ("\"['KAROL G', 'Nicki Minaj']\"", ("KAROL G", "Nicki Minaj")),
        ('"[""Tyler, The Creator"", ""Berliner\'s""]"', ("Tyler, The Creator", "Berliner's")),
        ('"[\'D\\\'Angelo\', ""Guns N\' Roses""]"', ("D'Angelo", "Guns N' Roses")),
        ("[unknown]", ("[unknown]",)),
    ],
)
def test_artists_and_genres_may_be_lists_of_a_program(read: Read, artists: str, expected: tuple[str, ...]) -> None:
    (track,) = read(f"name,artists,genres\nA,{artists},\"['dance pop', 'latin']\"\n")
    assert (track.artists, track.genre) == (expected, "dance pop; latin")


def test_a_cell_says_what_a_spreadsheet_or_a_browser_shows(read: Read) -> None:
    link = f'"=HYPERLINK(""https://open.spotify.com/track/{spotify_id(1)}"",""listen"")"'
    tracks = read(
        "title,artist,link\n"
        '="So What",="Miles Davis",\n'
        f"Don&#39;t Matter,Simon &amp; Garfunkel,{link}\n"
        f'"=HYPERLINK(""https://example.com/"",""Tom &amp; Jerry"")",AT&T;Q&A,\n'
    )
    assert named(tracks) == [
        ("So What", ("Miles Davis",)),
        ("Don't Matter", ("Simon & Garfunkel",)),
        ("Tom & Jerry", ("AT&T", "Q&A")),
    ]
    assert tracks[1].id == URI


def test_a_backslash_before_a_quote_is_read_as_the_quote(read: Read) -> None:
    text = '"title","artist"\n"He said \\"hi\\"","Bob, Jr"\n"\\"Heroes\\"",B\n"C:\\","D"\n"E\\,F","G"\n'
    assert named(read(text)) == [
        ('He said "hi"', ("Bob, Jr",)),
        ('"Heroes"', ("B",)),
        ("C:\\", ("D",)),
        ("E\\,F", ("G",)),
    ]


@pytest.mark.parametrize("header", ["title,artist", "\ufefftitle,artist", '\ufeff"title","artist"'])
def test_the_header_of_a_table_that_was_appended_is_no_track(read: Read, header: str) -> None:
    assert named(read(f"{header}\nA,B\n{header}\nC,D\n")) == [("A", ("B",)), ("C", ("D",))]


@pytest.mark.parametrize("rows", ["a|b\nc|d\n", "| a | b |\n| c | d |\n", "| :--- | --- |\n| a | b |\n| c | d |\n"])
def test_bars_may_separate_cells(read: Read, rows: str) -> None:
    header = "| title | artist |" if rows.startswith("|") else "title|artist"
    assert named(read(f"{header}\n{rows}")) == [("a", ("b",)), ("c", ("d",))]


@pytest.mark.parametrize("rows", [["C,D,E"], ["C,D,E", "F,G,H"], []])
def test_a_row_with_a_cell_too_many_is_no_proof_that_the_table_has_it(read: Read, rows: list[str]) -> None:
    """It has a comma without quotes, and its cells stand in the wrong columns."""
    tracks = read("\n".join(["title,artist,album", "Hello, Goodbye,The Beatles,MMT", *rows]))
    assert [track.title for track in tracks] == [row[0] for row in rows]


def test_who_an_album_is_by_counts_where_no_column_names_artists(read: Read) -> None:
    assert named(read("Title,Album Artist\nA,B\n")) == [("A", ("B",))]
    assert named(read("Title,Album Artist,Artist\nA,B,C\n")) == [("A", ("C",))]


@pytest.mark.parametrize("dash", ["-", "–", "—"])
def test_one_column_may_have_artist_and_title(read: Read, dash: str) -> None:
    assert named(read(f"Song\nMiles Davis {dash} So What\n")) == [("So What", ("Miles Davis",))]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_only_cr_and_lf_end_a_row(read: Read, line_end: str) -> None:
    content = line_end.join(["title,artist", "Line\u2028Sep\x85,A", "\x1cB,C"])
    assert names(read(content)) == [("Line Sep", ("A",)), ("B", ("C",))]


def test_windows_1252_keeps_its_signs(read: Read) -> None:
    content = "title,artist\r\nDon’t Stop…,Beyoncé – live\r\nCœur,Zaz\r\n".encode("cp1252")
    assert names(read(content)) == [("Don’t Stop…", ("Beyoncé – live",)), ("Cœur", ("Zaz",))]


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Titel;Interpret;Album;Dauer",
            "Nr.;Titel;Künstler;Länge",
            "Titre;Artiste;Album;Durée",
            "Título;Artista;Álbum;Duración",
        ),
        *(
            "Titolo;Artista;Album;Durata",
            "Música;Artista;Álbum;Duração",
            "Låt;Artist;Album;Längd",
            "Nummer;Artiest;Album;Duur",
        ),
        *("Tytuł;Wykonawca;Album;Czas", "Şarkı Adı;Sanatçı;Albüm;Süre", "Название;Исполнитель;Альбом;Длительность"),
        *(
            "曲名;アーティスト;アルバム;時間",
            "歌名;歌手;专辑;时长",
            "제목;아티스트;앨범;시간",
            "# ;Track Title;Artist;BPM",
        ),
        "Ku\u0308nstler;Titel;Album;Zeit",
    ],
)
def test_headers_are_understood_in_many_languages(read: Read, header: str) -> None:
    cells = dict.fromkeys(header.split(";"), "1")
    title, artist = (2, 1) if header.startswith("Ku") else (2, 3) if header.startswith(("Nr", "#")) else (1, 2)
    values = ["1"] * len(cells)
    values[title - 1], values[artist - 1] = "Halo", "Beyoncé"
    assert names(read(f"{header}\n{';'.join(values)}\n")) == [("Halo", ("Beyoncé",))]


def test_a_local_file_of_spotify_is_known_by_its_names(read: Read) -> None:
    (track,) = read("Track URI,Track Name,Artist Name(s)\nspotify:local:A:B:T:120,T,A\n")
    assert track.id.startswith("name:")


def test_rows_that_name_no_track_are_skipped_with_their_reasons(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        f"url,title,artist\nspotify:episode:{spotify_id(2)},Talk,\n,,Somebody\n,Lonely,\n\n ,,\n{URI},Good,A\n"
    )
    report = crawled(spotrec, tmp_path / "x.csv")
    assert report["seen"] == 4
    assert [(entry["name"], entry["reason"][:18]) for entry in report["skipped"]] == [
        ("Talk", "not a track"),
        ("Somebody", "it names no track:"),
        ("Lonely", "it names no track:"),
    ]


def test_nobody_is_asked_what_the_rows_tell(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, tmp_path: Path
) -> None:
    deezer.previews[ISRC] = PREVIEW
    (tmp_path / "x.csv").write_text(EXPORTIFY.replace("Track Preview URL", "x") + EXPORTIFY_ROW)
    deezer.durations_s[ISRC] = 180
    assert crawled(spotrec, tmp_path / "x.csv", code=0)["fetched"] == 1
    assert spotify.requests == []


def test_links_without_names_are_looked_up(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, tmp_path: Path
) -> None:
    deezer.previews[ISRC] = PREVIEW
    id_ = spotify.add_track(1, isrc=ISRC)
    (tmp_path / "x.csv").write_text(f"comment,Spotify URL\nnice,https://open.spotify.com/track/{id_}\n")
    assert crawled(spotrec, tmp_path / "x.csv", code=0)["fetched"] == 1
    assert spotify.asked("/v1/tracks/") == 1


def test_a_csv_that_is_a_list_of_links_is_one(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, tmp_path: Path
) -> None:
    deezer.previews[ISRC] = PREVIEW
    (tmp_path / "x.csv").write_text(f"\ufeff{spotify.add_track(1, isrc=ISRC)}\n")
    assert crawled(spotrec, tmp_path / "x.csv", code=0)["fetched"] == 1


def test_a_table_may_come_on_standard_input(spotrec: Run) -> None:
    assert crawled(spotrec, "-", stdin="title;artist\nHalo;Beyoncé\n")["new"] == 1


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"colour,shape\nred,round\n", 2, "no column that names tracks"),
        (b"", 5, "names no tracks"),
        (b"title,artist\n", 5, "names no tracks"),
        (b"\0\1\2\3", 2, "is not a CSV"),
        (b"title,artist\n" + b"x" * 20_000_000, 2, "is not a CSV"),
        (b'title,artist\n"' + b"x" * 200_000, 3, "line 2 cannot be read: a cell has more than 131,072 characters"),
    ],
)
def test_a_file_that_is_no_table_of_tracks_says_why(
    spotrec: Run, tmp_path: Path, content: bytes, code: int, said: str
) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    result = spotrec("crawl", tmp_path / "x.csv", code=code)
    assert said in result.stdout + result.stderr
    assert code == 3 or "hint:" in result.stderr


@given(text=st.one_of(st.text(), st.text('title,artist;url\t"\n\r\\: spotify:track:0123456789', max_size=200)))
@settings(deadline=None, max_examples=300)
def test_any_text_is_a_table_or_an_error_of_ours(text: str) -> None:
    def no_network(reference: object) -> Any:
        raise SpotrecError("not here")

    for before in ("", "title,artist,isrc,duration,url\n", "Track URI;x;y;z\n"):
        try:
            for listing in CsvSource(before + text, "it", no_network, None).listings():
                assert all(listed.track.title.isprintable() for listed in listing.tracks)
        except SpotrecError as error:
            assert error.message


def test_a_table_that_spotrec_wrote_leads_to_the_files_in_another_store(
    spotrec: Run, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "spotify")
    spotrec("crawl", music)
    written = spotrec("tracks", "--csv").stdout
    before = json.loads(spotrec("tracks", "--json").stdout)
    (tmp_path / "catalogue.csv").write_text(written)
    for i, arguments in enumerate(((tmp_path / "catalogue.csv",), ("-",))):
        monkeypatch.setenv("SPOTREC_DATA_DIR", str(tmp_path / f"another store {i}"))
        report = crawled(spotrec, *arguments, code=0, stdin=written)
        assert (report["new"], report["with_audio"], report["skipped"]) == (12, 12, [])
        assert json.loads(spotrec("tracks", "--json").stdout) == before


@pytest.mark.parametrize(
    ("table", "n"),
    [
        ("path,title,artist\n{music}/tune-1.flac,One,Somebody\n", 1),
        ("file,mood\ntune-1.flac,calm\nbelow/TUNE-3.flac,wild\n", 2),
        ("Title;Path;Filename\nOne;{music}/below/;tune-3.flac\n", 1),
        ("title,artist,file\nOne,Somebody,C:\\Music\\below\\tune-3.flac\n", 1),
        ("filename\ntune-1.flac\n", 1),
    ],
)
def test_a_row_with_a_file_is_that_file(spotrec: Run, music: Path, tmp_path: Path, table: str, n: int) -> None:
    shutil.copytree(music, tmp_path / "music")
    (tmp_path / "music" / "clips.csv").write_text(table.format(music=tmp_path / "music"))
    report = crawled(spotrec, tmp_path / "music" / "clips.csv", code=0)
    assert (report["new"], report["with_audio"], report["skipped"]) == (n, n, [])


def test_a_row_whose_file_is_not_here_is_known_by_its_names_and_the_reader_is_told(
    spotrec: Run, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "spotify")
    os.mkfifo(tmp_path / "pipe.mp3")
    rows = (
        "/nowhere/a.mp3,One,Somebody",
        "/etc,Two,Somebody",
        "pipe.mp3,Three,Somebody",
        "gone.mp3,,",
        "/etc/passwd,,",
    )
    (tmp_path / "list.csv").write_text("path,title,artist\n" + "\n".join(rows))
    report = crawled(spotrec, tmp_path / "list.csv")
    assert (report["new"], report["with_audio"]) == (3, 0)
    assert [one["reason"] for one in report["skipped"]] == [
        "there is no file “gone.mp3”",
        "/etc/passwd is not an audio file",
    ]
    assert "rows of list.csv whose file is not here: 3" in " ".join(report["notices"])


def test_a_file_that_was_deleted_after_its_table_was_crawled_stays_the_same_track(
    spotrec: Run, music: Path, tmp_path: Path
) -> None:
    shutil.copytree(music, tmp_path / "music")
    (tmp_path / "list.csv").write_text("title,artist,path\nTune 1,Band 1,music/tune-1.flac\n")
    spotrec("crawl", tmp_path / "list.csv")
    (tmp_path / "music" / "tune-1.flac").unlink()
    report = crawled(spotrec, tmp_path / "list.csv", code=None)
    assert (report["seen"], report["new"], report["skipped"]) == (1, 0, [])


def test_a_second_table_has_columns_of_its_own(read: Read) -> None:
    content = (
        "title,artist,duration\nBlue Train,John Coltrane,10:40\n"
        f"Artist,ISRC,Title\nMiles Davis,{ISRC},So What\n"
        'Nina Simone,,"Sinner\nMan"\n\n'
        "Track Name,Artist Name\nTime,Artist\nSong,Music\n"
    )
    tracks = read(content)
    assert [(track.title, track.artists, track.isrc) for track in tracks] == [
        ("Blue Train", ("John Coltrane",), None),
        ("So What", ("Miles Davis",), ISRC),
        ("Sinner Man", ("Nina Simone",), None),
        ("Time", ("Artist",), None),
        ("Song", ("Music",), None),
    ]
    assert tracks[0].duration_ms == 640_000


def test_the_line_of_a_fault_counts_from_the_top_of_the_file(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("title,artist\na,b\nartist,title,isrc\nc,d,\ne,f,,g\n")
    (skipped,) = crawled(spotrec, tmp_path / "list.csv")["skipped"]
    assert skipped["reason"].startswith("line 5 cannot be read: it has 4 cells, the table 3 columns")


def test_several_tables_in_a_file_are_not_written_again(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("title,artist\na,b\nartist,title\nc,d\n")
    spotrec("crawl", tmp_path / "list.csv", code=3)
    said = " ".join(spotrec("playlist", "dedupe", tmp_path / "list.csv", code=2).stderr.split())
    assert "several tables, one below the other" in said
    assert "the second begins at line 3" in said


@pytest.mark.parametrize("row", ["Song,Artist", "Track,Artist", "Title,Name", "Time,Artist"])
def test_a_song_may_be_called_as_columns_are(row: str, read: Read) -> None:
    title, artist = row.split(",")
    assert [(track.title, track.artists) for track in read(f"title,artists\n{row}\nx,y\n")] == [
        (title, (artist,)),
        ("x", ("y",)),
    ]
