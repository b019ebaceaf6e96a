"""The local SQLite feature store: where the stages meet."""

from spotrec.store.audio import CachedTrack
from spotrec.store.candidates import Candidate, identity_of
from spotrec.store.collections import KnownCollection
from spotrec.store.database import moment
from spotrec.store.embedding import Anchor, Catalogue, CatalogueBlocks, Embedding
from spotrec.store.exchange import Merged, StoredFeatures
from spotrec.store.files import FileState
from spotrec.store.fingerprints import StoredFingerprint, TrackFingerprint
from spotrec.store.joint_embeddings import JointEmbeddings
from spotrec.store.listing import Entry, TrackFilter, TrackRecord
from spotrec.store.previews import ProviderAnswer
from spotrec.store.selection import Clause, Selected
from spotrec.store.server_items import ServerItem, is_own_id, item_id_in, server_key
from spotrec.store.stations import Station, station_key
from spotrec.store.store import FeatureStore, StoreCounts
from spotrec.store.taste import Signal, Subject, Taste, Thing, Verb
from spotrec.vectors import FloatArray

__all__ = [
    "Anchor",
    "CachedTrack",
    "Candidate",
    "Catalogue",
    "CatalogueBlocks",
    "Clause",
    "Embedding",
    "Entry",
    "FeatureStore",
    "FileState",
    "FloatArray",
    "JointEmbeddings",
    "KnownCollection",
    "Merged",
    "ProviderAnswer",
    "Selected",
    "ServerItem",
    "Signal",
    "Station",
    "StoreCounts",
    "StoredFeatures",
    "StoredFingerprint",
    "Subject",
    "Taste",
    "Thing",
    "TrackFilter",
    "TrackFingerprint",
    "TrackRecord",
    "Verb",
    "identity_of",
    "is_own_id",
    "item_id_in",
    "moment",
    "server_key",
    "station_key",
]
