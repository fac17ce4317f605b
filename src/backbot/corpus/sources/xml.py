"""Reading XML that a stranger may have written: in pieces, nothing expanded, nothing fetched."""

import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from backbot.errors import SourceError

# More than any article with all its comments; an element that never ends must not fill memory.
MAX_ITEM_BYTES = 64 * 1024 * 1024
# What XML 1.0 forbids, and old exports hold nevertheless.
_FORBIDDEN = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_NO_FORBIDDEN = bytes.maketrans(_FORBIDDEN, b" " * len(_FORBIDDEN))
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")
_MISMATCH = re.compile(r"line (\d+), column (\d+)")


class _Guarded:
    """A file as the parser reads it: white space before its first mark and characters that XML
    forbids are taken out, and reading on ends where one item grows beyond all measure."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._first = True
        self._wide = False
        self.mended = 0
        self.since_item = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        if self._first:
            self._wide = piece.startswith(_WIDE)
            bare = piece if self._wide else piece.removeprefix(b"\xef\xbb\xbf").lstrip()
            self._first = not bare and bool(piece)
            if self._first:
                return self.read(size)
            piece = bare
        self.since_item += len(piece)
        if self.since_item > MAX_ITEM_BYTES:
            raise _TooLargeError
        if self._wide:
            return piece
        clean = piece.translate(_NO_FORBIDDEN)
        if clean != piece:
            self.mended += sum(piece.count(byte) for byte in map(_byte, _FORBIDDEN))
        return clean


class _TooLargeError(Exception):
    pass


class Items:
    """The elements of an XML file that have one of `names` (without their namespace), in order.

    Each is whole when it is given and forgotten afterwards, so that a file of any size takes
    little memory. `mended` counts the characters that XML forbids and that became spaces; `root`
    is the file's outermost tag.

    Raises `SourceError` where the file is not well-formed, defines entities, or has an item of
    more than 64 MB.
    """

    def __init__(self, file: IO[bytes], name: str, names: frozenset[str]) -> None:
        self._guarded = _Guarded(file)
        self._name = name
        self._names = names
        self.root = ""

    @property
    def mended(self) -> int:
        return self._guarded.mended

    def __iter__(self) -> Iterator[Element]:
        try:
            yield from self._iterate()
        except DefusedXmlException:
            raise SourceError(
                f"{self._name} defines XML entities, which no export needs and which can be a "
                "trap; export the site anew."
            ) from None
        except ParseError as error:
            raise SourceError(_not_well_formed(self._name, error)) from None
        except (UnicodeError, LookupError, ValueError):
            raise SourceError(
                f"{self._name} is not in the encoding that it names; save it as UTF-8, or export "
                "the site anew."
            ) from None
        except _TooLargeError:
            raise SourceError(
                f"{self._name} has an item of more than {MAX_ITEM_BYTES // 2**20} MB, which no "
                "article is; export the site anew."
            ) from None

    def _iterate(self) -> Iterator[Element]:
        events: Any = iterparse(self._guarded, events=("start", "end"), forbid_external=True)
        path: list[Element] = []
        inside = 0
        for event, element in events:
            if event == "start":
                if not path:
                    self.root = local_name(element)
                path.append(element)
                inside += local_name(element) in self._names
                continue
            path.pop()
            if local_name(element) in self._names:
                inside -= 1
                if not inside:
                    self._guarded.since_item = 0
                    yield element
            if not inside:
                # What is no item, or is done with, has no use any more.
                element.clear()
                if path:
                    path[-1].clear()


def open_items(path: Path, *names: str) -> Iterator[Items]:
    """Yield the `Items` of the file at `path` that have one of `names`; used as a context."""
    with path.open("rb") as file:
        yield Items(file, str(path), frozenset(names))


reading_items = contextlib.contextmanager(open_items)


def items_in(content: bytes, name: str, *names: str) -> Items:
    """Return the `Items` of XML in memory; `name` is what an error calls it."""
    return Items(io.BytesIO(content), name, frozenset(names))


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: Element) -> str:
    """Return an element's namespace, "" for none."""
    tag = str(element.tag)
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def _not_well_formed(name: str, error: ParseError) -> str:
    where = _MISMATCH.search(str(error))
    place = f" (line {where.group(1)}, column {where.group(2)})" if where else ""
    return (
        f"{name} is not well-formed XML{place}: it is cut off or damaged; export the site anew "
        "and try again."
    )


def _byte(value: int) -> bytes:
    return bytes((value,))
