"""What an owner may want to look at in a corpus: nothing here keeps an article from answering."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import msgspec
from markdown_it import MarkdownIt

from backbot.corpus.document import Document
from backbot.corpus.front import split_file
from backbot.corpus.ledger import same_place
from backbot.corpus.naming import FOLDERS
from backbot.errors import WriteError
from backbot.text.terms import words

Rule = Literal[
    "duplicate",
    "near-duplicate",
    "truncated",
    "tiny",
    "no-date",
    "dead-link",
    "vanished",
    "waiting",
    "other-language",
    "mixed-languages",
    "unreached",
]

# Fewer words than this rarely answer a question.
TINY_WORDS = 40
# The share of one document's word runs that another holds too, from which they say the same.
ALIKE = 0.5
_RUN = 5
# A run that stands in more documents than this is a signature or a disclaimer.
_COMMON_RUN = 12
_MIN_RUNS = 20
# The share of these words in running English is about 0.4; in other languages it is below 0.1.
_ENGLISH = frozenset(
    "the of and to a in is it you that for on with as are this be have or not your from at can "
    "will "
    "i but if my we they there was an so when what which do how does by more all".split()
)
_LEAST_ENGLISH = 0.12
_MIN_PARAGRAPH = 25
_LINKS = MarkdownIt("commonmark", {"html": False})


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something to look at in a document; `about` is a phrase that follows its name."""

    rule: Rule
    document: str
    about: str


def lint(documents: Sequence[Document], folder: Path | None = None) -> tuple[Remark, ...]:
    """Return what there is to look at in `documents`, whose files lie in `folder`, by rule."""
    remarks = [
        *_duplicates(documents),
        *(remark for document in documents for remark in _alone(document)),
    ]
    if folder is not None:
        remarks.extend(_files(documents, folder))
    order = list(getattr(Rule, "__args__"))  # noqa: B009 - a Literal's values
    return tuple(sorted(remarks, key=lambda each: (order.index(each.rule), each.document)))


def _alone(document: Document) -> Iterator[Remark]:
    count = len(document.text.split())
    if document.truncated:
        yield _remark("truncated", document, "has only the opening of its post")
    elif count < TINY_WORDS and document.kind == "article":
        yield _remark("tiny", document, f"has only {count} words")
    if document.date is None and document.kind == "article":
        yield _remark("no-date", document, "has no date")
    yield from _languages(document)


def _languages(document: Document) -> Iterator[Remark]:
    if _is_foreign(document.text):
        yield _remark("other-language", document, "does not seem to be in English")
        return
    foreign = [
        paragraph
        for block in document.blocks
        if _is_foreign(paragraph := document.text[block.start : block.end])
    ]
    if foreign:
        opening = " ".join(foreign[0].split()[:6])
        yield _remark(
            "mixed-languages", document, f"has text that does not seem to be English: “{opening} …”"
        )


def _is_foreign(text: str) -> bool:
    said = [word for word in words(text) if not word.isdigit()]
    if len(said) < _MIN_PARAGRAPH:
        return False
    return sum(word in _ENGLISH for word in said) < _LEAST_ENGLISH * len(said)


def _duplicates(documents: Sequence[Document]) -> Iterator[Remark]:
    """Yield the pairs of documents that say the same.

    Method: Broder (1997), "On the resemblance and containment of documents", with all runs of five
    words instead of a sample.
    """
    runs = {document.id: _runs(document.text) for document in documents}
    holders: dict[int, list[str]] = defaultdict(list)
    for name, own in runs.items():
        for run in own:
            holders[run].append(name)
    shared: Counter[tuple[str, str]] = Counter()
    for names in holders.values():
        if 1 < len(names) <= _COMMON_RUN:
            shared.update(combinations(sorted(names), 2))
    by_id = {document.id: document for document in documents}
    for (first, second), count in sorted(shared.items()):
        least = min(len(runs[first]), len(runs[second]))
        if by_id[first].text == by_id[second].text:
            yield _remark("duplicate", by_id[second], f"has the very text of {first}")
        elif least >= _MIN_RUNS and count >= ALIKE * least:
            share = round(100 * count / least)
            yield _remark(
                "near-duplicate", by_id[second], f"shares {share} % of its text with {first}"
            )


def _runs(text: str) -> frozenset[int]:
    said = words(text)
    if len(said) < _RUN:
        return frozenset((hash(tuple(said)),))
    return frozenset(map(hash, zip(*(said[at:] for at in range(_RUN)), strict=False)))


def _files(documents: Sequence[Document], folder: Path) -> Iterator[Remark]:
    """Yield what only the files tell: marks of imports, and links in Markdown."""
    known = {document.id for document in documents}
    places = {place for document in documents if (place := same_place(document.url))}
    bare = {place.partition("#")[0].partition("?")[0] for place in places}
    hosts = {urlsplit(document.url).netloc for document in documents if document.url}
    for subfolder in FOLDERS.values():
        for path in sorted((folder / subfolder).glob("*.md")):
            try:
                _, front, body = split_file(path)
            except (WriteError, OSError):
                continue
            if path.stem not in known:
                if front.get("hidden") and front.get("from") == "reader":
                    yield Remark(
                        rule="waiting",
                        document=path.stem,
                        about="is a reader’s question that waits for you to accept it",
                    )
                continue
            if "vanished" in front:
                yield Remark(
                    rule="vanished",
                    document=path.stem,
                    about=f"is no longer at its source since {front['vanished']}",
                )
            for link in sorted(set(_links(body))):
                if _is_dead(link, known, bare, hosts):
                    yield Remark(
                        rule="dead-link",
                        document=path.stem,
                        about=f"links to {link}, which is not there",
                    )


def _links(body: str) -> Iterable[str]:
    if "[" not in body and "<" not in body:
        return  # no way to write a link is without one of them
    for token in _LINKS.parse(body):
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrs.get("href", ""))


def _is_dead(link: str, known: set[str], places: set[str], hosts: set[str]) -> bool:
    """Tell whether a link leads to a document that is not in the corpus. Links to other sites, and
    to pages of the own site that are clearly no articles, are not judged."""
    parts = urlsplit(link)
    if not parts.scheme and not parts.netloc:
        path = unquote(parts.path)
        if path.startswith("/read/"):
            return path.removeprefix("/read/").strip("/") not in known
        if path.endswith(".md"):
            return path.rpartition("/")[2].removesuffix(".md") not in known
        return False
    if parts.scheme not in ("http", "https") or parts.netloc not in hosts:
        return False
    depth = [piece for piece in parts.path.split("/") if piece]
    if not depth or re.search(
        r"\.(?:jpe?g|png|gif|webp|svg|pdf|zip|mp[34]|docx?)$", parts.path, re.I
    ):
        return False
    if depth[0] in ("category", "tag", "author", "wp-content", "page", "feed", "contact", "about"):
        return False
    place = (same_place(link) or "").partition("#")[0].partition("?")[0]
    return place not in places


def _remark(rule: Rule, document: Document, about: str) -> Remark:
    return Remark(rule=rule, document=document.id, about=about)
