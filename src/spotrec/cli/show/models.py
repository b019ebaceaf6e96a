"""Models as tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from spotrec.cli.flags import with_flags
from spotrec.cli.show.console import console, note, say
from spotrec.cli.show.tables import pairs, print_columns, print_table, table_of
from spotrec.cli.show.units import megabytes
from spotrec.operations.results import WeightsAre

if TYPE_CHECKING:
    from rich.console import Console

    from spotrec.extract.cost import Cost
    from spotrec.operations.results import KnownModel, KnownModels

_NUMBERS = ("numbers", "MB", "genre", "artist", "tracks", "CPU ms")
_FIGURES = (
    "genre: share of a track's ten nearest tracks by other artists that have its genre; artist: mean reciprocal rank "
    "of the nearest track by the same artist; both on 896 held-out previews (docs/models.md)"
)
_COST = "CPU ms: time of one core of this machine for a clip of 30 s, front end + network"
_STYLES = {
    WeightsAre.PUBLISHED: "green",
    WeightsAre.OWN: "green",
    WeightsAre.BROUGHT: "green",
    WeightsAre.DAMAGED: "red",
}


def print_models(found: "KnownModels") -> None:
    to = console()
    columns = {
        "model": [Text(f"{one.model}, in use", "bold") if one.is_in_use else Text(one.model) for one in found.models],
        "numbers": [Text(str(one.dim or "")) for one in found.models],
        "MB": [Text(f"{one.n_bytes / 1e6:.1f}" if one.n_bytes else "") for one in found.models],
        "genre": [_figure(one.card.genre_precision if one.card else None) for one in found.models],
        "artist": [_figure(one.card.artist_mrr if one.card else None) for one in found.models],
        "weights": [Text(one.weights, _STYLES.get(one.weights, "yellow")) for one in found.models],
        "tracks": [Text(f"{one.tracks:,}" if one.tracks else "") for one in found.models],
        "CPU ms": [_cost(one.cost) for one in found.models],
    }
    if not to.is_terminal:
        columns |= {
            "licence": [Text(one.card.licence if one.card else "") for one in found.models],
            "source": [Text(one.card.source if one.card else "") for one in found.models],
        }
    if to.is_terminal:
        print_columns(to, columns, numbers=_NUMBERS)
        _sources(to, found.models)
    else:
        print_table(to, table_of(columns, numbers=_NUMBERS))
    _captions(to, found.models)
    for trouble in found.troubles:
        note(f"{trouble.message}\n{trouble.hint}")


def print_model(one: "KnownModel") -> None:
    """Print all details of one model."""
    assert one.card
    figures = (
        f"genre {one.card.genre_precision:.3f}, artist {one.card.artist_mrr:.3f} (docs/models.md)"
        if one.card.genre_precision is not None and one.card.artist_mrr is not None
        else ""
    )
    size = f" ({megabytes(one.n_bytes)} to download)" if one.n_bytes else ""
    shown = {
        one.model: one.card.title + (" (in use)" if one.is_in_use else ""),
        "vectors": f"{one.dim} numbers, of mono at {one.sample_rate_hz:,} Hz",
        "layers": ", ".join(one.layers),
        "tags": str(one.n_tags) if one.n_tags else "none, so it cannot search by mood",
        "trained on": one.card.trained_on,
        "figures": figures,
        "licence": one.card.licence,
        "source": one.card.source,
        "citation": one.card.citation,
        "weights": f"{one.weights}{size}",
        "": str(one.weights_path or ""),
        "tracks": f"{one.tracks:,} heard by it",
    }
    print_table(console(), pairs((name, value) for name, value in shown.items() if value))


def print_installed(done: Mapping[str, Any]) -> None:
    console().print(f"{done['model']}'s weights are at {done['path']}", soft_wrap=True)


def print_deleted(done: Mapping[str, Any]) -> None:
    to = console()
    for path in done["deleted"]:
        to.print(f"deleted {path}", soft_wrap=True)
    if not done["deleted"]:
        to.print(f"no weights of {done['model']} were installed", soft_wrap=True)


def _sources(to: "Console", found: "list[KnownModel]") -> None:
    """Print each network's licence and source once for all its versions: addresses need a line of their own."""
    of_name = {one.name: one.card for one in found if one.card}
    columns = {
        "model": [Text(name) for name in of_name],
        "licence": [Text(card.licence) for card in of_name.values()],
        "source": [Text(card.source, f"dim link {card.source}") for card in of_name.values()],
    }
    to.print()
    print_table(to, table_of(columns))


def _captions(to: "Console", found: "list[KnownModel]") -> None:
    to.print()
    say(to, _FIGURES, "dim")
    if any(one.cost for one in found):
        say(to, _COST, "dim")
    if any(one.weights in (WeightsAre.OTHERS, WeightsAre.GONE) for one in found):
        say(
            to,
            "others: heard with other weights; gone: heard by a model that is not installed any more",
            "dim",
        )
    if any(one.weights is WeightsAre.NOT_HERE for one in found):
        say(to, with_flags("`spotrec models install NAME` installs missing weights"), "dim")


def _figure(value: float | None) -> Text:
    return Text("" if value is None else f"{value:.3f}".removeprefix("0"))


def _cost(cost: "Cost | None") -> Text:
    return Text(f"{cost.front_end_ms:.0f} + {cost.network_ms:.0f}" if cost else "")
