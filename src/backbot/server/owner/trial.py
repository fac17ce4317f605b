"""Trying a question: the reply and its whole trace, side by side on two versions of the index."""

import threading
from pathlib import Path
from typing import Any, NamedTuple

from flask import Response, current_app, request

from backbot.chatbot import Chatbot
from backbot.errors import BackbotError, RequestError
from backbot.index.layout import read_current
from backbot.index.store import open_index
from backbot.model import Kind, Reply
from backbot.safety import read_wording
from backbot.server.owner.articles import corpus
from backbot.server.owner.door import blueprint, root, settings
from backbot.server.owner.page import show
from backbot.server.served import holder
from backbot.tracing import traced

_BEST = 8
_lock = threading.Lock()


class Side(NamedTuple):
    """What one version of the index replies, and how it came to it."""

    name: str
    version: str
    reply: Reply
    trace: dict[str, Any]


@blueprint.route("/try", methods=["GET", "POST"])
def trial() -> Response:
    question = request.form.get("question", "").strip()
    sides: list[Side] = []
    problem = None
    if question:
        try:
            sides = _sides(question)
        except RequestError as error:
            problem = str(error)
    page = show(
        "try.html",
        question=question,
        sides=sides,
        problem=problem,
        alike=len(sides) == 2 and _same(sides[0].reply, sides[1].reply),
        documents=corpus().documents,
        Kind=Kind,
    )
    page.status_code = 400 if problem else 200
    return page


def _sides(question: str) -> list[Side]:
    chatbot = holder().chatbot()
    sides = [_side("Answers now", chatbot, question)]
    other = _other_version(chatbot.index.version)
    if other is not None:
        name, version = other
        try:
            sides.append(_side(name, _open(version, chatbot), question))
        except RequestError:
            raise
        except BackbotError:
            # A version that cannot be opened has nothing to be compared with.
            pass
    return sides


def _side(name: str, chatbot: Chatbot, question: str) -> Side:
    reply, trace = chatbot.explain(question)
    fields = traced(chatbot.index, trace)
    fields["candidates"] = sorted(fields["candidates"], key=lambda each: -each["cosine"])[:_BEST]
    fields["hits"] = fields["hits"][:_BEST]
    return Side(name, chatbot.index.version, reply, fields)


def _other_version(current: str) -> tuple[str, str] | None:
    """Return the version that is held back, else the one before, with what to call it."""
    try:
        known = read_current(root())
    except BackbotError:
        return None
    if known.held and known.held != current:
        return "Held back", known.held
    history = known.history
    older = history[history.index(current) + 1 :] if current in history else []
    return ("The version before", older[0]) if older else None


def _open(version: str, beside: Chatbot) -> Chatbot:
    """Return the chatbot of another version; the last one that was opened is kept."""
    with _lock:
        found: Chatbot | None = current_app.extensions.get("backbot.trial")
        if found is None or found.index.version != version:
            index = open_index(root(), version, encoder=beside.index.encoder)
            found = Chatbot(index, read_wording(Path(settings().corpus)))
            current_app.extensions["backbot.trial"] = found
    return found


def _same(one: Reply, other: Reply) -> bool:
    """Tell whether a reader would see no difference."""
    return (one.kind, one.notice, one.text, one.sections, one.suggestions) == (
        other.kind,
        other.notice,
        other.text,
        other.sections,
        other.suggestions,
    )
