"""Tracks and collections over HTTP."""

import time

import numpy as np

from spotrec.serve.completion import Completion
from spotrec.serve.freshness import Followed
from spotrec.track import TrackId
from support.catalogue import CHOI, song
from support.service import MIXTAPE, N_SONGS, Served


def titles(service: Served, words: str, limit: int = 20) -> list[str]:
    return [one["title"] for one in service.json("/v1/tracks", q=words, limit=limit)]


def test_half_a_word_finds_tracks(service: Served) -> None:
    assert titles(service, "so", 3) == ["Song 0", "Song 1", "Song 2"]
    assert titles(service, "song 5 art")[0] == "Song 5"
    assert titles(service, "arti 11") == ["Song 11", "Song 55", "Song 56", "Song 57", "Song 58", "Song 59"]
    assert titles(service, "ong") == []


def test_case_and_accents_do_not_matter(service: Served) -> None:
    assert titles(service, "  SÖNG 42 ") == ["Song 42"]


def test_no_words_list_the_first_tracks(service: Served) -> None:
    assert len(titles(service, "", 200)) == N_SONGS


def test_a_track_is_shown_with_its_state(service: Served) -> None:
    track = service.json(f"/v1/tracks/{song(3).id}")
    assert (track["title"], track["state"], track["path"]) == ("Song 3", "heard", None)
    problem = service.problem("/v1/tracks/spotify:track:no", 404)
    assert "spotify:track:no" in problem["detail"]


def test_an_embedding_is_what_the_store_has(service: Served) -> None:
    found = service.json(f"/v1/tracks/{song(3).id}/embedding")
    stored = service.recommender.session.store().embeddings.get(TrackId(song(3).id), CHOI)
    assert stored is not None
    np.testing.assert_array_equal(np.array(found["vector"], np.float32), stored.vector)
    assert max(found["tags"].values()) == float(stored.tags.max())


def test_the_collections_are_listed(service: Served) -> None:
    (one,) = service.json("/v1/collections")
    assert (one["id"], one["title"], one["tracks"]) == (MIXTAPE.id, "Mixtape", N_SONGS)


def test_completion_among_100_000_tracks_takes_less_than_20_ms(service: Served) -> None:
    completion = Completion(service.recommender)
    rows = [(TrackId(str(i)), f"song {i} of the artist {i % 9000}") for i in range(100_000)]
    text = completion._made_of(sorted(rows, key=lambda row: len(row[1])))
    completion._text = Followed(service.recommender.settings.store_path, lambda: text)
    for words in ("s", "song 99", "artist 8999 song", "the a", "zzz", "song of the artist 12 x"):
        times = []
        for _ in range(5):
            begun = time.thread_time()
            completion.find(words, 20)
            times.append(time.thread_time() - begun)
        assert min(times) < 0.02, words
