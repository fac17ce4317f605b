"""Verification: each excerpt is proved, or refuted with the reason, at the very place it names."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from backbot.answering.verify import Verification, verify
from backbot.chatbot import Chatbot
from backbot.cli import main
from backbot.corpus.document import Block, Document
from backbot.corpus.files import read_corpus
from backbot.errors import UsageError
from support import document, write_corpus

TEXT = "Knots form slowly. Heat helps. Knots ease with heat 🙂. Heat helps."
OTHER = "Walk with your thumbs forward."
CHANGED = "the document has changed since the reply was made"


def make(name: str, text: str) -> Document:
    blocks = (Block("paragraph", 0, 0, len(text)),)
    return Document(id=name, kind="article", title=name.title(), text=text, blocks=blocks)


DOCUMENTS = {each.id: each for each in (make("knots", TEXT), make("walking", OTHER))}

Fields = dict[str, Any]


def excerpt(
    text: str = "Heat helps.", start: int = 19, citation: int = 1, **changes: Any
) -> Fields:
    return {
        "text": text, "citation": citation, "start": start, "end": start + len(text)
    } | changes  # fmt: skip


def citation(number: int = 1, name: str = "knots", **changes: Any) -> Fields:
    sha256 = DOCUMENTS[name].sha256 if name in DOCUMENTS else "0" * 64
    return {
        "number": number,
        "document": name,
        "kind": "article",
        "from": None,
        "title": name,
        "url": f"/read/{name}",
        "date": None,
        "reviewed": None,
        "truncated": False,
        "sha256": sha256,
    } | changes


def section(*excerpts: Fields, role: str = "lead") -> Fields:
    return {"role": role, "heading": "", "excerpts": list(excerpts)}


def reply(*sections: Fields, citations: list[Fields] | None = None, **changes: Any) -> Fields:
    """Return a reply as JSON has it; by default one that is proved."""
    return {
        "id": "x",
        "kind": "answer",
        "message": "knots",
        "understood_as": "knots",
        "notice": None,
        "sections": list(sections) or [section(excerpt())],
        "citations": [citation()] if citations is None else citations,
        "confidence": 0.9,
        "suggestions": [],
        "index": "0" * 16,
        "elapsed_ms": 1.0,
    } | changes


def check(fields: Any, documents: dict[str, Document] = DOCUMENTS) -> Verification:
    return verify(json.dumps(fields).encode(), documents)


def reason(one: Fields, cited: Fields | None = None) -> str | None:
    """Return why one excerpt beside one citation is refuted."""
    (verdict,) = check(reply(section(one), citations=[cited or citation()])).verdicts
    return verdict.reason


# One excerpt


def test_an_excerpt_that_stands_where_it_says_is_proved() -> None:
    verification = check(reply())
    assert [(each.document, each.reason) for each in verification.verdicts] == [("knots", None)]
    assert (verification.fault, verification.refuted, verification.proved) == (None, 0, True)


def test_offsets_count_code_points() -> None:
    start = TEXT.rindex("Heat")
    assert reason(excerpt(start=start)) is None
    in_utf_16 = len(TEXT[:start].encode("utf-16-le")) // 2
    assert in_utf_16 != start
    assert reason(excerpt(start=in_utf_16)) is not None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (
            excerpt(start=18),
            "its text stands word for word elsewhere in the document, from 19 to 30",
        ),
        (
            excerpt(start=0),
            "its text stands word for word elsewhere in the document, from 19 to 30",
        ),
        (excerpt("Heat cures."), "its text does not stand in the document"),
        # Neither case nor typography nor white space is forgiven.
        (excerpt("heat helps."), "its text does not stand in the document"),
        (excerpt("Heat  helps."), "its text does not stand in the document"),
        (excerpt("Heat helps. ", start=19, end=30), "elsewhere in the document, from 19 to 31"),
        (
            excerpt(OTHER, start=0),
            "its text does not stand in the document; these words stand in walking",
        ),
        (excerpt("", start=3), "it quotes nothing"),
        (excerpt(start=-11, end=len(TEXT)), "elsewhere in the document"),
        (excerpt(start=19, end=29), "elsewhere in the document"),
        # A slice would stop at the document's end, and so hold these very words.
        (excerpt(start=55, end=len(TEXT) + 9), "elsewhere in the document, from 19 to 30"),
        (excerpt(start=10**30), "elsewhere in the document"),
    ],
)
def test_an_excerpt_that_does_not_is_refuted(wrong: Fields, why: str) -> None:
    assert why in str(reason(wrong))


def test_an_excerpt_of_an_unknown_document_is_refuted() -> None:
    why = reason(excerpt(OTHER, start=0), citation(name="gone"))
    assert why == "the corpus has no such document; these words stand in walking"
    assert reason(excerpt("Words.", start=0), citation(name="gone")) == (
        "the corpus has no such document"
    )


def test_a_document_that_has_changed_refutes_even_where_the_words_still_stand() -> None:
    old = citation(sha256="1" * 64)
    assert reason(excerpt(), old) == f"{CHANGED}, though these words still stand"
    assert reason(excerpt(start=0), old) == (
        f"{CHANGED}, and its text stands word for word elsewhere in the document, from 19 to 30"
    )
    assert reason(excerpt("No."), old) == f"{CHANGED}, and its text does not stand in the document"


def test_an_excerpt_without_its_citation_is_refuted() -> None:
    assert reason(excerpt(citation=2)) == "no citation of the reply has its number 2"


def test_an_excerpt_whose_number_two_citations_have_is_refuted() -> None:
    fields = reply(citations=[citation(), citation(name="walking")])
    assert [each.reason for each in check(fields).verdicts] == [
        "more than one citation has its number 1"
    ]


def test_each_excerpt_is_judged_by_itself_and_in_order() -> None:
    fields = reply(
        section(excerpt(), excerpt("Nowhere.")),
        section(excerpt(OTHER, start=0, citation=2), role="remedy"),
        citations=[citation(), citation(2, "walking")],
    )
    verdicts = check(fields).verdicts
    assert [verdict.reason is None for verdict in verdicts] == [True, False, True]
    assert [verdict.document for verdict in verdicts] == ["knots", "knots", "walking"]


@given(data=st.data(), text=st.text(min_size=1, max_size=20))
def test_only_the_words_at_the_place_are_proved(data: st.DataObject, text: str) -> None:
    documents = {"a": make("a", text)}
    start, end = data.draw(st.tuples(st.integers(-25, 25), st.integers(-25, 25)))
    quoted = data.draw(st.just(text[start:end]) | st.text(max_size=4))
    fields = reply(
        section(excerpt(quoted, start=start, end=end)),
        citations=[citation(name="a", sha256=documents["a"].sha256)],
    )
    (verdict,) = check(fields, documents).verdicts
    inside = 0 <= start < end <= len(text)
    assert (verdict.reason is None) == (inside and text[start:end] == quoted)


# The reply as a whole


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (
            reply(section(excerpt(), role="remedy"), section(excerpt(start=54), role="cause")),
            "sections stand in order, each at most once",
        ),
        (
            reply(section(excerpt()), section(excerpt(start=54))),
            "sections stand in order, each at most once",
        ),
        (reply(section()), "a section must hold an excerpt"),
        (
            reply(section(excerpt(citation=2))),
            "every excerpt has its citation and every citation its excerpt",
        ),
        (
            reply(citations=[citation(), citation(2, "walking")]),
            "every excerpt has its citation and every citation its excerpt",
        ),
        (reply(kind="no_answer"), "an answer has excerpts, and no other reply has any"),
        (
            reply(
                notice={"level": "crisis", "category": "c", "title": "t", "text": "t", "links": []}
            ),
            "an emergency or crisis is answered by its notice alone",
        ),
        (reply(confidence=1.5), "confidence is a probability"),
        (reply(section(excerpt(end=29))), "an excerpt's offsets must span exactly its text"),
    ],
)
def test_a_reply_that_breaks_a_promise_has_a_fault(fields: Fields, fault: str) -> None:
    assert check(fields).fault == fault
    assert not check(fields).proved


def test_fields_beside_the_promised_ones_do_no_harm() -> None:
    assert check(reply(trace={"hits": []}, fault=3)).proved


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"not json", b"[" * 200_000])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError, match="This is not JSON"):
        verify(content, DOCUMENTS)


def without(name: str) -> Fields:
    return {key: value for key, value in reply().items() if key != name}


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        "reply",
        {},
        {"error": {"code": "x", "message": "y"}},
        without("sections"),
        without("citations"),
        without("id"),
        reply(section(excerpt() | {"start": "19"})),
        reply(section(excerpt(), role="advice")),
        reply(citations=[{"number": 1}]),
    ],
)
def test_json_that_is_no_reply_is_refused(fields: Any) -> None:
    with pytest.raises(UsageError, match="This is JSON, but not a reply"):
        check(fields)


# The command


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    files = {"articles/knots.md": document("Knots", TEXT)}
    return write_corpus(tmp_path / "corpus", files)


@pytest.fixture
def run(corpus: Path, tmp_path: Path) -> Callable[..., Result]:
    """Run the command on a reply."""

    def run_on(fields: Any) -> Result:
        path = tmp_path / "reply.json"
        path.write_text(json.dumps(fields), encoding="utf-8")
        return CliRunner().invoke(main, ["verify", str(path), "--corpus", str(corpus)])

    return run_on


def test_all_proved_exits_with_0(run: Callable[..., Result]) -> None:
    result = run(reply(section(excerpt(), excerpt(start=55))))
    assert result.exit_code == 0
    assert result.stdout.count("Proved: “Heat helps.”\n  [1] knots, ") == 2
    assert result.stdout.endswith("All 2 excerpts stand word for word in the corpus.\n")


def test_one_refuted_exits_with_1_and_says_why(run: Callable[..., Result]) -> None:
    result = run(reply(section(excerpt(), excerpt("Heat cures."))))
    assert result.exit_code == 1
    assert "Proved: “Heat helps.”" in result.stdout
    assert "Refuted: “Heat cures.”" in result.stdout
    assert "  Why: its text does not stand in the document.\n" in result.stdout
    assert result.stdout.endswith("1 of 2 excerpts is refuted.\n")


def test_sections_out_of_order_exit_with_1_though_every_excerpt_is_proved(
    run: Callable[..., Result],
) -> None:
    result = run(reply(section(excerpt(), role="remedy"), section(excerpt(start=55), role="cause")))
    assert result.exit_code == 1
    assert "Why: sections stand in order, each at most once.\n" in result.stdout
    assert "All" not in result.stdout


def test_a_reply_that_quotes_nothing_exits_with_0(run: Callable[..., Result]) -> None:
    result = run(reply(kind="no_answer", sections=[], citations=[]))
    assert result.exit_code == 0
    assert result.stdout == "The reply quotes nothing, so there is nothing to prove.\n"


def test_the_reply_may_come_from_the_standard_input(corpus: Path) -> None:
    arguments = ["verify", "-", "--corpus", str(corpus)]
    assert CliRunner().invoke(main, arguments, input=json.dumps(reply())).exit_code == 0
    result = CliRunner().invoke(main, arguments, input="nonsense")
    assert result.exit_code == 2
    assert "Error: This is not JSON; give what" in result.stderr


def test_a_file_that_cannot_be_used_exits_with_2(
    run: Callable[..., Result], corpus: Path, tmp_path: Path
) -> None:
    result = run({"kind": "answer"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "This is JSON, but not a reply (Object missing required field `sections`)" in result.stderr
    )
    for path, why in ((tmp_path / "none.json", "no such file"), (tmp_path, "is a directory")):
        result = CliRunner().invoke(main, ["verify", str(path), "--corpus", str(corpus)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"{path} cannot be read: {why}" in result.stderr


def test_without_a_corpus_nothing_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "reply.json"
    path.write_text(json.dumps(reply()))
    result = CliRunner().invoke(main, ["verify", str(path), "--corpus", str(tmp_path / "none")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no folder" in result.stderr


def test_what_a_forged_reply_says_cannot_steer_the_terminal(run: Callable[..., Result]) -> None:
    hostile = "\x1b[2J[red]x\x9b\u202e"
    fields = reply(section(excerpt(hostile)), citations=[citation(name=hostile)])
    result = run(fields)
    assert result.exit_code == 1
    assert not set("\x1b\x9b\u202e") & set(result.stdout)
    assert "[red]x" in result.stdout


# What the chatbot says


@pytest.mark.parametrize(
    "question",
    ["do flat feet cause neck pain?", "how do I get rid of knots?", "hello", "capital of France"],
)
def test_every_reply_about_the_starter_corpus_is_proved(
    question: str, chatbot: Chatbot, corpus_root: Path
) -> None:
    documents = {each.id: each for each in read_corpus(corpus_root)}
    made = chatbot.reply(question)
    verification = verify(msgspec.json.encode(made), documents)
    assert verification.proved
    assert len(verification.verdicts) == sum(len(part.excerpts) for part in made.sections)


def test_any_change_to_a_quoted_letter_is_refuted(chatbot: Chatbot, corpus_root: Path) -> None:
    documents = {each.id: each for each in read_corpus(corpus_root)}
    fields = msgspec.to_builtins(chatbot.reply("do flat feet cause neck pain?"))
    first = fields["sections"][0]["excerpts"][0]
    for place in range(0, len(first["text"]), 7):
        original = first["text"]
        first["text"] = f"{original[:place]}§{original[place + 1 :]}"
        verdict = check(fields, documents).verdicts[0]
        assert verdict.reason == "its text does not stand in the document"
        first["text"] = original
