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


def doctor(
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    index_dir: options.IndexDir = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Check everything that spotrec needs, and say how to fix it."""
    from spotrec.cli.show.doctor import print_findings

    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store, cache=cache, index_dir=index_dir
    ) as recommender:
        findings = recommender.doctor()
    outputs.show(findings, print_findings, json=json)
    raise typer.Exit(ExitCode.DONE if all(finding.ok for finding in findings) else ExitCode.FAILURE)
