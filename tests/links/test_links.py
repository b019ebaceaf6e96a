"""Whatever people paste becomes a typed reference or a clear refusal, and nothing else."""

import os
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.errors import BadLink, NotFound, SpotrecError, printable
from spotrec.links import (
    MAX_LINK_CHARS,
    CsvReference,
    DeezerKind,
    DeezerReference,
    FileReference,
    FolderReference,
    LikedSongsReference,
    LinkListReference,
    M3UReference,
    PlaylistFileReference,
    ShortLinkReference,
    SpotifyKind,
    SpotifyReference,
    StdinReference,
    SubsonicKind,
    SubsonicReference,
    looks_like_a_link_or_path,
    parse,
    parse_link,
    parse_spotify,
)

ID = "4uLU6hMCjMI75M1A2tKUQC"

PASTED = [
    (f"https://open.spotify.com/track/{ID}", "track"),
    (f"http://open.spotify.com/track/{ID}", "track"),
    (f"open.spotify.com/track/{ID}", "track"),
    (f"https://play.spotify.com/track/{ID}", "track"),
    (f"play.spotify.com/album/{ID}", "album"),
    (f"https://open.spotify.com/album/{ID}", "album"),
    (f"https://open.spotify.com/playlist/{ID}", "playlist"),
    (f"https://open.spotify.com/artist/{ID}", "artist"),
    (f"https://open.spotify.com/episode/{ID}", "episode"),
    (f"https://open.spotify.com/show/{ID}", "show"),
    (f"https://open.spotify.com/embed/track/{ID}", "track"),
    (f"https://open.spotify.com/embed/playlist/{ID}?utm_source=generator", "playlist"),
    (f"https://open.spotify.com/intl-de/track/{ID}", "track"),
    (f"https://open.spotify.com/intl-pt-BR/album/{ID}", "album"),
    (f"https://open.spotify.com/intl-zh-tw/track/{ID}", "track"),
    (f"https://open.spotify.com/embed/intl-fr/track/{ID}", "track"),
    (f"https://open.spotify.com/user/spotify/playlist/{ID}", "playlist"),
    (f"http://open.spotify.com/user/some.one-1/playlist/{ID}/?x=1", "playlist"),
    (f"https://open.spotify.com/track/{ID}?si=0a1b2c3d4e5f&context=spotify%3Aplaylist%3Ax", "track"),
    (f"https://open.spotify.com/track/{ID}#0:42", "track"),
    (f"https://open.spotify.com/track/{ID}?si=1#x", "track"),
    (f"https://open.spotify.com/track/{ID}/", "track"),
    (f"  https://open.spotify.com/track/{ID}\n", "track"),
    (f"\topen.spotify.com/track/{ID}?si=1\r\n", "track"),
    (f"HTTPS://Open.Spotify.COM/track/{ID}", "track"),
    (f"https://open.spotify.com:443/track/{ID}", "track"),
    (f"https://open.spotify.com./track/{ID}", "track"),
    (f"spotify:track:{ID}", "track"),
    (f"Spotify:album:{ID}", "album"),
    (f"spotify:playlist:{ID}", "playlist"),
    (f" spotify:artist:{ID} ", "artist"),
    (f"spotify:user:x:playlist:{ID}", "playlist"),
    (ID, "track"),
    (f"  {ID}  ", "track"),
]

LIKED_SONGS = [
    "spotify:collection",
    " Spotify:Collection\n",
    "spotify:collection:tracks",
    "spotify:user:some.one-1:collection",
    "spotify:collection?si=1#x",
    "https://open.spotify.com/collection/tracks",
    "http://open.spotify.com/collection/tracks/?si=0a1b&utm_source=x#y",
    "open.spotify.com/collection/tracks",
    "https://open.spotify.com/collection",
    "https://open.spotify.com/intl-pt-BR/collection/tracks/",
    "https://play.spotify.com/user/someone/collection",
]

