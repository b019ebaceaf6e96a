"""Exports and imports of features as lines."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spotrec.cli.show.console import console, reasons, say
from spotrec.cli.show.units import counted

if TYPE_CHECKING:
    from spotrec.features.features import ExportReport, ImportReport
    from spotrec.features.parquet_file import Fault


def print_export(report: "ExportReport") -> None:
    say(console(), f"{counted(report.rows, 'row')} written to {report.file} ({_by_model(report.models)})")


def print_import(report: "ImportReport") -> None:
    to = console()
    say(
        to,
        f"{counted(report.rows, 'row')}: {report.added} added, {report.already_here} stored already, "
        f"{report.replaced} replaced, {report.kept} different and kept, {report.faulty} faulty; "
        f"{counted(report.new_tracks, 'new track')}",
    )
    if report.kept:
        to.print("--replace takes the file's features instead", style="dim")
    apart = {model: n for model, n in report.models.items() if model not in report.models_in_use}
    if apart:
        say(to, f"stored separately from {' + '.join(report.models_in_use)}: {_by_model(apart)}")
    if report.models.get(report.model_in_use) and report.added + report.replaced:
        to.print("next: spotrec index", style="dim")
    faults = [(_rows(fault), fault.reason) for fault in report.faults]
    reasons(console(stderr=True), f"{counted(report.faulty, 'row')} left out", faults)


def _rows(fault: "Fault") -> str:
    return f"row {fault.row}" + (f" and the next {fault.n_rows - 1}" if fault.n_rows > 1 else "")


def _by_model(models: Mapping[str, int]) -> str:
    return ", ".join(f"{n} of {model}" for model, n in models.items())
