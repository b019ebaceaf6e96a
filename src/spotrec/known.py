"""What a person does with what is known: tracks, collections, features, cached audio."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.errors import UsageError
from spotrec.extract.models.choice import with_weights
from spotrec.extract.models.registry import everyone, versions_of
from spotrec.opened import Opened
from spotrec.store import FeatureStore, KnownCollection, TrackFilter, TrackRecord

if TYPE_CHECKING:
    from spotrec.crawl.crawl import Crawler, NamedSource
    from spotrec.crawl.report import CrawlReport
    from spotrec.features.features import ExportReport, ImportReport
    from spotrec.operations.cache_copy import CopyReport
    from spotrec.operations.cached_audio import CachedFile, Clearing
    from spotrec.operations.library import Removal, SyncReport
    from spotrec.track import ModelId


class Known(Opened):
    """The commands on what is in the store."""

    def tracks(
        self,
        words: str = "",
        *,
        artist: str = "",
        collection: str | None = None,
        missing_audio: bool = False,
        failed: bool = False,
    ) -> Iterator[TrackRecord]:
        """The catalogue's tracks and how far each came, in the order in which they were first crawled.

        They are read page by page; close the Recommender only when you have had enough of them.

        Args:
            words: all of them in title or artists.
            artist: an artist's name, or whole words of it.
            collection: the link, URI, path or title of a known collection.
            missing_audio: only those with neither audio nor features.
            failed: only those that failed.
        """
        known = None if collection is None else self._library.collection(collection).id
        return self._open_store().listing.records(TrackFilter(words, artist, known, missing_audio, failed), self.model)

    def collections(self) -> list[KnownCollection]:
        """All collections that were crawled, by kind and title."""
        return self._open_store().collections.get()

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
        removal = self._library.plan_removal(names)
        if dry_run:
            return removal
        if confirm:
            confirm(removal)
        return self._library.remove(removal)

    def sync(self, *collections: str, delete: bool = True) -> "SyncReport":
        """Crawl known collections again, all or those named, and follow what was added to and removed from them.

        Args:
            collections: each by link, URI, path or title.
            delete: take out tracks that no collection lists any more and that were not crawled by themselves. What a
                collection dropped that could not be listed to its end stays.
        """
        return self._library.sync(collections, self._crawl_again, delete=delete)

    def export_features(
        self, file: Path | str, *, model: str | None = None, all_models: bool = False, paths: bool = False
    ) -> "ExportReport":
        """Write the catalogue's tracks and what a model heard in them to a Parquet file; it needs pyarrow.

        Args:
            file: where to; an export that is there is replaced, another file never.
            model: which one's features; by default those of the model in use.
            all_models: those of every model.
            paths: write the paths of your own files too.
        """
        from spotrec.features.features import export_features

        if model and all_models:
            raise UsageError("one model and all models exclude each other", "choose one")
        wanted = None if all_models else self._stored_name(model) if model else str(self.model)
        tag_names = {str(with_weights(self.settings, model).id): model.tag_names for model in everyone()}
        return export_features(self._open_store(), Path(file), wanted, tag_names, self._progress, paths=paths)

    def _stored_name(self, model: str) -> str:
        """As the store calls it: a bare `choi` is the newest version that it has heard by."""
        embedded = self._open_store().embeddings.count_by_model()
        named = [str(with_weights(self.settings, one).id) for one in versions_of(model)]
        return next((name for name in reversed(named) if name in embedded), model)

    def import_features(self, file: Path | str, *, replace: bool = False, paths: bool = False) -> "ImportReport":
        """Merge such a file into the store. What is here stays as it is; another model's features are kept apart.

        Args:
            replace: take its features where other ones of the same model are here.
            paths: take the paths of its owner's files too.

        Returns:
            what became of its rows. Faulty ones are left out, each with its reason.
        """
        from spotrec.features.features import import_features
        from spotrec.features.parquet_file import FeatureFile

        with FeatureFile(Path(file).expanduser()) as opened:
            store = self._open_store(create=True)
            shapes = {model.network: (model.id.dim, len(model.tag_names)) for model in everyone()}
            before = self.model
            report = import_features(store, opened, before, shapes, self._progress, replace=replace, paths=paths)
            del self.models
            if self.model != before:  # the first features that are here decide
                report.model_in_use = str(self.model)
                store.failures.forget_heard(self.model)
            return report

    def cached(self) -> "Iterator[CachedFile]":
        """All that lies in the audio cache, in order of key, and what of it is still needed.

        It is read page by page; close the Recommender only when you have had enough of it.
        """
        return self._cached_audio.files(self._caches.open_default())

    def clear_cache(
        self,
        *,
        everything: bool = False,
        dry_run: bool = False,
        confirm: "Callable[[Clearing], None] | None" = None,
    ) -> "Clearing":
        """Delete from the audio cache what was heard and what the store knows nothing of; never a user's own files.

        Args:
            everything: what is still to be heard, too; the next crawl fetches it again.
            dry_run: only say what would go.
            confirm: is shown what will go; what it raises keeps all as it is.
        """
        cache = self._caches.open_default()
        return self._cached_audio.clear(cache, everything=everything, dry_run=dry_run, confirm=confirm)

    def copy_cache(self, source: str, target: str, *, move: bool = False) -> "CopyReport":
        """Copy cached audio to another cache, each a folder or `s3://bucket/prefix`; what is there already is skipped.

        Args:
            move: delete from the source what the target holds whole, and have the store find it there.
        """
        from spotrec.operations.cache_copy import copy

        store = self._open_store() if move else None
        return copy(self._caches, self._caches.open(source), self._caches.open(target), self._progress, store=store)

    def _crawler(self, store: FeatureStore, model: "ModelId | None" = None, *, ask_all: bool = False) -> "Crawler":
        from spotrec.crawl.crawl import Crawler

        return Crawler(
            store,
            self._caches,
            self._chain,
            model or self.models[0].id,  # of several, `extract` fetches for the others what they have not heard
            self._progress,
            at_once=self.settings.connections_per_host,
            ask_all=ask_all,
        )

    def _crawl_again(self, collection_ids: Sequence[str]) -> "CrawlReport":
        from spotrec.crawl.crawl import NamedSource
        from spotrec.crawl.open_sources import Sources
        from spotrec.operations.library import source_of

        store = self._open_store()
        self._caches.open_default()  # as for any crawl
        opener = Sources(self.settings, store, self._http)

        def named(collection_id: str) -> NamedSource:
            return NamedSource(collection_id, lambda: opener.open(source_of(collection_id)))

        return self._crawler(store).crawl(map(named, collection_ids))

    def _named_sources(
        self, store: FeatureStore, sources: Sequence[str], search: Sequence[str]
    ) -> "Iterator[NamedSource]":
        from spotrec.crawl.open_sources import Sources

        opener = Sources(self.settings, store, self._http)
        yield from map(opener.named, sources)
        for words in search:
            yield opener.searched(words)
