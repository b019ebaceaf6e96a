"""Artists, liked songs and search on Spotify, and lists that are longer or stranger than they should be."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spotrec.audio.tag_pool import TagPool
from spotrec.crawl.open_sources import Sources
from spotrec.crawl.sources import Listing, NamedSource, TrackSource
from spotrec.errors import SignInNeeded, SpotrecError, UsageError, printable
from spotrec.links import DeezerReference, SpotifyReference, parse
from spotrec.net.http import HttpClient
from spotrec.settings import resolve
from spotrec.store import FeatureStore
from spotrec.track import TrackId
from support.music import encoded, tune
from support.servers import Answer, FakeDeezer, FakeSpotify, Handler, LoopbackServer, serving, spotify_id
from support.spotify_embed import FakeEmbed, entity_page

Run = Callable[..., Any]
Open = Callable[[], Sources]
PREVIEW = encoded(tune(1))


def isrc(n: int) -> str:
    return f"GBAYE{n:07d}"


def crawled(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def collections(home: Path) -> list[tuple[str, ...]]:
    with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
        return [tuple(row) for row in store.rows("select id, kind, title from collection order by id")]


def positions(home: Path, collection_id: str) -> list[str]:
    sql = "select track_id from collection_track where collection_id = ? order by position"
    with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
        return [row[0].removeprefix("spotify:track:").lstrip("0") for row in store.rows(sql, (collection_id,))]


@pytest.fixture
def sources(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Sources over an empty store, wired to whatever the environment leads to."""
    monkeypatch.setenv("SPOTREC_SPOTIFY_LIMIT", "100000/1")
    with FeatureStore(home / "sources.db") as store, HttpClient(resolve({})) as http:
        yield lambda: Sources(resolve({}), store, http, TagPool(0))


def listings(source: NamedSource | TrackSource) -> list[Listing]:
    return list((source.open() if isinstance(source, NamedSource) else source).listings())


def track_ids(found: list[Listing]) -> list[TrackId]:
    return [listed.track.id for listing in found for listed in listing.tracks]


def reasons(found: list[Listing]) -> list[str]:
    return [skipped.reason for listing in found for skipped in listing.skipped]


@pytest.fixture
def artist(spotify: FakeSpotify, deezer: FakeDeezer) -> str:
    """Twelve singles and an album; the album's first track came out as a single before."""
    for n in range(1, 16):
        deezer.previews[isrc(n)] = PREVIEW
        spotify.add_track(n, isrc=isrc(n))
    singles = [spotify.add_album(7000 + n, [spotify_id(n)], f"Single {n}") for n in range(1, 13)]
    album = spotify.add_album(7100, [spotify_id(n) for n in (1, 13, 14)], "LP")
    others = spotify.add_album(7200, [spotify_id(15)], "Now 42")
    return spotify.add_artist(
        800, {"album": [album], "single": singles, "appears_on": [others], "compilation": [others]}
    )


def test_an_artists_albums_and_singles_are_crawled_each_track_once(
    spotrec: Run, spotify: FakeSpotify, artist: str, home: Path
) -> None:
    report = crawled(spotrec, f"https://open.spotify.com/intl-de/artist/{artist}?si=x")
    assert (report["seen"], report["new"], report["fetched"]) == (14, 14, 14)
    assert collections(home) == [(f"spotify:artist:{artist}", "artist", "Band")]
    expected = ["1", "13", "14", *[str(n) for n in range(2, 13)]]
    assert positions(home, f"spotify:artist:{artist}") == expected
    assert spotify.asked(f"/v1/artists/{artist}/albums") == 2


def test_tracks_that_are_known_are_not_asked_for_again(spotrec: Run, spotify: FakeSpotify, artist: str) -> None:
    crawled(spotrec, f"spotify:artist:{artist}")
    assert spotify.asked("/v1/tracks/") == 14
    assert crawled(spotrec, f"spotify:artist:{artist}")["new"] == 0
    assert spotify.asked("/v1/tracks/") == 14


