"""What was imported before: which document came from where, and what the import made of it.

It stands in `.imported.json` beside the documents, so that importing again can tell the owner's
own changes from those of the source, and a post with a new title from a new post.
"""

import contextlib
import datetime
import hashlib
import os
import secrets
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

FILE = ".imported.json"
FORMAT = 1

Value = str | bool | list[str] | None


class Entry(msgspec.Struct, kw_only=True):
    """A document that an import wrote.

    `front` is the front matter that the source gave, `bodies` the digests of the bodies that an
    import wrote or was about to write, the newest last.
    """

    origin: str
    key: str | None = None
    type: str = ""
    front: dict[str, Value] = {}
    bodies: list[str] = []

    @property
    def url(self) -> str | None:
        url = self.front.get("url")
        return url if isinstance(url, str) else None


class Ledger(msgspec.Struct, kw_only=True):
    """All documents of a corpus folder that imports wrote, by ID."""

    format: int = FORMAT
    documents: dict[str, Entry] = {}


def read_ledger(folder: Path) -> Ledger:
    """Return the ledger of the corpus in `folder`; an unreadable one tells nothing, as if new."""
    try:
        ledger = msgspec.json.decode((folder / FILE).read_bytes(), type=Ledger)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Ledger()
    return ledger if ledger.format == FORMAT else Ledger()


def write_ledger(folder: Path, ledger: Ledger) -> None:
    """Put `ledger` beside the documents in `folder`."""
    encoded = msgspec.json.encode(ledger, order="deterministic")
    replace(folder / FILE, msgspec.json.format(encoded, indent=1) + b"\n")


def digest(text: str) -> str:
    """Return what a body is told by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def same_place(url: str | None) -> str | None:
    """Return what two addresses of one page have in common, None for no address."""
    if not url:
        return None
    parts = urlsplit(url)
    host = parts.netloc.casefold().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}?{parts.query}#{parts.fragment}"


def plain_value(value: object) -> Value:
    """Return a value of front matter in the form in which it is kept and compared."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value]
    return value if isinstance(value, (str, bool)) or value is None else str(value)


def sync(path: Path) -> None:
    """Return when what was written to the file at `path` is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def replace(path: Path, content: bytes) -> None:
    """Put `content` into the file at `path` at once: a crash leaves the old file or the new."""
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
