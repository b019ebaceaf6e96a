"""musicnn's graph on TensorFlow: the published layers, computed in the cheapest way."""

from typing import Any

import numpy as np

from spotrec.extract.mel import N_MELS
from spotrec.extract.models.musicnn.front_end import PATCH_FRAMES
from spotrec.extract.models.musicnn.kernels import (
    LONG_CHANNELS,
    N_FREQUENCIES,
    TALL_CHANNELS,
    Activation,
    LongKernel,
    SpectralPart,
    Weights,
    activation,
    analysis,
    front_activation,
    hidden_layer,
    long_kernel,
    middle_kernel,
    normalisation,
    scaled_kernel,
    spectral_parts,
)
from spotrec.extract.tensorflow import load_tensorflow

TALL, LONG, MIDDLE = (0, 1), (2, 3, 4), (5, 6, 7)  # numbers of convolutions in the checkpoint
REACH = 3
"""Frames on either side that the tall and the middle convolutions cover."""


def build_graph(weights: Weights) -> Any:
    """Build a `tf.function`: one clip's patches, shape (n_patches, 96, 187) → its vector (200,), its tags (50,)."""
    graph = _Graph(weights)
    tf = load_tensorflow()
    signature = [tf.TensorSpec((None, N_MELS, PATCH_FRAMES), tf.float32)]
    function = tf.function(graph.run, input_signature=signature, autograph=False)
    function.get_concrete_function()  # build it now, not at the first clip
    return function


class _Graph:
    def __init__(self, weights: Weights) -> None:
        self._tf = load_tensorflow()
        self._analysis = analysis()
        self._input = normalisation(weights, 0)
        self._tall = [spectral_parts(scaled_kernel(weights, i)) for i in TALL]
        self._long = [long_kernel(scaled_kernel(weights, i)[:, 0]) for i in LONG]
        self._front_activation = front_activation(weights)
        self._middle = [(middle_kernel(weights, i), activation(weights, i)) for i in MIDDLE]
        self._hidden = hidden_layer(weights)
        self._embedding = normalisation(weights, 10)
        self._tagger = weights["dense_1/kernel"], weights["dense_1/bias"]

    def run(self, patches: Any) -> tuple[Any, Any]:
        tf = self._tf
        x = patches * np.float32(self._input.scale[0]) + np.float32(self._input.shift[0])
        # patch by patch: intermediate results of several would not fit into the cache
        front = self._activated(tf.map_fn(self._front_end, x, parallel_iterations=1), self._front_activation)
        first = self._over_time(front, 0)
        second = self._over_time(first, 1) + first
        third = self._over_time(second, 2) + second
        vectors = self._back_end([front, first, second, third])
        kernel, bias = self._tagger
        return tf.reduce_mean(vectors, axis=0), tf.reduce_mean(tf.sigmoid(vectors @ kernel + bias), axis=0)

    def _front_end(self, patch: Any) -> Any:
        """Convolve one patch, shape (96, 187), and take the maximum over bands: shape (187, n_channels)."""
        tf = self._tf
        padded = tf.pad(patch, [[0, 0], [REACH, REACH]])
        spectrum = tf.reshape(tf.matmul(self._analysis, padded), [N_FREQUENCIES, 2, PATCH_FRAMES + 2 * REACH])
        shifts = range(2 * REACH + 1)
        spectra = tf.concat([spectrum[:, :, shift : shift + PATCH_FRAMES] for shift in shifts], axis=1)
        tall = [self._tall_maximum(spectra, *parts) for parts in self._tall]
        return tf.concat(tall + [self._long_maximum(patch, kernel) for kernel in self._long], axis=1)

    def _tall_maximum(self, spectra: Any, cosines: SpectralPart, sines: SpectralPart) -> Any:
        """Compute a tall convolution's maxima from the spectra that each frame covers, shape (49, 14, 187)."""
        tf = self._tf

        def outputs(part: SpectralPart) -> Any:
            products = tf.matmul(spectra[part.frequencies], part.kernel, transpose_a=True)
            return tf.matmul(part.waves, tf.reshape(products, [part.waves.shape[1], -1]))

        # the larger of the two outputs at each distance from the middle
        larger = outputs(cosines) + tf.abs(outputs(sines))
        return tf.reshape(tf.reduce_max(larger, axis=0), [PATCH_FRAMES, TALL_CHANNELS])

    def _long_maximum(self, patch: Any, kernel: LongKernel) -> Any:
        tf = self._tf
        blocks = [
            tf.reduce_max(tf.matmul(patch[:, frames], kernel.matrix[rows]), axis=0)
            for frames, rows in zip(kernel.frames, kernel.rows, strict=True)
        ]
        return tf.reshape(tf.stack(blocks), [PATCH_FRAMES, LONG_CHANNELS])

    def _activated(self, x: Any, activation: Activation) -> Any:
        tf = self._tf
        return tf.maximum(tf.minimum(x + activation.shift, activation.highest), activation.lowest)

    def _over_time(self, x: Any, i: int) -> Any:
        """Apply a middle convolution to all channels: (n_patches, 187, n_channels) → (n_patches, 187, 64)."""
        tf = self._tf
        kernel, activation = self._middle[i]
        padded = tf.pad(x, [[0, 0], [REACH, REACH], [0, 0]])
        # one product for each frame: `conv2d` adds all 3,927 terms in one sum, and its error is 2.5 times as large
        products = tf.matmul(tf.reshape(padded, [-1, x.shape[2]]), kernel)
        products = tf.reshape(products, [-1, PATCH_FRAMES + 2 * REACH, 2 * REACH + 1, activation.shift.size])
        total = tf.add_n([products[:, shift : shift + PATCH_FRAMES, shift] for shift in range(2 * REACH + 1)])
        return self._activated(total, activation)

    def _back_end(self, layers: list[Any]) -> Any:
        """Turn maximum and mean over time of every channel into the embedding of each patch: shape (n_patches, 200)."""
        tf = self._tf
        maxima = [tf.reduce_max(layer, axis=1) for layer in layers]
        means = [tf.reduce_mean(layer, axis=1) for layer in layers]
        kernel, bias = self._hidden
        hidden = tf.nn.relu(tf.concat(maxima + means, axis=1) @ kernel + bias)
        return hidden * self._embedding.scale.astype(np.float32) + self._embedding.shift.astype(np.float32)
