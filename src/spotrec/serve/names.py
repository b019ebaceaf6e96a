"""What clients call things: a collection that lies on this machine has a name that does not say where."""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from spotrec.errors import NotFound, quoted
from spotrec.operations.library import FOLDER, LIST, M3U, PLAYLIST
from spotrec.operations.seeds import Heard, TypedSeed
from spotrec.serve.uploads import Uploads
from spotrec.store import FeatureStore, KnownCollection

_LOCAL = (FOLDER, M3U, LIST, PLAYLIST)
_HIDDEN = re.compile(rf"(?P<prefix>(?:collection:)?)(?P<id>(?:{'|'.join(_LOCAL)})[0-9a-f]{{16}})")
_PLAIN = re.compile(rf"(?:collection:)?(?:{'|'.join(_LOCAL)}).*[/\\]", re.DOTALL)


def web_id(collection_id: str) -> str:
    """Return the id by which clients know a collection: `folder:` and a digest for one on this machine."""
    prefix = next((prefix for prefix in _LOCAL if collection_id.startswith(prefix)), None)
    if prefix is None:
        return collection_id
    return prefix + sha256(collection_id.encode("utf-8", "replace")).hexdigest()[:16]


def collection_of(store: FeatureStore, web: str) -> KnownCollection:
    """Return the collection with an id of `web_id`.

    Raises:
        NotFound: there is no such collection.
    """
    for known in store.collections.get():
        if web_id(known.id) == web:
            return known
    raise NotFound(f"there is no stored collection {quoted(web)}")


def stored_name(store: FeatureStore, name: str) -> str:
    """Return the name by which the store knows what a client calls `name`.

    Raises:
        NotFound: it is the place of a collection on this machine, which clients cannot know.
    """
    if found := _HIDDEN.fullmatch(name.strip()):
        return found["prefix"] + collection_of(store, found["id"]).id
    if _PLAIN.match(name.strip()):
        raise NotFound(f"there is no stored collection {quoted(name)}")
    return name


def stored_names(store: FeatureStore, uploads: Uploads, given: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a query with the names by which the store knows seeds and collections."""
    found = dict(given)
    for option in ("collection", "exclude_known", "new_artists_to"):
        if names := found.get(option):
            found[option] = [stored_name(store, name) for name in names]
    for option in ("like", "unlike"):
        if names := found.get(option):
            found[option] = seeds(store, uploads, names)
    return found


def seeds(store: FeatureStore, uploads: Uploads, names: Sequence[str]) -> list[str | TypedSeed]:
    """Return seeds that clients name: also uploads that this service has heard."""
    return [_seed(store, uploads, name) for name in names]


def _seed(store: FeatureStore, uploads: Uploads, name: str) -> str | TypedSeed:
    if (uploaded := uploads.get(name.strip())) and not store.tracks.get(name.strip()):
        return Heard(uploaded)
    return stored_name(store, name)
