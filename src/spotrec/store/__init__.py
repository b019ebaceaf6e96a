"""The local SQLite feature store: where the stages meet."""

from spotrec.store.embedding import Catalogue, Embedding, FloatArray
from spotrec.store.feature_store import FeatureStore, StoreCounts
from spotrec.store.listing import KnownCollection, TrackFilter, TrackRecord

__all__ = [
    "Catalogue",
    "Embedding",
    "FeatureStore",
    "FloatArray",
    "KnownCollection",
    "StoreCounts",
    "TrackFilter",
    "TrackRecord",
]
