"""Duplicates: recordings that are in the catalogue more than once, why, what differs, and which copy looks best."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import numpy as np

from spotrec.audio.fingerprint import VERSION
from spotrec.errors import IndexFault, UsageError, quoted
from spotrec.index.index import Index
from spotrec.names.artists import artist_key
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.query.near_copies import MAX_DIFFERENCE_MS, near_copies
from spotrec.query.same_recordings import same_recordings
from spotrec.store import FeatureStore, FileState, ServerItem
from spotrec.track import Track, TrackId, track_ids
from spotrec.vectors import FloatArray

_OTHER_SOUND = 0.3
"""Whole files of one name and one length that are less similar than this are two recordings."""
_LOSSLESS_SUFFIXES = ("FLAC", "WAV", "AIFF", "APE", "WV", "DSF", "DFF", "TTA", "TAK", "SHN", "W64")
_WORTH = {"Opus": 1.6, "AAC": 1.3, "Vorbis": 1.3, "Musepack": 1.3}
"""What a kilobit of a format is worth, in kilobits of MP3."""


class Why(StrEnum):
    """What tells that two copies are one recording, surest first."""

    CONTENT = "content"
    SOUND = "sound"
    ISRC = "isrc"
    NAME = "name"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a recording: a file here, an item of a music server, or a track without either.

    Attributes:
        item: the music server's own id; None for a file.
        format: as people write it: FLAC, MP3; None if it is not known.
        bit_rate_kbps: of the whole file with its tags and pictures.
        similarity: of its track's sound with the best copy's, -1 to 1; None if one was not heard.
        is_missing: whether the file cannot be read now.
    """

    track: Track
    path: str | None = None
    item: str | None = None
    n_bytes: int | None = None
    format: str | None = None
    is_lossless: bool = False
    sample_rate_hz: int | None = None
    similarity: float | None = None
    is_missing: bool = False

    @property
    def bit_rate_kbps(self) -> int | None:
        if not self.n_bytes or not self.track.duration_ms:
            return None
        return round(8 * self.n_bytes / self.track.duration_ms)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Copies of one recording, the one that looks best first.

    Attributes:
        number: 1 for the first group.
        why: what tells that they are one recording, surest first.
        differs: in what they differ, besides their places.
    """

    number: int
    why: tuple[Why, ...]
    differs: tuple[str, ...]
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The groups of copies, those with most copies first.

    Attributes:
        n_tracks: how many tracks the catalogue has.
        n_compared: how many of them were compared by their sound.
        index: the index that the sound was compared in; None if there is none.
    """

    groups: list[Duplicate]
    n_tracks: int
    n_compared: int
    index: str | None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Links:
    """Tracks that are one recording, joined pair by pair (union-find)."""

    _parents: dict[TrackId, TrackId] = field(default_factory=dict)
    _reasons: list[tuple[TrackId, Why]] = field(default_factory=list)

    def join(self, one: TrackId, other: TrackId, why: Why) -> None:
        self._parents[self._root(other)] = self._root(one)
        self._reasons.append((one, why))

    def groups(self) -> Iterator[tuple[list[TrackId], set[Why]]]:
        """Yield the tracks of each recording in order of id, and what joined them."""
        members, reasons = defaultdict(list), defaultdict(set)
        for id_ in sorted(self._parents):
            members[self._root(id_)].append(id_)
        for id_, why in self._reasons:
            reasons[self._root(id_)].add(why)
        for root, ids in members.items():
            yield ids, reasons[root]

    def _root(self, id_: TrackId) -> TrackId:
        self._parents.setdefault(id_, id_)
        while (parent := self._parents[id_]) != id_:
            self._parents[id_] = id_ = self._parents[parent]
        return id_


def duplicates(
    session: Session, *, by: Sequence[str], files: bool, collection: str | None, progress: Progress | None
) -> Duplicates:
    """See `Recommender.duplicates`."""
    wanted = _reasons(by)
    with session.view(progress) as view:
        store = view.session.store()
        with store.at_one_moment():
            within = _tracks_of(store, collection)
            index = _index(view) if Why.AUDIO in wanted else None
            links = _Links()
            n_compared = _by_audio(view, index, links) if Why.AUDIO in wanted else 0
            several = _by_the_store(store, index, links, wanted)
            groups = _groups(store, links, several, within)
            vectors = _vectors(index, {copy.track.id for group in groups for copy in group.copies})
            n_tracks = store.counts(view.ears).tracks
        with view.progress.meter("read the files", sum(len(group.copies) for group in groups), "files") as meter:
            known = []
            for group in groups:
                known.append(_with_similarities(_with_files(group), vectors))
                meter.advance(len(group.copies))
        if files:
            known = [_of_files(group) for group in known]
        found = [group for group in known if len(group.copies) > 1 and wanted.intersection(group.why)]
        found.sort(
            key=lambda group: (-len(group.copies), group.copies[0].track.name.casefold(), group.copies[0].track.id)
        )
        return Duplicates(
            [replace(group, number=number) for number, group in enumerate(found, 1)],
            n_tracks,
            n_compared,
            index.name if index else None,
            tuple(view.notes),
        )


