"""Tables of labels as people save them, and as somebody means harm with."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.errors import UsageError
from spotrec.evaluate.label_table import MAX_BYTES, from_csv
from spotrec.track import Track, TrackId

TRACKS = [
    Track(TrackId("deezer:track:1"), "One"),
    Track(TrackId("file:" + "a" * 32), "Two", path="/music/rock/two.mp3"),
    Track(TrackId("file:" + "b" * 32), "Three", path="/music/pop/two.mp3"),
]
Labels = dict[str, list[str | None]]


def read(tmp_path: Path, content: bytes | str) -> Labels:
    path = tmp_path / "labels.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return from_csv(path, TRACKS).values


def test_tracks_are_named_by_id_path_or_file_name(tmp_path: Path) -> None:
    assert read(tmp_path, "id,x\ndeezer:track:1,a\n/music/rock/two.mp3,b\ntwo.mp3,c\n") == {"x": ["a", "b", "c"]}


def test_a_path_may_be_relative_to_the_table(tmp_path: Path) -> None:
    track = Track(TrackId("file:" + "c" * 32), "Song", path=str(tmp_path.resolve() / "rock" / "song.mp3"))
    (tmp_path / "labels.csv").write_text("file,x\nrock/song.mp3,a\npop/song.mp3,b\n")
    assert from_csv(tmp_path / "labels.csv", [track]).values == {"x": ["a"]}


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ("rock/two.mp3", ["rock"]),
        ("./music/pop/two.mp3", ["pop"]),
        (r"D:\Lieder\music\rock\two.mp3", ["rock"]),
        ("/Users/me/Music/rock/two.mp3", ["rock"]),
        (r"pop\two.mp3", ["pop"]),
        ("two.mp3", ["rock", "pop"]),
        ("/elsewhere/jazz/two.mp3", []),
        ("k/two.mp3", []),
        ("/music/rock", []),
    ],
)
def test_the_end_of_a_path_names_its_track(tmp_path: Path, cell: str, named: list[str]) -> None:
    values = read(tmp_path, f"file,x\ndeezer:track:1,known\n{cell},yes\n")["x"]
    assert values == ["known", *("yes" if name in named else None for name in ("rock", "pop"))]


def test_the_end_of_a_path_that_several_tracks_share_names_none_of_them(tmp_path: Path) -> None:
    tracks = [Track(TrackId(f"file:{n}"), "x", path=f"/music/{n}/live/song.mp3") for n in range(2)]
    (tmp_path / "labels.csv").write_text("file,x\n/other/live/song.mp3,a\n1/live/song.mp3,b\n")
    assert from_csv(tmp_path / "labels.csv", tracks).values == {"x": [None, "b"]}


def test_a_path_in_another_unicode_form_names_its_track(tmp_path: Path) -> None:
    track = Track(TrackId("file:0"), "x", path="/music/Bjo\u0308rk/Jo\u0301ga.mp3")
    (tmp_path / "labels.csv").write_text("file,x\nBj\u00f6rk/J\u00f3ga.mp3,a\n", encoding="utf-8")
    assert from_csv(tmp_path / "labels.csv", [track]).values == {"x": ["a"]}


def test_the_last_line_about_a_track_counts_and_case_does_not(tmp_path: Path) -> None:
    assert read(tmp_path, "id,x\ndeezer:track:1,a\ndeezer:track:1, Loud  MUSIC \n")["x"] == ["loud music", None, None]


def test_a_table_of_spotrec_s_own_means_what_it_meant(tmp_path: Path) -> None:
    table = "track_id,title,artists,x\r\ndeezer:track:1,'=Halo,'-a,'@b\r\n"
    assert [values[0] for values in read(tmp_path, table).values()] == ["=halo", "-a", "@b"]
    assert read(tmp_path, "track_id,x\ndeezer:track:1,'@b\n")["x"][0] == "'@b", "another program's is left as it is"


def test_of_genres_the_first_counts(tmp_path: Path) -> None:
    assert read(tmp_path, 'id,Genres\ndeezer:track:1,"Indie Pop, Rock"\ntwo.mp3,Rock/Pop; Soul\n') == {
        "Genres": ["indie pop", "rock/pop", "rock/pop"]
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_delimiters_and_encodings_are_recognised(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = "Größe;id\r\nschön;deezer:track:1\r\n".replace(";", delimiter)
    assert read(tmp_path, text.encode(encoding)) == {"Größe": ["schön", None, None]}


def test_short_rows_empty_rows_and_columns_without_a_name_are_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, "id,x,,\n\n ,,\ntwo.mp3\ndeezer:track:1,a,b,c,d\n") == {"x": ["a", None, None]}


def test_what_is_wrong_with_one_line_does_not_change_the_others(tmp_path: Path) -> None:
    content = 'id,x\n"deezer:track:1,soft\n"two.mp3", "don’t \0loud"\n'
    assert read(tmp_path, content.encode("cp1252")) == {"x": ["soft", "don’t loud", "don’t loud"]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no column that names the tracks"),
        (b"genre,mood\nrock,loud", "has no column that names the tracks"),
        (b"file,genre\nnobody.mp3,rock", "names no track of this catalogue"),
        (b"file,genre\n\xff\xfe,x", "names no track of this catalogue"),
        (b"file,genre,genre\ntwo.mp3,rock,pop", "two columns “genre”"),
        (b"file," + b",".join(b"c%d" % n for n in range(10_000)) + b"\ntwo.mp3,1", "10001 columns"),
        (b"file,genre\n" + b"x" * 200_000 + b",rock", "cannot be read as a CSV"),
        (b'file,genre\ntwo.mp3,"' + b"x" * 200_000, "cannot be read as a CSV"),
        (b'file,genre\n"two.mp3,a,b\n', "line 2: a quote in it is never closed"),
        (b"\0\1\2\3", "it is not text"),
        (b"\xff\xfe\x00\xd8", "has no column that names the tracks"),
        (b"file,genre\n" + b" " * MAX_BYTES, "too large"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        read(tmp_path, content)
    assert refused.value.hint


def test_what_has_no_end_is_not_read() -> None:
    with pytest.raises(UsageError, match="not a regular file"):
        from_csv(Path("/dev/zero"), TRACKS)
    with pytest.raises(UsageError, match="cannot be read"):
        from_csv(Path(os.sep), TRACKS)


@given(st.one_of(st.binary(), st.text("id,;x\t\n\"' deezer:track:1é").map(str.encode)))
def test_any_bytes_are_labels_or_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"id,x\n" + content)
    try:
        labels = from_csv(path, TRACKS).values
    except UsageError:
        return
    assert all(len(values) == len(TRACKS) for values in labels.values())


@pytest.mark.parametrize("cell", ["/home/x/one.mp3", r"C:\elsewhere\one.mp3", "pop/one.mp3"])
def test_a_path_elsewhere_names_the_only_track_with_its_file_name(tmp_path: Path, cell: str) -> None:
    track = Track(TrackId("file:0"), "x", path="/music/rock/one.mp3")
    (tmp_path / "labels.csv").write_text(f"file,x\n{cell},a\n/nowhere/two.mp3,b\n")
    table = from_csv(tmp_path / "labels.csv", [track])
    assert (table.values, table.n_rows, table.n_unnamed) == ({"x": ["a"]}, 2, 1)


def test_a_file_name_that_several_rows_have_names_no_track_in_another_folder(tmp_path: Path) -> None:
    track = Track(TrackId("file:0"), "x", path="/music/rock/01.mp3")
    (tmp_path / "labels.csv").write_text("file,x\n/a/01.mp3,a\n/b/01.mp3,b\n")
    with pytest.raises(UsageError, match="names no track"):
        from_csv(tmp_path / "labels.csv", [track])