def test_a_track_carries_the_album_that_it_was_found_on(spotify: FakeSpotify, artist: str, sources: Open) -> None:
    spotify.tracks.pop(spotify_id(13))
    spotify.albums[spotify_id(7100)]["tracks"] = [spotify_id(14)]
    found = listings(sources().open(parse(f"spotify:artist:{artist}")))
    (track,) = [listed.track for listing in found for listed in listing.tracks if listed.track.id.endswith("0014")]
    assert (track.isrc, track.artists) == (isrc(14), ("Artist 14",))


def test_albums_that_are_gone_or_are_none_take_no_others_with_them(
    spotify: FakeSpotify, artist: str, sources: Open
) -> None:
    gone = {"type": "album", "id": spotify_id(666), "name": "Gone"}
    rows = spotify.artists[artist]["releases"]["album"]
    spotify.artists[artist]["releases"]["album"] = [None, 7, {"id": "x/../me", "name": {}}, gone, *rows]
    found = listings(sources().open(parse(f"spotify:artist:{artist}")))
    assert len(track_ids(found)) == 14
    assert reasons(found)[:3] == ["not an album"] * 3
    assert "hides it from this app" in reasons(found)[3]


def test_a_track_that_only_its_album_knows_is_listed_as_the_album_has_it(spotify: FakeSpotify, sources: Open) -> None:
    album = spotify.add_album(7000, [spotify.add_track(1), spotify.add_track(2)])
    spotify.faults[f"/v1/tracks/{spotify_id(1)}"] = [Answer({"error": {"status": 404}}, 404)]
    found = listings(sources().open(parse(f"spotify:album:{album}")))
    assert [listed.track.album for listing in found for listed in listing.tracks] == ["LP", "Album 2"]


def test_a_track_keeps_the_id_it_was_asked_for_by(spotify: FakeSpotify, sources: Open) -> None:
    id_ = spotify.add_track(1)
    spotify.tracks[id_] |= {"id": spotify_id(2), "uri": f"spotify:track:{spotify_id(2)}"}
    assert sources().look_up(parse(id_)).track.id == f"spotify:track:{id_}"


def test_what_was_asked_for_before_a_fault_is_kept(spotify: FakeSpotify, sources: Open) -> None:
    album = spotify.add_album(7000, [spotify.add_track(n) for n in range(1, 41)])
    spotify.faults[f"/v1/tracks/{spotify_id(25)}"] = [Answer({"error": {}}, 429, {"Retry-After": "9999"})]
    found = sources().open(parse(f"spotify:album:{album}")).listings()
    assert len(next(found).tracks) == 20
    with pytest.raises(SpotrecError, match="wait 3 h"):
        next(found)


@pytest.mark.parametrize("link", ["spotify:artist:" + "a" * 22, "spotify:collection"])
def test_what_has_no_public_page_says_how_to_sign_in(spotrec: Run, embed: FakeEmbed, link: str) -> None:
    said = spotrec("crawl", link, code=4).stderr
    assert "`spotrec login`" in said
    assert embed.requests == []


def test_an_artist_that_does_not_exist_is_not_found(spotrec: Run, spotify: FakeSpotify) -> None:
    assert "Spotify has no artist" in spotrec("crawl", f"spotify:artist:{spotify_id(1)}", code=5).stderr


def test_an_artist_without_releases_is_known_by_name(spotify: FakeSpotify, sources: Open) -> None:
    (found,) = listings(sources().open(parse(f"spotify:artist:{spotify.add_artist(1, {})}")))
    assert found.collection is not None
    assert (found.collection.title, found.tracks) == ("Band", [])


