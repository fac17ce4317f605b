"""The reply object: its names, and that one which breaks a promise cannot be made."""

import json
from typing import Any

import msgspec
import pytest

from backbot.model import (
    MAX_CITATIONS,
    MAX_EXCERPT_WORDS,
    Citation,
    Excerpt,
    Kind,
    Level,
    Link,
    Notice,
    Reply,
    Section,
    SectionRole,
)


def excerpt(text: str = "Rest well.", citation: int = 1) -> Excerpt:
    return Excerpt(text=text, citation=citation, start=7, end=7 + len(text))


def section(role: str, *excerpts: Excerpt) -> Section:
    return Section(role=SectionRole(role), heading="", excerpts=excerpts or (excerpt(),))


def citation(number: int = 1) -> Citation:
    return Citation(
        number=number,
        document=f"document-{number}",
        kind="article",
        from_="editor",
        title="Knots",
        url="/read/knots",
        date="2014-03-01",
        reviewed=None,
        truncated=False,
        sha256="0" * 64,
    )


def notice(level: Level) -> Notice:
    link = Link(label="Call 112", href="tel:112")
    return Notice(level=level, category="cauda_equina", title="Call", text="Now.", links=(link,))


def reply(**values: Any) -> Reply:
    """An answer, unless `values` say otherwise."""
    answer: dict[str, Any] = {
        "id": "x",
        "kind": Kind.ANSWER,
        "message": "knots?",
        "understood_as": "knots?",
        "sections": (section("lead"),),
        "citations": (citation(),),
        "confidence": 0.9,
        "index": "0" * 16,
        "elapsed_ms": 1.5,
    }
    return Reply(**answer | values)


EMPTY: dict[str, Any] = {"sections": (), "citations": ()}


# Names that readers, the owner and embedders rely on


def test_a_reply_has_the_names_that_were_promised() -> None:
    written = json.loads(msgspec.json.encode(reply(notice=notice(Level.SOON))))
    assert set(written) >= {
        *("id", "kind", "message", "understood_as", "notice", "sections", "citations"),
        *("confidence", "suggestions", "index", "elapsed_ms"),
    }
    assert written["kind"] == "answer"
    assert written["notice"] == {
        "level": "soon",
        "category": "cauda_equina",
        "title": "Call",
        "text": "Now.",
        "links": [{"label": "Call 112", "href": "tel:112"}],
    }
    assert written["sections"] == [
        {
            "role": "lead",
            "heading": "",
            "excerpts": [{"text": "Rest well.", "citation": 1, "start": 7, "end": 17}],
        }
    ]
    assert written["citations"] == [
        {
            "number": 1,
            "document": "document-1",
            "kind": "article",
            "from": "editor",
            "title": "Knots",
            "url": "/read/knots",
            "date": "2014-03-01",
            "reviewed": None,
            "truncated": False,
            "sha256": "0" * 64,
        }
    ]


def test_the_kinds_roles_and_levels_are_those_that_were_promised() -> None:
    assert list(Kind) == ["answer", "no_answer", "notice_only", "smalltalk", "declined"]
    assert list(SectionRole) == ["lead", "cause", "remedy", "caution", "experience"]
    assert list(Level) == ["crisis", "emergency", "urgent", "soon", "info"]


def test_what_is_not_there_is_null_and_not_left_out() -> None:
    written = json.loads(msgspec.json.encode(reply()))
    assert written["notice"] is None
    assert written["text"] is None


def test_a_reply_comes_back_from_json_as_it_was() -> None:
    said = reply(notice=notice(Level.URGENT), suggestions=("Why?",), text=None)
    assert msgspec.json.decode(msgspec.json.encode(said), type=Reply) == said


# Promises


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("", 3, 3), ("Rest", -1, 3), ("Rest", 0, 5), ("Rest", 4, 0), ("🙂", 0, 2)],
)
def test_an_excerpt_spans_exactly_its_text(text: str, start: int, end: int) -> None:
    with pytest.raises(ValueError, match="span exactly its text"):
        Excerpt(text=text, citation=1, start=start, end=end)


