"""Changed lists at Spotify: added to a playlist of one's own, a new one else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.browser import sign_in
from support.servers import spotify_id
from support.spotify_accounts import FakeAccounts

from .conftest import N_SONGS, Library

Run = Callable[..., Any]


@pytest.fixture
def signed_in(accounts: FakeAccounts) -> FakeAccounts:
    """A Spotify that Alice has signed in to, with the songs of the library."""
    for n in range(N_SONGS):
        accounts.add_track(n, isrc=f"GBAYE{n:07d}")
    sign_in()
    return accounts


def own_playlist(accounts: FakeAccounts, *numbers: int, by: str = "alice") -> str:
    id_ = accounts.add_playlist(1, [spotify_id(n) for n in numbers], "Mixtape")
    accounts.playlists[id_] |= {"owner": {"id": by}, "description": "", "public": False}
    return id_


def entries(accounts: FakeAccounts, id_: str) -> list[str]:
    return list(accounts.playlists[id_]["entries"])


def test_new_tracks_are_added_to_a_playlist_of_ones_own(
    library: Library, signed_in: FakeAccounts, spotrec: Run
) -> None:
    assert library.tracks
    id_ = own_playlist(signed_in, 1, 2, 3)
    link = f"https://open.spotify.com/playlist/{id_}"
    shown = spotrec("playlist", "extend", link, "-n", 4, "--to", "spotify")
    assert shown.stdout.splitlines()[0] == "would add 4 tracks to “Mixtape”:"
    assert "--yes adds them" in shown.stderr
    assert entries(signed_in, id_) == [spotify_id(n) for n in (1, 2, 3)]
    done = json.loads(spotrec("playlist", "extend", link, "-n", 4, "--to", "spotify", "--yes", "--json").stdout)
    assert done["sent"]["added"] is True
    assert entries(signed_in, id_)[:3] == [spotify_id(n) for n in (1, 2, 3)]
    assert [f"spotify:track:{one}" for one in entries(signed_in, id_)[3:]] == [one["track_id"] for one in done["added"]]
    assert len(signed_in.own_playlists()) == 1


def test_an_interruption_adds_nothing_twice(library: Library, signed_in: FakeAccounts, spotrec: Run) -> None:
    from spotrec import Recommender

    id_ = own_playlist(signed_in, 1, 2)
    with Recommender() as recommender:
        found = recommender.extend_playlist(f"spotify:playlist:{id_}", n=3).playlist
        first = recommender.send_playlist(found, "spotify")
        again = recommender.send_playlist(found, "spotify")
    assert (len(first.made.tracks), len(again.made.tracks)) == (3, 0)
    assert len(entries(signed_in, id_)) == 5
    assert library.tracks


def test_of_somebody_elses_playlist_a_new_one_is_made(library: Library, signed_in: FakeAccounts, spotrec: Run) -> None:
    assert library.tracks
    id_ = own_playlist(signed_in, 1, 2, 3, by="bob")
    link = f"spotify:playlist:{id_}"
    done = spotrec("playlist", "extend", link, "-n", 2, "--to", "spotify", "--yes")
    assert "a new playlist was made" in done.stderr
    assert len(entries(signed_in, id_)) == 3
    new = next(one for one in signed_in.own_playlists() if one["owner"]["id"] == "alice")
    assert (new["name"], len(new["entries"])) == ("Mixtape", 5)


def test_another_order_is_a_new_playlist(library: Library, signed_in: FakeAccounts, spotrec: Run) -> None:
    assert library.tracks
    id_ = own_playlist(signed_in, *range(10))
    done = spotrec(
        "playlist", "reorder", f"spotify:playlist:{id_}", "--to", "spotify", "--name", "Smooth", "-y", "--json"
    )
    found = json.loads(done.stdout)
    assert entries(signed_in, id_) == [spotify_id(n) for n in range(10)]
    new = next(one for one in signed_in.own_playlists() if one["name"] == "Smooth")
    assert [f"spotify:track:{one}" for one in new["entries"]] == [one["track_id"] for one in found["entries"]]


def test_what_is_not_stored_goes_by_its_link_or_is_told(
    library: Library, signed_in: FakeAccounts, spotrec: Run
) -> None:
    signed_in.add_track(999)
    path = library.m3u("a.m3u8", 1, 2)
    path.write_text(f"{path.read_text()}https://open.spotify.com/track/{spotify_id(999)}\n/phone/x.mp3\n")
    done = spotrec("playlist", "dedupe", path, "--to", "spotify", "--yes", code=3)
    assert "/phone/x.mp3" in done.stderr
    (new,) = signed_in.own_playlists()
    assert new["entries"] == [spotify_id(n) for n in (1, 2, 999)]


@pytest.mark.parametrize(
    "options",
    [
        ("--json", "--ids"),
        ("--in-place", "-o", "x.m3u8"),
        ("--in-place", "--to", "spotify"),
        ("--name", "x"),
        ("--yes",),
        ("--public",),
    ],
)
def test_options_that_do_not_go_together_are_told(options: tuple[str, ...], library: Library, spotrec: Run) -> None:
    path = library.m3u("a.m3u8", 1, 2)
    for command in ("extend", "reorder", "dedupe"):
        spotrec("playlist", command, path, *options, code=2)
    assert not Path("x.m3u8").exists()
