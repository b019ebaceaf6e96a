"""The labels that mn04 was trained to predict."""

from importlib import resources

LABELS: tuple[str, ...] = tuple(
    (resources.files(__package__) / "audioset_labels.txt").read_text(encoding="utf-8").splitlines()
)
"""AudioSet's 527 labels, in the order of the network's outputs."""
