"""Pins: the owner's own answer to a question, for that question alone and never before a notice."""

from pathlib import Path

import numpy as np
import pytest

from backbot.chatbot import Chatbot
from backbot.corpus.document import Block, Document
from backbot.errors import CorpusError
from backbot.index.contents import SENTENCE_COLUMNS
from backbot.index.layout import current_version
from backbot.index.pinning import bind, bind_all
from backbot.index.pins import Pin, read_pins
from backbot.index.store import open_index
from backbot.model import Kind, Level, Reply, Turn
from backbot.rebuild import Rebuilt
from support import TINY, Toy, document, write_corpus

TABLE = np.zeros((0, SENTENCE_COLUMNS), dtype=np.int32)
HEAT = "Heat helps a knot to relax."


def pin(question: str, name: str, words: str | None = None) -> str:
    lines = [f'question = "{question}"', f'document = "{name}"']
    lines += [f'words = "{words}"'] if words else []
    return "\n".join(["[[pin]]", *lines, ""])


def rebuild(toy: Toy, corpus: Path, root: Path, pins: str) -> Rebuilt:
    (corpus / "pins.toml").write_text(pins, "utf-8")
    return toy.build(corpus, root)


def chatbot(toy: Toy, corpus: Path, root: Path, pins: str) -> Chatbot:
    rebuilt = rebuild(toy, corpus, root, pins)
    assert rebuilt.published, rebuilt.report.failures
    return Chatbot(open_index(root))


def quoted(reply: Reply) -> list[str]:
    return [each.text for section in reply.sections for each in section.excerpts]


def test_the_pinned_words_are_the_answer(toy: Toy, tiny_corpus: Path, tmp_path: Path) -> None:
    asked = "Is my couch to blame?"
    bot = chatbot(toy, tiny_corpus, tmp_path / "index", pin(asked, "knots", HEAT))
    reply = bot.reply(asked)
    assert (reply.kind, quoted(reply), reply.confidence) == (Kind.ANSWER, [HEAT], 1.0)
    (citation,) = reply.citations
    (excerpt,) = reply.sections[0].excerpts
    document = bot.index.find_document(citation.document)
    assert document is not None
    text = document.text
    assert text[excerpt.start : excerpt.end] == HEAT


