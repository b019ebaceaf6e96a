"""The operations of the package, one module each: functions over a session. A module is imported on first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spotrec.operations import account as account
    from spotrec.operations import add as add
    from spotrec.operations import audio as audio
    from spotrec.operations import cache as cache
    from spotrec.operations import copy_cache as copy_cache
    from spotrec.operations import crawl as crawl
    from spotrec.operations import doctor as doctor
    from spotrec.operations import duplicates as duplicates
    from spotrec.operations import embed as embed
    from spotrec.operations import evaluate as evaluate
    from spotrec.operations import extract as extract
    from spotrec.operations import features as features
    from spotrec.operations import heard as heard
    from spotrec.operations import index as index
    from spotrec.operations import journey as journey
    from spotrec.operations import lists as lists
    from spotrec.operations import map as map  # noqa: A004 - the operation's name
    from spotrec.operations import models as models
    from spotrec.operations import play_station as play_station
    from spotrec.operations import playlist as playlist
    from spotrec.operations import publish as publish
    from spotrec.operations import query as query
    from spotrec.operations import remove as remove
    from spotrec.operations import server_items as server_items
    from spotrec.operations import server_query as server_query
    from spotrec.operations import similar_artists as similar_artists
    from spotrec.operations import stations as stations
    from spotrec.operations import status as status
    from spotrec.operations import sync as sync
    from spotrec.operations import taste as taste
    from spotrec.operations import taste_file as taste_file
    from spotrec.operations import tracks as tracks
    from spotrec.operations import watch as watch
    from spotrec.operations import write_tags as write_tags


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    return import_module(f"{__name__}.{name}")
