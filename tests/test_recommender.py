"""The Python API does all that the commands do."""

import inspect
import re
from pathlib import Path

import pytest

import spotrec
from spotrec import Recommender
from spotrec.errors import UsageError


def test_the_four_stages_run_from_python(music: Path, weights: Path, tmp_path: Path) -> None:
    with Recommender(data_dir=tmp_path / "data", weights=weights) as recommender:
        assert recommender.crawl(str(music)).new == 12
        assert recommender.extract().extracted == 12
        assert recommender.index(check=True).recall_at_10 == 1
        found = recommender.query("tune 3", n=4)
        assert [result.rank for result in found.results] == [1, 2, 3, 4]
        assert found.seed is not None
        assert found.seed.title == "Tune 3"
        assert recommender.status().next_command == "spotrec query SEED"
        (heard,) = recommender.embed([next(music.glob("*.flac"))])
        assert heard.vector.shape == (160,)
        assert len(recommender.top_tags(heard.tags)) == 5


def test_settings_are_given_by_name_and_a_wrong_name_is_refused(tmp_path: Path) -> None:
    assert Recommender(store=tmp_path / "x.db").settings.store_path == tmp_path / "x.db"
    with pytest.raises(UsageError, match="stoer"):
        Recommender(stoer=tmp_path)


def test_every_public_method_is_documented_and_typed() -> None:
    for name, member in inspect.getmembers(Recommender, inspect.isfunction):
        if not name.startswith("_"):
            assert member.__doc__, name
            signature = inspect.signature(member)
            assert signature.return_annotation is not inspect.Signature.empty, name


@pytest.mark.parametrize("name", spotrec.__all__)
def test_the_package_gives_what_it_names(name: str) -> None:
    assert getattr(spotrec, name) is not None


def test_what_the_methods_answer_and_raise_can_be_imported_from_the_package() -> None:
    from spotrec import errors

    classes = {name: one for name, one in vars(errors).items() if isinstance(one, type)}
    tree = {name for name, one in classes.items() if issubclass(one, errors.SpotrecError)}
    assert tree <= set(spotrec.__all__)
    answers = {
        name
        for _, method in inspect.getmembers(Recommender, inspect.isfunction)
        for name in re.findall(r"[A-Z][A-Za-z]+", str(inspect.signature(method).return_annotation))
    }
    unnamed = answers - set(spotrec.__all__) - {"Any", "AudioModel", "Iterator", "None", "Path", "Self"}
    assert not unnamed


def test_the_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError):
        spotrec.nonsense  # noqa: B018 - the look-up is the test
