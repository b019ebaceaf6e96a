"""Keunwoo Choi's compact CNN in Keras on TensorFlow.

Choi, Fazekas, Sandler, Cho: "Transfer learning for music classification and regression tasks", ISMIR 2017,
arXiv 1703.09179. Five blocks of convolution, batch normalisation, ELU and max-pooling; a clip's embedding is the
global average of each block's output, 5 x 32 = 160 numbers; a dense layer on the last 32 gives 50 tags.

The original normalises with the statistics of whatever batch it is given, so that its features depend on what else
is in the batch. Here the moments are frozen (`choi_frozen_stats.npz`, population moments per channel): one clip has
one vector whatever it is batched with. `normalisation="clip"` is the original at batch size 1, for parity tests.
"""

import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from spotrec.audio.quiet import quiet_libraries
from spotrec.errors import WeightsError, first_line
from spotrec.extract.melspectrogram import N_FRAMES, N_MELS, SAMPLE_RATE_HZ, log_melspectrogram
from spotrec.track import ModelId

FloatArray = npt.NDArray[np.float32]

NAME, VERSION, DIM = "choi", 1, 160
CHANNELS = 32
POOLS = ((2, 4), (3, 4), (2, 5), (2, 4), (4, 4))  # (mel, time)
EPSILON = 1e-3
BATCH_SIZE = 8
"""Clips that go through the network at once; a smaller batch is filled up: every clip meets the same shape."""

TAGS: tuple[str, ...] = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock", "jazz",
    "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow", "electronica",
    "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip


def model_id(weights_sha256: str | None = None) -> ModelId:
    """`choi-1` for the published weights (None); other weights make another model, never compared with it."""
    return ModelId(NAME, VERSION, DIM, weights_sha256[:8] if weights_sha256 else "")


