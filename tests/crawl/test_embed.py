"""Spotify's public embed pages, through the real command: without credentials, and where the Web API refuses."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.music import encoded, tune
from support.servers import Answer, FakeDeezer, FakeSpotify, spotify_id
from support.spotify_embed import ANONYMOUS_TOKEN, FakeEmbed, entity_page, page

Run = Callable[..., Any]
PREVIEW = encoded(tune(1))


@pytest.fixture
def preview(deezer: FakeDeezer) -> str:
    """Where a preview lies; its host is allowed."""
    deezer.previews["direct"] = PREVIEW
    return f"{deezer.url}/preview/direct.mp3"


def crawled(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def store(home: Path) -> FeatureStore:
    return FeatureStore(home / "data" / "spotrec.db", create=False)


def test_a_track_is_crawled_without_credentials(spotrec: Run, embed: FakeEmbed, preview: str, home: Path) -> None:
    id_ = embed.add_track(1, preview, artists=[{"name": "Tyler, The Creator"}, {"name": "Kali Uchis"}])
    assert crawled(spotrec, f"spotify:track:{id_}")["fetched"] == 1
    with store(home) as s:
        track = s.tracks.get(f"spotify:track:{id_}")
    assert track is not None
    assert (track.title, track.artists) == ("Song 1", ("Tyler, The Creator", "Kali Uchis"))
    assert (track.duration_ms, track.release_date, track.explicit) == (30_000, "2001-02-03", False)


def test_a_known_track_is_not_looked_up_again(spotrec: Run, embed: FakeEmbed, preview: str) -> None:
    id_ = embed.add_track(1, preview)
    crawled(spotrec, id_)
    asked = len(embed.requests)
    assert crawled(spotrec, id_)["new"] == 0
    assert len(embed.requests) == asked


@pytest.mark.parametrize("kind", ["playlist", "album"])
def test_a_list_is_crawled_without_credentials(
    spotrec: Run, embed: FakeEmbed, preview: str, home: Path, kind: str
) -> None:
    listed = embed.add_list(5000, [embed.row(n, preview) for n in range(7)], kind, "Seven")
    report = crawled(spotrec, f"https://open.spotify.com/{kind}/{listed}?si=x")
    assert (report["seen"], report["fetched"]) == (7, 7)
    with store(home) as s:
        (row,) = s.rows("select kind, title from collection")
        assert tuple(row) == (kind, "Seven")
        positions = s.rows("select track_id from collection_track order by position")
    assert [r[0] for r in positions] == [f"spotify:track:{spotify_id(n)}" for n in range(7)]


def test_artists_are_told_apart_where_the_page_joins_them_with_a_no_break_space(
    spotrec: Run, embed: FakeEmbed, preview: str, home: Path
) -> None:
    rows = [
        embed.row(1, preview, subtitle="Tyler, The Creator,\u00a0Kali Uchis"),
        embed.row(2, preview, subtitle="Earth, Wind & Fire"),
    ]
    crawled(spotrec, f"spotify:playlist:{embed.add_list(5000, rows)}")
    with store(home) as s:
        assert [t.artists for t in s.tracks.find_by_words("song 1")] == [("Tyler, The Creator", "Kali Uchis")]
        assert [t.artists for t in s.tracks.find_by_words("song 2")] == [("Earth, Wind & Fire",)]


def test_names_that_hold_a_comma_stay_whole_where_the_page_joins_artists_with_a_comma(
    spotrec: Run, embed: FakeEmbed, preview: str, home: Path
) -> None:
    subtitles = ["Tyler, The Creator", "Drake, The Weeknd", "Kali Uchis, Tyler, The Creator, Earth, Wind & Fire"]
    rows = [embed.row(n, preview, subtitle=subtitle) for n, subtitle in enumerate(subtitles, 1)]
    crawled(spotrec, f"spotify:playlist:{embed.add_list(5000, rows)}")
    with store(home) as s:
        artists = [s.tracks.find_by_words(f"song {n}")[0].artists for n in (1, 2, 3)]
    assert artists == [
        ("Tyler, The Creator",),
        ("Drake", "The Weeknd"),
        ("Kali Uchis", "Tyler, The Creator", "Earth, Wind & Fire"),
    ]


def test_entries_that_are_no_tracks_are_skipped_with_their_reasons(
    spotrec: Run, embed: FakeEmbed, preview: str
) -> None:
    rows = [
        None,
        embed.row(1, entityType="episode", uri=f"spotify:episode:{spotify_id(1)}", title="Talk"),
        embed.row(2, uri="spotify:local:A:B:C:1", title="Mine"),
        embed.row(3, uri=None, title=7),
        embed.row(4, preview),
    ]
    report = crawled(spotrec, f"spotify:playlist:{embed.add_list(5000, rows)}", code=3)
    assert report["fetched"] == 1
    assert [(entry["name"], entry["reason"]) for entry in report["skipped"]] == [
        ("?", "empty entry"),
        ("Talk", "not a track"),
        ("Mine", "not a track"),
        ("?", "not a track"),
    ]


@pytest.mark.parametrize(("n", "is_cut"), [(49, False), (50, True), (51, False), (100, True), (101, False)])
def test_a_list_that_may_be_cut_says_so(
    spotrec: Run, embed: FakeEmbed, monkeypatch: pytest.MonkeyPatch, n: int, is_cut: bool
) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "spotify")
    listed = embed.add_list(5000, [embed.row(i) for i in range(n)])
    result = spotrec("crawl", f"spotify:playlist:{listed}", "--json", code=3)
    notices = json.loads(result.stdout)["notices"]
    assert len(notices) == is_cut
    assert (f"at most {n} entries of “Mixtape”" in result.stderr) == is_cut
    assert ("SPOTIFY_TOKEN" in "".join(notices)) == is_cut


def test_a_page_that_is_far_too_long_is_cut(spotrec: Run, embed: FakeEmbed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "spotify")
    listed = embed.add_list(5000, [None] * 1_001)
    report = crawled(spotrec, f"spotify:playlist:{listed}", code=3)
    assert report["seen"] == 1_000
    assert "at most 1000 entries" in report["notices"][0]


def test_a_cut_list_forgets_nothing_that_an_earlier_crawl_saw(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "spotify")
    listed = spotify.add_playlist(5000, [spotify.add_track(n) for n in range(60)])
    crawled(spotrec, f"spotify:playlist:{listed}", code=3)
    embed.add_list(5000, [embed.row(n) for n in range(50)])
    monkeypatch.delenv("SPOTIFY_CLIENT_ID")
    crawled(spotrec, f"spotify:playlist:{listed}", code=3)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        assert store.rows("select count(*) from collection_track")[0][0] == 60


@pytest.mark.parametrize("status", [403, 404])
def test_a_playlist_that_the_web_api_refuses_is_read_from_its_page(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, preview: str, status: int
) -> None:
    listed = embed.add_list(5000, [embed.row(n, preview) for n in range(3)])
    spotify.faults["/v1/playlists"] = [Answer({"error": {"status": status, "message": "no"}}, status)]
    report = crawled(spotrec, f"spotify:playlist:{listed}")
    assert report["fetched"] == 3
    (notice,) = report["notices"]
    said = {403: "does not let this app read", 404: "hides it from this app"}
    assert said[status] in notice
    assert "spotrec read its public page instead" in notice
    assert "\n" not in notice


def test_a_cut_list_that_the_web_api_refused_says_what_would_get_the_rest(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "spotify")
    listed = embed.add_list(5000, [embed.row(n) for n in range(100)])
    spotify.faults["/v1/playlists"] = [Answer({"error": {"status": 403, "message": "no"}}, 403)]
    (notice,) = crawled(spotrec, f"spotify:playlist:{listed}", code=3)["notices"]
    assert "at most 100 entries of “Mixtape”" in notice
    assert "does not let this app read" in notice
    assert "owner" in notice


@pytest.mark.parametrize("kind", ["playlist", "album", "track"])
def test_refused_credentials_are_told_and_not_hidden_behind_a_page(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, kind: str
) -> None:
    spotify.faults["/v1/"] = [Answer({"error": {"status": 401, "message": "bad token"}}, 401)]
    embed.add_track(1)
    embed.add_list(1, [embed.row(1)], "album")
    embed.add_list(1, [embed.row(1)], "playlist")
    assert "refuses the credentials" in spotrec("crawl", f"spotify:{kind}:{spotify_id(1)}", code=4).stderr
    assert embed.requests == []


def test_a_track_that_the_web_api_hides_is_read_from_its_page(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, preview: str
) -> None:
    assert crawled(spotrec, embed.add_track(1, preview))["fetched"] == 1
    assert spotify.asked("/v1/tracks/") == 1


def test_with_credentials_the_web_api_is_asked_and_the_page_is_not(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, preview: str
) -> None:
    crawled(spotrec, spotify.add_track(1, preview_url=preview))
    assert embed.requests == []


def test_a_list_that_failed_midway_is_not_begun_again_from_its_page(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, deezer: FakeDeezer
) -> None:
    listed = embed.add_list(5000, [embed.row(1)])
    spotify.add_playlist(5000, [])
    items = [{"item": {"id": spotify_id(n), "name": "x", "type": "track"}} for n in range(50)]
    first = Answer({"items": items, "total": 60, "next": "https://api.spotify.com/more"})
    spotify.faults["/v1/playlists/" + listed + "/items"] = [first, Answer({"error": {"status": 404}}, 404)]
    assert crawled(spotrec, f"spotify:playlist:{listed}", code=3)["seen"] == 50
    assert embed.asked("/embed/playlist") == 0


@pytest.mark.parametrize("kind", ["playlist", "track"])
def test_where_neither_helps_the_web_apis_reason_is_given(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, kind: str
) -> None:
    result = spotrec("crawl", f"spotify:{kind}:{spotify_id(1)}", code=5)
    assert "hides it from this app" in result.stderr
    assert embed.asked("/embed") == 1


OUT_OF_ORDER = {
    "throttled for hours": (Answer({"error": {"status": 429}}, 429, {"Retry-After": "9999"}), "asks us to wait 3 h"),
    "throttled for who knows how long": (Answer("", 429), "asks us to wait 32 s"),
    "throttled in other words": (Answer({"error": "slow down"}, 429, {"Retry-After": "9999"}), "asks us to wait 3 h"),
    "broken": (Answer("", 503), "HTTP 503"),
    "broken in other words": (Answer(["oops"], 502), "HTTP 502"),
    "another page": (Answer("<html>maintenance</html>"), "not JSON"),
    "cut": (Answer('{"items": [', content_length=5_000), "cannot be reached"),
}


@pytest.mark.parametrize("fault", OUT_OF_ORDER)
@pytest.mark.parametrize("kind", ["playlist", "album", "track"])
def test_what_a_web_api_out_of_order_does_not_give_is_read_from_its_page_and_this_is_said(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, preview: str, kind: str, fault: str
) -> None:
    answer, said = OUT_OF_ORDER[fault]
    spotify.faults["/v1/"] = [answer]
    embed.add_track(5000, preview)
    if kind != "track":
        embed.add_list(5000, [embed.row(n, preview) for n in range(3)], kind)
    report = crawled(spotrec, f"spotify:{kind}:{spotify_id(5000)}", "--max-wait", 1)
    assert report["fetched"] == (1 if kind == "track" else 3)
    (notice,) = report["notices"]
    assert said in notice
    assert "spotrec read its public page instead" in notice


@pytest.mark.parametrize("kind", ["playlist", "track"])
def test_a_web_api_out_of_reach_is_replaced_by_the_public_page(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, preview: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("SPOTREC_SPOTIFY_API_URL", "http://127.0.0.1:9")
    embed.add_track(5000, preview)
    embed.add_list(5000, [embed.row(5000, preview)])
    report = crawled(spotrec, f"spotify:{kind}:{spotify_id(5000)}")
    assert report["fetched"] == 1
    assert re.search("Spotify cannot be reached: .*: spotrec read", report["notices"][0])


def test_a_broken_accounts_service_is_replaced_by_the_public_page(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, preview: str
) -> None:
    spotify.faults["/api/token"] = [Answer("<html>bad gateway</html>", 502)]
    report = crawled(spotrec, f"spotify:playlist:{embed.add_list(5000, [embed.row(1, preview)])}")
    assert report["fetched"] == 1
    assert "HTTP 502 for a token" in report["notices"][0]


def test_a_list_of_links_read_from_public_pages_says_so_once_and_leaves_the_throttled_api_in_peace(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, preview: str, home: Path
) -> None:
    spotify.faults["/v1/"] = [Answer({"error": {"status": 429}}, 429, {"Retry-After": "9999"})]
    links = [f"spotify:track:{embed.add_track(n, preview)}" for n in range(25)]
    (home / "links.txt").write_text("\n".join(links))
    report = crawled(spotrec, "links.txt")
    assert report["fetched"] == 25
    assert len(report["notices"]) == 1
    assert spotify.asked("/v1/") == 1


def test_tracks_that_a_page_does_not_show_while_the_web_api_is_out_of_order_are_not_dropped(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, preview: str, home: Path
) -> None:
    listed = spotify.add_playlist(5000, [spotify.add_track(n, preview_url=preview) for n in range(60)])
    crawled(spotrec, f"spotify:playlist:{listed}")
    embed.add_list(5000, [embed.row(n, preview) for n in range(40)])
    spotify.faults["/v1/"] = [Answer("", 500)]
    report = json.loads(spotrec("sync", "--json").stdout)
    assert [change["removed"] for change in report["collections"]] == [0]
    assert report["sources"][0]["is_complete"] is False
    with store(home) as s:
        assert s.rows("select count(*) from collection_track")[0][0] == 60


def test_pages_that_are_switched_off_are_never_asked(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_EMBED_PAGES", "off")
    spotrec("crawl", embed.add_track(1), code=5)
    spotrec("crawl", f"spotify:playlist:{embed.add_list(5000, [])}", code=5)
    assert embed.requests == []


@pytest.mark.parametrize("kind", ["episode", "show"])
def test_what_cannot_be_crawled_is_named_before_anything_is_asked(spotrec: Run, embed: FakeEmbed, kind: str) -> None:
    assert f"cannot crawl a Spotify {kind}" in spotrec("crawl", f"spotify:{kind}:{spotify_id(1)}", code=2).stderr
    assert embed.requests == []


def test_what_the_store_knows_better_is_not_written_over(
    spotrec: Run, spotify: FakeSpotify, embed: FakeEmbed, preview: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawled(spotrec, spotify.add_track(1, preview_url=preview, artists=[{"name": "Earth, Wind & Fire"}]))
    monkeypatch.delenv("SPOTIFY_CLIENT_ID")
    crawled(spotrec, f"spotify:playlist:{embed.add_list(5000, [embed.row(1, subtitle='Earth, Wind & Fire')])}")
    with store(home) as s:
        assert [t.artists for t in s.tracks.find_by_words("song 1")] == [("Earth, Wind & Fire",)]


def test_the_anonymous_token_is_neither_stored_nor_shown(
    spotrec: Run, embed: FakeEmbed, preview: str, home: Path
) -> None:
    shown = spotrec("crawl", embed.add_track(1, preview))
    wrong = spotrec("crawl", f"spotify:track:{spotify_id(2)}", code=5)
    embed.faults["/embed"] = [Answer(entity_page({"uri": "spotify:track:other"}))]
    broken = spotrec("crawl", f"spotify:track:{spotify_id(3)}", code=1)
    for result in (shown, wrong, broken):
        assert ANONYMOUS_TOKEN not in result.stdout + result.stderr
    assert not [p for p in home.rglob("*") if p.is_file() and ANONYMOUS_TOKEN.encode() in p.read_bytes()]


def huge(n: int) -> str:
    return '<script id="__NEXT_DATA__" type="application/json">' + "[" * n + "</script>"


TRACK = f"spotify:track:{spotify_id(1)}"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (Answer(page({"status": 404})), 5, "no public track"),
        (Answer("", 404), 5, "nothing at this address"),
        (Answer("", 403), 4, "refuses access"),
        (Answer("", 429, {"Retry-After": "9999"}), 3, "wait 3 h"),
        (Answer("<html>consent</html>"), 1, "no data"),
        (Answer(b""), 1, "no data"),
        (Answer('<script id="__NEXT_DATA__"'), 1, "no data"),
        (Answer('<script id="__NEXT_DATA__">{"a": </script>'), 1, "not JSON"),
        (Answer(huge(200_000)), 1, "not JSON"),
        (Answer('<script id="__NEXT_DATA__">' + "9" * 10_000 + "</script>"), 1, "not JSON"),
        (Answer(page({"state": [1]})), 1, "no entity"),
        (Answer(entity_page("a track")), 1, "no entity"),
        (Answer(entity_page({"uri": [TRACK]})), 1, "something other"),
        (Answer(b"\xff\xfe<script " * 600_000), 1, "no data"),
        (Answer(b"x" * 9_000_000), 1, "more than"),
    ],
)
def test_a_page_that_is_not_as_it_was_says_why(
    spotrec: Run, embed: FakeEmbed, answer: Answer, code: int, said: str
) -> None:
    embed.faults["/embed"] = [answer]
    result = spotrec("crawl", TRACK, code=code)
    assert said in result.stderr
    assert "hint:" in result.stderr


@pytest.mark.parametrize(
    "fields",
    [
        {"title": None, "name": None, "artists": "x", "duration": True, "releaseDate": 5, "audioPreview": []},
        {"title": {}, "artists": [None, {"name": 3}], "duration": -5, "releaseDate": {"isoString": "soon"}},
        {"title": "a\x1b[31m\nb" * 999, "duration": 10**30, "audioPreview": {"url": "file:///etc/passwd"}},
        {"audioPreview": {"url": "https://" + "x" * 9999}, "isExplicit": "yes", "duration": "30"},
    ],
)
def test_values_of_the_wrong_kind_are_left_out(
    spotrec: Run, embed: FakeEmbed, home: Path, fields: dict[str, Any]
) -> None:
    id_ = embed.add_track(1, **fields)
    crawled(spotrec, id_, code=3)
    with store(home) as s:
        track = s.tracks.get(f"spotify:track:{id_}")
    assert track is not None
    assert track.title.isprintable()
    assert (track.preview_url, track.explicit) in ((None, False), (None, None))


def test_a_list_without_tracks_of_the_right_shape_says_so(spotrec: Run, embed: FakeEmbed) -> None:
    listed = embed.add_list(5000, [])
    embed.entities[f"/embed/playlist/{listed}"]["trackList"] = {"0": "x"}
    assert "no list of tracks" in spotrec("crawl", f"spotify:playlist:{listed}", code=1).stderr
