"""Recommendations as tables."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.show.console import console, note, say
from spotrec.cli.show.tables import print_table
from spotrec.cli.show.tracks import track_table
from spotrec.cli.show.units import counted
from spotrec.operations.as_json.ranked_tracks import RESULT_COLUMNS
from spotrec.query.filters import FILTERS

if TYPE_CHECKING:
    from spotrec.operations.query import Recommendations
    from spotrec.query.seed import SeedGroup

_SEEDS_NAMED = 3


def print_recommendations(found: "Recommendations") -> None:
    to = console()
    say(to, Text.assemble("What sounds like ", _query(found), ":"))
    if not found.results:
        to.print("No track passes these filters." if found.is_narrowed else "No other track is in the index.")
        return
    why = [result.explanation.text if result.explanation else "" for result in found.results]
    tags = [", ".join(result.tags) for result in found.results]
    print_table(to, track_table(to, RESULT_COLUMNS, found.results, why if any(why) else tags))  # why names the tags too


def print_way_to_hear() -> None:
    """Print on a terminal how to hear the results."""
    to = console(stderr=True)
    if to.is_terminal and console().is_terminal:
        to.print("to hear them: the same command with --open, or --m3u FILE for a playlist", style="dim")


def note_unknown(unknown: Mapping[str, int]) -> None:
    """Note how many tracks each filter left out only because their value is not known."""
    for one in FILTERS:
        if n := unknown.get(one.name):
            note(f"{counted(n, 'track')} {'has' if n == 1 else 'have'} no known {one.unknown}")


def _query(found: "Recommendations") -> Text:
    """Return the seeds, the mood, or the seeds in the mood; and whether they are by taste."""
    if not found.with_taste:
        return _without_taste(found)
    is_alone = not (found.seeds.likes or found.mood)
    return Text("what you like") if is_alone else Text.assemble(_without_taste(found), ", by your taste")


def _without_taste(found: "Recommendations") -> Text:
    if found.mood is None:
        return seeds(found)
    wanted, unwanted = (
        Text(", ").join(Text(tag, "bold") for tag in tags) for tags in (found.mood.wanted, found.mood.unwanted)
    )
    mood = Text.assemble(wanted, ", " if wanted and unwanted else "", "not " if unwanted else "", unwanted)
    return Text.assemble(seeds(found), " in the mood ", mood) if found.seeds.likes else mood


def seeds(found: "Recommendations") -> Text:
    """Return the names of the seeds, and of the seeds to avoid."""
    liked, unliked = (_named(groups) for groups in (found.seeds.likes, found.seeds.unlikes))
    return Text.assemble(liked, " but not like ", unliked) if unliked else liked


def _named(groups: "Sequence[SeedGroup]") -> Text:
    named = [_group(group) for group in groups[:_SEEDS_NAMED]]
    if len(groups) > _SEEDS_NAMED:
        named.append(Text(f"{len(groups) - _SEEDS_NAMED} more"))
    return Text(" and ").join([Text(", ").join(named[:-1]), named[-1]] if named[1:] else named)


def _group(group: "SeedGroup") -> Text:
    name = Text(group.name, "bold")
    return name if group.track else Text.assemble(f"the {group.kind} ", name)
