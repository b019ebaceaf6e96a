"""Stations, through the real command: saved, shown, written and removed."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec import Recommender
from spotrec.operations.options import Options
from spotrec.store import FeatureStore
from spotrec.track import Track
from support.browser import sign_in
from support.catalogue import alike, fill, fill_groups, playlist, song, songs, songs_by_artists, write
from support.music import tune, write_tagged
from support.servers import Answer
from support.spotify_accounts import FakeAccounts
from support.stations import days_pass

Run = Callable[..., Any]
EACH = 12


@pytest.fixture
def groups(home: Path, spotrec: Run) -> dict[str, list[Track]]:
    """Twelve red, blue and green tracks, indexed."""
    found = fill_groups(home, EACH)
    spotrec("index")
    return found


@pytest.fixture
def heard_music(home: Path, music: Path, weights: Path, spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a folder of music, crawled, heard and indexed."""
    folder = home / "music"
    shutil.copytree(music, folder)
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    for command in (("crawl", folder), ("extract",), ("index",)):
        spotrec(*command)
    return folder


def listed(spotrec: Run, name: str = "Evening") -> list[str]:
    return list(spotrec("station", "show", name, "--ids").stdout.split())


def titles(file: Path) -> list[str]:
    return [
        line.split(",", 1)[1] for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#EXTINF")
    ]


def colours(file: Path) -> set[str]:
    return {title.split()[0] for title in titles(file)}


def test_a_station_is_saved_shown_listed_and_removed(spotrec: Run, groups: Any) -> None:
    shown = spotrec("station", "new", "Evening", "red 3", "--unlike", "blue 1", "-n", "5").stdout
    assert "saved the station Evening" in shown
    assert "red band 3 – red 3; not like blue band 1 – blue 1; 5 tracks" in shown
    assert len(listed(spotrec)) == 5
    (one,) = json.loads(spotrec("station", "--json").stdout)
    assert (one["name"], one["every"], one["to"], one["options"]) == ("Evening", "1d", None, {"n": 5})
    assert one["seeds"] == [{"kind": "track", "id": groups["red"][3].id, "name": "red band 3 – red 3"}]
    assert "Evening" in spotrec("station").stdout
    assert spotrec("station", "list").stdout == spotrec("station").stdout
    assert "removed the station Evening" in spotrec("station", "remove", "evening").stdout
    assert "no stations yet" in spotrec("station").stdout


def test_the_list_is_what_a_query_with_the_same_words_finds(spotrec: Run, groups: Any) -> None:
    words = ("blue 2", "--diversity", "0.4", "--mood", "rock -jazz", "--exclude-known", "artist:blue band 5", "-n", "7")
    spotrec("station", "new", "Evening", *words)
    assert listed(spotrec) == spotrec("query", *words, "--ids").stdout.split()
    made, found = (
        json.loads(spotrec(*c, "--json").stdout) for c in (("station", "show", "Evening"), ("query", *words))
    )
    assert made == found


def test_every_option_of_a_query_is_one_of_a_station_and_arrives_there(spotrec: Run, groups: Any) -> None:
    spotrec(
        *(
            "station",
            "new",
            "Evening",
            "red 1",
            "--max-per-artist",
            "2",
            "--min-similarity",
            "-0.9",
            "--year",
            "..1999",
        ),
        *("--exclude", "christmas", "--no-explicit", "--shuffle", "--seed", "3", "--tag", "rock", "--diversity", "0"),
    )
    (one,) = json.loads(spotrec("station", "--json").stdout)
    assert one["options"] == {
        "max_per_artist": 2, "min_similarity": -0.9, "year": "..1999", "exclude": ["christmas"], "explicit": False,
        "shuffle": 3, "tag": ["rock"], "diversity": 0.0,
    }  # fmt: skip
    query, new = (spotrec(*command, "--help").stdout for command in (("query",), ("station", "new")))
    assert "--seed needs --shuffle" in spotrec("station", "new", "X", "red 1", "--seed", "3", code=2).stderr
    for option in Options.__annotations__:
        flag = f"--{option.replace('_', '-')}"
        assert (flag in query) == (flag in new), option