@pytest.mark.parametrize("generation", [2020, 2026])
def test_liked_songs_are_crawled_to_their_end_in_both_generations(
    spotrec: Run,
    spotify: FakeSpotify,
    deezer: FakeDeezer,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    generation: int,
) -> None:
    monkeypatch.setenv("SPOTIFY_TOKEN", "users-own")
    spotify.generation = generation
    for n in range(1, 61):
        deezer.previews[isrc(n)] = PREVIEW
        spotify.liked.append(spotify.add_track(n, isrc=isrc(n)))
    spotify.liked.insert(30, {"added_at": "2020-01-01T00:00:00Z", "track": None})
    report = crawled(spotrec, "https://open.spotify.com/collection/tracks", code=3)
    assert (report["seen"], report["fetched"]) == (61, 60)
    assert [skipped["reason"] for skipped in report["skipped"]] == ["no longer on Spotify"]
    assert collections(home) == [("spotify:collection", "liked", "Liked songs")]
    assert positions(home, "spotify:collection") == [str(n) for n in range(1, 61)]


def test_an_apps_own_credentials_are_not_asked_with_for_liked_songs(spotrec: Run, spotify: FakeSpotify) -> None:
    assert "sign in: `spotrec login`" in spotrec("crawl", "spotify:user:me:collection", code=4).stderr
    assert spotify.requests == []


@pytest.mark.parametrize(
    ("status", "message"), [(401, "Valid user authentication required"), (403, "Insufficient client scope")]
)
def test_a_token_that_opens_no_liked_songs_says_to_sign_in(
    spotrec: Run, spotify: FakeSpotify, monkeypatch: pytest.MonkeyPatch, status: int, message: str
) -> None:
    monkeypatch.setenv("SPOTIFY_TOKEN", "somebody's")
    spotify.faults["/v1/me/tracks"] = [Answer({"error": {"status": status, "message": message}}, status)]
    assert "sign in: `spotrec login`" in spotrec("crawl", "spotify:collection", code=4).stderr


def test_a_search_lists_each_track_once_up_to_its_limit_and_says_what_it_left(
    spotify: FakeSpotify, sources: Open
) -> None:
    spotify.hits = [spotify.add_track(n) for n in range(1, 61)]
    spotify.hits[3] = spotify.hits[2]
    source = sources().by_search("  artist:X \n year:1990-1995 ", limit=25)
    assert source.name.startswith("search “")
    found = listings(source)
    expected = [f"spotify:track:{spotify_id(n)}" for n in range(1, 26) if n != 4]
    assert track_ids(found) == expected
    assert set(spotify.searched) == {"artist:X year:1990-1995"}
    assert [listing.total for listing in found] == [25, 25, 25]
    (notice,) = [listing.notice for listing in found if listing.notice]
    assert "finds 60 tracks, and spotrec took the first 25" in notice
    assert not any(listing.is_cut for listing in found), "a later search replaces the list"
    collection = found[0].collection
    assert collection is not None
    assert (collection.id, collection.kind) == ("spotify:search:artist%3AX%20year%3A1990-1995", "search")


