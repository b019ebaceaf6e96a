"""What a map is drawn of."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from spotrec import Recommender
from spotrec.operations.map import Surveyor
from spotrec.store import FeatureStore
from spotrec.track import Ears
from support.catalogue import CHOI, N_TAGS, embeddings_by, fill, songs_by_artists, sounds_by_artists

Run = Callable[..., Any]
NAMES = tuple(f"tag {i}" for i in range(N_TAGS))


def test_an_index_without_tags_takes_the_stores(spotrec: Run, home: Path) -> None:
    """As those of an earlier spotrec are. A track that was removed and crawled again has none until it is heard."""
    store = home / "data" / "spotrec.db"
    tracks = songs_by_artists(12)
    fill(home, tracks, *sounds_by_artists(12))
    spotrec("index")
    spotrec("remove", tracks[3].id, tracks[4].id, "--yes")
    with FeatureStore(store) as opened:
        opened.tracks.add([tracks[3]])
    with Recommender() as recommender:
        index = recommender.session.index(Ears.of(recommender.model))
        embeddings = embeddings_by(recommender.session.store(), CHOI)
        bare = replace(index, segments=tuple(replace(part, tags=None) for part in index.segments))
        found = Surveyor(bare, embeddings).survey(NAMES, None, with_banned=False)
        kept = Surveyor(index, embeddings).survey(NAMES, None, with_banned=False)
    assert [track.id for track in found.sample.tracks] == [track.id for track in (*tracks[:4], *tracks[5:])]
    assert found.missing == found.n_more == 0
    others = [0, 1, 2, *range(4, 11)]
    assert (found.sample.tags[others] == kept.sample.tags[others]).all()
    assert not found.sample.tags[3].any()
    assert (found.sample.vectors == kept.sample.vectors).all()
    assert np.allclose(np.linalg.norm(found.sample.vectors, axis=1), 1, atol=1e-5)
