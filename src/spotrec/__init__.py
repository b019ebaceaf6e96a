"""Give it a track, get the tracks that sound like it.

`Recommender` does everything that the command line does: crawl, extract, index, query. This package also exports the
types of its results and errors. Each is imported on first use, so that `spotrec --help` starts fast.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan as CrawlPlan
    from spotrec.crawl.report import CrawlReport as CrawlReport
    from spotrec.errors import BadLink as BadLink
    from spotrec.errors import CacheError as CacheError
    from spotrec.errors import CacheRefused as CacheRefused
    from spotrec.errors import DiskFull as DiskFull
    from spotrec.errors import ExitCode as ExitCode
    from spotrec.errors import Forbidden as Forbidden
    from spotrec.errors import IndexFault as IndexFault
    from spotrec.errors import NoIndex as NoIndex
    from spotrec.errors import NoStore as NoStore
    from spotrec.errors import NotFetched as NotFetched
    from spotrec.errors import NotFound as NotFound
    from spotrec.errors import RateLimited as RateLimited
    from spotrec.errors import Reason as Reason
    from spotrec.errors import ServiceUnavailable as ServiceUnavailable
    from spotrec.errors import SeveralMatch as SeveralMatch
    from spotrec.errors import SignInNeeded as SignInNeeded
    from spotrec.errors import SpotrecError as SpotrecError
    from spotrec.errors import StoreBusy as StoreBusy
    from spotrec.errors import StoreDamaged as StoreDamaged
    from spotrec.errors import StoreError as StoreError
    from spotrec.errors import StoreTooNew as StoreTooNew
    from spotrec.errors import TrackError as TrackError
    from spotrec.errors import UsageError as UsageError
    from spotrec.errors import WeightsError as WeightsError
    from spotrec.evaluate.evaluate import Evaluation as Evaluation
    from spotrec.export.m3u import WrittenPlaylist as WrittenPlaylist
    from spotrec.export.player import PlayerContent as PlayerContent
    from spotrec.export.spotify_playlist import SpotifyPlaylist as SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist as SubsonicPlaylist
    from spotrec.extract.extract import ExtractReport as ExtractReport
    from spotrec.extract.extract import HeardFile as HeardFile
    from spotrec.extract.uploads.worker import QueueReport as QueueReport
    from spotrec.features.features import ExportReport as ExportReport
    from spotrec.features.features import ImportReport as ImportReport
    from spotrec.index.generations import IndexGeneration as IndexGeneration
    from spotrec.index.generations import IndexRollback as IndexRollback
    from spotrec.index.push import IndexPush as IndexPush
    from spotrec.operations.duplicates import Duplicates as Duplicates
    from spotrec.operations.journey import Journey as Journey
    from spotrec.operations.lists.changed_playlist import ChangedPlaylist as ChangedPlaylist
    from spotrec.operations.lists.contents import ListFrom as ListFrom
    from spotrec.operations.lists.dedupe import DedupedPlaylist as DedupedPlaylist
    from spotrec.operations.lists.extend import ExtendedPlaylist as ExtendedPlaylist
    from spotrec.operations.lists.fill import FilledPlaylist as FilledPlaylist
    from spotrec.operations.lists.reorder import ReorderedPlaylist as ReorderedPlaylist
    from spotrec.operations.lists.services import SentPlaylist as SentPlaylist
    from spotrec.operations.lists.written_playlist import WrittenList as WrittenList
    from spotrec.operations.play_station import StationPlay as StationPlay
    from spotrec.operations.query import Recommendations as Recommendations
    from spotrec.operations.radio import RadioReport as RadioReport
    from spotrec.operations.results import AddReport as AddReport
    from spotrec.operations.results import CachedFile as CachedFile
    from spotrec.operations.results import Clearing as Clearing
    from spotrec.operations.results import CollectionChange as CollectionChange
    from spotrec.operations.results import CopyReport as CopyReport
    from spotrec.operations.results import Finding as Finding
    from spotrec.operations.results import IndexReport as IndexReport
    from spotrec.operations.results import KnownModel as KnownModel
    from spotrec.operations.results import KnownModels as KnownModels
    from spotrec.operations.results import MapReport as MapReport
    from spotrec.operations.results import PlaylistTarget as PlaylistTarget
    from spotrec.operations.results import PulledIndex as PulledIndex
    from spotrec.operations.results import Removal as Removal
    from spotrec.operations.results import Status as Status
    from spotrec.operations.results import SyncReport as SyncReport
    from spotrec.operations.results import TagChange as TagChange
    from spotrec.operations.results import TagReport as TagReport
    from spotrec.operations.results import TrackAudio as TrackAudio
    from spotrec.operations.results import TrackEmbedding as TrackEmbedding
    from spotrec.operations.seeds import Group as Group
    from spotrec.operations.seeds import Heard as Heard
    from spotrec.operations.seeds import Link as Link
    from spotrec.operations.seeds import LocalFile as LocalFile
    from spotrec.operations.seeds import StoredTrack as StoredTrack
    from spotrec.operations.seeds import TrackList as TrackList
    from spotrec.operations.seeds import Upload as Upload
    from spotrec.operations.similar_artists import SimilarArtists as SimilarArtists
    from spotrec.operations.station_list import StationList as StationList
    from spotrec.operations.stations import StationRefresh as StationRefresh
    from spotrec.operations.stations import StationsReport as StationsReport
    from spotrec.operations.taste import TasteReport as TasteReport
    from spotrec.operations.taste_file import TasteExport as TasteExport
    from spotrec.operations.taste_file import TasteImport as TasteImport
    from spotrec.query.query import Recommendation as Recommendation
    from spotrec.recommender import Recommender as Recommender
    from spotrec.spotify.login import SignedOut as SignedOut
    from spotrec.spotify.login import WhoAmI as WhoAmI
    from spotrec.store import KnownCollection as KnownCollection
    from spotrec.store import ServerItem as ServerItem
    from spotrec.store import Signal as Signal
    from spotrec.store import Station as Station
    from spotrec.store import TrackRecord as TrackRecord
    from spotrec.track import Collection as Collection
    from spotrec.track import ModelId as ModelId
    from spotrec.track import Track as Track
    from spotrec.track import TrackId as TrackId

__version__ = "0.1.0"

_NAMES_BY_MODULE = {
    "errors": (
        "BadLink CacheError CacheRefused DiskFull ExitCode Forbidden IndexFault NoIndex NoStore NotFetched NotFound "
        "RateLimited Reason ServiceUnavailable SeveralMatch SignInNeeded SpotrecError StoreBusy StoreDamaged "
        "StoreError StoreTooNew TrackError UsageError WeightsError"
    ),
    "track": "Collection ModelId Track TrackId",
    "recommender": "Recommender",
    "operations.results": (
        "AddReport CachedFile Clearing CollectionChange CopyReport Finding IndexReport KnownModel KnownModels "
        "MapReport PlaylistTarget PulledIndex Removal Status SyncReport TagChange TagReport TrackAudio TrackEmbedding"
    ),
    "operations.duplicates": "Duplicates",
    "operations.journey": "Journey",
    "operations.lists.changed_playlist": "ChangedPlaylist",
    "operations.lists.contents": "ListFrom",
    "operations.lists.dedupe": "DedupedPlaylist",
    "operations.lists.extend": "ExtendedPlaylist",
    "operations.lists.fill": "FilledPlaylist",
    "operations.lists.reorder": "ReorderedPlaylist",
    "operations.lists.services": "SentPlaylist",
    "operations.lists.written_playlist": "WrittenList",
    "operations.play_station": "StationPlay",
    "operations.query": "Recommendations",
    "operations.radio": "RadioReport",
    "operations.seeds": "Group Heard Link LocalFile StoredTrack TrackList Upload",
    "operations.similar_artists": "SimilarArtists",
    "operations.station_list": "StationList",
    "operations.stations": "StationRefresh StationsReport",
    "operations.taste": "TasteReport",
    "operations.taste_file": "TasteExport TasteImport",
    "crawl.plan": "CrawlPlan",
    "crawl.report": "CrawlReport",
    "evaluate.evaluate": "Evaluation",
    "export.m3u": "WrittenPlaylist",
    "export.player": "PlayerContent",
    "export.spotify_playlist": "SpotifyPlaylist",
    "export.subsonic_playlist": "SubsonicPlaylist",
    "extract.extract": "ExtractReport HeardFile",
    "extract.uploads.worker": "QueueReport",
    "features.features": "ExportReport ImportReport",
    "index.generations": "IndexGeneration IndexRollback",
    "index.push": "IndexPush",
    "query.query": "Recommendation",
    "spotify.login": "SignedOut WhoAmI",
    "store": "KnownCollection ServerItem Signal Station TrackRecord",
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names.split()}

__all__ = ["__version__", *_MODULE_OF]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
