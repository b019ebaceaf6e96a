"""Christmas songs by their title, album and genre, in the languages that people use.

Networks alone miss most of them: a song about Christmas need not sound of bells.
"""

import re
import string

from spotrec.names.titles import plain
from spotrec.query.tag_spellings import joined, spellings

CHRISTMAS = "christmas"
"""The word for its sound."""

_WORDS = r"""
    christmas\w*, xmas, x mas, yuletide, santas? (?:claus|baby|tell|is|s|looked|coming), santa claus\w*,
    (?:hey|dear|comes|saw|oh|dance) santa, father christmas, jingle bells?, silent night, sleigh ride,
    let it snow, winter wonderland, frosty the snowman, rudolph (?:the )?red nosed\w*, red nosed reindeer,
    deck the halls?, little drummer boy, mistletoe, away in a manger, oh? holy night, first no[wë]?ell?,
    hark the herald, o come all ye faithful, o come o come emmanuel, god rest (?:ye|you) merry, nativity,
    good king wenceslas, (?:baby )?its cold outside, mary did you know, fairytale of new york, carol of the bells,
    what child is this, chestnuts roasting, we three kings, ding dong merrily,
    \w*weihnacht\w*, stille nacht, o tannenbaum, oh tannenbaum, o du frohliche, kling glockchen\w*,
    ihr kinderlein kommet?, leise rieselt der schnee, lasst uns froh und munter sein,
    kerst(?:mis\w*|\w*lied\w*|nacht|feest\w*|muziek|avond)?, sinterklaas\w*,
    (?:god|glad|glade|hvit|vit|til|till) jul, jul(?:e?sang\w*|esange|emusikk?|e?aften|afton|ekveld),
    jul(?:tomten|etid|eevangeliet|visor|musik), joulu\w*, jol(?:a)?log,
    noels?, mon beau sapin, minuit chretiens?, il est ne le divin enfant, vive le vent, navida\w*, naviden\w+,
    villancicos?, noche de paz, noche buena, nochebuena, nadales?, bon nadal, (?:feliz|de|do|e) natal, natalin\w+,
    noite feliz, natale, natalizi\w*, tu scendi dalle stelle, craciun\w*, colinde?, colindul,
    koled\w*, kolend\w*, vanoc\w+, vianoc\w+, bozic\w*, boze narodzenie, cicha noc, ticha noc, karacsony\w*,
    kaledos, ziemassvetk\w*, joulud, рождеств\w*, різдв\w*, щедрик, коляд\w*, колед\w*, божић\w*, тихая ночь,
    свята ніч, χριστουγενν\w*, καλαντα, shchedryk,
    pasko, giang sinh, selamat natal
"""
"""English; German, Dutch, Scandinavian; Romance; Slavic, Baltic, Hungarian, Greek; others. As `plain` writes them."""
_WITHOUT_SPACES = ("クリスマス", "きよしこの夜", "サンタが", "聖誕", "圣诞", "聖夜", "平安夜", "크리스마스", "성탄")

_ASCII = {**dict.fromkeys(map(ord, string.punctuation), " "), ord("'"): None, ord("`"): None}
"""Makes of English titles what `plain` does, ten times as fast."""
_NAMES = re.compile(
    rf"\b(?:{'|'.join(words.strip() for words in _WORDS.split(','))})\b|{'|'.join(map(plain, _WITHOUT_SPACES))}"
)


def is_of_christmas(text: str) -> bool:
    """Return whether a title, an album or a genre names Christmas."""
    return bool(_NAMES.search(" ".join(text.lower().translate(_ASCII).split()) if text.isascii() else plain(text)))


def names_christmas(tag: str) -> bool:
    """Return whether a tag, in any spelling, is “christmas”."""
    return spellings([CHRISTMAS]).get(joined(tag)) == CHRISTMAS
