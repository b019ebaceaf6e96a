"""Artists whose tracks sound like an artist's."""

from typing import TYPE_CHECKING, Any

from spotrec.operations.as_json.columns import Column, fields, schema_of_rows, similarity
from spotrec.operations.as_json.examples import BLUE_TRAIN, MODEL_AND_INDEX_EXAMPLE
from spotrec.operations.as_json.schema import MODEL_AND_INDEX, NUMBER, TEXT, WHOLE, Schema, list_, object_

if TYPE_CHECKING:
    from spotrec.operations.similar_artists import SimilarArtists


_NEAREST = 3
_NEAREST_TRACKS = list_(object_({"track_id": TEXT, "title": TEXT}))

ARTIST_COLUMNS = (
    Column("rank", WHOLE, lambda row: row.rank, "#", is_number=True),
    Column("artist", TEXT, lambda row: row.name, "artist"),
    similarity(schema=NUMBER),
    Column("n_tracks", WHOLE, lambda row: row.n_tracks, "tracks", is_number=True),
    Column(
        "nearest",
        _NEAREST_TRACKS,
        lambda row: [{"track_id": one.id, "title": one.title} for one in row.tracks[:_NEAREST]],
        "nearest tracks",
        lambda row: ", ".join(one.title for one in row.tracks[:_NEAREST]),
    ),
)
"""The columns of a `SimilarArtist`."""


def similar_artists(found: "SimilarArtists") -> dict[str, Any]:
    return {
        "artist": found.artist,
        "n_tracks": found.n_tracks,
        "results": [fields(ARTIST_COLUMNS, one) for one in found.results],
        "model": found.model,
        "index": found.index,
    }


SIMILAR_ARTISTS = Schema(
    "The artists whose tracks sound like an artist's, most similar first.",
    object_(
        {
            "artist": TEXT,
            "n_tracks": WHOLE,
            "results": list_(schema_of_rows(ARTIST_COLUMNS)),
            **MODEL_AND_INDEX,
        }
    ),
    {
        "artist": "Miles Davis",
        "n_tracks": 12,
        "results": [
            {
                "rank": 1,
                "artist": "John Coltrane",
                "similarity": 0.612345,
                "n_tracks": 9,
                "nearest": [{"track_id": BLUE_TRAIN["track_id"], "title": "Blue Train"}],
            }
        ],
        **MODEL_AND_INDEX_EXAMPLE,
    },
)
