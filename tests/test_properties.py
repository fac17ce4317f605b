"""What holds for every corpus and every message: an excerpt is the document's very words."""

import functools
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbot import chatbot as chatbot_module
from backbot import rebuild
from backbot.answering.abstain import THRESHOLD
from backbot.answering.cite import document_url
from backbot.chatbot import Chatbot
from backbot.corpus.document import Document
from backbot.index import store
from backbot.index.contents import Index
from backbot.index.encoder import Encoder
from backbot.index.store import open_index
from backbot.model import MAX_MESSAGE_LENGTH, Excerpt, Kind, Reply, SectionRole
from backbot.rebuild import rebuild_index
from backbot.text.clean import clean
from support import Files, Toy, document, link_models, small_bank, write_corpus

# Corpora

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
TITLES = ANY_TEXT.filter(lambda text: not text.isspace() and text != "")
SENTENCES = st.sampled_from(
    [
        "Knots form because a muscle holds still for hours.",
        "Flat feet can add to neck pain.",
        "Roll a ball along the muscle, e.g. for 5 min. Then rest.",
        "It helps most in the evening! 🙂",
        "See a doctor when an arm goes numb.",
        "Does it hurt?",
        "I had knots for years, and heat helped me.",
        "Here is how:",
        "Rest.",
        "Übe täglich — “ﬁt” bleiben; 漢字\u00a0x…",
        "*Breathe* [out](https://example.org) & `in`.",
        "Walk " + "on and on " * 40 + "until it eases.",
    ]
)
PROSE = st.lists(SENTENCES, min_size=1, max_size=4).map(" ".join)
BLOCKS = st.tuples(
    st.sampled_from(["", "", "", "## ", "### ", "- ", "  - ", "1. ", "> ", "```\n"]),
    PROSE | ANY_TEXT,
).map("".join)
BODIES = st.builds(
    lambda opening, blocks: "\n\n".join([opening, *blocks]), PROSE, st.lists(BLOCKS, max_size=4)
)
ARTICLES = st.builds(
    lambda title, body, asked, url: document(title, body, alternate_questions=asked, url=url),
    TITLES,
    BODIES,
    st.lists(ANY_TEXT, max_size=2),
    st.sampled_from([None, "https://example.org/a", "https://example.org/?b=1#c"]),
)
ANSWERED = st.builds(
    lambda title, body, question: document(title, body, question=question, from_="reader"),
    TITLES,
    BODIES,
    TITLES,
)
CORPORA = st.builds(
    lambda articles, answered: {
        **{f"articles/a{number}.md": content for number, content in enumerate(articles)},
        **{f"questions/q{number}.md": content for number, content in enumerate(answered)},
    },
    st.lists(ARTICLES, min_size=1, max_size=3),
    st.lists(ANSWERED, max_size=2),
)


def pieces(documents: tuple[Document, ...]) -> st.SearchStrategy[str]:
    """Messages out of what the documents hold: their titles, questions, and stretches of text."""
    whole = [each.title for each in documents] + [each.question or each.title for each in documents]
    texts = st.sampled_from([each.text for each in documents])
    cut = st.tuples(texts, st.integers(0, 300), st.integers(1, 120)).map(
        lambda parts: parts[0][parts[1] : parts[1] + parts[2]]
    )
    return st.sampled_from(whole) | cut


# What is asked of each reply


def check(reply: Reply, index: Index) -> None:
    by_number = {citation.number: citation for citation in reply.citations}
    excerpts = [excerpt for section in reply.sections for excerpt in section.excerpts]

    for excerpt in excerpts:
        source = index.by_id[by_number[excerpt.citation].document]
        assert excerpt.text == source.text[excerpt.start : excerpt.end]
        starts, ends = sentence_edges(index)[source.id]
        assert excerpt.start in starts
        assert excerpt.end in ends
    for document_id, quoted in by_document(reply, excerpts).items():
        assert document_id in index.by_id
        assert all(one.end <= other.start for one, other in pairwise(quoted))

    roles = [section.role for section in reply.sections]
    assert roles == [role for role in SectionRole if role in roles]
    assert len(reply.citations) <= 4
    assert sum(len(excerpt.text.split()) for excerpt in excerpts) <= 180
    numbers = list(dict.fromkeys(excerpt.citation for excerpt in excerpts))
    assert numbers == [citation.number for citation in reply.citations]
    for citation in reply.citations:
        source = index.by_id[citation.document]
        first = next(excerpt for excerpt in excerpts if excerpt.citation == citation.number)
        assert citation.sha256 == source.sha256
        assert (citation.title, citation.kind) == (source.title, source.kind)
        assert citation.url == document_url(source, first.start, first.end)

    assert (reply.kind is Kind.ANSWER) == bool(excerpts)
    assert (reply.kind in (Kind.ANSWER, Kind.NOTICE_ONLY)) == (reply.text is None)
    assert 0 <= reply.confidence <= 1
    assert reply.index == index.version
    asked = {question.text for question in index.questions}
    assert set(reply.suggestions) <= asked
    assert len(set(reply.suggestions)) == len(reply.suggestions)
    assert msgspec.json.decode(msgspec.json.encode(reply), type=Reply) == reply


