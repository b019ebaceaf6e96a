"""Settings as a table."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.show.console import console
from spotrec.cli.show.tables import pairs, print_table

if TYPE_CHECKING:
    from spotrec.settings import SettingRow


def print_settings(rows: "list[SettingRow]") -> None:
    print_table(console(), pairs((row.name, _value(row)) for row in rows))


def _value(row: "SettingRow") -> Text:
    origin = "" if row.origin == "default" else f" (from {row.origin})"
    about = Text(f"{row.environment}: {row.about}", "dim")
    return Text.assemble((row.value or "–", "" if origin else "dim"), origin, "\n", about)