def test_a_search_that_is_crawled_again_lists_what_it_finds_then(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    for n in range(1, 16):
        deezer.previews[isrc(n)] = PREVIEW
        spotify.add_track(n, isrc=isrc(n))
    spotify.hits = [spotify_id(n) for n in range(1, 13)]
    assert crawled(spotrec, "--search", "year:1990-1995")["fetched"] == 12
    spotify.hits = [spotify_id(n) for n in (14, 2)]
    assert crawled(spotrec, "--search", "year:1990-1995")["new"] == 1
    assert collections(home) == [("spotify:search:year%3A1990-1995", "search", "year:1990-1995")]
    assert positions(home, "spotify:search:year%3A1990-1995") == ["14", "2"]


def test_a_search_that_is_told_to_its_end_leaves_nothing(spotify: FakeSpotify, sources: Open) -> None:
    spotify.hits = [spotify.add_track(n) for n in range(1, 24)]
    found = listings(sources().by_search("song"))
    assert len(track_ids(found)) == 23
    assert not any(listing.notice for listing in found)


def test_a_search_never_asks_further_than_spotify_answers(spotify: FakeSpotify, sources: Open) -> None:
    spotify.hits = [spotify.add_track(n) for n in range(1, 1021)]
    assert len(track_ids(listings(sources().by_search("song", limit=5000)))) == 1000
    assert len(spotify.searched) == 100


def test_hits_that_are_no_tracks_are_skipped_with_their_reasons(spotify: FakeSpotify, sources: Open) -> None:
    album = {"type": "album", "id": spotify_id(5), "name": "LP"}
    spotify.hits = [None, album, 7, {"type": "track", "id": "../../me", "name": []}, spotify.add_track(1)]
    found = listings(sources().by_search("song"))
    assert track_ids(found) == [f"spotify:track:{spotify_id(1)}"]
    assert reasons(found) == ["empty entry", "not a track", "empty entry", "not a track"]


@pytest.mark.parametrize("words", ["", " \n\t", "\x00\x1b", "\udcff", "x" * 251, "x" * 9999])
def test_a_search_for_nothing_or_too_much_is_refused(spotify: FakeSpotify, sources: Open, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        listings(sources().by_search(words))
    assert refused.value.hint
    assert spotify.requests == []


def test_a_search_for_no_tracks_at_all_is_refused(spotify: FakeSpotify, sources: Open) -> None:
    with pytest.raises(UsageError):
        listings(sources().by_search("halo", limit=0))


def test_a_search_needs_credentials_and_says_so(embed: FakeEmbed, sources: Open) -> None:
    with pytest.raises(SignInNeeded, match="needs credentials") as refused:
        listings(sources().by_search("halo"))
    assert "SPOTIFY_CLIENT_ID" in refused.value.hint
    assert "`spotrec login`" in refused.value.hint


@pytest.mark.parametrize("answer", [{}, {"tracks": None}, {"tracks": []}, {"tracks": {"items": {}}}])
def test_an_answer_that_is_no_search_result_says_so(
    spotify: FakeSpotify, sources: Open, answer: dict[str, Any]
) -> None:
    spotify.faults["/v1/search"] = [Answer(answer)]
    with pytest.raises(SpotrecError, match="no list of entries"):
        listings(sources().by_search("halo"))


# -- lists without end -----------------------------------------------------------------------------------------------


@pytest.fixture
def spotify_that_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Handler], LoopbackServer]]:
    """A Web API that answers as it is told."""
    servers = []

    def serve(handle: Handler) -> LoopbackServer:
        server = LoopbackServer(handle)
        servers.append(server)
        monkeypatch.setenv("SPOTREC_SPOTIFY_API_URL", server.url)
        monkeypatch.setenv("SPOTIFY_TOKEN", "users-own")
        return server

    yield serve
    for server in servers:
        server.close()


PLAYLIST = f"spotify:playlist:{spotify_id(5000)}"


def rows(first: int, n: int) -> list[dict[str, Any]]:
    return [{"item": {"type": "track", "id": spotify_id(i), "name": f"Song {i}"}} for i in range(first, first + n)]


