"""Radio: keep the queue of a player filled with tracks that go on from what plays."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from spotrec.errors import NotFound, UsageError, printable
from spotrec.mpd.address import address_of
from spotrec.mpd.player import MpdPlayer, PlayerGone, PlayerState, QueueFull, Song
from spotrec.operations.criteria import beside_seeds, criteria_of
from spotrec.operations.heard import note
from spotrec.operations.mpd_library import MpdLibrary
from spotrec.operations.options import Options
from spotrec.operations.query import mood_of, names_for_reasons
from spotrec.operations.seeds import SeedFinder, StoredTrack, TypedSeed
from spotrec.operations.session import Session
from spotrec.operations.stored_taste import StoredTaste, beside_taste
from spotrec.operations.view import View
from spotrec.progress import Meter, Progress
from spotrec.query.filters import several
from spotrec.query.mood_score import MoodScore
from spotrec.query.query import Recommendation
from spotrec.query.radio import REMEMBERED, Before, NextTracks, Play, Taste, is_heard, is_skip, next_tracks, taste_of
from spotrec.query.ranking import Weighted
from spotrec.query.reasons import with_reasons
from spotrec.query.seed import Seeds
from spotrec.store import Clause, Verb
from spotrec.track import Track, TrackId

AHEAD = 5
MOST_AHEAD = 200
_LATEST = 5
"""So many tracks before the next one count for `max_per_artist`."""
SKIPPED = "mpd-skip"
"""Where a dislike comes from that is a skip."""
_FIRST_RETRY_S, _LONGEST_RETRY_S = 1.0, 30.0
_IN_A_FILE = "path is not null or exists (select 1 from local_file where local_file.track_id = track.id)"

_IN_THE_LIBRARY = "id not in (select value from json_each(:radio_left_out))"


@dataclass(slots=True)
class RadioReport:
    """What a radio did.

    Attributes:
        added: the tracks that were added to the queue, in order.
        skipped: the tracks that were skipped.
        left_out: how many tracks with files were not added because the player's library does not have them.
    """

    added: list[Recommendation] = field(default_factory=list)
    skipped: list[Track] = field(default_factory=list)
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioOptions:
    """What to play: see `Recommender.radio`."""

    seeds: Sequence[str | TypedSeed] = ()
    unlike: Sequence[str | TypedSeed] = ()
    mood: str | None = None
    mood_weight: float | None = None
    ahead: int = AHEAD
    fetch: bool = True
    learn: bool = True
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        if not 1 <= self.ahead <= MOST_AHEAD:
            raise UsageError(f"`ahead` must be 1 to {MOST_AHEAD}, not {self.ahead}", "5 is the default")

    @property
    def has_start(self) -> bool:
        """Whether it can start without anything that plays."""
        return bool(self.seeds or self.mood)


def radio(
    session: Session,
    wanted: RadioOptions,
    *,
    once: bool,
    stop: threading.Event | None,
    progress: Progress | None,
) -> RadioReport:
    """See `Recommender.radio`."""
    quiet = _SaidOnce(progress or session.progress)
    with session.view(quiet) as view:
        view.check_index()
        criteria_of(view, wanted.options)
    player = MpdPlayer(address_of(session.settings))
    running = _Radio(session, player, wanted, quiet)
    stop = stop or threading.Event()
    try:
        player.connect()
        if once:
            running.begin()
            running.fill_once()
            return running.report
        threading.Thread(target=_hang_up_at, args=(stop, player), daemon=True, name="radio-stop").start()
        _run(running, player, stop, quiet)
        return running.report
    finally:
        player.close()


def _run(running: "_Radio", player: MpdPlayer, stop: threading.Event, progress: "_SaidOnce") -> None:
    """Follow the player until `stop` is set; if it goes away, wait until it is back."""
    pause_s = _FIRST_RETRY_S
    while not stop.is_set():
        try:
            running.begin()
            pause_s = _FIRST_RETRY_S
            while not stop.is_set():
                running.look()
                if "database" in player.wait():
                    running.forget_left_out()
        except PlayerGone as gone:
            if stop.is_set():
                return
            progress.say(f"{gone.message}; waiting for it")
            pause_s = _reconnect(player, stop, pause_s)
            if not stop.is_set():
                progress.say(f"MPD at {player.address} is back")


def _reconnect(player: MpdPlayer, stop: threading.Event, pause_s: float) -> float:
    """Connect again, at longer and longer intervals; return the interval after the last one."""
    while not stop.wait(pause_s):
        pause_s = min(2 * pause_s, _LONGEST_RETRY_S)
        try:
            player.connect()
        except PlayerGone:
            continue
        break
    return pause_s


def _hang_up_at(stop: threading.Event, player: MpdPlayer) -> None:
    stop.wait()
    player.hang_up()


class _Radio:
    """A radio over one player: what it saw, and what it added."""

    def __init__(self, session: Session, player: MpdPlayer, wanted: RadioOptions, progress: "_SaidOnce") -> None:
        self.report = RadioReport()
        self._session = session
        self._store = session.store()
        self._player = player
        self._wanted = wanted
        self._progress = progress
        self._library = MpdLibrary(self._store, player)
        self._plays: list[Play] = []
        self._before: list[TrackId] = []
        self._left_out: set[TrackId] = set()
        self._heard: set[int] = set()
        self._last: PlayerState | None = None
        self._last_at = 0.0
        self._has_started = False

    def begin(self) -> None:
        """Begin with a new connection: find the music folder, and learn from the queue what was played before."""
        setting = self._session.settings.mpd_music_dir
        folder = str(setting) if setting else self._player.music_folder()
        self._library = MpdLibrary(self._store, self._player, [folder] if folder else [])
        self._last = None
        self._heard = set()
        if self._plays:
            return
        state = self._player.state()
        if state.random and state.is_on:
            played: Sequence[Song] = ()  # the order of the queue says nothing
        else:
            played = state.queue[: state.place] if state.is_on else state.queue
        for song in played[-REMEMBERED:]:
            if id_ := self._library.id_of(song):
                self._plays.append(Play(id_))
                self._before.append(id_)

    def look(self) -> None:
        """See what has changed, and add tracks if too few are ahead."""
        state = self._player.state()
        self._observe(state)
        self._say_modes(state)
        if state.is_on or (self._wanted.has_start and not self._has_started):
            added = self._fill(state)
            if added and not state.queue and not state.is_on:
                self._player.play(added[0])
            self._has_started = True
        elif not self._has_started:
            self._progress.note("nothing plays: play something, or give a seed, and the radio goes on from there")

    def forget_left_out(self) -> None:
        """Try tracks again that MPD's library did not have."""
        self._left_out.clear()

    def fill_once(self) -> None:
        """Fill the queue once.

        Raises:
            NotFound: there is nothing to go on from.
        """
        state = self._player.state()
        self._observe(state)
        if not self._wanted.has_start and not self._plays:
            raise NotFound(
                "there is nothing to go on from: the queue has no track of the store"
                if state.queue
                else "there is nothing to go on from: the queue is empty",
                "give a seed: `spotrec tracks` lists the stored tracks",
            )
        self._fill(state)

    def _observe(self, state: PlayerState) -> None:
        """Note what plays, and whether what played before was skipped."""
        now, last, song = time.monotonic(), self._last, state.song
        if last and last.song and (song is None or song.id != last.song.id):
            elapsed_s = last.elapsed_s + (now - self._last_at if last.state == "play" else 0)
            to_the_next = song is not None and song.id == last.next_id
            if is_skip(elapsed_s, last.song.duration_s, to_the_next=to_the_next):
                self._count_skip(last.song)
            elif is_heard(elapsed_s, last.song.duration_s):
                self._note_heard(last.song)
        if song and song.id is not None and not (last and last.song and last.song.id == song.id):
            self._heard.add(song.id)
            if track := self._library.track_of(song, thoroughly=True):
                self._plays.append(Play(track.id))
                self._before.append(track.id)
            else:
                self._progress.note(f"{printable(song.name)} is not in the store, so the radio does not go on from it")
        self._last, self._last_at = state, now

    def _note_heard(self, song: Song) -> None:
        """Note a track that was played to its end, so that stations leave it out for a while."""
        if id_ := self._library.id_of(song):
            note(self._store, [id_], "mpd")

    def _count_skip(self, song: Song) -> None:
        track = self._library.track_of(song)
        if track is None:
            return
        self._plays.append(Play(track.id, is_skipped=True))
        self.report.skipped.append(track)
        if self._wanted.learn:
            self._store.taste.say(Verb.DISLIKE, [self._store.taste.subject(track)], SKIPPED, keep=True)
        self._progress.say(f"skipped {printable(track.name)}: it counts against what sounds like it")

    def _say_modes(self, state: PlayerState) -> None:
        if state.single:
            self._progress.note("MPD's single mode is on, so it stops after each track: `mpc single off`")

    def _fill(self, state: PlayerState) -> list[int]:
        """Add as many tracks as are missing ahead; return their numbers in the queue."""
        songs = self._ahead(state)
        n = self._wanted.ahead - len(songs)
        if n <= 0:
            return []
        ahead = [self._library.track_of(song) or Track(TrackId(song.uri), song.name) for song in songs]
        queued = {id_ for song in state.queue if (id_ := self._library.id_of(song))}
        added: list[int] = []
        while len(added) < n:
            with self._session.view(self._progress) as view:
                found = self._choose(view, max(n - len(added), min(len(self._left_out), MOST_AHEAD)), queued, ahead)
            if found is None or not found.results:
                self._say_nothing_left(found)
                break
            if found.is_repeating:
                self._progress.note("everything that fits was played lately; the radio begins to repeat")
            for result in found.results:
                if len(added) == n:
                    break
                if (number := self._add(result)) is not None:
                    if number < 0:
                        return added
                    added.append(number)
                    queued.add(result.track.id)
                    ahead.append(result.track)
        return added

    def _add(self, result: Recommendation) -> int | None:
        """Add a track; return its number in the queue, None if MPD does not have it, -1 if the queue is full."""
        song = self._library.song_of(result.track)
        if song is None:
            self._left_out.add(result.track.id)
            self.report.left_out = len(self._left_out)
            self._progress.note(
                "some tracks of the store are not in MPD's library, and are left out (the first is "
                f"{printable(result.track.name)}); `mpc update` lets MPD find new files"
            )
            return None
        try:
            number = self._player.add(song.uri)
        except QueueFull as full:
            self._progress.note(f"{full.message}: {full.hint}")
            return -1
        self.report.added.append(result)
        self._before.append(result.track.id)
        self._progress.say(f"added {printable(result.track.name)}{_why(result)}")
        return number

    def _ahead(self, state: PlayerState) -> list[Song]:
        """Return what is queued and not yet played."""
        if state.random:
            return [song for song in state.queue if song.id not in self._heard]
        if state.is_on and state.place is not None:
            return list(state.queue[state.place + 1 :])
        return list(state.queue)

    def _choose(self, view: View, n: int, queued: AbstractSet[TrackId], ahead: Sequence[Track]) -> NextTracks | None:
        """Return the next tracks, with reasons; None if there is nothing to go on from."""
        wanted, taste = self._wanted, taste_of(self._plays)
        if not (wanted.has_start or taste.likes):
            return None
        criteria = criteria_of(view, wanted.options)
        clauses = (*criteria.conditions.clauses, Clause("in_a_file", _IN_A_FILE, {}, is_ever_null=False))
        if self._left_out:
            ids = {"radio_left_out": json.dumps(sorted(self._left_out))}
            clauses = (*clauses, Clause("in_the_library", _IN_THE_LIBRARY, ids, is_ever_null=False))
        criteria = replace(criteria, conditions=replace(criteria.conditions, clauses=clauses))
        seeds = self._seeds(view, taste)
        if seeds.likes:
            criteria = beside_seeds(view, criteria, wanted.options, seeds)
        mood = mood_of(view, wanted.mood, wanted.mood_weight, beside_seeds=bool(seeds.likes))
        before = Before(
            list(dict.fromkeys(reversed(self._before)))[::-1],
            frozenset(queued),
            [*self._tracks([play.track_id for play in self._plays[-_LATEST:]]), *ahead][-(_LATEST + len(ahead)) :],
        )
        embeddings = view.embeddings
        with embeddings.store.at_one_moment():
            index = view.index()
            score = MoodScore.over(index.blocks(), index.tag_means, mood, view.tag_names) if mood else None
            beside = [Weighted(score, mood.weight)] if mood and score else []
            if wanted.options.get("taste") and (of_taste := StoredTaste(view).score(index)):
                beside = beside_taste(beside, of_taste, has_seeds=bool(seeds.likes))
            found = next_tracks(embeddings, index, view.tag_names, seeds, criteria, before, n=n, beside=beside)
            reasons = with_reasons(found.results, embeddings, index, names_for_reasons(view), seeds, score)
        return NextTracks(reasons, found.is_repeating, found.unknown)

    def _seeds(self, view: View, taste: Taste) -> Seeds:
        """Return the seeds that a person gave, and what was played last."""
        given, unlike = self._wanted.seeds, several(self._wanted.unlike)
        likes = [*given, *map(StoredTrack, self._with_features(view, taste.likes))]
        unlikes = [*unlike, *map(StoredTrack, self._with_features(view, taste.unlikes))] if likes else []
        found = SeedFinder(view, fetch=self._wanted.fetch).seeds(likes, unlikes)
        groups = tuple(
            group if group.track else replace(group, track_ids=frozenset()) for group in found.likes
        )  # an artist's radio plays the artist too
        return Seeds(groups, found.unlikes)

    def _with_features(self, view: View, ids: Sequence[TrackId]) -> list[Track]:
        known = view.embeddings.get_many(ids)
        return [track for track in self._tracks(ids) if track.id in known]

    def _tracks(self, ids: Sequence[TrackId]) -> list[Track]:
        found = self._store.tracks.get_many(ids)
        return [found[id_] for id_ in ids if id_ in found]

    def _say_nothing_left(self, found: NextTracks | None) -> None:
        if found is None:
            self._progress.note("nothing that was played is in the store: the radio waits")
        else:
            self._progress.note("no other track with a file in MPD's library passes the filters: the radio waits")


class _SaidOnce:
    """Progress that shows each note once, however often a request repeats it. `say` shows a message always."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._said: set[str] = set()
        self.say: Callable[[str], None] = progress.note

    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> AbstractContextManager[Meter]:
        return self._progress.meter(what, total, unit)

    def note(self, text: str) -> None:
        if (kind := text.partition(" (")[0]) not in self._said:
            self._said.add(kind)
            self._progress.note(text)


def _why(result: Recommendation) -> str:
    """Return why a track was added, after its name: ` (like Artist – Title: jazz, mellow)`."""
    why = result.explanation
    near = f"like {printable(why.beside.name)}" if why and why.beside else "for the mood"
    return f" ({near}{': ' if result.tags else ''}{', '.join(result.tags)})"
