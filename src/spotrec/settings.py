"""Every setting, its default, and where its value came from.

Precedence: flag > environment > `config/*.env` and `config/spotrec.toml` (or the file given by `--config`)
> `$XDG_CONFIG_HOME/spotrec/config.toml` > default. A setting has one name everywhere: `store` in a file,
`--store` as a flag, `SPOTREC_STORE` in the environment (Spotify's and Amazon's keep the names their own tools use).

A file in the current folder may be a stranger's: credentials are not sent to an address that comes from a less trusted
origin than they do (`check_recipient`).
"""

import io
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from enum import IntEnum
from pathlib import Path
from typing import Any, get_type_hints

from spotrec.errors import UsageError, quoted
from spotrec.system.files import read_regular, real_path

_PROJECT_CONFIG = Path("config")
_LARGEST_FILE = 1_000_000
_LONGEST_NAME = 100


class Trust(IntEnum):
    """How much the origin of a value is trusted."""

    FOLDER = 0
    """A file in the current folder."""
    USER = 1
    """The user's own file. Stored sign-ins and keys that boto3 finds count as the user's, too."""
    ENVIRONMENT = 2
    """The environment, or a file that the user names with `--config`."""
    FLAG = 3
    DEFAULT = 4


def _setting(
    default: Any,
    about: str,
    *,
    env: str | None = None,
    secret: bool = False,
    choices: tuple[str, ...] = (),
    most: int | None = None,
) -> Any:
    about_it = {"about": about, "env": env, "secret": secret, "choices": choices, "most": most}
    return field(default=default, metadata=about_it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. Frozen: they do not change during a run."""

    data_dir: Path | None = _setting(None, "folder of the store, cache, index and weights")
    store: Path | None = _setting(None, "the SQLite feature store (default: spotrec.db in the data folder)")
    cache: str | None = _setting(None, "audio cache: a folder or s3://bucket/prefix (default: in the data folder)")
    index_dir: Path | None = _setting(None, "folder of the indexes (default: index in the data folder)")
    weights: Path | None = _setting(None, "Choi's weights (default: in the data folder, downloaded once)")
    musicnn_weights: Path | None = _setting(
        None, "musicnn's weights: the .index file of a checkpoint (default: in the data folder, downloaded once)"
    )
    mn04_weights: Path | None = _setting(None, "mn04's weights (default: in the data folder, downloaded once)")
    ears: tuple[str, ...] = _setting(
        (),
        "the networks that hear together: choi, mn04, musicnn, … (default: those that the store already uses, or choi "
        "and mn04)",
    )
    excerpts: int | None = _setting(
        None,
        "in how many excerpts files longer than 90 s are heard, 1 to 5 (default: as most of the store was, or 3)",
        most=5,
    )
    weights_url: str = _setting(
        "https://raw.githubusercontent.com/keunwoochoi/music-auto_tagging-keras/"
        "a3e105d0c4c529c512cc197ad8770ff1cc52aa32/compact_cnn/weights_layer4_theano.hdf5",
        "where Choi's weights are downloaded from",
    )
    mn04_weights_url: str = _setting(
        "https://github.com/fschmid56/EfficientAT/releases/download/v0.0.1/mn04_as_mAP_432.pt",
        "where mn04's weights are downloaded from",
    )
    providers: tuple[str, ...] = _setting(
        ("file", "subsonic", "spotify", "deezer", "itunes", "spotify-embed"),
        "preview providers, in the order in which spotrec queries them",
    )
    encoding: str | None = _setting(
        None,
        "the encoding of lists that are not Unicode: windows-1251, shift_jis, … (default: the most likely one)",
    )
    matching: str = _setting(
        "strict",
        "strict: accept only the same version of a recording; loose: also a live version, a remix, …",
        choices=("strict", "loose"),
    )
    max_audio_mb: int = _setting(200, "largest audio file that is read, in MB")
    max_wait_s: float = _setting(60.0, "longest Retry-After that spotrec waits for, in seconds")
    timeout_s: float = _setting(20.0, "longest silence of a server, in seconds")
    spotify_client_id: str | None = _setting(None, "your Spotify app's client id", env="SPOTIFY_CLIENT_ID")
    spotify_client_secret: str | None = _setting(
        None, "your Spotify app's client secret", env="SPOTIFY_CLIENT_SECRET", secret=True
    )
    spotify_token: str | None = _setting(
        None, "a user's access token, used instead of the client's own", env="SPOTIFY_TOKEN", secret=True
    )
    spotify_api_url: str = _setting("https://api.spotify.com", "Spotify's Web API")
    spotify_accounts_url: str = _setting("https://accounts.spotify.com", "Spotify's token service")
    spotify_embed_url: str = _setting("https://open.spotify.com", "Spotify's public pages")
    embed_pages: str = _setting(
        "on", "on: read Spotify's public pages if its Web API gives nothing; off: never", choices=("on", "off")
    )
    deezer_api_url: str = _setting("https://api.deezer.com", "Deezer's API")
    itunes_api_url: str = _setting("https://itunes.apple.com", "Apple's search API")
    itunes_country: str = _setting("US", "country of the store that Apple's search uses")
    spotify_limit: str = _setting("90/30", "limit for Spotify's Web API: requests/seconds")
    spotify_embed_limit: str = _setting("1/1", "limit for Spotify's public pages: requests/seconds")
    deezer_limit: str = _setting("40/5", "limit for Deezer's API: requests/seconds")
    itunes_limit: str = _setting("1/3.5", "limit for Apple's search: requests/seconds")
    connections_per_host: int = _setting(8, "maximum number of simultaneous requests to one host")
    preview_hosts: tuple[str, ...] = _setting(
        (".scdn.co", ".dzcdn.net", ".itunes.apple.com", ".mzstatic.com"),
        "hosts that previews may come from (a leading dot: any host below it)",
    )
    subsonic_url: str | None = _setting(
        None,
        "the address of your music server (Navidrome, Gonic, LMS, supysonic, …)",
    )
    subsonic_user: str | None = _setting(None, "your user name on the music server")
    subsonic_password: str | None = _setting(
        None, "your password on the music server, sent as a salted token where the server allows it", secret=True
    )
    subsonic_api_key: str | None = _setting(
        None, "an API key of the music server, instead of user name and password", secret=True
    )
    subsonic_folder: Path | None = _setting(
        None, "the folder where the music server's files are mounted here (default: audio is streamed)"
    )
    subsonic_unencrypted: str = _setting(
        "off",
        "on: also talk to the music server over http://, without encryption, in a network that you trust",
        choices=("on", "off"),
    )
    aws_access_key_id: str | None = _setting(None, "S3 access key", env="AWS_ACCESS_KEY_ID", secret=True)
    aws_secret_access_key: str | None = _setting(None, "S3 secret key", env="AWS_SECRET_ACCESS_KEY", secret=True)
    aws_session_token: str | None = _setting(None, "S3 session token", env="AWS_SESSION_TOKEN", secret=True)
    aws_region: str | None = _setting(None, "S3 region", env="AWS_DEFAULT_REGION")
    aws_endpoint_url: str | None = _setting(None, "S3 server other than Amazon's", env="AWS_ENDPOINT_URL")
    s3_storage_class: str | None = _setting(
        None,
        "S3 storage class of stored objects, readable at once (default: the bucket's)",
        choices=("STANDARD", "INTELLIGENT_TIERING", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "REDUCED_REDUNDANCY"),
    )
    s3_encryption: str | None = _setting(
        None,
        "S3 encryption of stored objects: AES256 or aws:kms (default: the bucket's)",
        choices=("AES256", "aws:kms"),
    )
    s3_kms_key: str | None = _setting(None, "the KMS key's id or ARN, for aws:kms (default: the account's)")
    uploads: tuple[str, ...] = _setting(
        (), "where `extract --queue` takes uploads from: s3://bucket/prefix (default: the cache, if it is in S3)"
    )
    queue_visibility_s: int = _setting(60, "how long a queue hides a message while it is processed, in seconds")
    taste_half_life_days: float = _setting(
        180.0, "a like or dislike that is so many days older than the latest one counts half as much"
    )
    mpd: str | None = _setting(
        None, "MPD's address: host, host:port or the path of a socket (default: MPD_HOST, else the usual places)"
    )
    mpd_password: str | None = _setting(None, "MPD's password", secret=True)
    mpd_music_dir: Path | None = _setting(
        None, "MPD's music folder as this machine sees it (default: what MPD says over a socket, else found by paths)"
    )
    heard_lately_days: int = _setting(
        14, "how long a station leaves out what was heard, in days: what players played and stations served", most=365
    )
    server: str | None = _setting(None, "a running `spotrec serve` that `query` asks: http://127.0.0.1:8765")
    server_token: str | None = _setting(None, "the token of `spotrec serve`, which clients send", secret=True)
    server_user: str = _setting("spotrec", "the user name of players at `spotrec serve`; their password is the token")
    jellyfin_path: str = _setting(
        "", "FOLDER=FOLDER: a folder of your music here, and as Jellyfin names it, if the names differ"
    )
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    trust: Mapping[str, Trust] = field(default_factory=dict, repr=False, compare=False)

    @property
    def data_path(self) -> Path:
        """The data folder: `data_dir`, else the system's place for a user's application data."""
        if self.data_dir is not None:
            return self.data_dir
        from platformdirs import user_data_path

        return user_data_path("spotrec", appauthor=False)

    @property
    def limits(self) -> dict[str, str]:
        """The limit for each service, by its address; other hosts have none."""
        return {
            self.spotify_api_url: self.spotify_limit,
            self.spotify_embed_url: self.spotify_embed_limit,
            self.deezer_api_url: self.deezer_limit,
            self.itunes_api_url: self.itunes_limit,
        }

    @property
    def loose(self) -> bool:
        """Whether a live version, a remix, … may replace the wanted track."""
        return self.matching == "loose"

    @property
    def store_path(self) -> Path:
        return self.store or self.data_path / "spotrec.db"

    @property
    def cache_address(self) -> str:
        return self.cache or str(self.data_path / "audio")

    @property
    def index_path(self) -> Path:
        return self.index_dir or self.data_path / "index"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of `spotrec config show`. A secret's value is only `set` or `not set`."""

    name: str
    value: str
    origin: str
    about: str
    environment: str


def resolve(flags: Mapping[str, Any] | None = None, *, config: Path | None = None) -> Settings:
    """Gather the settings from flags, environment and files.

    Args:
        flags: settings by name; None means not given.
        config: a TOML or `.env` file to read instead of those in `./config`.

    Raises:
        UsageError: a file or a value in it is not valid.
    """
    given = _with_current_names({name: value for name, value in (flags or {}).items() if value is not None})
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    trust: dict[str, Trust] = {}
    for origin, trusted, layer in [("flag", Trust.FLAG, given), *_layers(config)]:
        for name, raw in layer.items():
            spec_of(name, origin)
            if name not in values:
                values[name] = typed(name, raw, origin)
                origins[name] = origin
                trust[name] = trusted
    return Settings(**values, origins=origins, trust=trust)


def parse(file: Path, text: str) -> dict[str, Any]:
    """Return the settings in a file's text, checked and typed as `resolve` does.

    Args:
        file: its name says whether the text is TOML or `.env`.

    Raises:
        UsageError: the text, a name or a value in it is not valid.
    """
    values = _values(file, text)
    for name in values:
        spec_of(name, str(file))
    return {name: typed(name, raw, str(file)) for name, raw in values.items()}


def origin_besides(file: Path, name: str, *, config: Path | None = None) -> str | None:
    """Return where else than in `file` a setting is set, the first of several; None if nowhere.

    Args:
        config: as in `resolve`.

    Raises:
        UsageError: another file cannot be read.
    """
    return next((origin for origin, _, layer in _layers(config, besides=file) if name in layer), None)


def spec_of(name: str, origin: str | None = None) -> Mapping[str, Any]:
    """Return what a setting is: `about`, `env`, `secret`, `choices`.

    Args:
        origin: where the name stands, for the message.

    Raises:
        UsageError: there is no such setting; the hint names similar ones.
    """
    if name in _specs():
        return _specs()[name]
    place = f" ({origin})" if origin else ""
    raise UsageError(f"{quoted(name)}{place} is not a setting", _meant(name, origin))


def names() -> list[str]:
    """Return the names of all settings."""
    return list(_specs())


def user_file() -> Path:
    """Return the path of the user's own settings, which need not exist."""
    from platformdirs import user_config_path

    return user_config_path("spotrec", appauthor=False) / "config.toml"


def text_of(file: Path) -> str:
    """Return the text of a file with settings.

    Raises:
        UsageError: it cannot be read.
    """
    with readable(file):
        content = read_regular(file, _LARGEST_FILE)
        if len(content) > _LARGEST_FILE:
            raise ValueError("it is too large")
        return content.decode()


def check_recipient(
    settings: Settings,
    address: str,
    credentials: Iterable[str] = (),
    *,
    may_be_in_clear: bool = False,
    unencrypted: str | None = None,
) -> None:
    """Check that credentials may be sent to an address.

    Args:
        address: the setting with the address.
        credentials: settings that are sent; without any, stored credentials of the user are sent.
        may_be_in_clear: requests contain only a signature, or the service has no encryption.
        unencrypted: the setting that allows an address without encryption, if it is `on`; it must be trusted as much
            as the credentials.

    Raises:
        UsageError: the address comes from a less trusted origin than the credentials, or is not encrypted.
    """
    url: str | None = getattr(settings, address)
    if not url:
        return
    sent = [name for name in credentials if getattr(settings, name)]
    secret = max(sent, key=lambda name: settings.trust.get(name, Trust.FLAG), default=None)
    needed = Trust.USER if secret is None else settings.trust.get(secret, Trust.FLAG)
    if settings.trust.get(address, Trust.DEFAULT) < needed:
        what = "your stored credentials are" if secret is None else f"`{secret}` ({settings.origins[secret]}) is"
        raise UsageError(
            f"{what} not sent to {without_password(url)}: that address comes from {settings.origins[address]}",
            f"if you trust the address, set {_variable(address)} to it",
        )
    is_allowed = unencrypted is not None and getattr(settings, unencrypted) == "on"
    if is_allowed and settings.trust.get(unencrypted or "", Trust.DEFAULT) >= needed:
        return
    if not may_be_in_clear and not _is_encrypted(url):
        how = f", or set `{unencrypted}` to on in a network that you trust" if unencrypted else ""
        raise UsageError(
            f"`{address}` is {without_password(url)}, which would send credentials unencrypted",
            f"use an https address{how}",
        )


def _is_encrypted(url: str) -> bool:
    """Return whether nobody else can read what is sent: by https, or to this machine."""
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def describe(settings: Settings) -> list[SettingRow]:
    """Return every setting with its value, origin and meaning, safe to print."""
    derived = {
        "data_dir": settings.data_path,
        "store": settings.store_path,
        "cache": settings.cache_address,
        "index_dir": settings.index_path,
    }
    rows = []
    for name, spec in _specs().items():
        text = shown(name, derived.get(name, getattr(settings, name)))
        rows.append(SettingRow(name, text, settings.origins.get(name, "default"), spec["about"], _variable(name)))
    return rows


def shown(name: str, value: Any) -> str:
    """Return the text of a setting's value, safe to print: a secret is only `set` or `not set`."""
    if _specs()[name]["secret"]:
        return "set" if value else "not set"
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else without_password(str(value))


def is_secret(name: str, value: Any) -> bool:
    """Return whether nobody else should read a value: it is a secret, or an address with a password."""
    return bool(_specs()[name]["secret"]) or without_password(str(value)) != str(value)


def as_environment(settings: Settings) -> dict[str, str]:
    """Return all values that were set, as environment variables for a process that needs the same settings."""
    values = {name: getattr(settings, name) for name in settings.origins}
    return {_variable(n): ",".join(v) if isinstance(v, tuple) else str(v) for n, v in values.items()}


def without_password(value: str) -> str:
    """Return an address without its password, safe to show."""
    import re

    return re.sub(r"(?<=://)\S*@", "***@", value)


def _specs() -> dict[str, Mapping[str, Any]]:
    return {f.name: f.metadata for f in fields(Settings) if "about" in f.metadata}


def _variable(name: str) -> str:
    return _specs()[name]["env"] or f"SPOTREC_{name.upper()}"


def _from_environment(environment: Mapping[str, str | None]) -> dict[str, str]:
    found = {name: environment.get(_variable(name)) for name in _specs()}
    found |= {older: environment.get(f"SPOTREC_{older.upper()}") for older in OLDER_NAMES}
    return _with_current_names({name: value for name, value in found.items() if value})


def current_name(name: str) -> str:
    """Return the name of a setting that earlier versions of spotrec named otherwise."""
    return OLDER_NAMES.get(name, name)


def _with_current_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by their current names; if both names of one are there, the current one counts."""
    older = {current_name(name): value for name, value in values.items() if name in OLDER_NAMES}
    return older | {name: value for name, value in values.items() if name not in OLDER_NAMES}


def _layers(config: Path | None, *, besides: Path | None = None) -> list[tuple[str, Trust, Mapping[str, Any]]]:
    """Return the origins of settings but for flags, the strongest first, with their values as they were written.

    Args:
        besides: a file that is not read.
    """
    of_files = Trust.FOLDER if config is None else Trust.ENVIRONMENT
    files = [(path, of_files) for path in _project_files(config, besides)]
    if _is_there(user := user_file()):
        files.append((user, Trust.USER))
    left_out = besides and real_path(besides)
    return [
        ("environment", Trust.ENVIRONMENT, _from_environment(os.environ)),
        *((str(path), trust, _values(path, text_of(path))) for path, trust in files if real_path(path) != left_out),
    ]


def _project_files(config: Path | None, besides: Path | None) -> list[Path]:
    if config is None:
        return [p for p in (*sorted(_PROJECT_CONFIG.glob("*.env")), _PROJECT_CONFIG / "spotrec.toml") if _is_there(p)]
    if config != besides and not _is_there(config):
        raise UsageError(f"there is no configuration file {config}", _EXAMPLE)
    return [config]


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror}", "check the path and its permissions") from exc


def _values(file: Path, text: str) -> Mapping[str, Any]:
    import tomllib  # few users have a file

    with readable(file):
        if file.suffix == ".toml":
            return _with_current_names(tomllib.loads(text))
        from dotenv import dotenv_values

        return _from_environment(dotenv_values(stream=io.StringIO(text), interpolate=False))


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """Raise UsageError for what goes wrong when a file with settings is read."""
    try:
        yield
    except (OSError, ValueError, RecursionError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise UsageError(f"{file} cannot be read: {reason}", "fix or remove the file") from exc


def typed(name: str, raw: Any, origin: str) -> Any:
    """Return a setting's value, from what a file, a variable or a command gives, in the type that `Settings` has.

    Args:
        origin: where it was given, for the message.

    Raises:
        UsageError: it is not valid.
    """
    from urllib.parse import urlsplit

    kind = _TYPES[name]
    try:
        if isinstance(raw, bool) or "\0" in str(raw):
            raise ValueError("it must not be true or false, or contain a null character")
        if kind == tuple[str, ...]:
            parts = (raw if isinstance(raw, str) else ",".join(map(str, raw))).split(",")
            return tuple(part.strip() for part in parts if part.strip())
        if kind in (int, int | None, float):
            return _number(_parsed(raw, is_whole=kind is not float), _specs()[name]["most"])
        if Path in getattr(kind, "__args__", ()):
            return Path(raw).expanduser()
        if not isinstance(raw, str | Path):
            raise TypeError("it must be text")
        if (choices := _specs()[name]["choices"]) and raw not in choices:
            raise ValueError(f"it must be {' or '.join(choices)}")
        if name == "encoding":
            from spotrec.system.encodings import codec_of

            return codec_of(str(raw))
        if name.endswith("_url"):
            urlsplit(str(raw))  # a ValueError for a host like “[::1”
        return str(raw)
    except (TypeError, ValueError, OverflowError, RuntimeError) as exc:
        value = "…" if _specs()[name]["secret"] else repr(raw)
        raise UsageError(f"{name} = {value} ({origin}) is not valid: {exc}", _correction(name, origin)) from exc


def _parsed(raw: Any, *, is_whole: bool) -> float:
    try:
        return int(raw) if is_whole else float(raw)
    except ValueError:
        raise ValueError(f"it must be a {'whole ' if is_whole else ''}number") from None


def _number(number: float, most: float | None) -> float:
    if not 0 < number < 1e9:
        raise ValueError("it must be more than 0")
    if most and number > most:
        raise ValueError(f"it must be {most} or less")
    return number


def _meant(name: str, origin: str | None) -> str:
    """Return a hint that names the settings with names like this one. No command runs with an unknown setting."""
    from difflib import get_close_matches

    near = get_close_matches(name.lower().replace("-", "_")[:_LONGEST_NAME], _specs(), n=3)
    if near:
        return f"do you mean {' or '.join(map(quoted, near))}?"
    return f"{'remove it; ' if origin else ''}settings are {', '.join(_specs())}"


def _correction(name: str, origin: str) -> str:
    """Return a hint that explains a setting and says where it is set. No command runs while it is not valid."""
    spec = _specs()[name]
    place = {
        **dict.fromkeys(("flag", "command line", "standard input"), ""),
        "environment": f" in {_variable(name)}, or unset this variable",
    }.get(origin, f" in {origin}")
    return f"correct it{place}; {name} is: {spec['about']}"


_EXAMPLE = "each line of a .toml file is a setting, as max_audio_mb = 50; of a .env file SPOTREC_MAX_AUDIO_MB=50"
_TYPES = get_type_hints(Settings)
OLDER_NAMES = {"model": "ears"}
"""Names of settings in earlier versions, which still work."""
