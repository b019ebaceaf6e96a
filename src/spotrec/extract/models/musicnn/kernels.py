"""musicnn's trained arrays → the constants of its graph: normalisation folded in, convolutions as matrix products.

Two thirds of the published network's work are two tall convolutions, 7 frames by 38 and by 67 of 96 bands, of which
only the maximum over bands is used. They are computed with spectra over the bands: kernel and outputs together cover
exactly 96 bands, so that a spectrum of 96 is enough and nothing wraps around. Outputs come in pairs at distances +d and
-d from their middle. With phases that start there they are C + S and C - S, with C from the cosines of the product and
S from its sines: the larger of them is C + |S|. That takes a quarter of the multiplications.
"""

from dataclasses import dataclass

import numpy as np

from spotrec.extract.mel import N_MELS
from spotrec.extract.models.musicnn.front_end import PATCH_FRAMES
from spotrec.vectors import DoubleArray, FloatArray

Weights = dict[str, FloatArray]

EPSILON = 1e-3
N_FREQUENCIES = N_MELS // 2 + 1
BLOCK_FRAMES = 17
"""Frames of output that the long convolutions compute at a time; eleven blocks make a patch."""
TALL_CHANNELS = 208
"""204, and four channels of zeros: rows of whole vector registers are a tenth faster."""
LONG_CHANNELS = 51
N_FRONT = 2 * TALL_CHANNELS + 3 * LONG_CHANNELS
_USED = np.r_[0:204, TALL_CHANNELS : TALL_CHANNELS + 204, 2 * TALL_CHANNELS : N_FRONT]
"""Positions of the front end's 561 channels."""


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Normalisation of a layer, channel by channel: `x * scale + shift`."""

    scale: DoubleArray
    shift: DoubleArray


@dataclass(frozen=True, slots=True)
class Activation:
    """ReLU and normalisation of a layer whose kernel contains the scale: the product plus `shift`, within bounds.

    The kernel contains the scale with its sign. If the scale is negative, the maximum of the product over bands stands
    for the minimum before normalisation, and ReLU is an upper bound.
    """

    shift: FloatArray
    lowest: FloatArray
    highest: FloatArray


@dataclass(frozen=True, slots=True)
class SpectralPart:
    """The cosines or the sines of a tall convolution.

    `kernel`, shape (n_frequencies, 14, n_channels), multiplies real and imaginary part of seven frames' spectra;
    `waves`, shape (n_distances, n_frequencies), turns the products into outputs. Both cover `frequencies`.
    """

    frequencies: slice
    kernel: FloatArray
    waves: FloatArray


@dataclass(frozen=True, slots=True)
class LongKernel:
    """A convolution over time as matrix products: for each block, the patch's `frames` times `rows` of `matrix`.

    `matrix` has shape (kernel length + 16, 17 * n_channels).
    """

    matrix: FloatArray
    frames: list[slice]
    rows: list[slice]


def layer(kind: str, i: int) -> str:
    """Return a layer's name in the checkpoint: the first has no number."""
    return f"{kind}_{i}" if i else kind


def normalisation(weights: Weights, i: int) -> Normalisation:
    """Return the normalisation of layer `i` by its moving statistics."""
    gamma, beta, mean, variance = (
        weights[f"{layer('batch_normalization', i)}/{part}"].astype(np.float64)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + EPSILON)
    return Normalisation(scale, beta - mean * scale)


def scaled_kernel(weights: Weights, i: int) -> DoubleArray:
    """Return convolution `i` times the scale of its normalisation: shape (frames, bands or channels, n_channels)."""
    kernel: DoubleArray = weights[f"{layer('conv2d', i)}/kernel"][:, :, 0] * normalisation(weights, i + 1).scale
    return kernel


def activation(weights: Weights, i: int) -> Activation:
    """Return the activation after convolution `i`."""
    after = normalisation(weights, i + 1)
    turned = after.scale < 0
    return Activation(
        (weights[f"{layer('conv2d', i)}/bias"] * after.scale + after.shift).astype(np.float32),
        np.where(turned, -np.inf, after.shift).astype(np.float32),
        np.where(turned, after.shift, np.inf).astype(np.float32),
    )


def front_activation(weights: Weights) -> Activation:
    """Return the activations after the front end's five convolutions, joined."""
    each = [activation(weights, i) for i in range(5)]
    parts = []
    for part in ("shift", "lowest", "highest"):
        parts.append(np.zeros(N_FRONT, np.float32))
        parts[-1][_USED] = np.concatenate([getattr(one, part) for one in each])
    return Activation(*parts)


