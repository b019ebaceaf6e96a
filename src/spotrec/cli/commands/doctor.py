"""`spotrec doctor`."""

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.errors import ExitCode

EXAMPLES = """
\b
Examples:
  spotrec doctor
  spotrec doctor --cache s3://bucket/audio
\b
Exit codes: 0 everything works, 1 something must be fixed.
"""


@options.with_settings("model", "weights", "store", "cache", "index_dir")
def doctor(
    *,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Check everything that spotrec needs, and say how to fix it."""
    from spotrec.cli.show.doctor import print_findings

    with open_recommender() as recommender:
        findings = recommender.doctor()
    outputs.show(findings, print_findings, json=json)
    raise typer.Exit(ExitCode.DONE if all(finding.ok for finding in findings) else ExitCode.FAILURE)
