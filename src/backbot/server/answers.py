"""The one way to a reply over HTTP: limited, queued, remembered and counted."""

from collections.abc import Sequence

from flask import Flask, current_app

from backbot.model import Reply, Turn
from backbot.server.admission import Admission
from backbot.server.cache import Cache
from backbot.server.holder import Holder
from backbot.server.limits import check_limit
from backbot.server.metrics import metrics
from backbot.settings import Settings


class Answers:
    """Gives replies out of the current index."""

    def __init__(self, holder: Holder, settings: Settings) -> None:
        self._holder = holder
        self._admission = Admission(settings.threads, settings.queue)
        self._cache = Cache(settings.cache_mb * 1_000_000)

    def reply(self, message: str, history: Sequence[Turn] = ()) -> Reply:
        """Return the reply to `message`.

        Raises `RequestError` for a message that does not fit, `BusyError` where too many ask,
        `IndexUnavailableError` where there is no index.
        """
        counted = metrics()
        # One chatbot from here on: no reply mixes two versions of the index.
        chatbot = self._holder.chatbot()
        with counted.stage("cached"):
            reply = self._cache.get(chatbot, message, history)
        counted.cached.labels("miss" if reply is None else "hit").inc()
        if reply is None:
            with self._admission.turn(), counted.stage("reply"):
                reply = chatbot.reply(message, history)
            self._cache.put(chatbot, message, history, reply)
        counted.count_reply(reply)
        return reply


def add_answers(app: Flask, holder: Holder, settings: Settings) -> None:
    app.extensions["backbot.answers"] = Answers(holder, settings)


def answer(message: str, history: Sequence[Turn] = ()) -> Reply:
    """Return the reply of the app that serves this request; as `Answers.reply`, and raises
    `RequestError` (429) for a visitor who asks too often."""
    check_limit("ask")
    answers: Answers = current_app.extensions["backbot.answers"]
    return answers.reply(message, history)
