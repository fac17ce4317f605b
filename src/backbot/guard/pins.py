"""Whether the owner's pins hold: a pin is its own check."""

from collections.abc import Sequence

from backbot.chatbot import Chatbot
from backbot.errors import BackbotError
from backbot.guard.checks import Failure
from backbot.index.contents import Index
from backbot.index.pinning import bind
from backbot.index.pins import Pin, Pinned
from backbot.model import Kind


def run_pins(pins: Sequence[Pin], chatbot: Chatbot, index: Index) -> tuple[Failure, ...]:
    """Return the pins that do not hold of what `chatbot` replies out of `index`, in order.

    A pin fails where its document or words are gone, where two pins answer one question, and where
    a safety notice takes the answer's place: no pin goes before a notice.
    """
    return tuple(failure for pin in pins if (failure := _run(pin, chatbot, index)))


def _run(pin: Pin, chatbot: Chatbot, index: Index) -> Failure | None:
    what = f"its pinned answer out of {pin.document}"
    rows = {each.id: row for row, each in enumerate(index.documents)}
    bound = bind(pin, rows, index.documents, index.sentences)
    if isinstance(bound, str):
        return Failure(question=pin.question, wanted=what, got=bound)
    try:
        reply, trace = chatbot.explain(pin.question)
    except BackbotError as error:
        return Failure(question=pin.question, wanted=what, got=str(error))
    if trace.pinned == bound:
        return None
    return Failure(question=pin.question, wanted=what, got=_got(reply.kind, trace.pinned))


def _got(kind: Kind, other: Pinned | None) -> str:
    if other is not None:
        return "the answer of another pin, which asks the same"
    if kind is Kind.NOTICE_ONLY:
        return "a safety notice alone, which goes before any pin"
    if kind is Kind.DECLINED:
        return "a fixed reply, since it asks for a dose or a diagnosis"
    return "another reply, since nothing of the document could be quoted"
