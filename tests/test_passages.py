"""Passages: whole sentences of one section, with a short overlap, never cut."""

from hypothesis import given
from hypothesis import strategies as st

from backbot.corpus.document import Document
from backbot.corpus.markdown import render
from backbot.index.passages import (
    OVERLAP_WORDS,
    PASSAGE_WORDS,
    Passage,
    Sentence,
    split_passages,
    split_sentences,
)
from backbot.text.terms import words


def make(body: str, *, truncated: bool = False) -> Document:
    text, blocks = render(body)
    return Document(
        id="a", kind="article", title="A", text=text, blocks=blocks, truncated=truncated
    )


def cut(document: Document) -> tuple[list[Sentence], list[Passage]]:
    sentences = split_sentences(document)
    return sentences, split_passages(document, sentences)


def sentence_of(count: int) -> str:
    return "Rest" + " well" * (count - 1) + "."


def sizes(body: str) -> list[tuple[int, int]]:
    return [(each.first, each.last) for each in cut(make(body))[1]]


DOCUMENTS = st.lists(
    st.one_of(
        st.integers(1, 90).map(sentence_of),
        st.sampled_from(
            ["\n\n", "\n\n## Heading\n\n", "\n\n- ", "\n\n> ", "\n\n```\ncode\n```\n\n"]
        ),
    ),
    max_size=25,
).map(" ".join)


# Sentences


def test_sentences_know_their_block_and_the_heading_above() -> None:
    document = make("One. Two.\n\n# Head\n\nThree.\n\n- Four.\n\n## Sub\n\nFive.")
    found = [
        (document.text[each.start : each.end], each.block, each.section)
        for each in split_sentences(document)
    ]
    assert found == [
        ("One.", 0, -1),
        ("Two.", 0, -1),
        ("Three.", 2, 1),
        ("Four.", 3, 1),
        ("Five.", 5, 4),
    ]


def test_a_heading_is_no_sentence_and_code_is_a_single_one_that_is_not_quoted() -> None:
    document = make("# Rest. Walk.\n\n```\nrest. Walk.\n```")
    (code,) = split_sentences(document)
    assert document.text[code.start : code.end] == "rest. Walk."
    assert not code.reading.quotable


def test_the_end_of_an_opening_that_breaks_off_is_not_quoted() -> None:
    body = "Knots form because a muscle holds still. Heat eases a knot because the"
    assert [each.reading.quotable for each in split_sentences(make(body))] == [True, True]
    broken_off = split_sentences(make(body, truncated=True))
    assert [each.reading.quotable for each in broken_off] == [True, False]


@given(DOCUMENTS)
def test_no_sentence_crosses_a_block(body: str) -> None:
    document = make(body)
    position = 0
    for each in split_sentences(document):
        block = document.blocks[each.block]
        assert max(position, block.start) <= each.start < each.end <= block.end
        position = each.end


# Passages


def test_neighbouring_sentences_share_a_passage_until_it_is_full() -> None:
    assert sizes(" ".join([sentence_of(30), sentence_of(30), sentence_of(30)])) == [(0, 2), (2, 3)]


def test_a_short_last_sentence_opens_the_next_passage_too() -> None:
    body = " ".join([sentence_of(40), sentence_of(OVERLAP_WORDS), sentence_of(30)])
    assert sizes(body) == [(0, 2), (1, 3)]


def test_a_long_last_sentence_is_not_repeated() -> None:
    body = " ".join([sentence_of(30), sentence_of(OVERLAP_WORDS + 1), sentence_of(30)])
    assert sizes(body) == [(0, 2), (2, 3)]


def test_a_sentence_longer_than_a_passage_is_one_passage_whole() -> None:
    assert sizes(" ".join([sentence_of(200), sentence_of(5)])) == [(0, 1), (1, 2)]


def test_a_heading_ends_a_passage() -> None:
    assert sizes("One.\n\n# Head\n\nTwo.\n\n# Head\n\nThree.") == [(0, 1), (1, 2), (2, 3)]


def test_headings_alone_give_no_passage() -> None:
    assert cut(make("# One\n\n## Two")) == ([], [])


@given(DOCUMENTS)
def test_passages_are_whole_sentences_of_one_section_and_leave_none_out(body: str) -> None:
    document = make(body)
    sentences, passages = cut(document)
    lengths = [len(words(document.text[each.start : each.end])) for each in sentences]
    reached = 0
    for each in passages:
        assert {sentence.section for sentence in sentences[each.first : each.last]} == {
            each.section
        }
        assert each.last - each.first == 1 or sum(lengths[each.first : each.last]) <= PASSAGE_WORDS
        # It goes on where the one before it ended, or repeats that one's last, short sentence.
        overlap = reached - each.first
        assert overlap == 0 or (overlap == 1 and lengths[each.first] <= OVERLAP_WORDS)
        assert each.last > reached
        reached = each.last
    assert reached == len(sentences)
