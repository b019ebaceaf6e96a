"""Playlists on a Spotify on loopback: shown first, made once, gone on with after whatever breaks off."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender
from spotrec.errors import UsageError
from spotrec.store import FeatureStore
from spotrec.track import Track, TrackId
from support.browser import sign_in
from support.servers import Answer, FakeSpotify, spotify_id
from support.spotify_accounts import FakeAccounts
from support.waiting import wait_until

Run = Callable[..., Any]
FAILURE = Answer({"error": {"status": 502, "message": "Bad gateway"}}, 502)


@pytest.fixture
def signed_in(accounts: FakeAccounts) -> FakeAccounts:
    """A Spotify that Alice has signed in to, with 250 tracks."""
    for n in range(250):
        accounts.add_track(n, isrc=f"GBAYE{n:07d}")
    sign_in()
    return accounts


def uris(*numbers: int) -> list[str]:
    return [f"spotify:track:{spotify_id(n)}" for n in numbers]


def piped(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def remember(home: Path, *tracks: Track) -> None:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add(tracks)


def entries(accounts: FakeAccounts) -> list[list[str]]:
    return [one["entries"] for one in accounts.own_playlists()]


def test_without_yes_it_is_shown_and_nothing_is_made(spotrec: Run, signed_in: FakeAccounts) -> None:
    signed_in.requests.clear()
    done = spotrec("playlist", "create", "Like that", stdin=piped(uris(3, 1, 2)))
    shown = done.stdout.splitlines()
    assert shown[0] == "would make the private playlist “Like that” of 3 tracks:"
    assert [line.split()[-1] for line in shown[2:]] == uris(3, 1, 2)
    assert "--yes" in done.stderr
    assert signed_in.requests == [], "where all have ids there, nobody is asked"


def test_with_yes_it_is_made_in_order_in_batches_of_a_hundred(spotrec: Run, signed_in: FakeAccounts) -> None:
    wanted = list(range(249, -1, -1))
    done = spotrec("playlist", "create", "Like that", "--yes", stdin=piped(uris(*wanted)))
    (made,) = signed_in.own_playlists()
    assert made["entries"] == [spotify_id(n) for n in wanted]
    assert (made["name"], made["public"], made["description"]) == ("Like that", False, "Made by spotrec")
    assert done.stdout.splitlines()[0] == "made the private playlist “Like that”: 250 tracks"
    (id_,) = [id_ for id_, one in signed_in.playlists.items() if one is made]
    assert done.stdout.splitlines()[1] == f"https://open.spotify.com/playlist/{id_}"
    assert signed_in.requests.count(f"/v1/playlists/{id_}/items") == 3


def test_it_may_be_public_and_say_what_it_is(spotrec: Run, signed_in: FakeAccounts) -> None:
    arguments = ("--public", "--description", 'Rain & "snow"\n<b>', "--yes", "--json", *uris(1))
    for was_there in (None, 1):
        made = json.loads(spotrec("playlist", "create", "Wet", *arguments).stdout)
        assert (made["public"], made["was_there"]) == (True, was_there)
    (playlist,) = signed_in.own_playlists()
    assert (playlist["public"], playlist["description"]) == (True, 'Rain & "snow" <b>')


def test_a_track_is_known_by_its_id_there_its_aliases_its_link_or_its_isrc(
    spotrec: Run, signed_in: FakeAccounts, home: Path
) -> None:
    own = f"file:{1:032x}"
    remember(home, Track(TrackId(own), "Own file", isrc="GBAYE0000001"))
    remember(home, Track(TrackId(uris(11)[0]), "The same", isrc="GBAYE0000001"))  # an alias of the file now
    linked = Track(TrackId(f"name:{2:032x}"), "Linked", url=f"https://open.spotify.com/track/{spotify_id(2)}")
    by_isrc = Track(TrackId("deezer:track:3"), "By ISRC", isrc="GBAYE0000003", url="https://www.deezer.com/track/3")
    remember(home, linked, by_isrc)
    signed_in.hits = [{"type": "track", "id": "nonsense"}, None, spotify_id(4), spotify_id(3)]
    made = json.loads(
        spotrec("playlist", "create", "All", "--json", own, linked.id, by_isrc.id, "isrc:GBAYE0000003").stdout
    )
    assert [(track["uri"], track["by"]) for track in made["tracks"]] == [
        (uris(11)[0], "id"),
        (uris(2)[0], "id"),
        (uris(3)[0], "ISRC"),
    ]
    assert made["repeated"] == 1
    assert signed_in.searched == ["isrc:GBAYE0000003"] * 2


def test_what_cannot_be_on_spotify_is_named(spotrec: Run, signed_in: FakeAccounts, home: Path) -> None:
    remember(
        home,
        Track(TrackId(f"file:{1:032x}"), "Mine", ("Me",)),
        Track(TrackId("deezer:track:9"), "X", isrc="GBAYE9999999"),
    )
    ids = [f"file:{1:032x}", f"file:{2:032x}", "deezer:track:9", uris(5)[0]]
    done = spotrec("playlist", "create", "Some", "--yes", stdin=piped(ids), code=3)
    assert entries(signed_in) == [[spotify_id(5)]]
    assert "3 tracks left out" in done.stderr
    assert "Me – Mine: it has neither a Spotify id nor an ISRC" in done.stderr
    assert f"file:{2:032x}: it is not in the store" in done.stderr
    assert "X: Spotify has no track with its ISRC GBAYE9999999" in done.stderr
    assert "none of the tracks is on Spotify" in spotrec("playlist", "create", "No", ids[0], "--yes", code=5).stderr


@pytest.mark.parametrize("applied", [0, 30, 100], ids=["lost", "half", "done"])
def test_what_breaks_off_midway_says_what_is_there_and_goes_on(
    spotrec: Run, signed_in: FakeAccounts, applied: int
) -> None:
    wanted = uris(*range(250))
    signed_in.faults["/v1/playlists/"] = [None, FAILURE]
    done = spotrec("playlist", "create", "Long", "--yes", stdin=piped(wanted), code=1)
    (made,) = signed_in.own_playlists()
    assert len(made["entries"]) == 100
    assert "contains 100 of 250 tracks: run the same command again" in done.stderr
    assert "https://open.spotify.com/playlist/" in done.stderr
    made["entries"] += [
        spotify_id(n) for n in range(100, 100 + applied)
    ]  # Spotify may have heard what it did not answer
    signed_in.faults.clear()
    done = spotrec("playlist", "create", "Long", "--yes", stdin=piped(wanted))
    assert f"continued “Long”, which had {100 + applied} tracks already: 250 tracks" in done.stdout
    assert entries(signed_in) == [[spotify_id(n) for n in range(250)]]
    assert "is complete already" in spotrec("playlist", "create", "Long", "--yes", stdin=piped(wanted)).stdout
    assert entries(signed_in) == [[spotify_id(n) for n in range(250)]]


def test_a_creation_whose_answer_was_lost_is_found_again(spotrec: Run, signed_in: FakeAccounts) -> None:
    signed_in.faults["/v1/playlists/"] = [FAILURE]
    spotrec("playlist", "create", "New", "--yes", *uris(1, 2), code=1)
    assert entries(signed_in) == [[]]
    signed_in.faults.clear()
    signed_in.generation = 2020
    spotrec("playlist", "create", "New", "--yes", *uris(1, 2))
    assert entries(signed_in) == [[spotify_id(1), spotify_id(2)]]


def test_a_playlist_of_ones_own_with_that_name_is_left_alone(spotrec: Run, signed_in: FakeAccounts) -> None:
    alice = {"owner": signed_in.user, "public": False, "description": "Made by spotrec"}
    others = [
        ([1, 9], alice),
        ([1, 2, 3, 4], alice),
        ([1], {**alice, "description": "by hand"}),
        ([1], {**alice, "owner": {"id": "bob"}}),
    ]
    for n, (numbers, about) in enumerate(others):
        id_ = signed_in.add_playlist(8000 + n, [spotify_id(one) for one in numbers], "Mix")
        signed_in.playlists[id_] |= about
    before = [list(one) for one in entries(signed_in)]
    assert "made the private playlist" in spotrec("playlist", "create", "Mix", "--yes", *uris(1, 2, 3)).stdout
    assert entries(signed_in) == [[spotify_id(n) for n in (1, 2, 3)], *before]


def test_of_many_playlists_the_begun_one_is_found(spotrec: Run, signed_in: FakeAccounts) -> None:
    about = {"owner": signed_in.user, "public": False, "description": "Made by spotrec"}
    for n in range(120):
        id_ = signed_in.add_playlist(8000 + n, [spotify_id(1)] if n < 2 else [], "Mix" if n < 3 else f"Other {n}")
        signed_in.playlists[id_] |= about
    spotrec("playlist", "create", "Mix", "--yes", *uris(1, 2))
    assert sorted(map(len, entries(signed_in)))[-2:] == [1, 2]
    assert len(signed_in.own_playlists()) == 120


def test_a_moment_of_too_many_requests_is_waited_for(spotrec: Run, signed_in: FakeAccounts) -> None:
    limit = Answer({"error": {"status": 429, "message": "Too many requests"}}, 429, {"Retry-After": "1"})
    signed_in.faults["/v1/playlists/"] = [limit, None]
    spotrec("playlist", "create", "Soon", "--yes", *uris(1))
    assert entries(signed_in) == [[spotify_id(1)]]
    signed_in.faults["/v1/playlists/"] = [Answer("", 429, {"Retry-After": "7200"})]
    done = spotrec("playlist", "create", "Later", "--yes", *uris(1), code=3)
    assert "asks us to wait 2 h" in done.stderr
    assert "contains 0 of 1 tracks" in done.stderr


def test_killed_at_any_moment_one_playlist_comes_of_it(
    signed_in: FakeAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_SPOTIFY_LIMIT", "10000/1")
    signed_in.before = lambda _: time.sleep(0.1)
    command = [sys.executable, "-m", "spotrec", "playlist", "create", "Long", "--yes"]
    pipe = piped(uris(*range(250))).encode()
    for n_requests in (3, 4, 4):  # who, which playlists, the new one or what the begun one holds, tracks
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert process.stdin is not None
        process.stdin.write(pipe)
        process.stdin.close()
        wanted = len(signed_in.requests) + n_requests
        wait_until(lambda wanted=wanted: len(signed_in.requests) >= wanted)  # type: ignore[misc] # bound now
        process.kill()
        process.wait()
    subprocess.run(command, input=pipe, check=True, capture_output=True)
    assert entries(signed_in) == [[spotify_id(n) for n in range(250)]]


def test_whatever_a_track_is_called_the_screen_stays_whole(spotrec: Run, signed_in: FakeAccounts, home: Path) -> None:
    remember(
        home,
        Track(TrackId(uris(1)[0]), "\x1b[2J\u202eevil", ("[red]A[/red]",)),
        Track(TrackId("name:" + "0" * 32), "\x07"),
    )
    done = spotrec("playlist", "create", "\x1b[31mMix", uris(1)[0], "name:" + "0" * 32)
    assert "[red]A[/red]" in done.stdout
    assert not {c for c in done.stdout + done.stderr if not c.isprintable()} - {"\n"}


class TestWhoMay:
    def test_an_app_alone_has_no_playlists(self, spotrec: Run, spotify: FakeSpotify) -> None:
        done = spotrec("playlist", "create", "Mine", "--yes", *uris(1), code=4)
        assert "you are not signed in" in done.stderr
        assert "spotrec login" in done.stderr
        assert not spotify.asked("/v1/me")

    def test_a_sign_in_from_before_is_made_again(self, spotrec: Run, accounts: FakeAccounts) -> None:
        accounts.lacks_scopes = {"playlist-modify-private", "playlist-modify-public"}
        sign_in()
        accounts.requests.clear()
        done = spotrec("playlist", "create", "Mine", "--yes", *uris(1), "isrc:GBAYE0000001", code=4)
        assert "sign in again" in done.stderr
        assert accounts.requests == [], "that is known before anything is asked"
        accounts.lacks_scopes.clear()
        accounts.add_track(1)
        sign_in()
        spotrec("playlist", "create", "Mine", "--yes", *uris(1))

    def test_a_given_token_without_the_scope_is_refused_by_spotify(
        self, spotrec: Run, accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accounts.lacks_scopes = {"playlist-modify-private"}
        accounts.add_track(1)
        monkeypatch.setenv("SPOTIFY_TOKEN", accounts.give_access(accounts.user))
        done = spotrec("playlist", "create", "Mine", "--yes", *uris(1), code=4)
        assert "does not let this token make the playlist “Mine”" in done.stderr
        assert "unset it and sign in: `spotrec login`" in " ".join(done.stderr.split())
        assert entries(accounts) == []
        spotrec("playlist", "create", "Ours", "--public", "--yes", *uris(1))
        assert len(entries(accounts)) == 1


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["Mix"], "", "standard input contains no tracks"),
        (["Mix"], "\n \n", "standard input contains no tracks"),
        (["Mix"], '[\n{"rank": 1}\n]\n', "“[” is not a track id"),
        (["Mix"], "What sounds like X:\n", "is not a track id"),
        (["Mix", "spotify:album:" + "0" * 22], None, "is not a track"),
        (["Mix", "spotify:track:short"], None, "spotify:track:short"),
        (["Mix", "https://spotify.link/abc"], None, "is not a track id"),
        (["", *uris(1)], None, "cannot be a playlist's name"),
        (["x" * 101, *uris(1)], None, "cannot be a playlist's name"),
        (["Mix", "--description", "x" * 301, *uris(1)], None, "description is too long"),
        (["Mix"], "x" * 2_000_001, "too long"),
    ],
)
def test_what_makes_no_sense_is_told_before_anybody_is_asked(
    spotrec: Run, signed_in: FakeAccounts, arguments: list[str], stdin: str | None, said: str
) -> None:
    signed_in.requests.clear()
    assert said in spotrec("playlist", "create", *arguments, "--yes", stdin=stdin, code=2).stderr
    assert signed_in.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"items": None},
        {"items": [None, 7, {"id": 1, "name": ["x"], "owner": "alice", "description": {}}], "next": None},
        {"items": [], "next": "https://api.spotify.com/v1/me/playlists?offset=50"},
    ],
)
def test_odd_answers_make_no_second_playlist_and_no_traceback(
    spotrec: Run, signed_in: FakeAccounts, answer: dict[str, Any]
) -> None:
    signed_in.faults["/v1/me/playlists"] = [Answer(answer)]
    done = spotrec("playlist", "create", "Odd", "--yes", *uris(1), code=1)
    assert "Spotify" in done.stderr
    assert entries(signed_in) == []


def test_from_python(signed_in: FakeAccounts) -> None:
    with Recommender() as recommender:
        planned = recommender.create_playlist("Py", uris(1, 2, 1), dry_run=True)
        assert (len(planned.tracks), planned.repeated, planned.is_done) == (2, 1, False)
        made = recommender.create_playlist("Py", uris(1, 2, 1))
        assert made.is_done
        assert made.url in {f"https://open.spotify.com/playlist/{id_}" for id_ in signed_in.playlists}
        with pytest.raises(UsageError, match="too many"):
            recommender.create_playlist("Py", uris(*range(10_001)))
