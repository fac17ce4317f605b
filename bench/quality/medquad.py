"""MedQuAD's musculoskeletal pages as a site: the right section, and silence about the rest.

Source: Ben Abacha and Demner-Fushman (2019), "A question-entailment approach to question
answering". The questions are templates that carry the page's title, so that the page is easily
found; the section among its siblings is not.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import ir_measures
import yaml
from ir_measures import RR, nDCG
from jsonl import read_jsonl, read_qrels
from measures import auroc
from passages import Passage
from systems import RankBm25, stems
from tables import Cell, Table
from vectors import CACHE

from backbot.answering.abstain import THRESHOLD
from backbot.chatbot import Chatbot
from backbot.evaluation.calibration import calibrate
from backbot.evaluation.score import figure
from backbot.evaluation.sets import Case
from backbot.index.contents import P_DOCUMENT, P_SECTION, Index
from backbot.index.store import open_index
from backbot.model import Kind
from backbot.rebuild import rebuild_index
from backbot.retrieval.hybrid import search
from backbot.retrieval.question import prepare

NDCG, MRR = nDCG @ 10, RR @ 10
DEPTH = 50
# Where a section is: a document's ID, and its place among the document's headings from 1.
Place = tuple[str, int]


class Section(NamedTuple):
    """One answer of a page."""

    name: str
    place: Place
    title: str
    text: str


class Query(NamedTuple):
    """A question of the pages themselves, and the sections that answer it."""

    name: str
    text: str
    right: frozenset[Place]


def measure(folder: Path) -> list[Table]:
    """Return the tables of retrieval, of answers and of confidence."""
    site = CACHE / "medquad"
    write_corpus(folder, site / "corpus")
    rebuild_index(site / "corpus", site / "index")
    index = open_index(site / "index")
    queries = read_queries(folder)
    away = [each["text"] for each in read_jsonl(folder / "queries_out_of_scope.jsonl")]
    return [_sections(folder, index, queries), _answers(index, queries, away)]


def write_corpus(folder: Path, corpus: Path) -> None:
    """Write each article of `folder` as a corpus file."""
    shutil.rmtree(corpus, ignore_errors=True)
    (corpus / "articles").mkdir(parents=True)
    for article in read_jsonl(folder / "articles.jsonl"):
        front = yaml.safe_dump({"title": article["title"]}, allow_unicode=True)
        path = corpus / "articles" / f"{document_id(article['_id'])}.md"
        path.write_text(f"---\n{front}---\n\n{article['text']}\n", encoding="utf-8")


def document_id(name: str) -> str:
    """Return the ID of the document made of the article `name`, such as "1-0000006_2"."""
    return "m" + name.replace("_", "-").casefold()


def read_sections(folder: Path) -> list[Section]:
    """Return the sections; the place of each is its order among those of its article."""
    order: dict[str, int] = {}
    sections = []
    for each in read_jsonl(folder / "corpus.jsonl"):
        number = order[each["article"]] = order.get(each["article"], 0) + 1
        place = (document_id(each["article"]), number)
        sections.append(Section(each["_id"], place, each["title"], each["text"]))
    return sections


def read_queries(folder: Path) -> list[Query]:
    """Return the answerable questions."""
    at = {each.name: each.place for each in read_sections(folder)}
    judged = read_qrels(folder / "qrels.tsv")
    return [
        Query(each["_id"], each["text"], frozenset(at[name] for name in judged[each["_id"]]))
        for each in read_jsonl(folder / "queries.jsonl")
    ]


def _sections(folder: Path, index: Index, queries: Sequence[Query]) -> Table:
    sections = read_sections(folder)
    plain = RankBm25("", [Passage(s.name, s.title, s.text) for s in sections], stems)
    # Should two sections have the same text, the first stands for both.
    by_text = {each.text: each.place for each in reversed(sections)}

    def lexical(query: Query) -> list[Place]:
        asked = plain.ask(Case(id=query.name, expect="answer", question=query.text))
        return [by_text[text] for text in asked.texts]

    def own(query: Query) -> list[Place]:
        hits = search(index, prepare(index, query.text), DEPTH)
        return list(dict.fromkeys(place_of(index, hit.passage) for hit in hits))

    rows = []
    judged = {query.name: {_name(each): 1 for each in query.right} for query in queries}
    ways = (("rank-bm25 stems, whole sections", lexical), ("Backbot’s search", own))
    for name, rank in ways:
        found = {query.name: rank(query) for query in queries}
        run = {
            name: {_name(each): -float(n) for n, each in enumerate(ranked)}
            for name, ranked in found.items()
        }
        scores = ir_measures.calc_aggregate([NDCG, MRR], judged, run)
        best = [bool(set(found[query.name][:1]) & query.right) for query in queries]
        rows.append((name, figure("", best), float(scores[NDCG]), float(scores[MRR])))
    return Table(
        title=f"MedQuAD, the right one of {len(sections)} sections for {len(queries)} questions",
        columns=("system", "first", "nDCG@10", "MRR@10"),
        rows=tuple(rows),
        note="Published for whole sections: BM25 nDCG@10 0.612, MRR@10 0.534.",
    )


def _answers(index: Index, queries: Sequence[Query], away: Sequence[str]) -> Table:
    chatbot = Chatbot(index)
    confidences: list[float] = []
    right: list[bool] = []
    answered: list[bool] = []
    first: list[bool] = []
    held: list[bool] = []
    for query in queries:
        reply = chatbot.reply(query.text)
        confidences.append(reply.confidence)
        answered.append(reply.kind is Kind.ANSWER)
        places = [
            section_of(index, reply.citations[each.citation - 1].document, each.start)
            for section in reply.sections
            for each in section.excerpts
        ]
        right.append(any(each in query.right for each in places))
        if answered[-1]:
            first.append(places[0] in query.right)
            held.append(right[-1])
    replies = [chatbot.reply(text) for text in away]
    wrongly = [reply.kind is Kind.ANSWER for reply in replies]
    unwanted = [reply.confidence for reply in replies]
    rows: list[tuple[Cell, ...]] = [
        ("answerable questions answered", figure("", answered)),
        ("answers that open in the right section", figure("", first) if first else None),
        ("answers that quote the right section", figure("", held) if held else None),
        (f"off-topic questions answered (confidence from {THRESHOLD:g})", figure("", wrongly)),
        ("AUROC of the confidence, answerable or not", auroc(confidences, unwanted)),
    ]
    for label, outcomes in (
        ("answerable", [True] * len(queries) + [False] * len(away)),
        ("right section quoted", right + [False] * len(away)),
    ):
        if found := calibrate([*confidences, *unwanted], outcomes):
            rows.append((f"expected calibration error, {label} or not", found.expected_error))
            rows.append((f"Brier score, {label} or not", found.brier))
    return Table(
        title=f"MedQuAD as a site: {len(queries)} answerable questions, {len(away)} others",
        columns=("figure", "value"),
        rows=tuple(rows),
    )


def place_of(index: Index, passage: int) -> Place:
    """Return where the passage in row `passage` stands."""
    document = int(index.passages[passage, P_DOCUMENT])
    section = int(index.passages[passage, P_SECTION])
    headings = [n for n, b in enumerate(index.documents[document].blocks) if b.kind == "heading"]
    return index.documents[document].id, sum(number <= section for number in headings)


def section_of(index: Index, document: str, start: int) -> Place:
    """Return where the character at `start` of a document stands."""
    blocks = index.by_id[document].blocks
    return document, sum(b.kind == "heading" and b.start <= start for b in blocks)


def _name(at: Place) -> str:
    return f"{at[0]}#{at[1]}"