def _reasons(by: Sequence[str]) -> set[Why]:
    try:
        return {Why(one.strip().lower()) for text in by for one in text.split(",")} or set(Why)
    except ValueError as exc:
        raise UsageError(
            f"{quoted(', '.join(by))} is not what copies are found by", f"choose from {', '.join(Why)}"
        ) from exc


def _tracks_of(store: FeatureStore, collection: str | None) -> set[TrackId] | None:
    if collection is None:
        return None
    from spotrec.operations.library import tracks_of_anything

    return tracks_of_anything(store, collection)


def _index(view: View) -> Index | None:
    try:
        return view.index()
    except IndexFault as fault:
        view.note(f"only fingerprints of tracks are compared, not their sound: {fault.message} ({fault.hint})")
        return None


def _by_audio(view: View, index: Index | None, links: _Links) -> int:
    """Join tracks whose fingerprints agree, or that sound the same, and are as long; return how many were compared."""
    store = view.session.store()
    lengths = store.copies.durations_ms()
    fingerprints = dict(store.fingerprints.of_catalogue(VERSION))
    with view.progress.meter("compare fingerprints", len(fingerprints)) as meter:
        for same in same_recordings(fingerprints, lengths, meter, most_ms=MAX_DIFFERENCE_MS):
            links.join(same.one, same.other, Why.AUDIO)
    if n_without := store.fingerprints.count_without(VERSION):
        tracks = "1 track has" if n_without == 1 else f"{n_without:,} tracks have"
        view.note(
            f"{tracks} no fingerprint, so only copies that sound nearly the same are found: `spotrec extract --tempo` "
            "hears fingerprints in the audio at hand"
        )
    compared = set(fingerprints)
    if index is not None:
        with view.progress.meter("compare the sound", len(index)) as meter:
            for near in near_copies(index, lengths, meter):
                links.join(near.one, near.other, Why.AUDIO)
        compared.update(id_ for block in index.blocks() for id_ in track_ids(block.ids.tolist()))
    return len(compared)


def _by_the_store(store: FeatureStore, index: Index | None, links: _Links, wanted: set[Why]) -> list[TrackId]:
    """Join tracks of which the store knows that they are copies; return the tracks that are copies by themselves."""
    known = store.copies.find()
    for reason, groups in ((Why.SOUND, known.by_sound), (Why.AUDIO, known.by_audio)):
        for ids in groups.values() if reason in wanted else ():
            for one, other in pairwise(ids):
                links.join(one, other, reason)
    if Why.NAME in wanted:
        named = {key: ids for key, ids in known.by_name.items() if artist_key(key.partition("\t")[0])}
        _by_name(store, index, links, list(named.values()))
    return known.with_several_files


def _by_name(store: FeatureStore, index: Index | None, links: _Links, groups: Sequence[list[TrackId]]) -> None:
    """Join tracks of one name and length, unless whole files of them sound different."""
    every = [id_ for ids in groups for id_ in ids]
    tracks, whole = store.tracks.get_many(every), store.copies.heard_whole(every)
    vectors = _vectors(index, whole)
    for ids in groups:
        first: list[TrackId] = []  # the first track of each length
        for id_ in ids:
            length = tracks[id_].duration_ms
            for other in first:
                known = tracks[other].duration_ms
                agrees = length is None or known is None or abs(length - known) <= MAX_DIFFERENCE_MS
                if agrees and not _differ(vectors.get(id_), vectors.get(other)):
                    links.join(other, id_, Why.NAME)
                    break
            else:
                first.append(id_)


def _differ(one: FloatArray | None, other: FloatArray | None) -> bool:
    return one is not None and other is not None and float(one @ other) < _OTHER_SOUND


def _vectors(index: Index | None, ids: Iterable[TrackId]) -> dict[TrackId, FloatArray]:
    if index is None:
        return {}
    return {
        id_: vector
        for block in index.among(set(ids)).blocks()
        for id_, vector in zip(track_ids(block.ids.tolist()), np.asarray(block.vectors), strict=True)
    }


def _groups(
    store: FeatureStore, links: _Links, several: Sequence[TrackId], within: set[TrackId] | None
) -> list[Duplicate]:
    """Return the groups, with what the store knows of each copy."""
    joined = list(links.groups())
    grouped = {id_ for ids, _ in joined for id_ in ids}
    joined += [([id_], set()) for id_ in several if id_ not in grouped]
    if within is not None:
        joined = [(kept, why) for ids, why in joined if (kept := [id_ for id_ in ids if id_ in within])]
    every = [id_ for ids, _ in joined for id_ in ids]
    tracks, places, items = store.tracks.get_many(every), store.files.places(every), store.server_items.of(every)
    groups = []
    for ids, why in joined:
        copies: list[Copy] = []
        for id_ in ids:
            if id_ in tracks:
                own, files = list(_copies(tracks[id_], places.get(id_, ()), items.get(id_, ()))), places.get(id_, ())
                copies += own
                if len(own) > 1:
                    why.add(_why_merged(tracks[id_], files))
        groups.append(Duplicate(0, tuple(one for one in Why if one in why), (), tuple(copies)))
    return [group for group in groups if len(group.copies) > 1]


