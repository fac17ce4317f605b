"""One reply from start to finish."""

import functools
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from backbot.answering.abstain import (
    THRESHOLD,
    Signals,
    confidence,
    missing,
    read_signals,
)
from backbot.answering.candidates import Candidates, find_candidates
from backbot.answering.cite import arrange
from backbot.answering.compose import compose
from backbot.answering.pinned import Pins, pinned_runs
from backbot.answering.runs import Run
from backbot.answering.suggest import suggest
from backbot.conversation.choices import accepts, picked
from backbot.conversation.follow_up import resolve
from backbot.conversation.smalltalk import recognise
from backbot.conversation.vague import is_vague
from backbot.errors import RequestError
from backbot.index.encoder import Vectors
from backbot.index.pins import Pinned
from backbot.index.reader import IndexReader
from backbot.model import (
    MAX_HISTORY,
    MAX_MESSAGE_LENGTH,
    Citation,
    Kind,
    Level,
    Notice,
    Reply,
    Section,
    Turn,
)
from backbot.phrases import phrase
from backbot.retrieval.hybrid import PASSAGES_READ, Hit, search
from backbot.retrieval.question import Question, Reader, prepare
from backbot.retrieval.wording import Reworded, adopt_synonyms, mend_spelling
from backbot.safety import Finding, Recogniser, Wording, notice_for, read_wording
from backbot.text.clean import clean, has_words, is_code, squeeze
from backbot.text.roles import Role

log = logging.getLogger("backbot.chatbot")
# No reply offers more questions than this.
MOST_OFFERED = 4
# Levels that are answered by their notice alone.
_NOTICE_ALONE = (Level.CRISIS, Level.EMERGENCY)


class Trace(NamedTuple):
    """What each stage of a reply found; empty where a stage was not reached."""

    finding: Finding | None = None
    question: Question | None = None
    hits: Sequence[Hit] = ()
    candidates: Candidates | None = None
    signals: Signals | None = None
    runs: Sequence[Run] = ()
    pinned: Pinned | None = None
    # What the question turns on and nothing that was found names.
    lacking: str | None = None


class _Said(NamedTuple):
    """What a reply says, before it gets its frame."""

    kind: Kind
    understood_as: str
    confidence: float
    notice: Notice | None = None
    text: str | None = None
    sections: tuple[Section, ...] = ()
    citations: tuple[Citation, ...] = ()
    suggestions: tuple[str, ...] = ()


class _Asked(NamedTuple):
    """What a message asks: as it was typed but for keys held down, after its history, with its
    typing errors mended (`understood`), and in the corpus's words; `focus` is the end of these that
    was just asked, where it leans on an earlier turn."""

    typed: str
    understood: str
    reworded: Reworded
    focus: str = ""


