"""What a person asks with → a seed: a track with its embedding, fetched and heard on the fly where it must be."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.errors import NotFound, UsageError, quoted
from spotrec.query.seed import Seed
from spotrec.query.stored_seed import find_stored_seed
from spotrec.settings import Settings
from spotrec.store import Embedding, Hearing
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.audio.cache import AudioCaches
    from spotrec.crawl.previews.chain import PreviewChain
    from spotrec.extract.models import AudioModel, Network
    from spotrec.net.http import HttpClient


class SeedFinder:
    """Finds seeds in the store, or brings them there.

    Args:
        caches, http, network, chain: opened only when a seed must be fetched or heard.
        weights: asked for before anything of such a seed is stored: it raises where they cannot be had.
    """

    def __init__(
        self,
        settings: Settings,
        heard: Hearing,
        models: "Sequence[AudioModel]",
        *,
        caches: "Callable[[], AudioCaches]",
        http: "Callable[[], HttpClient]",
        network: "Callable[[AudioModel], Network]",
        weights: "Callable[[AudioModel], object]",
        chain: "Callable[[], PreviewChain]",
    ) -> None:
        self._settings = settings
        self._store = heard.store
        self._heard = heard
        self._models = models
        self._caches = caches
        self._http = http
        self._network = network
        self._weights = weights
        self._chain = chain

    def find(self, text: str, *, fetch: bool) -> Seed:
        """The seed that `text` names.

        Args:
            text: a Spotify track (link, URI, id), an audio file, a track id, or words that match one stored track.
            fetch: get and hear a seed that is not in the store; it is remembered, and not recommended.

        Raises:
            NotFound: there is no such track, or no preview of it.
            UsageError: it names no single track.
            TrackError: its audio is unfit to be judged.
        """
        return self.heard(self._track(text, fetch=fetch), fetch=fetch)

    def heard(self, track: Track, *, fetch: bool) -> Seed:
        """The seed that a stored track is; raises as `find`."""
        heard = self._heard.embedding(track.id) or self._hear(track, fetch=fetch)
        return Seed(track, heard.vector, heard.tags)

    def _track(self, text: str, *, fetch: bool) -> Track:
        words = text.encode("utf-8", "replace").decode()  # a file's name need not be UTF-8; words must be
        if stored := self._store.tracks.get(words.strip()):
            return stored
        from spotrec.links import (  # a stored track's id is no link
            DeezerKind,
            DeezerReference,
            FileReference,
            SpotifyKind,
            SpotifyReference,
            looks_like_a_link_or_path,
            parse,
        )

        if not looks_like_a_link_or_path(text) and not _is_file(text):
            return find_stored_seed(self._store, words)
        from spotrec.crawl.open_sources import Sources

        sources = Sources(self._settings, self._store, self._http())
        match reference := sources.resolved(parse(text)):
            case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK):
                stored = self._store.tracks.get(reference.uri)
                return stored or self._remember(reference.uri, lambda: sources.look_up(reference).track, fetch=fetch)
            case FileReference(path):
                track = sources.look_up(reference).track
                return self._store.tracks.get(track.id) or self._remember(str(path), lambda: track, fetch=fetch)
        raise UsageError(f"{quoted(text)} is not one track", "crawl it first, then ask with it")

    def _remember(self, name: str, look_up: Callable[[], Track], *, fetch: bool) -> Track:
        """Look a seed up where it lives, and store it as one that is not recommended."""
        if not fetch:
            raise NotFound(f"{name} is not in the store", "crawl it, or leave out --no-fetch")
        found = look_up()
        self._need_weights(self._store.tracks.id_of(found))
        added = self._store.tracks.get(self._store.tracks.add_seed(found))
        assert added is not None
        return added

    def _hear(self, track: Track, *, fetch: bool) -> Embedding:
        """Hear a track with those models that have not heard it yet, and store what was heard."""
        from spotrec.audio.files import sha256
        from spotrec.extract.extract import hear

        if not fetch:
            raise NotFound(f"{track.name} was not extracted yet", "`spotrec extract`, or leave out --no-fetch")
        self._need_weights(track.id)
        audio, provider = self._audio(track)
        heard = []
        for model in self._models:
            known = self._store.embeddings.get(track.id, model.id)
            if known is None:
                vector, tags = hear(audio, model, self._network(model), track.name)
                known = Embedding(track.id, vector, tags, provider, sha256(audio))
                self._store.embeddings.save(model.id, [known])
            heard.append(known)
        return self._heard.joined(heard)

    def _need_weights(self, track_id: TrackId) -> None:
        """Those of each model that has not heard this track."""
        for model in self._models:
            if self._store.embeddings.get(track_id, model.id) is None:
                self._weights(model)

    def _audio(self, track: Track) -> tuple[bytes, str]:
        """A track's audio and who had it: the store's, the user's own file, or a preview."""
        from spotrec.audio.files import load_audio, read_file

        max_bytes = self._settings.max_audio_mb * 1_000_000
        if stored := self._store.audio.get(track.id):
            return load_audio(stored, self._caches(), max_bytes), stored.provider
        if track.path:
            return read_file(Path(track.path), max_bytes), "file"
        result = self._chain().fetch(track, answered={})
        for outcome in result.outcomes:
            self._store.previews.record(track.id, outcome)
        if result.fetched:
            return result.fetched.audio, result.fetched.preview.provider
        if result.waiting_for:
            raise result.waiting_for
        answers = {outcome.provider: outcome.reason for outcome in result.outcomes}
        why = "; ".join(f"{name}: {said}" for name, said in (answers or self._chain().why_nobody(track)).items())
        raise NotFound(f"no preview of {track.name} can be had ({why})", "give an audio file of it instead")


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # words can make a path that no system takes
        return False
