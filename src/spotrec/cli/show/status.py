"""The state of the pipeline as a table."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.flags import to_paste, with_flags
from spotrec.cli.show.console import console, say
from spotrec.cli.show.tables import Columns, pairs, print_table, table_of
from spotrec.cli.show.units import counted, megabytes, minutes

if TYPE_CHECKING:
    from spotrec.extract.weights import WeightsStatus
    from spotrec.operations.results import MoreExcerpts, Status, Upgrade


def print_status(now: "Status") -> None:
    to = console()
    print_table(to, pairs(_facts(now)))
    if newer := now.newer_model:
        name = _with_newer(now.model, newer.partition("+")[0])
        move = with_flags(f"`spotrec extract --model {name}`, then `spotrec index --model {name}`")
        say(to, f"a newer model is available, {newer}: {move}", "yellow")
    if now.upgrade:
        for line in _upgrade(now.upgrade):
            say(to, line, "cyan")
    if now.more_excerpts:
        for line in _more_excerpts(now.more_excerpts):
            say(to, line, "cyan")
    if now.speech:
        look = "looks" if now.speech == 1 else "look"
        omit = with_flags("`spotrec query SEED --exclude speech`")
        say(to, f"{counted(now.speech, 'track')} {look} like speech: {omit} leaves such tracks out")
    for stage, reason, n in now.failures:
        say(to, f"{n} failed to {stage}: {reason}", "yellow")
    if now.missing_audio:
        to.print(f"\nwithout audio, by provider ({with_flags('`spotrec tracks --missing-audio`')} shows which):")
        columns: Columns = {
            "tracks": [str(n) for *_, n in now.missing_audio],
            "provider": [provider for provider, *_ in now.missing_audio],
            "answer": [
                Text(f"{outcome}: {reason}" if reason else outcome, "yellow")
                for _, outcome, reason, _ in now.missing_audio
            ],
        }
        print_table(to, table_of(columns, numbers=["tracks"], headings=False, set_in=True))
    to.print(f"next: {to_paste(now.next_command)}", style="bold", soft_wrap=True)


def _with_newer(models: str, newer: str) -> str:
    """Return the models in use, one of them in its newer version, as `--model` takes them."""
    network = newer.rpartition("-")[0]
    names = [one.partition("+")[0] for one in models.split(",")]
    return "+".join(newer if one.rpartition("-")[0] == network else one for one in names)


def _upgrade(more: "Upgrade") -> Iterator[str]:
    models, (genre, better_genre), (artist, better_artist) = more.models, more.genre_precision, more.artist_mrr
    yield (
        f"{' and '.join(models)} together find more: on commercial previews, genre precision {better_genre:.3f} "
        f"instead of {genre:.3f}, artist reciprocal rank {better_artist:.3f} instead of {artist:.3f}"
    )
    download = f", a download of {megabytes(more.n_bytes)}" if more.n_bytes else ""
    again = f", of which {more.n_fetched:,} are fetched again" if more.n_fetched else ""
    command = f"--model {'+'.join(models)}"
    yield with_flags(
        f"it costs {counted(more.n_tracks, 'track')} to hear{again}{download}: `spotrec extract {command}`, then "
        f"`spotrec index {command}`"
    )


def _more_excerpts(more: "MoreExcerpts") -> Iterator[str]:
    were = "was" if more.n_tracks == 1 else "were"
    yield (
        f"{counted(more.n_tracks, 'track')} {were} heard in fewer than {more.excerpts} excerpts; with three, "
        "an artist's other tracks come first at reciprocal rank 0.545 instead of 0.368 (free music)"
    )
    if more.n_at_hand:
        yield with_flags(
            f"it costs {counted(more.n_at_hand, 'track')} to hear again, about {minutes(more.cpu_s)} of one core: "
            f"`spotrec extract --excerpts {more.excerpts}`, then `spotrec index`"
        )
    if gone := more.n_tracks - more.n_at_hand:
        yield f"the audio of {counted(gone, 'track')} of these is not at hand any more"


def _facts(now: "Status") -> Iterator[tuple[str, str]]:
    counts = now.counts
    yield "store", str(now.store) + ("" if counts else " (none yet)")
    if counts:
        yield "tracks", f"{counts.tracks} in {counted(counts.collections, 'collection')}"
        done = f", {counts.needs_no_audio} heard that need none any more" if counts.needs_no_audio else ""
        yield "audio", f"{counts.with_audio} with audio at hand, {counts.without_audio} without audio{done}"
        models = now.model.replace(",", " and ")
        lacks = f"{_lacks(now, now.model)}" or (f", {counts.partly_heard} only by some" if counts.partly_heard else "")
        yield "features", f"{counts.embedded} by {models}{lacks}, {counts.pending} pending, {counts.failed} failed"
        others = {model: n for model, n in now.embedded_models.items() if model != now.model}
        if others:
            yield "", ", ".join(f"{n} by {model}{_lacks(now, model)}" for model, n in others.items())
    held = f", {counted(counts.cached, 'file')} of {megabytes(counts.cached_bytes)}" if counts else ""
    if now.by_excerpts:
        numbers = ", ".join(f"{n:,} in {excerpts}" for excerpts, n in sorted(now.by_excerpts.items(), reverse=True))
        rest = max(0, counts.embedded - sum(now.by_excerpts.values())) if counts else 0
        yield "excerpts", f"{numbers}" + (f", {rest:,} in all that they have (previews, short files)" if rest else "")
    yield "cache", now.cache + held
    for heading, found in zip(("weights", *[""] * len(now.weights)), now.weights, strict=False):
        yield heading, _weights(found)
    indexed = f"{now.index_name}, {counted(now.indexed, 'track')}" if now.index_name else ""
    yield "index", indexed or now.index_fault or "none yet"
    since = {"new": now.new, "heard again": now.heard_anew, "gone": now.gone}
    if any(since.values()):
        yield "", "since then " + ", ".join(f"{n:,} {what}" for what, n in since.items() if n)


def _lacks(now: "Status", model: str) -> str:
    n = now.lacking.get(model, 0)
    return f" (lacks {n})" if n else ""


def _weights(found: "WeightsStatus") -> str:
    if found.path is None:
        return f"{found.model} brings its own"
    if found.sha256 is None:
        return f"not installed yet ({found.path})"
    origin = "the published file" if found.published else "not the published file"
    return f"{found.path} ({origin}, sha256 {found.sha256[:12]}…)"
