"""Next questions worth pressing: those that documents say they answer."""

from collections.abc import Collection

import numpy as np

from backbot.index.contents import Index
from backbot.index.encoder import Vectors

COUNT = 3
# Nearer than this to what was asked, a suggestion only repeats it.
ASKED_AGAIN = 0.78
# Nearer than this to each other, two suggestions are one.
SAME_QUESTION = 0.86


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
    cosines = index.question_vectors @ near
    for number in np.argsort(-cosines, kind="stable").tolist():
        question = index.questions[number]
        if len(chosen) == count:
            break
        if (
            question.document in documents
            or not is_question(question.text)
            or cosines[number] >= ASKED_AGAIN
            or _bare(question.text) in done
        ):
            continue
        vector = index.question_vectors[number]
        if any(float(index.question_vectors[each] @ vector) >= SAME_QUESTION for each in chosen):
            continue
        chosen.append(number)
        documents.add(question.document)
    return tuple(index.questions[number].text for number in chosen)


def is_question(text: str) -> bool:
    """Tell whether `text` can be pressed as a question: it asks, or it is a "how to"."""
    return text.rstrip().endswith("?") or text.casefold().startswith("how to ")


def _bare(text: str) -> str:
    return text.casefold().strip(" ?.!")
