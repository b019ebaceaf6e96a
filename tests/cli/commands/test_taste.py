"""`spotrec like`, `dislike`, `ban`, `unban` and `taste`, and what they change in every command."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender
from spotrec.store import FeatureStore
from spotrec.track import TrackId
from support.catalogue import fill, scattered, song, songs_by_artists

Run = Callable[..., Any]
N = 60
SEED, OTHER = song(20), song(40)


@pytest.fixture
def catalogue(home: Path, spotrec: Run) -> Path:
    """Sixty songs, five an artist, an album for each artist."""
    fill(home, songs_by_artists(N), scattered(N))
    spotrec("index")
    return home


def shown(spotrec: Run, *arguments: object) -> list[str]:
    return list(spotrec(*arguments, "--ids").stdout.split())


def said(spotrec: Run, *arguments: object) -> list[tuple[str, str, str]]:
    found = json.loads(spotrec("taste", *arguments, "--json").stdout)
    return [(one["verb"], one["thing"], one["name"]) for one in found]


def test_several_things_are_liked_at_once_and_shown(catalogue: Path, spotrec: Run) -> None:
    done = spotrec("like", "song 7", "artist:artist 3", "album:Artist 4 - Album 4", song(9).id)
    assert done.stdout.splitlines()[0] == "4 liked:"
    assert said(spotrec) == [
        ("like", "track", "Song 9"),
        ("like", "album", "Album 4"),
        ("like", "artist", "Artist 3"),
        ("like", "track", "Song 7"),
    ]
    table = spotrec("taste").stdout
    assert "artist Artist 3" in table
    assert "Artist 4 – Album 4" in table
    assert "cli" in table
    assert said(spotrec, "--verb", "ban") == []
    assert len(said(spotrec, "--limit", 2)) == 2


def test_nothing_is_noted_if_one_name_is_unknown(catalogue: Path, spotrec: Run) -> None:
    spotrec("like", "song 7", "no such song", code=5)
    spotrec("ban", "song 7", "album:No Such Album", code=5)
    spotrec("ban", "song 7", "artist:Various Artists", code=2)
    spotrec("ban", "song", code=2)  # many are called so
    assert said(spotrec) == []


def test_there_must_be_something_to_say_it_of(catalogue: Path, spotrec: Run) -> None:
    assert "there is nothing to like" in spotrec("like", code=2).stderr
    spotrec("taste", "--verb", "love", code=2)


def test_before_any_crawl_there_is_nothing_to_like(home: Path, spotrec: Run) -> None:
    spotrec("like", "song 7", code=5)
    spotrec("taste", code=5)


def test_a_bare_name_of_an_artist_is_not_taken_for_a_track(catalogue: Path, spotrec: Run) -> None:
    refused = spotrec("ban", "artist 3", code=2).stderr
    assert "artist:Artist 3" in refused


def test_an_artist_who_is_not_stored_yet_can_be_banned(catalogue: Path, spotrec: Run) -> None:
    done = spotrec("ban", "artist:Crazy Frog")
    assert "no stored track is by “Crazy Frog” yet" in done.stderr
    with FeatureStore(catalogue / "data" / "spotrec.db") as store:
        new = song(70, "Axel F", "CRAZY FROG")
        store.tracks.add([new])
        assert store.candidates.get([new.id]) == {}
    assert "do you mean" in spotrec("ban", "artist:Artst 3").stderr


def test_a_list_is_liked_as_far_as_it_is_stored(catalogue: Path, spotrec: Run) -> None:
    Path("list.txt").write_text(f"{song(7).id}\n{song(999).id}\n{song(8).id}\n", encoding="utf-8")
    Path("list.csv").write_text("Title,Artist\nSong 9,Artist 1\nNothing,Nobody\n", encoding="utf-8")
    done = spotrec("like", "--from", "list.csv", code=3)
    assert "not stored" in done.stderr
    done = spotrec("dislike", "song 12", "--from", "list.txt", code=3)
    assert f"{song(999).id}: not stored" in done.stderr
    assert {name for _, _, name in said(spotrec)} >= {"Song 7", "Song 8", "Song 9", "Song 12"}
    sources = {one["name"]: one["source"] for one in json.loads(spotrec("taste", "--json").stdout)}
    assert (sources["Song 9"], sources["Song 12"]) == ("csv", "cli")


def test_a_playlist_file_is_liked(catalogue: Path, spotrec: Run) -> None:
    spotrec("query", SEED.id, "--m3u", "like.m3u8")
    spotrec("like", "--from", "like.m3u8")
    assert {one["source"] for one in json.loads(spotrec("taste", "--json").stdout)} == {"m3u"}
    assert len(said(spotrec)) == 10


def test_a_playlist_of_another_machine_is_liked_by_its_names(catalogue: Path, spotrec: Run) -> None:
    Path("phone.m3u8").write_text(
        "#EXTM3U\n#EXTINF:200,ARTIST 1 - Song 7\n/sdcard/7.mp3\n#EXTINF:-1,Nobody - Nothing\nC:\\Music\\x.mp3\n"
        "/sdcard/9.mp3\n#EXTINF:1,no dash\n/sdcard/10.mp3\n"
    )
    done = spotrec("like", "--from", "phone.m3u8", code=3)
    assert [name for _, _, name in said(spotrec)] == ["Song 7"]
    assert "3 entries left out" in done.stderr
    assert "Nobody – Nothing: not stored" in done.stderr
    assert "/sdcard/9.mp3: there is no file" in done.stderr


def test_results_can_be_piped_into_a_ban(catalogue: Path, spotrec: Run) -> None:
    first = shown(spotrec, "query", SEED.id, "-n", 3)
    spotrec("ban", "--from", "-", stdin="\n".join(first))
    assert set(first).isdisjoint(shown(spotrec, "query", SEED.id, "-n", 59))


def test_results_that_are_files_or_names_alone_are_piped_too(home: Path, spotrec: Run) -> None:
    """Their ids are no links and no paths: only the store can read them."""
    ids = [f"file:{'a' * 32}", f"name:{'b' * 32}", "isrc:USRC17607839", "subsonic:0123abcd:so-1"]
    tracks = [song(n, f"Mine {n}", id=TrackId(id_)) for n, id_ in enumerate(ids)]
    fill(home, [*tracks, song(9)], scattered(5))
    spotrec("index")
    piped = shown(spotrec, "query", song(9).id, "-n", 4)
    assert sorted(piped) == sorted(ids)
    assert spotrec("like", "--from", "-", stdin="\n".join(piped)).stderr == ""
    assert {name for _, _, name in said(spotrec)} == {track.title for track in tracks}
    gone = spotrec("like", "--from", "-", stdin=f"file:{'c' * 32}\n", code=3)
    assert "1 entry left out" in gone.stderr


BANS: list[tuple[str, ...]] = [("song 21", "song 33"), ("artist:Artist 7",), ("album:Album 7",)]
COMMANDS: list[tuple[object, ...]] = [
    ("query", SEED.id, "-n", 59),
    ("query", SEED.id, "-n", 59, "--diversity", 0.5),
    ("query", SEED.id, "--mood", "jazz", "-n", 59),
    ("query", "--mood", "jazz", "-n", 60),
    ("query", SEED.id, "--artist", "Artist 7"),
    ("query", SEED.id, OTHER.id, "--unlike", song(1).id, "-n", 59, "--min-similarity", -1),
    ("query", SEED.id, "--shuffle", "-n", 59),
    ("journey", SEED.id, OTHER.id, "-n", 40),
]


@pytest.mark.parametrize("banned", BANS, ids=" ".join)
def test_what_is_banned_is_in_no_list_that_is_made_or_filled(
    catalogue: Path, spotrec: Run, banned: tuple[str, ...]
) -> None:
    """Stations, lists that grow, ways between two tracks, similar artists and maps."""
    gone = {song(n).id for n in ((21, 33) if len(banned) == 2 else range(35, 40))}
    spotrec("station", "new", "Evening", SEED.id, "-n", 59)
    commands: list[tuple[tuple[object, ...], str]] = [
        (("station", "show", "Evening"), ""),
        (("playlist", "extend", "-", "-n", 58), f"{SEED.id}\n{OTHER.id}\n"),
        (("playlist", "fill", SEED.id, OTHER.id, "-n", 52), ""),
    ]

    def all_shown() -> list[set[str]]:
        return [set(spotrec(*command, "--ids", stdin=given).stdout.split()) for command, given in commands]

    assert all(gone & found for found in all_shown())
    spotrec("ban", *banned)
    assert all(gone.isdisjoint(found) and len(found) >= 50 for found in all_shown())
    artists = json.loads(spotrec("similar-artists", "Artist 4", "-n", 12, "--json").stdout)["results"]
    nearest = {track["track_id"] for artist in artists for track in artist["nearest"]}
    assert nearest
    assert gone.isdisjoint(nearest)


@pytest.mark.parametrize("banned", BANS, ids=" ".join)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: " ".join(map(str, one)))
def test_what_is_banned_is_among_no_results(
    catalogue: Path, spotrec: Run, command: tuple[object, ...], banned: tuple[str, ...]
) -> None:
    gone = {song(n).id for n in ((21, 33) if len(banned) == 2 else range(35, 40))}
    before = shown(spotrec, *command)
    spotrec("ban", *banned)
    after = shown(spotrec, *command)
    assert gone.isdisjoint(after)
    if command[0] == "query":
        assert after == [id_ for id_ in before if id_ not in gone] or "--diversity" in command
    spotrec("unban", *banned)
    assert shown(spotrec, *command) == before


def test_a_banned_track_is_still_a_seed(catalogue: Path, spotrec: Run) -> None:
    before = shown(spotrec, "query", SEED.id)
    spotrec("ban", SEED.id, "artist:Artist 4")
    after = shown(spotrec, "query", SEED.id)
    own = {song(n).id for n in range(20, 25)}
    assert [id_ for id_ in before if id_ not in own] == after[: len([id_ for id_ in before if id_ not in own])]
    assert shown(spotrec, "journey", SEED.id, OTHER.id)[0] == SEED.id


def test_enough_results_come_when_the_nearest_are_banned(catalogue: Path, spotrec: Run) -> None:
    near = shown(spotrec, "query", SEED.id, "-n", 45)
    spotrec("ban", *near)
    found = shown(spotrec, "query", SEED.id, "-n", 10)
    assert len(found) == 10
    assert set(found).isdisjoint(near)


def test_a_banned_track_is_not_on_the_map(catalogue: Path, spotrec: Run) -> None:
    pytest.importorskip("openTSNE")
    spotrec("ban", "artist:Artist 7")
    spotrec("map", "--html", "map.html")
    page = Path("map.html").read_text(encoding="utf-8")
    assert "Song 36" not in page
    assert "Song 41" in page


def test_what_was_banned_can_be_allowed_after_it_was_removed(catalogue: Path, spotrec: Run) -> None:
    spotrec("ban", "song 21", "artist:Artist 7", "album:Album 8")
    spotrec("remove", "song 21", "artist:Artist 7", "album:Album 8", "--yes")
    assert len(said(spotrec, "--verb", "ban")) == 3
    spotrec("unban", "song 21", "artist:artist 7", "album:Artist 8 - Album 8")
    assert said(spotrec) == []
    spotrec("unban", "song 21", code=5)


def test_to_take_back_what_was_never_said_says_so(catalogue: Path, spotrec: Run) -> None:
    unbanned = spotrec("unban", "song 7")
    assert "“song 7” was not banned" in unbanned.stderr
    assert unbanned.stdout == "no ban lifted\n"
    assert "“song 7” was not liked or disliked" in spotrec("taste", "forget", "song 7").stderr
    for command in (["taste", "forget"], ["unban"]):
        unknown = spotrec(*command, "no such song", code=5).stderr
        assert "`spotrec taste` lists what you like, dislike and ban" in unknown
        assert "crawl" not in unknown, "that would not help"


def test_forgetting_takes_back_likes_and_keeps_bans(catalogue: Path, spotrec: Run) -> None:
    spotrec("like", "song 7")
    spotrec("dislike", "album:Album 2")
    spotrec("ban", "song 7")
    assert "stays banned" in spotrec("like", "song 7").stderr
    spotrec("taste", "forget", song(7).id, "album:Album 2")
    assert said(spotrec) == [("ban", "track", "Song 7")]


@pytest.mark.parametrize("name", ["taste.json", "taste.csv"])
def test_an_export_is_read_back_and_reading_it_again_changes_nothing(catalogue: Path, spotrec: Run, name: str) -> None:
    with FeatureStore(catalogue / "data" / "spotrec.db") as store:
        store.tracks.add([song(80, '=cmd|" ;, x', "Sigur Rós", "-Ärzte; “Die”")])
    spotrec("like", "song 7", song(80).id)
    spotrec("dislike", "artist:Artist 3")
    spotrec("ban", "album:Album 8")
    before = json.loads(spotrec("taste", "--json").stdout)
    spotrec("taste", "export", name)
    again = json.loads(spotrec("taste", "import", name, "--json").stdout)
    assert (again["new"], again["known"]) == (0, 4)
    spotrec("taste", "import", name, "--store", "new.db")
    after = json.loads(spotrec("taste", "--json", "--store", "new.db").stdout)
    without_id = [[{k: v for k, v in one.items() if k != "id"} for one in found] for found in (before, after)]
    assert sorted(map(str, without_id[0])) == sorted(map(str, without_id[1]))
    with FeatureStore(Path("new.db")) as store:
        store.tracks.add([song(44, "Song 44", "Artist 8", album="Album 8")])
        assert store.candidates.get([song(44).id]) == {}
    spotrec("taste", "export", name)  # an earlier export is replaced


def test_an_opinion_of_later_is_not_undone_by_an_older_export(catalogue: Path, spotrec: Run) -> None:
    row = {"verb": "like", "thing": "track", "name": "Song 7", "artists": ["Artist 1"], "track_id": song(7).id}
    Path("old.json").write_text(json.dumps([row | {"source": "x", "said_at": "2020-01-01"}]), encoding="utf-8")
    spotrec("dislike", "song 7")
    spotrec("taste", "import", "old.json")
    assert said(spotrec) == [("dislike", "track", "Song 7")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("[]", 0),
        ("{}", 2),
        ("[1]", 2),
        ("[[]]", 2),
        ("no json", 2),
        ("[" * 100_000, 2),
        ('[{"verb": "like"}]', 3),
        ('[{"verb": "love", "thing": "track", "name": "x", "source": "x", "said_at": "2020-01-01"}]', 3),
        ('[{"verb": "ban", "thing": "artist", "name": 5, "source": "x", "said_at": "2020-01-01"}]', 3),
        ('[{"verb": "ban", "thing": "artist", "name": "VA", "source": "x", "said_at": "2020-01-01"}]', 3),
        ('[{"verb": "ban", "thing": "artist", "name": "x", "source": "x", "said_at": "yesterday"}]', 3),
        ('[{"verb": "ban", "thing": "artist", "name": "x", "keys": 5, "source": "x", "said_at": "2020-01-01"}]', 3),
        ('[{"verb": "ban", "thing": "track", "name": "x", "source": "x", "said_at": "2020-01-01"}]', 3),
        ('[{"verb": "ban", "thing": "artist", "name": "x", "source": "x", "said_at": "9999-01-01"}]', 0),
    ],
)
def test_a_strange_file_is_refused_row_by_row(catalogue: Path, spotrec: Run, content: str, code: int) -> None:
    Path("x.json").write_text(content, encoding="utf-8")
    spotrec("taste", "import", "x.json", code=code)
    assert all(one["said_at"] < "2100" for one in json.loads(spotrec("taste", "--json").stdout))


def test_only_an_earlier_export_is_overwritten(catalogue: Path, spotrec: Run) -> None:
    Path("mine.json").write_text('{"mine": 1}', encoding="utf-8")
    spotrec("taste", "export", "mine.json", code=2)
    spotrec("taste", "export", "mine.txt", code=2)
    spotrec("taste", "import", "nothing.json", code=5)
    assert Path("mine.json").read_text(encoding="utf-8") == '{"mine": 1}'


def test_a_query_leans_towards_what_is_liked_and_away_from_what_is_disliked(catalogue: Path, spotrec: Run) -> None:
    plain = shown(spotrec, "query", SEED.id, "-n", 59)
    spotrec("like", "artist:Artist 9")
    spotrec("dislike", plain[0])
    leaning = shown(spotrec, "query", SEED.id, "-n", 59, "--taste")
    assert set(leaning) == set(plain), "nothing is left out"
    assert leaning.index(plain[0]) > 0
    own = [song(n).id for n in range(45, 50)]
    assert sum(map(leaning.index, own)) < sum(map(plain.index, own))
    assert shown(spotrec, "query", SEED.id, "-n", 59) == plain, "without --taste nothing changes"


def test_a_query_without_a_seed_goes_by_taste(catalogue: Path, spotrec: Run) -> None:
    assert "nothing that has features is liked yet" in spotrec("query", "--taste", code=5).stderr
    spotrec("dislike", "song 1")
    spotrec("query", "--taste", code=5)
    assert "so --taste changes nothing" not in spotrec("query", SEED.id, "--taste").stderr
    spotrec("taste", "forget", "song 1")
    assert "so --taste changes nothing" in spotrec("query", SEED.id, "--taste").stderr
    spotrec("like", SEED.id)
    found = spotrec("query", "--taste", "--explain")
    assert found.stdout.startswith("What sounds like what you like:")
    assert shown(spotrec, "query", "--taste") == shown(spotrec, "query", SEED.id)


def test_older_likes_count_less(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def row(n: int, said_at: str) -> dict[str, Any]:
        return {"verb": "like", "thing": "track", "name": f"Song {n}", "artists": [f"Artist {n // 5}"],
                "track_id": song(n).id, "source": "x", "said_at": said_at}  # fmt: skip

    Path("x.json").write_text(json.dumps([row(3, "2020-01-01"), row(50, "2026-01-01")]), encoding="utf-8")
    ranks = []
    for half_life in (100_000.0, 100.0):
        with Recommender(taste_half_life_days=half_life) as recommender:
            recommender.import_taste("x.json")
            found = recommender.query(taste=True, n=59).results
            near_old = recommender.query(song(3).id, n=1).results[0].track.id
            ranks.append([one.track.id for one in found].index(near_old))
    assert ranks[0] < ranks[1]


def test_an_explanation_names_what_is_liked_and_near(catalogue: Path, spotrec: Run) -> None:
    spotrec("like", "artist:Artist 9")
    found = json.loads(spotrec("query", song(46).id, "--taste", "--explain", "-n", 59, "--json").stdout)
    texts = {one["track_id"]: one["explanation"]["text"] for one in found["results"]}
    assert "near Artist 9, which you like" not in texts[found["results"][-1]["track_id"]]
    plain = json.loads(spotrec("query", song(46).id, "--explain", "-n", 59, "--json").stdout)
    assert not any("which you like" in one["explanation"]["text"] for one in plain["results"])


ODD = (
    "",
    "album: - ",
    "a" * 5_000,
    "\ud800",
    "'; drop table taste; --",
    "%",
    "artist:\x1b[31m",
    "album:" + "x - " * 500,
)


@pytest.mark.parametrize("command", [("like",), ("unban",), ("dislike", "--from")], ids=" ".join)
def test_names_of_any_kind_break_nothing(home: Path, spotrec: Run, command: tuple[str, ...]) -> None:
    fill(home, songs_by_artists(N), scattered(N))
    for name in ODD:
        done = spotrec(*command, name, code=None)
        assert done.exit_code in (0, 2, 3, 4, 5), (command, name, done.stderr)
    assert "\x1b" not in spotrec("taste").stdout
