"""The options of a query, as `Criteria`."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from spotrec.errors import UsageError, quoted
from spotrec.names.artists import artist_keys
from spotrec.operations.options import Options
from spotrec.operations.view import View
from spotrec.query.criteria import Criteria
from spotrec.query.filters import FilterContext, conditions, several
from spotrec.query.seed import Seeds
from spotrec.track import TrackId


def criteria_of(view: View, options: Options) -> Criteria:
    """Return the criteria of these options.

    Raises:
        UsageError, NotFound: an option or a value is invalid, or a collection is not stored.
    """
    if unknown := set(options) - set(Options.__annotations__):
        raise UsageError(
            f"a query has no option {quoted(min(unknown))}", f"its options are {', '.join(Options.__annotations__)}"
        )
    store = view.session.store()

    def collection(name: str) -> str | Collection[TrackId]:
        from spotrec.operations.library import CrawledFolder, collection_or_folder  # most queries do not need it

        found = collection_or_folder(store, name, paths=view.allows_paths)
        return found.track_ids if isinstance(found, CrawledFolder) else found.id

    def tracks(name: str) -> Collection[TrackId]:
        from spotrec.operations.library import tracks_of_anything

        return tracks_of_anything(store, name, paths=view.allows_paths)

    passing = conditions(options, FilterContext(store, collection, tracks, view.note))
    return Criteria(
        n=options.get("n"),
        min_similarity=options.get("min_similarity"),
        max_per_artist=options.get("max_per_artist"),
        diversity=options.get("diversity", 0.0),
        shuffle=options.get("shuffle"),
        conditions=passing,
        excluded=_excluded(view, several(options.get("exclude_known"))),
    )


def beside_seeds(view: View, wanted: Criteria, options: Options, seeds: Seeds) -> Criteria:
    """Return the criteria with the conditions that depend on the seeds: `new_artists`.

    Raises:
        UsageError: there are no seeds to be new to.
    """
    if not options.get("new_artists"):
        return wanted
    if not seeds.likes:
        raise UsageError("`new_artists` needs a seed", "give a seed, or `new_artists_to` a collection")
    selection = view.session.store().selection
    played = [name for group in (*seeds.likes, *seeds.unlikes) for seed in group.seeds for name in seed.track.artists]
    names = [*played, *selection.artists_of(seeds.track_ids)]
    if not any(map(artist_keys, names)):
        view.note("no artist of the seeds is known, so all artists count as new")
    excluded = wanted.conditions.excluded | frozenset(selection.by_artists(names))
    return replace(wanted, conditions=replace(wanted.conditions, excluded=excluded))


def _excluded(view: View, names: Sequence[str]) -> frozenset[TrackId]:
    if not names:
        return frozenset()
    from spotrec.operations.library import tracks_of_anything  # most queries do not need it

    store = view.session.store()
    return frozenset[TrackId]().union(*(tracks_of_anything(store, name, paths=view.allows_paths) for name in names))