class ChoiNetwork:
    """The network with its weights, ready to hear.

    Args:
        weights: the HDF5 file of the original.
        model: what to call the result.
        normalisation: `frozen`, or `clip` for parity with the original at batch size 1.

    Raises:
        WeightsError: the file is not HDF5, or not these layers.
    """

    sample_rate_hz = SAMPLE_RATE_HZ
    tag_names = TAGS

    def __init__(
        self, weights: Path, model: ModelId | None = None, normalisation: Literal["frozen", "clip"] = "frozen"
    ) -> None:
        self.id = model or model_id()
        self._network = _graph(_read_weights(weights), normalisation)

    def prepare(self, samples: FloatArray) -> FloatArray:
        """Shape (n_samples,) at 12 kHz → log-mel-spectrogram, shape (96, 1360)."""
        return log_melspectrogram(samples)

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Hear log-mel-spectrograms, each of shape (96, 1360).

        Returns:
            vectors, shape (n_clips, 160), block 1 to block 5, and tag probabilities, shape (n_clips, 50).
        """
        vectors = np.empty((len(prepared), DIM), np.float32)
        tags = np.empty((len(prepared), len(TAGS)), np.float32)
        for start in range(0, len(prepared), BATCH_SIZE):
            mels = prepared[start : start + BATCH_SIZE]
            batch = np.zeros((BATCH_SIZE, N_MELS, N_FRAMES, 1), np.float32)
            batch[: len(mels), :, :, 0] = mels
            features, probabilities = self._network(batch)
            vectors[start : start + len(mels)] = features.numpy()[: len(mels)]
            tags[start : start + len(mels)] = probabilities.numpy()[: len(mels)]
        return vectors, tags


def _read_weights(path: Path) -> dict[str, FloatArray]:
    """The trained arrays by short name: `w1` (out, in, mel, time), `b1`, `gamma1`, `beta1` … `dense_w`, `dense_b`."""
    import h5py

    names = {
        "dense_w": ("dense_1/dense_1_W", (CHANNELS, len(TAGS))),
        "dense_b": ("dense_1/dense_1_b", (len(TAGS),)),
    }
    for i in range(1, 6):
        convolution = f"ConvBNEluDr/convolution2d_{i}"
        normalisation = f"ConvBNEluDr/batchnormalization_{i}"
        names[f"w{i}"] = (f"{convolution}_W", (CHANNELS, 1 if i == 1 else CHANNELS, 3, 3))
        names[f"b{i}"] = (f"{convolution}_b", (CHANNELS,))
        names[f"gamma{i}"] = (f"{normalisation}_gamma", (CHANNELS,))
        names[f"beta{i}"] = (f"{normalisation}_beta", (CHANNELS,))
    hint = "`spotrec models install choi` fetches the right file"
    try:
        with h5py.File(path, "r") as file:
            arrays = {short: np.asarray(file[name], np.float32) for short, (name, _) in names.items()}
    except (OSError, KeyError) as exc:
        raise WeightsError(f"{path} does not hold Choi's network: {first_line(exc)}", hint) from exc
    for short, (name, shape) in names.items():
        if arrays[short].shape != shape:
            raise WeightsError(f"{path}: {name} has shape {arrays[short].shape}, not {shape}", hint)
    return arrays


def _graph(weights: dict[str, FloatArray], normalisation: Literal["frozen", "clip"]) -> Any:
    """A `tf.function`: (BATCH_SIZE, 96, 1360, 1) → ((BATCH_SIZE, 160), (BATCH_SIZE, 50))."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_libraries():  # it speaks before it reads that setting
        import tensorflow as tf
        from keras import Input, Model, layers

    x = inputs = Input((N_MELS, N_FRAMES, 1))
    features = []
    for i, pool in enumerate(POOLS, 1):
        x = layers.Conv2D(CHANNELS, 3, padding="same", name=f"conv{i}")(x)
        if normalisation == "frozen":
            x = layers.BatchNormalization(epsilon=EPSILON, name=f"norm{i}")(x)
        else:
            x = _ClipNormalization(weights[f"gamma{i}"], weights[f"beta{i}"], name=f"norm{i}")(x)
        x = layers.MaxPooling2D(pool)(layers.Activation("elu")(x))
        features.append(layers.GlobalAveragePooling2D()(x))
    tags = layers.Dense(len(TAGS), activation="sigmoid", name="dense")(features[-1])
    model = Model(inputs, [layers.Concatenate()(features), tags])
    with (
        resources.as_file(resources.files(__package__) / "choi_frozen_stats.npz") as path,
        np.load(path) as moments,
    ):
        for i in range(1, 6):
            # Theano convolves where TensorFlow correlates: every kernel is rotated by 180 degrees
            kernel = weights[f"w{i}"][:, :, ::-1, ::-1].transpose(2, 3, 1, 0)
            model.get_layer(f"conv{i}").set_weights([kernel, weights[f"b{i}"]])
            if normalisation == "frozen":
                moved = [weights[f"gamma{i}"], weights[f"beta{i}"], moments[f"m{i}"], moments[f"v{i}"]]
                model.get_layer(f"norm{i}").set_weights(moved)
    model.get_layer("dense").set_weights([weights["dense_w"], weights["dense_b"]])

    @tf.function(input_signature=[tf.TensorSpec((BATCH_SIZE, N_MELS, N_FRAMES, 1), tf.float32)])  # type: ignore[untyped-decorator] # TensorFlow has no types
    def run(batch: Any) -> Any:
        return model(batch, training=False)

    return run


def _ClipNormalization(gamma: FloatArray, beta: FloatArray, name: str) -> Any:  # noqa: N802 - a layer by its shape
    """A layer that normalises each clip by its own moments over (mel, time).

    In float32 the order of the sums decides: mean over time, then over mel, then a two-pass variance.
    One reduction over 96 x 1360 loses 2e-4.
    """
    import tensorflow as tf
    from keras import layers

    def normalise(x: Any) -> Any:
        def mean(values: Any) -> Any:
            over_time = tf.reduce_mean(values, axis=2, keepdims=True)
            return tf.reduce_mean(over_time, axis=1, keepdims=True)

        centred = x - mean(x)
        return centred / tf.sqrt(mean(centred * centred) + EPSILON) * gamma + beta

    return layers.Lambda(normalise, output_shape=lambda shape: shape, name=name)
