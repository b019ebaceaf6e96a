"""Queries through the real command, over embeddings put into the store by hand."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.query.shared_tags import shared_tags
from spotrec.store import FeatureStore
from support.catalogue import fill, scattered, song, songs, write
from support.music import encoded, tune, write_tagged
from support.servers import Answer, FakeDeezer, FakeSpotify, spotify_id

Run = Callable[..., Any]


def results(spotrec: Run, *arguments: object) -> list[dict[str, Any]]:
    answer = json.loads(spotrec("query", *arguments, "--json").stdout)
    assert set(answer) == {"seed", "seeds", "unlike", "mood", "taste", "results", "model", "index", "unknown"}
    found: list[dict[str, Any]] = answer["results"]
    return found


def test_the_nearest_come_first_and_the_seed_never(spotrec: Run, home: Path) -> None:
    fill(home, songs(20))
    spotrec("index")
    found = results(spotrec, song(0).id)
    assert len(found) == 10
    assert [row["rank"] for row in found] == list(range(1, 11))
    assert song(0).id not in [row["track_id"] for row in found]
    similarities = [row["similarity"] for row in found]
    assert similarities == sorted(similarities, reverse=True)
    assert all(-1 <= s <= 1 for s in similarities)
    assert set(found[0]) == {
        "rank", "track_id", "title", "artists", "album", "similarity", "tags", "url", "path",
        "bpm", "bpm_source", "musical_key", "musical_key_source",
    }  # fmt: skip


@pytest.mark.parametrize(
    "seed",
    [
        spotify_id(3),
        f"spotify:track:{spotify_id(3)}",
        f"https://open.spotify.com/intl-pt-BR/track/{spotify_id(3)}?si=abc#x",
        "song 3",
        "ARTIST 3",
        "Artist 3 – Song 3",
    ],
)
def test_a_stored_seed_is_found_by_id_link_or_words(spotrec: Run, home: Path, seed: str) -> None:
    fill(home, songs(10))
    spotrec("index")
    assert json.loads(spotrec("query", seed, "--json").stdout)["seed"]["track_id"] == song(3).id


def test_words_that_match_several_tracks_name_them(spotrec: Run, home: Path) -> None:
    fill(home, [song(1, "Halo", "Beyoncé"), song(2, "Halo", "Depeche Mode"), song(3, "Other")])
    spotrec("index")
    result = spotrec("query", "halo", code=2)
    assert "matches 2 tracks" in result.stderr
    assert song(1).id in result.stderr
    assert json.loads(spotrec("query", "halo beyonce", "--json").stdout)["seed"]["track_id"] == song(1).id
    assert "no stored track" in spotrec("query", "unheard of", code=5).stderr
    assert len(spotrec("query", "x" * 9000, code=5).stderr) < 300
    assert "the search has no words" in spotrec("query", " ", code=2).stderr


def test_copies_of_the_seeds_recording_are_never_among_the_results(spotrec: Run, home: Path) -> None:
    seed = song(1, "Halo", "Beyoncé", isrc="USSM10804756")
    by_name = song(2, "HALO (Remastered 2020)", "Beyonce")
    live = song(3, "Halo (Live in Paris)", "Beyoncé")
    fill(home, [seed, by_name, live, song(4)])
    spotrec("index")
    ids = [row["track_id"] for row in results(spotrec, seed.id)]
    assert by_name.id not in ids
    assert live.id in ids, "a live version is another recording"


def test_copies_of_the_seeds_audio_are_never_among_the_results(spotrec: Run, home: Path) -> None:
    fill(home, [song(1), song(2)], audio="f" * 64)
    fill(home, [song(3), song(4)])
    spotrec("index")
    assert song(2).id not in [row["track_id"] for row in results(spotrec, song(1).id)]


def test_a_recording_is_recommended_once(spotrec: Run, home: Path) -> None:
    fill(home, [song(1), song(2, "Same", "Band"), song(3, "Same", "Band"), song(4)])
    spotrec("index")
    assert [row["title"] for row in results(spotrec, song(1).id)].count("Same") == 1


def test_of_copies_with_one_sound_the_one_with_an_artist_is_shown(spotrec: Run, home: Path) -> None:
    fill(home, [song(1), song(4)])
    untagged, tagged = replace(song(2, "track 02"), artists=()), song(3)
    fill(home, [untagged, tagged], scattered(1), audio="f" * 64)
    spotrec("index")
    shown = [row["track_id"] for row in results(spotrec, song(1).id)]
    assert sorted(shown) == sorted([tagged.id, song(4).id])


def test_so_many_copies_do_not_crowd_out_the_rest(spotrec: Run, home: Path) -> None:
    copies = [song(n, "Same", "Band") for n in range(60)]
    fill(home, [*copies, *songs(100, 105)])
    spotrec("index")
    assert len(results(spotrec, copies[0].id, "-n", 5)) == 5


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_catalogue_of_few_tracks_gives_what_it_has(spotrec: Run, home: Path, n: int) -> None:
    fill(home, songs(n))
    spotrec("index")
    assert len(results(spotrec, song(0).id)) == n - 1
    spotrec("query", song(0).id)


def test_identical_tracks_are_all_near_and_finite(spotrec: Run, home: Path) -> None:
    fill(home, songs(5), vectors=1)
    spotrec("index")
    assert [row["similarity"] for row in results(spotrec, song(0).id)] == pytest.approx([1.0] * 4, abs=1e-5)


def test_without_an_index_or_a_store_the_hint_says_what_to_run(spotrec: Run, home: Path) -> None:
    assert "spotrec index" in spotrec("query", "x", code=1).stderr
    assert "spotrec crawl" in spotrec("index", code=5).stderr
    fill(home, [song(1)])
    write(home / "data" / "spotrec.db", "delete from embedding")
    assert "there are no features to index yet" in spotrec("index", code=1).stderr


def test_what_was_stored_but_not_heard_needs_fetching(spotrec: Run, home: Path) -> None:
    fill(home, [song(1), song(2)])
    spotrec("index")
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add([song(3)])
    assert "has no features yet" in spotrec("query", song(3).id, "--no-fetch", code=5).stderr
    assert "is not in the store" in spotrec("query", song(9).id, "--no-fetch", code=5).stderr


def test_plain_ids_and_csv_are_for_pipes(spotrec: Run, home: Path) -> None:
    fill(home, [song(n, f"A, “{n}”", "X;Y") for n in range(4)])
    spotrec("index")
    ids = spotrec("query", song(0).id, "--ids").stdout.split()
    assert ids == [row["track_id"] for row in results(spotrec, song(0).id)]
    lines = spotrec("query", song(0).id, "--csv").stdout.splitlines()
    assert (
        lines[0]
        == "rank,track_id,title,artists,album,similarity,tags,url,path,bpm,bpm_source,musical_key,musical_key_source"
    )
    assert len(lines) == len(ids) + 1
    assert "cannot be combined" in spotrec("query", song(0).id, "--csv", "--json", code=2).stderr


def test_titles_with_markup_or_escapes_are_shown_as_they_are(spotrec: Run, home: Path) -> None:
    fill(home, [song(1, "[bold red]x[/]"), song(2, "[link=evil]y"), song(3)])
    spotrec("index")
    assert "[link=evil]y" in spotrec("query", song(1).id).stdout


def test_an_unknown_playlist_is_no_seed(spotrec: Run, home: Path) -> None:
    fill(home, [song(1)])
    spotrec("index")
    assert "there is no stored collection" in spotrec("query", f"spotify:playlist:{spotify_id(1)}", code=5).stderr
    assert "not a site" in spotrec("query", "https://example.org/track/1", code=2).stderr
    assert "no file or folder" in spotrec("query", "./gone.mp3", code=5).stderr


class TestOnTheFly:
    """Seeds that are not stored yet, with a seeded network."""

    @pytest.fixture(autouse=True)
    def _catalogue(self, spotrec: Run, music: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
        spotrec("crawl", music)
        spotrec("extract")
        spotrec("index")

    def test_a_file_is_heard_and_answered_and_never_recommended(
        self, spotrec: Run, tmp_path: Path, music: Path
    ) -> None:
        path = write_tagged(tmp_path / "seed.flac", tune(3) * 0.5, title="Not Crawled")
        found = results(spotrec, path)
        assert found[0]["title"] == "Tune 3"
        assert json.loads(spotrec("status", "--json").stdout)["counts"]["tracks"] == 12
        spotrec("index")
        other = next(music.glob("*.flac"))
        assert "Not Crawled" not in [row["title"] for row in results(spotrec, other, "-n", 50)]

    def test_a_spotify_track_is_fetched_heard_and_remembered(
        self, spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
    ) -> None:
        deezer.previews["GBAYE0000001"] = encoded(tune(5))
        id_ = spotify.add_track(1, isrc="GBAYE0000001")
        assert results(spotrec, f"https://open.spotify.com/track/{id_}")[0]["title"] == "Tune 5"
        asked = len(spotify.requests) + len(deezer.requests)
        assert results(spotrec, id_)[0]["title"] == "Tune 5"
        assert len(spotify.requests) + len(deezer.requests) == asked

    def test_a_deezer_track_is_fetched_heard_and_remembered(self, spotrec: Run, deezer: FakeDeezer) -> None:
        deezer.previews["GBAYE0000001"] = encoded(tune(5))
        deezer.add_track(1, "GBAYE0000001")
        assert results(spotrec, "https://www.deezer.com/de/track/1")[0]["title"] == "Tune 5"
        asked = len(deezer.requests)
        assert results(spotrec, "deezer:track:1")[0]["title"] == "Tune 5"
        assert len(deezer.requests) == asked

    def test_a_seed_without_a_preview_says_what_each_provider_said(
        self, spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
    ) -> None:
        result = spotrec("query", spotify.add_track(1, isrc="GBAYE0000009"), code=5)
        assert "no preview of Artist 1 – Song 1 is available" in result.stderr
        assert "deezer: Deezer does not have it" in result.stderr

    def test_a_throttled_seed_is_not_called_absent(
        self, spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
    ) -> None:
        deezer.faults["/track"] = [Answer("", 429, {"Retry-After": "7200"})]
        assert "wait 2 h" in spotrec("query", spotify.add_track(1, isrc="GBAYE0000009"), code=3).stderr

    def test_an_unfit_file_is_refused_with_its_reason(self, spotrec: Run, tmp_path: Path) -> None:
        (tmp_path / "s.wav").write_bytes(encoded(np.zeros(22_050 * 5, np.float32), "WAV"))
        assert "is silent" in spotrec("query", tmp_path / "s.wav", code=3).stderr
        (tmp_path / "t.mp3").write_text("text")
        assert "is not an audio file" in spotrec("query", tmp_path / "t.mp3", code=3).stderr


def test_shared_tags_are_those_that_tell_something() -> None:
    means = np.array([0.9, 0.1, 0.1, 0.1], np.float32)
    a, b = np.array([0.9, 0.5, 0.01, 0.3], np.float32), np.array([0.95, 0.4, 0.9, 0.02], np.float32)
    assert shared_tags(a, b, means) == [[1, 0]]
