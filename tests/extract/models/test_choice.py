"""Which version of the network a run uses, and the way from one to the next, through the real commands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.extract.models.choice import choose_models
from spotrec.extract.models.registry import installed_models
from spotrec.recommender import Recommender
from spotrec.settings import Settings, resolve
from spotrec.store import FeatureStore
from spotrec.track import ModelId
from support.catalogue import fill, songs, write
from support.music import encoded, tune
from support.servers import FakeDeezer, FakeSpotify

Run = Callable[..., Any]
CHOI_1, CHOI_2 = ModelId("choi", 1, 160), ModelId("choi", 2, 160)
ISRC = "GBAYE0000001"


def in_use(**settings: Any) -> ModelId:
    with Recommender(**settings) as recommender:
        return recommender.model


def shown(spotrec: Run, *arguments: object) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(spotrec(*arguments, "--json").stdout)
    return answer


def test_the_names_that_the_setting_takes_are_the_versions_there_are() -> None:
    for model in installed_models():
        assert str(in_use(model=model.network)) == model.network


def test_a_name_of_no_version_is_refused_before_anything_happens(spotrec: Run) -> None:
    assert "there is no model “choi-9”" in spotrec("status", "--model", "choi-9", code=2).stderr


def test_without_a_store_nothing_is_looked_up_and_the_newest_is_used(tmp_path: Path) -> None:
    def open_store() -> FeatureStore:
        raise AssertionError("there is no store to look into")

    assert choose_models(Settings(store=tmp_path / "none.db"), open_store)[0].id == CHOI_2


def test_a_new_store_begins_with_the_newest_and_one_of_choi_1_stays_with_it(store: FeatureStore) -> None:
    assert in_use() == CHOI_2
    fill(store, songs(3), model=CHOI_1)
    assert in_use() == CHOI_1
    assert in_use(model="choi-2") == CHOI_2
    fill(store, songs(1), model=CHOI_2)
    assert in_use() == CHOI_2
    assert in_use(model="choi-1") == CHOI_1


def test_the_environment_chooses_too(store: FeatureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, songs(3), model=CHOI_2)
    monkeypatch.setenv("SPOTREC_MODEL", "choi-1")
    assert resolve().ears == ("choi-1",)
    assert in_use() == CHOI_1


def test_features_of_other_weights_decide_nothing(store: FeatureStore) -> None:
    fill(store, songs(3), model=ModelId("choi", 1, 160, "0123abcd"))
    assert in_use() == CHOI_2


def test_a_damaged_store_is_told_of_by_what_needs_it(spotrec: Run, home: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / "spotrec.db").write_bytes(b"no database" * 100)
    assert "spotrec.db" in spotrec("status", code=1).stderr
    assert "store" in spotrec("doctor", code=None).stdout


def test_a_store_made_before_keeps_its_features_and_its_index(spotrec: Run, store: FeatureStore) -> None:
    fill(store, songs(3), model=CHOI_1)
    assert shown(spotrec, "index")["model"] == "choi-1"
    status = shown(spotrec, "status")
    assert (status["model"], status["indexed"], status["newer_model"]) == ("choi-1", 3, "choi-2")
    said = " ".join(spotrec("status").stdout.split())
    assert (
        "a newer model is available, choi-2: `spotrec extract --model choi-2`, then `spotrec index --model choi-2`"
        in said
    )
    assert shown(spotrec, "query", "Song 1", "--no-fetch")["model"] == "choi-1"


def test_the_status_of_a_set_is_about_all_its_models(spotrec: Run, store: FeatureStore) -> None:
    for model in (CHOI_1, ModelId("musicnn", 1, 200)):
        fill(store, songs(3), model=model)
    status = shown(spotrec, "status", "--model", "musicnn+choi-1")
    assert [one["model"] for one in status["weights"]] == ["choi", "musicnn"]
    said = " ".join(spotrec("status", "--model", "musicnn+choi-1").stdout.split())
    assert said.count("not installed yet") == 2
    assert "`spotrec extract --model choi-2+musicnn-1`" in said


def test_two_models_lie_side_by_side_and_each_has_an_index(spotrec: Run, store: FeatureStore) -> None:
    fill(store, songs(3), model=CHOI_1)
    fill(store, songs(2), model=CHOI_2)
    for name, n in (("choi-1", 3), ("choi-2", 2)):
        assert shown(spotrec, "index", "--model", name)["n_tracks"] == n
    assert shown(spotrec, "query", "Song 1", "--no-fetch")["model"] == "choi-2"
    assert shown(spotrec, "query", "Song 1", "--no-fetch", "--model", "choi-1")["model"] == "choi-1"
    assert shown(spotrec, "status")["newer_model"] is None


def test_the_look_up_uses_an_index_where_there_is_one_and_never_reads_vectors(store: FeatureStore) -> None:
    fill(store, songs(3), model=CHOI_1)
    sql = "explain query plan select 1 from embedding where model = ? limit 1"
    assert "covering index" in store.rows(sql, ("choi-2",))[0]["detail"].lower()
    write(store.path, "create index by_model on embedding (model)")
    assert store.rows(sql, ("choi-2",))[0]["detail"].startswith("SEARCH")
    assert store.embeddings.has_any(CHOI_1)
    assert not store.embeddings.has_any(CHOI_2)


def test_audio_that_was_deleted_is_fetched_again_for_a_later_model(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    deezer.previews[ISRC] = encoded(tune(1))
    spotrec("crawl", spotify.add_track(1, isrc=ISRC))
    assert shown(spotrec, "extract", "--model", "choi-1")["deleted"] == 1
    write(home / "data" / "spotrec.db", "update embedding set created_at = '2025-01-01T00:00:00+00:00'")  # a while ago

    report = shown(spotrec, "extract", "--model", "choi-2", "--no-fetch")
    assert (report["extracted"], report["audio_gone"]) == (0, 1)
    said = " ".join(spotrec("extract", "--model", "choi-2", "--no-fetch").stdout.split())
    assert "the audio of 1 track with features of another model is gone" in said
    assert "`spotrec crawl --retry --model choi-2`" in said, "what --model takes, whatever the weights"

    assert shown(spotrec, "crawl", "--retry", "--model", "choi-2")["fetched"] == 1
    assert shown(spotrec, "extract")["deleted"] == 0, "choi-1, in use by default, leaves what came for choi-2"
    report = shown(spotrec, "extract", "--model", "choi-2")
    assert (report["extracted"], report["deleted"], report["audio_gone"]) == (1, 1, 0)
    assert set(shown(spotrec, "status")["embedded_models"].values()) == {1}
    assert not list((home / "data" / "audio").iterdir())


def test_extracting_with_another_model_fetches_what_is_gone_and_says_so(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    deezer.previews[ISRC] = encoded(tune(1))
    kept = "GBAYE0000002"
    deezer.previews[kept] = encoded(tune(2))
    spotrec("crawl", spotify.add_track(1, isrc=ISRC))
    spotrec("extract", "--model", "choi-1")
    spotrec("crawl", spotify.add_track(2, isrc=kept), "--model", "choi-1")
    spotrec("extract", "--model", "choi-1", "--keep-audio")

    result = spotrec("extract", "--model", "choi-2", "--json")
    report = json.loads(result.stdout)
    assert (report["extracted"], report["at_hand"], report["fetched_again"], report["audio_gone"]) == (2, 1, 1, 0)
    assert "1 track has features by another model and no audio: fetching it again" in result.stderr
    again = shown(spotrec, "extract", "--model", "choi-2")
    assert (again["extracted"], again["at_hand"], again["fetched_again"]) == (0, 0, 0)
    assert set(shown(spotrec, "status")["embedded_models"].values()) == {2}


def test_audio_that_is_nowhere_to_be_had_again_is_told(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    deezer.previews[ISRC] = encoded(tune(1))
    spotrec("crawl", spotify.add_track(1, isrc=ISRC))
    spotrec("extract", "--model", "choi-1")
    del deezer.previews[ISRC]
    report = shown(spotrec, "extract", "--model", "choi-2")
    assert (report["extracted"], report["fetched_again"], report["audio_gone"]) == (0, 0, 1)


def test_several_models_hear_together_and_audio_goes_when_all_have_heard_it(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    deezer.previews[ISRC] = encoded(tune(1))
    spotrec("crawl", spotify.add_track(1, isrc=ISRC))
    report = shown(spotrec, "extract", "--model", "choi-1", "--model", "choi-2")
    assert (report["extracted"], report["deleted"], report["fetched_again"]) == (1, 1, 0)
    assert not list((home / "data" / "audio").iterdir())
    assert set(shown(spotrec, "status")["embedded_models"].values()) == {1}
    assert shown(spotrec, "index", "--model", "choi-1", "--model", "choi-2")["n_tracks"] == 1


@pytest.mark.parametrize(
    "command",
    [("status",), ("index", "--list"), ("map", "--html", "map.html"), ("cache", "list"), ("crawl", "--retry")],
    ids=str,
)
def test_what_is_done_with_one_model_is_done_with_several(
    spotrec: Run, store: FeatureStore, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for model in (CHOI_1, CHOI_2):
        fill(store, songs(3), model=model)
    monkeypatch.setenv("SPOTREC_MODEL", "choi-1,choi-2")
    spotrec("index")
    spotrec(*command)


def test_several_in_the_settings_are_one_set_in_any_order(
    spotrec: Run, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, songs(3), model=CHOI_2)
    for models in ("choi-1,choi-2", "choi-2,choi-1"):
        monkeypatch.setenv("SPOTREC_MODEL", models)
        status = shown(spotrec, "status")
        assert (status["model"], status["embedded_models"]) == ("choi-1,choi-2", {"choi-2": 3})
        spotrec("tracks")


def test_ones_own_files_are_heard_by_a_later_model_at_once(
    spotrec: Run, music: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    spotrec("crawl", music)
    for name in ("choi-1", "choi-2"):
        report = shown(spotrec, "extract", "--model", name)
        assert (report["extracted"], report["audio_gone"]) == (12, 0)
