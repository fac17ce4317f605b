"""What a bench found, for whoever sits in front of it and for docs/performance/."""

from pathlib import Path
from typing import Any

import msgspec


def keep(found: Any, path: Path | None) -> str:
    """Return `found` as readable JSON, written to `path` too where one is given."""
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    if path:
        path.write_text(text + "\n", encoding="utf-8")
    return text
