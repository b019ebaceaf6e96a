"""Extraction through the real command, with a seeded network."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.store import FeatureStore
from spotrec.system.digests import sha256
from support.music import encoded, tune, write_tagged, write_tunes
from support.servers import FakeDeezer, FakeSpotify

Run = Callable[..., Any]
N = 3


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tunes."""
    return write_tunes(tmp_path_factory.mktemp("few"), N)


@pytest.fixture(autouse=True)
def _seeded(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))


def extracted(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("extract", *arguments, "--json", code=code).stdout)
    return report


def test_every_track_with_audio_is_heard_once(spotrec: Run, few: Path) -> None:
    spotrec("crawl", few)
    assert extracted(spotrec)["extracted"] == N
    assert extracted(spotrec)["extracted"] == 0


def test_other_weights_are_another_model_and_the_published_one_has_heard_nothing(
    spotrec: Run, few: Path, home: Path
) -> None:
    spotrec("crawl", few)
    report = extracted(spotrec)
    assert report["model"].startswith("choi-2+")
    status = json.loads(spotrec("status", "--json").stdout)
    assert status["embedded_models"] == {report["model"]: N}


def test_cached_audio_is_deleted_when_its_features_are_stored(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    deezer.previews["GBAYE0000001"] = encoded(tune(1))
    spotrec("crawl", spotify.add_track(1, isrc="GBAYE0000001"))
    assert len(list((home / "data" / "audio").iterdir())) == 1
    report = extracted(spotrec)
    assert (report["extracted"], report["deleted"]) == (1, 1)
    assert not list((home / "data" / "audio").iterdir())
    spotrec("crawl", spotify.add_track(1, isrc="GBAYE0000001"))
    assert deezer.asked("/track") == 1, "a track with features needs no audio"


def test_cached_audio_is_kept_when_asked_and_later_runs_keep_it(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    deezer.previews["GBAYE0000001"] = encoded(tune(1))
    spotrec("crawl", spotify.add_track(1, isrc="GBAYE0000001"))
    assert extracted(spotrec, "--keep-audio")["deleted"] == 0
    extracted(spotrec)
    assert len(list((home / "data" / "audio").iterdir())) == 1


def test_a_users_own_files_are_never_touched(spotrec: Run, tmp_path: Path) -> None:
    path = write_tagged(tmp_path / "mine" / "one.flac", tune(1))
    before = path.read_bytes()
    spotrec("crawl", path)
    assert extracted(spotrec)["deleted"] == 0
    assert path.read_bytes() == before


def test_unfit_audio_costs_those_tracks_only_and_their_reasons_are_stored(
    spotrec: Run, tmp_path: Path, few: Path
) -> None:
    unfit = {
        "short.wav": (encoded(tune(1, seconds=2), "WAV"), "too short"),
        "silent.wav": (encoded(np.zeros(22_050 * 5, np.float32), "WAV"), "silent"),
        "cut.mp3": (encoded(tune(1, seconds=12))[:9_000], "truncated"),
        "cut.wav": (encoded(tune(1, seconds=12), "WAV")[:200_000], "truncated"),
        "broken.flac": (encoded(tune(1, seconds=12), "FLAC")[:60_000], "damaged"),
    }
    (tmp_path / "unfit").mkdir()
    for name, (content, _) in unfit.items():
        (tmp_path / "unfit" / name).write_bytes(content)
    spotrec("crawl", few, tmp_path / "unfit")
    report = extracted(spotrec, code=3)
    assert report["extracted"] == N
    reasons = {f"file:{sha256(content)[:32]}": reason for content, reason in unfit.values()}
    assert {one["track_id"]: one["reason"] for one in report["failures"]} == reasons
    assert extracted(spotrec)["left"] == len(unfit), "they are not tried again by themselves"
    said = spotrec("status").stdout
    assert all(reason in said for reason in reasons.values())
    assert len(extracted(spotrec, "--retry-failed", code=3)["failures"]) == len(unfit)


def test_nan_samples_never_reach_the_store(spotrec: Run, tmp_path: Path) -> None:
    import soundfile

    samples = tune(1)
    samples[1000] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, 22_050, subtype="FLOAT")
    spotrec("crawl", tmp_path / "nan.wav")
    assert extracted(spotrec, code=3)["failures"][0]["reason"] == "not finite"


def test_a_file_that_is_gone_or_has_changed_is_a_fault_that_crawling_again_mends(spotrec: Run, tmp_path: Path) -> None:
    path = write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    spotrec("crawl", path)
    content = path.read_bytes()
    path.unlink()
    assert extracted(spotrec, code=3)["failures"][0]["reason"] == "audio gone"
    path.write_bytes(content)
    spotrec("crawl", path)
    assert extracted(spotrec)["extracted"] == 1


def test_a_cache_that_fails_stops_the_run_and_is_no_fault_of_the_tracks(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    deezer.previews["GBAYE0000001"] = encoded(tune(1))
    spotrec("crawl", spotify.add_track(1, isrc="GBAYE0000001"))
    cached = home / "data" / "audio"
    cached.rename(home / "away")
    cached.write_text("a file where the cache should be")
    assert "cannot be used" in spotrec("extract", code=1).stderr
    cached.unlink()
    (home / "away").rename(cached)
    assert extracted(spotrec)["extracted"] == 1


def test_embed_shows_vector_and_tags_and_stores_nothing(spotrec: Run, few: Path, home: Path) -> None:
    path = next(few.glob("*.flac"))
    (heard,) = json.loads(spotrec("embed", path, "--json").stdout)
    assert set(heard) == {"path", "model", "vector", "tags"}
    assert len(heard["vector"]) == 160
    assert len(heard["tags"]) == 5
    assert not (home / "data" / "spotrec.db").exists()
    assert str(path.name) in spotrec("embed", path).stdout


def test_embed_of_a_missing_or_unfit_file_says_so(spotrec: Run, tmp_path: Path) -> None:
    assert "there is no file" in spotrec("embed", "gone.mp3", code=5).stderr
    (tmp_path / "x.mp3").write_text("text")
    assert "is not an audio file" in spotrec("embed", tmp_path / "x.mp3", code=3).stderr


def test_the_stored_vector_is_the_embedded_one(spotrec: Run, few: Path, home: Path) -> None:
    path = next(few.glob("*.flac"))
    spotrec("crawl", path)
    model = extracted(spotrec)["model"]
    (heard,) = json.loads(spotrec("embed", path, "--json").stdout)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        (row,) = store.rows("select vector from embedding where model = ?", (model,))
    np.testing.assert_array_equal(np.frombuffer(row[0], "<f4"), np.array(heard["vector"], np.float32))


def test_what_decoders_say_of_damaged_files_stays_off_the_terminal(
    spotrec: Run, spotrec_process: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_EARS", "choi")
    (tmp_path / "cut.mp3").write_bytes(encoded(tune(1, seconds=12))[:9_000])  # libmpg123 has an opinion of it
    spotrec("crawl", tmp_path / "cut.mp3")
    done = spotrec_process("extract", code=3)
    assert "truncated" in done.stdout
    assert all(line.startswith("load the model") for line in done.stderr.splitlines()), done.stderr
