"""The pages that readers open: the chat, the same without JavaScript, one document."""

import re
from itertools import groupby
from typing import NamedTuple

from flask import Blueprint, Response, make_response, render_template, request

from backbot.corpus.document import Block, Document
from backbot.errors import BusyError, RequestError
from backbot.server.answers import answer
from backbot.server.api import find_document
from backbot.server.languages import (
    CORPUS_LANGUAGE,
    catalogue,
    for_scripts,
    language_of,
    long_date,
    spoken,
    translated,
)
from backbot.server.metrics import count_error
from backbot.server.served import holder, journal

blueprint = Blueprint("pages", __name__)
_SPAN = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
# Browsers read "//host", "/\host" and "/<tab>/host" as another site's address.
# How many articles a page lists while the chat is down.
_LISTED = 12
_PAGE_ADDRESS = re.compile(r"https?://|/(?![/\\\s])")


class Piece(NamedTuple):
    """A stretch of a block's text, marked if it is what a citation points at."""

    text: str
    marked: bool
    # The first marked piece of the page carries the anchor that the address jumps to.
    anchor: bool


class ShownBlock(NamedTuple):
    """A block of a document, cut into pieces for the page; a heading's level is the page's."""

    kind: str
    level: int
    pieces: tuple[Piece, ...]


@blueprint.get("/")
def chat() -> Response:
    return page("chat.html", suggestions=holder().suggestions())


@blueprint.route("/ask", methods=["GET", "POST"])
def ask() -> Response:
    question = (request.form if request.method == "POST" else request.args).get("q", "")
    reply = None
    problem: RequestError | BusyError | None = None
    if question.strip():
        try:
            reply = answer(question)
        except (RequestError, BusyError) as error:
            count_error(error.code)
            problem = error
    said = catalogue(spoken())["errors"].get(problem.code) if problem else None
    suggestions = reply.suggestions if reply else holder().suggestions()
    response = page(
        "ask.html",
        question=question,
        reply=reply,
        problem=said or (str(problem) if problem else None),
        problem_language=None if said else CORPUS_LANGUAGE,
        suggestions=suggestions,
    )
    response.headers["Cache-Control"] = "no-store"
    if problem is not None:
        response.status_code = problem.status
        if problem.retry_after is not None:
            response.headers["Retry-After"] = str(problem.retry_after)
    return response


@blueprint.get("/read/<identifier>")
def read(identifier: str) -> Response:
    document = find_document(identifier)
    start, end = _marked_span(document, request.args.get("at", ""))
    blocks = cut_blocks(document, start, end)
    # Blocks of one kind that follow each other make one list, or one quotation.
    runs = [(kind, tuple(run)) for kind, run in groupby(blocks, key=lambda block: block.kind)]
    marked = any(piece.anchor for block in blocks for piece in block.pieces)
    return page("read.html", document=document, runs=runs, marked=marked)


blueprint.add_app_template_filter(long_date)
blueprint.add_app_template_filter(translated)
blueprint.add_app_template_filter(language_of)


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """Give every template the words of its language, and what the journal keeps."""
    language = spoken()
    kept = journal()
    return {
        "language": language,
        "words": catalogue(language),
        "script_words": for_scripts(language),
        "corpus_language": CORPUS_LANGUAGE,
        "journal_mode": str(kept.mode),
        "journal_days": f"{kept.keep.days}",
    }


@blueprint.app_template_test()
def page_address(address: str) -> bool:
    """Tell whether `address` leads to the web or to a page of this site, and may be a link."""
    return _PAGE_ADDRESS.match(address) is not None


def cut_blocks(document: Document, start: int, end: int) -> list[ShownBlock]:
    """Return the blocks of `document` with the text from `start` to `end` marked."""
    # The page's title is its h1; below it no level may be missing, whichever the document uses.
    used = {block.level for block in document.blocks if block.kind == "heading"}
    levels = {level: min(rank, 6) for rank, level in enumerate(sorted(used), start=2)}
    shown = []
    anchored = False
    for block in document.blocks:
        pieces = []
        for left, right, marked in _cut(block, start, end):
            pieces.append(Piece(document.text[left:right], marked, marked and not anchored))
            anchored = anchored or marked
        level = levels[block.level] if block.kind == "heading" else block.level
        shown.append(ShownBlock(block.kind, level, tuple(pieces)))
    return shown


def _cut(block: Block, start: int, end: int) -> list[tuple[int, int, bool]]:
    left = min(max(block.start, start), block.end)
    right = max(left, min(block.end, end))
    parts = [(block.start, left, False), (left, right, True), (right, block.end, False)]
    return [part for part in parts if part[0] < part[1]]


def _marked_span(document: Document, at: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(at)
    if match is None:
        return 0, 0
    start, end = int(match.group(1)), int(match.group(2))
    return (start, end) if start < end <= len(document.text) else (0, 0)


def page(template: str, **values: object) -> Response:
    """Return a page made from `template`, in the reader's language."""
    closed = holder().closed
    articles = holder().chatbot().index.first_documents(_LISTED) if closed else ()
    response = make_response(render_template(template, closed=closed, articles=articles, **values))
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Accept-Language")
    return response
