"""`spotrec remove`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import completion, options
from spotrec.cli.show import outputs
from spotrec.errors import ExitCode, UsageError
from spotrec.operations.as_json import library

if TYPE_CHECKING:
    from spotrec.operations.results import Removal

EXAMPLES = """
\b
Examples:
  spotrec remove https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC
  spotrec remove "halo beyonce" --dry-run
  spotrec remove Mixtape ~/Music/karaoke --yes
  spotrec remove "artist:Crazy Frog" "album:Now 48" --dry-run
\b
Removing a collection keeps the tracks that another collection lists, and the
tracks that were crawled directly. A folder that is no collection means all
tracks of the files in it and below. Your own files are never touched. If a
name is unknown or matches several things, nothing is removed.
\b
Exit codes: 0 done, 1 you answered no, 2 a name is ambiguous, or no terminal
for the question (add --yes), 5 not known.
"""


@options.with_settings("store", "cache", progress=False)
def remove(
    *,
    names: Annotated[
        list[str],
        typer.Argument(
            help="Tracks, collections or folders: link, URI, id, path or title; artist:NAME or album:NAME.",
            metavar="TRACK_OR_COLLECTION",
            autocompletion=completion.collections,
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be removed; remove nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Remove tracks or collections, with all their data."""
    from spotrec.cli.show.library import print_removal

    with open_recommender() as recommender:
        removal = recommender.remove(*names, dry_run=dry_run, confirm=None if yes else _ask)
        next_command = recommender.status().next_command if removal.is_done and not json else ""
    outputs.show(removal, lambda done: print_removal(done, next_command=next_command), json=json, form=library.removal)


def _ask(removal: "Removal") -> None:
    from spotrec.cli.show.library import print_removal

    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to confirm this on", "add --yes; --dry-run shows what would be removed")
    print_removal(removal, stderr=True)
    typer.echo("Remove them? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        typer.echo("nothing was removed", err=True)
        raise typer.Exit(ExitCode.FAILURE)
