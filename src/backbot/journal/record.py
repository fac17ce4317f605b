"""A reply as a line of the journal."""

from datetime import UTC, datetime

from backbot.chatbot import Trace
from backbot.index.encoder import Encoder
from backbot.journal.journal import Journal, Meaning
from backbot.journal.model import Entry, Mode
from backbot.model import Reply


def record(
    journal: Journal,
    reply: Reply,
    trace: Trace,
    encoder: Encoder,
    *,
    at: datetime | None = None,
) -> None:
    """Hand `reply`, made `at` that time (None: now), to `journal`; never waits and never raises."""
    if journal.mode is Mode.OFF:
        return
    notice = reply.notice
    entry = Entry(
        reply=reply.id,
        at=(at or datetime.now(UTC)).replace(microsecond=0),
        kind=reply.kind,
        index=reply.index,
        cited=tuple(citation.document for citation in reply.citations),
        confidence=reply.confidence,
        notice=notice.level if notice else None,
        category=notice.category if notice else None,
        question=reply.understood_as,
        suggested=reply.suggestions,
    )
    asked = trace.question
    # Synonyms change what was encoded; then the question's own vector is made later.
    at_hand = asked.vector if asked is not None and asked.text == reply.understood_as else None
    meaning = Meaning(encoder=encoder.card.digest, encode=encoder.encode, vector=at_hand)
    journal.record(entry, meaning)
