"""The words of the joint vocabulary: what listeners call a sound, and the network that hears it best.

A word is a tag of Last.fm's fifty (`lastfm_tags.py`), or labels of AudioSet (`audioset_labels.py`). AudioSet's other
labels (“Music”, “Vehicle”, …) say nothing that a listener wants to know, and are in no word.

Figures decided which network a word is heard by (docs/quality.md, “Words”). Where AudioSet has a label, mn04 hears it
better than Choi's network and musicnn hear their tag of the same name, and the mean of both is no better; but “happy”
is heard best by musicnn, then by Choi's network. Calm and energetic are the difference of four labels. Other spellings
of words are in `spotrec.query.tag_spellings`.
"""

from dataclasses import dataclass

AUDIOSET = "mn04"
"""The model whose tags are AudioSet's labels."""
LASTFM = ("musicnn", "choi")
"""The models whose tags are Last.fm's fifty, best first: if several hear, the first is used."""

Sum = tuple[tuple[float, tuple[str, ...]], ...]
"""Factors and labels of AudioSet: the sum of factor · log-odds of the most probable of its labels."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the vocabulary.

    Attributes:
        name: in lower case.
        lastfm: the tag of Last.fm that it is; "" if it is labels of AudioSet.
        labels: the labels that it is, if there is no tag of Last.fm or no model that hears it.
        bound: the probability that means “has it”, if labelled recordings showed it; else it is calibrated.
    """

    name: str
    lastfm: str = ""
    labels: Sum = ()
    bound: float | None = None


def _lastfm(name: str, tag: str = "") -> Word:
    return Word(name, lastfm=tag or name)


def _labels(name: str, *labels: str, bound: float | None = None) -> Word:
    return Word(name, labels=((1.0, labels),), bound=bound)


def _difference(name: str, for_it: tuple[str, ...], against: tuple[str, ...]) -> Word:
    """Return a word as the mean of some labels minus the mean of others."""
    added = tuple((1 / len(for_it), (label,)) for label in for_it)
    return Word(name, labels=(*added, *((-1 / len(against), (label,)) for label in against)))


_VOICES = ("Singing", "Male singing", "Female singing", "Child singing", "Rapping", "Choir")
_AROUSED, _CALM = ("Angry music", "Exciting music"), ("Sad music", "Tender music")

