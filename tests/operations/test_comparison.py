"""Which spaces are compared, and over which tracks."""

from pathlib import Path

import numpy as np
import pytest

from spotrec.audio.cache import AudioCaches
from spotrec.audio.decode import decode
from spotrec.errors import NotFound, UsageError
from spotrec.evaluate.evaluate import evaluate, standardise
from spotrec.evaluate.labels import Labels
from spotrec.evaluate.metrics import Similarity, cosine
from spotrec.evaluate.mfcc import SAMPLE_RATE_HZ, mfcc_statistics
from spotrec.extract.models.choi.model import CHOI_1
from spotrec.extract.models.musicnn.model import MUSICNN
from spotrec.index.build import build
from spotrec.index.joint_fit import fit
from spotrec.index.summary import summarise
from spotrec.operations.comparison import Comparer, Comparison
from spotrec.progress import Silent
from spotrec.settings import resolve
from spotrec.store import FeatureStore
from spotrec.system.digests import sha256
from spotrec.track import ModelId, StoredAudio, Track
from spotrec.vectors import FloatArray
from support.catalogue import CHOI, CHOI_EARS, fill, scattered, song, songs
from support.music import encoded, tune

WIDE = ModelId("wide", 1, 320)
OTHER = ModelId("choi", 1, 160, "0123abcd")


def hear(store: FeatureStore, heard: list[Track], model: ModelId = CHOI, *, alike: bool = False) -> None:
    vectors = np.random.default_rng(0).standard_normal((len(heard), model.dim))
    fill(store, heard, vectors[0] if alike else vectors, model=model)


def compared(store: FeatureStore, *wanted: str, all_: bool = False) -> Comparison:
    settings = resolve()
    comparer = Comparer(store, [CHOI_1], AudioCaches(settings), settings.max_audio_mb * 1_000_000, Silent())
    return comparer.compare(None if all_ else wanted)


def matrix(found: Comparison, name: str) -> FloatArray:
    """How alike the tracks of a space are, shape (n, n)."""
    return found.spaces[name](slice(len(found.rows)))


def test_alone_there_is_the_space_that_is_searched(store: FeatureStore) -> None:
    hear(store, songs(5))
    found = compared(store)
    assert list(found.spaces) == ["spotrec"]
    assert found.rows == list(range(5))
    assert found.notes == []


def test_models_stand_side_by_side_on_the_tracks_that_both_have_heard(store: FeatureStore) -> None:
    hear(store, songs(10))
    hear(store, songs(12)[4:], WIDE)
    hear(store, songs(3), OTHER)
    found = compared(store, all_=True)
    plain = [f"{name}{way}" for way in ("standardised", "raw cosine") for name in ("", "wide-1, ", "fusion, ")]
    assert list(found.spaces) == ["spotrec", "wide-1", "fusion", *plain, "random"]
    assert found.rows == list(range(4, 10))
    assert found.notes == [
        "choi-1+0123abcd is left out: 3 of 10 tracks have features by it",
        "MFCC is left out: 0 of 10 tracks have stored audio",
        "6 of 10 tracks are in every space: the others are left out",
    ]
    for name in found.spaces:
        cosines = matrix(found, name)
        assert cosines.shape == (6, 6)
        np.testing.assert_allclose(np.diag(cosines), 1, atol=1e-5)
        np.testing.assert_allclose(cosines, cosines.T, atol=1e-5)
    mean = (matrix(found, "raw cosine") + matrix(found, "wide-1, raw cosine")) / 2
    np.testing.assert_allclose(matrix(found, "fusion, raw cosine"), mean, atol=1e-6)
    of_all = matrix(compared(store, "standardised"), "standardised")[4:, 4:]
    np.testing.assert_allclose(of_all, matrix(found, "standardised"), atol=1e-6, err_msg="of the whole catalogue")


def test_a_space_that_knows_little_is_compared_when_it_is_asked_for(store: FeatureStore) -> None:
    hear(store, songs(10))
    hear(store, songs(3), OTHER)
    found = compared(store, "choi-1+", "RAW")
    assert list(found.spaces) == ["spotrec", "choi-1+0123abcd", "raw cosine"]
    assert found.rows == [0, 1, 2]
    hear(store, songs(9)[7:], WIDE)
    with pytest.raises(NotFound, match="2 tracks are in all"):
        compared(store, "wide-1")


@pytest.mark.parametrize("name", ["nothing", "r", ""])
def test_a_space_that_is_not_there_or_not_the_only_one_is_refused(store: FeatureStore, name: str) -> None:
    hear(store, songs(3))
    with pytest.raises(UsageError, match="there is no space") as refused:
        compared(store, name)
    assert "MFCC" in refused.value.hint