def middle_kernel(weights: Weights, i: int) -> FloatArray:
    """Return convolution `i` over seven frames of all channels, frame after frame: shape (n_channels, 7 * 64)."""
    kernel = scaled_kernel(weights, i)
    if kernel.shape[1] == len(_USED):
        filled = np.zeros((kernel.shape[0], N_FRONT, kernel.shape[2]))
        filled[:, _USED] = kernel
        kernel = filled
    return kernel.swapaxes(0, 1).reshape(kernel.shape[1], -1).astype(np.float32)


def hidden_layer(weights: Weights) -> tuple[FloatArray, FloatArray]:
    """Return kernel and bias of the dense layer on maxima, then means over time, with normalisation folded in."""
    before = normalisation(weights, 9)
    kernel = weights["dense/kernel"].astype(np.float64)
    bias = weights["dense/bias"] + before.shift @ kernel
    kernel *= before.scale[:, None]
    n_middle = kernel.shape[0] // 2 - len(_USED)
    used = np.r_[_USED, N_FRONT : N_FRONT + n_middle]
    apart = np.zeros((2, N_FRONT + n_middle, kernel.shape[1]), np.float32)
    apart[0, used], apart[1, used] = kernel[0::2], kernel[1::2]  # in the checkpoint maxima and means alternate
    return apart.reshape(-1, kernel.shape[1]), bias.astype(np.float32)


def analysis() -> FloatArray:
    """Return the matrix bands → spectrum, real and imaginary part of each frequency in turn: shape (98, 96)."""
    waves = np.exp(-2j * np.pi * np.outer(np.arange(N_FREQUENCIES), np.arange(N_MELS)) / N_MELS)
    return np.stack([waves.real, waves.imag], axis=1).reshape(-1, N_MELS).astype(np.float32)


def spectral_parts(kernel: DoubleArray) -> tuple[SpectralPart, SpectralPart]:
    """Return cosines and sines of a convolution, shape (7 frames, bands, n_channels), padded with channels of zeros."""
    n_outputs = N_MELS - kernel.shape[1] + 1
    frequencies = np.arange(N_FREQUENCIES)
    middle = (n_outputs - 1) / 2
    share = np.where(frequencies % (N_MELS // 2), 2, 1) / N_MELS  # all except the first and the last count twice
    phases = np.exp(2j * np.pi * frequencies * middle / N_MELS)
    filled = np.pad(kernel, ((0, 0), (0, 0), (0, TALL_CHANNELS - kernel.shape[2])))
    spectrum = np.fft.fft(filled, N_MELS, axis=1)[:, :N_FREQUENCIES].conj() * (share * phases)[:, None]
    spectrum = spectrum.transpose(1, 0, 2)
    distances = np.arange(middle % 1, middle + 0.5)
    angles = 2 * np.pi * distances[:, None] * frequencies / N_MELS
    return (
        _part([spectrum.real, -spectrum.imag], np.cos(angles)),
        _part([-spectrum.imag, -spectrum.real], np.sin(angles)),
    )


def _part(kernels: list[DoubleArray], waves: DoubleArray) -> SpectralPart:
    kernel = np.stack(kernels, axis=2).reshape(N_FREQUENCIES, -1, kernels[0].shape[2])
    used = np.flatnonzero(np.abs(waves).max(axis=0) > 1e-9)  # at both ends a sine, or a cosine, may be 0 everywhere
    frequencies = slice(int(used[0]), int(used[-1]) + 1)
    return SpectralPart(
        frequencies, kernel[frequencies].astype(np.float32), np.ascontiguousarray(waves[:, frequencies], np.float32)
    )


def long_kernel(kernel: DoubleArray) -> LongKernel:
    """Make the products of a convolution, shape (length, n_channels), without the zeros around the patch."""
    length, n_channels = kernel.shape
    matrix = np.zeros((length + BLOCK_FRAMES - 1, BLOCK_FRAMES, n_channels), np.float32)
    for frame in range(BLOCK_FRAMES):
        matrix[frame : frame + length, frame] = kernel
    blocks, rows = [], []
    for start in range(0, PATCH_FRAMES, BLOCK_FRAMES):
        first = start - (length - 1) // 2
        frames = slice(max(first, 0), min(first + len(matrix), PATCH_FRAMES))
        blocks.append(frames)
        rows.append(slice(frames.start - first, frames.stop - first))
    return LongKernel(matrix.reshape(len(matrix), -1), blocks, rows)
