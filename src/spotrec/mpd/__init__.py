"""The connection to MPD, the Music Player Daemon: where it is (`address`), and what it plays and queues (`player`)."""

from spotrec.mpd.address import Address, address_of
from spotrec.mpd.player import MpdPlayer, PlayerState, Song

__all__ = ["Address", "MpdPlayer", "PlayerState", "Song", "address_of"]