def test_a_list_is_written_and_written_the_same_again(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "-n", "4", "--to", "Evening.m3u8")
    done = spotrec("station", "refresh")
    assert done.stdout == f"Evening: 4 tracks written to {home}/Evening.m3u8\n"
    before = (home / "Evening.m3u8").read_bytes()
    heard = count(home, "heard")
    assert spotrec("station", "refresh", "evening").stdout == done.stdout
    assert (home / "Evening.m3u8").read_bytes() == before
    assert count(home, "heard") == heard == 4
    assert "4" in spotrec("station").stdout.splitlines()[1].split()


def test_a_playlist_that_is_there_already_is_replaced_with_a_note(spotrec: Run, groups: Any, home: Path) -> None:
    """It may be somebody's own."""
    (home / "Mine.m3u8").write_text("#EXTM3U\na.mp3\n")
    said = spotrec("station", "new", "Mine", "red 3", "-n", "4", "--to", "Mine.m3u8").stderr
    assert "is a playlist that is there already" in said
    assert (home / "Mine.m3u8").read_text() == "#EXTM3U\na.mp3\n"
    spotrec("station", "refresh")
    again = spotrec("station", "new", "Mine", "red 3", "-n", "5", "--to", "Mine.m3u8", "--replace").stderr
    assert "already" not in again
    assert "already" not in spotrec("station", "new", "Other", "red 3", "--to", "Other.m3u8").stderr


def test_a_list_for_a_phone_names_files_from_a_folder(spotrec: Run, home: Path) -> None:
    tracks = [song(i, f"Song {i}", path=str(home / "music" / f"{i}.mp3")) for i in range(6)]
    fill(home, tracks)
    spotrec("index")
    (home / "music").mkdir()
    spotrec("station", "new", "Phone", "Song 0", "--to", "Phone.m3u8", "--relative-to", "music")
    spotrec("station", "refresh")
    lines = (home / "Phone.m3u8").read_text(encoding="utf-8").splitlines()
    assert sorted(lines[2::2]) == [f"{i}.mp3" for i in range(1, 6)]
    assert json.loads(spotrec("station", "--json").stdout)[0]["relative_to"] == str(home / "music")


def test_the_next_day_has_another_list_until_all_was_heard(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "-n", "4", "--artist", "red", "--to", "Evening.m3u8")
    days = []
    for _ in range(2):
        spotrec("station", "refresh")
        days.append(titles(home / "Evening.m3u8"))
        days_pass(home / "data")
    assert not set(days[0]) & set(days[1])
    shown = spotrec("station", "refresh", "--json").stdout  # there are 11 red tracks beside the seed
    assert [one["repeated"] for one in json.loads(shown)] == [1]
    third = titles(home / "Evening.m3u8")
    assert set(third[3:]) < set(days[0]), "what was heard longest ago comes first"
    assert not set(third[:3]) & {*days[0], *days[1]}, "and behind what was not"
    days_pass(home / "data")
    assert "4 of them heard lately" in spotrec("station", "refresh").stdout
    assert len({*titles(home / "Evening.m3u8")} & {*days[0], *days[1]}) == 4
    days_pass(home / "data", 15)
    spotrec("station", "refresh")
    assert titles(home / "Evening.m3u8") == days[0], "all that is long ago is fresh again"


def test_next_begins_another_list_on_the_same_day(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "-n", "4", "--to", "Evening.m3u8")
    spotrec("station", "refresh")
    first = titles(home / "Evening.m3u8")
    spotrec("station", "refresh", "Evening", "--next")
    second = titles(home / "Evening.m3u8")
    assert not set(first) & set(second)
    spotrec("station", "refresh")
    assert titles(home / "Evening.m3u8") == second
    assert "--next needs the name of a station" in spotrec("station", "refresh", "--next", code=2).stderr


def test_the_order_of_stations_does_not_matter_within_a_day(spotrec: Run, groups: Any, home: Path) -> None:
    for name in ("A", "B"):
        spotrec("station", "new", name, "red 3", "-n", "4", "--to", f"{name}.m3u8")
    spotrec("station", "refresh", "A")
    spotrec("station", "refresh", "B")
    assert titles(home / "A.m3u8") == titles(home / "B.m3u8")
    days_pass(home / "data")
    spotrec("station", "refresh", "B")
    assert not set(titles(home / "A.m3u8")) & set(titles(home / "B.m3u8"))