WORDS: tuple[Word, ...] = (
    # voices
    _labels("vocals", *_VOICES, bound=0.015),
    Word("instrumental", labels=((-1.0, _VOICES),), bound=0.993),
    _labels("female vocals", "Female singing", bound=0.005),
    _labels("male vocals", "Male singing", bound=0.005),
    _labels("children singing", "Child singing"),
    _labels("choir", "Choir"),
    _labels("rap", "Rapping"),
    _labels("a cappella", "A capella"),
    _labels("chant", "Chant", "Mantra"),
    _labels("humming", "Humming"),
    _labels("yodeling", "Yodeling"),
    _labels("opera", "Opera"),
    _labels("beatboxing", "Beatboxing"),
    _labels("whistling", "Whistling"),
    _labels("speech", "Speech", bound=0.4),
    _labels("laughter", "Laughter", "Giggle", "Belly laugh", "Chuckle, chortle"),
    _labels("applause", "Applause", "Cheering", "Crowd"),
    # moods
    Word("happy", "happy", ((1.0, ("Happy music",)),)),
    _labels("sad", "Sad music"),
    _labels("tender", "Tender music"),
    _labels("exciting", "Exciting music"),
    _labels("angry", "Angry music"),
    _labels("scary", "Scary music"),
    _labels("funny", "Funny music"),
    _difference("energetic", _AROUSED, _CALM),
    _difference("calm", _CALM, _AROUSED),
    _lastfm("mellow", "Mellow"),
    _lastfm("chill"),
    _lastfm("chillout"),
    _lastfm("beautiful"),
    _lastfm("sexy"),
    _lastfm("catchy"),
    _lastfm("party"),
    _lastfm("easy listening"),
    # decades
    _lastfm("oldies"),
    _lastfm("60s"),
    _lastfm("70s"),
    _lastfm("80s"),
    _lastfm("90s"),
    _lastfm("00s"),
    # genres
    _labels("rock", "Rock music"),
    _labels("pop", "Pop music"),
    _lastfm("alternative"),
    _labels("indie", "Independent music"),
    _lastfm("alternative rock"),
    _lastfm("classic rock"),
    _lastfm("indie rock"),
    _lastfm("indie pop"),
    _lastfm("hard rock"),
    _labels("metal", "Heavy metal"),
    _labels("punk", "Punk rock"),
    _labels("grunge", "Grunge"),
    _labels("progressive rock", "Progressive rock"),
    _labels("psychedelic rock", "Psychedelic rock"),
    _labels("rock and roll", "Rock and roll"),
    _labels("hip-hop", "Hip hop music"),
    _labels("rnb", "Rhythm and blues"),
    _labels("soul", "Soul music"),
    _labels("funk", "Funk"),
    _labels("disco", "Disco"),
    _labels("reggae", "Reggae"),
    _labels("ska", "Ska"),
    _labels("country", "Country"),
    _labels("bluegrass", "Bluegrass"),
    _labels("folk", "Folk music"),
    _labels("jazz", "Jazz"),
    _labels("swing", "Swing music"),
    _labels("blues", "Blues"),
    _labels("gospel", "Gospel music"),
    _labels("christian", "Christian music"),
    _labels("classical", "Classical music"),
    _labels("electronic", "Electronic music"),
    _labels("electronica", "Electronica"),
    _labels("dance", "Dance music", "Electronic dance music"),
    _labels("house", "House music"),
    _labels("techno", "Techno"),
    _labels("trance", "Trance music"),
    _labels("dubstep", "Dubstep"),
    _labels("drum and bass", "Drum and bass"),
    _lastfm("electro"),
    _labels("ambient", "Ambient music"),
    _labels("new age", "New-age music"),
    _lastfm("experimental"),
    _labels("latin", "Music of Latin America"),
    _labels("salsa", "Salsa music"),
    _labels("flamenco", "Flamenco"),
    _labels("african", "Music of Africa"),
    _labels("afrobeat", "Afrobeat"),
    _labels("middle eastern", "Middle Eastern music"),
    _labels("asian", "Music of Asia"),
    _labels("bollywood", "Music of Bollywood"),
    _labels("carnatic", "Carnatic music"),
    _labels("traditional", "Traditional music"),
    _labels("soundtrack", "Soundtrack music"),
    _labels("video game music", "Video game music"),
    _labels("children's music", "Music for children"),
    _labels("lullaby", "Lullaby"),
    _labels("christmas", "Christmas music", "Jingle bell"),
    # instruments
    _lastfm("acoustic"),
    _labels("guitar", "Guitar"),
    _labels("electric guitar", "Electric guitar"),
    _labels("acoustic guitar", "Acoustic guitar"),
    _labels("slide guitar", "Steel guitar, slide guitar"),
    _labels("bass guitar", "Bass guitar"),
    _labels("double bass", "Double bass"),
    _labels("banjo", "Banjo"),
    _labels("mandolin", "Mandolin"),
    _labels("ukulele", "Ukulele"),
    _labels("sitar", "Sitar"),
    _labels("zither", "Zither"),
    _labels("harp", "Harp"),
    _labels("piano", "Piano"),
    _labels("electric piano", "Electric piano"),
    _labels("organ", "Organ", "Electronic organ", "Hammond organ"),
    _labels("harpsichord", "Harpsichord"),
    _labels("synthesizer", "Synthesizer"),
    _labels("theremin", "Theremin"),
    _labels("accordion", "Accordion"),
    _labels("harmonica", "Harmonica"),
    _labels("bagpipes", "Bagpipes"),
    _labels("strings", "Bowed string instrument", "String section"),
    _labels("violin", "Violin, fiddle"),
    _labels("cello", "Cello"),
    _labels("pizzicato", "Pizzicato"),
    _labels("orchestra", "Orchestra"),
    _labels("brass", "Brass instrument"),
    _labels("trumpet", "Trumpet"),
    _labels("trombone", "Trombone"),
    _labels("french horn", "French horn"),
    _labels("saxophone", "Saxophone"),
    _labels("clarinet", "Clarinet"),
    _labels("flute", "Flute"),
    _labels("didgeridoo", "Didgeridoo"),
    _labels("drums", "Drum kit", "Drum", "Snare drum"),
    _labels("drum machine", "Drum machine"),
    _labels("percussion", "Percussion"),
    _labels("timpani", "Timpani"),
    _labels("tabla", "Tabla"),
    _labels("marimba", "Marimba, xylophone"),
    _labels("vibraphone", "Vibraphone"),
    _labels("glockenspiel", "Glockenspiel"),
    _labels("steelpan", "Steelpan"),
    _labels("bells", "Bell", "Church bell", "Tubular bells"),
    _labels("chimes", "Chime", "Wind chime"),
    _labels("singing bowl", "Singing bowl"),
    _labels("scratching", "Scratching (performance technique)"),
    _labels("handclaps", "Clapping", "Finger snapping"),
    # what else is heard on recordings
    _labels("rain", "Rain", "Raindrop", "Rain on surface"),
    _labels("waves", "Ocean", "Waves, surf"),
    _labels("birds", "Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet"),
    _labels("thunder", "Thunder", "Thunderstorm"),
    _labels("noise", "White noise", "Pink noise", "Static"),
)
"""All words: voices, moods, decades, genres, instruments, sounds."""