def test_a_list_of_20_000_entries_is_listed_completely_and_never_held_in_memory(
    spotify_that_answers: Callable[[Handler], LoopbackServer], sources: Open
) -> None:
    def handle(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        if not path.endswith("/items"):
            return Answer({"name": "Everything"})
        offset = int(query["offset"])
        next_ = f"https://api.spotify.com{path}?offset={offset + 50}" if offset + 50 < 20_000 else None
        return Answer({"items": rows(offset, 50), "total": 20_000, "offset": offset, "next": next_})

    server = spotify_that_answers(handle)
    n_tracks = 0
    found = sources().open(parse(PLAYLIST)).listings()
    next(found)  # loads spotipy
    tracemalloc.start()
    try:
        for listing in found:
            assert not listing.is_cut
            assert listing.tracks[0].track.id == f"spotify:track:{spotify_id(50 + n_tracks)}"
            n_tracks += len(listing.tracks)
            server.requests.clear()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert n_tracks == 19_950
    assert peak < 4_000_000


def test_a_list_that_never_ends_is_left_at_100_000_entries_and_said_to_be_cut(
    spotify_that_answers: Callable[[Handler], LoopbackServer], sources: Open
) -> None:
    def handle(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        if not path.endswith("/items"):
            return Answer({"name": "Everything"})
        return Answer({"items": [None] * 6_000, "total": 10**400, "next": "https://api.spotify.com/more"})

    spotify_that_answers(handle)
    found = listings(sources().open(parse(PLAYLIST)))
    assert sum(len(listing.skipped) for listing in found) == 100_000
    assert [listing.is_cut for listing in found] == [False] * 16 + [True]
    assert "100,000 entries" in found[-1].notice
    assert {listing.total for listing in found} == {None}


@pytest.mark.parametrize(
    ("page", "n_entries"),
    [
        ({"items": [], "total": 9, "next": "https://api.spotify.com/more"}, 0),
        ({"items": [], "next": "https://api.spotify.com/x?offset=0"}, 0),
        ({"items": rows(0, 50), "offset": 0, "next": "https://api.spotify.com/x?offset=50"}, 50),
    ],
)
def test_a_list_that_stands_still_is_left_and_said_to_be_cut(
    spotify_that_answers: Callable[[Handler], LoopbackServer], sources: Open, page: dict[str, Any], n_entries: int
) -> None:
    server = spotify_that_answers(lambda *_: Answer({"name": "x", **page}))
    found = listings(sources().open(parse(PLAYLIST)))
    assert len(track_ids(found)) == n_entries
    assert found[-1].is_cut
    assert "does not end" in found[-1].notice
    assert len(server.requests) < 30


def test_entries_that_spotify_leaves_out_move_no_others(
    spotify_that_answers: Callable[[Handler], LoopbackServer], sources: Open
) -> None:
    def handle(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        offset = int(query.get("offset", 0))
        next_ = f"https://api.spotify.com/x?offset={offset + 50}&limit=50" if offset < 100 else None
        shown = [] if offset == 50 else rows(offset, 49)
        return Answer({"name": "x", "items": shown, "offset": offset, "total": 150, "next": next_})

    spotify_that_answers(handle)
    found = listings(sources().open(parse(PLAYLIST)))
    assert track_ids(found) == [f"spotify:track:{spotify_id(n)}" for n in (*range(49), *range(100, 149))]
    assert not any(listing.is_cut for listing in found)


def test_an_artist_without_end_is_left_too(
    spotify_that_answers: Callable[[Handler], LoopbackServer], sources: Open
) -> None:
    def handle(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        if path.endswith("/tracks/"):
            return Answer({"items": [None] * 9_000, "next": None})
        album = {"id": spotify_id(int(query.get("offset", 0))), "name": "x"}
        return Answer({"name": "x", "items": [album] * 10, "next": "https://api.spotify.com/more"})

    spotify_that_answers(handle)
    found = listings(sources().open(parse(f"spotify:artist:{spotify_id(1)}")))
    assert sum(len(listing.skipped) for listing in found) == 108_000
    assert found[-1].is_cut
    assert "does not end" in found[-1].notice


def test_a_deezer_list_without_end_is_left_and_said_to_be_cut(deezer: FakeDeezer, sources: Open) -> None:
    deezer.add_list("/playlist/77", [])
    deezer.faults["/playlist/77/tracks"] = [Answer({"data": [None] * 6_000, "next": "x"})]
    found = listings(sources().open(parse("deezer:playlist:77")))
    assert sum(len(listing.skipped) for listing in found) == 100_000
    assert found[-1].is_cut


# -- answers of any shape --------------------------------------------------------------------------------------------

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.just(10**400),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["track", "30000", "", "\x1b[31m", "\ud800", spotify_id(1), "../../me", "2001-13-99T", "https://x"]
    ),
)
any_json = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "name", "isrc", "url", "error", "code", "x"]), inner, max_size=3),
    ),
    max_leaves=4,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the values of a JSON document lie."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, below in inner:
        yield from paths(below, (*path, name))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    name, *rest = path
    if isinstance(value, dict):
        return {**value, name: replaced(value[name], tuple(rest), by)}
    return [replaced(v, tuple(rest), by) if i == name else v for i, v in enumerate(value)]


