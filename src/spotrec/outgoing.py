"""What leaves for where people use it: playlist files, the player."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.known import Known
from spotrec.track import Track

if TYPE_CHECKING:
    from spotrec.export.m3u import WrittenPlaylist
    from spotrec.export.player import Opened as OpenedPlayer


class Outgoing(Known):
    """The commands that hand results on."""

    def write_m3u(self, file: Path | str, tracks: Iterable[Track]) -> "WrittenPlaylist":
        """Write tracks to an extended M3U, each as its file, else its page on the web; those with neither are told.

        Args:
            file: ends in `.m3u8` or `.m3u`. A playlist that is there is replaced, another file never.
        """
        from spotrec.export import m3u

        return m3u.write(Path(file).expanduser(), tracks)

    def open_in_player(self, tracks: Sequence[Track]) -> "OpenedPlayer":
        """Open the tracks that are files in this desktop's player; where none is, the page of the first."""
        from spotrec.export.player import open_in_player

        return open_in_player(tracks, self.settings.data_path / "player")
