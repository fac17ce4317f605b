"""What readers will notice of a new index: articles that are new, changed or gone, and questions
that used to be answered."""

from collections.abc import Sequence

import msgspec

from backbot.chatbot import Chatbot
from backbot.corpus.document import Document
from backbot.errors import RequestError
from backbot.index.contents import Index
from backbot.model import MAX_MESSAGE_LENGTH, Kind
from backbot.safety import Wording as SafetyWording

# Of the questions of documents that stayed as they were, how many are asked again. They are
# spread evenly; asking them all would take longer than the rebuild.
SAMPLE = 60
# How many questions of changed and gone documents are asked at most.
MOST_ASKED = 200


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """How an index differs from the one before, documents by ID.

    `lost` are questions that were answered and are not any more, `gained` the other way round;
    `asked` says how many were asked to find that out.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    asked: int = 0

    @property
    def any(self) -> bool:
        """Whether there is anything to notice."""
        return bool(self.new or self.changed or self.gone or self.lost or self.gained)


def compare(before: Index | None, after: Index, wording: SafetyWording | None = None) -> Changes:
    """Return what differs between two indexes; without one before, all documents are new.

    `wording` holds a site's own words for safety notices.
    """
    if before is None:
        return Changes(new=tuple(sorted(after.by_id)))
    old, new = before.by_id, after.by_id
    if before.version == after.version:
        return Changes()
    changed = tuple(name for name in sorted(old.keys() & new.keys()) if old[name] != new[name])
    gone = tuple(sorted(old.keys() - new.keys()))
    fresh = tuple(sorted(new.keys() - old.keys()))
    touched = frozenset((*changed, *gone, *fresh))
    asked = _to_ask(before, after, touched)
    then, now = Chatbot(before, wording), Chatbot(after, wording)
    lost, gained = [], []
    for question in asked:
        was, is_ = _answers(then, question), _answers(now, question)
        if was and not is_:
            lost.append(question)
        elif is_ and not was:
            gained.append(question)
    return Changes(
        new=fresh,
        changed=changed,
        gone=gone,
        lost=tuple(lost),
        gained=tuple(gained),
        asked=len(asked),
    )


def _to_ask(before: Index, after: Index, touched: frozenset[str]) -> list[str]:
    """Return the questions of what has changed, and some of those that should stay answered."""
    mine: dict[str, None] = {}
    others: dict[str, None] = {}
    for index in (before, after):
        for question in index.questions:
            owner: Document = index.documents[question.document]
            (mine if owner.id in touched else others)[question.text] = None
    rest = [question for question in others if question not in mine]
    return [*list(mine)[:MOST_ASKED], *_spread(rest, SAMPLE)]


def _spread(items: Sequence[str], most: int) -> list[str]:
    if len(items) <= most:
        return list(items)
    return [items[place * len(items) // most] for place in range(most)]


def _answers(chatbot: Chatbot, question: str) -> bool:
    try:
        return chatbot.reply(question[:MAX_MESSAGE_LENGTH]).kind is Kind.ANSWER
    except RequestError:  # a title may hold nothing that a reader could ask
        return False
