"""The measures of bench/quality, on inputs small enough to work out by hand."""

import json
from pathlib import Path
from typing import Any

import cast
import clinc150
import measures
import medquad
import numpy as np
import public
import pytest
import report
import scifact
import tables
import vectors
from likeness_graph import bank_graph
from passages import PASSAGE_WORDS, cut
from systems import Asked, joined

import peers
from backbot.corpus.files import read_corpus
from backbot.evaluation.sets import Case
from backbot.index.encoder import open_session
from backbot.index.store import open_index
from backbot.safety.likeness import PLACE, PULL, VECTOR
from support import Toy

SHARED = Path(__file__).parents[2] / "shared" / "data"


def answerable(name: str, *evidence: str) -> Case:
    return Case(id=name, expect="answer", question="?", evidence=tuple((e,) for e in evidence))


def write_lines(path: Path, *rows: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_passages_hold_every_word_once_and_are_short(corpus_root: Path) -> None:
    documents = read_corpus(corpus_root)
    passages = cut(documents)
    for document in documents:
        own = [each.text for each in passages if each.document == document.id]
        assert " ".join(own).split() == document.text.split()
    # Only a single sentence may be longer.
    lengths = [len(each.text.split()) for each in passages]
    assert sum(length > PASSAGE_WORDS for length in lengths) < len(lengths) / 20


def test_a_system_that_follows_no_conversation_gets_the_last_two_turns() -> None:
    assert joined(Case(id="", expect="answer", turns=("a", "b", "c"))) == "b c"
    assert joined(Case(id="", expect="answer", question="q")) == "q"


def test_the_threshold_answers_95_percent() -> None:
    scores = [n / 100 for n in range(100)]
    least = measures.threshold(scores)
    assert least == 0.05
    assert sum(score >= least for score in scores) == 95


def test_a_row_counts_what_each_case_holds() -> None:
    cases = [
        answerable("1", "heat"),
        answerable("2", "cold"),
        Case(id="3", expect="no_answer", question="?"),
        Case(id="4", expect="answer", turns=("a", "b"), evidence=(("walk",),)),
    ]
    found = [
        Asked(("heat helps", "cold"), 0.9, ("heat helps",)),
        Asked(("heat", "warm", "cold"), 0.4, ()),
        Asked(("heat",), 0.6, ("heat",)),
        Asked(("walk",), 0.1, ("walk",)),
    ]
    row = measures.judge("toy", cases, found)
    assert (row.first and row.first.share, row.third and row.third.share) == (0.5, 1.0)
    assert row.mrr == pytest.approx((1 + 1 / 3) / 2)
    assert row.auroc == 0.5
    assert (row.off_topic and row.off_topic.share) == 1.0
    assert (row.own_answered and row.own_answered.share) == 0.5
    assert (row.own_evidence and row.own_evidence.of) == 1
    assert (row.own_dialogues and row.own_dialogues.share) == 1.0


def test_a_system_that_never_decides_has_no_decisions() -> None:
    row = measures.judge("toy", [answerable("1", "heat")], [Asked((), 0.0)])
    assert (row.own_answered, row.off_topic, row.mrr) == (None, None, 0.0)


def test_the_bootstrap_interval_holds_the_mean_and_repeats() -> None:
    values = [0.0, 1.0, 1.0, 0.5] * 25
    low, high = measures.interval(values)
    assert low < np.mean(values) < high
    assert measures.interval(values) == (low, high)
    assert measures.interval([1.0, 1.0]) == (1.0, 1.0)


def test_reciprocal_ranks_are_added_up() -> None:
    fused = scifact.fused_ranks(np.array([[3.0, 2.0, 1.0]]), np.array([[1.0, 3.0, 2.0]]))
    assert fused[0] == pytest.approx([1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 63 + 1 / 62])


def test_vectors_are_kept_and_needless_ones_never_made(toy: Toy, tmp_path: Path) -> None:
    (folder,) = toy.models.iterdir()
    encoder = vectors.StoredEncoder(folder, tmp_path)
    encoder.needless = lambda text: text == "idle"
    made = encoder.encode_all(["flat feet", "idle", "flat feet"])
    assert made[0] == pytest.approx(encoder.encode("flat feet"))
    assert not made[1].any()
    again = vectors.StoredEncoder(folder, tmp_path)
    (shard,) = tmp_path.glob("*/*.npz")
    assert (again.encode_all(["flat feet"])[0] == made[0]).all()
    assert list(tmp_path.glob("*/*.npz")) == [shard]


ABSTRACTS = (
    {"_id": "7", "title": "Heat", "text": "Warm towels relax muscle knots. They ease pain."},
    {"_id": "8", "title": "Walking", "text": "Long walks strengthen the calves of adults."},
    {"_id": "9", "title": "Sleep", "text": "Pillows hold the neck level through the night."},
)


def test_scifact_measures_every_way_of_searching(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(tmp_path / "corpus.jsonl", *ABSTRACTS)
    claims = [f"Warm towels relax knots {n}" for n in range(5)]
    rows = [{"_id": str(n), "text": text} for n, text in enumerate(claims)]
    write_lines(tmp_path / "queries.train.jsonl", *rows, {"_id": "x", "text": "not judged"})
    judged = "".join(f"{n}\t7\t1\n" for n in range(5))
    (tmp_path / "qrels.train.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    monkeypatch.setattr(scifact, "CACHE", tmp_path / "cache")
    (model,) = toy.models.iterdir()
    table = scifact.measure(tmp_path, model)
    assert "5 train claims, 3 abstracts" in table.title
    by_name = {row[0]: row[1] for row in table.rows}
    assert len(by_name) == 7
    own = by_name["Backbot’s search"]
    assert isinstance(own, tables.Interval)
    assert own.mean == 1.0


def test_a_section_is_found_by_its_place_among_the_headings(toy: Toy, tmp_path: Path) -> None:
    body = "## What is it ?\n\nA muscle that is tight.\n\n## What helps ?\n\nWarm towels help."
    data = tmp_path / "data"
    data.mkdir()
    write_lines(data / "articles.jsonl", {"_id": "1-2_A", "title": "Knots", "text": body})
    write_lines(
        data / "corpus.jsonl",
        {"_id": "1-2_A#1", "title": "Knots", "text": "A muscle.", "article": "1-2_A"},
        {"_id": "1-2_A#5", "title": "Knots", "text": "Warm towels.", "article": "1-2_A"},
    )
    write_lines(data / "queries.jsonl", {"_id": "q", "text": "What helps with Knots ?"})
    (data / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\t1-2_A#5\t1\n")
    (query,) = medquad.read_queries(data)
    assert query.right == {("m1-2-a", 2)}
    medquad.write_corpus(data, tmp_path / "corpus")
    toy.build(tmp_path / "corpus", tmp_path / "index")
    index = open_index(tmp_path / "index")
    text = index.documents[0].text
    assert medquad.section_of(index, "m1-2-a", text.index("Warm")) == ("m1-2-a", 2)
    assert medquad.section_of(index, "m1-2-a", text.index("A muscle")) == ("m1-2-a", 1)
    assert {medquad.place_of(index, n) for n in range(len(index.passages))} == {
        ("m1-2-a", 1),
        ("m1-2-a", 2),
    }


def test_cast_counts_needs_and_words(tmp_path: Path) -> None:
    earlier = [{"role": "user", "text": "What is throat cancer?"}]
    turn = {
        "utterance": "Is it treatable?",
        "resolved": "Is throat cancer treatable?",
        "automatic": "Is cancer treatable?",
        "history": earlier,
        "needs_context": True,
    }
    write_lines(tmp_path / "turns.2019-2020.jsonl", turn)
    needs, every, _, rewritten = cast.measure(tmp_path)
    assert needs.rows[0] == ("Backbot", 1.0, 1.0, 1.0, 1.0)
    recovered = {row[0]: row[1] for row in every.rows}
    assert recovered["Backbot"] == 1.0
    assert recovered["the turn as it is"] == pytest.approx(1 / 3)
    assert rewritten.rows[-1][1] == pytest.approx(2 / 3)


def test_clinc150_counts_answers_and_names_their_kind(
    tmp_path: Path, tiny_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbot.chatbot.THRESHOLD", 0.0)
    write_lines(
        tmp_path / "val.jsonl",
        {"text": "how do i ease a muscle knot", "intent": "knots"},
        {"text": "thank you", "intent": "thank_you"},
    )
    table = clinc150.measure(tmp_path, {"tiny": open_index(tiny_root)})
    assert table.rows[0][2] == 1
    assert table.note == "Answered most often: tiny: knots 1."


def test_peers_answer_the_same_set_and_write_it_down(
    tmp_path: Path, tiny_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.jsonl"
    write_lines(
        path,
        {"id": "1", "expect": "answer", "question": "what eases a knot?", "evidence": [["heat"]]},
        {"id": "2", "expect": "no_answer", "question": "who painted the Mona Lisa?"},
    )
    written = tmp_path / "out.json"
    only = ("--only", "Backbot", "its retrieval", "rank-bm25", "MiniLM")
    options = (f"tiny={tiny_root}", "--set", f"tiny={path}", "--json", str(written), *only)
    assert peers.main(options) == 0
    shown = capsys.readouterr().out
    assert "mine: 1 in scope, 1 off-topic, 0 dialogues" in shown
    (result,) = json.loads(written.read_text("utf-8"))
    names = [row["system"] for row in result["rows"]]
    assert names == ["Backbot", "its retrieval", "rank-bm25", "rank-bm25 stems", "MiniLM"]
    assert result["rows"][1]["third"]["of"] == 1


def test_the_report_replaces_what_stands_between_the_markers(
    tmp_path: Path, tiny_root: Path
) -> None:
    path = tmp_path / "mine.tune.jsonl"
    write_lines(
        path,
        {"id": "1", "expect": "answer", "question": "what eases a knot?", "evidence": [["none"]]},
        {"id": "2", "expect": "no_answer", "question": "who painted the Mona Lisa?"},
    )
    document = tmp_path / "quality.md"
    document.write_text(f"before\n{report.BEGIN}\nobsolete\n{report.END}\nafter\n")
    options = (f"tiny={tiny_root}", "--set", f"tiny={path}", "--into", str(document))
    assert report.main((*options, "--only", "MiniLM", "--without-public")) == 0
    written = document.read_text("utf-8")
    assert written.startswith("before\n")
    assert written.endswith("\nafter\n")
    assert "obsolete" not in written
    assert "| MiniLM |" in written
    assert "| Brier score |" in written
    assert "- “what eases a knot?” (" in written


def test_a_document_without_markers_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "quality.md"
    document.write_text("mine")
    with pytest.raises(ValueError, match="figures: begin"):
        report.main([f"tiny={tmp_path}", "--into", str(document)])
    assert document.read_text() == "mine"


def test_an_index_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        peers.main(["index"])
    assert "'index' is not of the form name=path" in capsys.readouterr().err


def test_a_data_set_that_is_not_there_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert public.main(["cast", "--data", str(tmp_path)]) == 0
    assert f"cast: {tmp_path / 'cast'} is not there; left out" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        public.main(["squad"])
    assert "no such data set: squad" in capsys.readouterr().err


def test_markdown_has_intervals_and_dashes() -> None:
    table = tables.Table(
        title="T",
        columns=("", "a", "b"),
        rows=(("x", tables.Interval(mean=0.5, low=0.4, high=0.6), None),),
        note="N",
    )
    assert tables.markdown([table]) == (
        "### T\n\n|  | a | b |\n| --- | ---: | ---: |\n| x | 0.500 (0.400–0.600) | – |\n\nN"
    )


@pytest.mark.skipif(not (SHARED / "medquad_msk").is_dir(), reason="needs ../shared/data")
def test_every_medquad_section_has_a_heading_of_its_own(tmp_path: Path) -> None:
    folder = SHARED / "medquad_msk"
    queries = medquad.read_queries(folder)
    assert len(queries) == 139
    medquad.write_corpus(folder, tmp_path)
    headings = {
        document.id: sum(block.kind == "heading" for block in document.blocks)
        for document in read_corpus(tmp_path)
    }
    assert len(headings) == 74
    assert all(1 <= number <= headings[name] for query in queries for name, number in query.right)


@pytest.mark.parametrize("adds", [True, False])
def test_the_graph_of_the_likeness_gives_the_sum_over_its_bank(
    adds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbot.index.encoder._adds_products_of_bytes", lambda: adds)
    rng = np.random.default_rng(11)
    mean, axes = rng.standard_normal(12) / 20, np.linalg.qr(rng.standard_normal((12, 6)))[0].T
    bank = rng.integers(-127, 128, (50, 6)).astype(np.int8)
    step, pulls, gamma = 1 / 254, rng.standard_normal((2, 50)), 1.5
    session = open_session(bank_graph(mean, axes, bank, step, pulls, gamma).SerializeToString())
    for _ in range(20):
        vector = rng.standard_normal(12)
        vector /= np.linalg.norm(vector)
        place, pulled = session.run([PLACE, PULL], {VECTOR: vector[None].astype(np.float32)})
        expected = axes @ (vector - mean)
        distances = ((bank * step - expected) ** 2).sum(axis=1)
        assert np.allclose(place[0], expected, atol=1e-6)
        assert np.allclose(pulled[0], pulls @ np.exp(-gamma * distances), atol=1e-3)
