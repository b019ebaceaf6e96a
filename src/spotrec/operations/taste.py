"""Taste: remember what a person likes, dislikes and bans, and take it back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.errors import ExitCode, NotFound, SeveralMatch, UsageError, quoted
from spotrec.names.artists import artist_key, split_at_slashes
from spotrec.names.recordings import recording_key
from spotrec.names.titles import normalised, one_line, song_title
from spotrec.operations.library import is_prefixed, track_or_collection_named, tracks_named
from spotrec.operations.seeds import with_id
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.query.filters import named
from spotrec.query.lookup import words_of_one_name
from spotrec.store import FeatureStore, Signal, Subject, Thing, Verb
from spotrec.store.taste import OPINIONS
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.crawl.sources import ListedTrack, NamedSource

_BATCH = 100
_BETWEEN = " - "
_MOST_SPLITS = 5
_LONG = 8


@dataclass(frozen=True, slots=True)
class Unknown:
    """An entry of a list that could not be used, and why."""

    name: str
    reason: str


@dataclass(slots=True)
class TasteReport:
    """What was noted, or taken back.

    Attributes:
        verb: like, dislike, ban, unban or forget.
        signals: what was noted or taken back, as the store has or had it.
        unknown: entries of lists that were not used.
        notes: messages, which progress has shown too.
    """

    verb: str
    signals: list[Signal] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """PARTIAL if entries of lists were not used."""
        return ExitCode.PARTIAL if self.unknown else ExitCode.DONE


def say(
    session: Session,
    verb: Verb,
    names: Sequence[str],
    *,
    lists: Sequence[str],
    source: str,
    paths: bool,
    progress: Progress | None,
) -> TasteReport:
    """See `Recommender.like`."""
    if not names and not lists:
        raise UsageError(f"there is nothing to {verb}", "give a track, artist:NAME or album:NAME, or a list of tracks")
    with session.view(progress, paths=paths) as view:
        store, report = session.store(), TasteReport(verb)
        with words_of_one_name(store, names):
            subjects = [_subject(view, name) for name in names]
        store.taste.say(verb, subjects, source)
        _add(report, store, verb, subjects)
        for one in lists:
            _say_list(view, verb, one, report)
        _note_bans(view, report)
        report.notes = list(view.notes)
        return report


def take_back(
    session: Session, verb: str, names: Sequence[str], *, paths: bool, progress: Progress | None
) -> TasteReport:
    """See `Recommender.unban` and `Recommender.forget_opinion`."""
    verbs = (Verb.BAN,) if verb == "unban" else OPINIONS
    with session.view(progress, paths=paths) as view:
        store, report = session.store(), TasteReport(verb)
        for name in names:
            found = _meant(view, verbs, name)
            if not found:
                view.note(f"{quoted(name)} was not {'banned' if verb == 'unban' else 'liked or disliked'}")
            report.signals += [one for one in found if one not in report.signals]
        store.taste.take_back([one.id for one in report.signals])
        report.notes = list(view.notes)
        return report


def take_back_one(session: Session, signal_id: int) -> Signal:
    """See `Recommender.take_back`."""
    with session.view():
        store = session.store()
        found = store.taste.get(signal_id)
        if found is None:
            raise NotFound(f"nothing with the number {signal_id} was liked, disliked or banned", "`spotrec taste`")
        store.taste.take_back([signal_id])
        return found


def taste(
    session: Session, *, verbs: Sequence[str], track_id: str | None = None, limit: int | None = None
) -> list[Signal]:
    """See `Recommender.taste`."""
    chosen = [_verb(verb) for verb in verbs] or list(Verb)
    with session.view():
        store = session.store()
        if track_id is None:
            return store.taste.signals(chosen, -1 if limit is None else limit)
        track = with_id(store, track_id)
        subject = store.taste.subject(track) if track else Subject(Thing.TRACK, "", keys=frozenset({f"id {track_id}"}))
        return store.taste.about(chosen, subject)


def _verb(verb: str) -> Verb:
    if verb not in tuple(Verb):
        raise UsageError(f"there is no {quoted(verb)}", f"choose from {', '.join(Verb)}")
    return Verb(verb)


def _subject(view: View, name: str) -> Subject:
    """Return the thing that a name means.

    Raises:
        NotFound: no stored track has this name, or no stored track is on this album.
        UsageError: it could mean several things, or a collection.
    """
    store, name, path = view.session.store(), _utf8(name), name
    if is_prefixed(name) and not (view.allows_paths and _is_file(path)):
        kind, _, value = name.strip().partition(":")
        return _artist(view, value) if kind.lower() == Thing.ARTIST else _album(store, value)
    return store.taste.subject(_track(view, name, path))


def _track(view: View, name: str, path: str) -> Track:
    store = view.session.store()
    if found := with_id(store, name.strip()):
        return found
    if not view.allows_paths:
        raise NotFound(f"there is no stored track {quoted(name)}", "give the id of a stored track")
    try:
        known = track_or_collection_named(store, name)
    except NotFound as missing:
        if _is_file(path) and (found := _in_file(view, path)):
            return found
        raise NotFound(missing.message, "`spotrec tracks WORDS` lists the stored tracks; crawl it first") from missing
    if not isinstance(known, Track):
        raise UsageError(
            f"{quoted(name)} is a collection", "give a track, artist:NAME or album:NAME, or a list of tracks as `lists`"
        )
    return known


def _in_file(view: View, name: str) -> Track | None:
    """Return the stored track with the content, or the audio, of a file that is somewhere else now."""
    from spotrec.crawl.open_sources import Sources
    from spotrec.links import FileReference
    from spotrec.system.files import from_home

    session = view.session
    sources = Sources(view.settings, session.store(), session.http, session.tag_pool)
    return _stored(session.store(), sources.look_up(FileReference(from_home(name))))


def _artist(view: View, name: str) -> Subject:
    """Return an artist with all stored spellings of the name; one who is not stored has the name alone."""
    from spotrec.names.spellings import letters

    shown = one_line(named(name, "artist:"))
    key = artist_key(shown)
    if not key:
        raise UsageError(f"{quoted(shown)} is nobody's name", "give the name of one artist")
    stored = [part for one in view.session.store().selection.artists(shown) for part in _names_in(one)]
    same = [one for one in stored if artist_key(one) == key] or [
        one for one in stored if letters(one) == letters(shown)
    ]
    if not same:
        near = _hint(view.session.store(), f"artist:{shown}")
        view.note(f"no stored track is by {quoted(shown)} yet; it is noted under this name{near}")
        return Subject(Thing.ARTIST, shown)
    spellings = {artist_key(one): one for one in reversed(same)}
    return Subject(Thing.ARTIST, same[0], tuple(one for one in spellings.values() if one != same[0]))


def _names_in(artist: str) -> Iterator[str]:
    yield artist
    yield from (part for part in split_at_slashes(artist) if part != artist)


def _hint(store: FeatureStore, name: str) -> str:
    try:
        tracks_named(store, name, whole=True)
    except NotFound as missing:
        return f" ({missing.hint})" if missing.hint.startswith("do you mean") else ""
    return ""


def _album(store: FeatureStore, name: str) -> Subject:
    """Return an album, `NAME` or `ARTIST - NAME`: whose it is, if one artist is on all of its tracks."""
    album = one_line(named(name, "album:"))
    ids = store.selection.on_album(album, whole=True)
    parts = album.split(_BETWEEN)
    for i in range(1, 1 if ids else min(len(parts), _MOST_SPLITS)):
        artist, rest = _BETWEEN.join(parts[:i]).strip(), _BETWEEN.join(parts[i:]).strip()
        if artist and rest and not ids:
            by = set(store.selection.by_artist(artist, whole=True))
            ids = [id_ for id_ in store.selection.on_album(rest, whole=True) if id_ in by]
    if not ids:
        ids = tracks_named(store, f"album:{album}", whole=True)  # raises
    tracks = list(store.tracks.get_many(ids).values())
    on_all = set.intersection(*({artist_key(one) for one in track.artists} for track in tracks)) - {""}
    common = [one for one in tracks[0].artists if artist_key(one) in on_all]
    return Subject(Thing.ALBUM, tracks[0].album or album, tuple(common[:1]))


def _say_list(view: View, verb: Verb, name: str, report: TasteReport) -> None:
    """Note the tracks of a list, a batch at a time. What is not stored is told."""
    from spotrec.crawl.open_sources import Sources

    session, store = view.session, view.session.store()
    sources = Sources(view.settings, store, session.http, session.tag_pool, only_stored=True)
    source: NamedSource = sources.by_text(name)
    where = _kind_of_list(name)
    with view.progress.meter(f"{verb} {source.name}") as meter:
        for listing in source.open().listings():
            report.unknown += [Unknown(one.name, one.reason) for one in listing.skipped]
            for start in range(0, len(listing.tracks), _BATCH):
                batch = listing.tracks[start : start + _BATCH]
                known = [(listed.track, _stored(store, listed)) for listed in batch]
                subjects = [store.taste.subject(track) for _, track in known if track]
                store.taste.say(verb, subjects, where)
                _add(report, store, verb, subjects)
                report.unknown += [Unknown(track.name, "not stored") for track, stored in known if not stored]
                meter.advance(len(batch))


def _stored(store: FeatureStore, listed: "ListedTrack") -> Track | None:
    """Return the stored track of an entry: by id, ISRC, audio or name."""
    track = listed.track
    if found := store.tracks.get(store.tracks.id_of(track)):
        return found
    ids: list[TrackId] = store.files.with_sound(listed.file.sound)[:1] if listed.file and listed.file.sound else []
    ids = ids or store.tracks.of_recording(recording_key(track.title, track.artists))[:1]
    return next((found for id_ in ids if (found := store.tracks.get(id_))), None)


def _add(report: TasteReport, store: FeatureStore, verb: Verb, subjects: Iterable[Subject]) -> None:
    seen = {one.id for one in report.signals}
    for subject in subjects:
        for one in store.taste.about([verb], subject):
            if one.id not in seen:
                seen.add(one.id)
                report.signals.append(one)


def _note_bans(view: View, report: TasteReport) -> None:
    """Say of what was liked, and is banned, that it stays banned."""
    if report.verb != Verb.LIKE:
        return
    store = view.session.store()
    for one in report.signals:
        if store.taste.about([Verb.BAN], one.subject):
            view.note(f"{quoted(one.subject.name)} stays banned, so it is not recommended")


def _meant(view: View, verbs: Sequence[Verb], name: str) -> list[Signal]:
    """Return what was said of the thing that a name means, which need not be stored any more.

    Raises:
        NotFound: nothing stored has this name, and nothing was said of something called so.
        SeveralMatch: it was said of several things called so.
    """
    taste, name = view.session.store().taste, _utf8(name)
    said = taste.signals(verbs)
    if found := [one for one in said if _is_called(one.subject, name)]:
        return found
    try:
        return taste.about(verbs, _subject(view, name))
    except NotFound as missing:
        words = normalised(name).split()
        found = [one for one in said if words and set(words) <= set(_words(one.subject))]
        if len(found) > 1:
            raise SeveralMatch(
                f"{quoted(name)} matches {len(found)}", name, [(_name(one), _title(one)) for one in found]
            ) from None
        if not found and view.allows_paths:  # to crawl it would not help
            raise NotFound(missing.message, "`spotrec taste` lists what you like, dislike and ban") from missing
        if not found:
            raise
        return found


def _is_called(subject: Subject, name: str) -> bool:
    text = name.strip()
    kind, _, value = text.partition(":")
    match kind.lower(), subject.thing:
        case "artist", Thing.ARTIST:
            return artist_key(value) in {artist_key(one) for one in (subject.name, *subject.artists)}
        case "album", Thing.ALBUM:
            with_artists = {song_title(f"{one}{_BETWEEN}{subject.name}") for one in subject.artists}
            return song_title(value) in {song_title(subject.name), *with_artists}
    return subject.thing is Thing.TRACK and f"id {text}" in subject.keys


def _words(subject: Subject) -> list[str]:
    return normalised(" ".join((subject.name, *subject.artists))).split()


def _name(one: Signal) -> str:
    return str(one.subject.track_id) if one.subject.thing is Thing.TRACK else f"{one.subject.thing}:{one.subject.name}"


def _title(one: Signal) -> str:
    return ", ".join((*one.subject.artists, one.subject.name))


def _kind_of_list(name: str) -> str:
    """Return the kind of a list, by its suffix: m3u, csv, …; `list` for anything else."""
    suffix = Path(name).suffix.lower().lstrip(".")
    return {"m3u8": "m3u"}.get(suffix, suffix) if suffix.isalnum() and len(suffix) < _LONG else "list"


def _utf8(text: str) -> str:
    """Return text that SQLite accepts: an argument need not be UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _is_file(name: str) -> bool:
    from spotrec.system.files import from_home

    try:
        return from_home(name).is_file()
    except (OSError, ValueError, RuntimeError):  # some texts are not valid paths
        return False
