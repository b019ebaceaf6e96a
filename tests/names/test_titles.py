"""Equal keys mean the same song: other releases of it are equal, other recordings are not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.names.titles import guests, normalised, one_line, plain, song_title, title_parts, title_words

# letters whose compatibility form is themselves, letter by letter: no ™, no mathematical alphabets
PLAIN_SCRIPTS = st.text(
    st.characters(exclude_categories=["Cs", "Cn"]).filter(
        lambda c: (form := unicodedata.normalize("NFKD", c.casefold())) == form.casefold()
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Beyoncé – HALO!", "beyonce halo"),
        ("  many \t spaces\nhere ", "many spaces here"),
        ("Sigur Rós", "sigur ros"),
        ("Mötley Crüe", "motley crue"),
        ("Straße", "strasse"),
        ("ﬁne ﬂow", "fine flow"),
        ("Ｆｕｌｌ Ｗｉｄｔｈ", "full width"),
        ("İstanbul", "istanbul"),
        ("ΑΘΗΝΑΣ", "αθηνασ"),
        ("ДДТ – Что такое осень", "ддт что такое осень"),
        ("Simon & Garfunkel", "simon and garfunkel"),
        ("Simon&Garfunkel", "simon and garfunkel"),
        ("AC/DC", "ac dc"),
        ("snake_case_song", "snake case song"),
        ("Don't Stop Me Now", "don t stop me now"),
        ("99 Luftballons", "99 luftballons"),
        ("夜に駆ける", "夜に駆ける"),
        ("江南Style", "江南style"),
        ("방탄소년단", "방탄소년단"),
    ],
)
def test_case_accents_and_punctuation_do_not_matter(text: str, expected: str) -> None:
    assert normalised(text) == expected


@pytest.mark.parametrize("text", ["…", "!!!", "+-", "(   )", "÷×", "?", "🎵🎵"])
def test_a_title_of_punctuation_only_stays_itself(text: str) -> None:
    assert normalised(text) == text
    assert song_title(f" {text} ") == text


def test_nothing_stays_nothing() -> None:
    assert normalised("") == normalised("  ") == song_title("") == ""


def test_a_composed_and_a_decomposed_accent_are_one() -> None:
    assert normalised(unicodedata.normalize("NFC", "Café Tacvba")) == normalised(
        unicodedata.normalize("NFD", "Café Tacvba")
    )


@pytest.mark.parametrize(
    "title",
    [
        "Halo",
        "HALO",
        "Halo (Remastered)",
        "Halo (Remastered 2011)",
        "Halo (2011 Remaster)",
        "Halo [2011 Remastered Version]",
        "Halo - Remastered 2011",
        "Halo - 2011 Remaster",
        "Halo – Remastered",
        "Halo — Mono",
        "Halo - Stereo",
        "Halo (Mono Version)",
        "Halo (Album Version)",
        "Halo - Single Version",
        "Halo (Explicit)",
        "Halo [Clean]",
        "Halo (Bonus Track)",
        "Halo (feat. Someone)",
        "Halo [ft. Someone & Another]",
        "Halo (with Someone)",
        "Halo feat. Someone",
        "Halo ft Someone",
        "Halo Featuring Someone",
        "Halo (feat. Someone) [Remastered 2009]",
        "Halo (feat. Someone) - Remastered 2009",
    ],
)
def test_a_release_of_the_same_recording_has_the_same_title(title: str) -> None:
    assert song_title(title) == "halo"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Halo (Live)", "halo live"),
        ("Halo - Live at Wembley", "halo live at wembley"),
        ("Halo (Acoustic)", "halo acoustic"),
        ("Halo - Radio Edit", "halo radio edit"),
        ("Halo (Karaoke Version)", "halo karaoke version"),
        ("Halo (Club Remix)", "halo club remix"),
        ("Halo - Club Remix", "halo club remix"),
        ("Halo (Instrumental)", "halo instrumental"),
        ("Halo (Live) [Remastered 2011]", "halo live"),
        ("Halo (Live) - Remastered 2011", "halo live"),
        ("Halo - Club Remix (feat. Someone)", "halo club remix"),
    ],
)
def test_a_version_that_sounds_different_keeps_its_words(title: str, expected: str) -> None:
    assert song_title(title) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Left-Right", "left right"),  # a hyphen within a word separates nothing
        ("Ft. Worth Blues", "ft worth blues"),
        ("Featherweight", "featherweight"),
        ("Shift", "shift"),
        ("Monotonia", "monotonia"),
        ("Cleaning Out My Closet", "cleaning out my closet"),
        ("(Remastered)", "remastered"),
        ("(Everything I Do) I Do It for You", "everything i do i do it for you"),
        ("Blue (Da Ba Dee)", "blue da ba dee"),
        ("Broken (bracket", "broken bracket"),
    ],
)
def test_words_of_the_title_itself_are_not_taken_for_a_release(title: str, expected: str) -> None:
    assert song_title(title) == expected


@given(PLAIN_SCRIPTS)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once


@given(st.text())
def test_any_text_has_a_normalised_form_of_single_spaces(text: str) -> None:
    form = normalised(text)
    assert form == form.strip()
    assert bool(form) == bool(text.strip())


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Halo - Live / Remastered 2011", "halo live"),
        ("Halo - Live - Remastered 2011", "halo live"),
        ("Halo (Live; 2011 Remaster)", "halo live"),
        ("Halo feat. X (Live)", "halo live"),
        ("Halo feat. X - Club Remix", "halo club remix"),
        ("Halo (Acoustic feat. X)", "halo acoustic"),
        ("Halo (Remix with X)", "halo remix"),
        ("Halo (feat. X) [2011 Remaster]", "halo"),
        ("Halo - Mono Version", "halo"),
        ("Mono", "mono"),
        ("(feat. X)", "feat x"),
    ],
)
def test_a_version_keeps_its_words_and_a_release_loses_its(title: str, expected: str) -> None:
    assert song_title(title) == expected


def test_voiced_kana_are_no_accents() -> None:
    assert normalised("ガラス") != normalised("カラス")


@pytest.mark.parametrize("text", ["Song™", "𝐇𝐚𝐥𝐨", "㎒", "İstanbul", "ﬃ"])
def test_compatibility_characters_are_normalised_at_once(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
    assert normalised(text) == normalised(text).casefold()


def test_text_from_outside_becomes_one_printable_line() -> None:
    assert one_line("a\x1b[31m\nb\ud800\tc") == "a [31m b c"
    assert len(one_line("x" * 10_000)) == 500


TYPED = [("Don’t", "dont"), ("P!nk", "pink"), ("Ke$ha", "kesha"), ("$100", "100"), ("MØ", "mo"), ("Help!", "help")]


@pytest.mark.parametrize(("text", "expected"), [*TYPED, ("Rock 'n' Roll", "rock and roll"), ("'", "'")])
def test_characters_are_plain_as_people_type_them(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("title", "name", "versions"),
    [
        ("Halo (Live at Wembley)", "halo", {"live": {"wembley"}}),
        ("Halo - Acoustic; Live", "halo", {"acoustic": set(), "live": set()}),
        ("Halo (Radio Remix)", "halo", {"remix": {"radio"}}),
        ("Halo (French Version)", "halo", {"named version": {"french"}}),
        ('Halo (From "Frozen")', "halo", {"from": {"frozen"}}),
        ("Sing (Live It Up for Me)", "sing", {}),
        ("Remix (I Like The)", "remix", {}),
        ("(Live)", "live", {}),
    ],
)
def test_a_version_is_told_from_the_name(title: str, name: str, versions: dict[str, set[str]]) -> None:
    parts = title_parts(title)
    assert parts.name == name
    assert {kind: set(words) for kind, words in parts.versions.items()} == versions


def test_a_subtitle_stays_in_the_full_name_only() -> None:
    parts = title_parts("(Everything I Do) I Do It for You [Live]")
    assert (parts.name, parts.full) == ("i do it for you", "everything i do i do it for you")


def test_guests_are_named_as_written() -> None:
    assert guests("Halo (feat. Jay-Z & X) [Live]") == ("Jay-Z & X",)
    assert guests("Halo ft. Someone - Live") == ("Someone",)


@pytest.mark.parametrize("text", ["part 2", "pt 2", "part ii", "part two", "parts 2"])
def test_a_number_has_one_spelling(text: str) -> None:
    assert title_words(text) == ["part", "2"]
