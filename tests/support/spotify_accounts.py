"""A Spotify that users sign in to: its accounts service, and a Web API that takes only its tokens."""

import base64
import hashlib
import html
import itertools
import json
import time
from typing import Any
from urllib.parse import urlencode

from support.servers import Answer, FakeSpotify


class FakeAccounts(FakeSpotify):
    """`user` says yes to every app that asks, unless `denies` has an error to answer with."""

    def __init__(self) -> None:
        super().__init__()
        self.user: dict[str, Any] = {"id": "alice", "display_name": "Alice"}
        self.denies: str | None = None
        self.expires_in = 3600
        self.takes_s = 0.0
        """How long it takes to give a token."""
        self.rotates = True
        """Whether a refresh token is taken only once, as Spotify does with PKCE."""
        self.secrets: list[str] = []
        """All that was ever given or received and is nobody else's business."""
        self.bearers: list[str] = []
        """The tokens that the Web API was asked with."""
        self.authorizations: list[dict[str, str]] = []
        self.lacks_scopes: set[str] = set()
        """Scopes that users do not grant, and no token has."""
        self.client_secrets = {"client": "planted-secret"}
        self._codes: dict[str, dict[str, str]] = {}
        self._refresh: dict[str, str] = {}
        self._access: dict[str, dict[str, Any] | None] = {}
        self._numbers = itertools.count(1)

    def revoke_refresh_tokens(self) -> None:
        self._refresh.clear()

    def revoke_access_tokens(self) -> None:
        self._access.clear()

    def give_access(self, user: dict[str, Any] | None) -> str:
        """A token of a user, or of an app itself."""
        token = self._secret("access")
        self._access[token] = user
        return token

    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        if path == "/authorize":
            return self._authorize(query)
        if path == "/api/token":
            return self._token(query, headers)
        bearer = headers.get("Authorization", "").removeprefix("Bearer ")
        self.bearers.append(bearer)
        if bearer not in self._access:
            return Answer({"error": {"status": 401, "message": "The access token expired"}}, 401)
        if path.rstrip("/") == "/v1/me":
            return Answer(self._access[bearer] or {"error": {"status": 403, "message": "no user"}})
        return self._own_playlists(path, query, self._access[bearer]) or super().handle(path, query, headers)

    def own_playlists(self) -> list[dict[str, Any]]:
        """Those that were made through the Web API, the newest first, as `entries` holds their tracks' ids."""
        return [one for one in reversed(self.playlists.values()) if "owner" in one]

    def _own_playlists(self, path: str, query: dict[str, str], user: dict[str, Any] | None) -> Answer | None:
        sent: Any = json.loads(query["json"]) if "json" in query else None
        match path.strip("/").split("/"):
            case ["v1", "me", "playlists"] if user is None:
                return Answer({"error": {"status": 401, "message": "Valid user authentication required"}}, 401)
            case ["v1", "me", "playlists"] if sent is None:
                shown = [self._playlist_row(id_) for id_ in reversed(self.playlists) if "owner" in self.playlists[id_]]
                return Answer(self._page(shown, query, path, 50))
            case ["v1", "me", "playlists"]:
                return self._refusal(public=sent["public"]) or self._made(sent, user)
            case ["v1", "playlists", id_, "items"] if sent is not None and id_ in self.playlists:
                refusal = self._refusal(public=self.playlists[id_]["public"])
                return refusal or self._added(id_, sent, replaces=query.get("method") == "PUT")
        return None

    def _refusal(self, *, public: bool) -> Answer | None:
        scope = "playlist-modify-public" if public else "playlist-modify-private"
        lacks = {"error": {"status": 403, "message": "Insufficient client scope"}}
        return Answer(lacks, 403) if scope in self.lacks_scopes else None

    def _made(self, sent: dict[str, Any], user: dict[str, Any] | None) -> Answer:
        if not sent["name"]:
            return Answer({"error": {"status": 400, "message": "Missing required field: name"}}, 400)
        id_ = self.add_playlist(700_000 + next(self._numbers), [], sent["name"])
        self.playlists[id_] |= {"owner": user, "description": sent["description"], "public": sent["public"]}
        return Answer(self._playlist_row(id_), 201)

    def _added(self, id_: str, sent: Any, *, replaces: bool) -> Answer:
        uris = sent["uris"] if isinstance(sent, dict) else sent
        ids = [uri.removeprefix("spotify:track:") for uri in uris]
        if len(ids) > 100:
            return Answer(
                {"error": {"status": 400, "message": "You can add a maximum of 100 tracks per request."}}, 400
            )
        if not all(one in self.tracks for one in ids):
            return Answer({"error": {"status": 400, "message": "Payload contains a non-existing ID"}}, 400)
        self.playlists[id_]["entries"] = [*(() if replaces else self.playlists[id_]["entries"]), *ids]
        return Answer({"snapshot_id": f"AAAA{len(self.playlists[id_]['entries'])}"}, 201)

    def _playlist_row(self, id_: str) -> dict[str, Any]:
        playlist = self.playlists[id_]
        return {
            "type": "playlist",
            "id": id_,
            "uri": f"spotify:playlist:{id_}",
            "name": playlist["name"],
            "description": html.escape(playlist["description"]),
            "public": playlist["public"],
            "collaborative": False,
            "owner": {"type": "user", **playlist["owner"]},
            "external_urls": {"spotify": f"https://open.spotify.com/playlist/{id_}"},
            "items": {"href": f"https://api.spotify.com/v1/playlists/{id_}/items", "total": len(playlist["entries"])},
            "snapshot_id": f"AAAA{len(playlist['entries'])}",
        }

    def _authorize(self, query: dict[str, str]) -> Answer:
        self.authorizations.append(query)
        answer = {"state": query["state"]}
        if self.denies:
            answer["error"] = self.denies
        else:
            assert query["response_type"] == "code"
            assert query["code_challenge_method"] == "S256"
            answer["code"] = self._secret("code")
            self._codes[answer["code"]] = query
        return Answer("", 302, {"Location": f"{query['redirect_uri']}?{urlencode(answer)}"})

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> Answer:
        self.secrets += [value for name, value in form.items() if name in ("code_verifier", "refresh_token", "code")]
        time.sleep(self.takes_s)
        match form.get("grant_type"):
            case "authorization_code":
                asked = self._codes.pop(form["code"], None)
                if asked is None or not _belongs(form, asked):
                    return _refused("invalid_grant")
                scopes = [scope for scope in asked["scope"].split() if scope not in self.lacks_scopes]
                return self._granted(asked["client_id"], " ".join(scopes))
            case "refresh_token":
                if self._refresh.get(form["refresh_token"]) != form["client_id"]:
                    return _refused("invalid_grant", "Refresh token revoked")
                if self.rotates:
                    del self._refresh[form["refresh_token"]]
                return self._granted(form["client_id"], scope=None)
            case "client_credentials":
                self.secrets.append(headers["Authorization"].removeprefix("Basic "))
                id_, _, secret = base64.b64decode(self.secrets[-1]).decode().partition(":")
                if self.client_secrets.get(id_) != secret:
                    return _refused("invalid_client", "Invalid client secret")
                return Answer({"access_token": self.give_access(None), "expires_in": self.expires_in})
        return _refused("unsupported_grant_type")

    def _granted(self, client_id: str, scope: str | None) -> Answer:
        granted = {"access_token": self.give_access(self.user), "token_type": "Bearer", "expires_in": self.expires_in}
        if self.rotates or scope:
            refresh = self._secret("refresh")
            self._refresh[refresh] = client_id
            granted["refresh_token"] = refresh
        return Answer(granted | ({"scope": scope} if scope else {}))

    def _secret(self, kind: str) -> str:
        self.secrets.append(f"planted-{kind}-{next(self._numbers):04d}")
        return self.secrets[-1]


def _belongs(form: dict[str, str], asked: dict[str, str]) -> bool:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
    same = all(form[name] == asked[name] for name in ("client_id", "redirect_uri"))
    return same and challenge == asked["code_challenge"]


def _refused(error: str, description: str = "") -> Answer:
    return Answer({"error": error, "error_description": description}, 400)