KINDS = (("playlist", 5000), ("album", 7000), ("artist", 800))


def sound_answers(spotify: FakeSpotify, deezer: FakeDeezer, embed: FakeEmbed) -> dict[str, Any]:
    """Real-shaped answers, by the path they lie under; below the path of each source's own address."""
    id_ = spotify.add_track(1, isrc=isrc(1), preview_url="https://p.scdn.co/mp3-preview/x")
    track = spotify.tracks[id_]
    simple = {name: value for name, value in track.items() if name not in ("album", "external_ids", "preview_url")}
    number = deezer.add_track(1, isrc(1), contributors=[{"name": "Guest"}], explicit_lyrics=False)
    embedded = embed.entities[f"/embed/track/{embed.add_track(1, 'https://p.scdn.co/mp3-preview/x')}"]
    listed = embed.entities[f"/embed/playlist/{embed.add_list(5001, [embed.row(1), embed.row(2, 'https://x/y')])}"]

    def page(rows: list[Any]) -> dict[str, Any]:
        return {"items": rows, "total": len(rows), "offset": 0, "limit": 50, "next": None}

    return {
        f"/v1/playlists/{spotify_id(5000)}/items": page([{"added_at": "x", "is_local": False, "item": track}, None]),
        f"/v1/playlists/{spotify_id(5000)}": {"name": "Mixtape"},
        f"/v1/albums/{spotify_id(7000)}/tracks": page([simple]),
        f"/v1/albums/{spotify_id(7000)}": {"name": "LP", "release_date": "1999"},
        f"/v1/artists/{spotify_id(800)}/albums": page([{"id": spotify_id(7000), "name": "LP", "release_date": "1999"}]),
        f"/v1/artists/{spotify_id(800)}": {"name": "Band"},
        "/v1/me/tracks": page([{"added_at": "x", "track": track}]),
        "/v1/search": {"tracks": page([track, None])},
        f"/v1/tracks/{id_}": track,
        "/playlist/77/tracks": {"data": [deezer.tracks[number]], "total": 1, "next": ""},
        "/playlist/77": {"id": 77, "title": "Mixtape"},
        "/track/1": deezer.tracks[number],
        f"/embed/track/{spotify_id(1)}": embedded,
        f"/embed/playlist/{spotify_id(5001)}": listed,
    }


PLAYLISTS, ALBUMS, ARTISTS = (f"/v1/{kind}s/{spotify_id(n)}" for kind, n in KINDS)
API_TRACK, PAGE_TRACK = f"/v1/tracks/{spotify_id(1)}", f"/embed/track/{spotify_id(1)}"
ANSWERS_BEHIND = {
    "the playlist": (PLAYLIST, (PLAYLISTS, f"{PLAYLISTS}/items")),
    "the album": (f"spotify:album:{spotify_id(7000)}", (ALBUMS, f"{ALBUMS}/tracks", API_TRACK)),
    "the artist": (f"spotify:artist:{spotify_id(800)}", (ARTISTS, f"{ARTISTS}/albums", f"{ALBUMS}/tracks", API_TRACK)),
    "liked songs": ("spotify:collection", ("/v1/me/tracks",)),
    "the search": ("", ("/v1/search",)),
    "the track": (f"spotify:track:{spotify_id(1)}", (API_TRACK,)),
    "Deezer's playlist": ("deezer:playlist:77", ("/playlist/77", "/playlist/77/tracks", "/track/1")),
    "Deezer's track": ("deezer:track:1", ("/track/1",)),
    "the playlist's page": (f"spotify:playlist:{spotify_id(5001)}", (f"/embed/playlist/{spotify_id(5001)}",)),
    "the track's page": (f"spotify:track:{spotify_id(1)}", (PAGE_TRACK,)),
}


