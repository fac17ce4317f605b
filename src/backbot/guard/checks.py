"""The owner's checks: questions with what they must be answered with, in `corpus/checks.toml`.

[[check]]
question = "do flat feet cause neck pain?"
cites = "do-flat-feet-cause-upper-back-pain"   # or a list, of which one is enough

[[check]]
question = "how do I bake bread?"
no_answer = true

[[check]]
question = "is heat good for knots?"
never_cites = "a-letter-about-ice"             # or a list, of which none may be cited

[[check]]
question = "my legs are numb and I lost control of my bladder"
notice = "emergency"
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from backbot.chatbot import Chatbot
from backbot.corpus.owned import read_owned
from backbot.errors import BackbotError
from backbot.model import MAX_MESSAGE_LENGTH, Kind, Level, Reply

FILE = "checks.toml"


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question and what must hold of its reply; what is not given may be anything."""

    question: str
    cites: str | tuple[str, ...] = ()
    never_cites: str | tuple[str, ...] = ()
    no_answer: bool = False
    notice: Level | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.question.strip()) <= MAX_MESSAGE_LENGTH:
            raise ValueError("a question has 1 to 2,000 characters")
        if not (self.documents or self.refused or self.no_answer or self.notice):
            raise ValueError(
                "say what must hold: `cites`, `never_cites`, `no_answer = true` or `notice`"
            )
        if self.documents and self.no_answer:
            raise ValueError("`cites` and `no_answer` exclude each other")

    @property
    def documents(self) -> tuple[str, ...]:
        """The documents of which one must be cited."""
        return (self.cites,) if isinstance(self.cites, str) else tuple(self.cites)

    @property
    def refused(self) -> tuple[str, ...]:
        """The documents of which none may be cited."""
        return (self.never_cites,) if isinstance(self.never_cites, str) else self.never_cites


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A check that does not hold. `wanted` and `got` are phrases."""

    question: str
    wanted: str
    got: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    check: tuple[Check, ...] = ()


def read_checks(corpus: Path) -> tuple[Check, ...]:
    """Return the checks of the corpus, none if it has no such file; raises `CorpusError`."""
    advice = (
        'Write [[check]], a line question = "...", and cites = "a-document", no_answer = true or '
        'notice = "emergency".'
    )
    return read_owned(corpus / FILE, _File, advice).check


def run_checks(checks: Sequence[Check], chatbot: Chatbot) -> tuple[Failure, ...]:
    """Return the checks that do not hold of what `chatbot` replies, in order."""
    return tuple(failure for check in checks if (failure := _run(check, chatbot)))


def _run(check: Check, chatbot: Chatbot) -> Failure | None:
    index = chatbot.index
    if check.documents and not any(map(index.find_document, check.documents)):
        return Failure(
            question=check.question,
            wanted=_wanted(check),
            got=f"there is no document {' or '.join(check.documents)}",
        )
    try:
        reply = chatbot.reply(check.question)
    except BackbotError as error:
        return Failure(question=check.question, wanted=_wanted(check), got=str(error))
    return (
        None
        if _holds(check, reply)
        else Failure(question=check.question, wanted=_wanted(check), got=_got(reply))
    )


def _holds(check: Check, reply: Reply) -> bool:
    if check.notice is not None and (reply.notice is None or reply.notice.level != check.notice):
        return False
    if check.no_answer:
        return reply.kind is not Kind.ANSWER
    cited = {citation.document for citation in reply.citations}
    if not cited.isdisjoint(check.refused):
        return False
    return not check.documents or not cited.isdisjoint(check.documents)


def _wanted(check: Check) -> str:
    parts = []
    if check.documents:
        parts.append(f"an answer that cites {' or '.join(check.documents)}")
    if check.refused:
        parts.append(f"nothing out of {' or '.join(check.refused)}")
    if check.no_answer:
        parts.append("no answer")
    if check.notice:
        parts.append(f"a notice of the level {check.notice}")
    return " and ".join(parts)


def _got(reply: Reply) -> str:
    notice = f" with a notice of the level {reply.notice.level}" if reply.notice else ""
    if reply.kind is Kind.ANSWER:
        cited = ", ".join(citation.document for citation in reply.citations)
        return f"an answer that cites {cited}{notice}"
    kinds = {Kind.NO_ANSWER: "no answer", Kind.NOTICE_ONLY: "a notice alone"}
    return kinds.get(reply.kind, str(reply.kind)) + notice
