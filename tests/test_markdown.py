"""From a Markdown body to the canonical text: what a reader sees, and where each block stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbot.corpus.markdown import render

Blocks = list[tuple[str, int, str]]

MARKUP = st.lists(
    st.sampled_from(
        [
            *("# ", "## ", "- ", "  - ", "1. ", "> ", ">> ", "```\n", "    ", "---\n", "===\n"),
            *("**", "_", "`", "[", "](/x)", "![", "<b>", "<!--", "&amp;", "&#0;", "\\", "|"),
            *("| a | b |\n|---|---|\n| c | d |\n", "\n", "\n\n", "  \n", "\\\n", "\t", "\r\n"),
            *("rest", "Über", "🙂", "\x00", "\x0b", "\u2028", "\u00a0", "\u200b"),
        ]
    )
).map("".join)


def blocks(body: str) -> Blocks:
    text, found = render(body)
    return [(each.kind, each.level, text[each.start : each.end]) for each in found]


def test_a_document_is_its_blocks_parted_by_empty_lines() -> None:
    text, found = render("# Knots\n\nThey hurt.\n\n- Rest.\n- Walk.\n\n> It helped.\n")
    assert text == "Knots\n\nThey hurt.\n\nRest.\n\nWalk.\n\nIt helped."
    assert [(each.kind, each.level, each.start, each.end) for each in found] == [
        ("heading", 1, 0, 5),
        ("paragraph", 0, 7, 17),
        ("item", 1, 19, 24),
        ("item", 1, 26, 31),
        ("quote", 1, 33, 43),
    ]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("**Rest** and _walk_ `daily`.", "Rest and walk daily."),
        ("Read [why knots form](/knots 'Knots').", "Read why knots form."),
        ("Look: ![a tired neck](neck.jpg)!", "Look: a tired neck!"),
        ("See <https://example.org/a>.", "See https://example.org/a."),
        ("Salt &amp; water &lt;warm&gt; &eacute;", "Salt & water <warm> é"),
        ("5 \\* 3 \\_ \\# \\\\", "5 * 3 _ # \\"),
        ("One line\nand the next", "One line and the next"),
        ("One line  \nand the next", "One line\nand the next"),
        ("One line\\\nand the next", "One line\nand the next"),
        ("two  spaces, a tab\there", "two  spaces, a tab\there"),
    ],
)
def test_markup_leaves_only_its_words(body: str, shown: str) -> None:
    assert blocks(body) == [("paragraph", 0, shown)]


@pytest.mark.parametrize(
    "tag",
    ["<b>rest</b>", "<script>alert(1)</script>", "<!-- note -->", "a <br> b", "<x onclick=y>"],
)
def test_html_is_text_like_any_other(tag: str) -> None:
    assert blocks(tag) == [("paragraph", 0, tag)]


def test_headings_keep_their_level_and_lose_their_marks() -> None:
    assert blocks("# One #\n\nTwo\n---\n\n###### Six **bold**") == [
        ("heading", 1, "One"),
        ("heading", 2, "Two"),
        ("heading", 6, "Six bold"),
    ]


def test_nested_lists_give_one_block_a_paragraph_with_its_depth() -> None:
    body = "1. Warm it.\n\n   Slowly.\n   - A towel.\n     1. Damp.\n2. Rest.\n"
    assert blocks(body) == [
        ("item", 1, "Warm it."),
        ("item", 1, "Slowly."),
        ("item", 2, "A towel."),
        ("item", 3, "Damp."),
        ("item", 1, "Rest."),
    ]


def test_quotations_keep_their_depth_and_take_in_their_lists() -> None:
    assert blocks("> It helped.\n>\n> - A lot.\n>\n> > Really?\n\nYes.") == [
        ("quote", 1, "It helped."),
        ("quote", 1, "A lot."),
        ("quote", 2, "Really?"),
        ("paragraph", 0, "Yes."),
    ]


def test_a_table_gives_one_block_a_row() -> None:
    assert blocks("| Day | Walk |\n|---|---|\n| *One* | 5 min |\n| Two | |\n") == [
        ("item", 1, "Day | Walk"),
        ("item", 1, "One | 5 min"),
        ("item", 1, "Two |"),
    ]


def test_code_is_a_block_of_its_own_with_its_line_feeds() -> None:
    assert blocks("```\nsets = 3\nrest()\n```\n\n    more\n") == [
        ("code", 0, "sets = 3\nrest()"),
        ("code", 0, "more"),
    ]


@pytest.mark.parametrize("body", ["", "\n \n", "---", "&nbsp;", "[a]: /b", "- \n- ", "![](x)"])
def test_what_shows_nothing_gives_no_block(body: str) -> None:
    assert render(body) == ("", ())


def test_offsets_count_code_points() -> None:
    text, (first, second) = render("🙂é漢\n\nx")
    assert (first.start, first.end, second.start, second.end) == (0, 3, 5, 6)
    assert len(text) == 6


@given(MARKUP | st.text(st.characters(codec="utf-8")))
def test_any_body_gives_blocks_in_order_that_make_up_the_text(body: str) -> None:
    text, found = render(body)
    pieces = [text[each.start : each.end] for each in found]
    assert text == "\n\n".join(pieces)
    assert all(piece and piece == piece.strip() for piece in pieces)
    ends = [0, *(each.end for each in found)]
    assert all(before <= each.start for before, each in zip(ends, found, strict=False))
