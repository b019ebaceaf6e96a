"""The generations of an index, for people."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.show.console import console, counted, local_time, print_table, say, table_of

if TYPE_CHECKING:
    from spotrec.index.generations import IndexGeneration, IndexRollback


def kept(found: "list[IndexGeneration]") -> None:
    to = console()
    if not found:
        say(to, "no index yet: `spotrec index` builds one")
        return
    columns = {
        "index": [Text(one.index) for one in found],
        "tracks": [Text("" if one.fault else str(one.n_tracks)) for one in found],
        "search": [Text(one.backend) for one in found],
        "built": [Text(local_time(one.built_at) if one.built_at else "") for one in found],
        "": [Text("damaged", "red") if one.fault else Text("in use" if one.current else "") for one in found],
    }
    print_table(to, table_of(columns, numbers=["tracks"]))


def rolled_back(done: "IndexRollback") -> None:
    to = console()
    say(to, f"back to {done.index}, {counted(done.n_tracks, 'track')}; {done.left} is left")
    to.print("`spotrec index` builds a new one", style="dim")
