"""Lists that were changed, and playlists that were made of lists."""

from typing import TYPE_CHECKING, Any

from spotrec.operations.as_json.columns import Column, answered_by, fields, plain, rounded, schema_of_rows, similarity
from spotrec.operations.as_json.examples import ANSWERED_BY_EXAMPLE, BLUE_TRAIN, MODEL_AND_INDEX_EXAMPLE, SO_WHAT
from spotrec.operations.as_json.ranked_tracks import RESULT_COLUMNS
from spotrec.operations.as_json.schema import (
    ANSWERED_BY,
    MODEL_AND_INDEX,
    NUMBER,
    NUMBER_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    TRUTH,
    WHOLE,
    WHOLE_OR_NULL,
    Schema,
    list_,
    object_,
)
from spotrec.operations.as_json.tracks import TRACK, track

if TYPE_CHECKING:
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist
    from spotrec.operations.lists.changed_playlist import ChangedPlaylist
    from spotrec.operations.lists.dedupe import DedupedPlaylist
    from spotrec.operations.lists.entries import Entry
    from spotrec.operations.lists.extend import ExtendedPlaylist
    from spotrec.operations.lists.fill import FilledPlaylist
    from spotrec.operations.lists.reorder import ReorderedPlaylist
    from spotrec.operations.lists.services import SentPlaylist
    from spotrec.operations.lists.written_playlist import WrittenList
    from spotrec.operations.results import PlaylistTarget


ENTRY_COLUMNS = (
    Column("place", WHOLE, lambda row: row.place, "#", is_number=True),
    Column(
        "number",
        WHOLE_OR_NULL,
        lambda row: row.entry.number,
        "was",
        lambda row: "new" if row.entry.is_new else str(row.entry.number),
        is_number=True,
    ),
    Column("track_id", TEXT_OR_NULL, lambda row: row.track.id if row.track else None),
    Column("title", TEXT, lambda row: row.track.title if row.track else row.entry.name, "title"),
    Column("artists", TEXTS, lambda row: list(row.track.artists) if row.track else [], "artist"),
    Column("album", TEXT_OR_NULL, lambda row: row.track.album if row.track else None, "album"),
    similarity(),
    Column(
        "energy",
        NUMBER,
        lambda row: rounded(row.energy),
        "energy",
        lambda row: "" if row.energy is None else f"{row.energy:+.2f}",
        is_number=True,
        is_optional=True,
    ),
    Column("found_by", TEXT_OR_NULL, lambda row: row.entry.by or None),
    Column("url", TEXT_OR_NULL, lambda row: row.track.url if row.track else None),
    Column("path", TEXT_OR_NULL, lambda row: row.track.path if row.track else row.entry.file or None),
)
"""The columns of a `ListRow`."""


def extended_playlist(found: "ExtendedPlaylist") -> dict[str, Any]:
    return {
        **_playlist(found.playlist),
        "added": [fields(RESULT_COLUMNS, result) for result in found.found.results],
        **answered_by(found.found),
    }


def reordered_playlist(found: "ReorderedPlaylist") -> dict[str, Any]:
    return {
        **_playlist(found.playlist),
        "curve": found.curve,
        "ordered": found.n_ordered,
        "distance": rounded(found.distance),
        "distance_before": rounded(found.before),
        "bound": rounded(found.bound),
        "gap": rounded(found.gap),
        "is_shortest": found.is_shortest,
        "mean_similarity": rounded(found.similarity_of(found.distance)),
        "mean_similarity_before": rounded(found.similarity_of(found.before)),
        "model": found.model,
        "index": found.index,
    }


def deduped_playlist(found: "DedupedPlaylist") -> dict[str, Any]:
    return {
        **_playlist(found.playlist),
        "repeats": [
            {"number": one.entry.number, "name": one.entry.name, "of": one.of.number, "reason": one.reason}
            for one in found.repeats
        ],
    }


def filled_playlist(found: "FilledPlaylist") -> dict[str, Any]:
    return {
        **_playlist(found.playlist),
        "from": track(found.start),
        "to": track(found.end),
        **answered_by(found),
    }


def delivered(written: "WrittenList | None", sent: "SentPlaylist | None") -> dict[str, Any]:
    """Return what became of a changed list besides being shown."""
    told: dict[str, Any] = {}
    if written:
        told["written"] = {
            "file": str(written.file),
            "entries": written.n_entries,
            "changed": written.is_changed,
            "left_out": written.left_out,
            "elsewhere": written.elsewhere,
        }
    if sent:
        told["sent"] = {
            "service": sent.service,
            "added": sent.is_added,
            "left_out": list(sent.left_out),
            "playlist": plain(sent.made),
        }
    return told


def _playlist(changed: "ChangedPlaylist") -> dict[str, Any]:
    return {
        "title": changed.title,
        "entries": [fields(ENTRY_COLUMNS, row) for row in changed.rows],
        "not_stored": [_entry(entry) for entry in changed.unknown],
        "not_heard": [_entry(entry) for entry in changed.unheard],
    }


def _entry(entry: "Entry") -> dict[str, Any]:
    return {"number": entry.number, "name": entry.name}


def playlist_target(target: "PlaylistTarget") -> dict[str, Any]:
    return {"to": target.to, "name": target.name}


def playlist(made: "SpotifyPlaylist | SubsonicPlaylist") -> dict[str, Any]:
    """A playlist that was made or planned, wherever it is."""
    return {
        "name": made.name,
        "public": made.public,
        "tracks": [{"track_id": one.track_id, "name": one.name, "by": one.by} for one in made.tracks],
        "left_out": [{"track_id": one.track_id, "name": one.name, "reason": one.reason} for one in made.left_out],
        "repeated": made.repeated,
        "is_done": made.is_done,
        "url": made.url,
        "was_there": made.was_there,
    }


