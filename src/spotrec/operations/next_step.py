"""The next step of the pipeline, from what the store has."""

from spotrec.store import FeatureStore
from spotrec.track import Ears, ModelId


def way_to_features(store: FeatureStore | None, model: ModelId, options: str = "") -> str:
    """Return the commands that extract the first features of a model.

    Args:
        store: None if there is no store yet.
        options: what each command needs beside its name, as `" --model musicnn"`.
    """
    counts = store.counts(Ears.of(model)) if store else None
    extract = f"`spotrec extract{options}`"
    if not store or not counts or not counts.tracks:
        return f"crawl first: `spotrec crawl SOURCE`, then {extract}"
    if counts.with_audio or store.embeddings.count_by_model():  # audio that another model heard is fetched again
        return extract
    return f"no track has audio: `spotrec status` shows why; `spotrec crawl --retry`, then {extract}"


def way_to_index(store: FeatureStore | None, ears: Ears, options: str = "") -> str:
    """Return the commands that lead to the first index of some ears. The arguments are as in `way_to_features`."""
    index = f"`spotrec index{options}`"
    lacking = next((model for model in ears.models if not store or not store.counts(Ears.of(model)).embedded), None)
    if lacking:
        return f"{way_to_features(store, lacking, options)}, then {index}"
    return f"{index} builds it from the extracted features"
