"""MSD_musicnn by its description, in NumPy and float64: slow, and written without a look at the graph it judges."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.vectors import DoubleArray

Weights = dict[str, npt.NDArray[np.float32]]

KERNELS = {
    "conv2d": (7, 38, 1, 204),
    "conv2d_1": (7, 67, 1, 204),
    "conv2d_2": (128, 1, 1, 51),
    "conv2d_3": (64, 1, 1, 51),
    "conv2d_4": (32, 1, 1, 51),
    "conv2d_5": (7, 561, 1, 64),
    "conv2d_6": (7, 64, 1, 64),
    "conv2d_7": (7, 64, 1, 64),
    "dense": (1506, 200),
    "dense_1": (200, 50),
}
NORMALISED = {
    "batch_normalization": 1,
    "batch_normalization_1": 204,
    "batch_normalization_2": 204,
    "batch_normalization_3": 51,
    "batch_normalization_4": 51,
    "batch_normalization_5": 51,
    "batch_normalization_6": 64,
    "batch_normalization_7": 64,
    "batch_normalization_8": 64,
    "batch_normalization_9": 1506,
    "batch_normalization_10": 200,
}


def seeded_weights(seed: int = 0) -> Weights:
    """Another network, but a network: half of its normalisations turn the sign, as some of the real ones do."""
    rng = np.random.default_rng(seed)
    weights: dict[str, DoubleArray] = {}
    for name, shape in KERNELS.items():
        weights[f"{name}/kernel"] = rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))
        weights[f"{name}/bias"] = rng.standard_normal(shape[-1]) * 0.1
    for name, n_channels in NORMALISED.items():
        weights[f"{name}/gamma"] = rng.uniform(0.3, 1, n_channels) * rng.choice([-1, 1], n_channels)
        weights[f"{name}/beta"] = rng.standard_normal(n_channels) * 0.3
        weights[f"{name}/moving_mean"] = rng.uniform(0, 1, n_channels)
        weights[f"{name}/moving_variance"] = rng.uniform(0.5, 3, n_channels)
    weights["batch_normalization_1/gamma"][:3] = 0
    return {name: numbers.astype(np.float32) for name, numbers in weights.items()}


def write_checkpoint(index: Path, weights: Mapping[str, npt.NDArray[Any]]) -> Path:
    """As TensorFlow writes it: two files, the numbers beside the index."""
    import tensorflow as tf

    tf.raw_ops.SaveV2(
        prefix=str(index).removesuffix(".index"),
        tensor_names=list(weights),
        shape_and_slices=[""] * len(weights),
        tensors=list(weights.values()),
    )
    return index


def read_checkpoint(index: Path) -> Weights:
    """As TensorFlow reads it."""
    import tensorflow as tf

    reader = tf.compat.v1.train.NewCheckpointReader(str(index).removesuffix(".index"))
    names = [name for name in reader.get_variable_to_shape_map() if "Adam" not in name and "power" not in name]
    return {name: reader.get_tensor(name) for name in names}


def heard(patches: npt.NDArray[np.float32], weights: Weights) -> tuple[DoubleArray, DoubleArray]:
    """Patches, shape (n_patches, 96, 187) → the 200 numbers and the 50 tags, averages over the patches."""
    each = [heard_patch(patch.T.astype(np.float64), weights) for patch in patches]
    vectors, tags = zip(*each, strict=True)
    return np.mean(vectors, axis=0), np.mean(tags, axis=0)


def heard_patch(patch: DoubleArray, weights: Weights) -> tuple[DoubleArray, DoubleArray]:
    """One patch, shape (187, 96)."""
    x = normalised(patch[:, :, None], weights, "batch_normalization")[:, :, 0]
    tall = np.pad(x, ((3, 3), (0, 0)))
    fronts = [
        convolved(tall, weights, "conv2d", "batch_normalization_1"),
        convolved(tall, weights, "conv2d_1", "batch_normalization_2"),
        convolved(np.pad(x, ((63, 64), (0, 0))), weights, "conv2d_2", "batch_normalization_3"),
        convolved(np.pad(x, ((31, 32), (0, 0))), weights, "conv2d_3", "batch_normalization_4"),
        convolved(np.pad(x, ((15, 16), (0, 0))), weights, "conv2d_4", "batch_normalization_5"),
    ]
    front = np.concatenate([one.max(axis=1) for one in fronts], axis=1)
    first = middle(front, weights, "conv2d_5", "batch_normalization_6")
    second = middle(first, weights, "conv2d_6", "batch_normalization_7") + first
    third = middle(second, weights, "conv2d_7", "batch_normalization_8") + second
    together = np.concatenate([front, first, second, third], axis=1)
    pooled = np.empty(1506)
    pooled[0::2] = together.max(axis=0)
    pooled[1::2] = together.mean(axis=0)
    pooled = normalised(pooled, weights, "batch_normalization_9")
    hidden = np.maximum(pooled @ weights["dense/kernel"].astype(np.float64) + weights["dense/bias"], 0)
    vector = normalised(hidden, weights, "batch_normalization_10")
    return vector, 1 / (1 + np.exp(-(vector @ weights["dense_1/kernel"].astype(np.float64) + weights["dense_1/bias"])))


def middle(x: DoubleArray, weights: Weights, convolution: str, normalisation: str) -> DoubleArray:
    """A convolution of all channels over 7 frames: (187, n_channels) → (187, 64)."""
    return convolved(np.pad(x, ((3, 3), (0, 0))), weights, convolution, normalisation)[:, 0]


def convolved(padded: DoubleArray, weights: Weights, convolution: str, normalisation: str) -> DoubleArray:
    """Convolution without padding, ReLU, normalisation: (rows, columns) → (rows, columns, n_channels)."""
    kernel = weights[f"{convolution}/kernel"][:, :, 0].astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2])
    activation = np.tensordot(windows, kernel, axes=2) + weights[f"{convolution}/bias"]
    return normalised(np.maximum(activation, 0), weights, normalisation)


def normalised(x: DoubleArray, weights: Weights, name: str) -> DoubleArray:
    """Channels last."""
    gamma, beta, mean, variance = (
        weights[f"{name}/{part}"].astype(np.float64) for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    result: DoubleArray = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta
    return result
