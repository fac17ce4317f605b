"""The JSON API: chat, documents, suggestions, health."""

import re
from typing import Annotated, TypeVar

import msgspec
from flask import Blueprint, Response, request

from backbot.corpus.document import Document, DocumentKind, is_document_id
from backbot.errors import RequestError
from backbot.journal.model import Mode
from backbot.model import MAX_MESSAGE_LENGTH, Turn
from backbot.server.answers import answer
from backbot.server.openapi import describe
from backbot.server.served import holder, journal

blueprint = Blueprint("api", __name__)
_PATH = re.compile(r"at `\$\.?([^`]*)`")
_MISSING = re.compile(r"missing required field `(\w+)`")
Body = TypeVar("Body")


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader sends: the message and the turns before it, oldest first."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_MESSAGE_LENGTH)]
    history: tuple[Turn, ...] = ()


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """Questions that the corpus really answers."""

    suggestions: tuple[str, ...]


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """A document as excerpts are cut from it."""

    document: str
    title: str
    url: str
    kind: DocumentKind
    text: str
    sha256: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong: a stable code and a sentence for people."""

    code: str
    message: str


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """Every error has this shape."""

    error: Problem


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the server lives, and which index it answers from."""

    status: str
    index: str | None = None


class JournalStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How many lines this process wrote into its journal and lost, and why it lost the last."""

    mode: Mode
    written: int
    lost: int
    why: str | None


class Life(Status, frozen=True, kw_only=True):
    """That the process is alive, and how its journal fares."""

    journal: JournalStatus


@blueprint.post("/api/chat")
def chat() -> Response:
    asked = decode(request.get_data(cache=False), ChatRequest)
    reply = answer(asked.message, asked.history)
    return reply_json(reply, cache="no-store")


@blueprint.get("/api/suggestions")
def suggestions() -> Response:
    return reply_json(Suggestions(suggestions=holder().suggestions()))


@blueprint.get("/api/documents/<identifier>")
def document(identifier: str) -> Response:
    found = find_document(identifier)
    view = DocumentView(
        document=found.id,
        title=found.title,
        url=found.url or f"/read/{found.id}",
        kind=found.kind,
        text=found.text,
        sha256=found.sha256,
    )
    return reply_json(view)


@blueprint.get("/healthz")
def healthz() -> Response:
    health = journal().health()
    fares = JournalStatus(
        mode=health.mode, written=health.written, lost=health.lost, why=health.why
    )
    return reply_json(Life(status="alive", journal=fares), cache="no-store")


@blueprint.get("/readyz")
def readyz() -> Response:
    index = holder().chatbot().index
    # One look at what it answers from, which may lie on another host.
    index.first_documents(1)
    return reply_json(Status(status="ready", index=index.version), cache="no-store")


@blueprint.get("/api/openapi.json")
def openapi() -> Response:
    return reply_json(describe())


def find_document(identifier: str) -> Document:
    """Return the document with an ID; raises `RequestError` (404)."""
    found = None
    if is_document_id(identifier):
        found = holder().chatbot().index.find_document(identifier)
    if found is None:
        raise RequestError("There is no such document.", status=404, code="not_found")
    return found


def reply_json(value: object, *, status: int = 200, cache: str = "no-cache") -> Response:
    """Return `value` as a JSON response."""
    response = Response(msgspec.json.encode(value), status, mimetype="application/json")
    response.headers["Cache-Control"] = cache
    return response


def decode(body: bytes, form: type[Body]) -> Body:
    """Return what a request says in JSON; raises `RequestError` that tells which field is amiss."""
    if request.mimetype != "application/json":
        raise RequestError(
            "Send it as JSON with the content type application/json.",
            status=415,
            code="not_json",
        )
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as error:
        raise RequestError(_explain(str(error)), code="bad_field") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestError("The body is not valid JSON.", code="not_json") from None


def _explain(problem: str) -> str:
    """Say which field does not fit; msgspec's own words could hold what the reader typed."""
    where = _PATH.search(problem)
    missing = _MISSING.search(problem)
    if where is None and missing is not None:
        return f"The field `{missing.group(1)}` is missing."
    if where is None:
        return 'The body must be a JSON object such as {"message": "why do I get knots?"}.'
    if where.group(1) == "message":
        if "length <=" in problem:
            return f"A message holds at most {MAX_MESSAGE_LENGTH:,} characters; please shorten it."
        if "length >=" in problem:
            return "The message is empty; please type a question."
        return "`message` must be a text."
    field = re.sub(r"[^\w.\[\]]", "", where.group(1).replace("[...]", "[]"))
    return f"`{field}` is not of the form that the API description gives."