LOOK_ALIKES = [
    f"https://openXspotify.com/track/{ID}",
    f"openXspotify.com/track/{ID}",
    f"https://open.spotify.com.evil.org/track/{ID}",
    f"open.spotify.com.evil.org/track/{ID}",
    f"https://open.spotify.com@evil.org/track/{ID}",
    f"open.spotify.com@evil.org/track/{ID}",
    f"https://evil@open.spotify.com/track/{ID}",
    f"https://user:password@open.spotify.com/track/{ID}",
    f"https://spotify.evil.com/track/{ID}",
    f"spotify.evil.com/track/{ID}",
    f"https://evil.com/open.spotify.com/track/{ID}",
    f"https://evil.com?https://open.spotify.com/track/{ID}",
    f"https://evil.com#open.spotify.com/track/{ID}",
    f"https://evil.com\\@open.spotify.com/track/{ID}",
    f"https://open.spotify.com\\.evil.org/track/{ID}",
    f"https://open.spotify.com%2eevil.org/track/{ID}",
    f"https://оpen.spotify.com/track/{ID}",  # a Cyrillic о
    f"https://spotify.com/track/{ID}",
    f"https://open.spotify.com:8443/track/{ID}",
    f"https://open.spotify.com:notaport/track/{ID}",
    f"https://[open.spotify.com/track/{ID}",
    f"ftp://open.spotify.com/track/{ID}",
    f"javascript://open.spotify.com/track/{ID}",
]

NAMELESS = [
    "https://open.spotify.com",
    "https://open.spotify.com/",
    "https://open.spotify.com/track/",
    "https://open.spotify.com/search/halo",
    "https://open.spotify.com/user/someone",
    f"https://open.spotify.com/track/{ID[:-1]}",
    f"https://open.spotify.com/track/{ID}A",
    f"https://open.spotify.com/track/{ID[:-1]}é",
    f"https://open.spotify.com/track/{ID[:-1]}٣",
    f"https://open.spotify.com/track/{ID}/radio",
    f"https://open.spotify.com/lyrics/{ID}",
    f"https://open.spotify.com/intl-germany/track/{ID}",
    f"https://open.spotify.com/user/x/album/{ID}",
    "spotify:",
    "spotify:track",
    "spotify:track:",
    f"spotify:track:{ID}:more",
    f"spotify:song:{ID}",
    f"spotify:user:x:album:{ID}",
    f"spotify://track/{ID}",
    "spotify:local:Artist:Album:Title:120",
    "spotify:search:halo",
    "spotify:collection:albums",
    f"spotify:collection:{ID}",
    "spotify:user:collection",
    "https://open.spotify.com/collection/playlists",
    "https://open.spotify.com/user/x/y/collection",
]

DEEZER_PASTED = [
    ("https://www.deezer.com/track/3135556", "track"),
    ("https://www.deezer.com/en/track/3135556", "track"),
    ("https://www.deezer.com/pt-br/album/3135556?utm_campaign=x", "album"),
    ("http://deezer.com/us/album/3135556#x", "album"),
    ("deezer.com/playlist/3135556/", "playlist"),
    ("www.deezer.com/FR/playlist/3135556", "playlist"),
    ("https://www.deezer.com/track/0003135556", "track"),
    ("HTTPS://WWW.Deezer.COM:443/track/3135556", "track"),
    ("deezer:track:3135556", "track"),
    (" Deezer:Album:3135556\n", "album"),
    ("deezer:playlist:3135556?x=1", "playlist"),
]

DEEZER_LOOK_ALIKES = [
    "https://deezer.com.evil.org/track/1",
    "https://wwwxdeezer.com/track/1",
    "https://deezer.evil.com/track/1",
    "https://evil.com/deezer.com/track/1",
    "https://deezer.com@evil.org/track/1",
    "https://evil@deezer.com/track/1",
    "https://deezer.com:8443/track/1",
    "https://dеezer.com/track/1",  # a Cyrillic е
    "ftp://deezer.com/track/1",
    "https://spotify.link.evil.org/x",
    "https://evil@spotify.link/x",
    "https://spotify.link:8443/x",
    "ftp://spotify.link/x",
]

pasted_text = st.one_of(
    st.text(max_size=80),
    st.text(alphabet=string.printable, max_size=60),
    st.lists(
        st.sampled_from(
            [
                *("https://", "http://", "file://", "open.spotify.com", "spotify", "track", "embed", "intl-de", "user"),
                *(":", "/", "@", "?si=", "#", "[", "]", "\\", "%00", "\x00", "\n", "..", ".mp3"),
                *(ID, ID[:-1], "x" * 300),
            ]
        ),
        max_size=8,
    ).map("".join),
    st.from_regex(r"(https?://)?[a-z.]{0,12}spotify[a-z.@:]{0,9}/(track|album)?/?[0-9A-Za-z]{20,24}", fullmatch=True),
)


