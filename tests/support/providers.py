"""Every preview provider over a stand-in, with the tracks it has, lacks and mistakes."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from spotrec.settings import Settings, resolve
from spotrec.store import ServerItem, server_key
from spotrec.system.digests import sha256
from spotrec.track import Track, TrackId
from support.servers import Answer, FakeDeezer, FakeItunes, LoopbackServer, spotify_id
from support.spotify_embed import FakeEmbed
from support.subsonic import PASSWORD, USER, FakeSubsonic

SIGNATURE = "planted-signature"
QUOTA = {"error": {"type": "Exception", "message": "Quota limit exceeded", "code": 4}}


def track(n: int, **fields: Any) -> Track:
    """Track `n` as a list of names has it: 30 s, not known to live anywhere."""
    known = {"id": f"name:{n:032x}", "title": f"Song {n}", "artists": (f"Artist {n}",), "duration_ms": 30_000}
    return Track(**{**known, **fields})


class Standin(ABC):
    """What a provider is asked about. `throttled`: how it says that we should wait. `sent_from`: paths of its audio."""

    name: str
    plan: str
    server_type: type[LoopbackServer] = FakeItunes
    throttled: tuple[Answer, ...] = ()
    sent_from: tuple[str, ...] = ("/preview",)

    def __init__(self, server: LoopbackServer, folder: Path) -> None:
        self.server = server
        self.folder = folder

    def settings(self, **more: Any) -> Settings:
        """Those that lead to this provider only."""
        hosts = [f"127.0.0.1:{self.server.port}"]
        known = {"providers": [self.name], "preview_hosts": hosts, "max_audio_mb": 1}
        return resolve({**known, **self.addresses(), **more})

    def addresses(self) -> dict[str, Any]:
        return {}

    @abstractmethod
    def has(self, n: int, audio: bytes) -> Track:
        """A track that the provider has a preview of."""

    @abstractmethod
    def lacks(self) -> Track:
        """A track that the provider, asked if it can be, has none of."""

    def mistakes(self) -> list[Track]:
        """Tracks for which it offers something else."""
        return []

    def cannot_be_asked(self) -> list[Track]:
        """Tracks that it cannot be asked about."""
        return [track(1, artists=())]


class OwnFiles(Standin):
    name, plan = "file", "its file"

    def has(self, n: int, audio: bytes) -> Track:
        path = self.folder / f"{n} ü.mp3"
        path.write_bytes(audio)
        return track(n, path=str(path), id=f"file:{sha256(audio)[:32]}")

    def lacks(self) -> Track:
        return track(1)

    def mistakes(self) -> list[Track]:
        other = self.folder / "other.mp3"
        other.write_bytes(b"another song")
        changed = Track(TrackId(f"file:{'0' * 32}"), "Changed", path=str(other))
        too_large = self.folder / "large.mp3"
        too_large.write_bytes(b"x" * 1_000_001)
        paths = [self.folder / "gone.mp3", too_large, self.folder, "no\0path", "\ud800", "x" * 5000]
        return [changed, *(track(1, path=str(path)) for path in paths)]

    def cannot_be_asked(self) -> list[Track]:
        return [track(1)]


class OwnUrls(Standin):
    name, plan = "spotify", "its URL"

    def has(self, n: int, audio: bytes) -> Track:
        assert isinstance(self.server, FakeItunes)
        self.server.previews[f"/preview/{n}.mp3"] = audio
        return track(n, preview_url=f"{self.server.url}/preview/{n}.mp3?{SIGNATURE}")

    def lacks(self) -> Track:
        return Track(TrackId(f"spotify:track:{spotify_id(1)}"), "Song")

    def cannot_be_asked(self) -> list[Track]:
        urls = ["file:///etc/passwd", "javascript:alert(1)", "ftp://p.scdn.co/x", "http://me:pw@p.scdn.co/x"]
        return [track(1), *(track(1, preview_url=url) for url in urls)]


class DeezerByIsrc(Standin):
    name, plan = "deezer", "by ISRC"
    server_type = FakeDeezer
    throttled: tuple[Answer, ...] = (Answer("", 429, {"Retry-After": "7200"}), Answer("", 429), Answer(QUOTA))

    def addresses(self) -> dict[str, Any]:
        return {"deezer_api_url": self.server.url}

    @property
    def deezer(self) -> FakeDeezer:
        assert isinstance(self.server, FakeDeezer)
        return self.server

    def has(self, n: int, audio: bytes) -> Track:
        isrc = f"GBAYE{n:07d}"
        self.deezer.previews[isrc] = audio
        return track(n, isrc=isrc)

    def lacks(self) -> Track:
        self.deezer.previews["GBAYE0000002"] = b""
        return track(1, isrc="GBAYE0000002")

    def mistakes(self) -> list[Track]:
        self.deezer.durations_s["GBAYE0000001"] = 300
        return [self.has(1, b"another song")]


class DeezerByName(DeezerByIsrc):
    plan = "by name"
    throttled = (Answer("", 429, {"Retry-After": "7200"}),)

    def has(self, n: int, audio: bytes) -> Track:
        self.deezer.previews[f"hit-{n}"] = audio
        self.deezer.hits.append(deezer_hit(self.deezer, n))
        return track(n)

    def lacks(self) -> Track:
        return track(1)

    def mistakes(self) -> list[Track]:
        self.has(3, b"another song")
        return [track(1), track(3, duration_ms=90_000), track(3, title="Song 3 (Live)")]


class AppleByName(Standin):
    name, plan = "itunes", "by name"
    throttled = (Answer("", 429, {"Retry-After": "7200"}), Answer("", 403), Answer("", 401))

    def addresses(self) -> dict[str, Any]:
        return {"itunes_api_url": self.server.url}

    def has(self, n: int, audio: bytes) -> Track:
        assert isinstance(self.server, FakeItunes)
        self.server.add(f"Song {n}", f"Artist {n}", 30_000, preview=audio)
        return track(n)

    def lacks(self) -> Track:
        return track(1)

    def mistakes(self) -> list[Track]:
        self.has(3, b"another song")
        return [track(1), track(3, duration_ms=90_000), track(3, title="Song 3 (Live)")]


class PublicPages(Standin):
    name, plan = "spotify-embed", "its page"
    server_type = FakeEmbed
    throttled = (Answer("", 429, {"Retry-After": "7200"}),)

    def addresses(self) -> dict[str, Any]:
        return {"spotify_embed_url": self.server.url}

    @property
    def embed(self) -> FakeEmbed:
        assert isinstance(self.server, FakeEmbed)
        return self.server

    def has(self, n: int, audio: bytes) -> Track:
        self.embed.previews[f"/preview/{n}"] = audio
        return self._track(self.embed.add_track(n, f"{self.server.url}/preview/{n}?{SIGNATURE}"))

    def lacks(self) -> Track:
        return self._track(self.embed.add_track(1))

    def cannot_be_asked(self) -> list[Track]:
        ids = ["name:x", f"spotify:album:{spotify_id(1)}", "spotify:track:../../admin", "spotify:"]
        return [Track(TrackId(id_), "Song", ("Artist",)) for id_ in ids]

    def _track(self, id_: str) -> Track:
        return Track(TrackId(f"spotify:track:{id_}"), "Song", ("Artist",))


class MusicServer(Standin):
    name, plan = "subsonic", "its stream"
    server_type = FakeSubsonic
    sent_from = ("/rest/stream", "/rest/download")

    def addresses(self) -> dict[str, Any]:
        return {"subsonic_url": self.server.url, "subsonic_user": USER, "subsonic_password": PASSWORD}

    def has(self, n: int, audio: bytes) -> Track:
        assert isinstance(self.server, FakeSubsonic)
        self.server.add_song(f"tr-{n}", audio)
        return Track(ServerItem(server_key(self.server.url), f"tr-{n}").own_id, f"Song {n}")

    def lacks(self) -> Track:
        return track(1)

    def cannot_be_asked(self) -> list[Track]:
        elsewhere = ServerItem(server_key("https://elsewhere.example.org"), "tr-1").own_id
        return [track(1), Track(elsewhere, "Song"), Track(TrackId("subsonic:"), "Song")]


def deezer_hit(deezer: FakeDeezer, n: int) -> dict[str, Any]:
    return {
        "id": n,
        "readable": True,
        "title": f"Song {n}",
        "isrc": f"GBAYE{n:07d}",
        "duration": 30,
        "preview": f"{deezer.url}/preview/hit-{n}.mp3?hdnea=exp=1~hmac={SIGNATURE}",
        "artist": {"id": 1, "name": f"Artist {n}"},
        "album": {"id": 2, "title": "Album"},
        "type": "track",
    }


STANDINS: tuple[type[Standin], ...] = (
    OwnFiles,
    OwnUrls,
    DeezerByIsrc,
    DeezerByName,
    AppleByName,
    PublicPages,
    MusicServer,
)
