"""One reply from start to finish."""

import secrets
import time
from collections.abc import Sequence
from typing import NamedTuple

from backbot.answering.abstain import THRESHOLD, Signals, confidence, read_signals
from backbot.answering.candidates import Candidate, find_candidates
from backbot.answering.cite import arrange
from backbot.answering.compose import Run, compose
from backbot.answering.suggest import suggest
from backbot.conversation.follow_up import resolve
from backbot.conversation.smalltalk import recognise
from backbot.conversation.vague import is_vague
from backbot.errors import RequestError
from backbot.index.contents import Index
from backbot.model import (
    MAX_HISTORY,
    MAX_MESSAGE_LENGTH,
    Citation,
    Kind,
    Reply,
    Section,
    Turn,
)
from backbot.phrases import phrase
from backbot.retrieval.hybrid import PASSAGES_READ, Hit, search
from backbot.retrieval.question import prepare
from backbot.retrieval.wording import mend_spelling
from backbot.text.clean import clean, has_words, squeeze


class Trace(NamedTuple):
    """What each stage of a reply found; empty where a stage was not reached."""

    hits: Sequence[Hit] = ()
    candidates: Sequence[Candidate] = ()
    signals: Signals | None = None
    runs: Sequence[Run] = ()


class _Said(NamedTuple):
    """What a reply says, before it gets its frame."""

    kind: Kind
    understood_as: str
    confidence: float
    text: str | None = None
    sections: tuple[Section, ...] = ()
    citations: tuple[Citation, ...] = ()
    suggestions: tuple[str, ...] = ()


class Chatbot:
    """Answers messages out of one index. Holds no state: threads may share it."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def reply(self, message: str, history: Sequence[Turn] = ()) -> Reply:
        """Return the reply to `message` after `history`, oldest turn first.

        Raises `RequestError` for a message that is empty or longer than 2,000 characters.
        """
        return self.explain(message, history)[0]

    def explain(self, message: str, history: Sequence[Turn] = ()) -> tuple[Reply, Trace]:
        """Return the reply and what every stage found on the way to it."""
        started = time.perf_counter()
        text = _readable(message)
        said, trace = self._answer(text, history[-MAX_HISTORY:])
        reply = Reply(
            id=secrets.token_urlsafe(9),
            kind=said.kind,
            message=text,
            understood_as=said.understood_as,
            text=said.text,
            sections=said.sections,
            citations=said.citations,
            confidence=said.confidence,
            suggestions=said.suggestions,
            index=self.index.version,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 2),
        )
        return reply, trace

    def suggestions(self, count: int = 4) -> tuple[str, ...]:
        """Return questions to begin with: those nearest to what the corpus is about as a whole."""
        return suggest(self.index, self.index.question_vectors.mean(axis=0), count=count)

    def _answer(self, text: str, history: Sequence[Turn]) -> tuple[_Said, Trace]:
        if not has_words(text):
            return self._phrase(Kind.NO_ANSWER, "no_answer", "text", text), Trace()
        if kind := recognise(text):
            return self._phrase(Kind.SMALLTALK, "smalltalk", kind, text), Trace()

        understood = mend_spelling(self.index, resolve(squeeze(text), history).text)
        if is_vague(understood):
            return self._phrase(Kind.NO_ANSWER, "vague", "text", understood), Trace()
        question = prepare(self.index, understood)
        hits = search(self.index, question, PASSAGES_READ)
        candidates = find_candidates(self.index, question, hits)
        runs = compose(self.index, question, candidates)
        signals = read_signals(self.index, question, hits, candidates, runs)
        probability = round(confidence(signals, self.index.baseline), 4)
        trace = Trace(hits, candidates, signals, runs)

        asked = [understood, *(turn.message for turn in history)]
        near = suggest(self.index, question.vector, asked=asked)
        if not runs or probability < THRESHOLD:
            words = phrase("no_answer", "near" if near else "text")
            said = _Said(Kind.NO_ANSWER, understood, probability, text=words, suggestions=near)
            return said, trace
        sections, citations = arrange(self.index, runs)
        said = _Said(
            Kind.ANSWER,
            understood,
            probability,
            sections=sections,
            citations=citations,
            suggestions=near,
        )
        return said, trace

    def _phrase(self, kind: Kind, group: str, name: str, understood: str) -> _Said:
        sure = 0.0 if kind is Kind.NO_ANSWER else 1.0
        return _Said(
            kind, understood, sure, text=phrase(group, name), suggestions=self.suggestions(3)
        )


def _readable(message: str) -> str:
    """Return the message without what cannot be seen; raises `RequestError` if nothing is left."""
    if len(message) > MAX_MESSAGE_LENGTH:
        raise RequestError(
            f"A message holds at most {MAX_MESSAGE_LENGTH:,} characters; please shorten it.",
            code="message_too_long",
        )
    text = clean(message)
    if not text:
        raise RequestError("The message is empty; please type a question.", code="empty_message")
    return text