@pytest.mark.parametrize(("text", "kind"), PASTED)
def test_what_people_paste_names_its_entity(text: str, kind: str) -> None:
    assert parse(text) == SpotifyReference(SpotifyKind(kind), ID)


@pytest.mark.parametrize("text", LIKED_SONGS)
def test_liked_songs_are_known_by_all_their_names(text: str) -> None:
    assert parse(text) == parse_link(text) == LikedSongsReference()
    assert parse(LikedSongsReference().uri) == parse(LikedSongsReference().url) == LikedSongsReference()


@pytest.mark.parametrize(
    "text", ["https://open.spotify.com.evil.org/collection/tracks", "https://x@open.spotify.com/collection/tracks"]
)
def test_a_host_that_merely_looks_like_spotify_has_no_liked_songs(text: str) -> None:
    with pytest.raises(BadLink):
        parse(text)


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_host_that_merely_looks_like_spotify_is_refused(text: str) -> None:
    with pytest.raises((BadLink, NotFound)) as refused:
        parse(text)
    assert refused.value.hint


@pytest.mark.parametrize("text", NAMELESS)
def test_a_spotify_link_that_names_nothing_says_so(text: str) -> None:
    with pytest.raises(BadLink, match="names nothing on Spotify") as refused:
        parse(text)
    assert "22" in refused.value.hint
    with pytest.raises(BadLink):
        parse_spotify(text)


def test_a_reference_gives_its_uri_and_its_link_and_both_parse_to_it_again() -> None:
    reference = SpotifyReference(SpotifyKind.PLAYLIST, ID)
    assert reference.uri == f"spotify:playlist:{ID}"
    assert reference.url == f"https://open.spotify.com/playlist/{ID}"
    assert parse(reference.uri) == parse(reference.url) == reference
    assert reference.is_sound
    assert not SpotifyReference(SpotifyKind.TRACK, "short").is_sound


def test_a_bare_id_is_the_kind_that_the_caller_expects() -> None:
    assert parse_spotify(ID, bare_ids_are=SpotifyKind.ALBUM) == SpotifyReference(SpotifyKind.ALBUM, ID)


@pytest.mark.parametrize("text", ["halo", "Beyoncé – Halo", "./track.mp3", "https://example.com/track/1", "", ID[:-1]])
def test_text_that_does_not_speak_of_spotify_is_no_spotify_reference(text: str) -> None:
    assert parse_spotify(text) is None


def test_an_audio_file_a_folder_and_a_playlist_file_are_known_by_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "Some Song (live).mp3").touch()
    (tmp_path / "no suffix").touch()
    (tmp_path / "list.M3U8").touch()
    assert parse(str(tmp_path)) == FolderReference(tmp_path)
    assert parse(f" {tmp_path}/Some Song (live).mp3 ") == FileReference(tmp_path / "Some Song (live).mp3")
    assert parse(str(tmp_path / "no suffix")) == FileReference(tmp_path / "no suffix")
    assert parse(str(tmp_path / "list.M3U8")) == M3UReference(tmp_path / "list.M3U8")
    for name in ("Library.XML", "a.pls", "a.xspf", "Playlist1.json"):
        (tmp_path / name).touch()
        assert parse(str(tmp_path / name)) == PlaylistFileReference(tmp_path / name)


def test_a_path_may_be_relative_or_begin_at_home(home: Path) -> None:
    (home / "a.flac").touch()
    assert parse("a.flac") == FileReference(Path("a.flac"))
    assert parse("./a.flac") == FileReference(Path("a.flac"))
    assert parse("~/a.flac") == FileReference(home / "a.flac")
    assert parse(".") == FolderReference(Path())


def test_a_file_that_is_called_like_an_id_wins_over_the_id(home: Path) -> None:
    (home / ID).touch()
    assert parse(ID) == FileReference(Path(ID))


