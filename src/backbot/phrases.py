"""The fixed phrases of `phrases.toml`."""

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("backbot") / "phrases.toml").read_text(encoding="utf-8"))


def phrase(group: str, name: str) -> str:
    """Return one fixed phrase; raises KeyError for a name that the file does not have."""
    return _catalogue()[group][name]
