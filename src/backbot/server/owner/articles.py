"""The corpus as it lies in its folder: documents, what there is to look at in them, hidden ones."""

import contextlib
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from flask import Response

from backbot.corpus.document import Document, is_document_id
from backbot.corpus.front import read_front
from backbot.errors import BackbotError, CorpusError, RequestError
from backbot.index.pins import Pin, read_pins
from backbot.index.wording import read_own_synonyms
from backbot.server.owner.door import blueprint, settings
from backbot.server.owner.page import show

_FOLDERS = ("articles", "questions")
# What an owner reads of a rule of the lint.
RULES = {
    "duplicate": "Same text twice",
    "near-duplicate": "Much the same text twice",
    "truncated": "Only the opening",
    "tiny": "Very short",
    "no-date": "No date",
    "dead-link": "Dead link",
    "vanished": "Gone at the source",
    "waiting": "Waits for you",
    "other-language": "Another language",
    "mixed-languages": "Partly another language",
    "unreached": "Found by nobody",
}


class Hidden(NamedTuple):
    """A document that is left out of the index."""

    id: str
    title: str


class Corpus(NamedTuple):
    """What lies in the folder. `remarks` by document are pairs of a rule's name and what is said;
    `problems` name the files that cannot be read, and `linted` tells whether the lint could run."""

    documents: tuple[Document, ...]
    hidden: tuple[Hidden, ...]
    remarks: dict[str, list[tuple[str, str]]]
    problems: tuple[str, ...] = ()
    linted: bool = True


_lock = threading.Lock()
_known: dict[Path, tuple[tuple[Any, ...], Corpus]] = {}


@blueprint.get("/articles")
def articles() -> Response:
    held = corpus()
    counts: dict[str, int] = defaultdict(int)
    for remarks in held.remarks.values():
        for rule, _ in remarks:
            counts[rule] += 1
    return show(
        "articles.html", corpus=held, rules=RULES, counts=dict(counts), synonyms=own_synonyms()
    )


@blueprint.get("/articles/<identifier>")
def article(identifier: str) -> Response:
    held = corpus()
    document = next((each for each in held.documents if each.id == identifier), None)
    hidden = next((each for each in held.hidden if each.id == identifier), None)
    if document is None and hidden is None:
        raise RequestError("There is no such document.", status=404, code="not_found")
    pins: tuple[Pin, ...] = ()
    with contextlib.suppress(BackbotError):
        pins = read_pins(Path(settings().corpus))
    return show(
        "article.html",
        document=document,
        hidden=hidden,
        remarks=held.remarks.get(identifier, []),
        rules=RULES,
        pins=[each for each in pins if each.document == identifier],
    )


def corpus() -> Corpus:
    """Return what lies in the corpus folder, read anew where a file has changed."""
    folder = Path(settings().corpus)
    stamp = tuple(
        (path.name, status.st_mtime_ns, status.st_size)
        for subfolder in _FOLDERS
        for path in sorted((folder / subfolder).glob("*.md"))
        if (status := path.stat())
    )
    with _lock:
        found = _known.get(folder)
        if found is None or found[0] != stamp:
            found = _known[folder] = (stamp, _read(folder))
    return found[1]


def own_synonyms() -> list[list[str]]:
    """Return the corpus's own groups of synonyms, none where they cannot be read."""
    try:
        return read_own_synonyms(Path(settings().corpus))
    except BackbotError:
        return []


def _read(folder: Path) -> Corpus:
    from backbot.corpus.files import read_corpus

    try:
        documents = read_corpus(folder)
    except CorpusError as error:
        return Corpus((), (), {}, error.problems)
    known = {document.id for document in documents}
    hidden = [
        Hidden(path.stem, str((read_front(path) or {}).get("title", path.stem)))
        for subfolder in _FOLDERS
        for path in sorted((folder / subfolder).glob("*.md"))
        if path.stem not in known and is_document_id(path.stem)
    ]
    remarks: dict[str, list[tuple[str, str]]] = defaultdict(list)
    try:
        # The lint looks at links as an import does, and needs what importing needs.
        from backbot.corpus.lint import lint
    except ModuleNotFoundError:
        return Corpus(documents, tuple(hidden), {}, linted=False)
    for remark in lint(documents, folder):
        remarks[remark.document].append((remark.rule, remark.about))
    return Corpus(documents, tuple(hidden), dict(remarks))