def test_a_file_that_is_called_like_a_site_is_a_file(home: Path) -> None:
    (home / "my.song.com").touch()
    assert parse("my.song.com") == FileReference(Path("my.song.com"))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "宇多田\u3000ヒカル.mp3",
            "no\xa0break",
            "zero\u200bwidth",
            "join\u200d\u200cer",
            "two\r\nlines",
            "bell\x07",
            "\u2028",
        ),
        *(
            " blanks around ",
            "\u3000wide\u3000",
            "line end\n",
            "~nobody",
            "~ Intro.mp3",
            "Deezer: the best.mp3",
            "spotify:live",
        ),
        *("open.spotify.com", "%41.mp3", "\udcff not utf-8", "a\\b"),
    ],
)
def test_a_path_that_exists_is_a_path_whatever_its_name_holds(home: Path, name: str) -> None:
    (home / name).touch()
    assert parse(name) == FileReference(Path(name))
    assert parse(str(home / name)) == FileReference(home / name)
    (home / name).unlink()
    (home / name).mkdir()
    assert parse(name) == FolderReference(Path(name))


@pytest.mark.parametrize("name", ["list.m3u8", "list.m3u8 ", "li\u3000st.M3U", "li\nst.m3u8\xa0"])
def test_a_playlist_is_one_whatever_its_name_holds(home: Path, name: str) -> None:
    (home / name).touch()
    assert parse(name) == M3UReference(Path(name))


def test_a_file_url_may_be_long(tmp_path: Path) -> None:
    song = tmp_path.joinpath(*["宇多田ヒカル" * 8] * 9, "a.mp3")
    song.parent.mkdir(parents=True)
    song.touch()
    assert len(song.as_uri()) > MAX_LINK_CHARS
    assert parse(song.as_uri()) == FileReference(song)


@pytest.mark.parametrize("name", ["wide\u3000name.mp3", "zero\u200bwidth.mp3", "no\xa0break.mp3"])
def test_a_name_that_is_not_there_is_not_found_whatever_it_holds(name: str) -> None:
    with pytest.raises(NotFound, match="there is no file or folder") as missing:
        parse(name)
    assert printable(missing.value.message) == missing.value.message


def test_what_is_neither_a_file_nor_a_folder_says_so(home: Path) -> None:
    os.mkfifo(home / "pipe.m3u8")
    with pytest.raises(BadLink, match="is neither a file nor a folder"):
        parse("pipe.m3u8")
    (home / "loop.mp3").symlink_to(home / "loop.mp3")
    with pytest.raises(NotFound, match="is a link that leads to itself"):
        parse("loop.mp3")


@pytest.mark.parametrize("text", ["gone.mp3", "/no/such/folder", "./x", "~/x.wav", "no such words", "b.side.flac"])
def test_a_path_with_nothing_there_is_not_found(text: str) -> None:
    with pytest.raises(NotFound, match="there is no file or folder") as missing:
        parse(text)
    assert missing.value.exit_code == 5
    assert "Spotify" in missing.value.hint


def test_a_site_that_is_not_known_is_refused_with_or_without_a_scheme() -> None:
    for text in ("https://music.example.com/song/1", "music.example.com/song/1", "example.com", "s3://bucket/key"):
        with pytest.raises(BadLink, match="is not a site spotrec knows") as refused:
            parse(text)
        assert refused.value.exit_code == 2


def test_a_file_url_is_a_path_with_its_escapes_undone(tmp_path: Path) -> None:
    song = tmp_path / "Motörhead – 100% #1?.mp3"
    song.touch()
    assert parse(song.as_uri()) == FileReference(song)
    assert parse(song.as_uri().replace("file://", "file://localhost")) == FileReference(song)
    assert parse(tmp_path.as_uri()) == FolderReference(tmp_path)
    with pytest.raises(NotFound):
        parse((tmp_path / "gone.mp3").as_uri())


@pytest.mark.parametrize("text", ["file://nas/music/a.mp3", "file://user@localhost/a.mp3", "file://[/a.mp3"])
def test_a_file_url_of_another_machine_is_refused(text: str) -> None:
    with pytest.raises(BadLink):
        parse(text)


def test_a_file_url_may_hide_a_nul_and_finds_nothing() -> None:
    with pytest.raises(SpotrecError) as refused:
        parse("file:///tmp/a%00.mp3")
    assert refused.value.message.isprintable()


