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
from backbot.errors import RequestError
from backbot.index.contents import Index
from backbot.model import MAX_HISTORY, MAX_MESSAGE_LENGTH, Kind, Reply, Turn
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
        if len(message) > MAX_MESSAGE_LENGTH:
            raise RequestError(
                f"A message holds at most {MAX_MESSAGE_LENGTH:,} characters; please shorten it.",
                code="message_too_long",
            )
        text = clean(message)
        if not text:
            raise RequestError("The message is empty; please type a question.", code="empty_message")

        draft, trace = self._answer(text, history[-MAX_HISTORY:])
        elapsed = (time.perf_counter() - started) * 1000
        return (
            Reply(
                id=secrets.token_urlsafe(9),
                message=text,
                index=self.index.version,
                elapsed_ms=round(elapsed, 2),
                **draft,
            ),
            trace,
        )

    def suggestions(self, count: int = 4) -> tuple[str, ...]:
        """Return questions to begin with: those nearest to what the corpus is about as a whole."""
        return suggest(self.index, self.index.question_vectors.mean(axis=0), count=count)

    def _answer(self, text: str, history: Sequence[Turn]) -> tuple[dict[str, object], Trace]:
        if not has_words(text):
            return self._says("no_answer", "text", Kind.NO_ANSWER, text), Trace()
        if kind := recognise(text):
            return self._says("smalltalk", kind, Kind.SMALLTALK, text, certain=1.0), Trace()

        understood = mend_spelling(self.index, resolve(squeeze(text), history).text)
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
            said = self._says("no_answer", "near" if near else "text", Kind.NO_ANSWER, understood)
            return said | {"suggestions": near, "confidence": probability}, trace
        sections, citations = arrange(self.index, runs)
        return {
            "kind": Kind.ANSWER,
            "understood_as": understood,
            "sections": sections,
            "citations": citations,
            "confidence": probability,
            "suggestions": near,
        }, trace

    def _says(
        self, group: str, name: str, kind: Kind, understood: str, *, certain: float = 0.0
    ) -> dict[str, object]:
        return {
            "kind": kind,
            "understood_as": understood,
            "text": phrase(group, name),
            "confidence": certain,
            "suggestions": self.suggestions(3),
        }
