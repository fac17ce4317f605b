"""What readers say of a reply: counted in this process's memory, and handed to the journal."""

import threading
from collections import Counter
from typing import Annotated

import msgspec
from flask import Blueprint, Response, request

from backbot.journal.model import Reason
from backbot.server.api import decode
from backbot.server.replying import journal

MAX_NOTE_LENGTH = 2000

blueprint = Blueprint("feedback", __name__)
_counts: Counter[tuple[bool, str | None]] = Counter()
_lock = threading.Lock()


class FeedbackRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader says of a reply: whether it helped, and if not, why."""

    reply: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    helpful: bool
    reason: Reason | None = None
    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE_LENGTH)] | None = None


@blueprint.post("/api/feedback")
def feedback() -> Response:
    said = decode(request.get_data(cache=False), FeedbackRequest)
    note = (said.note or "").strip() or None
    record_feedback(said.reply, said.helpful, said.reason, note)
    response = Response(status=204)
    response.headers["Cache-Control"] = "no-store"
    return response


def record_feedback(reply_id: str, helpful: bool, reason: Reason | None, note: str | None) -> None:
    """Count one judgement of the reply `reply_id`, and hand it to the journal, if one is kept."""
    with _lock:
        _counts[helpful, None if helpful else reason] += 1
    journal().judge(reply_id, helpful, reason, note)


def feedback_counts() -> dict[tuple[bool, str | None], int]:
    """Return how often readers said so, by whether it helped and why not."""
    with _lock:
        return dict(_counts)