def test_mfccs_are_computed_of_the_audio_that_is_at_hand(store: FeatureStore, tmp_path: Path) -> None:
    listed = songs(6)
    hear(store, listed)
    for i, track in enumerate(listed[:4]):
        audio = encoded(tune(i, seconds=3.5))
        path = tmp_path / f"{i}.mp3"
        path.write_bytes(audio)
        store.audio.save(StoredAudio(track.id, str(path), False, sha256(audio), len(audio), "file"))
    (tmp_path / "3.mp3").unlink()
    found = compared(store, all_=True)
    assert list(found.spaces) == ["spotrec", "standardised", "raw cosine", "MFCC", "random"]
    assert found.rows == [0, 1, 2]
    assert found.notes == [
        "MFCC cannot be computed for 1 of 4 tracks: audio gone",
        "3 of 6 tracks are in every space: the others are left out",
    ]
    heard = [mfcc_statistics(decode(encoded(tune(i, seconds=3.5)), SAMPLE_RATE_HZ)) for i in range(3)]
    expected = standardise(np.stack(heard))
    np.testing.assert_allclose(matrix(found, "MFCC"), expected @ expected.T, atol=1e-4)


def test_identical_tracks_and_an_empty_catalogue_have_no_nan(store: FeatureStore) -> None:
    assert compared(store, all_=True).rows == []
    hear(store, songs(5), alike=True)
    found = compared(store, all_=True)
    for name in found.spaces:
        assert np.isfinite(matrix(found, name)).all()


@pytest.mark.parametrize("artist", ["its own band", "no band"])
def test_the_searched_space_is_that_of_an_index_but_for_the_artists_of_the_query(
    store: FeatureStore, tmp_path: Path, artist: str
) -> None:
    """Without artists they are the same."""
    tracks = [song(i, None, f"Band {i // 4}" if artist == "its own band" else "Various Artists") for i in range(80)]
    fill(store, tracks, scattered(80))
    with store.catalogue.snapshot(CHOI_EARS) as catalogue:
        index = build(tmp_path, CHOI_EARS, catalogue, references=[CHOI_1.moments()], progress=Silent())
    points = index.place(store.catalogue.read(CHOI_EARS).vectors)
    found = matrix(compared(store), "spotrec")
    assert np.allclose(found, points @ points.T, atol=1e-5) == (artist == "no band")
    np.testing.assert_allclose(found, points @ points.T, atol=0.25)


def test_several_models_in_use_are_compared_in_their_one_space(store: FeatureStore) -> None:
    tracks = songs(30)
    fill(store, tracks, scattered(30))
    fill(store, tracks[3:], scattered(27, model=MUSICNN), model=MUSICNN.id)
    settings = resolve()
    comparer = Comparer(store, [MUSICNN, CHOI_1], AudioCaches(settings), settings.max_audio_mb * 1_000_000, Silent())
    found = comparer.compare(None)
    assert list(found.spaces) == [
        "spotrec", "choi-1", "musicnn-1",
        *(f"{name}{way}" for way in ("standardised", "raw cosine") for name in ("", "choi-1, ", "musicnn-1, ")),
        "random",
    ]  # fmt: skip
    assert len(found.rows) == 27
    assert found.notes == ["MFCC is left out: 0 of 27 tracks have stored audio"]
    alone = compared(store, "fusion")
    assert alone.rows == list(range(3, 30))
    np.testing.assert_allclose(matrix(alone, "fusion"), matrix(found, "spotrec"), atol=1e-5)


def artist_mrr(store: FeatureStore, tracks: list[Track], similar: Similarity) -> float:
    labels = Labels({"artist": [track.artists[0] for track in tracks], "recording": [None] * len(tracks)}, ["artist"])
    found = evaluate({"any": similar}, labels, k=5, artist_filter=True, progress=Silent())
    return found.spaces[0].labels[0].mrr.value


def test_labels_that_mean_nothing_are_not_found_by_a_space_that_was_fitted_to_them(store: FeatureStore) -> None:
    """Noise, with artists drawn by lot: what a fit knows of a query's artist must not help to find the others."""
    n, each = 200, 2
    rng = np.random.default_rng(0)
    tracks = [song(i, None, f"Band {artist}") for i, artist in enumerate(rng.permutation(n) // each)]
    fill(store, tracks, rng.standard_normal((n, CHOI.dim)))
    known = store.catalogue.read(CHOI_EARS)
    by_id = {track.id: track for track in tracks}
    in_order = [by_id[id_] for id_ in known.ids]
    found = compared(store, "raw cosine")
    chance = artist_mrr(store, in_order, found.spaces["raw cosine"])
    fitted = artist_mrr(store, in_order, found.spaces["spotrec"])
    summary = summarise(known, CHOI_EARS, Silent())
    points = fit(summary.moments, [CHOI_1.moments()], (1.0,), summary.sample).place(known.vectors)
    leaked = artist_mrr(store, in_order, cosine(points))
    assert fitted < chance + 0.02
    assert leaked > 2 * chance, "else this test could not fail"
