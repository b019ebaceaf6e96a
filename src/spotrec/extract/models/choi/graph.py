"""Choi's graph on TensorFlow: five blocks of convolution, normalisation, ELU and max-pooling, and a dense layer."""

from typing import Any, Literal

import numpy as np

from spotrec.extract.mel import N_MELS
from spotrec.extract.models.choi.front_end import N_FRAMES
from spotrec.extract.models.choi.weights import CHANNELS, N_BLOCKS
from spotrec.extract.tensorflow import load_tensorflow
from spotrec.vectors import FloatArray, read_arrays

ORIGINAL, SPREAD = 1, 2
"""Versions: the average of each block's output, or the standard deviation of its activation."""
POOLS = ((2, 4), (3, 4), (2, 5), (2, 4), (4, 4))  # (mel, time)
EPSILON = 1e-3
TIME_SLICES = {ORIGINAL: 5, SPREAD: 10}
"""Slices of block 1, by version: each slice is pooled while its convolution is still in the processor's cache."""


def build_graph(weights: dict[str, FloatArray], normalisation: Literal["frozen", "clip"], version: int) -> Any:
    """Build a `tf.function`: one clip's log-mel-spectrogram, shape (96, 1360) → its vector (160,), its tags (50,)."""
    tf = load_tensorflow()
    is_frozen = normalisation == "frozen"
    kernels, biases = fold_normalisation(weights) if is_frozen else _as_trained(weights)

    def normalised(i: int, x: Any) -> Any:
        """Return the activation before ELU and pooling: convolution without padding in time, normalisation."""
        x = tf.nn.conv2d(x, kernels[i], 1, [[0, 0], [1, 1], [0, 0], [0, 0]])
        x = tf.nn.bias_add(x, biases[i])
        if not is_frozen:
            x = _normalised_by_clip(tf, x) * weights[f"gamma{i + 1}"] + weights[f"beta{i + 1}"]
        return x

    def run(mel: Any) -> Any:
        x = mel[None, :, :, None]
        features = []
        for i, pool in enumerate(POOLS):
            padded = tf.pad(x, [[0, 0], [0, 0], [1, 1], [0, 0]])
            n = x.shape[2] // (TIME_SLICES[version] if i == 0 and is_frozen else 1)
            slices = [normalised(i, padded[:, :, start : start + n + 2]) for start in range(0, x.shape[2], n)]
            # ELU after pooling gives the same with less work
            x = tf.concat([tf.nn.elu(tf.nn.max_pool2d(one, pool, pool, "VALID")) for one in slices], axis=2)
            average = tf.reduce_mean(x, axis=[1, 2])
            features.append(average if version == ORIGINAL else _spread(tf, [tf.nn.elu(one) for one in slices])[None])
        tags = tf.sigmoid(tf.matmul(average, weights["dense_w"]) + weights["dense_b"])
        return tf.concat(features, axis=1)[0], tags[0]

    function = tf.function(run, input_signature=[tf.TensorSpec((N_MELS, N_FRAMES), tf.float32)], autograph=False)
    function.get_concrete_function()  # build it now, not at the first clip
    return function


def _as_trained(weights: dict[str, FloatArray]) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return five kernels, each (mel, time, in, out), and biases, each (32,).

    Theano convolves, TensorFlow correlates: every kernel is rotated by 180 degrees.
    """
    kernels = [weights[f"w{i}"][:, :, ::-1, ::-1].transpose(2, 3, 1, 0) for i in range(1, N_BLOCKS + 1)]
    return kernels, [weights[f"b{i}"] for i in range(1, N_BLOCKS + 1)]


def fold_normalisation(weights: dict[str, FloatArray]) -> tuple[list[FloatArray], list[FloatArray]]:
    """Return kernels and biases as `_as_trained`, with normalisation by the frozen moments folded in."""
    from importlib import resources

    kernels, biases = _as_trained(weights)
    with resources.as_file(resources.files(__package__) / "frozen_stats.npz") as path:
        names = [f"{moment}{i}" for moment in "mv" for i in range(1, N_BLOCKS + 1)]
        moments = dict(zip(names, read_arrays(path, names), strict=True))
    for i in range(1, N_BLOCKS + 1):
        scale = weights[f"gamma{i}"] / np.sqrt(moments[f"v{i}"].astype(np.float64) + EPSILON)
        bias = (biases[i - 1] - moments[f"m{i}"]) * scale + weights[f"beta{i}"]
        kernels[i - 1] = (kernels[i - 1] * scale).astype(np.float32)
        biases[i - 1] = bias.astype(np.float32)
    return kernels, biases


def _spread(tf: Any, slices: list[Any]) -> Any:
    """Return the standard deviation of each channel, shape (32,), of an activation in time slices (1, mel, time, 32).

    Mean and variance of each frame come first; the total variance is the mean of the frames' variances plus the
    variance of their means. In float32 one sum over 96 x 1360, or a difference of squares, loses 3e-4.
    """
    means, variances = [], []
    for one in slices:
        rows = tf.reshape(one, [one.shape[1], -1])
        mean = tf.reduce_mean(rows, axis=0)
        means.append(mean)
        variances.append(tf.reduce_mean(tf.math.squared_difference(rows, mean), axis=0))
    by_frame = [tf.reshape(tf.concat(parts, axis=0), [-1, CHANNELS]) for parts in (means, variances)]
    return tf.sqrt(tf.math.reduce_variance(by_frame[0], axis=0) + tf.reduce_mean(by_frame[1], axis=0))


def _normalised_by_clip(tf: Any, x: Any) -> Any:
    """Scale each channel to mean 0 and variance 1 over (mel, time).

    In float32 the order of the sums matters: mean over time, then over mel, then a two-pass variance.
    One reduction over 96 x 1360 loses 2e-4.
    """

    def mean(values: Any) -> Any:
        over_time = tf.reduce_mean(values, axis=2, keepdims=True)
        return tf.reduce_mean(over_time, axis=1, keepdims=True)

    centred = x - mean(x)
    return centred / tf.sqrt(mean(centred * centred) + EPSILON)
