"""What a comparison of spaces shows, in a few lines."""

from spotrec.evaluate.evaluate import Evaluation, LabelScores

_NAMED = 4


def verdict(found: Evaluation) -> str:
    """Return which spaces find more, or less, of which labels than the first one, by more than chance; a line for each.

    It goes by precision@k. An evaluation of one space has no verdict: "".
    """
    if len(found.spaces) < 2 or not found.spaces[0].labels:
        return ""
    ours = found.spaces[0].space
    better, worse, alike = list[str](), list[str](), list[str]()
    for space in found.spaces[1:]:
        more, less = ([score for score in space.labels if _sign(score) == sign] for sign in (1, -1))
        if more:
            better.append(f"{space.space} finds more than {ours}: {_labels(more)}")
        if less:
            worse.append(f"{ours} finds more than {space.space}: {_labels(less)}")
        if not more and not less:
            alike.append(space.space)
    lines = [*(better or [f"no other space finds more than {ours}"]), *worse]
    if alike:
        names = f": {'; '.join(alike)}" if len(alike) <= _NAMED else ""
        lines.append(f"{_spaces(len(alike))} cannot be told apart from {ours}{names}")
    return "\n  ".join([f"In short, by precision@{found.k}:", *lines])


def _sign(score: LabelScores) -> int:
    """Return 1 if the space is better than the first one, -1 if it is worse, 0 if that may be chance."""
    difference = (score.differences or {}).get("precision")
    if difference is None or not difference.is_significant:
        return 0
    return 1 if difference.value > 0 else -1


def _spaces(n: int) -> str:
    return "one other space" if n == 1 else f"{n} other spaces"


def _labels(scores: list[LabelScores]) -> str:
    """Return the names of labels, each with its number of tracks."""
    shown = ", ".join(f"{score.label} ({score.n_queries:,} tracks)" for score in scores[:_NAMED])
    return shown + (f" and {len(scores) - _NAMED} more labels" if len(scores) > _NAMED else "")
