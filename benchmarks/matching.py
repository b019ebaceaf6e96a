"""How surely a track is found by name: precision and recall of our matcher against two simpler rules.

    python benchmarks/matching.py [--json] [--pairs 4000] [--seed 0]

Two sets of pairs: the table of hard cases in tests/crawl/previews/hard_cases.csv, and pairs that a seeded generator
writes from songs which are not in the table (a table one writes oneself is easily fitted). Three rules: `ours`;
`letter`, the rule without version words (first artist's tokens, title similarity of at least 0.87, lengths within 2
s); `first`, which takes whatever comes. Precision: how many of the pairs that a rule accepts are one recording.
Recall: how many of the pairs of one recording it accepts.
"""

import argparse
import csv
import json
import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rapidfuzz import fuzz

from spotrec.crawl.previews.matching import (
    GROSS_DIFFERENCE_MS,
    MAX_DIFFERENCE_MS,
    MIN_TITLE_SIMILARITY,
    Candidate,
    judge,
)
from spotrec.names.titles import normalised, song_title
from spotrec.track import Track, TrackId

TABLE = Path(__file__).parents[1] / "tests" / "crawl" / "previews" / "hard_cases.csv"
SONGS = """Michael Jackson|Billie Jean
Prince|Purple Rain
The Police|Every Breath You Take
U2|With or Without You|Where the Streets Have No Name
R.E.M.|Losing My Religion
The Beatles|Come Together|A Day in the Life
Led Zeppelin|Stairway to Heaven|Whole Lotta Love
Bon Jovi|Livin' on a Prayer|You Give Love a Bad Name
Cyndi Lauper|Girls Just Want to Have Fun
Whitney Houston|I Wanna Dance with Somebody (Who Loves Me)
Bonnie Tyler|Total Eclipse of the Heart
Simple Minds|Don't You (Forget About Me)
ABC|The Look of Love
Soft Cell|Tainted Love
Depeche Mode|Just Can't Get Enough|Enjoy the Silence
The Verve|Bitter Sweet Symphony
Radiohead|Karma Police|Paranoid Android
The Killers|Mr. Brightside|When You Were Young
Arctic Monkeys|I Bet You Look Good on the Dancefloor|Do I Wanna Know?
Olivia Rodrigo|Déjà Vu
Zaz|Je veux
Jacques Brel|Ne me quitte pas
Édith Piaf|La vie en rose
Alphaville|Für immer jung
Rammstein|Du hast
Elis Regina|Águas de Março
Santana|Corazón espinado
Manu Chao|Clandestino
Björk|Army of Me|Hyperballad
Wham!|Wake Me Up Before You Go-Go|Last Christmas
Ricky Martin|Livin' la Vida Loca
Daft Punk|One More Time|Harder, Better, Faster, Stronger|Around the World
OutKast|Hey Ya!|Ms. Jackson
Kanye West|Gold Digger
JAY-Z|Empire State of Mind
The Weeknd|Blinding Lights|Save Your Tears
Ed Sheeran|Shape of You|Thinking Out Loud
Bruce Springsteen|Born to Run|The River
Bob Dylan|Like a Rolling Stone|Knockin' on Heaven's Door
Aretha Franklin|Respect
Marvin Gaye|I Heard It Through the Grapevine
Stevie Wonder|Superstition
Bob Marley & The Wailers|Redemption Song
宇多田ヒカル|First Love
RADWIMPS|前前前世
坂本九|上を向いて歩こう
Виктор Цой|Группа крови на рукаве"""
GUESTS = ("Sia", "Nile Rodgers", "Mary J. Blige", "Pharrell Williams", "Lorde", "Chris Martin")
RELEASES = ("Remastered 2009", "2015 Remaster", "Remastered", "Album Version", "Mono", "Explicit", "Digital Remaster")
VERSIONS = (
    "Live", "Live at Glastonbury", "Live in Paris", "Acoustic", "Acoustic Version", "Karaoke Version", "Instrumental",
    "Demo", "Club Remix", "Seeb Remix", "Hot Chip Remix", "Radio Edit", "Extended Mix", "Sped Up", "Slowed + Reverb",
    "Nightcore", "A Cappella", "Orchestral Version", "Re-Recorded", "8-Bit Version", "Remix", "Dub Mix",
)  # fmt: skip
IMITATORS = ("The Karaoke Crew", "{} Tribute Band", "Various Artists", "Vitamin String Quartet", "Boyce Avenue")
MIN_LETTERS_FOR_A_TYPO = 15

