"""Where the list of a station is written: a playlist file, a playlist on Spotify, or one on the music server."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spotrec.errors import NotFound, StoreDamaged, UsageError, quoted
from spotrec.links import M3U_SUFFIXES
from spotrec.operations.playlist import create_server_playlist, replace_playlist, targets, write_m3u
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.system.files import check_folder, from_home
from spotrec.track import Track

FILE, SPOTIFY, SUBSONIC = "file", "spotify", "subsonic"
_ABOUT = "Made by spotrec: the station"


@dataclass(frozen=True, slots=True)
class Target:
    """A place for a list.

    Attributes:
        to: `file`, `spotify` or `subsonic`.
        path: of the file.
        relative_to: the folder from which the file names tracks; None for absolute paths.
    """

    to: str
    path: str | None = None
    relative_to: str | None = None

    @property
    def name(self) -> str:
        """As people write it."""
        return self.path or self.to


@dataclass(frozen=True, slots=True)
class Written:
    """A list that was written.

    Attributes:
        n_tracks: how many tracks are in it.
        left_out: the names of the others, each with a reason.
        address: of the playlist at the service.
    """

    n_tracks: int
    left_out: tuple[tuple[str, str], ...] = ()
    address: str | None = None


def target_of(text: str, relative_to: Path | str | None = None) -> Target:
    """Return the place that a text names: `spotify`, `subsonic`, or a file. Nothing is written.

    Args:
        relative_to: the folder from which the file is to name tracks.

    Raises:
        UsageError: it names none, or a playlist must not be written there.
    """
    if text.strip() in (SPOTIFY, SUBSONIC):
        if relative_to is not None:
            raise UsageError("`relative_to` needs a file", "give FILE.m3u8 in `to`")
        return Target(text.strip())
    from spotrec.export.relative_paths import start_of

    folder = None if relative_to is None else start_of(relative_to).absolute()
    path = from_home(text).absolute()
    if path.suffix.lower() not in M3U_SUFFIXES:
        raise UsageError(f"{quoted(text)} is not a place for a list", "give FILE.m3u8, spotify or subsonic")
    from spotrec.export.m3u import check_replaceable

    check_folder(path)
    check_replaceable(path)
    return Target(FILE, str(path), None if folder is None else str(folder))


def note_first_refresh(view: View, target: Target | None, *, is_known: bool) -> None:
    """Say what a refresh will need before it can write there, if it is missing now, and which file it replaces.

    Args:
        is_known: whether the station has written there already.
    """
    if target is None:
        return
    if target.path and not is_known and Path(target.path).exists():
        view.note(f"{quoted(target.path)} is a playlist that is there already: `spotrec station refresh` replaces it")
    if target.to == FILE or target.to in {one.to for one in targets(view.session)}:
        return
    if target.to == SPOTIFY:
        view.note("you are not signed in to Spotify: `spotrec login`, before the first refresh")
    else:
        view.note(
            "no music server is set: `spotrec config set subsonic_url https://your-server`, before the first refresh"
        )


def stored_target(stored: Mapping[str, Any] | None) -> Target | None:
    """Return the target that `as_stored` made.

    Raises:
        StoreDamaged: it did not make this.
    """
    if stored is None:
        return None
    try:
        target = Target(**stored)
    except TypeError as exc:
        raise StoreDamaged(
            "the store is damaged: the place of a list cannot be read", "save the station again"
        ) from exc
    return target


def as_stored(target: Target | None) -> dict[str, Any] | None:
    """Return a target as the store keeps it."""
    return None if target is None else asdict(target)


def write(
    session: Session, target: Target, name: str, tracks: Sequence[Track], *, address: str | None, progress: Progress
) -> Written:
    """Write the list of the station `name`, in place of what it wrote before.

    Args:
        address: of the playlist that it wrote before.

    Raises:
        NotFound: no track of it can be there; what was written before stays.
        SpotrecError: it cannot be written, or not now.
    """
    if target.path is not None:
        return _write_file(Path(target.path), tracks, target.relative_to)
    ids = [track.id for track in tracks]
    if target.to == SPOTIFY:
        made = replace_playlist(session, name, ids, description=f"{_ABOUT} {name}", address=address, progress=progress)
        return Written(len(made.tracks), tuple((one.name, one.reason) for one in made.left_out), made.url)
    put = create_server_playlist(
        session, name, ids, public=False, description=f"the station {name}", dry_run=False, progress=progress
    )
    return Written(len(put.tracks), tuple((one.name, one.reason) for one in put.left_out), put.url)


def _write_file(path: Path, tracks: Sequence[Track], relative_to: str | None) -> Written:
    from spotrec.export.addresses import file_of, web_page_of

    if not any(file_of(track) or web_page_of(track) for track in tracks):
        raise NotFound("none of the tracks has a file or a web page", "a playlist file can have only such tracks")
    written = write_m3u(path, tracks, relative_to)
    left_out = tuple((track.name, "it has neither a file nor a web page") for track in written.left_out)
    return Written(written.n_tracks, left_out)
