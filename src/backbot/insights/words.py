"""What reasons, kinds and notices are called where the owner reads of them."""

from backbot.journal.model import Reason
from backbot.model import Kind

_REASONS = {
    Reason.DID_NOT_ANSWER: "did not answer",
    Reason.WRONG: "wrong",
    Reason.UNSAFE: "unsafe",
    Reason.UNCLEAR: "unclear",
    Reason.OTHER: "something else",
}
_KINDS = {
    Kind.ANSWER: "answered",
    Kind.NO_ANSWER: "no answer found",
    Kind.NOTICE_ONLY: "safety notice alone",
    Kind.SMALLTALK: "small talk",
    Kind.DECLINED: "declined",
}


def reason_name(reason: Reason) -> str:
    """Return a reason in words."""
    return _REASONS[reason]


def kind_name(kind: Kind) -> str:
    """Return a kind of reply in words."""
    return _KINDS[kind]


def notice_name(category: str) -> str:
    """Return a notice's category in words."""
    return category.replace("_", " ") or "notice"