class Chatbot:
    """Answers messages out of one index. Holds no state: threads may share it."""

    def __init__(self, index: IndexReader, wording: Wording | None = None) -> None:
        """Answer out of `index`; `wording` holds a site's own words for safety notices."""
        self.index = index
        # How often looking for warning signs broke; each time the standing caution was shown.
        self.safety_failures = 0
        self._recogniser = Recogniser(index.encoder)
        self._pins = Pins(index)
        self._wording = wording or read_wording()

    def reply(self, message: str, history: Sequence[Turn] = (), *, closed: bool = False) -> Reply:
        """Return the reply to `message` after `history`, oldest turn first.

        A chat that is `closed` says so and quotes nothing; safety notices come all the same.
        Raises `RequestError` for a message that is empty or longer than 2,000 characters.
        """
        return self.explain(message, history, closed=closed)[0]

    def explain(
        self, message: str, history: Sequence[Turn] = (), *, closed: bool = False
    ) -> tuple[Reply, Trace]:
        """Return the reply and what every stage found on the way to it."""
        started = time.perf_counter()
        text = _readable(message)
        said, trace = self._respond(text, history[-MAX_HISTORY:], closed=closed)
        reply = Reply(
            id=secrets.token_urlsafe(9),
            kind=said.kind,
            message=text,
            understood_as=said.understood_as,
            notice=said.notice,
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
        return suggest(self.index, self.index.subject, count=count)

    def _respond(
        self, text: str, history: Sequence[Turn], *, closed: bool = False
    ) -> tuple[_Said, Trace]:
        read = Reader(self.index.encoder)
        asked = functools.cache(lambda: self._asked(text, history))
        finding, notice = self._look_for_signs(text, history, read, asked)
        if notice is not None and notice.level in _NOTICE_ALONE:
            return _Said(Kind.NOTICE_ONLY, text, 0.0, notice=notice), Trace(finding)
        if finding is not None and finding.declined:
            words = self._wording.declined[finding.declined]
            near = () if closed else suggest(self.index, read(text).sentence, asked=[text])
            said = _Said(Kind.DECLINED, text, 0.0, text=words, suggestions=near)
            return said._replace(notice=notice), Trace(finding)
        if closed:
            words = phrase("closed", "text")
            return _Said(Kind.NO_ANSWER, text, 0.0, notice=notice, text=words), Trace(finding)
        urgent = notice is not None and notice.level is Level.URGENT
        said, trace = self._answer(text, history, read, asked, exercises=not urgent)
        return said._replace(notice=notice), trace._replace(finding=finding)

    def _look_for_signs(
        self, text: str, history: Sequence[Turn], read: Reader, asked: Callable[[], _Asked]
    ) -> tuple[Finding | None, Notice | None]:
        """Return what the message tells of warning signs; never raises, never fails open."""

        def vector() -> Vectors:
            # Retrieval will need the vector of these words too, or of what they are mended to.
            found = asked()
            return read(found.typed, found.focus, beside=found.reworded.text).sentence

        try:
            finding = self._recogniser.assess(text, history, vector)
            return finding, notice_for(finding, self._wording)
        except Exception as error:
            # The class alone: its words could hold what the reader typed.
            log.error("Looking for warning signs failed: %s", type(error).__name__)  # noqa: TRY400
            self.safety_failures += 1
            return None, Notice(
                level=Level.INFO,
                category="standing_caution",
                title=phrase("caution", "title"),
                text=phrase("caution", "text"),
            )

    def _answer(
        self,
        text: str,
        history: Sequence[Turn],
        read: Reader,
        asked: Callable[[], _Asked],
        *,
        exercises: bool,
    ) -> tuple[_Said, Trace]:
        if not has_words(text) or is_code(text):
            return self._phrase(Kind.NO_ANSWER, "no_answer", "text", text), Trace()
        if (offered := self._picked(text, history)) is not None:
            text, history = offered, ()
            asked = functools.partial(self._asked, text, history)
        if kind := recognise(text):
            return self._phrase(Kind.SMALLTALK, "smalltalk", kind, text), Trace()

        _, understood, reworded, focus = asked()
        before = [understood, *(turn.message for turn in history)]
        left_out = frozenset() if exercises else frozenset({Role.REMEDY})
        if pinned := self._pins.find(understood):
            question = prepare(self.index, understood, read, reworded=reworded)
            if runs := pinned_runs(self.index, question, pinned, without=left_out):
                trace = Trace(question=question, runs=runs, pinned=pinned)
                return self._quote(understood, 1.0, question, runs, before), trace
        if is_vague(understood):
            return self._phrase(Kind.NO_ANSWER, "vague", "text", understood), Trace()
        question = prepare(self.index, understood, read, focus=focus, reworded=reworded)
        hits = search(self.index, question, PASSAGES_READ)
        candidates = find_candidates(self.index, question, hits, without=left_out)
        runs = compose(question, candidates)
        signals = read_signals(self.index, question, hits, candidates, runs)
        probability = round(confidence(signals, self.index.baseline), 4)
        lacking = missing(self.index, focus or understood, runs)
        if lacking is not None:
            probability = 0.0
        trace = Trace(None, question, hits, candidates, signals, runs, lacking=lacking)

        if not runs or probability < THRESHOLD:
            near = suggest(self.index, question.vector, asked=before)
            words = phrase("no_answer", "near" if near else "text")
            said = _Said(Kind.NO_ANSWER, understood, probability, text=words, suggestions=near)
            return said, trace
        return self._quote(understood, probability, question, runs, before), trace

    def _quote(
        self,
        understood: str,
        probability: float,
        question: Question,
        runs: Sequence[Run],
        asked: Sequence[str],
    ) -> _Said:
        """Return the answer that quotes `runs`."""
        sections, citations = arrange(self.index, runs)
        shown = {run.document for run in runs}
        return _Said(
            Kind.ANSWER,
            understood,
            probability,
            sections=sections,
            citations=citations,
            suggestions=suggest(self.index, question.vector, asked=asked, shown=shown),
        )

    def _asked(self, text: str, history: Sequence[Turn]) -> _Asked:
        """Return what `text` asks after `history`."""
        typed = squeeze(text)
        resolved = resolve(typed, history)
        understood = mend_spelling(self.index, resolved.text)
        reworded = adopt_synonyms(self.index, understood)
        if not resolved.context:
            return _Asked(typed, understood, reworded)
        stressed = mend_spelling(self.index, f"{resolved.told} {resolved.focus}".strip())
        return _Asked(typed, understood, reworded, adopt_synonyms(self.index, stressed).text)

    def _picked(self, text: str, history: Sequence[Turn]) -> str | None:
        """Return the question that `text` picks of those the last reply offered, None for none.

        Nobody keeps what was offered: the last reply is made once more.
        """
        if not history or not (accepts(text) or picked(text, MOST_OFFERED) is not None):
            return None
        said, _ = self._respond(clean(history[-1].message), history[:-1])
        place = picked(text, len(said.suggestions))
        if place is None and said.kind in (Kind.NO_ANSWER, Kind.DECLINED) and accepts(text):
            place = 0
        return said.suggestions[place] if place is not None and said.suggestions else None

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
