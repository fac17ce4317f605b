"""Replies as the server makes them: each goes into the journal once it is there."""

from collections.abc import Sequence

from flask import current_app

from backbot.journal.journal import Journal
from backbot.journal.record import record
from backbot.model import Reply, Turn
from backbot.server.holder import Holder


def holder() -> Holder:
    """Return the holder of the app that serves this request."""
    held: Holder = current_app.extensions["backbot"]
    return held


def journal() -> Journal:
    """Return the journal of the app that serves this request."""
    kept: Journal = current_app.extensions["backbot.journal"]
    return kept


def reply_to(message: str, history: Sequence[Turn] = ()) -> Reply:
    """Return the reply to a reader; raises `RequestError` and what opening the index raises."""
    chatbot = holder().chatbot()
    closed = holder().closed
    reply, trace = chatbot.explain(message, history, closed=closed)
    # While the chat is down, that a question found no answer tells nothing about the articles.
    if not closed or reply.notice is not None:
        record(journal(), reply, trace, chatbot.index.encoder)
    return reply