def test_to_look_at_a_list_is_not_to_hear_it(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "-n", "4")
    first = listed(spotrec)
    days_pass(home / "data")
    assert listed(spotrec) == first
    assert count(home, "heard") == 0
    assert "nothing to write: it has no place (--to)" in spotrec("station", "refresh").stdout
    assert count(home, "heard") == 0


def test_what_a_player_played_is_left_out(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "-n", "4")
    first = listed(spotrec)
    with Recommender() as recommender:
        assert recommender.note_heard(first[0], "spotify:track:no", "evil\0id") == 1
    assert listed(spotrec) == first, "the list of today stays"
    days_pass(home / "data")
    assert listed(spotrec)[:3] == first[1:]


def test_another_copy_of_what_was_heard_is_left_out_too(spotrec: Run, groups: Any, home: Path) -> None:
    heard = groups["red"][5]
    fill(home, [song(7000, heard.title, *heard.artists)], [alike(np.repeat(range(3), EACH))[3]])
    spotrec("index")
    spotrec("station", "new", "Evening", "red 3", "-n", "4")
    assert listed(spotrec)[0] == song(7000).id
    with Recommender() as recommender:
        recommender.note_heard(heard.id)
    days_pass(home / "data")
    assert not {heard.id, song(7000).id} & set(listed(spotrec))


def test_new_music_is_in_the_list_at_once(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "-n", "4")
    assert song(5000).id not in listed(spotrec)
    same = alike(np.repeat(range(3), EACH))[3]
    fill(home, [song(5000, "brand new", "Newcomer")], [same])
    spotrec("index")
    assert listed(spotrec)[0] == song(5000).id


def test_a_removed_seed_is_left_out_and_the_last_one_is_an_error(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "blue 4", "-n", "4", "--to", "Evening.m3u8")
    spotrec("station", "refresh")
    spotrec("remove", groups["red"][3].id, "--yes")
    done = spotrec("station", "refresh")
    assert "the track “red band 3 – red 3” is not stored any more, and is left out" in done.stderr
    assert colours(home / "Evening.m3u8") == {"blue"}
    written = (home / "Evening.m3u8").read_bytes()
    spotrec("remove", groups["blue"][4].id, "--yes")
    done = spotrec("station", "refresh", code=5)
    assert "nothing of what this is to sound like is stored any more: “red band 3 – red 3”" in done.stderr
    assert (home / "Evening.m3u8").read_bytes() == written
    fill(home, [groups["blue"][4]], [alike(np.repeat(range(3), EACH))[EACH + 4]])
    spotrec("index")
    spotrec("station", "refresh")  # it is stored again, and the station with it


def test_a_collection_is_found_again_under_another_title(spotrec: Run, home: Path) -> None:
    fill(home, songs_by_artists(20), listed_in=playlist(1, "Mixtape"))
    spotrec("index")
    fill(home, [song(100 + i) for i in range(5)])
    spotrec("station", "new", "Evening", "Mixtape", "--exclude-known", "collection:Mixtape", "-n", "3")
    (one,) = json.loads(spotrec("station", "--json").stdout)
    assert [(seed["kind"], seed["id"]) for seed in one["seeds"]] == [("collection", playlist(1, "").id)]
    assert one["options"]["exclude_known"] == [playlist(1, "").id]
    before = listed(spotrec)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.collections.put(playlist(1, "Something else"), [song(i).id for i in range(20)], 0)
    assert listed(spotrec) == before
    spotrec("remove", playlist(1, "").id, "--yes")
    assert "Mixtape" in spotrec("station", "show", "Evening", code=5).stderr


def test_a_file_whose_tags_were_edited_is_still_a_seed(spotrec: Run, home: Path, heard_music: Path) -> None:
    seed = heard_music / "tune-1.flac"
    spotrec("station", "new", "Evening", seed, heard_music, "-n", "3")
    from mutagen.flac import FLAC

    tags = FLAC(seed)
    tags["title"] = ["Another name"]
    tags.save()
    seed = seed.rename(seed.with_name("renamed.flac"))
    spotrec("sync")
    spotrec("extract")
    spotrec("index")
    done = spotrec("station", "show", "Evening", "--json")
    assert "not stored any more" not in done.stderr
    assert "Another name" in str(json.loads(done.stdout)["seeds"])


