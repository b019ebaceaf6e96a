"""Which spaces are compared, and over which tracks."""

from pathlib import Path

import numpy as np
import pytest

from spotrec.audio.cache import AudioCaches
from spotrec.audio.decode import decode
from spotrec.errors import NotFound, UsageError
from spotrec.evaluate.evaluate import standardise
from spotrec.evaluate.mfcc import SAMPLE_RATE_HZ, mfcc_statistics
from spotrec.extract.models.choi.model import CHOI_1
from spotrec.operations.comparison import Comparer, Comparison
from spotrec.progress import Silent
from spotrec.settings import resolve
from spotrec.store import FeatureStore
from spotrec.system.digests import sha256
from spotrec.track import ModelId, StoredAudio, Track
from support.catalogue import CHOI, fill, songs
from support.music import encoded, tune

WIDE = ModelId("wide", 1, 320)
OTHER = ModelId("choi", 1, 160, "0123abcd")


def hear(store: FeatureStore, heard: list[Track], model: ModelId = CHOI, *, alike: bool = False) -> None:
    vectors = np.random.default_rng(0).standard_normal((len(heard), model.dim))
    fill(store, heard, vectors[0] if alike else vectors, model=model)


def compared(store: FeatureStore, *wanted: str, all_: bool = False) -> Comparison:
    settings = resolve()
    comparer = Comparer(store, CHOI_1, AudioCaches(settings), settings.max_audio_mb * 1_000_000, Silent())
    return comparer.compare(None if all_ else wanted)


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
    assert {placed.shape for placed in found.spaces.values()} == {(6, 160), (6, 320), (6, 480), (6, 16)}
    assert found.notes == [
        "choi-1+0123abcd is left out: 3 of 10 tracks have features by it",
        "MFCC is left out: 0 of 10 tracks have stored audio",
        "6 of 10 tracks are in every space: the others are left out",
    ]
    together = found.spaces["fusion"] @ found.spaces["fusion"].T
    alone = [found.spaces[name] @ found.spaces[name].T for name in ("spotrec", "wide-1")]
    np.testing.assert_allclose(together, (alone[0] + alone[1]) / 2, atol=1e-6)
    for placed in found.spaces.values():
        assert np.allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-5)
    whole = compared(store, "standardised")
    assert np.array_equal(whole.spaces["standardised"][4:], found.spaces["standardised"]), "of the whole catalogue"


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
    assert found.spaces["MFCC"].shape == (3, 80)
    assert found.notes == [
        "MFCC cannot be computed for 1 of 4 tracks: audio gone",
        "3 of 6 tracks are in every space: the others are left out",
    ]
    heard = [mfcc_statistics(decode(encoded(tune(i, seconds=3.5)), SAMPLE_RATE_HZ)) for i in range(3)]
    assert np.allclose(found.spaces["MFCC"], standardise(np.stack(heard)), atol=1e-4)


def test_identical_tracks_and_an_empty_catalogue_have_no_nan(store: FeatureStore) -> None:
    assert compared(store, all_=True).rows == []
    hear(store, songs(5), alike=True)
    for placed in compared(store, all_=True).spaces.values():
        assert np.isfinite(placed).all()
