"""The next step of the pipeline, from what the store has."""

from spotrec.store import FeatureStore
from spotrec.track import Ears, ModelId


def way_to_features(store: FeatureStore | None, model: ModelId) -> str:
    """Return the commands that extract the first features of a model.

    Args:
        store: None if there is no store yet.
    """
    counts = store.counts(Ears.of(model)) if store else None
    if not store or not counts or not counts.tracks:
        return "crawl first: `spotrec crawl SOURCE`, then `spotrec extract`"
    if counts.with_audio or store.embeddings.count_by_model():  # audio that another model heard is fetched again
        return "`spotrec extract`"
    return "no track has audio: `spotrec status` shows why; `spotrec crawl --retry`, then `spotrec extract`"


def way_to_index(store: FeatureStore | None, ears: Ears) -> str:
    """Return the commands that lead to the first index of some ears. The store is as in `way_to_features`."""
    lacking = next((model for model in ears.models if not store or not store.counts(Ears.of(model)).embedded), None)
    if lacking:
        return f"{way_to_features(store, lacking)}, then `spotrec index`"
    return "`spotrec index` builds it from the extracted features"


def in_fewer_excerpts(n: int, n_tracks: int, excerpts: int) -> str:
    """Say that some tracks of an index were heard in fewer excerpts than others, and what to do."""
    were = "was" if n == 1 else "were"
    return (
        f"{n:,} of {n_tracks:,} tracks {were} heard in fewer than {excerpts} excerpts, which finds a little less: "
        f"`spotrec extract --excerpts {excerpts}`, then `spotrec index`"
    )
