"""The local SQLite feature store: where the stages meet."""

from spotrec.store.audio_table import CachedTrack
from spotrec.store.embedding import Anchor, Catalogue, CatalogueBlocks, Embedding
from spotrec.store.exchange import Merged, StoredFeatures
from spotrec.store.feature_store import FeatureStore, StoreCounts
from spotrec.store.hearing import Hearing
from spotrec.store.listing import KnownCollection, TrackFilter, TrackRecord
from spotrec.store.selection import Candidate, Clause, Selected
from spotrec.vectors import FloatArray

__all__ = [
    "Anchor",
    "CachedTrack",
    "Candidate",
    "Catalogue",
    "CatalogueBlocks",
    "Clause",
    "Embedding",
    "FeatureStore",
    "FloatArray",
    "Hearing",
    "KnownCollection",
    "Merged",
    "Selected",
    "StoreCounts",
    "StoredFeatures",
    "TrackFilter",
    "TrackRecord",
]
