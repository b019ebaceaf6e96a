"""What a radio added to a queue, as a table."""

from typing import TYPE_CHECKING

from spotrec.cli.show.console import console
from spotrec.cli.show.tables import print_table
from spotrec.cli.show.tracks import track_table
from spotrec.operations.as_json.ranked_tracks import RESULT_COLUMNS

if TYPE_CHECKING:
    from spotrec.operations.radio import RadioReport


def print_radio(report: "RadioReport") -> None:
    to = console()
    if not report.added:
        to.print("Nothing was added: enough tracks are ahead, or no other passes these filters.")
        return
    print_table(to, track_table(to, RESULT_COLUMNS, report.added, [", ".join(one.tags) for one in report.added]))