@functools.lru_cache(maxsize=1)
def sentence_edges(index: Index) -> dict[str, tuple[set[int], set[int]]]:
    """Where the sentences of each document begin, and where they end."""
    edges: dict[str, tuple[set[int], set[int]]] = {
        each.id: (set(), set()) for each in index.documents
    }
    for row in range(len(index.sentences)):
        sentence = index.sentence(row)
        starts, ends = edges[index.documents[sentence.document].id]
        starts.add(sentence.start)
        ends.add(sentence.end)
    return edges


def by_document(reply: Reply, excerpts: list[Excerpt]) -> dict[str, list[Excerpt]]:
    documents = {citation.number: citation.document for citation in reply.citations}
    found: dict[str, list[Excerpt]] = {}
    for excerpt in sorted(excerpts, key=lambda each: each.start):
        found.setdefault(documents[excerpt.citation], []).append(excerpt)
    return found


def same(one: Reply, other: Reply) -> bool:
    return msgspec.structs.replace(one, id="", elapsed_ms=0.0) == msgspec.structs.replace(
        other, id="", elapsed_ms=0.0
    )


# The properties


@pytest.fixture
def opened_once(models_root: Path) -> Iterator[None]:
    """The real encoder, opened a single time: most of a small rebuild is opening it."""
    encoder = functools.cache(Encoder)
    (folder,) = models_root.iterdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "Encoder", lambda _: encoder(folder))
        patch.setattr(rebuild, "ensure_exported", lambda model, models, anew: encoder(folder))
        with small_bank():
            yield


@pytest.mark.usefixtures("opened_once")
def test_every_reply_of_every_corpus_keeps_its_promises(
    models_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    link_models(models_root, folder / "index")
    seen: Counter[str] = Counter()

    @settings(max_examples=40)
    @given(CORPORA, st.data())
    def hold(files: Files, data: st.DataObject) -> None:
        corpus = write_corpus(Path(tempfile.mkdtemp(dir=folder)), files)
        rebuild_index(corpus, folder / "index")
        index = open_index(folder / "index")
        bot = Chatbot(index)
        messages = data.draw(st.lists(pieces(index.documents), min_size=2, max_size=4))
        messages.append(data.draw(st.text(max_size=80)))
        # An answer whatever its probability, too: quoting must be right where it is not wise.
        for threshold in (THRESHOLD, 0.0):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(chatbot_module, "THRESHOLD", threshold)
                for message in filter(clean, messages):
                    reply = bot.reply(message)
                    check(reply, index)
                    assert same(bot.reply(message), reply)
                    seen[reply.kind] += 1
        seen["corpora"] += 1

    hold()
    assert seen[Kind.ANSWER] > seen["corpora"]
    assert seen[Kind.NO_ANSWER] > 0


@settings(max_examples=60)
@given(message=st.text(max_size=200).filter(clean))
def test_any_message_to_the_starter_corpus_gets_a_reply_that_keeps_its_promises(
    chatbot: Chatbot, index: Index, message: str
) -> None:
    check(chatbot.reply(message), index)


def test_every_question_that_a_document_says_it_answers_gets_such_a_reply(
    chatbot: Chatbot, index: Index
) -> None:
    kinds: Counter[str] = Counter()
    for question in index.questions:
        reply = chatbot.reply(question.text)
        check(reply, index)
        kinds[reply.kind] += 1
    assert kinds[Kind.ANSWER] > 0.9 * kinds.total()


@pytest.mark.parametrize("character", ["a", "a ", "🙂", "why ", "ok ", "?", "\u0301", "a'"])
def test_the_longest_message_is_answered_like_any_other(
    chatbot: Chatbot, index: Index, character: str
) -> None:
    message = (character * MAX_MESSAGE_LENGTH)[:MAX_MESSAGE_LENGTH]
    check(chatbot.reply(message), index)


def test_a_sentence_too_long_to_quote_is_not_quoted(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "Knots form because " + "of this and " * 70 + "that."
    corpus = write_corpus(tmp_path / "corpus", {"articles/a.md": document("Knots", long)})
    toy.build(corpus, tmp_path / "index")
    index = open_index(tmp_path / "index")
    monkeypatch.setattr(chatbot_module, "THRESHOLD", 0.0)
    check(Chatbot(index).reply("why do knots form?"), index)