Rule = Callable[[Track, Candidate], bool]


@dataclass(frozen=True)
class Pair:
    track: Track
    candidate: Candidate
    is_match: bool


def by_letter(track: Track, candidate: Candidate) -> bool:
    """The rule without version words; it may read an equal ISRC, too."""
    both_known = track.duration_ms and candidate.duration_ms
    difference_ms = abs((track.duration_ms or 0) - (candidate.duration_ms or 0)) if both_known else 0
    if track.isrc and track.isrc == candidate.isrc:
        return difference_ms <= GROSS_DIFFERENCE_MS
    tokens = [set(normalised(names[0]).split()) - {"the", "and"} for names in (track.artists, candidate.artists)]
    similarity = fuzz.ratio(song_title(track.title), song_title(candidate.title)) / 100
    return tokens[0] == tokens[1] and similarity >= MIN_TITLE_SIMILARITY and difference_ms <= MAX_DIFFERENCE_MS


RULES: dict[str, Rule] = {
    "ours": lambda track, candidate: judge(track, candidate).is_match,
    "letter": by_letter,
    "first": lambda *_: True,
}


def hard_cases() -> list[Pair]:
    pairs = []
    for row in csv.DictReader(TABLE.read_text("utf-8").splitlines()):
        isrc = "GBUM71029604" if row["isrc_equal"] == "1" else None
        ours, theirs = (int(row[f"{side}_duration_ms"] or 0) or None for side in ("track", "candidate"))
        artists = [tuple(row[f"{side}_artists"].split(";")) for side in ("track", "candidate")]
        track = Track(TrackId("t"), row["track_title"], artists[0], isrc=isrc, duration_ms=ours)
        pairs.append(Pair(track, Candidate(row["candidate_title"], artists[1], theirs, isrc), row["is_match"] == "1"))
    return pairs


