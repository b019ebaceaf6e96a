"""Map: draw the tracks of the index so that near means similar."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spotrec.errors import IndexFault
from spotrec.index.index import Index
from spotrec.index.segment import check_numbers
from spotrec.map.chart import Chart
from spotrec.map.colouring import COLOURS, check_colour
from spotrec.map.layout import need_tsne
from spotrec.map.map import MapFiles, Naming, TrackSample, colour_chart, draw_map, place_all, sample
from spotrec.map.page import atlas_data
from spotrec.names.tags import spelled
from spotrec.operations.library import CrawledFolder, collection_or_folder, tracks_in
from spotrec.operations.results import MapReport
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.store import JointEmbeddings
from spotrec.system.files import from_home
from spotrec.track import TrackId, track_ids


def draw(
    session: Session,
    *,
    html: Path | str | None,
    png: Path | str | None,
    colour: str,
    collection: str | None,
    progress: Progress | None,
) -> MapReport:
    """See `Recommender.map`."""
    files = MapFiles(*(None if file is None else from_home(file) for file in (html, png)))
    chosen = check_colour(colour)
    files.check()
    with session.view(progress) as view:
        tag_names = view.tag_names
        view.check_index()  # that there is no index is said before that there is no store
        store = session.store()
        with store.at_one_moment():
            index = view.index()
            if chosen == "tag" and not tag_names:
                view.note(f"{view.ears.name} has no tags, so the map has one colour; `colour` artist gives more")
            with view.progress.meter("read the index", unit=""):
                found = Surveyor(index, view.embeddings).survey(tag_names, collection, with_banned=False)
        n_shown = len(found.sample.tracks)
        if found.n_more:
            view.note(f"an even sample of {n_shown:,} of {n_shown + found.n_more:,} tracks is shown")
        draw_map(found.sample, found.naming, chosen, files, n_more=found.n_more, progress=view.progress)
        return MapReport(files.html, files.png, chosen, n_shown, found.n_more, found.missing, index.name)


def map_data(session: Session, *, progress: Progress | None) -> tuple[dict[str, Any], str]:
    """See `Recommender.map_data`."""
    need_tsne()
    with session.view(progress) as view:
        view.check_index()  # as above
        with session.store().at_one_moment():
            index = view.index()
            found = Surveyor(index, view.embeddings).survey(view.tag_names, None, with_banned=True)
        if not found.sample.tracks:
            raise IndexFault("the index has no tracks", "run `spotrec extract`, then `spotrec index`")
        placed = place_all(found.sample, progress=view.progress)
    charts: dict[str, Chart] = {
        colour: colour_chart(found.sample, found.naming, colour, placed, n_more=found.n_more) for colour in COLOURS
    }
    return atlas_data(charts), index.name


@dataclass(frozen=True, slots=True)
class Survey:
    """The tracks of a map.

    Attributes:
        sample: the tracks to show.
        n_more: how many tracks of the index are not in the sample.
        missing: how many wanted tracks are not in the index.
    """

    sample: TrackSample
    naming: Naming
    n_more: int
    missing: int


class Surveyor:
    """Selects the tracks of an index for a map, with their data in the store."""

    def __init__(self, index: Index, embeddings: JointEmbeddings) -> None:
        self._index = index
        self._embeddings = embeddings
        self._store = embeddings.store

    def survey(self, tag_names: Sequence[str], collection: str | None, *, with_banned: bool) -> Survey:
        """Select all tracks of the index, or only the tracks of a collection.

        Args:
            collection: its link, URI, path or title.
            with_banned: whether banned tracks are on the map.
        """
        index, title, wanted = self._index, "All music", self._store.counts(self._embeddings.ears).tracks
        if collection is not None:
            known = collection_or_folder(self._store, collection)
            listed = tracks_in(self._store, known)
            title = known.title if isinstance(known, CrawledFolder) else known.collection.title
            index, wanted = index.among(listed), len(listed)
        held = [id_ for part in index.blocks() for id_ in track_ids(part.ids.tolist())]
        kept = self._store.tracks.in_catalogue(held)  # without tracks that were removed since the index was built
        ids = sorted(kept if with_banned else self._store.candidates.not_banned(kept))
        shown = [ids[position] for position in sample(len(ids))]
        naming = Naming(title, [spelled(name) for name in tag_names], self._collection_titles())
        return Survey(self._sample(index, shown), naming, len(ids) - len(shown), max(0, wanted - len(kept)))

    def _sample(self, index: Index, ids: list[TrackId]) -> TrackSample:
        """Return the index's own vectors and tags; if it has no tags, the store's."""
        chosen = index.among(ids)
        parts = list(chosen.blocks())
        held = [id_ for part in parts for id_ in track_ids(part.ids.tolist())]
        vectors = np.concatenate([np.zeros((0, index.manifest.dim), np.float32), *(part.vectors for part in parts)])
        check_numbers(vectors)
        n_tags = len(index.tag_means)
        if any(part.tags is None for part in parts):
            known = self._embeddings.tags(held)
            silent = np.zeros(n_tags, np.float32)  # removed since the index was built, and crawled again
            tags = np.array([known.get(id_, silent) for id_ in held], np.float32).reshape(len(held), n_tags)
        else:
            tags = np.concatenate([np.zeros((0, n_tags), np.float32), *(part.tags for part in parts)])
        order = sorted(range(len(held)), key=held.__getitem__)
        tracks = self._store.tracks.get_many(held)
        return TrackSample([tracks[held[i]] for i in order], vectors[order], tags[order], np.asarray(index.tag_means))

    def _collection_titles(self) -> dict[TrackId, str]:
        """Return the collection of each track; of several, the first by kind and title."""
        titles: dict[TrackId, str] = {}
        for known in self._store.collections.get():
            for id_ in self._store.collections.members([known.id]):
                titles.setdefault(id_, known.collection.title)
        return titles
