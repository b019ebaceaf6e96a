"""Extraction by several networks at once, through the real commands, with seeded networks of 12 and 16 kHz."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from spotrec.track import TrackId
from support.catalogue import write
from support.music import encoded, tune, write_tunes
from support.musicnn import seeded_weights, write_checkpoint
from support.servers import FakeDeezer, FakeSpotify

Run = Callable[..., Any]
N = 5
BOTH = ("--model", "choi", "--model", "musicnn")

COUNTS_DECODES = """
import os, soundfile

class Counted(soundfile.SoundFile):
    def __init__(self, *arguments, **options):
        with open(os.environ["DECODES"], "a") as file:
            print(os.getpid(), file=file)
        super().__init__(*arguments, **options)

soundfile.SoundFile = Counted
"""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("musicnn") / "MSD_musicnn.index", seeded_weights())


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tunes."""
    return write_tunes(tmp_path_factory.mktemp("few"), N)


@pytest.fixture(autouse=True)
def _seeded(weights: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    monkeypatch.setenv("SPOTREC_MUSICNN_WEIGHTS", str(checkpoint))


def extracted(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("extract", *arguments, "--json", code=code).stdout)
    return report


def stored(home: Path) -> dict[tuple[str, str], tuple[bytes, bytes, str]]:
    """Each embedding by track and name of its model, and when it was made."""
    with FeatureStore(home / "data" / "spotrec.db") as store:
        rows = store.rows("select track_id, model, vector, tags, created_at from embedding order by 1, 2")
    return {(row[0], row[1].partition("+")[0]): tuple(row[2:]) for row in rows}


def features(home: Path) -> dict[tuple[str, str], tuple[bytes, bytes]]:
    return {key: (vector, tags) for key, (vector, tags, _) in stored(home).items()}


@pytest.fixture
def n_decodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often a decoder was opened since this was last called, by any process."""
    folder, decodes = tmp_path / "counting", tmp_path / "decodes"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(COUNTS_DECODES)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("DECODES", str(decodes))

    def count() -> int:
        n = len(decodes.read_text().splitlines()) if decodes.exists() else 0
        decodes.unlink(missing_ok=True)
        return n

    return count


def test_a_clip_is_decoded_once_for_all_networks(
    spotrec: Run, few: Path, home: Path, n_decodes: Callable[[], int]
) -> None:
    spotrec("crawl", few)
    n_decodes()
    report = extracted(spotrec, *BOTH)
    assert (report["extracted"], report["left"], report["failures"]) == (N, 0, [])
    assert report["model"].startswith("choi-2+")
    assert ",musicnn-1+" in report["model"]
    assert n_decodes() == N
    assert Counter(model for _, model in stored(home)) == {"choi-2": N, "musicnn-1": N}
    assert extracted(spotrec, *BOTH)["extracted"] == 0
    assert n_decodes() == 0


def test_networks_that_hear_together_give_bit_for_bit_what_each_gives_alone(
    spotrec: Run, few: Path, home: Path
) -> None:
    spotrec("crawl", few)
    shutil.copytree(home / "data", home / "before")
    for model in ("choi", "musicnn"):
        extracted(spotrec, "--model", model)
    one_after_the_other = features(home)
    shutil.rmtree(home / "data")
    (home / "before").rename(home / "data")
    extracted(spotrec, *BOTH)
    assert features(home) == one_after_the_other


def test_a_gap_is_closed_with_one_decode_a_track_and_nothing_is_heard_twice(
    spotrec: Run, few: Path, home: Path, n_decodes: Callable[[], int]
) -> None:
    spotrec("crawl", few)
    extracted(spotrec, *BOTH)
    write(home / "data" / "spotrec.db", "update embedding set created_at = '2026-01-01T00:00:00+00:00'")
    whole = stored(home)
    ids = sorted({id_ for id_, _ in whole})
    gaps = {(ids[0], "choi-2"), (ids[1], "choi-2"), (ids[2], "musicnn-1"), (ids[3], "choi-2"), (ids[3], "musicnn-1")}
    for id_, model in gaps:
        write(home / "data" / "spotrec.db", f"delete from embedding where track_id = '{id_}' and model like '{model}%'")
    n_decodes()
    report = extracted(spotrec, *BOTH)
    assert (report["extracted"], report["at_hand"], report["left"]) == (4, 3, 0)
    assert n_decodes() == 4
    closed = stored(home)
    assert features(home) == {key: row[:2] for key, row in whole.items()}
    assert {key for key, row in closed.items() if row != whole[key]} == gaps, "all others were left as they were"


def test_a_store_that_one_network_has_heard_is_heard_by_the_other_alone(
    spotrec: Run, few: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spotrec("crawl", few)
    extracted(spotrec, "--model", "choi")
    choi = stored(home)
    assert extracted(spotrec, *BOTH)["extracted"] == N
    both = stored(home)
    assert len(both) == 2 * N
    assert {key: both[key] for key in choi} == choi


def test_cached_audio_stays_until_the_last_network_has_heard_it(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_MODEL", "choi,musicnn")
    deezer.previews["GBAYE0000001"] = encoded(tune(1))
    link = spotify.add_track(1, isrc="GBAYE0000001")
    spotrec("crawl", link)
    extracted(spotrec, "--keep-audio", "--model", "choi")
    write(home / "data" / "spotrec.db", "update audio set keep = 0")
    assert "waiting" in spotrec("cache", "list").stdout
    spotrec("cache", "clear", "--yes")
    assert len(list((home / "data" / "audio").iterdir())) == 1, "musicnn has not heard it"
    report = extracted(spotrec)
    assert (report["extracted"], report["deleted"], report["fetched_again"]) == (1, 1, 0)
    assert not list((home / "data" / "audio").iterdir())
    assert deezer.asked("/track") == 1


def test_audio_that_is_gone_is_fetched_again_for_the_network_that_lacks_it(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    deezer.previews["GBAYE0000001"] = encoded(tune(1))
    spotrec("crawl", spotify.add_track(1, isrc="GBAYE0000001"))
    assert extracted(spotrec, "--model", "choi")["deleted"] == 1
    choi = stored(home)
    report = extracted(spotrec, *BOTH)
    assert (report["extracted"], report["fetched_again"], report["deleted"]) == (1, 1, 1)
    both = stored(home)
    assert {key: both[key] for key in choi} == choi
    assert len(both) == 2


def test_unfit_audio_fails_once_and_is_said_once(spotrec: Run, few: Path, tmp_path: Path) -> None:
    (tmp_path / "short.wav").write_bytes(encoded(tune(1, seconds=2), "WAV"))
    spotrec("crawl", few, tmp_path / "short.wav")
    report = extracted(spotrec, *BOTH, code=3)
    assert (report["extracted"], report["left"]) == (N, 1)
    assert [failure["reason"] for failure in report["failures"]] == ["too short"]


def test_embed_gives_the_vectors_side_by_side(spotrec: Run, few: Path, home: Path) -> None:
    path = next(few.glob("*.flac"))
    (choi,), (musicnn,), (both,) = (
        json.loads(spotrec("embed", path, *models, "--json").stdout) for models in (BOTH[:2], BOTH[2:], BOTH)
    )
    assert both["vector"] == choi["vector"] + musicnn["vector"]
    assert both["model"] == f"{choi['model']},{musicnn['model']}"
    assert len(both["tags"]) == 5
    assert "360" in spotrec("embed", path, *BOTH).stdout


def test_a_seed_that_neither_has_heard_is_decoded_once(
    spotrec: Run, few: Path, home: Path, n_decodes: Callable[[], int]
) -> None:
    spotrec("crawl", few)
    extracted(spotrec, *BOTH)
    spotrec("index", *BOTH)
    seed = home / "seed.wav"
    seed.write_bytes(encoded(tune(77), "WAV"))
    n_decodes()
    environment = {**os.environ}
    command = [sys.executable, "-m", "spotrec", "query", str(seed), "-n", "1", "--json", *BOTH]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=True)
    assert len(json.loads(done.stdout)["results"]) == 1
    assert n_decodes() == 1
    assert len(stored(home)) == 2 * (N + 1)


def test_features_of_a_clip_are_stored_together(store: FeatureStore) -> None:
    from support.catalogue import MODEL, OTHER_MODEL, embedding, song

    store.tracks.add([song(1)])
    wrong = embedding(song(1), [1, 2, 3, 4])
    with pytest.raises(ValueError, match="has shape"):
        store.embeddings.save_together({MODEL: [embedding(song(1))], OTHER_MODEL: [wrong]})
    assert store.embeddings.get(TrackId(song(1).id), MODEL) is None
