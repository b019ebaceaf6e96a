"""Stored Spotify tokens: one file per client id and flow, which only its owner can read.

A token belongs to the credentials that it was issued for. A token of another client id, or of a secret that has changed
since, is not found.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Self, TypeGuard

from spotrec.errors import ServiceUnavailable, SpotrecError
from spotrec.system import files

_EXPIRES_SOON_S = 60
_MAX_BYTES = 65_536


class Flow(StrEnum):
    """How a token was obtained."""

    PKCE = "pkce"
    CLIENT_CREDENTIALS = "client-credentials"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, when it expires (Unix time), and the token that renews it."""

    access_token: str = field(repr=False)
    expires_at: int
    scope: str = ""
    refresh_token: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, fields: Any, before: Self | None = None) -> Self:
        """Read the token in Spotify's answer. Fields that the answer omits are taken from `before`.

        Raises:
            ServiceUnavailable: the answer contains no valid token.
        """
        given = fields if isinstance(fields, dict) else {}
        access, until = given.get("access_token"), given.get("expires_at")
        refresh = given.get("refresh_token") or (before.refresh_token if before else None)
        scope = given.get("scope") or (before.scope if before else "")
        rest_is_sound = isinstance(scope, str) and (refresh is None or is_sound(refresh))
        if not rest_is_sound or not isinstance(until, int) or not is_sound(access):
            raise ServiceUnavailable("Spotify's answer contains no valid token", "try again later")
        return cls(access, until, scope, refresh)

    @property
    def expires_soon(self) -> bool:
        return self.expires_at - time.time() < _EXPIRES_SOON_S


class TokenFile:
    """The token of one client id and flow.

    Args:
        folder: contains all token files; created with the first one.
        secret: the client secret of the token, if any. Only its digest is stored.
    """

    def __init__(self, folder: Path, flow: Flow, client_id: str, secret: str = "") -> None:
        self.path = folder / f"{_digest(client_id)[:32]}.{flow}.json"
        self._owner = _digest(f"{client_id}\0{secret}")

    def read(self) -> Token | None:
        """Return the token; None if there is none, it belongs to other credentials, or the file is damaged.

        Raises:
            SpotrecError: the folder is a symbolic link.
        """
        _refuse_link(self.path.parent)
        try:
            content = files.read_regular(self.path, _MAX_BYTES, follow_links=False)
            if len(content) > _MAX_BYTES:
                return None
            stored = json.loads(content)
            if stored["owner"] != self._owner:
                return None
            return Token.parse(stored["token"])
        except (OSError, ValueError, RecursionError, KeyError, TypeError, ServiceUnavailable):
            return None

    def save(self, token: Token) -> None:
        """Store a token completely or not at all, with mode 0600. The caller must hold the lock.

        Raises:
            DiskFull, SpotrecError: it cannot be stored; an earlier token is unchanged.
        """
        text = json.dumps({"owner": self._owner, "token": asdict(token)})
        with _translated(self.path.parent):
            files.write_whole(self.path, lambda part: part.write_text(text, encoding="utf-8"), mode=0o600)

    def delete(self) -> bool:
        """Delete the token. Returns whether there was one."""
        with _translated(self.path.parent):
            try:
                self.path.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return False
            return True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes and threads from renewing: Spotify accepts each refresh token only once."""
        with locked(self.path.parent):
            yield


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of all token files, and delete incomplete files that killed processes left."""
    with ExitStack() as stack:
        with _translated(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            _refuse_link(folder)
            folder.mkdir(mode=0o700, exist_ok=True)
            _keep_from_others(folder)
            stack.enter_context(files.locked(folder / ".lock"))
            files.sweep_parts(folder)
        yield


def delete_tokens(folder: Path, client_id: str | None) -> tuple[list[Path], int]:
    """Delete the token files of one client id, or of all (None).

    Returns:
        The deleted files, and the number of files that remain.
    """
    _refuse_link(folder)
    if not folder.is_dir():
        return [], 0
    with locked(folder), _translated(folder):
        found = sorted(path for flow in Flow for path in folder.glob(f"*.{flow}.json"))
        own = {TokenFile(folder, flow, client_id or "").path for flow in Flow}
        doomed = [path for path in found if client_id is None or path in own]
        for path in doomed:
            path.unlink(missing_ok=True)
    return doomed, len(found) - len(doomed)


def is_sound(token: object) -> TypeGuard[str]:
    """Whether `token` can be a token: text that fits in an HTTP header."""
    return isinstance(token, str) and 0 < len(token) <= _MAX_BYTES // 8 and all("!" <= c <= "~" for c in token)


def _refuse_link(folder: Path) -> None:
    """Refuse a link in place of the folder: tokens would go where it leads, and that folder's mode would change."""
    if folder.is_symlink():
        raise SpotrecError(
            f"the folder of Spotify's tokens, {folder}, is a symbolic link", "remove the link, then sign in again"
        )


def _keep_from_others(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchmod(handle, 0o700)
    finally:
        os.close(handle)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _translated(folder: Path) -> AbstractContextManager[None]:
    return files.translated(
        f"no room for Spotify's tokens in {folder}",
        lambda why: SpotrecError(
            f"Spotify's tokens cannot be stored in {folder}: {why}",
            "check the data folder, or choose another with SPOTREC_DATA_DIR",
        ),
    )