@pytest.mark.parametrize(
    "text", ["", "   ", "\n", "a\x00b", "a\x1b[31mb", f"https://open.spotify.com/\n/track/{ID}", "\ud800"]
)
def test_nothing_and_control_characters_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadLink, match="is not a link or a path") as refused:
        parse(text)
    assert refused.value.message.isprintable()


def test_a_very_long_text_is_refused_and_shown_shortened() -> None:
    for text in (
        "x" * (MAX_LINK_CHARS + 1),
        f"https://open.spotify.com/track/{ID}?si=" + "x" * MAX_LINK_CHARS,
        "y" * 300,
    ):
        with pytest.raises(BadLink) as refused:
            parse(text)
        assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    "text",
    [f"spotify:track:{ID}", f"https://open.spotify.com/track/{ID}", "open.spotify.com/x", ID, "./a", "../a", "~/a"],
)
def test_links_ids_and_paths_are_not_taken_for_words(text: str) -> None:
    assert looks_like_a_link_or_path(text)


@pytest.mark.parametrize("text", ["/a", "song.mp3", "Song.FLAC", "list.m3u", "https://example.com", "example.com"])
def test_what_ends_like_a_file_or_site_is_not_taken_for_words(text: str) -> None:
    assert looks_like_a_link_or_path(text)


@pytest.mark.parametrize("text", ["halo", "beyoncé halo", "AC/DC thunderstruck", "mr. brightside", "what's up?", "99"])
def test_words_are_not_taken_for_links(text: str) -> None:
    assert not looks_like_a_link_or_path(text)


@given(text=pasted_text.filter(lambda text: not text.strip().startswith("~")))
@settings(deadline=None, max_examples=400)
def test_any_text_is_a_reference_or_an_error_of_ours(text: str) -> None:
    try:
        reference = parse(text)
    except SpotrecError as error:
        assert error.hint
        assert printable(error.message) == error.message
    else:
        if isinstance(reference, SpotifyReference):
            assert len(reference.id) == 22
            assert reference.is_sound
            assert reference.id in text


@given(
    kind=st.sampled_from(list(SpotifyKind)),
    id_=st.text(alphabet=string.ascii_letters + string.digits, min_size=22, max_size=22),
    query=st.text(alphabet=string.ascii_letters + string.digits + "=&%-_.~", max_size=40),
)
def test_every_id_of_every_kind_survives_a_link_with_tracking(kind: SpotifyKind, id_: str, query: str) -> None:
    reference = SpotifyReference(kind, id_)
    assert parse(f"{reference.url}?{query}") == reference
    assert parse(f"{reference.url}/#{query}") == reference
    assert parse(reference.uri) == reference


@pytest.mark.parametrize("text", [f"SPOTIFY:TRACK:{ID}", f"spotify:track:{ID}?si=abc", f"spotify:track:{ID}#x"])
def test_uris_as_programs_write_them_are_understood(text: str) -> None:
    assert parse(text) == SpotifyReference(SpotifyKind.TRACK, ID)


def test_the_home_of_nobody_is_not_found() -> None:
    with pytest.raises(NotFound):
        parse("~nosuchuser/x.mp3")


@pytest.mark.parametrize(("text", "kind"), DEEZER_PASTED)
def test_what_people_paste_from_deezer_names_its_entity(text: str, kind: str) -> None:
    reference = DeezerReference(DeezerKind(kind), "3135556")
    assert parse(text) == reference
    assert parse(reference.uri) == parse(reference.url) == reference
    assert looks_like_a_link_or_path(reference.uri)


@pytest.mark.parametrize("text", DEEZER_LOOK_ALIKES)
def test_a_host_that_merely_looks_like_deezer_or_a_short_link_is_refused(text: str) -> None:
    with pytest.raises((BadLink, NotFound)) as refused:
        parse(text)
    assert refused.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "https://www.deezer.com",
        "https://www.deezer.com/en/",
        "https://www.deezer.com/artist/27",
        "https://www.deezer.com/track/abc",
        "https://www.deezer.com/track/-5",
        "https://www.deezer.com/track/٣",
        f"https://www.deezer.com/track/{'9' * 19}",
        "https://www.deezer.com/english/track/1",
        "https://www.deezer.com/track/1/lyrics",
        "deezer:",
        "deezer:track",
        "deezer:track:1:2",
        "deezer:user:1",
    ],
)
def test_a_deezer_link_that_names_nothing_says_so(text: str) -> None:
    with pytest.raises(BadLink, match="names no track, album or playlist on Deezer") as refused:
        parse(text)
    assert "number" in refused.value.hint


