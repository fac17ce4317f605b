"""Settings: flags come before `BACKBOT_*` variables, and those before `backbot.toml`."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from backbot.errors import SettingsError

FILE = "backbot.toml"
PREFIX = "BACKBOT_"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting with its default. A `corpus` or `index` path is taken from where you stand."""

    corpus: str = "corpus"
    index: str = "index"
    model: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 4
    allowed_origins: tuple[str, ...] = ()


def read_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Return the settings out of `flags` (None means not given), the environment and the file.

    Raises `SettingsError` that names the setting and what it takes.
    """
    environ = os.environ if environ is None else environ
    merged: dict[str, Any] = _from_file((folder or Path()) / FILE)
    for name in Settings.__struct_fields__:
        if (value := environ.get(PREFIX + name.upper())) is not None:
            merged[name] = value.split() if name == "allowed_origins" else value
    merged.update({name: value for name, value in (flags or {}).items() if value is not None})
    try:
        return msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"A setting does not fit: {error}.") from None


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from None
