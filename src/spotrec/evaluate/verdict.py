"""What a comparison of spaces shows, in one sentence."""

from collections import defaultdict

from spotrec.evaluate.evaluate import Evaluation, LabelScores
from spotrec.evaluate.plot import CHANCE

_LABELS_NAMED = 4


def verdict(found: Evaluation) -> str:
    """Return which spaces find more, or less, of which labels than the first one, by more than chance.

    It goes by precision@k. An evaluation of one space has no verdict: "".
    """
    if len(found.spaces) < 2 or not found.spaces[0].labels:
        return ""
    ours = found.spaces[0].space
    better, worse = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    alike: list[str] = []
    for space in found.spaces[1:]:
        signs = {score.label: _sign(score) for score in space.labels}
        for label, sign in signs.items():
            if sign:
                (better if sign > 0 else worse)[space.space].append(label)
        if not any(signs.values()):
            alike.append(space.space)
    parts = [f"{space} finds more than {ours} of {_labels(labels)}" for space, labels in better.items()]
    parts += [f"{ours} finds more than {_name(space)} of {_labels(labels)}" for space, labels in worse.items()]
    if alike:
        parts.append(f"{ours} and {' or '.join(map(_name, alike))} cannot be told apart")
    if not better:
        parts.insert(0, f"no other space finds more than {ours}")
    return f"In short: {'; '.join(parts)} (precision@{found.k}, {found.n_tracks} tracks)."


def _sign(score: LabelScores) -> int:
    """Return 1 if the space is better than the first one, -1 if it is worse, 0 if that may be chance."""
    difference = (score.differences or {}).get("precision")
    if difference is None or not difference.is_significant:
        return 0
    return 1 if difference.value > 0 else -1


def _name(space: str) -> str:
    return "chance" if space == CHANCE else space


def _labels(labels: list[str]) -> str:
    shown = labels[:_LABELS_NAMED]
    return ", ".join(shown) + (f" and {len(labels) - len(shown)} more" if len(labels) > len(shown) else "")
