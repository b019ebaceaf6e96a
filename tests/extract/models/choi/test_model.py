"""The network against what the original printed, and against itself."""

import pickle
import subprocess
import sys
from pathlib import Path

import librosa
import numpy as np
import pytest
from librosa.filters import mel as librosas_filters

from spotrec.errors import WeightsError
from spotrec.extract.mel import fit_length, mel_filters
from spotrec.extract.models.choi.front_end import N_SAMPLES, log_melspectrogram
from spotrec.extract.models.choi.graph import ORIGINAL, POOLS, fold_normalisation
from spotrec.extract.models.choi.model import DIM, ChoiNetwork, model_id
from spotrec.extract.models.choi.weights import read_weights
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.extract.models.registry import find
from support.music import tune


@pytest.fixture(scope="module")
def parity(shared: Path) -> dict[str, np.ndarray]:
    with np.load(shared / "parity" / "choi_clips.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def network(weights: Path) -> ChoiNetwork:
    return ChoiNetwork(weights)


def test_the_front_end_equals_the_originals(parity: dict[str, np.ndarray]) -> None:
    for audio, mel in zip(parity["audio"], parity["mel"], strict=True):
        np.testing.assert_allclose(log_melspectrogram(audio), mel, atol=1.1e-3, rtol=0)


@pytest.mark.parametrize("seconds", [29, 12, 40])
def test_the_front_end_equals_librosas(seconds: float) -> None:
    samples = tune(5, seconds=seconds, rate=12_000)
    shifted = np.concatenate([np.zeros(1, np.float32), fit_length(samples, N_SAMPLES)])
    power = librosa.feature.melspectrogram(
        y=shifted, sr=12_000, n_fft=512, hop_length=256, n_mels=96, center=True, pad_mode="constant", power=2.0
    )[:, :1360]
    decibels = librosa.power_to_db(power, ref=np.max, amin=1e-10, top_db=80)
    heard = log_melspectrogram(samples)
    assert heard.dtype == np.float32
    np.testing.assert_allclose(heard, decibels, atol=1e-4, rtol=0)
    librosas = librosas_filters(sr=12_000, n_fft=512, n_mels=96, dtype=np.float64)
    np.testing.assert_allclose(mel_filters(12_000), librosas, atol=1e-9, rtol=0)


def test_silence_is_heard_as_silence() -> None:
    np.testing.assert_array_equal(log_melspectrogram(np.zeros(N_SAMPLES, np.float32)), np.zeros((96, 1360)))


def test_another_process_runs_the_front_end_without_a_network(network: ChoiNetwork) -> None:
    samples = tune(2, seconds=5, rate=12_000)
    code = """
import pickle, sys
prepare, samples = pickle.load(sys.stdin.buffer)
mel = prepare(samples)
slow = {"tensorflow", "keras", "librosa", "scipy", "h5py"} & set(sys.modules)
pickle.dump((mel, slow), sys.stdout.buffer)
"""
    job = pickle.dumps((log_melspectrogram, samples))
    done = subprocess.run([sys.executable, "-c", code], input=job, capture_output=True, check=True)
    mel, slow = pickle.loads(done.stdout)
    np.testing.assert_array_equal(mel, log_melspectrogram(samples))
    assert not slow


def test_features_and_tags_equal_the_originals_at_batch_size_one(
    parity: dict[str, np.ndarray], choi_weights: Path
) -> None:
    network = ChoiNetwork(choi_weights, model_id(version=ORIGINAL), normalisation="clip")
    vectors, tags = network.embed([log_melspectrogram(audio) for audio in parity["audio"]])
    np.testing.assert_allclose(vectors, parity["feats"], atol=1e-4, rtol=0)
    np.testing.assert_allclose(tags, parity["tags"], atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def mels() -> list[np.ndarray]:
    return [log_melspectrogram(tune(i, seconds=29, rate=12_000)) for i in range(33)]


@pytest.mark.parametrize("n", [1, 8, 33])
def test_a_clip_has_one_vector_whatever_it_is_batched_with(
    network: ChoiNetwork, mels: list[np.ndarray], n: int
) -> None:
    alone = np.concatenate([network.embed([mel])[0] for mel in mels[:n]])
    vectors, tags = network.embed(mels[:n])
    assert vectors.shape == (n, DIM)
    assert tags.shape == (n, len(TAGS))
    np.testing.assert_array_equal(vectors, alone)
    assert np.ptp(vectors, axis=0).max() > 0.01 or n == 1


def test_no_clips_are_no_vectors(network: ChoiNetwork) -> None:
    vectors, tags = network.embed([])
    assert vectors.shape == (0, DIM)
    assert tags.shape == (0, len(TAGS))


def test_frozen_features_of_real_clips_do_not_depend_on_the_batch(
    parity: dict[str, np.ndarray], choi_weights: Path
) -> None:
    network = ChoiNetwork(choi_weights)
    mels = [log_melspectrogram(audio) for audio in parity["audio"]]
    single = np.concatenate([network.embed([mel])[0] for mel in mels])
    for copies in (3, 11):
        many = network.embed(mels * copies)[0].reshape(copies, *single.shape)
        assert np.abs(many - single).max() <= 1e-5


def test_choi_2_is_the_spread_of_each_blocks_activation(network: ChoiNetwork, weights: Path) -> None:
    mels = [log_melspectrogram(tune(i, seconds=29, rate=12_000)) for i in range(3)]
    for mel, vector in zip(mels, network.embed(mels)[0], strict=True):
        np.testing.assert_allclose(vector, spreads(mel, weights), rtol=1e-5)


def spreads(mel: np.ndarray, weights: Path) -> np.ndarray:
    """The definition in float64: convolution, normalisation, ELU, standard deviation; then pooling for the next."""
    kernels, biases = fold_normalisation(read_weights(weights))
    x, found = mel[:, :, None].astype(np.float64), []
    for kernel, bias, (height, width) in zip(kernels, biases, POOLS, strict=True):
        padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        z = sum(
            padded[i : i + x.shape[0], j : j + x.shape[1]] @ kernel[i, j].astype(np.float64)
            for i in range(3)
            for j in range(3)
        )
        z = z + bias
        activation = np.where(z < 0, np.expm1(np.minimum(z, 0)), z)
        found.append(activation.std(axis=(0, 1)))
        rows, columns = activation.shape[0] // height, activation.shape[1] // width
        cut = activation[: rows * height, : columns * width]
        x = cut.reshape(rows, height, columns, width, -1).max(axis=(1, 3))
    return np.concatenate(found)


def test_both_versions_give_the_same_tags(network: ChoiNetwork, weights: Path) -> None:
    mels = [log_melspectrogram(tune(i, seconds=29, rate=12_000)) for i in range(3)]
    original = ChoiNetwork(weights, model_id(version=ORIGINAL))
    np.testing.assert_array_equal(network.embed(mels)[1], original.embed(mels)[1])
    assert not np.array_equal(network.embed(mels)[0], original.embed(mels)[0])


def test_silence_has_no_spread_that_is_not_a_number(network: ChoiNetwork) -> None:
    assert np.isfinite(network.embed([np.zeros((96, 1360), np.float32)])[0]).all()


@pytest.mark.parametrize("version", [1, 2])
def test_real_clips_are_standard_in_the_reference(
    parity: dict[str, np.ndarray], choi_weights: Path, version: int
) -> None:
    network = ChoiNetwork(choi_weights, model_id(version=version))
    vectors, _ = network.embed([log_melspectrogram(audio) for audio in parity["audio"]])
    reference = find(f"choi-{version}").moments()
    assert reference is not None
    standard = (vectors - reference.mean) / np.sqrt(np.diag(reference.covariance))
    assert np.abs(standard.reshape(len(vectors), 5, 32).mean(axis=(0, 2))).max() < 1
    assert 0.4 < standard.std() < 1.6


def test_only_the_original_can_be_normalised_by_clip(weights: Path) -> None:
    with pytest.raises(ValueError, match="only choi-1"):
        ChoiNetwork(weights, normalisation="clip")


def test_features_do_not_depend_on_gain(network: ChoiNetwork) -> None:
    clip = tune(3, seconds=29, rate=12_000)
    loud, soft = (network.embed([log_melspectrogram(clip * gain)])[0] for gain in (np.float32(1), np.float32(0.01)))
    np.testing.assert_allclose(loud, soft, atol=1e-3)


def test_short_audio_is_tiled_and_long_audio_is_cut() -> None:
    short = np.arange(5, dtype=np.float32)
    np.testing.assert_array_equal(fit_length(short, 12), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1])
    np.testing.assert_array_equal(fit_length(short, 3), [0, 1, 2])
    assert log_melspectrogram(tune(1, seconds=4, rate=12_000)).shape == (96, 1360)
    assert fit_length(np.ones(1, np.float32), N_SAMPLES).size == N_SAMPLES


def test_a_file_that_is_no_network_is_refused(tmp_path: Path, weights: Path) -> None:
    import h5py

    (tmp_path / "text.hdf5").write_text("hello")
    with pytest.raises(WeightsError, match="does not contain Choi's network"):
        ChoiNetwork(tmp_path / "text.hdf5")
    with h5py.File(tmp_path / "other.hdf5", "w") as file, h5py.File(weights) as sound:
        for group in sound:
            sound.copy(group, file)
        del file["dense_1/dense_1_b"]
        file["dense_1/dense_1_b"] = np.zeros(7)
    with pytest.raises(WeightsError, match=r"has shape \(7,\)"):
        ChoiNetwork(tmp_path / "other.hdf5")


def test_other_weights_make_another_model() -> None:
    assert str(model_id()) == "choi-2"
    assert str(model_id("ab" * 32)) == "choi-2+abababab"
    assert str(model_id("ab" * 32, ORIGINAL)) == "choi-1+abababab"
