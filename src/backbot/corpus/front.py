"""The front matter of a corpus file, as text and as values."""

import sys
from pathlib import Path
from typing import Any

import yaml
from frontmatter.default_handlers import YAMLHandler

from backbot.errors import WriteError


def split_file(path: Path) -> tuple[str, dict[str, Any], str]:
    """Return the front matter of the file at `path`, as text and as values, and its body.

    Raises `WriteError` where it has none that can be read.
    """
    try:
        handler = YAMLHandler()
        header, body = handler.split(path.read_text(encoding="utf-8-sig").strip())
        front = handler.load(header)
    except (ValueError, RecursionError, yaml.YAMLError):
        front = None
    if not isinstance(front, dict):
        raise WriteError(
            f"{path} would be overwritten, but its front matter cannot be read; mend the file or "
            "move it away, and import again."
        )
    return header, front, body.strip()


def read_front(path: Path) -> dict[str, Any] | None:
    """Return the front matter of the file at `path`, None where it cannot be read."""
    try:
        return split_file(path)[1]
    except (WriteError, OSError):
        return None


def dumped(front: dict[str, Any]) -> str:
    """Return `front` as YAML, in its own order."""
    return yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=sys.maxsize)


def composed(header: str, body: str) -> str:
    """Return the content of a corpus file."""
    return f"---\n{header.strip()}\n---\n\n{body}\n"
