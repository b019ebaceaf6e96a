"""The labels that mn04 was trained to predict."""

from pathlib import Path

LABELS: tuple[str, ...] = tuple(
    Path(__file__).with_name("audioset_labels.txt").read_text(encoding="utf-8").splitlines()
)
"""AudioSet's 527 labels, in the order of the network's outputs."""
