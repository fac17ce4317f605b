"""Articles that no question would reach: not even their own title finds them."""

from backbot.corpus.lint import Remark
from backbot.index.contents import P_DOCUMENT, Index
from backbot.retrieval.hybrid import PASSAGES_READ, search
from backbot.retrieval.question import prepare

# Asking takes some milliseconds for each question; a large corpus is looked at in part.
MOST_ASKED = 2_000


def unreached(index: Index) -> tuple[Remark, ...]:
    """Return the documents of which no passage is found by any question that they name."""
    found: set[int] = set()
    asked: set[int] = set()
    for question in index.questions[:MOST_ASKED]:
        if question.document in found:
            continue
        asked.add(question.document)
        hits = search(index, prepare(index, question.text), PASSAGES_READ)
        found.update(int(index.passages[hit.passage, P_DOCUMENT]) for hit in hits)
    return tuple(
        Remark(
            rule="unreached",
            document=index.documents[number].id,
            about="is not found by its own title or questions; say in the title what it answers",
        )
        for number in sorted(asked - found)
    )
