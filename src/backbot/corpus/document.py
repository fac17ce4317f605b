"""A document of the corpus and the blocks of its canonical text."""

import datetime
import hashlib
import re
from functools import cached_property
from typing import Literal

import msgspec

from backbot.text.blocks import BlockKind as BlockKind

DocumentKind = Literal["article", "question"]
Origin = Literal["reader", "editor"]

ID_PATTERN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_ID_LENGTH = 200


def is_document_id(text: str) -> bool:
    """Tell whether `text` is a lower-case ASCII slug that can be a document's ID."""
    return len(text) <= MAX_ID_LENGTH and ID_PATTERN.fullmatch(text) is not None


class Block(msgspec.Struct, frozen=True, array_like=True):
    """A heading, paragraph, list item, quoted paragraph or code block of a document.

    `start` and `end` are code point offsets into the document's text; `level` is a heading's
    level (1 to 6), a list item's or quotation's depth (1 and up), and 0 for the rest.
    """

    kind: BlockKind
    level: int
    start: int
    end: int


class Document(msgspec.Struct, frozen=True, kw_only=True, dict=True, rename={"from_": "from"}):
    """One article or one answered question.

    `text` is the canonical text: what a reader sees of the body, without markup, blocks parted
    by one empty line. Every offset in Backbot counts its Unicode code points.
    """

    id: str
    kind: DocumentKind
    title: str
    text: str
    blocks: tuple[Block, ...]
    question: str | None = None
    alternate_questions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    url: str | None = None
    date: str | None = None
    reviewed: str | None = None
    from_: Origin | None = None
    truncated: bool = False

    def __post_init__(self) -> None:
        if not is_document_id(self.id):
            raise ValueError("a document's ID must be a lower-case ASCII slug")
        if self.url is not None and not self.url.startswith(("https://", "http://")):
            raise ValueError("a document's url must begin with https:// or http://")
        for day in filter(None, (self.date, self.reviewed)):
            datetime.date.fromisoformat(day)
        position = 0
        for block in self.blocks:
            if not position <= block.start < block.end <= len(self.text):
                raise ValueError("blocks must be in order, not empty, and inside the text")
            position = block.end

    @cached_property
    def sha256(self) -> str:
        """The hex digest of the text's UTF-8 bytes."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()