def test_without_words_the_document_answers_as_it_can(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    asked = "Is my couch to blame?"
    bot = chatbot(toy, tiny_corpus, tmp_path / "index", pin(asked, "flat-feet"))
    reply = bot.reply(asked)
    assert reply.kind is Kind.ANSWER
    assert {each.document for each in reply.citations} == {"flat-feet"}


@pytest.mark.parametrize(
    "same",
    [
        "is my couch to blame",
        "Please, is the COUCH to blame?!",
        "are our couches to blame?",
        "is my  couch to blamme?",
    ],
)
def test_another_spelling_is_the_same_question(
    toy: Toy, tiny_corpus: Path, tmp_path: Path, same: str
) -> None:
    # Of the corpus, so that typing errors can be mended towards it.
    write_corpus(tiny_corpus, {"articles/couch.md": document("A Couch", "Nobody is to blame.")})
    pins = pin("Is my couch to blame?", "knots", HEAT)
    bot = chatbot(toy, tiny_corpus, tmp_path / "index", pins)
    assert quoted(bot.reply(same)) == [HEAT]


@pytest.mark.parametrize(
    "other",
    [
        "is my couch not to blame?",
        "why is my couch to blame?",
        "is my couch to blame before breakfast?",
        "is my chair to blame?",
        "blame my couch is to?",
        "should my couch be to blame?",
    ],
)
def test_another_question_is_not(toy: Toy, tiny_corpus: Path, tmp_path: Path, other: str) -> None:
    bot = chatbot(toy, tiny_corpus, tmp_path / "index", pin("Is my couch to blame?", "knots", HEAT))
    assert bot.explain(other)[1].pinned is None


def test_a_synonym_of_the_corpus_is_the_same_word(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    write_corpus(tiny_corpus, {"articles/couch.md": document("A Couch", "A couch is soft.")})
    (tiny_corpus / "synonyms.toml").write_text('groups = [["couch", "davenport"]]\n', "utf-8")
    bot = chatbot(toy, tiny_corpus, tmp_path / "index", pin("Is my couch to blame?", "knots", HEAT))
    assert quoted(bot.reply("is my davenport to blame?")) == [HEAT]


def test_a_pin_holds_in_the_middle_of_a_conversation(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    asked = "Is my couch to blame for knots?"
    bot = chatbot(toy, tiny_corpus, tmp_path / "index", pin(asked, "knots", HEAT))
    history = (Turn(message="Do flat feet hurt?", cited=("flat-feet",)),)
    assert quoted(bot.reply(asked, history)) == [HEAT]


EMERGENCY = "My legs are numb and I lost control of my bladder"


def test_no_pin_goes_before_a_notice(toy: Toy, tiny_corpus: Path, tmp_path: Path) -> None:
    root = tmp_path / "index"
    toy.build(tiny_corpus, root)
    before = current_version(root)
    rebuilt = rebuild(toy, tiny_corpus, root, pin(EMERGENCY, "knots", HEAT))
    assert not rebuilt.published
    (failure,) = rebuilt.report.failures
    assert failure.got == "a safety notice alone, which goes before any pin"
    assert current_version(root) == before
    # Even in an index that was let through, the notice stands alone.
    reply = Chatbot(open_index(root, rebuilt.version)).reply(EMERGENCY)
    assert reply.kind is Kind.NOTICE_ONLY
    assert reply.notice is not None
    assert reply.notice.level is Level.EMERGENCY
    assert quoted(reply) == []


def test_beside_an_urgent_notice_no_exercise_is_pinned(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    asked = "I have a fever and back pain, what stretch helps?"
    words = "Roll a ball along the muscle."
    rebuild(toy, tiny_corpus, tmp_path / "index", "")
    held = rebuild(toy, tiny_corpus, tmp_path / "index", pin(asked, "knots", words))
    assert not held.published
    reply, trace = Chatbot(open_index(tmp_path / "index", held.version)).explain(asked)
    assert reply.notice is not None
    assert reply.notice.level is Level.URGENT
    assert trace.pinned is None
    assert words not in quoted(reply)


@pytest.mark.parametrize(
    ("pins", "got"),
    [
        (pin("a couch?", "no-such"), "there is no document no-such"),
        (pin("a couch?", "knots", "Ice helps."), "the pinned words do not stand word for word"),
        (
            pin("a couch?", "pills", "Take two aspirin tablets every four hours."),
            "the pinned words advise on a medicine",
        ),
        (pin("a couch?", "knots") + pin("the couch", "flat-feet"), "the answer of another pin"),
        (pin("hello", "knots"), "another reply"),
    ],
)
def test_a_pin_that_cannot_hold_keeps_the_new_index_back(
    toy: Toy, tiny_corpus: Path, tmp_path: Path, pins: str, got: str
) -> None:
    pills = document("Pills", "Take two aspirin tablets every four hours. Pills are small.")
    write_corpus(tiny_corpus, {"articles/pills.md": pills})
    root = tmp_path / "index"
    toy.build(tiny_corpus, root)
    before = current_version(root)
    rebuilt = rebuild(toy, tiny_corpus, root, pins)
    assert [each.got.startswith(got) for each in rebuilt.report.failures] == [True]
    assert current_version(root) == before


def test_words_may_break_their_lines_otherwise(toy: Toy, tiny_corpus: Path, tmp_path: Path) -> None:
    words = "See a doctor when a foot is numb."
    assert words.replace(" is", "\nis") in TINY["articles/flat-feet.md"]
    bot = chatbot(toy, tiny_corpus, tmp_path / "index", pin("a couch?", "flat-feet", words))
    (text,) = quoted(bot.reply("a couch?"))
    assert " ".join(text.split()) == words


def test_too_many_words_are_refused() -> None:
    long = "word " * 200
    held = write_document(long)
    assert bind(Pin(question="a", document="a", words=long), {"a": 0}, held, TABLE) == (
        "the pinned words are more than 180"
    )
    assert bind_all([Pin(question="a", document="a", words=long)], held, TABLE) == ()


def write_document(text: str) -> tuple[Document]:
    block = Block("paragraph", 0, 0, len(text.strip()))
    return (Document(id="a", kind="article", title="A", text=text.strip(), blocks=(block,)),)


@pytest.mark.parametrize(
    "text",
    [
        "[[pin]\n",
        '[[pin]]\nquestion = "a"\n',
        '[[pin]]\nquestion = " "\ndocument = "a"\n',
        '[[pin]]\nquestion = "a"\ndocument = "a"\nwords = " "\n',
        '[[pin]]\nquestion = "a"\ndocument = "a"\nword = "b"\n',
        "pins = 1\n",
        "\xff",
    ],
)
def test_pins_that_cannot_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "pins.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(CorpusError, match=r"pins\.toml does not fit"):
        read_pins(tmp_path)


def test_no_pins(tmp_path: Path) -> None:
    assert read_pins(tmp_path) == ()
