"""From HTML to the parts of a post: what a reader would see of it, block by block."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree, html

from backbot.corpus.document import BlockKind
from backbot.corpus.sources import Part

# lxml has no types of its own.
Element: TypeAlias = Any

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = frozenset(("ul", "ol", "menu", "dir"))
# A line ends before and behind these; all other elements stand inside a line.
BLOCKS = (
    frozenset(
        "address article aside blockquote body caption center dd details dialog div dl dt fieldset "
        "figcaption figure footer form header hgroup hr html legend li main nav noscript option p "
        "pre section summary table tbody tfoot thead tr td th title".split()
    )
    | _LISTS
    | frozenset(HEADINGS)
)
# What holds nothing that an article says.
_UNREAD = frozenset(
    "script style template head object embed applet iframe frame frameset noframes svg math canvas "
    "audio video map select button input textarea datalist progress meter".split()
)
_HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.I)
_SPACES = re.compile(r"[ \t\n\f\r]+")
_PARAGRAPHS = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?:(?:\r\n|\r|\n)[ \t]*)+")
_LINES = re.compile(r"\r\n|\r|\n|\u2028|\u2029|\x85")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# They hide or reorder what a reader sees; joiners stay, which some scripts and emoji need.
_UNSEEN = re.compile(r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MAX_NUMBER = 999_999_999
_BREAK = "\n"


def parse(markup: str | bytes) -> Element:
    """Return the root of `markup`, a whole page or a piece of one; never fails on bad markup."""
    text = markup.decode("utf-8", "replace") if isinstance(markup, bytes) else markup
    content = _CONTROLS.sub(" ", text).encode("utf-8")
    parser = html.HTMLParser(encoding="utf-8", remove_pis=True)
    if not content.strip():
        return html.Element("html")
    try:
        root = html.document_fromstring(content, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return html.Element("html")
    return root


def parts_of(markup: str, *, line_breaks: bool = False) -> tuple[Part, ...]:
    """Return the parts of a piece of HTML.

    With `line_breaks`, lines that stand in no element of their own end where the source ends
    them, and an empty line parts two paragraphs, as in a post typed into WordPress.
    """
    return parts_in(parse(markup), line_breaks=line_breaks)


def parts_in(root: Element, *, line_breaks: bool = False) -> tuple[Part, ...]:
    """Return the parts of the element `root`; see `parts_of`."""
    walker = _Walker(line_breaks=line_breaks)
    layout = {table for table in root.iter("table") if _is_layout(table)}
    # Hidden in plain sight: each of these would hold a word twice, or one that nobody sees.
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            if event == "end":
                walker.tail(element)
            continue
        if event == "start":
            walker.start(element, layout=layout)
        else:
            walker.end(element, layout=layout)
            if element is not root:
                walker.tail(element)
    walker.flush()
    return tuple(walker.parts)


def text_of(markup: str) -> str:
    """Return what a reader sees of a title or name in HTML, on one line."""
    if "<" not in markup and "&" not in markup:
        return one_line(markup)
    return one_line(" ".join(line for part in parts_of(markup) for line in part.lines))


def one_line(text: str) -> str:
    """Return `text` on one line, without what cannot be seen."""
    return " ".join(_UNSEEN.sub("", _CONTROLS.sub(" ", text)).split())


def has_sight(text: str) -> bool:
    """Tell whether there is anything to see in `text`."""
    return any(unicodedata.category(each)[0] not in "ZC" for each in text)


class _List:
    """An open list: the next number, None in a list of bullets."""

    def __init__(self, number: int | None) -> None:
        self.number = number
        # The place among the parts of the item that is open, None between items and below others.
        self.item: int | None = None
        self.fresh = False


class _Walker:
    """Gathers text and turns it into a part wherever a block begins or ends."""

    def __init__(self, *, line_breaks: bool) -> None:
        self.parts: list[Part] = []
        self._line_breaks = line_breaks
        self._text: list[str] = []
        self._unread = 0
        self._lists: list[_List] = []
        self._quotes = 0
        self._heading = 0
        self._pre = 0
        self._paragraph = 0
        self._row: list[str] | None = None
        self._cell = 0

    def start(self, element: Element, *, layout: set[Element]) -> None:
        tag = element.tag
        if self._unread or is_unread(element):
            self._unread += 1
            return
        if tag == "br":
            self._text.append(_BREAK)
        elif tag in BLOCKS:
            self._open(element, tag, layout)
        if element.text:
            self._add(element.text, tag)

    def end(self, element: Element, *, layout: set[Element]) -> None:
        if self._unread:
            self._unread -= 1
            return
        tag = element.tag
        if tag in BLOCKS:
            self._close(element, tag, layout)

    def tail(self, element: Element) -> None:
        if element.tail and not self._unread:
            parent = element.getparent()
            self._add(element.tail, parent.tag if parent is not None else "")

    def flush(self) -> None:
        """End the block that is being gathered."""
        raw = "".join(self._text)
        self._text.clear()
        if self._pre:
            self._emit("code", [_UNSEEN.sub("", line) for line in _LINES.split(raw)])
            return
        # Two line breaks in a row are how a paragraph is made where markup has none.
        for block in re.split(r"\n[ \t\r\f]*\n\s*", raw):
            lines = [
                _SPACES.sub(" ", _UNSEEN.sub("", line)).strip(" ") for line in block.split("\n")
            ]
            lines = [one for line in lines for one in _LINES.split(line) if has_sight(one)]
            if lines:
                self._emit_text(lines)

    def _emit_text(self, lines: list[str]) -> None:
        if self._heading:
            self._emit("heading", [" ".join(lines)], level=self._heading)
        elif self._quotes:
            self._emit("quote", lines, level=self._quotes)
        elif self._lists:
            self._emit_item(lines)
        else:
            self._emit("paragraph", lines)

    def _emit_item(self, lines: list[str]) -> None:
        open_ = self._lists[-1]
        if open_.item is not None and open_.item == len(self.parts) - 1:
            # A second paragraph of one item.
            before = self.parts[-1]
            self.parts[-1] = Part(
                "item", (*before.lines, *lines), level=before.level, number=before.number
            )
            return
        number = None
        if open_.fresh and open_.number is not None:
            number = open_.number if 0 <= open_.number <= _MAX_NUMBER else None
        open_.fresh = False
        self._emit("item", lines, level=len(self._lists), number=number)
        open_.item = len(self.parts) - 1

    def _emit(
        self, kind: BlockKind, lines: list[str], *, level: int = 1, number: int | None = None
    ) -> None:
        if any(map(has_sight, lines)):
            self.parts.append(Part(kind, tuple(lines), level=level, number=number))

    def _add(self, text: str, tag: str) -> None:
        if self._pre:
            self._text.append(text)
        elif self._line_breaks and not self._paragraph and tag not in ("ul", "ol", "tr", "table"):
            self._text.append(_PARAGRAPHS.sub("\n\n", text).replace("\r\n", "\n"))
        else:
            self._text.append(_SPACES.sub(" ", text))

    def _open(self, element: Element, tag: str, layout: set[Element]) -> None:
        if self._cell:
            # A cell of a table of data is one run of words, whatever it is made of.
            self._text.append(" ")
            return
        self.flush()
        if tag in HEADINGS:
            self._heading = HEADINGS[tag]
        elif tag in _LISTS:
            self._lists.append(_List(_first_number(element) if tag == "ol" else None))
        elif tag == "li" and self._lists:
            self._next_item(element)
        elif tag == "blockquote":
            self._quotes += 1
        elif tag == "pre":
            self._pre += 1
        elif tag == "p":
            self._paragraph += 1
        elif tag == "tr" and _table(element) not in layout:
            self._row = []
        elif tag in ("td", "th") and self._row is not None:
            self._cell = 1

    def _close(self, element: Element, tag: str, layout: set[Element]) -> None:
        if self._cell and tag not in ("td", "th", "tr", "table"):
            self._text.append(" ")
            return
        if tag in ("td", "th") and self._cell:
            self._cell = 0
            cell = one_line("".join(self._text))
            self._text.clear()
            if self._row is not None:
                self._row.append(cell)
            return
        self.flush()
        if tag in HEADINGS:
            self._heading = 0
        elif tag in _LISTS and self._lists:
            self._lists.pop()
            if self._lists:
                self._lists[-1].item = None
        elif tag == "li" and self._lists:
            self._lists[-1].item = None
            self._lists[-1].fresh = False
            if (number := self._lists[-1].number) is not None:
                self._lists[-1].number = number + 1
        elif tag == "blockquote":
            self._quotes -= 1
        elif tag == "pre":
            self._pre -= 1
        elif tag == "p":
            self._paragraph -= 1
        elif tag == "tr" and self._row is not None:
            cells = [cell for cell in self._row if has_sight(cell)]
            self._row = None
            if cells:
                self._emit("item", [" | ".join(cells)])

    def _next_item(self, element: Element) -> None:
        open_ = self._lists[-1]
        open_.item, open_.fresh = None, True
        value = element.get("value", "")
        if open_.number is not None and value.isascii() and value.isdigit():
            open_.number = int(value[:9])


def _first_number(element: Element) -> int:
    start = element.get("start", "")
    return int(start[:9]) if start.isascii() and start.isdigit() else 1


def is_unread(element: Element) -> bool:
    return (
        element.tag in _UNREAD
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(element.get("style") or "") is not None
    )


def _table(row: Element) -> Element | None:
    return next(row.iterancestors("table"), None)


def _is_layout(table: Element) -> bool:
    """Tell whether a table only places blocks on the page: blocks in cells, or one column."""
    if (
        next(table.iterdescendants("table", *HEADINGS, "ul", "ol", "blockquote", "pre"), None)
        is not None
    ):
        return True
    rows = [list(_cells(row)) for row in table.iterdescendants("tr")]
    if all(len(row) <= 1 for row in rows):
        return True
    return any(
        len(cell.findall(".//p")) + len(cell.findall(".//div")) > 2 for row in rows for cell in row
    )


def _cells(row: Element) -> Iterator[Element]:
    yield from row.iterchildren("td", "th")
