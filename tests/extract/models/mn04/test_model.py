"""mn04 against what the authors' network gives, against its description in NumPy, and against itself."""

from pathlib import Path

import numpy as np
import pytest

from spotrec.errors import WeightsError
from spotrec.extract.models.mn04.audioset_labels import LABELS
from spotrec.extract.models.mn04.front_end import SAMPLE_RATE_HZ, log_mel_windows
from spotrec.extract.models.mn04.graph import build_graph
from spotrec.extract.models.mn04.model import DIM, Mn04Network, model_id
from spotrec.extract.models.mn04.weights import POOLED, read_weights
from support.mn04 import Weights, heard, seeded_weights
from support.music import tune
from support.state_dicts import write_state_dict


@pytest.fixture(scope="module")
def parity(shared: Path) -> dict[str, np.ndarray]:
    with np.load(shared / "parity" / "mn04_clips.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def published(shared: Path) -> Path:
    return shared / "weights" / "mn04_as_mAP_432.pt"


@pytest.fixture(scope="module")
def seeded() -> Weights:
    return seeded_weights()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, seeded: Weights) -> Path:
    return write_state_dict(tmp_path_factory.mktemp("mn04") / "seeded.pt", seeded)


@pytest.fixture(scope="module")
def network(weights: Path) -> Mn04Network:
    return Mn04Network(weights)


def clip(seed: int, seconds: float = 10) -> np.ndarray:
    return log_mel_windows(tune(seed, seconds=seconds, rate=SAMPLE_RATE_HZ))


def logits(probabilities: np.ndarray) -> np.ndarray:
    exact = probabilities.astype(np.float64)
    found: np.ndarray = np.log(exact / (1 - exact))
    return found


def test_vectors_and_labels_of_real_clips_are_the_authors(parity: dict[str, np.ndarray], published: Path) -> None:
    clips = [log_mel_windows(audio) for audio in parity["audio"]]
    vectors, labels = Mn04Network(published).embed(clips)
    np.testing.assert_allclose(vectors, parity["hidden"], atol=1e-4, rtol=0)
    np.testing.assert_allclose(logits(labels), parity["logits"], atol=1e-3, rtol=0)
    pooled = build_graph(read_weights(published), "pooled")
    np.testing.assert_allclose([pooled(one)[0] for one in clips], parity["pooled"], atol=1e-4, rtol=0)


def test_a_network_is_what_its_description_says(network: Mn04Network, weights: Path, seeded: Weights) -> None:
    window = clip(1)
    vectors, labels = network.embed([window])
    pooled, hidden, expected = heard(window[0].T, seeded)
    scale = np.abs(hidden).max()
    np.testing.assert_allclose(vectors[0], hidden, atol=1e-5 * scale, rtol=0)
    np.testing.assert_allclose(labels[0], 1 / (1 + np.exp(-expected)), atol=1e-5, rtol=0)
    found, _ = build_graph(read_weights(weights), "pooled")(window)
    assert found.shape == (POOLED,)
    np.testing.assert_allclose(found, pooled, atol=1e-5 * np.abs(pooled).max(), rtol=0)
    other = heard(window[0].T, seeded_weights(1))[1]
    assert np.abs(other - hidden).max() > 0.1 * scale  # so that this test could fail


def test_music_is_named_as_music(published: Path, parity: dict[str, np.ndarray]) -> None:
    _, labels = Mn04Network(published).embed([log_mel_windows(audio) for audio in parity["audio"]])
    assert (labels.argmax(axis=1) == LABELS.index("Music")).all()


@pytest.mark.parametrize("n", [1, 8])
def test_a_clip_has_one_vector_whatever_it_is_batched_with(network: Mn04Network, n: int) -> None:
    clips = [clip(i, 10 + 10 * (i % 3)) for i in range(n)]
    alone = [network.embed([one]) for one in clips]
    vectors, labels = network.embed(clips)
    assert vectors.shape == (n, DIM)
    assert labels.shape == (n, len(LABELS))
    np.testing.assert_array_equal(vectors, np.concatenate([vector for vector, _ in alone]))
    np.testing.assert_array_equal(labels, np.concatenate([label for _, label in alone]))
    assert np.ptp(vectors, axis=0).max() > 0.01 or n == 1


def test_a_clips_vector_is_the_average_over_its_windows(network: Mn04Network) -> None:
    windows = clip(6, 30)
    assert len(windows) == 3
    vectors, labels = network.embed([windows[i : i + 1] for i in range(3)])
    whole_vector, whole_labels = network.embed([windows])
    tolerance = 1e-6 * np.abs(vectors).max()
    np.testing.assert_allclose(whole_vector[0], vectors.mean(axis=0), atol=tolerance, rtol=0)
    np.testing.assert_allclose(whole_labels[0], labels.mean(axis=0), atol=1e-6, rtol=0)


def test_no_clips_are_no_vectors(network: Mn04Network) -> None:
    vectors, labels = network.embed([])
    assert vectors.shape == (0, DIM)
    assert labels.shape == (0, len(LABELS))


def test_silence_and_noise_are_numbers(network: Mn04Network) -> None:
    loud = np.random.default_rng(0).standard_normal(320_000).astype(np.float32) * 100
    vectors, labels = network.embed([log_mel_windows(np.zeros(0, np.float32)), log_mel_windows(loud)])
    assert np.isfinite(vectors).all()
    assert np.isfinite(labels).all()


def test_what_is_no_file_of_mn04_is_refused(tmp_path: Path, seeded: Weights) -> None:
    cases: dict[str, Weights] = {
        "classifier.5.bias is missing": {name: one for name, one in seeded.items() if name != "classifier.5.bias"},
        r"classifier.2.bias has shape \(7,\), not \(512,\)": seeded | {"classifier.2.bias": np.zeros(7, np.float32)},
        "features.0.0.weight contains NaN": seeded | {"features.0.0.weight": np.full((8, 1, 3, 3), np.nan, np.float32)},
        "features.0.1.running_var is negative": seeded | {"features.0.1.running_var": np.full(8, -0.5, np.float32)},
        "features.0.1.bias is not float32": seeded | {"features.0.1.bias": np.zeros(8, np.int64)},
    }
    for message, weights in cases.items():
        with pytest.raises(WeightsError, match=message) as caught:
            Mn04Network(write_state_dict(tmp_path / "other.pt", weights))
        assert "spotrec models install mn04" in caught.value.hint
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(WeightsError, match="is not a zip of tensors"):
        Mn04Network(tmp_path / "text.pt")
    with pytest.raises(WeightsError, match="No such file"):
        Mn04Network(tmp_path / "nowhere.pt")


def test_other_weights_make_another_model() -> None:
    assert str(model_id()) == "mn04-1"
    assert str(model_id("ab" * 32)) == "mn04-1+abababab"
    assert model_id().dim == DIM == 512


def test_the_labels_are_audiosets(shared: Path) -> None:
    import csv

    with (shared / "weights" / "audioset_labels.csv").open(encoding="utf-8", newline="") as file:
        assert tuple(row["display_name"] for row in csv.DictReader(file)) == LABELS
