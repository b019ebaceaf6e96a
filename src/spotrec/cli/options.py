"""Options that several commands share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand

from spotrec.cli import completion
from spotrec.cli.show import starting
from spotrec.cli.signatures import option, with_options

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

_HELP_WIDTH = 72

Store = Annotated[Path | None, typer.Option(help="The SQLite feature store.", metavar="FILE", show_default=False)]
Cache = Annotated[
    str | None,
    typer.Option(help="Audio cache: a folder or s3://bucket/prefix.", metavar="WHERE", show_default=False),
]
IndexDir = Annotated[Path | None, typer.Option(help="The folder of the indexes.", metavar="DIR", show_default=False)]
Weights = Annotated[Path | None, typer.Option(help="The model's weights.", metavar="FILE", show_default=False)]
Model = Annotated[
    list[str] | None,
    typer.Option(
        help="The model: choi, choi-1, musicnn, …",
        metavar="NAME",
        show_default=False,
        autocompletion=completion.models,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(help="Read this settings file instead of ./config.", metavar="FILE", show_default=False),
]
ConfigToChange = Annotated[
    Path | None,
    typer.Option("--config", help="Change this settings file, not your own.", metavar="FILE", show_default=False),
]
ClientId = Annotated[
    str | None,
    typer.Option("--client-id", help="The Spotify app's client id.", metavar="ID", show_default=False),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        help="A CSV with titles, artists, … for files whose tags lack them.", metavar="FILE", show_default=False
    ),
]
LabelsFirst = Annotated[bool, typer.Option("--labels-first", help="With --labels: its cells win over tags of files.")]
Encoding = Annotated[
    str | None,
    typer.Option(help="Encoding of lists that are not Unicode: windows-1251, …", metavar="NAME", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ShowProgress = Annotated[bool, typer.Option("--progress/--no-progress", help="Show progress on stderr.")]


class Command(TyperCommand):
    """A command whose help lists arguments without their Python types, and whose usage says `A B`, `[SEED]...`.

    An option whose metavar begins with `[` may be given without a value, which is then "".
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        bare = {name for one in self.params if (one.metavar or "").startswith("[") for name in one.opts}
        ctx.allow_extra_args = True  # what is too much is told here
        left: list[str] = super().parse_args(ctx, _with_empty_values(args, bare) if bare else args)
        if left and not ctx.resilient_parsing:
            takes_names = any(isinstance(one, TyperArgument) for one in self.params)
            quotes = "; a name of several words needs quotes" if takes_names else ""
            ctx.fail(f"there are more arguments than the command takes: {' '.join(left)}{quotes}")
        return left

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments = [one for one in self.params if isinstance(one, TyperArgument)]
        pieces = [f"{one.make_metavar(ctx)}{'...' if one.nargs == -1 else ''}" for one in arguments]
        named = [piece if one.required else f"[{piece}]" for one, piece in zip(arguments, pieces, strict=True)]
        return [self.options_metavar or "", *(piece.replace("...]", "]...") for piece in named)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        arguments = [(one.metavar, one.help) for one in self.params if isinstance(one, TyperArgument)]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        others = [one.get_help_record(ctx) for one in self.get_params(ctx) if not isinstance(one, TyperArgument)]
        with formatter.section("Options"):
            formatter.write_dl([record for record in others if record])


def _with_empty_values(args: list[str], names: set[str]) -> list[str]:
    """Return arguments in which these options have an empty value where they have none."""
    following = [*args, "-"][1:] if args else []
    return [
        f"{one}=" if one in names and then.startswith("-") else one for one, then in zip(args, following, strict=True)
    ]


def install_lines(extra: str) -> str:
    """Return the command that installs an extra for a help text: lines that a shell reads as one."""
    from textwrap import wrap

    from spotrec.system.installation import install_command

    return " \\\n  ".join(wrap(install_command(extra), _HELP_WIDTH, break_long_words=False, break_on_hyphens=False))


def recommender(*, progress: bool = False, config: Path | None = None, **flags: Any) -> "Recommender":
    """Return a Recommender with these settings; with `progress` it reports progress on stderr."""
    if progress:
        starting.begin()
    from spotrec.recommender import Recommender

    if progress:
        from spotrec.cli.show.progress import TerminalProgress

        return Recommender(progress=TerminalProgress(), config=config, **flags)
    return Recommender(config=config, **flags)


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens a recommender with the settings that the options of a command gave.

    Attributes:
        settings: those that were given, by name.
    """

    settings: dict[str, Any]
    config: Path | None
    progress: bool

    def __call__(self, **more: Any) -> "Recommender":
        """Return a recommender.

        Args:
            more: further settings, by name; None if not given.
        """
        return recommender(progress=self.progress, config=self.config, **self.settings, **more)


_SETTINGS = {
    "model": Model,
    "weights": Weights,
    "store": Store,
    "cache": Cache,
    "index_dir": IndexDir,
    "encoding": Encoding,
}


def with_settings(*names: str, progress: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command options for settings in place of its parameter `open_recommender`.

    Args:
        names: `model`, `weights`, `store`, `cache`, `index_dir` or `encoding`; `config` is always an option.
        progress: whether the command shows progress, with `--progress` as its last option.
    """
    options = [*(option(name, _SETTINGS[name]) for name in names), option("config", Config)]
    last = [option("progress", ShowProgress, default=True)] if progress else []

    def opener(given: dict[str, Any]) -> Opener:
        settings = {name: given[name] for name in names if given[name] is not None}
        return Opener(settings, given["config"], given.get("progress", False))

    return lambda command: with_options(command, "open_recommender", options, opener, last=last)
