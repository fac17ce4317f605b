"""The sentences that an answer may be made of, each with how well it answers."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from backbot.index.contents import P_FIRST, P_LAST, Index, SentenceView
from backbot.retrieval.hybrid import Hit
from backbot.retrieval.question import Question
from backbot.text.clean import fold
from backbot.text.roles import Role

COSINE_WEIGHT = 0.45
OVERLAP_WEIGHT = 0.25
PASSAGE_WEIGHT = 0.30
# What a sentence gains that tells the very kind of thing that was asked for.
WANTED_BONUS = 0.04
# A title or heading names the subject for the sentences below it, though less surely.
CONTEXT_SHARE = 0.5

_WANTS = (
    (
        Role.CAUTION,
        re.compile(
            r"\b(?:when should i (?:see|worry|go)|see (?:a|the|my) (?:doctor|gp|physio)|"
            r"worr(?:y|ied)|"
            r"serious|dangerous|emergency|harmful|doctor|is it safe|should i be careful|"
            r"avoid|never)\b"
        ),
    ),
    (
        Role.REMEDY,
        re.compile(
            r"\b(?:how (?:do|can|should|to)|what (?:can|should|helps?|exercises?|do i do)|"
            r"which (?:stretch|exercise|muscles)\w*|"
            r"get rid|fix|relie\w+|ease|treat\w*|stretch\w*|exercises?|strengthen\w*|"
            r"should i|help(?:s|ful)?|best way|tips?|cure)\b"
        ),
    ),
    (
        Role.CAUSE,
        re.compile(
            r"\b(?:why|caus\w+|reasons?|because|blame|culprit|due to|come from|coming from"
            r"|responsible|"
            r"behind|make my|makes my|making my|give me|gives me|lead to|what is it from)\b"
        ),
    ),
)
_ASKS_FOR_STORY = re.compile(
    r"\b(?:stor(?:y|ies)|testimonials?|anyone|anybody|someone else|experiences?|success|others?)\b"
)


class Candidate(NamedTuple):
    """A sentence with its score and the parts of it, each from 0 to 1."""

    sentence: SentenceView
    score: float
    cosine: float
    overlap: float
    passage: float


def wanted_roles(text: str) -> set[Role]:
    """Return the kinds of sentence that the question `text` asks for, by its wording."""
    plain = fold(text)
    wanted = {role for role, pattern in _WANTS if pattern.search(plain)}
    if _ASKS_FOR_STORY.search(plain):
        wanted.add(Role.EXPERIENCE)
    return wanted


def find_candidates(index: Index, question: Question, hits: Sequence[Hit]) -> list[Candidate]:
    """Return every sentence of the passages in `hits`, in corpus order, scored for `question`."""
    best_passage: dict[int, float] = {}
    for hit in hits:
        row = index.passages[hit.passage]
        for number in range(int(row[P_FIRST]), int(row[P_LAST])):
            best_passage[number] = max(best_passage.get(number, 0.0), hit.score)
    numbers = sorted(best_passage)
    if not numbers:
        return []
    cosines = index.sentence_vectors[numbers] @ question.vector
    weights = {term: index.lexical.term_idf(term) for term in question.terms}
    total = sum(weights.values()) or 1.0
    wanted = wanted_roles(question.text)
    candidates = []
    for number, cosine in zip(numbers, cosines.tolist(), strict=True):
        sentence = index.sentence(number)
        own = index.sentence_terms(number)
        around = index.context_terms(sentence.document, sentence.section)
        overlap = sum(
            weight * (1.0 if term in own else CONTEXT_SHARE if term in around else 0.0)
            for term, weight in weights.items()
        )
        overlap /= total
        score = (
            COSINE_WEIGHT * max(cosine, 0.0)
            + OVERLAP_WEIGHT * overlap
            + PASSAGE_WEIGHT * best_passage[number]
            + WANTED_BONUS * (sentence.role in wanted)
        )
        candidates.append(Candidate(sentence, score, cosine, overlap, best_passage[number]))
    return candidates
