"""Play: open the list of a station in the desktop's player, or add it to MPD's queue."""

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spotrec.errors import NotFound
from spotrec.operations.playlist import open_in_player
from spotrec.operations.session import Session
from spotrec.operations.station_list import StationList, list_now
from spotrec.operations.stations import note_served, station_named
from spotrec.operations.view import View
from spotrec.progress import Meter, Progress
from spotrec.track import Track

if TYPE_CHECKING:
    from spotrec.export.player import PlayerContent
    from spotrec.mpd.player import MpdPlayer
    from spotrec.operations.mpd_library import MpdLibrary


@dataclass(frozen=True, slots=True)
class StationPlay:
    """A list that plays.

    Attributes:
        opened: what the desktop's player has opened.
        added: the tracks that were added to MPD's queue.
        left_out: the tracks that MPD's library does not have, or its queue has no room for.
    """

    made: StationList
    opened: "PlayerContent | None" = None
    added: list[Track] = field(default_factory=list)
    left_out: list[Track] = field(default_factory=list)


def play_station(session: Session, name: str, *, mpd: bool, progress: Progress | None) -> StationPlay:
    """See `Recommender.play_station`."""
    with session.view(progress) as view:
        made = list_now(session, station_named(session, name), progress=view.progress)
        if not made.tracks:
            raise NotFound("no track passes", "save the station again with other options")
        if mpd:
            played = _queued(view, made)
        else:
            other_way = f"`spotrec station show {shlex.quote(made.station.name)} --m3u list.m3u8`"
            played = StationPlay(made, open_in_player(session, made.tracks, other_way=other_way))
        note_served(session, made)
        return played


def _queued(view: View, made: StationList) -> StationPlay:
    """Add a list to the queue of MPD, behind what is there. If nothing plays, it starts to play."""
    from spotrec.mpd.address import address_of
    from spotrec.mpd.player import MpdPlayer
    from spotrec.operations.mpd_library import MpdLibrary

    player = MpdPlayer(address_of(view.settings))
    try:
        player.connect()
        setting = view.settings.mpd_music_dir
        folder = str(setting) if setting else player.music_folder()
        library = MpdLibrary(view.session.store(), player, [folder] if folder else [])
        state = player.state()
        ahead = state.queue[state.place or 0 :] if state.is_on else state.queue
        numbers = {song.uri: song.id for song in ahead if song.id is not None}
        played = StationPlay(made)
        with view.progress.meter("add to MPD's queue", len(made.tracks)) as meter:
            first = _add_all(view, player, library, numbers, played, meter)
        if first is None:
            raise NotFound(
                f"MPD's library has none of the {len(made.tracks)} tracks", "`mpc update` lets MPD find new files"
            )
        if not state.is_on:
            player.play(first)
        return played
    finally:
        player.close()


def _add_all(
    view: View, player: "MpdPlayer", library: "MpdLibrary", numbers: dict[str, int], played: StationPlay, meter: Meter
) -> int | None:
    """Add the tracks that are not in the queue yet; return the number in the queue of the first of all."""
    from spotrec.mpd.player import QueueFull

    first = None
    for i, track in enumerate(played.made.tracks):
        meter.advance()
        song = library.song_of(track)
        if song is None:
            played.left_out.append(track)
            continue
        if song.uri not in numbers:
            try:
                numbers[song.uri] = player.add(song.uri)
            except QueueFull as full:
                view.note(f"{full.message}: {full.hint}")
                played.left_out.extend(played.made.tracks[i:])
                break
            played.added.append(track)
        first = numbers[song.uri] if first is None else first
    return first