def test_a_file_that_was_never_crawled_is_heard_once_and_stays_a_seed(
    spotrec: Run, home: Path, heard_music: Path
) -> None:
    own = write_tagged(home / "own.flac", tune(40), artist="Me", title="Own")
    assert "own.flac is not in the store" in spotrec("station", "new", "Own", own, "--no-fetch", code=5).stderr
    spotrec("station", "new", "Own", own, "-n", "3", "--every", "1w")
    before = listed(spotrec, "Own")
    own.unlink()
    spotrec("sync")
    assert listed(spotrec, "Own") == before
    assert len(before) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("red 3", "--to", "song.mp3"), 2, "give FILE.m3u8, spotify or subsonic"),
        (("red 3", "--to", "nowhere/list.m3u8"), 2, "there is no folder"),
        (("red 3", "--to", "own.m3u8"), 2, "already exists and is not"),
        (("red 3", "--to", "a.m3u8", "--relative-to", "nowhere"), 2, "there is no folder"),
        (("red 3", "--to", "spotify", "--relative-to", "."), 2, "needs a file"),
        (("red 3", "--relative-to", "."), 2, "--relative-to needs a file"),
        (("red 3", "--every", "0d"), 2, "12h, 1d, 2w"),
        (("red 3", "--every", "99999999d"), 2, "12h, 1d, 2w"),
        (("red 3", "--every", "9999d"), 2, "12h, 1d, 2w"),
        (("nothing like it",), 5, "nothing like it"),
        (("red 3", "--mood", "no such tag"), 2, "the model has no tag"),
        (("red 3", "--exclude-known", "Nowhere"), 5, "Nowhere"),
        (("red 3", "--collection", "Nowhere"), 5, "Nowhere"),
        (("red 3", "--year", "x"), 2, "x"),
        (("artist:nobody",), 5, "no stored track has the artist “nobody”"),
        (("album:nothing",), 5, "no stored track has the album “nothing”"),
        (("artist:",), 2, "artist: needs a name"),
        (("collection:Nowhere",), 5, "there is no stored collection"),
        ((), 2, "needs a seed or a mood"),
    ],
)
def test_a_wish_that_cannot_be_is_not_saved(
    spotrec: Run, groups: Any, home: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (home / "own.m3u8").write_text("my own text")
    assert said in spotrec("station", "new", "Evening", *arguments, code=code).stderr
    assert json.loads(spotrec("station", "--json").stdout) == []
    assert (home / "own.m3u8").read_text() == "my own text"


@pytest.mark.parametrize("name", ["", "  ", ".", "..", "x" * 81, "\x1b\x07"])
def test_a_name_that_is_none_is_refused(spotrec: Run, groups: Any, name: str) -> None:
    assert "cannot be the name of a station" in spotrec("station", "new", name, "red 3", code=2).stderr


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b", "'; drop table station; --", "ÄÖ ß 夜", "\x1b[31mred\n", "%s"]
)
def test_a_hostile_name_is_only_a_name(spotrec: Run, groups: Any, home: Path, name: str) -> None:
    shown = spotrec("station", "new", name, "red 3", "-n", "3")
    assert "\x1b" not in shown.stdout
    assert len(listed(spotrec, name)) == 3
    spotrec("station", "remove", name.upper())
    assert json.loads(spotrec("station", "--json").stdout) == []
    assert sorted(path.name for path in home.iterdir() if path.name != "config") == ["data"]


def test_a_name_that_is_taken_stays_unless_it_is_replaced(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "-n", "4")
    spotrec("station", "new", "Evening", "red 3", "-n", "4")  # the same wish again
    done = spotrec("station", "new", "EVENING", "blue 3", "-n", "4", code=2)
    assert "there is a station “Evening” already" in done.stderr
    assert "--replace" in done.stderr
    spotrec("station", "new", "EVENING", "blue 3", "-n", "4", "--replace", "--to", "Evening.m3u8")
    spotrec("station", "refresh")
    assert colours(home / "Evening.m3u8") == {"blue"}
    assert [one["name"] for one in json.loads(spotrec("station", "--json").stdout)] == ["EVENING"]


