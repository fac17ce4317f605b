"""Next questions worth pressing: those that documents say they answer."""

from collections.abc import Collection, Iterator

from backbot.index.encoder import Vectors
from backbot.index.reader import AskedQuestion, IndexReader

COUNT = 3
# Nearer than this to what was asked, a suggestion only repeats it.
ASKED_AGAIN = 0.78
# Nearer than this to each other, two suggestions are one.
SAME_QUESTION = 0.86
# Nine times of ten the questions to offer are among so many.
_FIRST_LOOK = 24


def suggest(
    index: IndexReader,
    near: Vectors,
    *,
    asked: Collection[str] = (),
    shown: Collection[int] = (),
    count: int = COUNT,
) -> tuple[str, ...]:
    """Return up to `count` questions near the vector `near`, shape (dimensions,), nearest first.

    One a document, none of the documents `shown` already, none that was `asked` already or says the
    same as another.
    """
    chosen: list[AskedQuestion] = []
    documents = set(shown)
    done = {_bare(text) for text in asked}
    for question in _nearest(index, near):
        if len(chosen) == count:
            break
        if (
            question.document in documents
            or not is_question(question.text)
            or question.cosine >= ASKED_AGAIN
            or _bare(question.text) in done
        ):
            continue
        if any(float(each.vector @ question.vector) >= SAME_QUESTION for each in chosen):
            continue
        chosen.append(question)
        documents.add(question.document)
    return tuple(each.text for each in chosen)


def _nearest(index: IndexReader, near: Vectors) -> Iterator[AskedQuestion]:
    """Yield the questions by falling cosine with `near`; most are never looked at."""
    given, wide = 0, _FIRST_LOOK
    while given < index.counts.questions:
        found = index.questions_near(near, wide)
        yield from found[given:]
        if len(found) < wide:
            return
        given, wide = len(found), 16 * wide


def is_question(text: str) -> bool:
    """Tell whether `text` can be pressed as a question: it asks, or it is a "how to"."""
    return text.rstrip().endswith("?") or text.casefold().startswith("how to ")


def _bare(text: str) -> str:
    return text.casefold().strip(" ?.!")
