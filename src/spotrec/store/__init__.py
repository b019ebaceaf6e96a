"""The local SQLite feature store: where the stages meet."""

from spotrec.store.audio_table import CachedTrack
from spotrec.store.embedding import Anchor, Catalogue, CatalogueBlocks, Embedding, FloatArray
from spotrec.store.exchange import Merged, StoredFeatures
from spotrec.store.feature_store import FeatureStore, StoreCounts
from spotrec.store.listing import KnownCollection, TrackFilter, TrackRecord

__all__ = [
    "Anchor",
    "CachedTrack",
    "Catalogue",
    "CatalogueBlocks",
    "Embedding",
    "FeatureStore",
    "FloatArray",
    "KnownCollection",
    "Merged",
    "StoreCounts",
    "StoredFeatures",
    "TrackFilter",
    "TrackRecord",
]
