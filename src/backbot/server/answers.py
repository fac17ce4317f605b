"""The one way to a reply over HTTP: limited, queued, remembered, counted and written down."""

from collections.abc import Sequence

from flask import Flask, current_app

from backbot.chatbot import Chatbot, Trace
from backbot.errors import VersionGoneError
from backbot.journal.journal import Journal
from backbot.journal.record import record
from backbot.model import Reply, Turn
from backbot.server.admission import Admission
from backbot.server.cache import Cache
from backbot.server.holder import Holder
from backbot.server.limits import check_limit
from backbot.server.metrics import metrics
from backbot.settings import Settings


class Answers:
    """Gives replies, each made by one chatbot: no reply mixes two versions of the index."""

    def __init__(self, settings: Settings, journal: Journal | None = None) -> None:
        self._journal = journal
        self._admission = Admission(settings.threads, settings.queue)
        self._cache = Cache(settings.cache_mb * 1_000_000)

    def reply(
        self,
        chatbot: Chatbot,
        message: str,
        history: Sequence[Turn] = (),
        *,
        closed: bool = False,
    ) -> Reply:
        """Return the reply of `chatbot` to `message`, or that of a chat that is `closed`.

        Raises `RequestError` for a message that does not fit, `BusyError` where too many ask.
        """
        counted = metrics()
        with counted.stage("cached"):
            reply = None if closed else self._cache.get(chatbot, message, history)
        trace = Trace()
        counted.cached.labels("miss" if reply is None else "hit").inc()
        if reply is None:
            with self._admission.turn(), counted.stage("reply"):
                reply, trace = chatbot.explain(message, history, closed=closed)
            if not closed:
                self._cache.put(chatbot, message, history, reply)
        counted.count_reply(reply)
        # While the chat is down, that a question found no answer tells nothing about the articles.
        if self._journal is not None and (not closed or reply.notice is not None):
            record(self._journal, reply, trace, chatbot.index.encoder)
        return reply


def add_answers(app: Flask, settings: Settings) -> None:
    app.extensions["backbot.answers"] = Answers(settings, app.extensions["backbot.journal"])


def answer(message: str, history: Sequence[Turn] = ()) -> Reply:
    """Return the reply of the app that serves this request.

    Raises as `Answers.reply`, `RequestError` (429) for a visitor who asks too often, and
    `IndexUnavailableError` where there is no index.
    """
    check_limit("ask")
    holder: Holder = current_app.extensions["backbot"]
    answers: Answers = current_app.extensions["backbot.answers"]
    chatbot = holder.chatbot()
    try:
        return answers.reply(chatbot, message, history, closed=holder.closed)
    except VersionGoneError:
        # Nothing of the reply is kept: all of it comes from the version that is served now.
        return answers.reply(holder.reopen(chatbot), message, history, closed=holder.closed)
