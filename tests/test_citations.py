"""Citations: the words are cut from the text, and the address opens the document at these words."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbot.answering.cite import END_WORDS, WHOLE_WORDS, document_url, text_directive
from backbot.corpus.document import Document
from backbot.corpus.markdown import render
from backbot.index.passages import split_sentences


def make(body: str, *, title: str = "A Title", **values: str) -> Document:
    text, blocks = render(body)
    return Document(id="knots", kind="article", title=title, text=text, blocks=blocks, **values)  # type: ignore[arg-type]


def cite(document: Document, words: str, nth: int = 1) -> str:
    """The directive for the nth place where `words` stand in the text."""
    places = [match.span() for match in re.finditer(re.escape(words), document.text)]
    return text_directive(document, *places[nth - 1])


# A browser's side of it: https://wicg.github.io/scroll-to-text-fragment/#navigating-to-text-fragment


class Directive(NamedTuple):
    prefix: str
    first: str
    last: str
    suffix: str


def parse(directive: str) -> Directive:
    """Read `text=[prefix-,]start[,end][,-suffix]`."""
    assert directive.startswith("text=")
    parts = directive.removeprefix("text=").split(",")
    prefix = parts.pop(0)[:-1] if parts[0].endswith("-") else ""
    suffix = parts.pop()[1:] if parts[-1].startswith("-") else ""
    first, last = [*parts, ""][:2]
    assert first
    assert len(parts) <= 2
    return Directive(*map(unquote, (prefix, first, last, suffix)))


class Browser:
    """Finds a directive's words in a page, which shows the title, the question and the text."""

    def __init__(self, document: Document) -> None:
        head = [document.title, *filter(None, [document.question])]
        self.page = "\n\n".join([*head, document.text])
        self.offset = len(self.page) - len(document.text)
        self.blocks = [
            (each.start + self.offset, each.end + self.offset) for each in document.blocks
        ]
        at = 0
        for part in head:
            self.blocks.append((at, at + len(part)))
            at += len(part) + 2
        self.blocks.sort()

    def open(self, directive: str) -> tuple[int, int] | None:
        """Return where in the document's text the page opens, None where nothing matches."""
        wanted = parse(directive)
        for start, end in self._starts(wanted):
            for stop in self._stops(wanted, end):
                return start - self.offset, stop - self.offset
        return None

    def _starts(self, wanted: Directive) -> Iterator[tuple[int, int]]:
        if not wanted.prefix:
            yield from self._find(wanted.first, 0)
        for _, after in self._find(wanted.prefix, 0) if wanted.prefix else ():
            here = self._skip_space(after)
            yield from (found for found in self._find(wanted.first, here) if found[0] == here)

    def _stops(self, wanted: Directive, end: int) -> Iterator[int]:
        for stop in (last[1] for last in self._find(wanted.last, end)) if wanted.last else [end]:
            here = self._skip_space(stop)
            if not wanted.suffix or any(
                start == here for start, _ in self._find(wanted.suffix, here)
            ):
                yield stop

    def _find(self, words: str, position: int) -> Iterator[tuple[int, int]]:
        """Yield where `words` stand from `position` on, as whole words inside one block."""
        pattern = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
        for left, right in self.blocks:
            at = max(left, position)
            while at < right and (match := pattern.search(self.page, at, right)):
                if self._is_edge(match.start()) and self._is_edge(match.end()):
                    yield match.span()
                at = match.start() + 1

    def _is_edge(self, position: int) -> bool:
        return not re.search(r"\w\Z", self.page[:position]) or not re.match(
            r"\w", self.page[position:]
        )

    def _skip_space(self, position: int) -> int:
        rest = self.page[position:]
        return position + len(rest) - len(rest.lstrip())


# Directives


def test_a_short_excerpt_is_looked_for_whole() -> None:
    document = make("Rest now. Knots form when a muscle holds still. Walk on.")
    directive = cite(document, "Knots form when a muscle holds still.")
    assert directive == "text=Knots%20form%20when%20a%20muscle%20holds%20still."


def test_what_means_something_in_a_directive_is_encoded() -> None:
    document = make("Warm-up, salt & 50% rest – at home’s #1.")
    directive = cite(document, "Warm-up, salt & 50% rest – at home’s #1.")
    assert directive.startswith("text=Warm%2Dup%2C%20salt%20%26%20")
    assert not set(directive.removeprefix("text=").replace(",", "")) & set("-&#?/’–")
    assert Browser(document).open(directive) == (0, len(document.text))


