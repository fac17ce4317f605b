"""BM25: rank-bm25's scores to the last digits, apart from its two cases that are mended."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from backbot.index import build
from backbot.index.lexical import K1, B, Lexical, build_lexical
from backbot.index.store import open_index
from backbot.text.terms import terms
from support import Toy

TOLERANCE = 1e-9
Passages = list[list[str]]

PASSAGES = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=12), min_size=1, max_size=12)
QUERIES = st.lists(st.sampled_from("abcdefghxyz"), max_size=8)


def mended(passages: Passages) -> set[str]:
    """The terms whose weight rank-bm25 gets wrong: those it gives nothing, or less than that."""
    found = BM25Okapi(passages, k1=K1, b=B).idf
    return {term for term, idf in found.items() if idf <= 0}


def assert_same(lexical: Lexical, reference: BM25Okapi, query: list[str]) -> None:
    np.testing.assert_allclose(
        lexical.score(query), reference.get_scores(query), rtol=0, atol=TOLERANCE
    )


# Parity with rank-bm25


def test_the_starter_index_scores_like_rank_bm25(
    corpus_root: Path, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weighed: list[Passages] = []

    def note(passages: Passages) -> Lexical:
        weighed.append(passages)
        return build_lexical(passages)

    monkeypatch.setattr(build, "build_lexical", note)
    toy.build(corpus_root, tmp_path)
    index = open_index(tmp_path)
    starter, _ = weighed
    reference = BM25Okapi(starter, k1=K1, b=B)
    holding = Counter(term for passage in starter for term in set(passage))
    common = [term for term, count in holding.items() if 2 * count > len(starter)]
    assert not mended(starter)
    assert index.lexical.texts == len(starter)
    assert set(index.lexical.vocabulary) == set(holding)
    for query in [*([term] for term in holding), common, [*common, "knot", "knot", "unheardof"]]:
        assert_same(index.lexical, reference, query)
    for question in index.questions:
        assert_same(index.lexical, reference, terms(question.text))


def test_terms_in_more_than_half_of_the_passages_weigh_as_in_rank_bm25() -> None:
    passages = [["back", "knot"], ["back", "foot"], ["back", "walk"], ["heat"], ["cold"]]
    lexical, reference = build_lexical(passages), BM25Okapi(passages, k1=K1, b=B)
    assert not mended(passages)
    assert math.isclose(lexical.term_idf("back"), 0.25 * reference.average_idf)
    for query in (["back"], ["back", "knot", "back"], ["heat", "cold"]):
        assert_same(lexical, reference, query)


@given(PASSAGES, QUERIES)
def test_any_passages_score_like_rank_bm25(passages: Passages, query: list[str]) -> None:
    assume(any(passages))
    reference = BM25Okapi(passages, k1=K1, b=B)
    floor = reference.epsilon * (reference.average_idf if reference.average_idf > 0 else 1.0)
    reference.idf |= dict.fromkeys(mended(passages), floor)
    assert_same(build_lexical(passages), reference, query)


# The two mended cases


def test_a_term_in_exactly_half_of_the_passages_counts() -> None:
    passages = [["back", "knot"], ["back", "foot"], ["walk"], ["heat"]]
    assert mended(passages) == {"back"}
    assert BM25Okapi(passages).get_scores(["back"]).tolist() == [0, 0, 0, 0]
    first, second, third, fourth = build_lexical(passages).score(["back"]).tolist()
    assert first == second > 0
    assert third == fourth == 0


@pytest.mark.parametrize("passages", [[["knot"]], [["knot", "back"], ["knot"]]])
def test_no_term_weighs_less_than_nothing_in_a_tiny_corpus(passages: Passages) -> None:
    assert BM25Okapi(passages).get_scores(["knot"]).max() <= 0
    assert (build_lexical(passages).score(["knot"]) > 0).all()


# What holds for every corpus


@given(PASSAGES, QUERIES)
def test_scores_lie_between_nothing_and_the_ceiling(passages: Passages, query: list[str]) -> None:
    lexical = build_lexical(passages)
    scores = lexical.score(query)
    assert scores.shape == (len(passages),)
    assert (scores >= 0).all()
    assert (scores <= lexical.ceiling(query) + TOLERANCE).all()
    for row, passage in enumerate(passages):
        assert (scores[row] > 0) == bool(set(passage) & set(query))


@pytest.mark.parametrize("passages", [[], [[]], [[], []]], ids=len)
def test_passages_without_terms_score_nothing(passages: Passages) -> None:
    assert build_lexical(passages).score(["knot"]).tolist() == [0.0] * len(passages)


def test_an_unknown_term_adds_nothing_and_weighs_at_least_like_the_rarest() -> None:
    lexical = build_lexical([["back", "knot"], ["back"], ["walk"]])
    assert lexical.score(["unheardof"]).tolist() == [0, 0, 0]
    assert lexical.term_idf("unheardof") >= max(map(lexical.term_idf, lexical.vocabulary))


# Only some texts


@given(PASSAGES, QUERIES)
def test_some_texts_score_as_among_all(passages: Passages, query: list[str]) -> None:
    lexical = build_lexical(passages)
    rows = np.arange(0, len(passages), 2)
    expected = lexical.score(query)[rows]
    assert lexical.score_rows(query, rows).tolist() == expected.tolist()
    columns = [(lexical.vocabulary[each], 1.0) for each in query if each in lexical.vocabulary]
    np.testing.assert_allclose(lexical._sum(columns, rows), expected, atol=TOLERANCE)


@pytest.mark.parametrize("most_read", [0, 20, 200, 10**6])
def test_leaving_long_columns_unread_changes_nothing(
    most_read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    # Few terms are common and most are rare, as in any language.
    drawn = rng.zipf(1.3, size=(3000, 12)) % 800
    lexical = build_lexical([[f"t{each}" for each in row] for row in drawn])
    monkeypatch.setattr("backbot.index.lexical.MOST_READ", most_read)
    for query in rng.zipf(1.3, size=(200, 5)) % 800:
        shares = {f"t{each}": 1.0 if n % 3 else 0.5 for n, each in enumerate(query)}
        scores = sum(share * lexical.score([term]) for term, share in shares.items())
        found = lexical.strongest(shares, 20)
        assert isinstance(scores, np.ndarray)
        best = np.sort(scores[scores > 0])[::-1][:20]
        np.testing.assert_allclose(np.sort(scores[found])[::-1], best, atol=TOLERANCE)
        assert found.tolist() == sorted(found.tolist())
