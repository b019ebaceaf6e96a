"""Each network in other processes: on other numbers of threads, and on other processors."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import SHARED
from spotrec.extract.models.choi.front_end import log_melspectrogram
from spotrec.extract.models.choi.model import ChoiNetwork
from spotrec.extract.models.mn04.front_end import log_mel_windows
from spotrec.extract.models.mn04.model import Mn04Network
from spotrec.extract.models.musicnn.front_end import SAMPLE_RATE_HZ, log_mel_patches
from spotrec.extract.models.musicnn.model import MusicnnNetwork
from support.music import tune
from support.musicnn import seeded_weights, write_checkpoint

Heard = dict[str, Any]

_EMBED = """
import pickle, sys
from importlib import import_module
is_for_keras, asked = pickle.load(sys.stdin.buffer)
heard = {}
for name, (network, weights, clips) in asked.items():
    heard[name] = getattr(import_module(f"spotrec.extract.models.{name}.model"), network)(weights).embed(clips)
assert not {"keras", "torch"} & set(sys.modules)
if is_for_keras:
    import keras, tensorflow
    assert keras.layers.Dense(1)(tensorflow.ones((1, 3))).shape == (1, 1)
pickle.dump(heard, sys.stdout.buffer)
"""

_PLACES = {
    "another process": {},
    "four threads an operation": {"TF_NUM_INTRAOP_THREADS": "4"},
    "another processor": {"ONEDNN_MAX_CPU_ISA": "AVX2", "TF_NUM_INTRAOP_THREADS": "4"},
    "without oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "0"},
}
_NEAR = {
    ("choi", "another process"): 0,
    ("choi", "four threads an operation"): 1e-6,
    ("choi", "another processor"): 1e-6,
    ("musicnn", "four threads an operation"): 1e-6,  # equal, where TensorFlow has oneDNN
    ("mn04", "another process"): 0,
    ("mn04", "four threads an operation"): 1e-6,
    ("mn04", "another processor"): 2e-5,
    ("mn04", "without oneDNN"): 2e-5,
}


@pytest.fixture(scope="module")
def asked(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """Class, weights and clips by a network's name; mn04 has the published weights and real clips, where they are."""
    checkpoint = write_checkpoint(tmp_path_factory.mktemp("musicnn") / "MSD_musicnn.index", seeded_weights())
    mels = [log_melspectrogram(tune(i, seconds=29, rate=12_000)) for i in range(5)]
    patches = [log_mel_patches(tune(i, seconds=6.1, rate=SAMPLE_RATE_HZ)) for i in range(3)]
    found: Heard = {"choi": ("ChoiNetwork", weights, mels), "musicnn": ("MusicnnNetwork", checkpoint, patches)}
    if (SHARED / "weights").is_dir():
        with np.load(SHARED / "parity" / "mn04_clips.npz") as arrays:
            windows = [log_mel_windows(audio) for audio in arrays["audio"][:3]]
        found["mn04"] = ("Mn04Network", SHARED / "weights" / "mn04_as_mAP_432.pt", windows)
    return found


@pytest.fixture(scope="module")
def here(asked: Heard) -> Heard:
    """Vectors and tags by name of the network, in this process."""
    networks = {"choi": ChoiNetwork, "musicnn": MusicnnNetwork, "mn04": Mn04Network}
    return {name: networks[name](weights).embed(clips) for name, (_, weights, clips) in asked.items()}


@pytest.fixture(scope="module")
def at(asked: Heard) -> Callable[[str], Heard]:
    """The same in a process of its own; all networks in one, which loads TensorFlow once."""

    @cache
    def at(place: str) -> Heard:
        done = subprocess.run(
            [sys.executable, "-c", _EMBED],
            input=pickle.dumps((place == "another process", asked)),
            capture_output=True,
            check=True,
            env=os.environ | _PLACES[place],
        )
        found: Heard = pickle.loads(done.stdout)
        return found

    return at


@pytest.mark.parametrize(("network", "place"), _NEAR)
def test_vectors_are_the_same_bit_for_bit_and_elsewhere_almost_and_keras_is_left_for_others(
    network: str, place: str, at: Callable[[str], Heard], here: Heard
) -> None:
    if network not in here:
        pytest.skip("../shared is not here")
    for found, expected in zip(at(place)[network], here[network], strict=True):
        np.testing.assert_allclose(found, expected, atol=_NEAR[network, place], rtol=0)
