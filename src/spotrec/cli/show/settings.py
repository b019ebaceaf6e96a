"""Settings as a table."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.show.console import console, say
from spotrec.cli.show.tables import pairs, print_table

if TYPE_CHECKING:
    from spotrec.operations.results import SettingChange, SettingsFile
    from spotrec.settings import SettingRow


def print_settings(rows: "list[SettingRow]") -> None:
    print_table(console(), pairs((row.name, _value(row)) for row in rows))


def print_setting(change: "SettingChange") -> None:
    """Print a setting that was set."""
    verb = "is" if change.changed else "was already"
    say(console(), f"{change.name} {verb} {change.value} in {change.file}")


def print_unset(changes: "list[SettingChange]") -> None:
    """Print settings that were removed from a file."""
    for change in changes:
        state = "is no longer" if change.changed else "is not"
        now = "; its default is used" if change.origin == "default" else f"; its value comes from {change.origin}"
        say(console(), f"{change.name} {state} set in {change.file}{now if change.origin else ''}")


def print_file(checked: "SettingsFile") -> None:
    """Print what a valid file sets."""
    sets = f"it sets {', '.join(checked.names)}" if checked.names else "it sets nothing"
    say(console(), f"{checked.file} is valid; {sets}")


def _value(row: "SettingRow") -> Text:
    origin = "" if row.origin == "default" else f" (from {row.origin})"
    about = Text(f"{row.environment}: {row.about}", "dim")
    return Text.assemble((row.value or "–", "" if origin else "dim"), origin, "\n", about)