@pytest.mark.parametrize(
    "text", ["https://deezer.page.link/abc", "deezer.page.link/abc", "https://link.deezer.com/s/x"]
)
def test_a_short_link_of_deezers_says_how_to_get_the_long_one(text: str) -> None:
    with pytest.raises(BadLink, match="short link") as refused:
        parse(text)
    assert "browser" in refused.value.hint


@pytest.mark.parametrize(
    "text", ["https://spotify.link/aBc123", "spotify.link/aBc123", "https://spotify.app.link/x?y=1"]
)
def test_a_short_link_of_spotifys_is_left_to_be_followed(text: str) -> None:
    reference = parse(text)
    assert isinstance(reference, ShortLinkReference)
    assert reference.url == "https://" + text.removeprefix("https://")


def test_tables_and_lists_are_known_by_their_suffix_and_standard_input_by_its_dash(home: Path) -> None:
    for name in ("a.csv", "b.TSV", "c.txt", "-"):
        (home / name).touch()
    assert parse("a.csv") == CsvReference(Path("a.csv"))
    assert parse("b.TSV") == CsvReference(Path("b.TSV"))
    assert parse("c.txt") == LinkListReference(Path("c.txt"))
    assert parse("-") == StdinReference()
    assert parse("./-") == FileReference(Path("./-"))
    assert looks_like_a_link_or_path("a.csv")


def test_paths_are_no_links(home: Path) -> None:
    (home / "a.csv").touch()
    assert parse_link("a.csv") is None
    assert parse_link("./x") is None
    assert parse_link(f" {ID} ") == SpotifyReference(SpotifyKind.TRACK, ID)


@pytest.mark.parametrize(
    ("text", "server", "kind", "id_"),
    [
        ("subsonic:", "", "library", ""),
        ("subsonic:https://Music.Example.org", "https://music.example.org", "library", ""),
        (" Subsonic:https://music.example.org:443/ ", "https://music.example.org", "library", ""),
        ("subsonic:http://10.0.0.2:4533/music/rest/", "http://10.0.0.2:4533/music", "library", ""),
        ("subsonic:http://[::1]:4533", "http://[::1]:4533", "library", ""),
        ("subsonic:https://h.org/app/", "https://h.org", "library", ""),
        ("subsonic:https://h.org/playlist/79a0176f-7a66", "https://h.org", "playlist", "79a0176f-7a66"),
        ("subsonic:https://h.org/music/album/al-12", "https://h.org/music", "album", "al-12"),
        ("subsonic:https://h.org/app/#/artist/3fXg/show", "https://h.org", "artist", "3fXg"),
        ("subsonic:https://h.org/app/#/albums", "https://h.org", "library", ""),
    ],
)
def test_links_to_music_servers_are_understood(text: str, server: str, kind: str, id_: str) -> None:
    found = parse(text)
    assert found == SubsonicReference(server, SubsonicKind(kind), id_)
    assert isinstance(found, SubsonicReference)
    assert parse(found.uri) == found
    assert looks_like_a_link_or_path(text)


@pytest.mark.parametrize(
    "text",
    [
        "subsonic:music.example.org",
        "subsonic:ftp://h.org",
        "subsonic:https://",
        "subsonic:https://me:planted@h.org",
        "subsonic:https://planted@h.org",
        "subsonic:https://h.org?p=planted",
        "subsonic:https://h.org:99999",
        "subsonic:https://[::1",
        "subsonic:https://h.org\x00",
        "subsonic:aaaaaaaaaaaa:tr-1",
    ],
)
def test_other_addresses_are_no_music_servers_and_credentials_in_them_are_not_repeated(text: str) -> None:
    with pytest.raises(BadLink) as refused:
        parse(text)
    assert "planted" not in refused.value.message + refused.value.hint
