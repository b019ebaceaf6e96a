"""Why a track is among the results: exact parts, and words that say them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spotrec.extract.melspectrogram import HOP, N_FFT, N_FRAMES, N_MELS, SAMPLE_RATE_HZ
from spotrec.extract.models.choi import LAYERS, POOLS
from spotrec.index.space import fit, reference_moments
from spotrec.query.explain import contributions, in_words, layer_shares, telling_difference
from support.heard import CHOI

Run = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
EMBEDDINGS = arrays(np.float32, (4, 160), elements=st.floats(-3, 3, width=32))


@settings(deadline=None)
@given(EMBEDDINGS)
def test_what_the_layers_add_sums_to_where_a_track_is_placed(vectors: np.ndarray) -> None:
    space = fit(vectors[:3], reference_moments(CHOI))
    parts = space.parts(vectors, 5)
    assert parts.shape == (4, 5, 160)
    np.testing.assert_allclose(parts.sum(axis=1), space.place(vectors), atol=1e-5)


@settings(deadline=None)
@given(EMBEDDINGS)
def test_contributions_sum_to_the_similarity(vectors: np.ndarray) -> None:
    space = fit(vectors[:3], reference_moments(CHOI))
    a, b, *_ = space.parts(vectors, 5)
    placed_a, placed_b, *_ = space.place(vectors)
    assert contributions(a, b).sum() == pytest.approx(placed_a @ placed_b, abs=1e-4)
    np.testing.assert_allclose(contributions(a, b), contributions(b, a), atol=1e-6)


@given(arrays(np.float64, 5, elements=st.floats(-1, 1)))
def test_shares_are_of_what_brings_together_and_words_are_always_found(contributed: np.ndarray) -> None:
    layers = layer_shares(contributed, LAYERS)
    assert sum(one.contribution for one in layers) == pytest.approx(contributed.sum())
    assert all(0 <= one.share <= 1 for one in layers)
    if contributed.max() > 1e-6:
        assert sum(one.share for one in layers) == pytest.approx(1, abs=1e-6)
    text = in_words(layers, (), "")
    assert "alike" in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("contributed", "text"),
    [
        ([0.5, 0.1, 0.1, 0.05, 0.0], "alike above all in texture (layer 1: 67% of the likeness), less in form"),
        (
            [0.1, 0.3, 0.3, 0.1, 0.0],
            "alike above all in timbre and rhythm (layers 2 and 3: 75% of the likeness), less in form",
        ),
        ([0.1, 0.1, 0.12, 0.1, 0.1], "alike in every layer, from texture to form"),
        ([0.3, 0.1, -0.1, 0, -0.2], "alike above all in texture (layer 1: 75% of the likeness), not in rhythm or form"),
        ([-0.1, -0.1, 0, 0, 0], "alike in no layer"),
    ],
)
def test_layers_are_told_in_words(contributed: list[float], text: str) -> None:
    assert in_words(layer_shares(np.array(contributed), LAYERS), (), "") == text


def test_tags_and_the_most_telling_difference_are_told_after_them() -> None:
    layers = layer_shares(np.full(5, 0.1), LAYERS)
    assert in_words(layers, ("jazz", "blues"), "but more guitar").endswith("; both jazz, blues; but more guitar")
    means = np.full(3, 0.1, np.float32)
    seed, track = np.array([[0.6, 0.01, 0.3], [0.5, 0.3, 0.01]], np.float32)
    names = ("rock", "jazz", "sad")
    assert telling_difference(seed, track, means, names) == "but more jazz"
    assert telling_difference(seed, track, means, names, ("jazz",)) == "but less sad"
    assert telling_difference(track, seed, means, names) == "but less jazz"
    assert telling_difference(seed, seed, means, names) == ""


def test_the_documented_receptive_fields_are_those_of_the_network() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| (\w+) \| (\d+) \| (\d+) \| ([\d.]+) s", text, flags=re.MULTILINE)
    mel = frames = mel_step = frame_step = 1
    computed = []
    for block, (name, (pool_mel, pool_frames)) in enumerate(zip(LAYERS, POOLS, strict=True), 1):
        mel += 2 * mel_step + (pool_mel - 1) * mel_step
        frames += 2 * frame_step + (pool_frames - 1) * frame_step
        mel_step, frame_step = mel_step * pool_mel, frame_step * pool_frames
        seen_mel, seen_frames = min(mel, N_MELS), min(frames, N_FRAMES)
        seconds = ((seen_frames - 1) * HOP + N_FFT) / SAMPLE_RATE_HZ
        computed.append((block, name, seen_mel, seen_frames, round(seconds, 2)))
    assert [(int(b), name, int(m), int(f), float(s)) for b, name, m, f, s in rows] == computed