@dataclass
class Mutants:
    """Every service on one server, which answers whatever stands in `answers`; and the sources that ask it."""

    answers: dict[str, Any]
    by_api: Sources
    by_page: Sources
    kept: FeatureStore

    def source(self, name: str) -> TrackSource:
        sources = self.by_page if name.endswith("page") else self.by_api
        link = ANSWERS_BEHIND[name][0]
        return sources.open(parse(link)) if link else sources.by_search("words").open()


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mutants]:
    with serving(FakeSpotify()) as spotify, serving(FakeDeezer()) as deezer, serving(FakeEmbed()) as embed:
        assert isinstance(spotify, FakeSpotify)
        assert isinstance(deezer, FakeDeezer)
        assert isinstance(embed, FakeEmbed)
        answers = sound_answers(spotify, deezer, embed)

    def handle(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        answer = answers.get(path.rstrip("/"))
        if int(query.get("offset", query.get("index", 0))) > 60 or path.rstrip("/") not in answers:
            return None
        return Answer(entity_page(answer) if path.startswith("/embed") else json.dumps(answer))

    with serving(LoopbackServer(handle)) as server:
        folder = tmp_path_factory.mktemp("mutants")
        chosen = {
            **dict.fromkeys(("spotify_api_url", "deezer_api_url", "spotify_embed_url"), server.url),
            **dict.fromkeys(("spotify_limit", "deezer_limit", "spotify_embed_limit"), "100000/1"),
            "data_dir": folder,
            "spotify_client_id": "",
        }
        by_api, by_page = resolve({**chosen, "spotify_token": "users-own"}), resolve({**chosen, "spotify_token": ""})
        with (
            FeatureStore(folder / "asked.db") as store,
            FeatureStore(folder / "kept.db") as kept,
            HttpClient(by_api) as http,
        ):
            tag_pool = TagPool(0)  # nothing here is a file
            by_both = (Sources(by_api, store, http, tag_pool), Sources(by_page, store, http, tag_pool))
            yield Mutants(answers, *by_both, kept)


@pytest.mark.parametrize("name", ANSWERS_BEHIND)
def test_sound_answers_list_their_track(mutants: Mutants, name: str) -> None:
    found = listings(mutants.source(name))
    assert track_ids(found)[0] in (f"spotify:track:{spotify_id(1)}", "deezer:track:1")


@pytest.mark.parametrize("name", ANSWERS_BEHIND)
@given(data=st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_answers_of_any_shape_are_tracks_or_skipped_or_an_error_of_ours(
    mutants: Mutants, name: str, data: st.DataObject
) -> None:
    sound = dict(mutants.answers)
    try:
        for _ in range(data.draw(st.integers(1, 3))):
            behind = data.draw(st.sampled_from(ANSWERS_BEHIND[name][1]))
            path = data.draw(st.sampled_from(list(paths(mutants.answers[behind]))))
            mutants.answers[behind] = replaced(mutants.answers[behind], path, data.draw(any_json))
        for listing in mutants.source(name).listings():
            check(listing, mutants.kept)
    except SpotrecError as error:
        assert printable(error.message) == error.message
        assert error.hint
    finally:
        mutants.answers.update(sound)


def check(listing: Listing, kept: FeatureStore) -> None:
    """That the store takes it and people may see it."""
    tracks = [listed.track for listed in listing.tracks]
    ids = kept.tracks.add(tracks, listing.collection)
    for track in tracks:
        assert isinstance(parse(track.id), SpotifyReference | DeezerReference)
        assert all(text.isprintable() for text in (track.name, track.album or "", track.release_date or "x"))
        assert track.title
        assert track.preview_url is None or (track.preview_url.startswith("http") and track.preview_url.isprintable())
    for id_ in ids:
        assert kept.tracks.get(id_) is not None
    for text in (listing.notice, *(text for skipped in listing.skipped for text in (skipped.name, skipped.reason))):
        assert printable(text) == text
    assert listing.total is None or 0 <= listing.total < 2**31
