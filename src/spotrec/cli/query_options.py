"""Options that say what a query is asked with, and which results are wanted."""

from typing import Annotated

import typer

_COLLECTION = "its link, path or title"

Seeds = Annotated[
    list[str] | None,
    typer.Argument(
        help="A Spotify track (link, URI, id), an audio file, or words of a stored title or artist; a known "
        "playlist, album or folder; artist:NAME, album:NAME or collection:NAME.",
        metavar="SEED",
        show_default=False,
    ),
]
Like = Annotated[
    list[str] | None,
    typer.Option(help="One more seed. Repeatable.", metavar="SEED", show_default=False),
]
Unlike = Annotated[
    list[str] | None,
    typer.Option(help="Keep away from what sounds like it. Repeatable.", metavar="SEED", show_default=False),
]
Count = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--count",
        min=1,
        max=1000,
        help="How many tracks; with --min-similarity at most. [default: 10, with --min-similarity 1000]",
        metavar="N",
        show_default=False,
    ),
]
MinSimilarity = Annotated[
    float | None,
    typer.Option(
        min=-1, max=1, help="All tracks that are at least so similar, -1 to 1.", metavar="X", show_default=False
    ),
]
MaxPerArtist = Annotated[
    int | None, typer.Option(min=1, help="At most so many by one artist.", metavar="N", show_default=False)
]
Diversity = Annotated[
    float, typer.Option(min=0, max=1, help="From 0, the most similar, to 1, the most varied of them.", metavar="X")
]
Shuffle = Annotated[bool, typer.Option("--shuffle", help="Give the results in an order drawn by --seed.")]
ShuffleSeed = Annotated[
    int | None,
    typer.Option("--seed", help="What draws the order of --shuffle. [default: 0]", metavar="N", show_default=False),
]
ExcludeKnown = Annotated[
    list[str] | None,
    typer.Option(
        help=f"Nothing of this collection: {_COLLECTION}. Repeatable.", metavar="COLLECTION", show_default=False
    ),
]
Artist = Annotated[str | None, typer.Option(help="Only tracks by this artist.", metavar="NAME", show_default=False)]
Album = Annotated[str | None, typer.Option(help="Only tracks of this album.", metavar="NAME", show_default=False)]
InCollection = Annotated[
    list[str] | None,
    typer.Option(
        "--collection",
        help=f"Only tracks of this collection: {_COLLECTION}. Repeatable: of any of them.",
        metavar="COLLECTION",
        show_default=False,
    ),
]
Year = Annotated[
    str | None,
    typer.Option(help="Only of these years: 1990, 1990..1999, ..1980.", metavar="YEARS", show_default=False),
]
Duration = Annotated[
    str | None,
    typer.Option(help="Only so long: 2:00..4:30, ..5:00.", metavar="RANGE", show_default=False),
]
Explicit = Annotated[
    bool | None,
    typer.Option("--explicit/--no-explicit", help="Only explicit tracks, or none of them.", show_default=False),
]
Tag = Annotated[
    list[str] | None,
    typer.Option(
        help="Only what the network hears so: jazz, jazz>=0.3, metal < 0.1. Repeatable.",
        metavar="TAG",
        show_default=False,
    ),
]
Bpm = Annotated[
    str | None, typer.Option(help="Only at this tempo: 120..130, 120.", metavar="RANGE", show_default=False)
]
Key = Annotated[str | None, typer.Option(help="Only in this key: Am, F#, 8A.", metavar="KEY", show_default=False)]
Mood = Annotated[
    str | None,
    typer.Option(
        help="What it should sound like, in the network's tags; a minus before those it should not.",
        metavar="WORDS",
        show_default=False,
    ),
]
MoodWeight = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="What the mood counts beside the seeds. [default: 0.5]",
        metavar="X",
        show_default=False,
    ),
]
Explain = Annotated[bool, typer.Option("--explain", help="Say why each track is among the results.")]