class Generator:
    """Writes pairs as providers differ: the same recording written otherwise, and other recordings nearby."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        by_artist = [line.split("|") for line in SONGS.splitlines()]
        self._songs = [(title, artist) for artist, *titles in by_artist for title in titles]

    def pairs(self, n: int) -> list[Pair]:
        return [self._pair(is_match=i % 2 == 0) for i in range(n)]

    def _pair(self, is_match: bool) -> Pair:
        title, artist = self._random.choice(self._songs)
        version = self._random.choice(VERSIONS) if self._random.random() < 0.3 else ""
        duration_ms = self._random.randint(120_000, 420_000)
        if self._random.random() < 0.1:
            title += f", Pt. {self._random.randint(1, 3)}"
        track = Track(TrackId("t"), self._with(title, version), (artist,), duration_ms=duration_ms)
        heard_ms = round((duration_ms + self._random.randint(-1_000, 1_000)) / 1000) * 1000
        candidate = Candidate(title, (artist,), heard_ms)
        if not is_match:
            candidate, version = self._another(candidate, version)
        return Pair(track, self._rewritten(candidate, version), is_match)

    def _with(self, title: str, note: str) -> str:
        return title + self._random.choice((" - {}", " ({})", " [{}]")).format(note) if note else title

    def _another(self, candidate: Candidate, version: str) -> tuple[Candidate, str]:
        """Another recording, in one respect only; most often at the same length."""
        artist, title = candidate.artists[0], candidate.title
        match self._random.choices(("version", "artist", "number", "title", "length"), (6, 3, 2, 2, 1))[0]:
            case "version":
                return candidate, self._random.choice(self._versions_apart(version))
            case "artist":
                others = [*IMITATORS, *(other for _, other in self._songs if other != artist)]
                return replace(candidate, artists=(self._random.choice(others).format(artist),)), version
            case "number":
                return replace(candidate, title=title[:-1] + "7" if ", Pt. " in title else f"{title}, Pt. 2"), version
            case "title":
                other = self._random.choice([other for other, _ in self._songs if not title.startswith(other)])
                return replace(candidate, title=other), version
        assert candidate.duration_ms
        return replace(candidate, duration_ms=candidate.duration_ms + self._random.randint(4, 60) * 1000), version

    def _versions_apart(self, version: str) -> list[str]:
        """Versions that cannot be this one: "Live" may well be the same recording as "Live in Paris"."""
        if not version:
            return list(VERSIONS)
        return ["", *(v for v in VERSIONS if not v.startswith(version) and not version.startswith(v))]

    def _rewritten(self, candidate: Candidate, version: str) -> Candidate:
        """As another provider writes it: up to three harmless changes."""
        title, artists = candidate.title, candidate.artists
        changes = self._random.sample(("case", "accents", "typo", "signs", "guest", "release", "article", "join"), 3)
        changes = changes[: self._random.randint(0, 3)]
        if "typo" in changes and len(title) >= MIN_LETTERS_FOR_A_TYPO:
            title = self._typo(title)
        guest = self._random.choice(GUESTS)
        if "guest" in changes:
            title = self._random.choice(("{} (feat. {})", "{} [ft. {}]", "{} feat. {}")).format(title, guest)
        if "join" in changes:
            artists = self._random.choice(
                ((*artists, guest), (f"{artists[0]} feat. {guest}",), (f"{artists[0]} & {guest}",))
            )
        title = self._with(title, version)
        if "release" in changes:
            title = self._with(title, self._random.choice(RELEASES))
        if "article" in changes:
            artists = tuple(artist.removeprefix("The ") for artist in artists)
        texts = [self._respelled(text, changes) for text in (title, *artists)]
        return replace(candidate, title=texts[0], artists=tuple(texts[1:]))

    def _respelled(self, text: str, changes: list[str]) -> str:
        if "case" in changes:
            text = text.upper() if self._random.random() < 0.5 else text.lower()
        if "accents" in changes and not any(ord(c) > 0x2FF for c in text):
            text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        return text.replace("'", "").replace("&", "and") if "signs" in changes else text

    def _typo(self, title: str) -> str:
        """One letter missing, doubled, or replaced by another; never a digit."""
        i = self._random.choice([i for i, c in enumerate(title) if c.isalpha()])
        return title[:i] + self._random.choice(("", title[i] * 2, self._random.choice("aeinrst"))) + title[i + 1 :]


def precision_and_recall(rule: Rule, pairs: list[Pair]) -> tuple[float, float]:
    accepted = [pair for pair in pairs if rule(pair.track, pair.candidate)]
    n_right = sum(pair.is_match for pair in accepted)
    return n_right / max(len(accepted), 1), n_right / max(sum(pair.is_match for pair in pairs), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pairs", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sets = {"table": hard_cases(), "generated": Generator(arguments.seed).pairs(arguments.pairs)}
    figures: dict[str, float] = {}
    for set_name, pairs in sets.items():
        figures[f"{set_name}_n_pairs"] = len(pairs)
        for rule_name, rule in RULES.items():
            precision, recall = precision_and_recall(rule, pairs)
            figures |= {f"{set_name}_{rule_name}_precision": precision, f"{set_name}_{rule_name}_recall": recall}
            if not arguments.json:
                print(
                    f"{set_name:<10}{rule_name:<8}precision {precision:.3f}  recall {recall:.3f}  ({len(pairs)} pairs)"
                )
    if arguments.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