def test_a_long_excerpt_is_looked_for_by_its_two_ends() -> None:
    words = [f"word{number}" for number in range(WHOLE_WORDS + 1)]
    document = make(f"Before. {' '.join(words)}. After.")
    directive = cite(document, " ".join(words) + ".")
    first, last = "%20".join(words[:END_WORDS]), "%20".join(words[-END_WORDS:])
    assert directive == f"text={first},{last}."


def test_an_excerpt_across_list_items_has_each_end_inside_one_of_them() -> None:
    document = make("- Rest.\n- Walk on slowly.\n- Sit.\n")
    start, end = 0, len(document.text)
    directive = text_directive(document, start, end)
    assert directive == "text=Rest.,Sit."
    assert Browser(document).open(directive) == (start, end)


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_words_that_stand_elsewhere_too_get_those_beside_them(nth: int) -> None:
    document = make("First heat. Rest well. Then cold. Rest well.\n\nRest well. Good night.")
    directive = cite(document, "Rest well.", nth)
    found = Browser(document).open(directive)
    assert found
    assert document.text[slice(*found)] == "Rest well."
    assert [match.start() for match in re.finditer("Rest well", document.text)][nth - 1] == found[0]


@pytest.mark.parametrize(
    "values", [{"title": "Rest Well."}, {"question": "How to rest well? Rest well."}]
)
def test_words_that_stand_in_the_title_or_question_too_get_those_beside_them(
    values: dict[str, str],
) -> None:
    document = make("Sit down. Rest well. Sleep.", **values)
    found = Browser(document).open(cite(document, "Rest well."))
    assert found == (10, 20)


def test_white_space_in_the_text_is_one_space_in_the_directive() -> None:
    document = make("Sit.\n\nRest\\\nwell,  now.")
    directive = cite(document, "Rest\nwell,  now.")
    assert directive == "text=Rest%20well%2C%20now."
    assert Browser(document).open(directive) == (6, len(document.text))


# Sentences that come again and again, as in lists of steps, each between two that come once.
WORDS = st.sampled_from(
    ["Rest", "walk", "well-being", "a&b", "50%,", "(now)", "“so”", "Über", "rest"]
)
AGAIN = st.lists(WORDS, min_size=1, max_size=12).map(lambda words: " ".join(words) + ".")
BREAKS = st.sampled_from([" ", "\n\n", "\n\n- ", "\n\n## ", "\n\n> "])
BODIES = st.lists(st.tuples(AGAIN, BREAKS, AGAIN, BREAKS), min_size=1, max_size=6).map(
    lambda parts: "".join(
        f"{again}{before}Step{number} {once} Done{number}.{after}"
        for number, (again, before, once, after) in enumerate(parts)
    )
)


@given(BODIES, st.data())
def test_a_browser_finds_exactly_the_start_of_any_run_of_sentences(
    body: str, data: st.DataObject
) -> None:
    document = make(body)
    sentences = split_sentences(document)
    first = data.draw(st.integers(0, len(sentences) - 1))
    last = data.draw(st.integers(first, min(first + 4, len(sentences) - 1)))
    start, end = sentences[first].start, sentences[last].end
    found = Browser(document).open(text_directive(document, start, end))
    assert found
    assert found[0] == start


def test_the_words_beside_an_excerpt_lie_inside_one_block_each() -> None:
    document = make("One.\n\nRest.\n\nYes no.\n\nOne.\n\nRest.\n\nYes sir.")
    start = document.text.rindex("Rest.")
    directive = text_directive(document, start, start + len("Rest."))
    assert Browser(document).open(directive) == (start, start + len("Rest."))


# Addresses


def test_a_document_without_a_page_of_its_own_opens_where_backbot_shows_it() -> None:
    document = make("Rest well.")
    assert document_url(document, 0, 10) == "/read/knots?at=0-10#excerpt:~:text=Rest%20well."


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("https://example.org/knots", "https://example.org/knots#:~:text=Rest%20well."),
        ("https://example.org/?p=7", "https://example.org/?p=7#:~:text=Rest%20well."),
        ("https://example.org/a#part", "https://example.org/a#part:~:text=Rest%20well."),
        ("http://example.org/", "http://example.org/#:~:text=Rest%20well."),
    ],
)
def test_a_document_of_the_site_opens_at_its_own_page(url: str, opened: str) -> None:
    document = make("Rest well.", url=url)
    assert document_url(document, 0, 10) == opened
    page, there = urlsplit(url), urlsplit(opened)
    assert (page.scheme, page.netloc, page.path, page.query) == there[:4]