def _with_similarities(group: Duplicate, vectors: Mapping[TrackId, FloatArray]) -> Duplicate:
    """Return the group with the similarity of each copy to the first."""
    best = vectors.get(group.copies[0].track.id)
    if best is None:
        return group
    known = {one.track.id: vectors[one.track.id] for one in group.copies if one.track.id in vectors}
    cosines = {id_: min(max(float(best @ vector), -1.0), 1.0) for id_, vector in known.items()}
    return replace(group, copies=tuple(replace(one, similarity=cosines.get(one.track.id)) for one in group.copies))


def _copies(track: Track, files: Sequence[FileState], items: Sequence[ServerItem]) -> Iterator[Copy]:
    """Yield the copies that a track is: its files, else its items on the server that listed it last, else itself."""
    if files:
        for file in files:
            yield Copy(track, file.path, n_bytes=file.n_bytes or None)
    elif items:
        for item in items:
            if item.server == items[0].server:  # another server may have the same files
                yield Copy(track, item.path, item.item_id, item.n_bytes)
    else:
        yield Copy(track)


def _why_merged(track: Track, files: Sequence[FileState]) -> Why:
    """Return why several files are one track: the store joins files of one content, and recordings of one ISRC."""
    sounds = {file.sound for file in files}
    is_same = len({file.n_bytes for file in files}) == 1 or (len(sounds) == 1 and None not in sounds)
    return Why.CONTENT if is_same or not track.isrc else Why.ISRC


def _with_files(group: Duplicate) -> Duplicate:
    """Return the group with the formats of its files, best copy first, and with what differs."""
    copies = [_with_format(copy) if copy.path and copy.item is None else _by_suffix(copy) for copy in group.copies]
    best = max(copies, key=_quality)
    ordered = sorted(copies, key=lambda copy: (copy is not best, *(-one for one in _quality(copy)), copy.path or ""))
    return replace(group, differs=tuple(_differences(copies)), copies=tuple(ordered))


def _with_format(copy: Copy) -> Copy:
    from spotrec.audio.formats import format_of_file

    assert copy.path is not None
    try:
        found = format_of_file(Path(copy.path))
    except (OSError, ValueError):  # it is gone, its disk is not mounted, or its path is none here
        return replace(_by_suffix(copy), is_missing=True)
    if found is None:
        return _by_suffix(copy)
    return replace(copy, format=found.name, is_lossless=found.is_lossless, sample_rate_hz=found.sample_rate_hz)


def _by_suffix(copy: Copy) -> Copy:
    """Return the copy with the format that its name says, if it says one."""
    suffix = Path(copy.path).suffix.lstrip(".").upper() if copy.path else ""
    return replace(copy, format=suffix or None, is_lossless=suffix in _LOSSLESS_SUFFIXES)


def _quality(copy: Copy) -> tuple[float, ...]:
    """Return what to prefer a copy by: there, lossless, the bit rate, the sample rate, a whole description, longer."""
    track = copy.track
    rate = (copy.bit_rate_kbps or 0) * _WORTH.get(copy.format or "", 1.0)
    return (
        not copy.is_missing and copy.n_bytes is not None,
        copy.is_lossless,
        0 if copy.is_lossless else rate,
        copy.sample_rate_hz or 0,
        sum(value is not None for value in (track.album, track.isrc, track.release_date, track.genre)),
        track.duration_ms or 0,
    )


def _differences(copies: Sequence[Copy]) -> Iterator[str]:
    """Return in what copies differ: of their audio only what is known of both, of their tags also that one has none."""
    values: dict[str, Collection[object]] = {
        "format": {copy.format for copy in copies} - {None},
        "bit rate": {copy.bit_rate_kbps for copy in copies} - {None},
        "sample rate": {copy.sample_rate_hz for copy in copies} - {None},
        "length": {copy.track.duration_ms for copy in copies} - {None},
        "size": {copy.n_bytes for copy in copies} - {None},
        "title": {copy.track.title for copy in copies},
        "artist": {copy.track.artists for copy in copies},
        "album": {copy.track.album for copy in copies},
    }
    yield from (name for name, found in values.items() if len(found) > 1)


def _of_files(group: Duplicate) -> Duplicate:
    """Return the group with only the user's own files."""
    copies = tuple(copy for copy in group.copies if copy.path and copy.item is None)
    return replace(group, copies=copies, differs=tuple(_differences(copies)))
