"""Learns the axes of token vectors and writes `src/backbot/data/axes.npy`.

    python bench/quality/train_axes.py INDEX:SET[,SET...] [INDEX:SET...] [--claims FOLDER]
        [--left-out SET] [--to FILE]

The encoder was trained for whole texts. Here the 96 directions in which the words of a question are
compared with those of a sentence are turned, from the principal ones on, until sentences that hold
the evidence outscore those around them. Of SciFact's training claims (`--claims`, a folder with
queries.train.jsonl, qrels.train.tsv and corpus.jsonl), any sentence of the right abstract may be
the one. `--left-out` learns without a set, to measure it by an index that is built with what was
learned (rebuild, `backbot evaluate`, learn anew with all). Prints how often a sentence with
evidence comes first, before and after. Held-out sets are for nobody to name here.

Sources: listwise training after Cao et al. (2007), "Learning to rank: from pairwise approach to
listwise approach", ICML, of the late interaction of Khattab and Zaharia (2020); half of the way
from the axes that were there, after Wortsman et al. (2022), "Robust fine-tuning of zero-shot
models", CVPR.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scifact
import torch
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from backbot.answering import runs
from backbot.answering.candidates import find_candidates
from backbot.evaluation.score import holds
from backbot.evaluation.sets import read_set
from backbot.index import axes, export
from backbot.index.encoder import MAX_TOKENS, content_pieces
from backbot.index.store import open_index
from backbot.retrieval.hybrid import PASSAGES_READ, search
from backbot.retrieval.question import prepare
from backbot.retrieval.wording import mend_spelling
from backbot.text.sentences import sentence_spans
from backbot.text.terms import terms

EPOCHS = 4
RATE = 3e-3
BATCH = 16
SHARPNESS = 20.0
SEED = 0
# How far towards what was learned: all the way serves the corpora of the sets a little better, and
# any other worse.
SHARE = 0.5
# Claims read, abstracts beside the right one, and sentences of each.
CLAIMS = 260
BESIDE = 3
MOST_SENTENCES = 12
# What a whole sentence's cosine weighs where no passage's score is known.
COSINE_WEIGHT = 0.8

Vectors = NDArray[np.float32]


class Example(NamedTuple):
    """A question and the sentences around its answer.

    `question` (tokens, dimensions) and `sentences` (sentences, longest, dimensions) are unit token
    vectors, `held` (sentences, longest) tells them from padding, `right` (sentences,) which hold
    evidence, and `given` (sentences,) is the part of the score that no axes change.
    """

    question: torch.Tensor
    sentences: torch.Tensor
    held: torch.Tensor
    right: torch.Tensor
    given: torch.Tensor


class Reader:
    """Reads unit token vectors and the unit vector of a text, each text once."""

    def __init__(self, folder: Path) -> None:
        self._model: Any = export.load_reference(folder)
        self._known: dict[str, tuple[Vectors, Vectors]] = {}

    def __call__(self, text: str) -> tuple[Vectors, Vectors]:
        if text not in self._known:
            encoding = self._model.tokenizer.backend_tokenizer.encode(text)
            ids = torch.tensor([encoding.ids[:MAX_TOKENS]])
            with torch.inference_mode():
                output = self._model[0].auto_model(ids, torch.ones_like(ids))
            hidden = output.last_hidden_state[0].numpy()
            tokens = hidden[[at for at in content_pieces(text, encoding) if at < len(hidden)]]
            whole = hidden.mean(axis=0)
            self._known[text] = (
                tokens / np.linalg.norm(tokens, axis=1, keepdims=True),
                whole / np.linalg.norm(whole),
            )
        return self._known[text]


def example(
    question: Vectors, tokens: list[Vectors], right: list[bool], given: NDArray[Any]
) -> Example:
    longest = max(1, *(len(each) for each in tokens))
    sentences = torch.zeros(len(tokens), longest, question.shape[1])
    held = torch.zeros(len(tokens), longest, dtype=torch.bool)
    for row, each in enumerate(tokens):
        sentences[row, : len(each)] = torch.from_numpy(each)
        held[row, : len(each)] = True
    return Example(
        torch.from_numpy(question),
        sentences,
        held,
        torch.tensor(right),
        torch.from_numpy(given.astype(np.float32)),
    )


def of_set(root: Path, path: Path, read: Reader) -> Iterator[Example]:
    index = open_index(root)
    for case in read_set(path):
        if case.expect != "answer" or case.turns:
            continue
        question = prepare(index, mend_spelling(index, case.messages[-1]))
        hits = search(index, question, PASSAGES_READ)
        found = find_candidates(index, question, hits)
        groups = [[group] for alternative in case.evidence for group in alternative]
        kept, right = [], []
        for row, sentence in enumerate(found.sentences):
            told = holds([sentence.text], groups)
            if told or sentence.quotable:
                kept.append(row)
                right.append(told)
        if any(right):
            given = runs.PASSAGE_WEIGHT * found.passages + runs.WHOLE_WEIGHT * np.maximum(
                found.cosines, 0.0
            )
            tokens = [read(found.sentences[row].text)[0] for row in kept]
            yield example(read(question.text)[0], tokens, right, given[kept])


def of_claims(folder: Path, read: Reader) -> Iterator[Example]:
    data = scifact.read(folder)
    abstracts = dict(zip(data.names, data.abstracts, strict=True))
    claims = dict(zip(data.claim_names, data.claims, strict=True))
    texts = map(" ".join, zip(data.titles, data.abstracts, strict=True))
    lexical = BM25Okapi([terms(text) for text in texts])
    order = np.random.default_rng(SEED).permutation(data.claim_names)
    for claim in order[:CLAIMS].tolist():
        judged = data.judged[claim]
        best = np.argsort(-lexical.get_scores(terms(claims[claim])), kind="stable")
        beside = [data.names[at] for at in best if data.names[at] not in judged][:BESIDE]
        question, whole = read(claims[claim])
        tokens, right, cosines = [], [], []
        for name in [next(iter(judged)), *beside]:
            for start, end in sentence_spans(abstracts[name])[:MOST_SENTENCES]:
                own, vector = read(abstracts[name][start:end])
                tokens.append(own)
                right.append(name in judged)
                cosines.append(max(0.0, float(vector @ whole)))
        yield example(question, tokens, right, COSINE_WEIGHT * np.array(cosines))


def scores(each: Example, turned: torch.Tensor) -> torch.Tensor:
    """Return what `answering.runs` would score each sentence by itself, shape (sentences,)."""
    normalize = torch.nn.functional.normalize
    question = normalize(each.question @ turned, dim=1)
    sentences = normalize(each.sentences @ turned, dim=2)
    near = torch.einsum("qd,sld->sql", question, sentences)
    met = near.masked_fill(~each.held[:, None, :], -1.0).amax(dim=2).clamp(min=0.0)
    rarity = (1.0 - met.mean(dim=0)).detach() ** runs.RARITY
    shares = rarity / rarity.sum().clamp(min=1e-6)
    return runs.TOKENS_WEIGHT * (met * shares).sum(dim=1) + each.given


def learn(examples: list[Example], start: Vectors) -> Vectors:
    """Return the axes that `start` is turned towards by `examples`."""
    turned = torch.from_numpy(start.copy()).requires_grad_()
    steps = torch.optim.Adam([turned], lr=RATE)
    rng = np.random.default_rng(SEED)
    for _ in range(EPOCHS):
        order = rng.permutation(len(examples))
        for first in range(0, len(order), BATCH):
            batch = [examples[at] for at in order[first : first + BATCH]]
            loss = torch.stack([_loss(each, turned) for each in batch]).mean()
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            steps.step()
    return start + np.float32(SHARE) * (turned.detach().numpy() - start)


def _loss(each: Example, turned: torch.Tensor) -> torch.Tensor:
    odds = SHARPNESS * scores(each, turned)
    return torch.logsumexp(odds, 0) - torch.logsumexp(odds[each.right], 0)


def first_right(examples: Iterable[Example], found: Vectors) -> float:
    with torch.inference_mode():
        turned = torch.from_numpy(found)
        right = [bool(each.right[scores(each, turned).argmax()]) for each in examples]
    return float(np.mean(right)) if right else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", metavar="INDEX:SET[,SET...]")
    parser.add_argument("--claims", type=Path)
    parser.add_argument("--left-out", type=Path)
    parser.add_argument("--to", type=Path, default=Path(str(axes.LEARNED)))
    options = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = export.find_checkpoint(None)
    read = Reader(checkpoint)
    named = [
        (Path(root), Path(path)) for root, paths in map(_parted, options.sets) for path in paths
    ]
    parts = {path: list(of_set(root, path, read)) for root, path in named}
    if options.claims:
        parts[options.claims] = list(of_claims(options.claims, read))
    start = axes.principal_axes(export.load_reference(checkpoint))
    taught = [each for path, part in parts.items() if path != options.left_out for each in part]
    found = learn(taught, start)
    for path, part in parts.items():
        unseen = " (left out)" if path == options.left_out else ""
        before, after = first_right(part, start), first_right(part, found)
        print(f"{path.name}{unseen}: {len(part)}, first right {before:.3f}, then {after:.3f}")
    np.save(options.to, found, allow_pickle=False)


def _parted(argument: str) -> tuple[str, list[str]]:
    root, _, paths = argument.partition(":")
    return root, paths.split(",")


if __name__ == "__main__":
    main()
