"""A changed list at a service: added to a playlist of one's own, or made as a new one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotrec.errors import BadLink, UsageError, quoted
from spotrec.links import SpotifyKind, SpotifyReference, parse_spotify
from spotrec.operations.lists.changed_playlist import ChangedPlaylist
from spotrec.operations.session import Session
from spotrec.progress import Progress

if TYPE_CHECKING:
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist
    from spotrec.operations.lists.entries import Entry

SERVICES = ("spotify", "subsonic")


@dataclass(frozen=True, slots=True)
class SentPlaylist:
    """A list at a service.

    Attributes:
        made: the playlist there, or what it would be.
        is_added: whether tracks were added to the playlist that the list is, instead of a new one.
        left_out: names of entries that are not in the store and have no id there.
    """

    service: str
    made: "SpotifyPlaylist | SubsonicPlaylist"
    is_added: bool
    left_out: tuple[str, ...]


def send_playlist(
    session: Session,
    changed: ChangedPlaylist,
    service: str,
    *,
    name: str | None,
    public: bool,
    dry_run: bool,
    progress: Progress | None,
) -> SentPlaylist:
    """See `Recommender.send_playlist`."""
    if service not in SERVICES:
        raise UsageError(f"there is no service {quoted(service)}", f"services are {', '.join(SERVICES)}")
    ids, left_out = [], []
    for entry in changed.entries:
        if entry.track or _spotify_id(entry):
            ids.append(entry.track.id if entry.track else _spotify_id(entry))
        else:
            left_out.append(entry.name)
    title = changed.title if name is None else name
    if service == "spotify":
        if name is None and (added := _added(session, changed, dry_run=dry_run, progress=progress)):
            return SentPlaylist(service, added, True, ())
        return SentPlaylist(
            service,
            _made_on_spotify(session, title, ids, public=public, dry_run=dry_run, progress=progress),
            False,
            tuple(left_out),
        )
    from spotrec.operations.playlist import create_server_playlist

    made = create_server_playlist(
        session, title, ids, public=public, description=None, dry_run=dry_run, progress=progress
    )
    return SentPlaylist(service, made, False, tuple(left_out))


def _made_on_spotify(
    session: Session, title: str, ids: list[str], *, public: bool, dry_run: bool, progress: Progress | None
) -> "SpotifyPlaylist":
    from spotrec.operations.playlist import create_playlist

    return create_playlist(session, title, ids, public=public, description=None, dry_run=dry_run, progress=progress)


def _added(
    session: Session, changed: ChangedPlaylist, *, dry_run: bool, progress: Progress | None
) -> "SpotifyPlaylist | None":
    """Add new tracks to the Spotify playlist that the list is; None if it is none of the user's own.

    Only if all that was done to the list is that it has new tracks at its end.
    """
    try:
        reference = parse_spotify(changed.contents.source) if changed.contents.source else None
    except BadLink:
        return None
    old, new = changed.entries[: len(changed.contents.entries)], changed.entries[len(changed.contents.entries) :]
    is_longer = old == changed.contents.entries and all(entry.is_new for entry in new)
    if not isinstance(reference, SpotifyReference) or reference.kind is not SpotifyKind.PLAYLIST or not is_longer:
        return None
    from spotrec.export.spotify_playlist import SpotifyPlaylists, plan
    from spotrec.export.spotify_tracks import SpotifyTracks
    from spotrec.spotify.api import SpotifyApi

    with session.view(progress) as view:
        api = SpotifyApi(session.settings)
        found = SpotifyTracks(api, session.store(), view.progress).find(
            [entry.track.id for entry in new if entry.track]
        )
        planned = plan(changed.title, found, public=False, description=None)
        playlists = SpotifyPlaylists(api, view.progress)
        if dry_run:
            return planned if playlists.is_own(reference) else None
        return playlists.append(reference, planned)


def _spotify_id(entry: "Entry") -> str:
    """Return the Spotify id of an entry that the store does not have; "" if it names none."""
    try:
        reference = parse_spotify(entry.place) if entry.place.startswith(("spotify:", "https://")) else None
    except BadLink:
        return ""
    return reference.uri if reference and reference.kind is SpotifyKind.TRACK else ""