def test_a_section_holds_something() -> None:
    with pytest.raises(ValueError, match="must hold an excerpt"):
        Section(role=SectionRole.LEAD, heading="", excerpts=())


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ANSWER])
def test_only_an_answer_has_excerpts(kind: Kind) -> None:
    with pytest.raises(ValueError, match="no other reply has any"):
        reply(kind=kind)


def test_an_answer_has_an_excerpt() -> None:
    with pytest.raises(ValueError, match="an answer has excerpts"):
        reply(**EMPTY)


@pytest.mark.parametrize(
    "roles", [("cause", "lead"), ("remedy", "cause"), ("experience", "caution"), ("lead", "lead")]
)
def test_sections_stand_in_order_and_each_at_most_once(roles: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="in order, each at most once"):
        reply(sections=tuple(map(section, roles)))


def test_all_sections_fit_in_their_order() -> None:
    assert len(reply(sections=tuple(map(section, SectionRole))).sections) == len(SectionRole)


@pytest.mark.parametrize(
    ("cited", "numbers"),
    [([1], []), ([2], [1]), ([1], [1, 2]), ([2], [2]), ([1, 2], [2, 1]), ([1], [1, 1])],
)
def test_every_excerpt_has_its_citation_and_every_citation_its_excerpt(
    cited: list[int], numbers: list[int]
) -> None:
    excerpts = [excerpt(citation=number) for number in cited]
    with pytest.raises(ValueError, match="every excerpt has its citation"):
        reply(sections=(section("lead", *excerpts),), citations=tuple(map(citation, numbers)))


def cited_documents(count: int) -> Reply:
    numbers = range(1, count + 1)
    excerpts = [excerpt(citation=number) for number in numbers]
    return reply(sections=(section("lead", *excerpts),), citations=tuple(map(citation, numbers)))


def test_an_answer_cites_at_most_four_documents() -> None:
    assert len(cited_documents(MAX_CITATIONS).citations) == 4
    with pytest.raises(ValueError, match="at most four citations"):
        cited_documents(MAX_CITATIONS + 1)


def answer_of_words(count: int) -> Reply:
    half, rest = excerpt("rest " * (count // 2)), excerpt("walk\n\n" * (count - count // 2))
    return reply(sections=(section("lead", half), section("remedy", rest)))


def test_an_answer_has_at_most_180_words() -> None:
    assert answer_of_words(MAX_EXCERPT_WORDS).excerpt_words == 180
    with pytest.raises(ValueError, match="180 words"):
        answer_of_words(MAX_EXCERPT_WORDS + 1)


@pytest.mark.parametrize("confidence", [-0.01, 1.01, float("nan"), float("inf")])
def test_confidence_is_a_probability(confidence: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        reply(confidence=confidence)


@pytest.mark.parametrize("level", [Level.CRISIS, Level.EMERGENCY])
def test_nothing_stands_beside_an_emergency(level: Level) -> None:
    assert reply(kind=Kind.NOTICE_ONLY, notice=notice(level), **EMPTY).notice
    with pytest.raises(ValueError, match="by its notice alone"):
        reply(notice=notice(level))
    with pytest.raises(ValueError, match="by its notice alone"):
        reply(kind=Kind.NO_ANSWER, notice=notice(level), **EMPTY)


@pytest.mark.parametrize("level", [Level.URGENT, Level.SOON, Level.INFO])
def test_a_lesser_notice_stands_beside_a_reply(level: Level) -> None:
    assert reply(notice=notice(level)).sections
    with pytest.raises(ValueError, match="by its notice alone"):
        reply(kind=Kind.NOTICE_ONLY, notice=notice(level), **EMPTY)


def test_a_notice_alone_needs_a_notice() -> None:
    with pytest.raises(ValueError, match="by its notice alone"):
        reply(kind=Kind.NOTICE_ONLY, **EMPTY)


def test_promises_hold_for_replies_read_from_json_too() -> None:
    written = json.loads(msgspec.json.encode(reply()))
    written["sections"][0]["excerpts"][0]["end"] += 1
    with pytest.raises(msgspec.ValidationError, match="span exactly its text"):
        msgspec.json.decode(json.dumps(written), type=Reply)


def test_a_reply_cannot_be_changed() -> None:
    said = reply()
    with pytest.raises(AttributeError):
        said.confidence = 1.0  # type: ignore[misc]
