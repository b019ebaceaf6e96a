"""The local SQLite feature store: where the stages meet."""

from spotrec.store.embedding import Embedding, FloatArray
from spotrec.store.feature_store import FeatureStore, StoreCounts

__all__ = ["Embedding", "FeatureStore", "FloatArray", "StoreCounts"]
