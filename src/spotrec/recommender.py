"""Everything that the commands do, as one class for notebooks and other programs.

>>> from spotrec import Recommender
>>> with Recommender() as recommender:
...     recommender.crawl("~/Music")
...     recommender.extract()
...     recommender.index()
...     for result in recommender.query("~/Music/a-song-i-love.mp3").results:
...         print(f"{result.similarity:.2f}", result.track.name)
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from spotrec import operations
from spotrec.index.backends import AUTO
from spotrec.index.generations import KEPT
from spotrec.operations.options import EVERY, Narrowing, Options, RadioLimits
from spotrec.operations.session import Session
from spotrec.progress import Progress, Silent
from spotrec.query.filters import several
from spotrec.settings import Settings, resolve
from spotrec.store import Verb
from spotrec.track import ModelId, Track, TrackId

if TYPE_CHECKING:
    from threading import Event

    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport
    from spotrec.evaluate.evaluate import Evaluation
    from spotrec.export.m3u import WrittenPlaylist
    from spotrec.export.player import PlayerContent
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist
    from spotrec.extract.extract import ExtractReport, HeardFile
    from spotrec.extract.models import AudioModel
    from spotrec.extract.uploads.worker import QueueReport
    from spotrec.features.features import ExportReport, ImportReport
    from spotrec.index.generations import IndexGeneration, IndexRollback
    from spotrec.index.push import IndexPush
    from spotrec.operations.duplicates import Duplicates
    from spotrec.operations.journey import Journey
    from spotrec.operations.lists.changed_playlist import ChangedPlaylist
    from spotrec.operations.lists.contents import Playlist
    from spotrec.operations.lists.dedupe import DedupedPlaylist
    from spotrec.operations.lists.extend import ExtendedPlaylist
    from spotrec.operations.lists.fill import FilledPlaylist
    from spotrec.operations.lists.reorder import ReorderedPlaylist
    from spotrec.operations.lists.services import SentPlaylist
    from spotrec.operations.lists.written_playlist import WrittenList
    from spotrec.operations.play_station import StationPlay
    from spotrec.operations.query import Recommendations
    from spotrec.operations.radio import RadioReport
    from spotrec.operations.results import (
        AddReport,
        CachedFile,
        Clearing,
        CopyReport,
        Finding,
        IndexReport,
        KnownModel,
        KnownModels,
        MapReport,
        PlaylistTarget,
        PulledIndex,
        Removal,
        Status,
        SyncReport,
        TagReport,
        TrackAudio,
        TrackEmbedding,
    )
    from spotrec.operations.seeds import TypedSeed
    from spotrec.operations.similar_artists import SimilarArtists
    from spotrec.operations.station_list import StationList
    from spotrec.operations.stations import StationsReport
    from spotrec.operations.taste import TasteReport
    from spotrec.operations.taste_file import TasteExport, TasteImport
    from spotrec.spotify.login import SignedOut, WhoAmI
    from spotrec.store import KnownCollection, ServerItem, Signal, Station, TrackRecord


class Recommender:
    """Content-based music recommendation over one local store.

    The four stages are `crawl`, `extract`, `index` and `query`. Each may be run again at any time and only processes
    what is new. Use it as a context manager, or call `close`. Any number of threads may use it at the same time.

    Args:
        progress: where to show the progress of long work; by default it is not shown. Long methods also accept one.
        config: a TOML or `.env` file to read instead of the files in `./config`.
        settings: any setting by name (`store=Path("music.db")`, `cache="s3://bucket/prefix"`, …); `spotrec config show`
            lists all of them. Other settings come from the environment and from files.

    Raises (any method):
        SpotrecError: with a message, a hint what to do next, and an exit code; see `spotrec.errors`.
    """

    def __init__(self, *, progress: Progress | None = None, config: Path | None = None, **settings: Any) -> None:
        self.session = Session(resolve(settings, config=config), progress or Silent())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and the connections. Finished work is kept."""
        self.session.close()

    @property
    def settings(self) -> Settings:
        """The settings in use."""
        return self.session.settings

    @property
    def models(self) -> "tuple[AudioModel, ...]":
        """The models in use: see `choose_models`."""
        return self.session.models

    @property
    def model(self) -> ModelId:
        """The model in use; with several in the settings, the first.

        Raises:
            UsageError: several models were chosen explicitly, and only one is possible.
        """
        return self.session.model.id

    # -- the stages -------------------------------------------------------------------------------------------------

    def add(
        self,
        *sources: str,
        search: Sequence[str] = (),
        labels: Path | None = None,
        labels_first: bool = False,
        keep_audio: bool = False,
        progress: Progress | None = None,
    ) -> "AddReport":
        """Crawl sources, extract the features of what they bring, and build the index. The arguments are as in `crawl`.

        Args:
            keep_audio: keep fetched audio in the cache.

        Returns:
            The report of each step, and a name to query for.
        """
        return operations.add.add(
            self.session,
            sources,
            search=search,
            labels=labels,
            labels_first=labels_first,
            keep_audio=keep_audio,
            progress=progress,
        )

    def watch(
        self,
        *sources: str,
        search: Sequence[str] = (),
        labels: Path | None = None,
        labels_first: bool = False,
        keep_audio: bool = False,
        every_s: float = 900,
        stop: "Event | None" = None,
        progress: Progress | None = None,
    ) -> "Iterator[AddReport]":
        """Do the same as `add`, then follow these sources: yield a report whenever one of them has changed.

        A folder is followed as soon as a file in it is there as a whole, was changed or is gone. Deleted and moved
        files are treated as by `sync`. The index is built again at times, not for each file: `query` finds new tracks
        without that.

        Args:
            sources: none: follow all collections of the store.
            every_s: how often lists and links are read again.
            stop: set it to end; KeyboardInterrupt ends it too.
        """
        return operations.watch.watch(
            self.session,
            sources,
            search=search,
            labels=labels,
            labels_first=labels_first,
            keep_audio=keep_audio,
            every_s=every_s,
            stop=stop,
            progress=progress,
        )

    def crawl(
        self,
        *sources: str,
        search: Sequence[str] = (),
        retry: bool = False,
        retry_all: bool = False,
        labels: Path | None = None,
        labels_first: bool = False,
        progress: Progress | None = None,
    ) -> "CrawlReport":
        """Store the tracks of folders, files, lists and links, and fetch their audio.

        Args:
            sources: each a path, a link, URI or id on Spotify or Deezer, or `subsonic:` and a music server's address.
            search: words to search Spotify for.
            retry: instead of sources: for stored tracks without audio, query the providers whose last answer has
                expired.
            retry_all: instead of sources: for these tracks, query every provider again.
            labels: a CSV with a column that names files (a path, or the end of one), and titles, artists, albums,
                genres, … for files whose tags lack them.
            labels_first: the CSV wins over tags.

        Returns:
            The tracks that were seen, new, fetched, skipped and missing, with reasons, and the sources that failed.
        """
        return operations.crawl.crawl(
            self.session,
            sources,
            search=search,
            retry=retry,
            retry_all=retry_all,
            labels=labels,
            labels_first=labels_first,
            progress=progress,
        )

    def plan_crawl(self, *sources: str, search: Sequence[str] = (), progress: Progress | None = None) -> "CrawlPlan":
        """Return what `crawl` would fetch and from where. It reads the sources, but stores and fetches nothing."""
        return operations.crawl.plan_crawl(self.session, sources, search=search, progress=progress)

    def extract(
        self,
        *,
        keep_audio: bool = False,
        retry_failed: bool = False,
        watch: bool = False,
        cluster: str | None = None,
        fetch: bool = True,
        tempo: bool = False,
        progress: Progress | None = None,
    ) -> "ExtractReport":
        """Extract the features of every track that has audio and lacks features of one of the models in use.

        Audio is decoded once for all models. Cached audio is deleted after the features of all are stored. A user's own
        files are never changed or deleted. With the setting `excerpts`, long files are heard in so many excerpts, and
        again if they were heard in fewer.

        Args:
            keep_audio: keep the audio in the cache.
            retry_failed: try failed tracks again.
            watch: continue with audio that is crawled at the same time, until interrupted.
            cluster: extract on the workers of the Dask scheduler at this address, `tcp://host:8786` or
                `tls://host:8786`; `local` starts a cluster on this machine. See docs/scaling.md.
            fetch: fetch audio again that was deleted after another model had used it.
            tempo: also hear tempo and key of tracks that were extracted before these were heard, without the networks.
        """
        return operations.extract.extract(
            self.session,
            keep_audio=keep_audio,
            retry_failed=retry_failed,
            watch=watch,
            cluster=cluster,
            fetch=fetch,
            tempo=tempo,
            progress=progress,
        )

    def extract_queue(
        self,
        queue: str,
        *,
        stop: "Event | None" = None,
        drain: bool = False,
        keep_audio: bool = False,
        progress: Progress | None = None,
    ) -> "QueueReport":
        """Extract the features of audio that is uploaded to S3 and listed in a queue; see docs/scaling.md.

        Args:
            queue: `sqs://name`, `sqs://account/name`, or its URL.
            stop: set it to end after the current messages.
            drain: end when the queue is empty.
            keep_audio: do not delete the uploaded objects.
        """
        return operations.extract.extract_queue(
            self.session, queue, stop=stop, drain=drain, keep_audio=keep_audio, progress=progress
        )

    def embed(self, paths: Iterable[Path | str], *, progress: Progress | None = None) -> "list[HeardFile]":
        """Extract features of files, and store nothing. Each has a vector, (dim,), and tag probabilities, (n_tags,)."""
        return operations.embed.embed(self.session, paths, progress=progress)

    def warm_up(self) -> bool:
        """Load the networks now, so that the first unknown track does not wait for them.

        Returns:
            Whether they are loaded: weights that are not installed are not downloaded.
        """
        return operations.embed.warm_up(self.session)

    def top_tags(self, tags: Any, n: int = 5) -> dict[str, float]:
        """Return the `n` most probable of an embedding's tags, shape (n_tags,), most probable first."""
        return operations.embed.top_tags(self.session, tags, n)

    def index(
        self,
        *,
        trees: int = 50,
        backend: str = AUTO,
        check: bool = False,
        keep: int = KEPT,
        progress: Progress | None = None,
    ) -> "IndexReport":
        """Build the index that `query` searches, from the features of all models in use.

        Args:
            trees: the number of Annoy's trees; more trees find more and need more space.
            backend: `auto` searches small catalogues exactly and large ones in cells; `annoy` uses Annoy's trees.
            check: measure recall@10 against exact search.
            keep: how many generations to keep for `roll_back_index`, including the new one.
        """
        return operations.index.build_index(
            self.session, trees=trees, backend=backend, check=check, keep=keep, progress=progress
        )

    def indexes(self) -> "list[IndexGeneration]":
        """Return the stored generations of the index: the one in use, then earlier ones, latest first."""
        return operations.index.list_indexes(self.session)

    def roll_back_index(self) -> "IndexRollback":
        """Go back to the previous generation of the index; call it again to go back further. Features do not change."""
        return operations.index.roll_back_index(self.session)

    def push_index(self, address: str, *, progress: Progress | None = None) -> "IndexPush":
        """Publish the index in use at `s3://bucket/prefix`; files that are there already are not uploaded again."""
        return operations.publish.push_index(self.session, address, progress=progress)

    def pull_index(self, address: str, *, progress: Progress | None = None) -> "PulledIndex":
        """Download the index that is published at `s3://bucket/prefix`, check it, and make it the one in use.

        Only tracks in the store are recommended; `import_features` adds the others.
        """
        return operations.publish.pull_index(self.session, address, progress=progress)

    # -- queries ----------------------------------------------------------------------------------------------------

    def query(
        self,
        *seeds: "str | TypedSeed",
        like: "Sequence[str | TypedSeed]" = (),
        unlike: "Sequence[str | TypedSeed]" = (),
        mood: str | None = None,
        mood_weight: float | None = None,
        explain: bool = False,
        fetch: bool = True,
        paths: bool = True,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> "Recommendations":
        """Return the tracks that match the seeds best, best first, without the seeds and copies of them.

        Args:
            seeds: each a Spotify track (link, URI, id), an audio file, a track id, words that match one stored track,
                a stored collection (its link, path or title), `artist:NAME` or `album:NAME`; or a typed seed of
                `spotrec.operations.seeds`.
            like: more seeds.
            unlike: seeds that the results should not be similar to.
            mood: the model's tags, with a minus before unwanted ones: `chill female vocalists -metal`.
            mood_weight: the weight of the mood next to the seeds, 0 to 1; by default 0.5.
            explain: add an explanation to each result.
            fetch: fetch and extract a seed that is not in the store.
            paths: whether seeds and collections may be given by their paths; False for what strangers send.
            options: the number of results, filters and order; see `spotrec.operations.options.Options`.
        """
        return operations.query.query(
            self.session,
            [*seeds, *several(like)],
            unlike=unlike,
            mood=mood,
            mood_weight=mood_weight,
            explain=explain,
            fetch=fetch,
            paths=paths,
            options=options,
            progress=progress,
        )

    def query_server(
        self,
        *seeds: str,
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        mood: str | None = None,
        mood_weight: float | None = None,
        explain: bool = False,
        **options: Unpack[Options],
    ) -> "Recommendations":
        """Do the same as `query` at the running `spotrec serve` that the setting `server` names.

        Seeds that are audio files on this machine are sent to it, unless it has them. It decides whether unknown tracks
        are fetched. The vectors of seeds, and paths, stay there.
        """
        return operations.server_query.query_server(
            self.session,
            [*seeds, *several(like)],
            unlike=several(unlike),
            mood=mood,
            mood_weight=mood_weight,
            explain=explain,
            options=options,
        )

    def journey(
        self,
        start: "str | TypedSeed",
        end: "str | TypedSeed",
        n: int = 12,
        *,
        fetch: bool = True,
        paths: bool = True,
        progress: Progress | None = None,
        **options: Unpack[Narrowing],
    ) -> "Journey":
        """Return exactly `n` recordings that lead from one track to another in even steps, both ends included.

        Args:
            start, end: each a single track, given like a seed of `query`.
            fetch: fetch and extract an end that is not in the store.
            paths: as for `query`.
            options: filters for the tracks between the ends; see `spotrec.operations.options.Narrowing`.
        """
        return operations.journey.journey(
            self.session, start, end, n, fetch=fetch, paths=paths, options=options, progress=progress
        )

    def radio(
        self,
        *seeds: "str | TypedSeed",
        unlike: "Sequence[str | TypedSeed]" = (),
        mood: str | None = None,
        mood_weight: float | None = None,
        ahead: int = 5,
        once: bool = False,
        stop: "Event | None" = None,
        fetch: bool = True,
        learn: bool = True,
        progress: Progress | None = None,
        **options: Unpack[RadioLimits],
    ) -> "RadioReport":
        """Keep MPD's queue filled with tracks that go on from what plays, without repeats; it needs `spotrec[mpd]`.

        The last tracks are the seeds. A track that is skipped within 30 seconds counts against what sounds like it.
        Nothing is removed from the queue. If MPD goes away, the radio waits until it is back. The settings `mpd`,
        `mpd_password` and `mpd_music_dir` say where it is; progress gets a note about each track that is added.

        Args:
            seeds: more seeds, given like the seeds of `query`, which stay. If the queue is empty, they start the radio.
            unlike: seeds that the tracks should not be similar to.
            mood, mood_weight: as for `query`.
            ahead: how many tracks to keep in the queue after the one that plays, 1 to 200.
            once: fill the queue once, and return.
            stop: set it, from another thread, to end the radio.
            fetch: fetch and extract a seed that is not in the store.
            learn: remember a skipped track as disliked, unless it is liked; see `dislike`.
            options: filters and limits; see `spotrec.operations.options.RadioLimits`. `max_per_artist` counts the
                tracks ahead and the five before them.
        """
        from spotrec.operations.radio import RadioOptions, radio  # few users have MPD

        wanted = RadioOptions(
            seeds=seeds,
            unlike=unlike,
            mood=mood,
            mood_weight=mood_weight,
            ahead=ahead,
            fetch=fetch,
            learn=learn,
            options=Options(**options, n=None, shuffle=None),
        )
        return radio(self.session, wanted, once=once, stop=stop, progress=progress)

    # -- stations ---------------------------------------------------------------------------------------------------

    def stations(self) -> "list[Station]":
        """Return the saved stations, by name."""
        return operations.stations.list_stations(self.session)

    def station(
        self, name: str, *, explain: bool = False, fetch: bool = True, progress: Progress | None = None
    ) -> "StationList":
        """Make the list of a station, from what is known now, without what was heard lately.

        The list is the same until its period is over, unless the catalogue changes. To look at it does not count as
        hearing it.

        Args:
            explain: add an explanation to each result.
            fetch: extract a seed again that the models in use have not heard.
        """
        return operations.stations.show_station(self.session, name, explain=explain, fetch=fetch, progress=progress)

    def new_station(
        self,
        name: str,
        *seeds: "str | TypedSeed",
        like: "Sequence[str | TypedSeed]" = (),
        unlike: "Sequence[str | TypedSeed]" = (),
        mood: str | None = None,
        mood_weight: float | None = None,
        to: str | None = None,
        relative_to: Path | str | None = None,
        every: str = EVERY,
        replace: bool = False,
        fetch: bool = True,
        paths: bool = True,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> "StationList":
        """Save a query as a station, and return its list. Nothing is saved if the list cannot be made.

        Tracks and collections are stored by their ids, so that a station outlives new titles and other crawls.

        Args:
            name: 1 to 80 characters; case does not matter.
            seeds, like, unlike, mood, mood_weight, fetch, paths, options: as for `query`.
            to: where `refresh_stations` writes the list: `spotify`, `subsonic`, or a file named `.m3u8` or `.m3u`.
            relative_to: a folder from which the file names tracks, as for `write_m3u`.
            every: how long a list stays: `12h`, `1d`, `2w`.
            replace: replace the station of this name.
        """
        return operations.stations.new_station(
            self.session,
            name,
            [*seeds, *several(like)],
            unlike=unlike,
            mood=mood,
            mood_weight=mood_weight,
            to=to,
            relative_to=relative_to,
            every=every,
            replaces=replace,
            fetch=fetch,
            paths=paths,
            options=options,
            progress=progress,
        )

    def refresh_stations(
        self, *names: str, next_list: bool = False, progress: Progress | None = None
    ) -> "StationsReport":
        """Make the lists of stations, by default of all, and write each to its place.

        A list that is written counts as heard for the lists of later periods. If it is run again, it writes the same.

        Args:
            next_list: begin the next list now, before the period is over.

        Returns:
            What became of each; the fault of one does not keep others from being written.
        """
        return operations.stations.refresh_stations(self.session, names, next_list=next_list, progress=progress)

    def play_station(self, name: str, *, mpd: bool = False, progress: Progress | None = None) -> "StationPlay":
        """Open the list of a station in this desktop's player, or add it to the queue of MPD.

        Args:
            mpd: add the tracks that are not there yet to MPD's queue, and play if nothing plays.
        """
        return operations.play_station.play_station(self.session, name, mpd=mpd, progress=progress)

    def remove_stations(self, *names: str) -> "list[Station]":
        """Forget stations, and return them. What they have written stays; if one is not there, none is removed."""
        return operations.stations.remove_stations(self.session, names)

    def note_heard(self, *track_ids: str, place: str = "player", at: datetime | None = None) -> int:
        """Note that stored tracks were heard, so that stations leave them out for a while; return how many.

        Args:
            place: where they were heard, in one word.
            at: when, with a time zone; by default now.
        """
        return operations.heard.note_heard(self.session, track_ids, place, at)

    def similar_artists(self, name: str, n: int = 10, *, progress: Progress | None = None) -> "SimilarArtists":
        """Return the artists whose tracks sound like an artist's, most similar first.

        All tracks of both count, not their mean; see `spotrec.query.similar_artists`.

        Args:
            name: the artist's name in any spelling, or whole words of it that only one artist's name contains.
            n: the largest number of artists, 1 to 1000.
        """
        return operations.similar_artists.similar_artists(self.session, name, n, progress=progress)

    def evaluate(
        self,
        *,
        labels: Path | None = None,
        wanted: Sequence[str] = (),
        k: int = 10,
        artist_filter: bool = True,
        compare: bool = False,
        spaces: Sequence[str] = (),
        plot: Path | None = None,
        progress: Progress | None = None,
    ) -> "Evaluation":
        """Measure how well neighbours agree with labels, over all extracted tracks; see `spotrec.evaluate.evaluate`.

        Args:
            labels: a CSV file of labels.
            wanted: the labels to score; empty for all.
            k: the number of neighbours.
            artist_filter: ignore neighbours by the same artist, except for labels that are about artists.
            compare: also score other models, baselines and chance.
            spaces: only these of them, each by its name or the beginning of it.
            plot: a .png or .svg file for the chart.
        """
        return operations.evaluate.evaluate(
            self.session,
            labels=labels,
            wanted=wanted,
            k=k,
            artist_filter=artist_filter,
            compare=compare,
            spaces=spaces,
            plot=plot,
            progress=progress,
        )

    def map(
        self,
        *,
        html: Path | str | None = None,
        png: Path | str | None = None,
        colour: str = "tag",
        collection: str | None = None,
        progress: Progress | None = None,
    ) -> "MapReport":
        """Draw the tracks of the index as a map on which near means similar; it needs `spotrec[plots]`.

        Args:
            html: where to write an interactive page, which works offline.
            png: where to write a picture.
            colour: what the colours show: `tag`, `collection`, `artist` or `genre`.
            collection: only the tracks of this collection: its link, URI, path or title.
        """
        return operations.map.draw(
            self.session, html=html, png=png, colour=colour, collection=collection, progress=progress
        )

    def map_data(self, *, progress: Progress | None = None) -> tuple[dict[str, Any], str]:
        """Return the map as columns of numbers and texts, in all colours, and the name of its index.

        It needs `spotrec[plots]`, and takes minutes for tens of thousands of tracks.
        """
        return operations.map.map_data(self.session, progress=progress)

    # -- the store and the cache ------------------------------------------------------------------------------------

    def tracks(
        self,
        words: str = "",
        *,
        artist: str = "",
        collection: str | None = None,
        missing_audio: bool = False,
        failed: bool = False,
    ) -> "Iterator[TrackRecord]":
        """Yield the catalogue's tracks and the state of each, in the order in which they were first crawled.

        They are read page by page, so do not close the Recommender before you have read them.

        Args:
            words: words that must all be in the title or the artists.
            artist: an artist's name, or whole words of it.
            collection: the link, URI, path or title of a stored collection.
            missing_audio: only tracks with neither audio nor features.
            failed: only tracks that failed.
        """
        return operations.tracks.list_tracks(
            self.session, words, artist=artist, collection=collection, missing_audio=missing_audio, failed=failed
        )

    def write_tags(
        self,
        words: str = "",
        *,
        artist: str = "",
        collection: str | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> "TagReport":
        """Write tempo and key, as they were heard, into the user's own files whose tags have none.

        A file is replaced in one step, with the same audio and all its other tags, and the store follows. A file stays
        as it is if it is not writable, has several hard links, or has changed since it was crawled.

        Args:
            words, artist, collection: which tracks, as in `tracks`; by default all.
            dry_run: only report what would be written.
        """
        return operations.write_tags.write_tags(
            self.session, words, artist=artist, collection=collection, dry_run=dry_run, progress=progress
        )

    def track(self, track_id: str) -> "TrackRecord":
        """Return a stored track and its state, by its id or another id of the recording."""
        return operations.tracks.find_track(self.session, track_id)

    def embedding(self, track_id: str) -> "TrackEmbedding":
        """Return what the models in use heard in a stored track."""
        return operations.tracks.find_embedding(self.session, track_id)

    def audio(self, track_id: str, *, fetch: bool = True) -> "TrackAudio":
        """Return a stored track's audio: the user's own file, cached audio, else with `fetch` a preview.

        A fetched preview is not stored.
        """
        return operations.audio.audio_of(self.session, track_id, fetch=fetch)

    def cover(self, track_id: str, side: int = 300) -> bytes | None:
        """Return the picture in a track's own file as a JPEG with sides of at most `side` pixels, or None."""
        return operations.audio.cover_of(self.session, track_id, side)

    def collections(self) -> "list[KnownCollection]":
        """Return all crawled collections, by kind and title."""
        return operations.tracks.list_collections(self.session)

    def duplicates(
        self,
        *,
        by: Sequence[str] = (),
        files: bool = False,
        collection: str | None = None,
        progress: Progress | None = None,
    ) -> "Duplicates":
        """Return the recordings that are in the catalogue more than once, with their copies, best first.

        Nothing is deleted or changed.

        Args:
            by: only copies that were found by one of these: `content`, `sound`, `isrc`, `name`, `audio`.
            files: only your own files.
            collection: only the tracks of this collection or folder, `artist:NAME` or `album:NAME`.
        """
        return operations.duplicates.duplicates(
            self.session, by=several(by), files=files, collection=collection, progress=progress
        )

    def like(
        self,
        *names: str,
        lists: Sequence[str] = (),
        source: str = "python",
        paths: bool = True,
        progress: Progress | None = None,
    ) -> "TasteReport":
        """Remember that a person likes tracks, artists or albums: `query(…, taste=True)` leans towards them.

        What is said of a thing takes the place of what was said before, and stays when its tracks are removed. If a
        name is unknown or means several things, nothing is noted.

        Args:
            names: stored tracks, by id, link, path or words; `artist:NAME`, `album:NAME` or `album:ARTIST - NAME`.
            lists: files, links and folders whose tracks are meant, as `crawl` takes them; tracks that are not stored
                are in `report.unknown`.
            source: where it was said.
            paths: whether names may be paths on this machine, or words; not for a client of a service.
        """
        return operations.taste.say(
            self.session, Verb.LIKE, names, lists=lists, source=source, paths=paths, progress=progress
        )

    def dislike(
        self,
        *names: str,
        lists: Sequence[str] = (),
        source: str = "python",
        paths: bool = True,
        progress: Progress | None = None,
    ) -> "TasteReport":
        """Remember that a person dislikes tracks, artists or albums. The arguments are as for `like`."""
        return operations.taste.say(
            self.session, Verb.DISLIKE, names, lists=lists, source=source, paths=paths, progress=progress
        )

    def ban(
        self,
        *names: str,
        lists: Sequence[str] = (),
        source: str = "python",
        paths: bool = True,
        progress: Progress | None = None,
    ) -> "TasteReport":
        """Never recommend tracks again, with all their copies, or any track by an artist or on an album.

        The arguments are as for `like`. A banned track may still be a seed.
        """
        return operations.taste.say(
            self.session, Verb.BAN, names, lists=lists, source=source, paths=paths, progress=progress
        )

    def unban(self, *names: str, paths: bool = True, progress: Progress | None = None) -> "TasteReport":
        """Lift bans. The names are as for `like`, and may be of things that are not stored any more."""
        return operations.taste.take_back(self.session, "unban", names, paths=paths, progress=progress)

    def forget_opinion(self, *names: str, paths: bool = True, progress: Progress | None = None) -> "TasteReport":
        """Forget that things were liked or disliked. The names are as for `unban`."""
        return operations.taste.take_back(self.session, "forget", names, paths=paths, progress=progress)

    def take_back(self, signal_id: int) -> "Signal":
        """Forget one like, dislike or ban, by its number, and return it."""
        return operations.taste.take_back_one(self.session, signal_id)

    def taste(self, *verbs: str, track_id: str | None = None, limit: int | None = None) -> "list[Signal]":
        """Return what was liked, disliked and banned, the latest first.

        Args:
            verbs: `like`, `dislike`, `ban`; all by default.
            track_id: only what was said of this track.
            limit: at most so many.
        """
        return operations.taste.taste(self.session, verbs=verbs, track_id=track_id, limit=limit)

    def export_taste(self, file: Path | str) -> "TasteExport":
        """Write everything that was liked, disliked and banned to a .json or .csv file."""
        return operations.taste_file.export_taste(self.session, file)

    def import_taste(self, file: Path | str, *, progress: Progress | None = None) -> "TasteImport":
        """Add what `export_taste` wrote, with its times. What was said of a thing last counts."""
        return operations.taste_file.import_taste(self.session, file, progress=progress)

    def remove(
        self, *names: str, dry_run: bool = False, confirm: "Callable[[Removal], None] | None" = None
    ) -> "Removal":
        """Remove tracks and collections from the store, with all their data and their cached audio.

        With a collection, its tracks are removed too, except those that another collection lists or that were crawled
        directly. If a name is unknown or ambiguous, nothing is removed. A user's own files are never deleted.

        Args:
            names: tracks and collections, each by link, URI, id, path or title; a folder inside a crawled one;
                `artist:NAME` or `album:NAME`, with the whole name.
            dry_run: only report what would be removed.
            confirm: called with the plan; if it raises, nothing is removed.
        """
        return operations.remove.remove(self.session, names, dry_run=dry_run, confirm=confirm)

    def sync(self, *collections: str, delete: bool = True, progress: Progress | None = None) -> "SyncReport":
        """Crawl stored collections again, and follow what was added to and removed from them.

        Args:
            collections: each by link, URI, path or title; by default all.
            delete: remove tracks that no collection lists any more and that were not crawled directly. If a collection
                cannot be read to its end, its tracks stay.
        """
        return operations.sync.sync(self.session, collections, delete=delete, progress=progress)

    def export_features(
        self,
        file: Path | str,
        *,
        model: str | None = None,
        all_models: bool = False,
        paths: bool = False,
        progress: Progress | None = None,
    ) -> "ExportReport":
        """Write the catalogue's tracks and their features to a Parquet file; it needs pyarrow.

        Args:
            file: the file to write. It may replace an earlier export, but not another file.
            model: the model whose features are exported; by default the models in use.
            all_models: export the features of all models.
            paths: also write the paths of your own files.
        """
        return operations.features.export_features(
            self.session, file, model=model, all_models=all_models, paths=paths, progress=progress
        )

    def import_features(
        self, file: Path | str, *, replace: bool = False, paths: bool = False, progress: Progress | None = None
    ) -> "ImportReport":
        """Merge an exported file into the store. Stored data does not change; each model's features stay separate.

        Args:
            replace: replace stored features that differ from the file's features of the same model.
            paths: also import the paths of its owner's files.

        Returns:
            The result for its rows. Faulty rows are skipped, each with a reason.
        """
        return operations.features.import_features(self.session, file, replace=replace, paths=paths, progress=progress)

    def cached(self) -> "Iterator[CachedFile]":
        """Yield all files of the audio cache, in order of key, and whether each is still needed.

        They are read page by page, so do not close the Recommender before you have read them.
        """
        return operations.cache.list_cached(self.session)

    def clear_cache(
        self,
        *,
        everything: bool = False,
        dry_run: bool = False,
        confirm: "Callable[[Clearing], None] | None" = None,
        progress: Progress | None = None,
    ) -> "Clearing":
        """Delete cached audio whose features are stored or whose track is not in the store; never a user's own files.

        Args:
            everything: also delete audio whose features are not extracted yet; the next crawl fetches it again.
            dry_run: only report what would be deleted.
            confirm: called with the plan; if it raises, nothing is deleted.
        """
        return operations.cache.clear_cache(
            self.session, everything=everything, dry_run=dry_run, confirm=confirm, progress=progress
        )

    def copy_cache(
        self, source: str, target: str, *, move: bool = False, progress: Progress | None = None
    ) -> "CopyReport":
        """Copy cached audio to another cache; files that the target has already are skipped.

        Args:
            source, target: each a folder or `s3://bucket/prefix`.
            move: after each file is copied and checked, delete it from the source, and update its address in the store.
        """
        return operations.copy_cache.copy_cache(self.session, source, target, move=move, progress=progress)

    # -- playlists --------------------------------------------------------------------------------------------------

    def write_m3u(
        self, file: Path | str, tracks: Iterable[Track], *, relative_to: Path | str | None = None
    ) -> "WrittenPlaylist":
        """Write tracks to an extended M3U file, each as its file or else its web page; the result lists the others.

        Args:
            file: must end in `.m3u8` or `.m3u`. It may replace a playlist, but not another file.
            relative_to: a folder from which files are named, for phones and other machines; a file on another drive
                keeps its absolute path.
        """
        return operations.playlist.write_m3u(file, tracks, relative_to)

    def open_in_player(self, tracks: Sequence[Track]) -> "PlayerContent":
        """Open the tracks that are files in this desktop's player; if there are none, open the first track's page."""
        return operations.playlist.open_in_player(self.session, tracks)

    def create_playlist(
        self,
        name: str,
        tracks: Iterable[str],
        *,
        public: bool = False,
        description: str | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> "SpotifyPlaylist":
        """Create a playlist on Spotify for the signed-in user. If it is run again, it continues the same playlist.

        Args:
            tracks: track ids or Spotify links, in order. Tracks without a Spotify id are searched by ISRC; tracks that
                are not found are in the result, each with a reason.
            dry_run: only report what the playlist would contain.
        """
        return operations.playlist.create_playlist(
            self.session, name, tracks, public=public, description=description, dry_run=dry_run, progress=progress
        )

    def create_server_playlist(
        self,
        name: str,
        tracks: Iterable[str],
        *,
        public: bool = False,
        description: str | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> "SubsonicPlaylist":
        """Create a playlist on the music server in the settings; one of this name by spotrec is written again.

        Args:
            tracks: track ids, in order. Tracks that the server does not have are in the result, each with a reason.
            description: is added to the playlist's comment.
            dry_run: only report what the playlist would contain.
        """
        return operations.playlist.create_server_playlist(
            self.session, name, tracks, public=public, description=description, dry_run=dry_run, progress=progress
        )

    def playlist_targets(self) -> "list[PlaylistTarget]":
        """Return where playlists can be made: Spotify for a signed-in user, and the music server in the settings."""
        return operations.playlist.targets(self.session)

    # -- items of music servers ---------------------------------------------------------------------------------------

    def extend_playlist(
        self,
        playlist: "Playlist",
        *,
        like: "Sequence[str | TypedSeed]" = (),
        unlike: "Sequence[str | TypedSeed]" = (),
        mood: str | None = None,
        mood_weight: float | None = None,
        explain: bool = False,
        fetch: bool = True,
        paths: bool = True,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> "ExtendedPlaylist":
        """Return a list with more tracks at its end that sound like it, none of which it has already.

        All its tracks together are the seed, as a collection is for `query`. Nothing is written: see `write_playlist`
        and `send_playlist`.

        Args:
            playlist: the path of an M3U, a CSV, an XSPF, …; a link to a playlist on Spotify, Deezer or a music server;
                the title of a stored collection; or the ids of tracks. `ListFrom(playlist, folder)` is a file whose
                entries may be named from another folder than its own.
            like, unlike, mood, mood_weight, explain, fetch: as for `query`.
            paths: whether names may be paths; False for what strangers send.
            options: as for `query`; `n` is the number of new tracks, by default 20.
        """
        return operations.lists.extend.extend(
            self.session,
            playlist,
            like=several(like),
            unlike=several(unlike),
            mood=mood,
            mood_weight=mood_weight,
            explain=explain,
            fetch=fetch,
            paths=paths,
            options=options,
            progress=progress,
        )

    def reorder_playlist(
        self,
        playlist: "Playlist",
        *,
        curve: str | None = None,
        first: str | None = None,
        last: str | None = None,
        paths: bool = True,
        progress: Progress | None = None,
    ) -> "ReorderedPlaylist":
        """Return a list in an order in which neighbours sound alike, and how far from the best order it can be.

        Entries without features keep their places.

        Args:
            playlist, paths: as for `extend_playlist`.
            curve: how the energy goes: `rise`, `fall` or `wave`; by default only the sound counts.
            first, last: the track to begin and to end with: its number in the list, its id, or words of its name; ""
                for the one that is there already.
        """
        return operations.lists.reorder.reorder(
            self.session, playlist, curve=curve, first=first, last=last, paths=paths, progress=progress
        )

    def dedupe_playlist(
        self, playlist: "Playlist", *, paths: bool = True, progress: Progress | None = None
    ) -> "DedupedPlaylist":
        """Return a list with each recording once, at its first place, and what was left out and why.

        Args:
            playlist, paths: as for `extend_playlist`.
        """
        return operations.lists.dedupe.dedupe(self.session, playlist, paths=paths, progress=progress)

    def fill_playlist(
        self,
        playlist: "Playlist | None",
        start: str,
        end: str,
        n: int = 5,
        *,
        fetch: bool = True,
        paths: bool = True,
        progress: Progress | None = None,
        **options: Unpack[Narrowing],
    ) -> "FilledPlaylist":
        """Return a list with `n` more tracks between two of its tracks, which lead from one sound to the other.

        If the list has others between the two, the new ones go where neighbours differ most.

        Args:
            playlist: as for `extend_playlist`; None for a list of these two tracks alone.
            start, end: tracks of the list, each by its number, its id, or words of its name; without a list, any
                tracks, given like seeds of `query`.
            fetch: without a list, fetch and extract a track that is not in the store.
            paths: as for `extend_playlist`.
            options: filters for the new tracks; see `spotrec.operations.options.Narrowing`.
        """
        return operations.lists.fill.fill(
            self.session, playlist, start, end, n, fetch=fetch, paths=paths, options=options, progress=progress
        )

    def write_playlist(
        self,
        playlist: "ChangedPlaylist",
        file: Path | str | None = None,
        *,
        relative_to: Path | str | None = None,
    ) -> "WrittenList":
        """Write a changed list to a file, completely or not at all.

        Entries that are not stored, comments and `#EXT…` lines of an M3U, and rows of a table stay word for word.

        Args:
            playlist: the `playlist` of what `extend_playlist`, `reorder_playlist`, `dedupe_playlist` or `fill_playlist`
                returns.
            file: must end in `.m3u8`, `.m3u` or `.csv`; by default the file from which the list was read, which must
                not have changed since.
            relative_to: as for `write_m3u`.
        """
        return operations.lists.written_playlist.write_playlist(self.session, playlist, file, relative_to=relative_to)

    def send_playlist(
        self,
        playlist: "ChangedPlaylist",
        service: str,
        *,
        name: str | None = None,
        public: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> "SentPlaylist":
        """Make a playlist of a changed list on Spotify or the music server in the settings.

        New tracks at the end of a Spotify playlist of your own are added to it. In every other case a playlist of its
        own is made, and the old one stays as it is.

        Args:
            playlist: as for `write_playlist`.
            service: `spotify` or `subsonic`.
            name: of the new playlist; by default the list's title and what was done to it.
            public: make it visible to everyone.
            dry_run: only report what it would contain.
        """
        return operations.lists.services.send_playlist(
            self.session, playlist, service, name=name, public=public, dry_run=dry_run, progress=progress
        )

    # -- items of music servers ---------------------------------------------------------------------------------------

    def track_of_item(self, item_id: str, server: str | None = None) -> Track | None:
        """Return the stored track that a music server's own id means; None if no such item was crawled.

        Args:
            server: the key of the server (`ServerItem.server`); without it, any server that was crawled.
        """
        return operations.server_items.track_of_item(self.session, item_id, server)

    def server_items(
        self, track_ids: Iterable[TrackId], server: str | None = None
    ) -> "dict[TrackId, list[ServerItem]]":
        """Return the items that tracks are on music servers, the last listed first; others are omitted."""
        return operations.server_items.server_items(self.session, track_ids, server)

    def server_cover(self, item: "ServerItem", size: int = 300) -> bytes:
        """Return the cover of an item from the music server in the settings: an image file of at most 8 MB.

        The bytes come from the server as they are: check what they are before you show them.

        Args:
            size: how wide and high it should be, in pixels.
        """
        return operations.server_items.server_cover(self.session, item, size)

    def server_artists(self) -> dict[str, str]:
        """Return the names of the artists on the music server in the settings, by the server's own ids of them."""
        return operations.server_items.server_artists(self.session)

    # -- account, status and models ---------------------------------------------------------------------------------

    def login(
        self, *, port: int = 0, open_browser: bool = True, timeout_s: float = 300, progress: Progress | None = None
    ) -> "WhoAmI":
        """Sign in to Spotify in a browser; no client secret is needed. `progress` also shows the address to open.

        Args:
            port: the port on 127.0.0.1 that waits for Spotify's answer; 0 for any free port.
        """
        return operations.account.login(
            self.session, port=port, open_browser=open_browser, timeout_s=timeout_s, progress=progress
        )

    def logout(self, *, everyone: bool = False) -> "SignedOut":
        """Delete the tokens of this client id, or of all client ids."""
        return operations.account.logout(self.session, everyone=everyone)

    def whoami(self) -> "WhoAmI":
        """Return the Spotify account in use, and its kind of credentials."""
        return operations.account.whoami(self.session)

    def status(self) -> "Status":
        """Return the state of store, cache, weights and index, what is pending or failed, and the next command."""
        return operations.status.take_status(self.session)

    def doctor(self, *, progress: Progress | None = None) -> "list[Finding]":
        """Check store, weights, decoders, Annoy, index, credentials and cache; each finding says how to fix it."""
        return operations.doctor.examine(self.session, progress=progress)

    def known_models(self, *, bench: bool = False, progress: Progress | None = None) -> "KnownModels":
        """Return the models that can be chosen, and those that are only in the store.

        Args:
            bench: measure the computing time per clip on this machine, for each model with installed weights.
        """
        return operations.models.list_models(self.session, bench=bench, progress=progress)

    def known_model(self, name: str) -> "KnownModel":
        """Return a model that can be chosen, by its name; of several versions, the newest."""
        return operations.models.show_model(self.session, name)

    def install_weights(self, name: str, source: Path | None = None, *, progress: Progress | None = None) -> Path:
        """Download a model's weights, or copy them from a file, check them, and store them in the data folder."""
        return operations.models.install_weights(self.session, name, source, progress=progress)

    def remove_weights(self, name: str) -> list[Path]:
        """Delete a model's installed weights, and return the deleted files. Extracted features stay."""
        return operations.models.remove_weights(self.session, name)
