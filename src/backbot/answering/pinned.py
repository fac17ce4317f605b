"""Answers that the owner has pinned to a question."""

from collections.abc import Collection

from backbot.answering.candidates import find_candidates
from backbot.answering.compose import compose
from backbot.answering.runs import Run
from backbot.index.pins import Pinned
from backbot.index.reader import IndexReader
from backbot.retrieval.hybrid import search_document
from backbot.retrieval.question import Question
from backbot.retrieval.wording import adopt_synonyms, mend_spelling
from backbot.text.roles import Role
from backbot.text.terms import stem, words

# Words that may be there or not without another question being asked. What turns a question
# ("not", "before", "without", "why", "should") is none of them.
_FILLERS = frozenset(
    "a an the my your our i you we me us am is are do does please hello hi hey ok okay".split()
)


class Pins:
    """The pins of an index, found by what is asked."""

    def __init__(self, index: IndexReader) -> None:
        self._index = index
        self._by_form = {
            _form(index, mend_spelling(index, pin.question)): pin for pin in index.pins
        }

    def find(self, understood: str) -> Pinned | None:
        """Return the pin of the question `understood`, its spelling mended, None for none.

        It must be the same question: word for word but for its spelling, endings, synonyms and
        words such as "the" or "please". Likeness is not enough, since the questions nearest to one
        another are those that ask for opposites (docs/decisions).
        """
        return self._by_form.get(_form(self._index, understood)) if self._by_form else None


def pinned_runs(
    index: IndexReader, question: Question, pinned: Pinned, *, without: Collection[Role] = ()
) -> tuple[Run, ...]:
    """Return the runs that `pinned` quotes: its words, or what answers best in its document.

    Empty where that would need sentences whose role is among `without`, or nothing can be quoted.
    """
    if pinned.start < pinned.end:
        return _words(index, pinned, without)
    hits = search_document(index, question, pinned.document)
    return compose(question, find_candidates(index, question, hits, without=without))


def _words(index: IndexReader, pinned: Pinned, without: Collection[Role]) -> tuple[Run, ...]:
    told = index.sentences_between(pinned.document, pinned.start, pinned.end)
    if any(each.role in without for each in told):
        return ()
    role = next((each.role for each in told if each.quotable), Role.FACT)
    document = index.read_documents([pinned.document])[pinned.document]
    text = document.text[pinned.start : pinned.end]
    run = Run(
        document=pinned.document,
        section=told[0].section if told else -1,
        first=told[0].number if told else 0,
        last=told[-1].number if told else 0,
        start=pinned.start,
        end=pinned.end,
        words=len(text.split()),
        role=role,
        alone=True,
        score=1.0,
        cosine=1.0,
        tokens=1.0,
        passage=1.0,
        denies=any(each.denies for each in told),
    )
    return (run,)


def _form(index: IndexReader, text: str) -> tuple[str, ...]:
    """Return what makes `text` the question that it is: its words in order, without fillers."""
    said = words(adopt_synonyms(index, text).text)
    return tuple(stem(word.removesuffix("'s")) for word in said if word not in _FILLERS) or tuple(
        said
    )