_LEFT_ASIDE = list_(object_({"number": WHOLE_OR_NULL, "name": TEXT}))

_PLAYLIST = {
    "title": TEXT,
    "entries": list_(schema_of_rows(ENTRY_COLUMNS)),
    "not_stored": _LEFT_ASIDE,
    "not_heard": _LEFT_ASIDE,
}

_SO_WHAT_IN_A_LIST = {
    "place": 1,
    "number": 1,
    "track_id": SO_WHAT["track_id"],
    "title": "So What",
    "artists": ["Miles Davis"],
    "album": "Kind of Blue",
    "similarity": None,
    "found_by": "id",
    "url": SO_WHAT["url"],
    "path": None,
}

_BLUE_TRAIN_IN_A_LIST = _SO_WHAT_IN_A_LIST | {
    "place": 2,
    "number": None,
    "track_id": BLUE_TRAIN["track_id"],
    "title": "Blue Train",
    "artists": ["John Coltrane"],
    "album": "Blue Train",
    "similarity": 0.812345,
    "url": None,
}

_NOTHING_ASIDE: dict[str, Any] = {"not_stored": [], "not_heard": []}

EXTENDED_PLAYLIST = Schema(
    "The list with new tracks at its end, and these tracks as results of a query.",
    object_(
        {
            **_PLAYLIST,
            "added": list_(schema_of_rows(RESULT_COLUMNS)),
            **ANSWERED_BY,
        }
    ),
    {
        "title": "playlist",
        "entries": [_SO_WHAT_IN_A_LIST, _BLUE_TRAIN_IN_A_LIST],
        **_NOTHING_ASIDE,
        "added": [{"rank": 1, **BLUE_TRAIN}],
        **ANSWERED_BY_EXAMPLE,
    },
)

REORDERED_PLAYLIST = Schema(
    "The list in its new order, the distance along it, and a bound that no order goes below.",
    object_(
        {
            **_PLAYLIST,
            "curve": {"enum": ["rise", "fall", "wave", None]},
            "ordered": WHOLE,
            "distance": NUMBER,
            "distance_before": NUMBER,
            "bound": NUMBER,
            "gap": NUMBER,
            "is_shortest": TRUTH,
            "mean_similarity": NUMBER_OR_NULL,
            "mean_similarity_before": NUMBER_OR_NULL,
            **MODEL_AND_INDEX,
        }
    ),
    {
        "title": "playlist",
        "entries": [_SO_WHAT_IN_A_LIST, _BLUE_TRAIN_IN_A_LIST | {"number": 2}],
        **_NOTHING_ASIDE,
        "curve": None,
        "ordered": 2,
        "distance": 0.187655,
        "distance_before": 0.187655,
        "bound": 0.187655,
        "gap": 0.0,
        "is_shortest": True,
        "mean_similarity": 0.812345,
        "mean_similarity_before": 0.812345,
        **MODEL_AND_INDEX_EXAMPLE,
    },
)

DEDUPED_PLAYLIST = Schema(
    "The list with each recording once, and what was left out.",
    object_(
        {
            **_PLAYLIST,
            "repeats": list_(object_({"number": WHOLE, "name": TEXT, "of": WHOLE, "reason": TEXT})),
        }
    ),
    {
        "title": "playlist",
        "entries": [_SO_WHAT_IN_A_LIST],
        **_NOTHING_ASIDE,
        "repeats": [{"number": 2, "name": "Miles Davis – So What", "of": 1, "reason": "the same ISRC"}],
    },
)

FILLED_PLAYLIST = Schema(
    "The list with new tracks between two of its own.",
    object_(
        {
            **_PLAYLIST,
            "from": TRACK,
            "to": TRACK,
            **ANSWERED_BY,
        }
    ),
    {
        "title": "playlist",
        "entries": [_SO_WHAT_IN_A_LIST, _BLUE_TRAIN_IN_A_LIST, _SO_WHAT_IN_A_LIST | {"place": 3, "number": 2}],
        **_NOTHING_ASIDE,
        "from": SO_WHAT,
        "to": SO_WHAT,
        **ANSWERED_BY_EXAMPLE,
    },
)

PLAYLIST_TARGETS = Schema(
    "Where playlists can be made.",
    list_(object_({"to": {"type": "string", "enum": ["spotify", "subsonic"]}, "name": TEXT})),
    [{"to": "spotify", "name": "Spotify"}],
)

PLAYLIST = Schema(
    "A playlist with the tracks that are there and those that are not; if `is_done` is false, only a plan.",
    object_(
        {
            "name": TEXT,
            "public": TRUTH,
            "tracks": list_(object_({"track_id": TEXT, "name": TEXT, "by": TEXT})),
            "left_out": list_(object_({"track_id": TEXT, "name": TEXT, "reason": TEXT})),
            "repeated": WHOLE,
            "is_done": TRUTH,
            "url": TEXT_OR_NULL,
            "was_there": WHOLE_OR_NULL,
        }
    ),
    {
        "name": "Like that",
        "public": False,
        "tracks": [{"track_id": "spotify:track:4vLYewWIvqHfKtJDk8c8tq", "name": "Miles Davis – So What", "by": "id"}],
        "left_out": [
            {
                "track_id": "file:0123456789abcdef0123456789abcdef",
                "name": "John Coltrane – Blue Train",
                "reason": "it has no ISRC",
            }
        ],
        "repeated": 0,
        "is_done": True,
        "url": "https://open.spotify.com/playlist/37i9dQZF1DX0SM0LYsmbMT",
        "was_there": None,
    },
)
