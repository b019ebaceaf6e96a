"""The demo as tables."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.flags import to_paste
from spotrec.cli.show.console import console
from spotrec.cli.show.recommendations import seeds
from spotrec.cli.show.tables import Columns, print_table, table_of

if TYPE_CHECKING:
    from spotrec.demo.demo import Demo


def print_demo(shown: "Demo") -> None:
    to = console()
    to.print(
        f"The music is synthetic ({shown.n_pieces} pieces, listen: {shown.folder / 'music'}), the pipeline is real; "
        f"{' and '.join(shown.models)} heard it.\n"
    )
    for query in shown.queries:
        to.print(Text.assemble((query.style, "bold cyan"), ": what sounds like ", seeds(query.found), "?"))
        results = query.found.results
        columns: Columns = {
            "same style": [Text("✓", "green") if is_same else Text("·", "yellow") for is_same in query.is_same_style],
            "similarity": [f"{result.similarity:.2f}" for result in results],
            "track": [result.track.name for result in results],
            "album": [Text(result.track.album or "", "dim") for result in results],
        }
        print_table(to, table_of(columns, headings=False))
    to.print(f"{shown.same_style:.0%} of the neighbours have the style of their seed.")
    chosen = "" if shown.is_default else "".join(f" --model {model.rpartition('-')[0]}" for model in shown.models)
    to.print(f"Now your own music: {to_paste(f'spotrec add ~/Music{chosen}')}", soft_wrap=True)
