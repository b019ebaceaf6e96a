"""Providers and downloads that misbehave: nothing is lost, and throttling is never remembered as absence."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.store import FeatureStore
from spotrec.track import TrackId
from spotrec.vectors import FloatArray
from support.catalogue import write
from support.music import SAMPLE_RATE_HZ, encoded, tune, write_tagged
from support.servers import Answer, FakeDeezer, FakeItunes, FakeSpotify

Run = Callable[..., Any]
PREVIEW = encoded(tune(1))
ISRC = "GBAYE0000001"


@pytest.fixture
def track(spotify: FakeSpotify, deezer: FakeDeezer) -> str:
    deezer.previews[ISRC] = PREVIEW
    return spotify.add_track(1, isrc=ISRC)


def crawl(spotrec: Run, track: str, code: int) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", track, "--json", code=code).stdout)
    return report


def outcome(home: Path) -> tuple[str, str]:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        (row,) = store.rows("select outcome, reason from preview_outcome where provider = 'deezer'")
        return row[0], row[1]


def test_a_throttled_track_is_never_absent_and_is_asked_again_later(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path
) -> None:
    deezer.faults["/track"] = [Answer("", 429, {"Retry-After": "7200"})]
    report = crawl(spotrec, track, 3)
    assert report["waiting_for"] == ["Deezer asks us to wait 2 h"]
    assert outcome(home)[0] == "unavailable"
    write(home / "data" / "spotrec.db", "update preview_outcome set ask_again_at = '2000-01-01T00:00:00+00:00'")
    del deezer.faults["/track"]
    assert crawl(spotrec, track, 0)["fetched"] == 1


def test_a_short_retry_after_is_waited_for(spotrec: Run, deezer: FakeDeezer, track: str) -> None:
    deezer.faults["/track"] = [Answer("", 429, {"Retry-After": "0"}), Answer("", 500)]
    deezer.faults["/track"][1] = deezer.handle(f"/track/isrc:{ISRC}", {}, {}) or Answer()
    assert crawl(spotrec, track, 0)["fetched"] == 1


def test_a_passing_server_error_is_tried_again(spotrec: Run, deezer: FakeDeezer, track: str) -> None:
    good = deezer.handle("/preview/" + ISRC + ".mp3", {}, {})
    assert good is not None
    deezer.faults["/preview"] = [Answer("", 503), good]
    assert crawl(spotrec, track, 0)["fetched"] == 1


def test_one_fault_of_the_provider_does_not_stop_the_other_tracks(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, track: str
) -> None:
    other = spotify.add_track(2, isrc="GBAYE0000002")
    deezer.previews["GBAYE0000002"] = PREVIEW
    deezer.faults[f"/track/isrc:{ISRC}"] = [Answer("", 500)]
    listed = spotify.add_playlist(5000, [track, other])
    report = crawl(spotrec, f"spotify:playlist:{listed}", 3)
    assert (report["fetched"], len(report["missing"])) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer("<html>blocked</html>"), "not an audio file"),
        (Answer(b""), "not an audio file"),
        (Answer("", 404), "nothing at this address"),
        (Answer(b"x" * 9_000_000), "more than"),
        (Answer("", 302, {"Location": "http://127.0.0.1:9/secret"}), "not an allowed host"),
        (Answer("", 302, {"Location": "http://localhost:9/secret"}), "not an allowed host"),
        (Answer("", 302, {"Location": "file:///etc/passwd"}), "not a web address"),
        (Answer("", 403), "refuses access"),
        (Answer(PREVIEW, content_length=len(PREVIEW) * 2), "cannot be reached"),
    ],
    ids=["html", "empty", "404", "endless", "private port", "localhost", "file", "403", "cut"],
)
def test_a_download_that_is_not_the_preview_is_refused_with_its_reason(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path, answer: Answer, reason: str
) -> None:
    deezer.faults["/preview"] = [answer]
    crawl(spotrec, track, 3)
    said, why = outcome(home)
    assert reason in why
    assert said in ("unavailable", "rejected")
    assert not list((home / "data").glob("audio/*"))


def test_redirects_without_end_are_left(spotrec: Run, deezer: FakeDeezer, track: str, home: Path) -> None:
    deezer.faults["/preview"] = [Answer("", 302, {"Location": "/preview/again"})]
    crawl(spotrec, track, 3)
    assert "without end" in outcome(home)[1]


def test_a_host_below_an_allowed_one_that_leads_to_a_private_address_is_refused(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_PREVIEW_HOSTS", f"127.0.0.1:{deezer.port},.localhost")
    deezer.faults["/preview"] = [Answer("", 302, {"Location": f"http://cdn.localhost:{deezer.port}/x"})]
    crawl(spotrec, track, 3)
    assert "private address" in outcome(home)[1] or "cannot be found" in outcome(home)[1]


def test_deezer_errors_inside_http_200_are_told_apart(spotrec: Run, deezer: FakeDeezer, track: str, home: Path) -> None:
    deezer.faults["/track"] = [Answer({"error": {"type": "ParameterException", "message": "?", "code": 500}})]
    crawl(spotrec, track, 3)
    assert outcome(home)[0] == "unavailable"


def test_an_unknown_provider_is_named(spotrec: Run, track: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "spotify,napster")
    assert "no preview provider “napster”" in spotrec("crawl", track, code=2).stderr


def test_what_is_missing_is_asked_for_again_when_due_or_when_told_to(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path
) -> None:
    preview = deezer.previews.pop(ISRC)
    crawl(spotrec, track, 3)
    asked = deezer.asked("/track")
    report = json.loads(spotrec("crawl", "--retry", "--json", code=3).stdout)
    assert (report["seen"], len(report["missing"])) == (1, 1)
    assert deezer.asked("/track") == asked, "absent is asked for again only after days"
    deezer.previews[ISRC] = preview
    assert json.loads(spotrec("crawl", "--retry-all", "--json").stdout)["fetched"] == 1
    assert json.loads(spotrec("crawl", "--retry-all", "--json").stdout)["seen"] == 0


def test_retry_goes_without_sources(spotrec: Run, track: str) -> None:
    assert "give either sources to crawl or --retry" in spotrec("crawl", track, "--retry", code=2).stderr
    assert "give either sources to crawl or --retry" in spotrec("crawl", code=2).stderr


def test_a_longer_wait_than_allowed_ends_the_asking(spotrec: Run, deezer: FakeDeezer, track: str) -> None:
    deezer.faults["/track"] = [Answer("", 429, {"Retry-After": "3"})]
    report = json.loads(spotrec("crawl", track, "--max-wait", "1", "--json", code=3).stdout)
    assert report["waiting_for"] == ["Deezer asks us to wait 3 s"]


def test_a_preview_whose_signature_has_expired_is_found_once_more(spotrec: Run, deezer: FakeDeezer, track: str) -> None:
    deezer.faults["/preview"] = [Answer("", 403), Answer(PREVIEW)]
    assert crawl(spotrec, track, 0)["fetched"] == 1
    assert (deezer.asked("/track"), deezer.asked("/preview")) == (2, 2)


def m4a(samples: FloatArray, folder: Path, *flags: str) -> bytes:
    """AAC as Apple sends it."""
    import av

    path = folder / "tune.m4a"
    with av.open(str(path), "w", format="mp4", options=dict(flag.split("=") for flag in flags)) as file:
        stream = file.add_stream("aac", rate=SAMPLE_RATE_HZ)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        file.mux([*stream.encode(frame), *stream.encode(None)])
    return path.read_bytes()


def cut_previews(folder: Path) -> dict[str, bytes]:
    mp3, wav = encoded(tune(2)), encoded(tune(2), "WAV")
    index_first, index_last = m4a(tune(2), folder, "movflags=faststart"), m4a(tune(2), folder)
    return {
        "half an MP3": mp3[: len(mp3) // 2],
        "half an M4A with its index first": index_first[: len(index_first) // 2],
        "an M4A without its index, which came last": index_last[: len(index_last) * 95 // 100],
        "a third of a WAV": wav[: len(wav) // 3],
    }


@pytest.mark.parametrize(
    "cut",
    [
        "half an MP3",
        "half an M4A with its index first",
        "an M4A without its index, which came last",
        "a third of a WAV",
    ],
)
def test_a_cut_preview_is_replaced_by_the_next_providers_and_asked_for_again_later(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, itunes: FakeItunes, home: Path, tmp_path: Path, cut: str
) -> None:
    deezer.previews[ISRC] = cut_previews(tmp_path)[cut]
    itunes.add("Song 1", "Artist 1", 30_000, preview=PREVIEW)
    track = spotify.add_track(1, isrc=ISRC)
    assert crawl(spotrec, track, 0)["fetched"] == 1
    assert [file.read_bytes() for file in (home / "data" / "audio").iterdir()] == [PREVIEW]
    assert outcome(home) == ("rejected", "deezer's preview is cut off")
    with FeatureStore(home / "data" / "spotrec.db") as store:
        (again_at,) = store.rows("select ask_again_at from preview_outcome where provider = 'deezer'")[0]
    assert datetime.now(UTC) < datetime.fromisoformat(again_at) < datetime.now(UTC) + timedelta(hours=7)


def test_whole_previews_of_every_kind_are_taken(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, tmp_path: Path
) -> None:
    whole = [
        *(encoded(tune(n), kind) for n, kind in enumerate(("MP3", "WAV", "FLAC", "OGG", "AIFF"))),
        m4a(tune(7), tmp_path, "movflags=faststart"),
        m4a(tune(8), tmp_path),
        m4a(tune(9), tmp_path, "movflags=frag_keyframe+empty_moov"),
    ]
    for n, audio in enumerate(whole):
        deezer.previews[f"GBAYE{n:07d}"] = audio
    ids = [spotify.add_track(n, isrc=f"GBAYE{n:07d}") for n in range(len(whole))]
    listed = spotify.add_playlist(5000, ids)
    assert crawl(spotrec, f"spotify:playlist:{listed}", 0)["fetched"] == len(whole)


def test_a_preview_that_turns_out_to_be_bad_when_it_is_heard_is_fetched_elsewhere_by_the_next_crawl(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, itunes: FakeItunes, weights: Path, home: Path
) -> None:
    flac = encoded(tune(2), "FLAC")
    deezer.previews[ISRC] = flac[: len(flac) // 2]
    itunes.add("Song 1", "Artist 1", 30_000, preview=PREVIEW)
    track = spotify.add_track(1, isrc=ISRC)
    assert crawl(spotrec, track, 0)["fetched"] == 1
    assert itunes.requests == []
    report = json.loads(spotrec("extract", "--weights", weights, "--json", code=3).stdout)
    assert (report["extracted"], len(report["failures"]), report["deleted"]) == (0, 1, 1)
    assert outcome(home) == ("rejected", "its preview is not usable: damaged")
    assert not list((home / "data" / "audio").iterdir())
    assert json.loads(spotrec("crawl", "--retry", "--json").stdout)["fetched"] == 1
    assert json.loads(spotrec("extract", "--weights", weights, "--json").stdout)["extracted"] == 1


def test_the_report_adds_up(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    deezer.previews[ISRC] = PREVIEW
    twins = [spotify.add_track(n, isrc=ISRC) for n in (1, 2)]
    lost = spotify.add_track(3)
    rows = [*twins, twins[0], None, {"item": {"type": "episode", "id": "x", "name": "Talk"}}, lost]
    listed = spotify.add_playlist(5000, rows)
    report = crawl(spotrec, f"spotify:playlist:{listed}", 3)
    assert (report["seen"], report["new"], report["with_audio"], len(report["missing"])) == (6, 2, 1, 1)
    assert (report["repeated"], len(report["skipped"])) == (2, 2)
    (source,) = report["sources"]
    assert source["seen"] == sum(source[part] for part in ("with_audio", "missing", "repeated", "skipped"))
    shown = spotrec("crawl", f"spotify:playlist:{listed}", code=3).stdout
    assert "6 tracks seen, 0 new, 1 with audio (0 fetched now), 1 without, 2 listed again, 2 skipped" in shown
    plan = json.loads(spotrec("crawl", f"spotify:playlist:{listed}", "--dry-run", "--json").stdout)
    (source,) = plan["sources"]
    assert source["seen"] == sum(source[part] for part in ("with_audio", "missing", "repeated", "skipped"))


def test_a_preview_address_is_used_and_stored_nowhere(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    deezer.previews["direct"] = PREVIEW
    id_ = spotify.add_track(1, preview_url=f"{deezer.url}/preview/direct.mp3?cid=planted-client-id", isrc=ISRC)
    listed = spotify.add_playlist(5000, [id_])
    report = crawl(spotrec, f"spotify:playlist:{listed}", 0)
    assert report["providers"] == {"spotify": {"found": 1}}
    assert not [p for p in home.rglob("*") if p.is_file() and b"planted-client-id" in p.read_bytes()]


def test_the_closing_line_names_the_track_and_who_was_asked(spotrec: Run, deezer: FakeDeezer, track: str) -> None:
    deezer.faults["/track"] = [Answer({"error": {"type": "Exception", "message": "?", "code": 500}})]
    stderr = spotrec("crawl", track, code=3).stderr
    assert "error: deezer, for Artist 1 – Song 1: Deezer answered error 500" in stderr


def test_the_closing_line_of_a_source_that_fails_names_it(spotrec: Run, spotify: FakeSpotify) -> None:
    link = f"https://open.spotify.com/playlist/{spotify.add_playlist(1, [])}"
    spotify.faults["/v1/"] = [Answer("", 500)]
    assert f"error: {link}: Spotify answered HTTP 500" in spotrec("crawl", link, code=1).stderr


@pytest.mark.parametrize("retry_after", [None, "", "soon", "1e400", "nan", "Fri, 99 Foo"])
def test_who_throttles_without_saying_for_how_long_is_left_alone_for_a_window(
    spotrec: Run, deezer: FakeDeezer, track: str, monkeypatch: pytest.MonkeyPatch, retry_after: str | None
) -> None:
    monkeypatch.setenv("SPOTREC_DEEZER_LIMIT", "40/0.5")
    answer = Answer("", 429, {} if retry_after is None else {"Retry-After": retry_after})
    deezer.faults["/track"] = [answer, answer, None]
    assert crawl(spotrec, track, 0)["fetched"] == 1
    times = [t for t, path in deezer.arrivals if path.startswith("/track")]
    assert times[1] - times[0] > 0.5
    assert times[2] - times[1] > 1.0, "and for longer if that was not enough"


def test_a_spotify_that_throttles_without_saying_for_how_long_is_waited_for(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, track: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_SPOTIFY_LIMIT", "90/0.5")
    spotify.faults["/v1/tracks"] = [
        Answer({"error": {"status": 429}}, 429),
        Answer("", 429, {"Retry-After": "?"}),
        None,
    ]
    assert crawl(spotrec, track, 0)["fetched"] == 1


def test_audio_that_was_lost_is_found_again_in_the_users_own_file(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path, tmp_path: Path
) -> None:
    del deezer.previews[ISRC]
    crawl(spotrec, track, 3)
    file = write_tagged(tmp_path / "mine" / "copy.flac", tune(1), artist="Artist 1", title="Song 1", isrc=ISRC)
    crawl(spotrec, str(file), 0)
    id_ = TrackId(f"spotify:track:{track}")
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.audio.forget(id_)
    asked = len(deezer.requests)
    assert json.loads(spotrec("crawl", "--retry-all", "--json").stdout)["fetched"] == 1
    with FeatureStore(home / "data" / "spotrec.db") as store:
        audio = store.audio.get(id_)
    assert audio is not None
    assert (audio.address, audio.owned, audio.provider) == (str(file), False, "file")
    assert len(deezer.requests) == asked
    assert not list((home / "data").glob("audio/*"))
