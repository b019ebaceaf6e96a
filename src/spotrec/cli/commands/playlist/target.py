"""Where a changed list goes: to a file, or to a service."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spotrec.cli.commands.playlist.standard_input import piped_ids
from spotrec.cli.options import Json
from spotrec.cli.show import outputs
from spotrec.cli.signatures import option, with_options
from spotrec.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from spotrec.operations.lists.changed_playlist import ChangedPlaylist
    from spotrec.operations.lists.contents import ListFrom
    from spotrec.operations.lists.services import SentPlaylist
    from spotrec.operations.lists.written_playlist import WrittenList
    from spotrec.recommender import Recommender


class Service(StrEnum):
    """Where a playlist is made."""

    SPOTIFY = "spotify"
    SUBSONIC = "subsonic"


List = Annotated[
    str,
    typer.Argument(
        help="An M3U, CSV, PLS or XSPF file, a link to a playlist, a stored collection, or - for piped ids.",
        metavar="LIST",
    ),
]
_OPTIONS = (
    option(
        "file",
        Annotated[
            Path | None,
            typer.Option(
                "--output", "-o", help="Write the list to this .m3u8 or .csv.", metavar="FILE", show_default=False
            ),
        ],
    ),
    option(
        "in_place",
        Annotated[bool, typer.Option("--in-place", help="Write the list back to its own file.")],
        default=False,
    ),
    option("relative_to", outputs.RelativeTo),
    option(
        "to",
        Annotated[
            Service | None,
            typer.Option(
                "--to", help="Send it to spotify, or to subsonic, your server.", metavar="SERVICE", show_default=False
            ),
        ],
    ),
    option(
        "name",
        Annotated[
            str | None,
            typer.Option(help="With --to: make a new playlist of this name.", metavar="NAME", show_default=False),
        ],
    ),
    option(
        "public",
        Annotated[bool, typer.Option("--public", help="With --to: make it visible to everyone.")],
        default=False,
    ),
    option(
        "yes",
        Annotated[bool, typer.Option("--yes", "-y", help="With --to: send it; without this it is only shown.")],
        default=False,
    ),
    option("json", Json, default=False),
    option("ids", outputs.Ids, default=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a changed list goes besides the terminal.

    Raises (on construction):
        UsageError: options that do not go together.
    """

    file: Path | None = None
    in_place: bool = False
    relative_to: Path | None = None
    to: Service | None = None
    name: str | None = None
    public: bool = False
    yes: bool = False
    json: bool = False
    ids: bool = False

    def __post_init__(self) -> None:
        if self.json and self.ids:
            raise UsageError("--json and --ids cannot be combined", "choose one")
        if (self.file is not None) + self.in_place + (self.to is not None) > 1:
            raise UsageError("--output, --in-place and --to cannot be combined", "choose one")
        if (self.name or self.public or self.yes) and self.to is None:
            raise UsageError("--name, --public and --yes need --to", "add --to spotify")

    def list_of(self, text: str) -> "str | list[str] | ListFrom":
        """Return the list that the argument means, after checks that it may be written as wanted."""
        self.checked(text)
        if text.strip() == "-":
            return piped_ids("pipe ids in: spotrec query SEED --ids | spotrec playlist COMMAND -")
        if self.relative_to:
            from spotrec.operations.lists.contents import ListFrom
            from spotrec.system.files import from_home

            return ListFrom(text, from_home(self.relative_to))
        return text

    def checked(self, text: str | None = None) -> None:
        """Check that the list of this name, or one without a name, may be written as wanted."""
        if self.file or self.in_place:
            from spotrec.operations.lists.written_playlist import check_target

            check_target(text, self.file, in_place=self.in_place)
        if self.relative_to:
            if (text or "-").strip() == "-" and not self.file:
                raise UsageError("--relative-to needs a list that is a file, or --output", "add --output FILE.m3u8")
            from spotrec.export.relative_paths import start_of

            start_of(self.relative_to)

    def deliver(
        self,
        recommender: "Recommender",
        playlist: "ChangedPlaylist",
        found: Any,
        table: Callable[[Any], None],
        form: Callable[[Any], dict[str, Any]],
    ) -> None:
        """Write or send the list, and show it.

        Args:
            table: prints `found` as a table.
            form: makes its JSON value.

        Raises:
            typer.Exit: it was sent, but some entries are not there.
        """
        written: WrittenList | None = None
        sent: SentPlaylist | None = None
        if self.file or self.in_place:
            written = recommender.write_playlist(playlist, self.file, relative_to=self.relative_to)
        elif self.to:
            sent = recommender.send_playlist(
                playlist, self.to, name=self.name, public=self.public, dry_run=not self.yes
            )
        if self.json:
            from spotrec.operations.as_json.playlists import delivered

            outputs.print_json(form(found) | delivered(written, sent))
        else:
            from spotrec.cli.show import lists
            from spotrec.cli.show import playlist as playlists

            if self.ids:
                lists.print_ids(playlist)
            elif not sent:
                table(found)
            lists.tell(playlist)
            if not (written or sent or self.ids):
                lists.tell_unwritten(playlist)
            if written:
                lists.tell_written(written)
            if sent:
                playlists.print_sent(playlist, sent)
        if sent and sent.made.is_done and (sent.left_out or sent.made.left_out):
            raise typer.Exit(ExitCode.PARTIAL)


def with_target(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of a target in place of its parameter `target`."""
    return with_options(command, "target", _OPTIONS, lambda given: Target(**given))
