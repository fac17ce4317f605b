"""What a site is imported from: one module a format, each of which ends in a `Reading`."""

import datetime
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from backbot.corpus.document import BlockKind, DocumentKind, Origin
from backbot.errors import SourceError

_SEEN = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]")


class Part(msgspec.Struct, frozen=True):
    """A heading, paragraph, list item, quoted paragraph or code block of a post: plain text.

    `lines` are its lines as a reader saw them, without any markup. `wrapped` says that they are
    one run of prose that somebody's mail program broke; otherwise each line stands for itself.
    `level` is a heading's level or an item's or quotation's depth; `number` is a numbered item's.

    Raises `ValueError` for a part with nothing to see.
    """

    kind: BlockKind
    lines: tuple[str, ...]
    level: int = 1
    number: int | None = None
    wrapped: bool = False

    def __post_init__(self) -> None:
        if not any(map(_SEEN.search, self.lines)):
            raise ValueError("a part must have a line with something to see")
        if any("\n" in line or "\r" in line for line in self.lines):
            raise ValueError("a line of a part must be one line")
        if self.level < 1 or not 0 <= (self.number or 0) <= 999_999_999:
            raise ValueError("a level counts from 1, and a number has at most nine digits")


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One post or answered question of a site, ready to become a corpus file.

    `truncated` says that the source had only its opening; `line` is where its title stands in a
    source that has lines; `key` is what the source itself tells it by, whatever its title becomes;
    `type` is what the source calls its kind. A `hidden` one waits for the owner's word.
    """

    title: str
    parts: tuple[Part, ...]
    kind: DocumentKind = "article"
    question: str | None = None
    alternate_questions: tuple[str, ...] = ()
    from_: Origin | None = None
    about: str | None = None
    hidden: bool = False
    key: str | None = None
    type: str = ""
    url: str | None = None
    date: datetime.date | None = None
    tags: tuple[str, ...] = ()
    truncated: bool = False
    line: int | None = None

    def __post_init__(self) -> None:
        if not _SEEN.search(self.title) or "\n" in self.title or "\r" in self.title:
            raise ValueError("a post's title must be one line with something to see")
        if not self.parts:
            raise ValueError("a post must have at least one part")


class Omission(msgspec.Struct, frozen=True):
    """Something of the source that stands in no post, at `line` if it has lines, and why."""

    line: int | None
    text: str
    reason: str


class Imported(msgspec.Struct, frozen=True):
    """What an importer found: posts in the source's order, what it left out, what to look at.

    Each note is one sentence about a place where the importer had to choose.
    """

    posts: tuple[Post, ...]
    omissions: tuple[Omission, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class Reading:
    """What an importer is finding. `omissions`, `notes`, `found` and `complete` are whole only
    when `posts` has come to its end.

    `origin` names the site or file, so that importing it again finds what came from it; `found`
    counts what the source holds; `complete` says that `posts` is all there is at the source, so
    that whatever is missing has vanished there (of the types in `types`, if it tells any).
    """

    posts: Iterable[Post]
    origin: str = ""
    omissions: list[Omission] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    complete: bool = False
    types: set[str] = field(default_factory=set)
    # What became of readers' comments, by reason.
    comments: Counter[str] = field(default_factory=Counter)


def read_text(path: Path) -> str:
    """Return the text of the UTF-8 file at `path`, without a byte order mark.

    Raises `SourceError` where there is no such file, it is no file, cannot be read, is empty or
    is not UTF-8.
    """
    try:
        if not path.exists():
            raise SourceError(f"There is no file {path}; check the name.")
        if path.is_dir():
            raise SourceError(f"{path} is a folder; name the file to import.")
        if not path.is_file():
            raise SourceError(f"{path} is not a regular file; save its text as one first.")
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}).") from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path} is not UTF-8 (byte {error.start + 1}); save it as UTF-8 and try again."
        ) from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise SourceError(f"{path} is empty; there is nothing to import.")
    return text
