"""Settings: flags come before `BACKBOT_*` variables, and those before `backbot.toml`."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from backbot.errors import SettingsError

FILE = "backbot.toml"
PREFIX = "BACKBOT_"
# Those that pages and widget speak; web/languages has the words of each.
LANGUAGES = ("en", "es", "de", "fr", "ar")

_Name = Annotated[str, Meta(min_length=1, description="a text that is not empty")]
_Port = Annotated[int, Meta(ge=1, le=65535, description="a whole number from 1 to 65535")]
_Count = Annotated[int, Meta(ge=1, le=1000, description="a whole number from 1 to 1000")]
_Secret = Annotated[str, Meta(min_length=16, description="a text of 16 characters or more")]
# What Content-Security-Policy and browsers call an origin: no path, no trailing slash.
_Origin = Annotated[
    str,
    Meta(
        pattern=r"^(\*|https?://(\*\.)?([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?)$"
    ),
]
_Origins = Annotated[
    tuple[_Origin, ...],
    Meta(description="a list of sites such as https://a.org, in small letters and without a path"),
]
_Language = Annotated[
    str,
    Meta(pattern=f"^({'|'.join(LANGUAGES)})$", description=f"one of {', '.join(LANGUAGES)}"),
]
_Rate = r"[1-9][0-9]{0,6} ?(/| per ) ?([1-9][0-9]{0,4} )?(second|minute|hour|day)s?"
_RateLimit = Annotated[
    str,
    Meta(
        pattern=rf"^(off|{_Rate}(; ?{_Rate})*)$",
        description="such as 30/minute, 5/second; 200/hour, or off",
    ),
]
_RateStore = Annotated[
    str,
    Meta(
        pattern=r"^(memory|rediss?://\S+|redis\+unix://\S+)$",
        description="`memory` or the address of a Redis such as redis://127.0.0.1:6379/0",
    ),
]
_Hops = Annotated[int, Meta(ge=0, le=10, description="a whole number from 0 to 10")]
_Some = Annotated[int, Meta(ge=0, le=1000, description="a whole number from 0 to 1000")]
_Megabytes = Annotated[int, Meta(ge=0, le=1_000_000, description="a whole number of megabytes")]
_Seconds = Annotated[int, Meta(ge=1, le=3600, description="a whole number from 1 to 3600")]
_LogFormat = Annotated[str, Meta(pattern="^(text|json)$", description="text or json")]
_LogLevel = Annotated[
    str, Meta(pattern="^(error|warning|info)$", description="error, warning or info")
]


_Mode = Annotated[str, Meta(pattern=r"^(off|counts|text)$", description="one of off, counts, text")]
_Days = Annotated[int, Meta(ge=1, le=3650, description="a whole number of days from 1 to 3650")]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting with its default. A `corpus` or `index` path is taken from where you stand."""

    corpus: _Name = "corpus"
    index: _Name = "index"
    model: _Name | None = None
    host: _Name = "127.0.0.1"
    port: _Port = 8000
    workers: _Count = 1
    threads: _Count = 4
    allowed_origins: _Origins = ()
    source: _Name | None = None
    hook_secret: _Secret | None = None
    language: _Language | None = None
    # Where an index in a database has its files: the encoder, the off switch, sign-ins.
    index_folder: _Name = "index"
    # A path, a database URL or `off`; None: a file beside the index folder.
    journal: _Name | None = None
    journal_mode: _Mode = "text"
    journal_days: _Days = 365
    rate_limit: _RateLimit | None = None
    rate_limit_store: _RateStore = "memory"
    trusted_proxies: _Hops = 0
    queue: _Some = 32
    request_timeout: _Seconds = 30
    worker_memory: _Megabytes = 0
    cache_mb: _Megabytes = 8
    metrics_token: _Secret | None = None
    log_format: _LogFormat = "text"
    log_level: _LogLevel = "warning"

    def index_environment(self) -> dict[str, str]:
        """Return this process's environment for one that works on the same index.

        Not by a flag: everybody on a host can read those, and a URL may hold a password.
        """
        named = {"INDEX": self.index, "INDEX_FOLDER": self.index_folder}
        return os.environ | {PREFIX + name: value for name, value in named.items()}

    @property
    def root(self) -> Path:
        """The folder of index files on this host."""
        return Path(self.index_folder if "://" in self.index else self.index)


def read_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Return the settings out of `flags` (None means not given), the environment and the file.

    A variable that is set to nothing counts as not given. Raises `SettingsError` that says which
    setting does not fit, where it stands and what it takes.
    """
    environ = os.environ if environ is None else environ
    path = (folder or Path()) / FILE
    merged = _from_file(path)
    places = dict.fromkeys(merged, str(path))
    for name in Settings.__struct_fields__:
        variable = PREFIX + name.upper()
        if value := environ.get(variable, "").strip():
            merged[name] = value.split() if name == "allowed_origins" else value
            places[name] = variable
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    merged.update(given)
    places.update({name: f"--{name}" for name in given})
    try:
        return msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_explain(str(error), path, places)) from None


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from None


def _explain(problem: str, path: Path, places: Mapping[str, str]) -> str:
    """Say where the setting stands that does not fit, and what it takes; never what it holds."""
    known = Settings.__struct_fields__
    where = re.search(r"\$\.(\w+)", problem)
    name = where.group(1) if where else ""
    if name not in known:
        unknown = ", ".join(sorted(set(places) - set(known)))
        return f"{path} has no such setting as {unknown}; it may hold {', '.join(known)}."
    (field,) = (each for each in msgspec.structs.fields(Settings) if each.name == name)
    return f"The setting `{name}` in {places[name]} must be {_wanted(field.type)}."


def _wanted(kind: Any) -> str:
    described = getattr(kind, "__metadata__", None) or kind.__args__[0].__metadata__
    return str(described[0].description)
