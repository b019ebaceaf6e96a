"""musicnn against its description in NumPy, and against itself."""

from pathlib import Path

import numpy as np
import pytest

from spotrec.audio.decode import decode
from spotrec.errors import WeightsError
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.extract.models.musicnn.front_end import SAMPLE_RATE_HZ, log_mel_patches
from spotrec.extract.models.musicnn.model import MusicnnNetwork, model_id
from spotrec.extract.models.musicnn.tensor_bundle import data_path
from spotrec.extract.models.musicnn.weights import DIM
from spotrec.extract.models.reference import packaged_moments
from support.music import tune
from support.musicnn import Weights, heard, read_checkpoint, seeded_weights, write_checkpoint


@pytest.fixture(scope="module")
def seeded() -> Weights:
    return seeded_weights()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, seeded: Weights) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("musicnn") / "MSD_musicnn.index", seeded)


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> MusicnnNetwork:
    return MusicnnNetwork(checkpoint)


def clip(seed: int, seconds: float = 6.1) -> np.ndarray:
    return log_mel_patches(tune(seed, seconds=seconds, rate=SAMPLE_RATE_HZ))


def assert_heard_as_described(network: MusicnnNetwork, clips: list[np.ndarray], weights: Weights) -> None:
    for vector, tags, patches in zip(*network.embed(clips), clips, strict=True):
        expected_vector, expected_tags = heard(patches, weights)
        np.testing.assert_allclose(vector, expected_vector, atol=1e-5, rtol=0)
        np.testing.assert_allclose(tags, expected_tags, atol=1e-5, rtol=0)


def test_a_network_is_what_its_description_says(network: MusicnnNetwork, seeded: Weights) -> None:
    clips = [clip(1), clip(2, 3), np.zeros((1, 96, 187), np.float32), np.full((1, 96, 187), 7, np.float32)]
    assert_heard_as_described(network, clips, seeded)


def test_another_networks_numbers_are_others(network: MusicnnNetwork) -> None:
    """So that the test above could fail: by how much the vectors differ where the weights do."""
    other, _ = heard(clip(1), seeded_weights(1))
    assert np.abs(network.embed([clip(1)])[0][0] - other).max() > 0.5


def test_the_published_network_is_what_its_description_says(musicnn_weights: Path) -> None:
    weights = read_checkpoint(musicnn_weights)
    assert_heard_as_described(MusicnnNetwork(musicnn_weights), [clip(3), clip(4)], weights)


def test_the_published_network_hears_real_clips_as_described(shared: Path, musicnn_weights: Path) -> None:
    weights = read_checkpoint(musicnn_weights)
    files = sorted((shared / "audio").glob("*.mp3"))[::40]
    clips = [log_mel_patches(decode(file.read_bytes(), SAMPLE_RATE_HZ))[:2] for file in files]
    assert_heard_as_described(MusicnnNetwork(musicnn_weights), clips, weights)


def test_real_clips_are_standard_in_the_reference_and_metal_is_metal(shared: Path, musicnn_weights: Path) -> None:
    network = MusicnnNetwork(musicnn_weights)
    files = sorted((shared / "audio").glob("*.mp3"))[::4]
    vectors, tags = network.embed([log_mel_patches(decode(file.read_bytes(), SAMPLE_RATE_HZ)) for file in files])
    reference = packaged_moments("musicnn")
    standard = (vectors - reference.mean) / np.sqrt(np.diag(reference.covariance))
    assert abs(standard.mean()) < 0.3
    assert 0.7 < standard.std() < 1.5
    from_metal = [file.name.startswith("fretsonfire-songs-muldjord") for file in files]
    assert (tags[from_metal].argmax(axis=1) == TAGS.index("metal")).all()


@pytest.mark.parametrize("n", [1, 8])
def test_a_clip_has_one_vector_whatever_it_is_batched_with(network: MusicnnNetwork, n: int) -> None:
    clips = [clip(i, 3 + 3 * (i % 3)) for i in range(n)]
    alone = [network.embed([one]) for one in clips]
    vectors, tags = network.embed(clips)
    assert vectors.shape == (n, DIM)
    assert tags.shape == (n, len(TAGS))
    np.testing.assert_array_equal(vectors, np.concatenate([vector for vector, _ in alone]))
    np.testing.assert_array_equal(tags, np.concatenate([tag for _, tag in alone]))
    assert np.ptp(vectors, axis=0).max() > 0.01 or n == 1


def test_a_clips_vector_is_the_average_over_its_patches(network: MusicnnNetwork) -> None:
    patches = clip(6, 12.2)
    assert len(patches) == 4
    vectors, tags = network.embed([patches[i : i + 1] for i in range(4)])
    whole_vector, whole_tags = network.embed([patches])
    np.testing.assert_allclose(whole_vector[0], vectors.mean(axis=0), atol=2e-6, rtol=0)
    np.testing.assert_allclose(whole_tags[0], tags.mean(axis=0), atol=1e-6, rtol=0)


def test_no_clips_are_no_vectors(network: MusicnnNetwork) -> None:
    vectors, tags = network.embed([])
    assert vectors.shape == (0, DIM)
    assert tags.shape == (0, len(TAGS))


def test_what_is_no_checkpoint_of_musicnn_is_refused(tmp_path: Path, checkpoint: Path, seeded: Weights) -> None:
    cases: dict[str, Weights] = {
        "dense_1/bias is missing": {name: one for name, one in seeded.items() if name != "dense_1/bias"},
        r"dense/bias has shape \(7,\), not \(200,\)": seeded | {"dense/bias": np.zeros(7, np.float32)},
        "conv2d/bias contains NaN": seeded | {"conv2d/bias": np.full(204, np.nan, np.float32)},
        "moving_variance is negative": seeded
        | {"batch_normalization_4/moving_variance": np.full(51, -0.5, np.float32)},
    }
    for message, weights in cases.items():
        with pytest.raises(WeightsError, match=message) as caught:
            MusicnnNetwork(write_checkpoint(tmp_path / "other.index", weights))
        assert "spotrec models install musicnn" in caught.value.hint
    (tmp_path / "text.index").write_text("hello")
    with pytest.raises(WeightsError, match="is not the index of a checkpoint"):
        MusicnnNetwork(tmp_path / "text.index")
    with pytest.raises(WeightsError, match="No such file"):
        MusicnnNetwork(tmp_path / "nowhere.index")
    (tmp_path / "cut.index").write_bytes(checkpoint.read_bytes())
    data_path(tmp_path / "cut.index").write_bytes(data_path(checkpoint).read_bytes()[:100_000])
    with pytest.raises(WeightsError, match="the file of numbers ends within"):
        MusicnnNetwork(tmp_path / "cut.index")


def test_other_weights_make_another_model() -> None:
    assert str(model_id()) == "musicnn-1"
    assert str(model_id("ab" * 32)) == "musicnn-1+abababab"
    assert model_id().dim == DIM == 200
