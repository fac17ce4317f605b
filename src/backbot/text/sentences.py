"""Sentence boundaries, by NLTK's Punkt with the slips mended that matter to health text.

Only building an index needs this module: it imports NLTK, which is large.
"""

import re
from functools import cache
from importlib.resources import files
from itertools import pairwise

from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

# Abbreviations of health writing that the trained tables do not know.
_ABBREVIATIONS = {"approx", "cf", "e.g", "eg", "fig", "figs", "i.e", "ie", "incl", "max", "min"}
_ABBREVIATIONS |= {"dr", "prof", "vs", "no", "vol", "ca", "etc"}
# Punkt takes the full stop of "for 5 min. Rest." as an abbreviation's.
_UNIT_END = re.compile(
    r"\d\s?(?:mg|ml|g|kg|cm|mm|m|km|min|sec|s|h|hrs?|lbs?|oz|ft|in)\.\s+(?=[A-Z])"
)
# "no." is an abbreviation only before a figure; elsewhere it is an answer.
_NO_END = re.compile(r"\b[Nn]o\.\s++(?!\d)")
# Emoticons or stray marks at the head of a piece close the sentence before it.
_LEADING_MARKS = re.compile(r"""^(?:[^\w\s"'“‘(\[<«¿¡#$€£@+-]+(?:\s+|$))+""")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) of each sentence of `text`, in code points and in order.

    Spans do not overlap, begin and end on visible characters, and leave nothing but white space
    between them. An emoticon or a stray mark belongs to the sentence before it.

    Method: Kiss and Strunk (2006), "Unsupervised multilingual sentence boundary detection",
    Computational Linguistics 32(4), in NLTK's implementation.
    """
    cuts = {start for start, _ in _punkt().span_tokenize(text)}
    for pattern in (_UNIT_END, _NO_END):
        cuts.update(match.end() for match in pattern.finditer(text))
    edges = [*sorted(cuts | {0}), len(text)]

    spans: list[tuple[int, int]] = []
    for left, right in pairwise(edges):
        piece = text[left:right]
        start = left + len(piece) - len(piece.lstrip())
        end = left + len(piece.rstrip())
        if spans and (marks := _LEADING_MARKS.match(text[start:end])):
            after = start + marks.end()
            spans[-1] = (spans[-1][0], start + len(marks.group().rstrip()))
            start = after
        if start < end:
            spans.append((start, end))
    return spans


@cache
def _punkt() -> PunktSentenceTokenizer:
    # Read here and not by NLTK's own loader, which refuses a checkout that a group may write to.
    tables = files("backbot") / "data" / "punkt_english"

    def rows(name: str) -> list[list[str]]:
        lines = (tables / name).read_text(encoding="utf-8").split("\n")
        return [line.split("\t") for line in lines if line]

    parameters = PunktParameters()
    parameters.abbrev_types = {row[0] for row in rows("abbrev_types.txt")} | _ABBREVIATIONS
    parameters.collocations = {(row[0], row[1]) for row in rows("collocations.tab")}
    parameters.sent_starters = {row[0] for row in rows("sent_starters.txt")}
    for word, context in rows("ortho_context.tab"):
        parameters.ortho_context[word] = int(context)
    return PunktSentenceTokenizer(parameters)
