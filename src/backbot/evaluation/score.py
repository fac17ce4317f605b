"""Playing a question set through the chatbot and counting what came of it."""

import re
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from backbot.answering.cite import arrange
from backbot.chatbot import Chatbot, Trace
from backbot.evaluation.sets import Case
from backbot.model import Kind, Reply, Turn
from backbot.text.clean import fold

_SPACES = re.compile(r"\s+")


class Outcome(NamedTuple):
    """What the reply to one case was worth."""

    case: Case
    reply: Reply
    answered: bool
    evidence: bool
    first: bool
    cited: bool
    # Whether the resolved last turn of a dialogue holds the words it should; None beside one.
    understood: bool | None
    # Whether the evidence that `reply.confidence` is about answers; None where none was weighed.
    right: bool | None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A share of cases with its Wilson score interval at 95 %."""

    name: str
    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else float("nan")


def play(chatbot: Chatbot, case: Case) -> Outcome:
    """Return what the chatbot makes of the last turn of `case`, the turns before it played too."""
    history: list[Turn] = []
    *before, last = case.messages
    for message in before:
        reply = chatbot.reply(message, history)
        cited = tuple(citation.document for citation in reply.citations)
        history.append(Turn(message=message, cited=cited))
    reply, trace = chatbot.explain(last, history)
    texts = [excerpt.text for section in reply.sections for excerpt in section.excerpts]
    wanted = [word.casefold() for word in case.understood]
    resolved = fold(reply.understood_as)
    return Outcome(
        case,
        reply,
        answered=reply.kind is Kind.ANSWER,
        evidence=holds(texts, case.evidence),
        first=holds(texts[:1], case.evidence),
        cited=any(citation.document in case.documents for citation in reply.citations),
        understood=all(word in resolved for word in wanted) if case.turns else None,
        right=_right(chatbot, case, reply, trace),
    )


def _right(chatbot: Chatbot, case: Case, reply: Reply, trace: Trace) -> bool | None:
    """Tell whether the evidence of a reply answers, quoted or held back; None where none is."""
    if reply.kind not in (Kind.ANSWER, Kind.NO_ANSWER) or not trace.hits:
        return None
    sections, _ = arrange(chatbot.index, trace.runs) if trace.runs else ((), ())
    texts = [excerpt.text for section in sections for excerpt in section.excerpts]
    return case.expect == "answer" and holds(texts, case.evidence)


def holds(texts: Sequence[str], evidence: Sequence[Sequence[str]]) -> bool:
    """Tell whether one of the alternatives stands in `texts` with all its word groups."""
    plain = _SPACES.sub(" ", fold(" \n ".join(texts)))
    return any(
        all(_SPACES.sub(" ", fold(group)) in plain for group in alternative)
        for alternative in evidence
    )


def figures(outcomes: Sequence[Outcome]) -> list[Figure]:
    """Return the shares that the set gives cases for."""
    single = [o for o in outcomes if o.case.expect == "answer" and not o.case.turns]
    answered = [o for o in single if o.answered]
    off_topic = [o for o in outcomes if o.case.expect == "no_answer"]
    dialogues = [o for o in outcomes if o.case.turns and o.case.expect == "answer"]
    rows = (
        ("in-scope questions answered", [o.answered for o in single]),
        ("answers whose excerpts hold the evidence", [o.evidence for o in answered]),
        ("answers whose first excerpt does", [o.first for o in answered]),
        ("answers that cite a right document", [o.cited for o in answered]),
        ("off-topic questions answered", [o.answered for o in off_topic]),
        ("dialogues answered with the evidence", [o.answered and o.evidence for o in dialogues]),
        ("dialogues understood", [bool(o.understood) for o in dialogues]),
    )
    return [figure(name, hits) for name, hits in rows if hits]


def shortcoming(outcome: Outcome) -> str | None:
    """Return what is wrong with a reply, the gravest thing first, or None."""
    case = outcome.case
    if case.expect == "no_answer":
        return "answered, though the articles don’t cover it" if outcome.answered else None
    if outcome.understood is False:
        return "not understood after the turns before it"
    if not outcome.answered:
        return "not answered"
    if not outcome.evidence:
        return "its excerpts lack the evidence"
    if case.documents and not outcome.cited:
        return "it cites none of the right documents"
    return None


def median_words(outcomes: Sequence[Outcome]) -> float:
    """Return the median number of words of excerpts in the answers."""
    words = [o.reply.excerpt_words for o in outcomes if o.answered]
    return float(statistics.median(words)) if words else 0.0


def figure(name: str, hits: Sequence[bool]) -> Figure:
    """Return the share of `hits`, of which there is at least one, with its interval."""
    # Late: scipy.stats takes a second, and only evaluating needs it.
    from scipy.stats import binomtest

    # Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    interval = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    return Figure(
        name=name, hits=sum(hits), of=len(hits), low=float(interval.low), high=float(interval.high)
    )
