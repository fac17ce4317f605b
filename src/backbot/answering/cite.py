"""Citations: excerpts cut from the text, and addresses that open a document at the very words."""

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote

from backbot.answering.runs import Run
from backbot.corpus.document import Document
from backbot.index.reader import IndexReader
from backbot.model import Citation, Excerpt, Section, SectionRole
from backbot.phrases import phrase
from backbot.text.roles import Role

_SECTION_OF = {
    Role.CAUSE: SectionRole.CAUSE,
    Role.REMEDY: SectionRole.REMEDY,
    Role.CAUTION: SectionRole.CAUTION,
    Role.EXPERIENCE: SectionRole.EXPERIENCE,
}
_OPENS_AS = {Role.CAUSE: SectionRole.CAUSE, Role.EXPERIENCE: SectionRole.EXPERIENCE}
# A text fragment up to this many words is given whole, a longer one by its two ends.
WHOLE_WORDS = 8
END_WORDS = 4
_MOST_CONTEXT = 12
_WORD = re.compile(r"\S+")


def arrange(
    index: IndexReader, runs: Sequence[Run]
) -> tuple[tuple[Section, ...], tuple[Citation, ...]]:
    """Return the runs as sections in their order, and the citations numbered as they appear.

    The first run opens the answer: as the `lead`, or at the head of the `cause` section where it
    tells a cause, or of a story where that is all there is.
    """
    placed: dict[SectionRole, list[Run]] = {role: [] for role in SectionRole}
    opening = _OPENS_AS.get(runs[0].role, SectionRole.LEAD)
    for run in runs:
        placed[opening if run is runs[0] else _SECTION_OF.get(run.role, opening)].append(run)
    documents = index.read_documents(list(dict.fromkeys(run.document for run in runs)))
    numbers: dict[int, int] = {}
    firsts: list[Run] = []
    sections = []
    for role, members in placed.items():
        excerpts = []
        for run in members:
            if run.document not in numbers:
                numbers[run.document] = len(numbers) + 1
                firsts.append(run)
            text = documents[run.document].text[run.start : run.end]
            excerpts.append(
                Excerpt(text=text, citation=numbers[run.document], start=run.start, end=run.end)
            )
        if excerpts:
            heading = phrase("headings", role.value)
            sections.append(Section(role=role, heading=heading, excerpts=tuple(excerpts)))
    citations = tuple(
        _citation(documents[run.document], numbers[run.document], run) for run in firsts
    )
    return tuple(sections), citations


def _citation(document: Document, number: int, run: Run) -> Citation:
    return Citation(
        number=number,
        document=document.id,
        kind=document.kind,
        from_=document.from_,
        title=document.title,
        url=document_url(document, run.start, run.end),
        date=document.date,
        reviewed=document.reviewed,
        truncated=document.truncated,
        sha256=document.sha256,
    )


def document_url(document: Document, start: int, end: int) -> str:
    """Return the address that opens `document` at its text from `start` to `end`.

    A document of the site opens at its own page, one without an address at `/read/ID`, which
    marks the words by itself where a browser knows no text fragments.
    """
    directive = text_directive(document, start, end)
    if document.url:
        page, _, fragment = document.url.partition("#")
        return f"{page}#{fragment}:~:{directive}"
    return f"/read/{document.id}?at={start}-{end}#excerpt:~:{directive}"


def text_directive(document: Document, start: int, end: int) -> str:
    """Return the `text=` directive for the words of `document` from `start` to `end`.

    Words are added before and after where the same words stand elsewhere in the document. Source:
    WICG, "URL Fragment Text Directives"; `-`, `,` and `&` mean something there and are encoded.
    """
    text = document.text
    first, last = _ends(document, start, end)
    # Browsers look at the page's title and headings first, so these must not match either.
    above = f"{document.title}\n\n{document.question or ''}\n\n"
    page = _even_page(above + text)
    prefix_at, suffix_at = start, end
    earliest, latest = _reach(document, start, end)
    for _ in range(_MOST_CONTEXT):
        opening, closing = text[prefix_at:start] + first, text[end:suffix_at]
        # Words that stand nowhere else need no look at where they stand.
        if page.find(_even(opening)) == page.rfind(_even(opening)):
            break
        if _first_match(page, opening, last, closing) == _place_after(above + text[:prefix_at]):
            break
        prefix_at = _word_before(text, earliest, prefix_at)
        suffix_at = _word_after(text, suffix_at, latest)
    parts = []
    if prefix := text[prefix_at:start]:
        parts.append(f"{_encode(prefix)}-")
    parts.append(_encode(first))
    if last is not None:
        parts.append(_encode(last))
    if suffix := text[end:suffix_at]:
        parts.append(f"-{_encode(suffix)}")
    return "text=" + ",".join(parts)


def _ends(document: Document, start: int, end: int) -> tuple[str, str | None]:
    """Return the words to look for: all of them, or the first and last few of a longer stretch."""
    text = document.text[start:end]
    words = len(text.split())
    crosses = any(start < block.start < end for block in document.blocks)
    if words <= WHOLE_WORDS and not crosses:
        return text, None
    # An end must lie inside one block: markup in between would keep it from matching.
    edges = [block for block in document.blocks if block.start < end and start < block.end]
    head = text[: min(edges[0].end, end) - start]
    tail = text[max(edges[-1].start, start) - start :]
    share = END_WORDS if len(edges) > 1 or words >= 2 * END_WORDS else words // 2
    after, before = head.split(None, share)[share:], tail.rsplit(None, share)[:-share]
    first = head.removesuffix("".join(after)).rstrip()
    last = tail.removeprefix("".join(before)).lstrip()
    return first, last


def _even(text: str) -> str:
    """Return `text` as a browser compares it: without regard to case and kinds of white space."""
    return " ".join(text.casefold().split())


def _place_after(text: str) -> int:
    """Return where in an evened page stands what follows on `text`, the page's beginning."""
    return len(_even(f"{text}|")) - 1


@lru_cache(maxsize=64)
def _even_page(page: str) -> str:
    """Return `page` evened; of the documents that are cited a few are cited often."""
    return _even(page)


def _first_match(page: str, opening: str, last: str | None, closing: str) -> int:
    """Return where a browser's search for the directive begins its match, -1 for nowhere.

    `page` is evened; `opening` and `closing` are the first and the last words with those beside
    them.
    """
    if last is None:
        return page.find(_even(opening + closing))
    opening, closing = _even(opening), _even(last + closing)
    found = page.find(opening)
    return found if page.find(closing, found + len(opening)) >= 0 else -1


def _reach(document: Document, start: int, end: int) -> tuple[int, int]:
    """Return how far the words before and after may reach: each lie inside one block."""
    before = [block.start for block in document.blocks if block.start < start]
    after = [block.end for block in document.blocks if block.end > end]
    return (before[-1] if before else start), (after[0] if after else end)


def _word_before(text: str, earliest: int, position: int) -> int:
    found = list(_WORD.finditer(text, earliest, position))
    return found[-1].start() if found else position


def _word_after(text: str, position: int, latest: int) -> int:
    found = _WORD.search(text, position, latest)
    return found.end() if found else position


def _encode(words: str) -> str:
    return quote(" ".join(words.split()), safe="").replace("-", "%2D")
