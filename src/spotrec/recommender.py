"""Everything the commands do, for notebooks and other programs. This is where the stages are put together.

>>> from spotrec import Recommender
>>> with Recommender() as recommender:
...     recommender.crawl("~/Music")
...     recommender.extract()
...     recommender.index()
...     for result in recommender.query("~/Music/a-song-i-love.mp3").results:
...         print(f"{result.similarity:.2f}", result.track.name)
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from spotrec import operations
from spotrec.index.backends import AUTO
from spotrec.index.generations import KEPT
from spotrec.operations.options import Narrowing, Options
from spotrec.operations.session import Session
from spotrec.progress import Progress, Silent
from spotrec.query.filters import several
from spotrec.settings import Settings, resolve
from spotrec.track import ModelId, Track

if TYPE_CHECKING:
    from threading import Event

    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport
    from spotrec.evaluate.evaluate import Evaluation
    from spotrec.export.m3u import WrittenPlaylist
    from spotrec.export.player import PlayerContent
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.extract.extract import ExtractReport, HeardFile
    from spotrec.extract.models import AudioModel
    from spotrec.extract.uploads.worker import QueueReport
    from spotrec.features.features import ExportReport, ImportReport
    from spotrec.index.generations import IndexGeneration, IndexRollback
    from spotrec.index.push import IndexPush
    from spotrec.operations.results import (
        CachedFile,
        Clearing,
        CopyReport,
        Finding,
        IndexReport,
        Journey,
        KnownModel,
        KnownModels,
        MapReport,
        PulledIndex,
        Recommendations,
        Removal,
        Status,
        SyncReport,
    )
    from spotrec.operations.seeds import TypedSeed
    from spotrec.spotify.login import SignedOut, WhoAmI
    from spotrec.store import KnownCollection, TrackRecord


class Recommender:
    """Content-based music recommendation over one local store.

    The four stages are `crawl`, `extract`, `index` and `query`; each may be run again at any time and only does what
    is new. Use it as a context manager, or call `close`. Any number of threads may call it at once.

    Args:
        progress: where to show how far long work is; nowhere by default. Methods that take long take another one.
        config: a TOML or `.env` file to read instead of those in `./config`.
        settings: any setting by name (`store=Path("music.db")`, `cache="s3://bucket/prefix"`, …); see
            `spotrec config show` for all of them. What is not given comes from the environment and files.

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
        """Close the store and the connections. What was done is kept."""
        self.session.close()

    @property
    def settings(self) -> Settings:
        """The settings in use."""
        return self.session.settings

    @property
    def models(self) -> "tuple[AudioModel, ...]":
        """The models in use: see `which_models`."""
        return self.session.models

    @property
    def model(self) -> ModelId:
        """The model in use; of several in the settings the first.

        Raises:
            UsageError: several were asked for in so many words, where only one can be meant.
        """
        return self.session.model.id

    # -- the stages -------------------------------------------------------------------------------------------------

    def crawl(
        self,
        *sources: str,
        search: Sequence[str] = (),
        retry: bool = False,
        retry_all: bool = False,
        progress: Progress | None = None,
    ) -> "CrawlReport":
        """Remember the tracks of folders, files, lists and links, and get their audio.

        Args:
            sources: what a person would paste: a path, or a link, URI or id on Spotify or Deezer.
            search: words to search Spotify for.
            retry: ask again for known tracks without audio, those providers whose answer no longer holds.
            retry_all: ask every provider again for them. Both go without sources.

        Returns:
            what was seen, new, got, skipped and missing, each with its reason. A source that fails is in it too.
        """
        return operations.crawl.crawl(
            self.session, sources, search=search, retry=retry, retry_all=retry_all, progress=progress
        )

    def plan_crawl(self, *sources: str, search: Sequence[str] = (), progress: Progress | None = None) -> "CrawlPlan":
        """What `crawl` would fetch and from where. Sources are listed; nothing is stored, no provider is asked."""
        return operations.crawl.plan_crawl(self.session, sources, search=search, progress=progress)

    def extract(
        self,
        *,
        keep_audio: bool = False,
        retry_failed: bool = False,
        watch: bool = False,
        cluster: str | None = None,
        fetch: bool = True,
        progress: Progress | None = None,
    ) -> "ExtractReport":
        """Hear every track that has audio and no embedding; cached audio is deleted once its features are stored.

        Args:
            keep_audio: leave it in the cache. A user's own files are never touched.
            retry_failed: try again what failed before.
            watch: go on with what is crawled meanwhile, until interrupted.
            cluster: hear on the workers of the Dask scheduler at this address, `tcp://host:8786` or `tls://host:8786`;
                `local` starts a cluster on this machine. See docs/scaling.md.
            fetch: get audio again that another network has heard and that was deleted since.
        """
        return operations.extract.extract(
            self.session,
            keep_audio=keep_audio,
            retry_failed=retry_failed,
            watch=watch,
            cluster=cluster,
            fetch=fetch,
            progress=progress,
        )

    def extract_each(
        self,
        *,
        cluster: str | None = None,
        keep_audio: bool = False,
        retry_failed: bool = False,
        watch: bool = False,
        fetch: bool = True,
        progress: Progress | None = None,
    ) -> "list[ExtractReport]":
        """As `extract`, by each of the models in use; audio is deleted when the last of them has heard it."""
        return operations.extract.extract_each(
            self.session,
            keep_audio=keep_audio,
            retry_failed=retry_failed,
            watch=watch,
            cluster=cluster,
            fetch=fetch,
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
        """Hear what is uploaded to S3, as a queue tells of it: see docs/scaling.md.

        Args:
            queue: `sqs://name`, `sqs://account/name`, or its URL.
            stop: what is in hand when it is set is finished, then the work ends.
            drain: end when no message comes any more.
            keep_audio: leave the objects where they are.
        """
        return operations.extract.extract_queue(
            self.session, queue, stop=stop, drain=drain, keep_audio=keep_audio, progress=progress
        )

    def embed(self, paths: Iterable[Path | str], *, progress: Progress | None = None) -> "list[HeardFile]":
        """Hear files; nothing is stored. Each result has a vector, shape (dim,), and tag probabilities, (n_tags,)."""
        return operations.embed.embed(self.session, paths, progress=progress)

    def top_tags(self, tags: Any, n: int = 5) -> dict[str, float]:
        """The `n` most probable of an embedding's tags, shape (n_tags,), strongest first."""
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
        """Build the index that `query` searches, from all that was extracted.

        Args:
            trees: Annoy's trees; more find more and take more room.
            backend: `auto` searches small catalogues exactly and large ones in cells; `annoy` through its trees.
            check: measure recall@10 against exact search.
            keep: how many generations stay, the new one included, for `roll_back_index`.
        """
        return operations.index.build_index(
            self.session, trees=trees, backend=backend, check=check, keep=keep, progress=progress
        )

    def index_each(
        self,
        *,
        trees: int = 50,
        backend: str = AUTO,
        check: bool = False,
        keep: int = KEPT,
        progress: Progress | None = None,
    ) -> "list[IndexReport]":
        """As `index`, for each of the models in use."""
        return operations.index.build_each_index(
            self.session, trees=trees, backend=backend, check=check, keep=keep, progress=progress
        )

    def indexes(self) -> "list[IndexGeneration]":
        """The generations that are kept: those that are or were in use, the latest first."""
        return operations.index.list_indexes(self.session)

    def roll_back_index(self) -> "IndexRollback":
        """Go back to the index that was in use before; each time one further. What was extracted stays as it is."""
        return operations.index.roll_back_index(self.session)

    def push_index(self, address: str, *, progress: Progress | None = None) -> "IndexPush":
        """Publish the index in use at `s3://bucket/prefix`; what lies there already is not sent again."""
        return operations.publish.push_index(self.session, address, progress=progress)

    def pull_index(self, address: str, *, progress: Progress | None = None) -> "PulledIndex":
        """Take the index that was published at `s3://bucket/prefix`, checked, and make it the one in use.

        Only tracks that the store knows are ever recommended: `import_features` brings the others.
        """
        return operations.publish.pull_index(self.session, address, progress=progress)

    # -- asking -----------------------------------------------------------------------------------------------------

    def query(
        self,
        *seeds: "str | TypedSeed",
        like: "Sequence[str | TypedSeed]" = (),
        unlike: "Sequence[str | TypedSeed]" = (),
        mood: str | None = None,
        mood_weight: float | None = None,
        explain: bool = False,
        fetch: bool = True,
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> "Recommendations":
        """The tracks that go best with the seeds, best first, without the seeds and copies of them.

        Args:
            seeds: each a Spotify track (link, URI, id), an audio file, a track id, words that match one stored track,
                or a known collection (its link, path or title), `artist:NAME` or `album:NAME`; or a typed seed of
                `spotrec.operations.seeds`.
            like: more of them.
            unlike: what to keep away from.
            mood: the network's tags, with a minus before those not wanted: `chill female vocalists -metal`.
            mood_weight: what the mood counts beside the seeds, 0 to 1; by default half.
            explain: say of each result why it is among them.
            fetch: get and hear a track that is not in the store.
            options: how many, which ones, in which order: see `spotrec.operations.options.Options`.
        """
        return operations.query.query(
            self.session,
            [*seeds, *several(like)],
            unlike=unlike,
            mood=mood,
            mood_weight=mood_weight,
            explain=explain,
            fetch=fetch,
            options=options,
            progress=progress,
        )

    def journey(
        self,
        start: "str | TypedSeed",
        end: "str | TypedSeed",
        n: int = 12,
        *,
        fetch: bool = True,
        progress: Progress | None = None,
        **options: Unpack[Narrowing],
    ) -> "Journey":
        """Exactly `n` recordings that lead from one sound to another in even steps, both ends among them.

        Args:
            start, end: each one track, as a seed of `query` is given.
            fetch: get and hear an end that is not in the store.
            options: which tracks may be gone by: see `spotrec.operations.options.Narrowing`. The ends need not be
                such tracks.
        """
        return operations.journey.journey(self.session, start, end, n, fetch=fetch, options=options, progress=progress)

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
        """How well neighbours agree with labels, over all that was extracted; see `spotrec.evaluate.evaluate`.

        Args:
            labels: a CSV of labels.
            wanted: labels to score; none for all.
            k: how many neighbours are looked at.
            artist_filter: tracks by the same artist are not looked at, but for labels that are about artists.
            compare: score other models, baselines and chance beside the space that is searched.
            spaces: only these of them, each by its name or its beginning.
            plot: a .png or .svg to draw it to.
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
        """Draw what the index holds as a map on which near means alike; it needs `spotrec[plots]`.

        Args:
            html: where to write a page to look around in; it needs no network.
            png: where to write a picture.
            colour: `tag`, `collection`, `artist` or `genre`.
            collection: only what this one lists: its link, URI, path or title.
        """
        return operations.map.draw(
            self.session, html=html, png=png, colour=colour, collection=collection, progress=progress
        )

    # -- what is known ----------------------------------------------------------------------------------------------

    def tracks(
        self,
        words: str = "",
        *,
        artist: str = "",
        collection: str | None = None,
        missing_audio: bool = False,
        failed: bool = False,
    ) -> "Iterator[TrackRecord]":
        """The catalogue's tracks and how far each came, in the order in which they were first crawled.

        They are read page by page; close the Recommender only when you have had enough of them.

        Args:
            words: all of them in title or artists.
            artist: an artist's name, or whole words of it.
            collection: the link, URI, path or title of a known collection.
            missing_audio: only those with neither audio nor features.
            failed: only those that failed.
        """
        return operations.tracks.list_tracks(
            self.session, words, artist=artist, collection=collection, missing_audio=missing_audio, failed=failed
        )

    def collections(self) -> "list[KnownCollection]":
        """All collections that were crawled, by kind and title."""
        return operations.tracks.list_collections(self.session)

    def remove(
        self, *names: str, dry_run: bool = False, confirm: "Callable[[Removal], None] | None" = None
    ) -> "Removal":
        """Take tracks and collections out of the store, with all that is known of them, and their cached audio.

        Of a collection go the tracks that no other one lists and that were not crawled by themselves. Where a name is
        unknown or could mean several things, nothing is removed. A user's own files are never touched.

        Args:
            names: tracks and collections, each by link, URI, id, path or title.
            dry_run: only say what would go.
            confirm: is shown what will go; what it raises keeps all as it is.
        """
        return operations.remove.remove(self.session, names, dry_run=dry_run, confirm=confirm)

    def sync(self, *collections: str, delete: bool = True, progress: Progress | None = None) -> "SyncReport":
        """Crawl known collections again, all or those named, and follow what was added to and removed from them.

        Args:
            collections: each by link, URI, path or title.
            delete: take out tracks that no collection lists any more and that were not crawled by themselves. What a
                collection dropped that could not be listed to its end stays.
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
        """Write the catalogue's tracks and what a model heard in them to a Parquet file; it needs pyarrow.

        Args:
            file: where to; an export that is there is replaced, another file never.
            model: which one's features; by default those of the model in use.
            all_models: those of every model.
            paths: write the paths of your own files too.
        """
        return operations.features.export_features(
            self.session, file, model=model, all_models=all_models, paths=paths, progress=progress
        )

    def import_features(
        self, file: Path | str, *, replace: bool = False, paths: bool = False, progress: Progress | None = None
    ) -> "ImportReport":
        """Merge such a file into the store. What is here stays as it is; another model's features are kept apart.

        Args:
            replace: take its features where other ones of the same model are here.
            paths: take the paths of its owner's files too.

        Returns:
            what became of its rows. Faulty ones are left out, each with its reason.
        """
        return operations.features.import_features(self.session, file, replace=replace, paths=paths, progress=progress)

    def cached(self) -> "Iterator[CachedFile]":
        """All that lies in the audio cache, in order of key, and what of it is still needed.

        It is read page by page; close the Recommender only when you have had enough of it.
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
        """Delete from the audio cache what was heard and what the store knows nothing of; never a user's own files.

        Args:
            everything: what is still to be heard, too; the next crawl fetches it again.
            dry_run: only say what would go.
            confirm: is shown what will go; what it raises keeps all as it is.
        """
        return operations.cache.clear_cache(
            self.session, everything=everything, dry_run=dry_run, confirm=confirm, progress=progress
        )

    def copy_cache(
        self, source: str, target: str, *, move: bool = False, progress: Progress | None = None
    ) -> "CopyReport":
        """Copy cached audio to another cache, each a folder or `s3://bucket/prefix`; what is there already is skipped.

        Args:
            move: delete from the source what the target holds whole, and have the store find it there.
        """
        return operations.copy_cache.copy_cache(self.session, source, target, move=move, progress=progress)

    # -- playlists --------------------------------------------------------------------------------------------------

    def write_m3u(self, file: Path | str, tracks: Iterable[Track]) -> "WrittenPlaylist":
        """Write tracks to an extended M3U, each as its file, else its page on the web; those with neither are told.

        Args:
            file: ends in `.m3u8` or `.m3u`. A playlist that is there is replaced, another file never.
        """
        return operations.playlist.write_m3u(file, tracks)

    def open_in_player(self, tracks: Sequence[Track]) -> "PlayerContent":
        """Open the tracks that are files in this desktop's player; where none is, the page of the first."""
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
        """Make a playlist on Spotify for the user who signed in; run again, it goes on, and makes no second one.

        Args:
            tracks: ids of tracks, in order, or links on Spotify. Those without an id there are found by ISRC; those
                that cannot be found are in the result, each with its reason.
            dry_run: only say what it would be.
        """
        return operations.playlist.create_playlist(
            self.session, name, tracks, public=public, description=description, dry_run=dry_run, progress=progress
        )

    # -- beside the stages ------------------------------------------------------------------------------------------

    def login(
        self, *, port: int = 0, open_browser: bool = True, timeout_s: float = 300, progress: Progress | None = None
    ) -> "WhoAmI":
        """Sign in to Spotify in a browser; no secret is needed. The address to open is told to `progress` too.

        Args:
            port: where Spotify's answer is waited for, on 127.0.0.1; 0 for any that is free.
        """
        return operations.account.login(
            self.session, port=port, open_browser=open_browser, timeout_s=timeout_s, progress=progress
        )

    def logout(self, *, everyone: bool = False) -> "SignedOut":
        """Delete the tokens of this client id, or of every one. There may be none."""
        return operations.account.logout(self.session, everyone=everyone)

    def whoami(self) -> "WhoAmI":
        """Who Spotify is asked as, and by which credentials."""
        return operations.account.whoami(self.session)

    def status(self) -> "Status":
        """What the store, cache, weights and index hold, what is pending or failed, and the next command to run."""
        return operations.status.take_status(self.session)

    def doctor(self, *, progress: Progress | None = None) -> "list[Finding]":
        """Check store, weights, decoders, Annoy, index, credentials and cache; each finding says how to fix it."""
        return operations.doctor.examine(self.session, progress=progress)

    def known_models(self, *, bench: bool = False, progress: Progress | None = None) -> "KnownModels":
        """The models that may be chosen, and those that only the store knows.

        Args:
            bench: measure what a clip costs on this machine, by each model whose weights are here.
        """
        return operations.models.list_models(self.session, bench=bench, progress=progress)

    def known_model(self, name: str) -> "KnownModel":
        """One of those that may be chosen, by its name; of several versions the newest."""
        return operations.models.show_model(self.session, name)

    def install_weights(self, name: str, source: Path | None = None, *, progress: Progress | None = None) -> Path:
        """Fetch a network's weights, or take them from a file; checked, then put into the data folder."""
        return operations.models.install_weights(self.session, name, source, progress=progress)

    def remove_weights(self, name: str) -> list[Path]:
        """Delete a network's installed weights; what was heard with them stays. Returns what was deleted."""
        return operations.models.remove_weights(self.session, name)
