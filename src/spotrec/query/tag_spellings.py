"""Other spellings of tags, and the words of the joint vocabulary that only some models hear."""

from collections.abc import Sequence

from spotrec.names.titles import plain

_SPELLINGS = {
    "vocals": "vocal, voice, voices, singing, singer, singers, sung",
    "instrumental": "instrumentals",
    "female vocals": "female vocalists, female vocalist, female vocal, female voice, female voices, female singer, "
    "female singers, woman singing, women singing",
    "male vocals": "male vocalists, male vocalist, male vocal, male voice, male voices, male singer, male singers, "
    "man singing, men singing",
    "children singing": "child singing, children's choir, kids singing",
    "choir": "choral, choirs, chorus",
    "rap": "rapping, rapper, raps",
    "a cappella": "a capella, acapella, acappella",
    "chant": "chants, chanting, gregorian, mantra",
    "yodeling": "yodelling, yodel",
    "opera": "operatic, aria",
    "beatboxing": "beatbox",
    "whistling": "whistle",
    "speech": "spoken word, spoken, speaking, talking, talk, narration, audiobook, audio book, podcast, interview",
    "laughter": "laughing, comedy",
    "applause": "live, audience, crowd, cheering, concert",
    "happy": "cheerful, joyful",
    "sad": "melancholy, melancholic",
    "tender": "gentle, romantic",
    "exciting": "excited, thrilling",
    "angry": "aggressive",
    "scary": "creepy, horror",
    "funny": "humorous, comic",
    "energetic": "energy, intense, powerful",
    "calm": "relaxing, relaxed, peaceful, quiet",
    "chill": "chilled",
    "oldies": "oldie",
    "60s": "sixties, 1960s",
    "70s": "seventies, 1970s",
    "80s": "eighties, 1980s",
    "90s": "nineties, 1990s",
    "00s": "2000s",
    "alternative rock": "alt rock",
    "progressive rock": "prog rock, prog",
    "psychedelic rock": "psychedelic, psychedelia",
    "rock and roll": "rock 'n' roll, rock n roll, rocknroll",
    "metal": "heavy metal",
    "indie": "independent",
    "rnb": "r and b, r n b, rhythm and blues",
    "bluegrass": "blue grass",
    "christian": "worship",
    "classical": "classic",
    "dance": "edm, electronic dance music",
    "drum and bass": "drum n bass, dnb, d n b",
    "new age": "newage, meditation",
    "latin": "latin american, latino",
    "african": "africa",
    "middle eastern": "arabic",
    "soundtrack": "film music, movie music, soundtracks",
    "video game music": "video game, game music, vgm",
    "children's music": "children, kids, kids music, for children, nursery rhymes",
    "lullaby": "lullabies",
    "christmas": "xmas, christmas songs",
    "guitar": "guitars",
    "slide guitar": "steel guitar",
    "bass guitar": "electric bass",
    "double bass": "contrabass, upright bass",
    "electric piano": "rhodes",
    "organ": "hammond, hammond organ",
    "synthesizer": "synth, synths, synthesiser, synthesizers",
    "bagpipes": "bagpipe",
    "strings": "string section, string",
    "violin": "fiddle, violins",
    "cello": "cellos, violoncello",
    "orchestra": "orchestral, symphonic",
    "brass": "horns",
    "trumpet": "trumpets",
    "french horn": "horn",
    "saxophone": "sax",
    "flute": "flutes",
    "piano": "pianos",
    "harp": "harps",
    "drums": "drum, drum kit",
    "marimba": "xylophone",
    "bells": "bell, tubular bells, church bells",
    "chimes": "chime, wind chimes",
    "singing bowl": "singing bowls, tibetan bowls",
    "scratching": "turntables, turntablism, scratch",
    "handclaps": "clapping, claps, hand claps, finger snaps",
    "rain": "rainfall",
    "waves": "ocean, sea",
    "birds": "birdsong, bird song, bird",
    "thunder": "thunderstorm, storm",
    "noise": "white noise",
}
"""By name in the joint vocabulary. `plain` is applied; spaces, hyphens and case never matter: `hiphop` is hip-hop."""

_LASTFM = {"female vocals": "female vocalists", "male vocals": "male vocalists"}
"""Names that models without the joint vocabulary have for the same."""
_ONLY = {"female vocalist": "female vocalist", "female singer": "female vocalist"}
"""Spellings that mean another one of their tags."""


def spellings(tag_names: Sequence[str]) -> dict[str, str]:
    """Map each spelling, `joined`, to its tag, for tags as models name them."""
    by_spelling = {joined(name): name for name in tag_names}
    found: dict[str, str] = {}
    for name, others in _SPELLINGS.items():
        tag = by_spelling.get(joined(name)) or by_spelling.get(joined(_LASTFM.get(name, "")))
        if tag:
            found[joined(name)] = tag
            found |= dict.fromkeys(map(joined, others.split(", ")), tag)
    found |= {joined(spelling): tag for spelling, tag in _ONLY.items() if tag in tag_names}
    return found | by_spelling


def every_word() -> list[str]:
    """Return the words of the joint vocabulary that have other spellings or that queries have options for."""
    return list(_SPELLINGS)


def joined(name: str) -> str:
    """Return a name in lower case, without accents, spaces and punctuation."""
    return plain(name).replace(" ", "")