def test_an_accent_is_the_same_however_it_was_typed(spotrec: Run, groups: Any) -> None:
    spotrec("station", "new", "Caf\u00e9", "red 3", "-n", "3")
    assert "already" in spotrec("station", "new", "Cafe\u0301", "blue 3", code=2).stderr
    assert len(listed(spotrec, "CAFE\u0301")) == 3


@pytest.mark.parametrize("name", ["./one.m3u8", "lists/../one.m3u8", "link/one.m3u8"])
def test_two_stations_do_not_write_one_file(spotrec: Run, groups: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    spotrec("station", "new", "A", "red 3", "--to", tmp_path / "one.m3u8")
    done = spotrec("station", "new", "B", "red 3", "--to", f"{tmp_path}/{name}", code=2)
    assert "the station “A” writes" in done.stderr


def test_of_several_stations_one_that_fails_does_not_stop_the_others(spotrec: Run, groups: Any, home: Path) -> None:
    (home / "gone").mkdir()
    spotrec("station", "new", "A", "red 3", "-n", "3", "--to", "gone/A.m3u8")
    spotrec("station", "new", "B", "blue 3", "-n", "3", "--to", "B.m3u8")
    (home / "gone").rmdir()
    done = spotrec("station", "refresh", code=3)
    assert "A: " in done.stderr
    assert "1 of 2 stations failed" in done.stderr
    assert colours(home / "B.m3u8") == {"blue"}
    assert "A" not in done.stdout.split(":")
    report = json.loads(spotrec("station", "refresh", "--json", code=3).stdout)
    assert [(one["station"]["name"], one["exit_code"], one["written"]) for one in report] == [
        ("A", 1, None),
        ("B", 0, 3),
    ]
    assert "cannot be written" in spotrec("station", "refresh", "A", code=1).stderr


def test_a_list_without_tracks_does_not_replace_one_that_has_some(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "--artist", "blue", "--to", "Evening.m3u8")
    spotrec("station", "refresh")
    before = (home / "Evening.m3u8").read_bytes()
    spotrec("remove", *(track.id for track in groups["blue"]), "--yes")
    spotrec("index")
    assert "no track passes" in spotrec("station", "refresh", code=5).stderr
    assert (home / "Evening.m3u8").read_bytes() == before


def test_for_cron_it_is_quiet_but_for_what_fails(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "Evening", "red 3", "-n", "20", "--artist", "red", "--to", "Evening.m3u8")
    for _ in range(2):
        command = [sys.executable, "-m", "spotrec", "station", "refresh", "--no-progress"]
        done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        days_pass(home / "data")


def test_unknown_stations_and_no_stations_are_told(spotrec: Run, groups: Any) -> None:
    assert "there is no station yet" in spotrec("station", "refresh", code=5).stderr
    spotrec("station", "new", "Evening", "red 3")
    for command in ("show", "play", "refresh", "remove"):
        done = spotrec("station", command, "Morning", code=5)
        assert "there is no station “Morning”" in done.stderr
        assert "stations are Evening" in done.stderr
    spotrec("station", "remove", "Evening", "Morning", code=5)
    assert len(json.loads(spotrec("station", "--json").stdout)) == 1


def test_without_a_store_or_an_index_the_way_there_is_told(spotrec: Run, home: Path) -> None:
    for command in ("list", "refresh"):
        assert "spotrec crawl" in spotrec("station", command, code=5).stderr
    fill_groups(home, 3)
    assert "spotrec index" in spotrec("station", "new", "Evening", "red 1", code=1).stderr
    assert json.loads(spotrec("station", "--json").stdout) == []


def test_a_wish_of_a_later_version_is_told_and_the_others_are_written(spotrec: Run, groups: Any, home: Path) -> None:
    spotrec("station", "new", "A", "red 3", "-n", "3", "--to", "A.m3u8")
    spotrec("station", "new", "B", "red 3", "-n", "3", "--to", "B.m3u8")
    write(
        home / "data" / "spotrec.db", """update station set wish = replace(wish, '"n":', '"later":') where key = 'a'"""
    )
    assert "a query has no option “later”" in spotrec("station", "refresh", code=3).stderr
    assert len(titles(home / "B.m3u8")) == 3


def test_the_examples_of_the_docs_work(spotrec: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "stations.md").read_text(encoding="utf-8")
    fill(home, [song(0, "So What", "Miles Davis"), song(1, "Roads", "Portishead"), *songs(2, 40)])
    spotrec("index")
    (home / "Music").mkdir()
    commands, *_ = re.findall(r"^```\n(spotrec .*?)^```", text, re.MULTILINE | re.DOTALL)
    for command in commands.splitlines():
        if "--mpd" in command:
            continue
        words = shlex.split(command.replace("~", str(home)))[1:]
        spotrec(*words, code=3 if words[1] == "refresh" else 0)  # nobody is signed in to Spotify
    assert len(titles(home / "Music" / "Evening.m3u8")) == 30
    (program,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    exec(program, {})


# -- Spotify ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def spotify_station(spotrec: Run, groups: Any, accounts: FakeAccounts) -> FakeAccounts:
    for tracks in groups.values():
        for track in tracks:
            accounts.tracks[track.id.removeprefix("spotify:track:")] = {}
    sign_in()
    spotrec("station", "new", "Evening", "red 3", "-n", "5", "--to", "spotify")
    return accounts


def entries(accounts: FakeAccounts) -> list[list[str]]:
    return [[f"spotify:track:{id_}" for id_ in one["entries"]] for one in accounts.own_playlists()]


def test_on_spotify_it_is_always_the_same_playlist(spotrec: Run, home: Path, spotify_station: FakeAccounts) -> None:
    for _ in range(3):
        for _ in range(2):
            done = spotrec("station", "refresh")
            assert "5 tracks written to https://open.spotify.com/playlist/" in done.stdout
            assert entries(spotify_station) == [listed(spotrec)]
        days_pass(home / "data")
    (made,) = spotify_station.own_playlists()
    assert (made["name"], made["description"], made["public"]) == (
        "Evening",
        "Made by spotrec: the station Evening",
        False,
    )
    made["name"] = "My evenings"  # renamed by its owner
    spotrec("station", "refresh")
    assert entries(spotify_station) == [listed(spotrec)]


def test_on_spotify_another_playlist_of_this_name_is_not_touched(spotrec: Run, spotify_station: FakeAccounts) -> None:
    id_ = spotify_station.add_playlist(5, [], "Evening")
    spotify_station.playlists[id_] |= {"owner": spotify_station.user, "description": "mine", "public": False}
    spotrec("station", "refresh")
    spotrec("station", "refresh")
    assert entries(spotify_station) == [listed(spotrec), []]


def test_on_spotify_what_broke_off_is_put_right_by_the_next_run(
    spotrec: Run, home: Path, spotify_station: FakeAccounts
) -> None:
    failure = Answer({"error": {"status": 502, "message": "Bad gateway"}}, 502)
    spotify_station.faults["/v1/playlists/"] = [failure]
    assert "Evening: " in spotrec("station", "refresh", code=1).stderr
    assert entries(spotify_station) == [[]], "it was made, and not filled"
    assert count(home, "heard") == 0
    spotify_station.faults.clear()
    spotrec("station", "refresh")
    assert entries(spotify_station) == [listed(spotrec)]


def test_on_spotify_who_is_not_signed_in_is_told(spotrec: Run, groups: Any) -> None:
    made = spotrec("station", "new", "Evening", "red 3", "-n", "5", "--to", "spotify")
    assert "you are not signed in to Spotify: `spotrec login`" in made.stderr
    assert "spotrec login" in spotrec("station", "refresh", code=4).stderr


def test_on_spotify_who_is_signed_in_is_not_told_to(spotrec: Run, spotify_station: FakeAccounts) -> None:
    made = spotrec("station", "new", "Morning", "red 3", "-n", "5", "--to", "spotify")
    assert "spotrec login" not in made.stderr


def test_a_missing_music_server_is_told_before_the_first_refresh(spotrec: Run, groups: Any) -> None:
    made = spotrec("station", "new", "Evening", "red 3", "-n", "5", "--to", "subsonic")
    assert "`spotrec config set subsonic_url https://your-server`" in made.stderr
    assert "subsonic_url" in spotrec("station", "refresh", code=2).stderr


def count(home: Path, table: str) -> int:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        return int(store.rows(f"select count(*) from {table}")[0][0])
