"""Next questions worth pressing: those that documents say they answer."""

from collections.abc import Collection, Iterator

from backbot.index.contents import Index
from backbot.index.encoder import Vectors

COUNT = 3
# Nearer than this to what was asked, a suggestion only repeats it.
ASKED_AGAIN = 0.78
# Nearer than this to each other, two suggestions are one.
SAME_QUESTION = 0.86
_FIRST_LOOK = 50


def suggest(
    index: Index,
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
    chosen: list[int] = []
    documents = set(shown)
    done = {_bare(text) for text in asked}
    for number, cosine in _nearest(index, near):
        question = index.questions[number]
        if len(chosen) == count:
            break
        if (
            question.document in documents
            or not is_question(question.text)
            or cosine >= ASKED_AGAIN
            or _bare(question.text) in done
        ):
            continue
        vector = index.question_vectors[number]
        if any(float(index.question_vectors[each] @ vector) >= SAME_QUESTION for each in chosen):
            continue
        chosen.append(number)
        documents.add(question.document)
    return tuple(index.questions[number].text for number in chosen)


def _nearest(index: Index, near: Vectors) -> Iterator[tuple[int, float]]:
    """Yield the questions by falling cosine with `near`; most are never looked at."""
    given, wide = 0, _FIRST_LOOK
    while given < len(index.questions):
        rows, cosines = index.asked.nearest(near, wide)
        yield from zip(rows[given:].tolist(), cosines[given:].tolist(), strict=True)
        if len(rows) < wide:
            return
        given, wide = len(rows), 8 * wide


def is_question(text: str) -> bool:
    """Tell whether `text` can be pressed as a question: it asks, or it is a "how to"."""
    return text.rstrip().endswith("?") or text.casefold().startswith("how to ")


def _bare(text: str) -> str:
    return text.casefold().strip(" ?.!")
