"""Flags win over the environment, that over files, those over defaults; and each value says where it is from."""

from pathlib import Path
from typing import Any

import pytest

from spotrec.errors import UsageError
from spotrec.settings import SettingRow, Settings, check_recipient, describe, resolve


@pytest.fixture
def project(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The `config` folder of the current folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    folder = home / "config"
    folder.mkdir()
    return folder


@pytest.fixture
def user_file(project: Path, home: Path) -> Path:
    path = home / "xdg" / "spotrec" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def line(settings: Settings, name: str) -> SettingRow:
    return next(row for row in describe(settings) if row.name == name)


def test_each_layer_wins_over_the_ones_below_it_and_is_named(
    project: Path, user_file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def now(flags: dict[str, Any] | None = None, config: Path | None = None) -> tuple[float, str]:
        settings = resolve(flags, config=config)
        return settings.max_wait_s, line(settings, "max_wait_s").origin

    assert now() == (60.0, "default")
    user_file.write_text("max_wait_s = 1")
    assert now() == (1.0, str(user_file))
    (project / "spotrec.toml").write_text("max_wait_s = 2")
    assert now() == (2.0, "config/spotrec.toml")
    (project / "local.env").write_text("SPOTREC_MAX_WAIT_S=3\n")
    assert now() == (3.0, "config/local.env")
    given = home / "given.toml"
    given.write_text("max_wait_s = 4")
    assert now(config=given) == (4.0, str(given))
    monkeypatch.setenv("SPOTREC_MAX_WAIT_S", "5")
    assert now(config=given) == (5.0, "environment")
    assert now({"max_wait_s": 6}, given) == (6.0, "flag")


def test_a_flag_that_was_not_given_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_CACHE", "/somewhere")
    settings = resolve({"cache": None, "store": None})
    assert settings.cache == "/somewhere"
    assert settings.store is None
    assert line(settings, "cache").origin == "environment"


def test_an_empty_variable_does_not_count(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "a.env").write_text("SPOTREC_CACHE=\nSPOTIFY_CLIENT_ID=from-file\n")
    monkeypatch.setenv("SPOTIFY_CLIENT_ID", "")
    settings = resolve()
    assert settings.cache is None
    assert settings.spotify_client_id == "from-file"


def test_layers_add_up(project: Path, user_file: Path) -> None:
    user_file.write_text("timeout_s = 7\nmax_audio_mb = 70")
    (project / "spotrec.toml").write_text("timeout_s = 8")
    settings = resolve({"providers": "deezer"})
    assert (settings.timeout_s, settings.max_audio_mb, settings.providers) == (8.0, 70, ("deezer",))


def test_a_given_file_stands_for_the_projects_files_and_not_for_the_users(
    project: Path, user_file: Path, home: Path
) -> None:
    (project / "spotrec.toml").write_text("timeout_s = 8")
    user_file.write_text("max_audio_mb = 70")
    (home / "empty.toml").touch()
    settings = resolve(config=home / "empty.toml")
    assert settings.timeout_s == 20.0
    assert settings.max_audio_mb == 70


def test_env_files_are_read_by_name_and_templates_are_not(project: Path) -> None:
    (project / "b.env").write_text("SPOTREC_TIMEOUT_S=2\nSPOTREC_MAX_WAIT_S=2\n")
    (project / "a.env").write_text("SPOTREC_TIMEOUT_S=1\n")
    (project / "c.env.template").write_text("SPOTREC_MAX_AUDIO_MB=3\n")
    settings = resolve()
    assert (settings.timeout_s, settings.max_wait_s, settings.max_audio_mb) == (1.0, 2.0, 200)


def test_an_env_file_takes_export_quotes_comments_and_other_programs_variables(project: Path, home: Path) -> None:
    path = home / "mine.env"
    path.write_text("# mine\nexport SPOTIFY_CLIENT_ID='abc def'\nOTHER_PROGRAM=1\nSPOTREC_STORE=\"$HOME/x.db\"\n")
    settings = resolve(config=path)
    assert settings.spotify_client_id == "abc def"
    assert settings.store == Path("$HOME/x.db")


def test_variables_keep_the_names_of_the_tools_they_belong_to(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = ("SPOTIFY_CLIENT_ID", "SPOTIFY_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "SPOTREC_CACHE")
    for variable in variables:
        monkeypatch.setenv(variable, f"value of {variable}")
    settings = resolve()
    rows = [row for row in describe(settings) if row.environment in variables]
    assert [row.origin for row in rows] == ["environment"] * len(variables)
    for row in rows:
        assert getattr(settings, row.name) == f"value of {row.environment}"
    assert line(settings, "aws_region").environment == "AWS_DEFAULT_REGION"
    assert line(settings, "max_wait_s").environment == "SPOTREC_MAX_WAIT_S"


def test_values_have_the_type_of_their_setting(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "deezer, spotify")
    monkeypatch.setenv("SPOTREC_MAX_AUDIO_MB", "12")
    monkeypatch.setenv("SPOTREC_MAX_WAIT_S", "1.5")
    monkeypatch.setenv("SPOTREC_STORE", "~/music.db")
    settings = resolve({"preview_hosts": [".one.net", "two.net"], "cache": Path("/a/folder")})
    assert settings.providers == ("deezer", "spotify")
    assert settings.max_audio_mb == 12
    assert settings.max_wait_s == 1.5
    assert settings.store == home / "music.db"
    assert settings.preview_hosts == (".one.net", "two.net")
    assert settings.cache == "/a/folder"


def test_store_cache_and_index_lie_in_the_data_folder_unless_told_otherwise(tmp_path: Path) -> None:
    settings = resolve({"data_dir": tmp_path})
    assert settings.store_path == tmp_path / "spotrec.db"
    assert settings.cache_address == str(tmp_path / "audio")
    assert settings.index_path == tmp_path / "index"
    elsewhere = resolve({"data_dir": tmp_path, "store": "s.db", "cache": "s3://bucket", "index_dir": "i"})
    assert elsewhere.store_path == Path("s.db")
    assert elsewhere.cache_address == "s3://bucket"
    assert elsewhere.index_path == Path("i")
    assert line(settings, "store").value == str(tmp_path / "spotrec.db")
    assert line(elsewhere, "cache").value == "s3://bucket"


def test_the_data_folder_is_the_systems_own_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SPOTREC_DATA_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = resolve()
    assert settings.data_path == tmp_path / "spotrec"
    assert line(settings, "data_dir").origin == "default"


def test_every_setting_is_shown_once_with_a_meaning_and_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPOTREC_PROVIDERS")
    rows = describe(resolve())
    assert len({row.name for row in rows}) == len({row.environment for row in rows}) == len(rows)
    assert all(row.about for row in rows)
    assert {"store", "cache", "weights", "spotify_client_secret"} <= {row.name for row in rows}
    assert line(resolve(), "providers").value == "file, subsonic, spotify, deezer, itunes, spotify-embed"


def test_a_secret_is_only_said_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"spotify_client_secret", "spotify_token", "aws_access_key_id"}
    secrets |= {"aws_secret_access_key", "aws_session_token", "server_token", "subsonic_password", "subsonic_api_key"}
    for name in secrets:
        assert line(resolve(), name).value == "not set"
        monkeypatch.setenv(line(resolve(), name).environment, "planted-secret")
    rows = describe(resolve())
    assert {row.name for row in rows if row.value == "set"} == secrets
    assert "planted-secret" not in str(rows)


def test_passwords_in_urls_are_masked() -> None:
    settings = resolve(
        {"aws_endpoint_url": "http://joe:planted@nas.local:9000", "weights_url": "https://planted@example.com/w.hdf5"}
    )
    assert line(settings, "aws_endpoint_url").value == "http://***@nas.local:9000"
    assert line(settings, "weights_url").value == "https://***@example.com/w.hdf5"
    assert settings.aws_endpoint_url == "http://joe:planted@nas.local:9000"


def test_a_secret_that_makes_no_sense_is_not_repeated(home: Path) -> None:
    path = home / "x.toml"
    path.write_text("spotify_token = ['planted-secret']")
    with pytest.raises(UsageError) as refused:
        resolve(config=path)
    assert "planted" not in refused.value.message + refused.value.hint
    assert "spotify_token" in refused.value.message


def test_an_unknown_setting_in_a_file_is_refused(project: Path) -> None:
    (project / "spotrec.toml").write_text("stroe = '/x.db'")
    with pytest.raises(UsageError, match=r"“stroe” .*not a setting") as refused:
        resolve()
    assert "config/spotrec.toml" in refused.value.message
    assert refused.value.hint == "do you mean “store”?"
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("content", [b"store = ", b"[[[", b"store = '/a'\nstore = '/b'", b"\xff\xfe\x00", b"store: /x"])
def test_bad_toml_is_refused_with_the_files_name(user_file: Path, content: bytes) -> None:
    user_file.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read") as refused:
        resolve()
    assert str(user_file) in refused.value.message
    assert refused.value.hint


def test_an_env_file_that_is_no_text_is_refused(home: Path) -> None:
    (home / "bad.env").write_bytes(b"SPOTREC_STORE=\xff\xfe\n")
    with pytest.raises(UsageError, match=r"bad\.env cannot be read"):
        resolve(config=home / "bad.env")


@pytest.mark.parametrize("number", ["abc", "0", "-1", "nan", "inf", "1e12", "0x10", "1,5"])
@pytest.mark.parametrize("name", ["timeout_s", "max_audio_mb"])
def test_a_bad_number_is_refused_with_where_it_came_from(
    name: str, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"SPOTREC_{name.upper()}", number)
    with pytest.raises(UsageError, match="is not valid") as refused:
        resolve()
    for part in (name, number, "environment"):
        assert part in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize(
    "content",
    ["store = 5", "cache = 5", "providers = 5", "timeout_s = []", "itunes_country = ['a']", "aws_region = 2020-01-01"],
)
def test_a_value_of_the_wrong_kind_is_refused(content: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPOTREC_PROVIDERS")
    path = home / "x.toml"
    path.write_text(content)
    with pytest.raises(UsageError, match=r"x\.toml\) is not valid"):
        resolve(config=path)


@pytest.mark.parametrize("address", ["http://[::1", "https://[", "http://a]b[/x"])
def test_an_address_that_leads_nowhere_is_refused_with_where_it_came_from(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_DEEZER_API_URL", address)
    with pytest.raises(UsageError, match=r"deezer_api_url = .* \(environment\) is not valid"):
        resolve()


def test_a_given_file_that_is_missing_is_refused(home: Path) -> None:
    for path in (home / "gone.toml", home):
        with pytest.raises(UsageError, match="there is no configuration file") as refused:
            resolve(config=path)
        assert str(path) in refused.value.message
        assert refused.value.hint
        assert refused.value.exit_code == 2


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = resolve()
    with pytest.raises(AttributeError):
        settings.timeout_s = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    "flags",
    [{"store": "~nosuchuser/x"}, {"max_audio_mb": float("inf")}, {"max_audio_mb": True}, {"store": "a\0b"}],
)
def test_values_that_break_their_own_conversion_are_refused(flags: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="is not valid"):
        resolve(flags)


@pytest.mark.parametrize("url", ["http://joe:pl@anted@h/x", "http://joe:pl/anted@h/x"])
def test_strange_passwords_in_addresses_are_masked_too(url: str) -> None:
    assert "anted" not in str(describe(resolve({"aws_endpoint_url": url})))


def test_empty_names_in_a_list_are_left_out() -> None:
    assert resolve({"providers": "spotify,, deezer,"}).providers == ("spotify", "deezer")


HERE, THERE = "http://127.0.0.1:1", "https://api.example.com"


class TestWhereCredentialsMayGo:
    """In order of trust: a flag, the environment or a file that --config names, the user's file, the folder's."""

    @pytest.mark.parametrize("address_from", ["folder", "user", "named", "environment", "flag", "default"])
    @pytest.mark.parametrize("secret_from", ["folder", "user", "named", "environment", "flag"])
    def test_an_address_must_be_trusted_at_least_as_much_as_the_secret(
        self, address_from: str, secret_from: str, project: Path, user_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SPOTREC_SPOTIFY_API_URL")
        if {address_from, secret_from} == {"named", "folder"}:
            pytest.skip("a file that is named replaces the folder's")
        named = project / "named.toml"
        files = {"folder": project / "spotrec.toml", "user": user_file, "named": named}
        lines: dict[Path, str] = {}
        flags: dict[str, Any] = {}
        for origin, name, value in (
            (address_from, "spotify_api_url", HERE),
            (secret_from, "spotify_token", "planted"),
        ):
            if file := files.get(origin):
                lines[file] = lines.get(file, "") + f"{name} = '{value}'\n"
            elif origin == "environment":
                monkeypatch.setenv({"spotify_token": "SPOTIFY_TOKEN"}.get(name, f"SPOTREC_{name.upper()}"), value)
            elif origin == "flag":
                flags[name] = value
        for file, text in lines.items():
            file.write_text(text)
        settings = resolve(flags, config=named if named in lines else None)
        trust = {"folder": 0, "user": 1, "named": 2, "environment": 2, "flag": 3, "default": 4}
        if trust[address_from] >= trust[secret_from]:
            check_recipient(settings, "spotify_api_url", ["spotify_token"])
        else:
            with pytest.raises(UsageError, match="is not sent to"):
                check_recipient(settings, "spotify_api_url", ["spotify_token"])

    def test_a_stored_sign_in_counts_as_the_users(
        self, project: Path, user_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SPOTREC_SPOTIFY_ACCOUNTS_URL")
        (project / "spotrec.toml").write_text(f"spotify_accounts_url = '{THERE}'")
        with pytest.raises(UsageError, match="your stored credentials are not sent to"):
            check_recipient(resolve(), "spotify_accounts_url")
        (project / "spotrec.toml").unlink()
        user_file.write_text(f"spotify_accounts_url = '{THERE}'")
        check_recipient(resolve(), "spotify_accounts_url")

    @pytest.mark.parametrize("url", ["http://api.example.com", "http://10.0.0.1", "ftp://127.0.0.1.example.com"])
    def test_no_secret_is_sent_unencrypted(self, url: str) -> None:
        with pytest.raises(UsageError, match="unencrypted"):
            check_recipient(resolve({"spotify_api_url": url}), "spotify_api_url")

    @pytest.mark.parametrize("url", ["http://127.0.0.1:8", "http://localhost:8", "http://[::1]:8", "https://10.0.0.1"])
    def test_this_machine_needs_no_encryption(self, url: str) -> None:
        check_recipient(resolve({"spotify_api_url": url}), "spotify_api_url")

    def test_a_signature_may_go_unencrypted(self) -> None:
        check_recipient(resolve({"aws_endpoint_url": "http://nas:9000"}), "aws_endpoint_url", may_be_in_clear=True)
