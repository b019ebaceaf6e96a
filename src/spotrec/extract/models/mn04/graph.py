"""mn04's graph on TensorFlow: a stem, fifteen inverted residual blocks, and two dense layers.

The published network pads both sides alike; TensorFlow's own padding, which costs nothing, does so only for a stride
of 1, and with a stride of 2 adds one more at the end. Where the input is even, that equals the published padding seen
from the other end. So input and kernels are turned round in frequency and time.
"""

from typing import Any, Literal

import numpy as np

from spotrec.extract.models.mn04.front_end import N_FRAMES, N_MELS
from spotrec.extract.models.mn04.weights import BLOCKS, STEM, Block, BlockLayers, Layer, Layers
from spotrec.extract.tensorflow import load_tensorflow
from spotrec.vectors import FloatArray

_APART = 3
"""The first blocks take one window at a time: their results for several would not fit into the cache. The others take
all windows of a clip, with fewer steps."""
_STEM_POSITIONS = 4
"""Neighbouring bands that the stem computes as channels of one: eight channels fill half a vector register."""


def build_graph(layers: Layers, vector: Literal["hidden", "pooled"] = "hidden") -> Any:
    """Build a `tf.function`: one clip's windows, shape (n_windows, 1000, 128) → its vector, its labels (527,).

    Args:
        vector: `hidden`, 512 numbers, or `pooled`, the 384 before them.
    """
    graph = _Graph(layers, vector)
    tf = load_tensorflow()
    signature = [tf.TensorSpec((None, N_FRAMES, N_MELS), tf.float32)]
    function = tf.function(graph.run, input_signature=signature, autograph=False)
    function.get_concrete_function()  # build it now, not at the first clip
    return function


class _Graph:
    def __init__(self, layers: Layers, vector: str) -> None:
        self._vector = vector
        self._tf = load_tensorflow()
        self._layers = layers
        self._blocks = list(zip(BLOCKS, layers.blocks, strict=True))

    def run(self, windows: Any) -> tuple[Any, Any]:
        tf = self._tf
        x = tf.map_fn(self._start, windows, parallel_iterations=1)
        for block, layers in self._blocks[_APART:]:
            x = self._block(x, block, layers)
        x = self._hard_swish(self._convolved(x, self._layers.last))
        pooled = tf.reduce_mean(x, axis=[1, 2])
        hidden = self._hard_swish(self._dense(pooled, self._layers.hidden))
        labels = tf.sigmoid(self._dense(hidden, self._layers.labels))
        vectors = hidden if self._vector == "hidden" else pooled
        return tf.reduce_mean(vectors, axis=0), tf.reduce_mean(labels, axis=0)

    def _start(self, window: Any) -> Any:
        """Run stem and first blocks on one window, shape (1000, 128): (250, 32, 16)."""
        tf = self._tf
        x = self._stem(tf.reverse(window, [0, 1])[None, :, :, None])
        for block, layers in self._blocks[:_APART]:
            x = self._block(x, block, layers)
        return x[0]

    def _stem(self, x: Any) -> Any:
        tf = self._tf
        n, bias = _STEM_POSITIONS, self._layers.stem.bias
        kernel = stem_kernel(_turned(self._layers.stem.kernel), n)
        x = tf.nn.conv2d(x, kernel, [2, 2 * n], [[0, 0], [0, 1], [0, 1], [0, 0]])
        x = self._hard_swish(tf.nn.bias_add(x, np.tile(bias, n)))
        return tf.reshape(x, [1, N_FRAMES // 2, N_MELS // 2, STEM])

    def _block(self, x: Any, block: Block, layers: BlockLayers) -> Any:
        tf = self._tf
        activation = self._hard_swish if block.is_hard_swish else tf.nn.relu
        y = activation(self._convolved(x, layers.widening)) if layers.widening else x
        kernel = _turned(layers.depthwise.kernel)[..., None]
        y = tf.nn.depthwise_conv2d(y, kernel, [1, block.stride, block.stride, 1], "SAME")
        y = activation(tf.nn.bias_add(y, layers.depthwise.bias))
        if layers.squeeze:
            first, second = layers.squeeze
            scale = tf.nn.relu(self._dense(tf.reduce_mean(y, axis=[1, 2]), first))
            y *= tf.sigmoid(self._dense(scale, second))[:, None, None]
        y = self._convolved(y, layers.projection)
        return y + x if block.stride == 1 and block.inputs == block.outputs else y

    def _convolved(self, x: Any, layer: Layer) -> Any:
        """Apply a convolution over channels only."""
        return self._tf.nn.bias_add(self._tf.nn.conv2d(x, layer.kernel, 1, "SAME"), layer.bias)

    def _dense(self, x: Any, layer: Layer) -> Any:
        return self._tf.nn.bias_add(self._tf.matmul(x, layer.kernel), layer.bias)

    def _hard_swish(self, x: Any) -> Any:
        # in this form TensorFlow fuses it into the convolution before it
        return x * (self._tf.nn.relu6(x + np.float32(3)) * np.float32(1 / 6))


def stem_kernel(kernel: FloatArray, n: int) -> FloatArray:
    """Return the kernel, shape (3, 3, 1, channels), at `n` positions side by side, two bands apart.

    Returns:
        shape (3, 2 n + 1, 1, n * channels).
    """
    wide = np.zeros((3, 2 * n + 1, 1, n, kernel.shape[3]), np.float32)
    for i in range(n):
        wide[:, 2 * i : 2 * i + 3, :, i] = kernel
    return wide.reshape(3, 2 * n + 1, 1, -1)


def _turned(kernel: FloatArray) -> FloatArray:
    """Return a kernel, (mel, time, …), for input turned round in both: (time, mel, …)."""
    return np.ascontiguousarray(kernel[::-1, ::-1].swapaxes(0, 1))
