"""`spotrec tracks`."""

import shlex
from itertools import islice
from typing import Annotated

import typer

from spotrec.cli import completion, options
from spotrec.cli.show import outputs
from spotrec.errors import UsageError, quoted
from spotrec.operations.as_json import library
from spotrec.operations.as_json.tracks import record

EXAMPLES = """
\b
Examples:
  spotrec tracks
  spotrec tracks halo --artist beyonce
  spotrec tracks --missing-audio
  spotrec tracks --failed --json
  spotrec tracks --collection ~/Music --csv > music.csv
  spotrec tracks --collections
  spotrec tracks --write-tags
\b
--write-tags shows which tempo and key your files would get; with --yes they
are written. Only tags that are missing are written, and nothing else changes.
\b
A track must pass all filters. The table shows the first 100 tracks; --limit,
--csv and --json show more.
"""

_IN_A_TABLE = 100


@options.with_settings("model", "weights", "store")
def tracks(
    *,
    words: Annotated[
        list[str] | None, typer.Argument(help="Words of the title or artist.", metavar="WORDS", show_default=False)
    ] = None,
    missing_audio: Annotated[
        bool, typer.Option("--missing-audio", help="Only tracks without audio, with each provider's answer.")
    ] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only tracks that failed, with the reason.")] = False,
    collection: Annotated[
        str | None,
        typer.Option(
            help="Only tracks of this collection: its link, path or title.",
            metavar="TEXT",
            autocompletion=completion.collections,
        ),
    ] = None,
    artist: Annotated[str, typer.Option(help="Only tracks by this artist.", metavar="NAME", show_default=False)] = "",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Show at most N tracks.", metavar="N", show_default=False)
    ] = None,
    collections: Annotated[
        bool, typer.Option("--collections", help="List the stored collections instead of tracks.")
    ] = False,
    write_tags: Annotated[
        bool,
        typer.Option(
            "--write-tags", help="Write the tempo and key that were heard into your files without. See --yes."
        ),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="With --write-tags: write them; without, they are only shown.")
    ] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
    csv: outputs.Csv = False,
    raw: outputs.Raw = False,
) -> None:
    """List the stored tracks and their state, or collections."""
    from spotrec.cli.show.library import print_collections, print_records, print_records_csv, print_tags

    if json and csv:
        raise UsageError("--json and --csv cannot be combined", "choose one")
    outputs.check_raw(raw=raw, csv=csv)
    if yes and not write_tags:
        raise UsageError("--yes needs --write-tags", "without it nothing is written")
    if write_tags and (missing_audio or failed or collections or limit or csv):
        raise UsageError(
            "--write-tags takes only WORDS, --artist, --collection, --yes and --json",
            "`spotrec tracks` lists the tracks",
        )
    with open_recommender() as recommender:
        if write_tags:
            report = recommender.write_tags(
                " ".join(words or ()), artist=artist, collection=collection, dry_run=not yes
            )
            chosen = [*(("--artist", artist) if artist else ()), *(("--collection", collection) if collection else ())]
            command = shlex.join(["spotrec", "tracks", "--write-tags", "--yes", *chosen, *(words or ())])
            outputs.show(report, lambda found: print_tags(found, command), json=json)
            raise typer.Exit(report.exit_code)
        if collections:
            if words or missing_audio or failed or collection or artist or limit:
                raise UsageError("--collections cannot be combined with filters or --limit", "give --collections alone")
            known = recommender.collections()
            if csv:
                outputs.print_csv(library.COLLECTION_COLUMNS, known, raw=raw)
            else:
                outputs.show(known, print_collections, json=json, form=library.collections)
            return
        found = recommender.tracks(
            " ".join(words or ()), artist=artist, collection=collection, missing_audio=missing_audio, failed=failed
        )
        if json:
            outputs.stream_json(map(record, islice(found, limit)))
        elif csv:
            print_records_csv(islice(found, limit), raw=raw)
        else:
            shown = list(islice(found, limit or _IN_A_TABLE))
            more = limit is None and next(found, None) is not None
            print_records(
                shown, answers=missing_audio, failures=failed, more=more, words=_chosen_by(words, artist, collection)
            )


def _chosen_by(words: list[str] | None, artist: str, collection: str | None) -> str:
    """Return in words what the listed tracks were chosen by; "" if by nothing."""
    parts = [quoted(" ".join(words))] if words else []
    parts += [f"the artist {quoted(artist)}"] if artist else []
    parts += [f"the collection {quoted(collection)}"] if collection else []
    return ", ".join(parts)
