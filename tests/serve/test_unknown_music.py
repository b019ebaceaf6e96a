"""Music that the store does not have: links and clips that are heard to answer, and links that are crawled."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.music import encoded, tune
from support.servers import FakeDeezer
from support.service import Served
from support.waiting import wait_until


def hear(service: Served, audio: bytes, **parameters: Any) -> Any:
    return service.http.post("/v1/hear", params=parameters, content=audio)


class TestAClip:
    def test_it_finds_what_sounds_like_it_and_is_not_stored(self, live: Served, music: Path) -> None:
        before = live.recommender.status().counts
        answer = hear(live, encoded(tune(90)), limit=3, name="from my phone.mp3")
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["results"]) == 3
        assert answer.json()["seed"]["title"] == "from my phone"
        assert live.recommender.status().counts == before

    def test_the_same_audio_as_a_stored_track_finds_its_neighbours(self, live: Served, music: Path) -> None:
        answer = hear(live, (music / "tune-1.flac").read_bytes(), limit=3).json()
        stored = live.json("/v1/recommendations", track="Tune 1", limit=3)
        assert [one["track_id"] for one in answer["results"]] == [one["track_id"] for one in stored["results"]]

    def test_the_query_can_be_refined_without_sending_it_again(self, live: Served) -> None:
        seed = hear(live, encoded(tune(91)), limit=5).json()["seed"]["track_id"]
        refined = live.json("/v1/recommendations", track=seed, unlike="Tune 3", artist="Band 1", limit=2)
        assert len(refined["results"]) == 2
        assert {one["artists"][0] for one in refined["results"]} == {"Band 1"}

    @pytest.mark.parametrize(
        ("audio", "reason"),
        [(b"text", "not audio"), (encoded(np.zeros(22_050 * 5, np.float32), "WAV"), "silent"), (b"", "no audio")],
        ids=["text", "silence", "nothing"],
    )
    def test_what_is_no_music_is_refused_with_the_reason(self, audio: bytes, reason: str, live: Served) -> None:
        answer = hear(live, audio)
        assert answer.status_code in (400, 422)
        assert reason in answer.json()["detail"]

    def test_an_answer_comes_within_a_second_once_the_network_is_loaded(self, live: Served) -> None:
        hear(live, encoded(tune(92)))
        begun = time.process_time()  # of this process, the server's: what other programs do does not count
        assert hear(live, encoded(tune(93))).status_code == 200
        assert time.process_time() - begun < 1


class TestALink:
    def test_an_unknown_track_is_fetched_heard_and_answered(self, live: Served, deezer: FakeDeezer) -> None:
        found = live.json("/v1/recommendations", track="https://www.deezer.com/track/1", limit=3)
        assert (found["seed"]["title"], len(found["results"])) == ("Song 1", 3)
        asked = len(deezer.requests)
        assert live.json("/v1/recommendations", track="deezer:track:1", limit=2)["results"] == found["results"][:2]
        assert len(deezer.requests) == asked

    def test_many_who_ask_at_once_cause_one_download(self, live: Served, deezer: FakeDeezer) -> None:
        answers: list[Any] = []

        def ask(limit: int) -> None:
            answers.append(live.json("/v1/recommendations", track="https://www.deezer.com/track/2", limit=limit))

        deezer.before = lambda _: time.sleep(0.1)  # what the others wait for
        threads = [threading.Thread(target=ask, args=(1 + n % 4,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        deezer.before = lambda _: None
        assert len(answers) == 8
        assert len({one["results"][0]["track_id"] for one in answers}) == 1
        assert deezer.asked("/preview/GBAYE0000002") == 1

    def test_why_a_track_cannot_be_had_is_said(self, live: Served, deezer: FakeDeezer) -> None:
        deezer.add_track(50, "GBAYE0000050")
        problem = live.problem("/v1/recommendations", 404, track="https://www.deezer.com/track/50")
        assert "no preview of Artist 50 – Song 50 is available" in problem["detail"]
        problem = live.problem("/v1/recommendations", 404, track="https://www.deezer.com/track/51")
        assert problem["title"] == "There is no such thing"

    def test_all_who_wait_for_it_hear_why_it_cannot_be_had(self, live: Served, deezer: FakeDeezer) -> None:
        deezer.add_track(60, "GBAYE0000060")
        details: list[str] = []

        def ask() -> None:
            details.append(live.problem("/v1/recommendations", 404, track="https://www.deezer.com/track/60")["detail"])

        deezer.before = lambda _: time.sleep(0.1)
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        deezer.before = lambda _: None
        assert len(details) == 4
        assert all("no preview of Artist 60" in detail for detail in details)

    def test_a_journey_may_begin_at_one(self, live: Served) -> None:
        found = live.json("/v1/journey", start="https://www.deezer.com/track/3", end="Tune 4", limit=4)
        assert [found["from"]["title"], found["to"]["title"]] == ["Song 3", "Tune 4"]


class TestACrawl:
    def test_a_queued_playlist_is_crawled_heard_and_indexed_while_others_ask(
        self, live: Served, deezer: FakeDeezer
    ) -> None:
        deezer.add_list("/playlist/7", [5, 6, 7])
        before = live.get("/v1/recommendations", track="Tune 1").headers["Spotrec-Index"]
        answer = live.http.post("/v1/crawl", json={"link": "https://www.deezer.com/playlist/7"})
        assert answer.status_code == 202
        place = str(answer.url.join(answer.headers["location"]))
        with live.http.stream("GET", f"{place}/events") as events:
            assert events.headers["content-type"].startswith("text/event-stream")
            told = [json.loads(line.removeprefix("data: ")) for line in events.iter_lines() if line.startswith("data")]
        assert told[-1]["state"] == "done", told[-1]
        assert told[-1]["result"] == {"seen": 3, "new": 3, "with_audio": 3, "heard": 3, "indexed": 15}
        assert live.json(place) == told[-1]
        after = live.get("/v1/recommendations", track="deezer:track:5", limit=100)
        assert after.headers["Spotrec-Index"] != before
        wait_until(lambda: live.json("/v1/tracks", q="song 6"), every_s=0.1)

    @pytest.mark.parametrize(
        "link",
        ["/etc", "~/Music", "https://example.com/list.m3u", "file:///etc/passwd", "spotify:collection", "liked",
         "-", "words", "", "http://169.254.169.254/", "https://www.deezer.com@evil.example/playlist/7"],
    )  # fmt: skip
    def test_only_links_to_known_services_are_taken(self, link: str, live: Served) -> None:
        answer = live.http.post("/v1/crawl", json={"link": link})
        assert answer.status_code == 400, answer.text

    def test_one_that_fails_says_why(self, live: Served) -> None:
        job = live.http.post("/v1/crawl", json={"link": "https://www.deezer.com/playlist/404"}).json()
        wait_until(lambda: live.json(f"/v1/jobs/{job['id']}")["state"] == "failed", every_s=0.05)
        assert live.json(f"/v1/jobs/{job['id']}")["problem"]["title"] == "There is no such thing"

    def test_nobody_crawls_where_it_is_not_allowed(self, service: Served) -> None:
        answer = service.http.post("/v1/crawl", json={"link": "https://www.deezer.com/playlist/7"})
        assert (answer.status_code, answer.json()["title"]) == (403, "Clients may not crawl here")

    def test_a_job_that_does_not_exist_is_not_found(self, service: Served) -> None:
        for id_ in ("0", "..", "%2e%2e%2fjobs", "a" * 32):
            assert service.get(f"/v1/jobs/{id_}").status_code == 404
            assert service.get(f"/v1/jobs/{id_}/events").status_code == 404


class TestAFileOfTheClient:
    def test_it_is_heard_at_the_server_and_answered_as_here(self, live: Served, spotrec: Any, tmp_path: Path) -> None:
        (tmp_path / "new song.flac").write_bytes(encoded(tune(95), "FLAC"))
        before = live.recommender.status().counts
        found = json.loads(spotrec("query", tmp_path / "new song.flac", "--server", live.url, "-n", 3, "--json").stdout)
        assert (found["seed"]["title"], len(found["results"])) == ("new song", 3)
        assert live.recommender.status().counts == before

    def test_one_that_the_server_has_is_not_sent(self, live: Served, spotrec: Any, music: Path) -> None:
        file = music / "tune-2.flac"
        there = spotrec("query", file, "--server", live.url, "--ids").stdout.split()
        assert there == [one["track_id"] for one in live.json("/v1/recommendations", track="Tune 2")["results"]]

    def test_one_that_is_no_audio_is_refused(self, live: Served, spotrec: Any, tmp_path: Path) -> None:
        (tmp_path / "notes.mp3").write_text("text")
        assert "not audio" in spotrec("query", tmp_path / "notes.mp3", "--server", live.url, code=2).stderr
