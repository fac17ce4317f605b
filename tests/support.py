"""Tiny corpora, and a toy encoder that makes an index of one in a blink."""

import json
import os
import shutil
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper

from backbot.index import build
from backbot.index.axes import axes_digest
from backbot.index.encoder import (
    CARD_FILE,
    DATA_FILE,
    MAX_TOKENS,
    MODEL_FILE,
    TOKEN_OUTPUTS,
    TOKENIZER_FILE,
    WORDS_FILE,
    ModelCard,
    file_sha256,
)
from backbot.index.export import WEIGHTS_FILE, save_parted
from backbot.index.rounding import rounding_name
from backbot.rebuild import Rebuilt, rebuild_index

DIMENSIONS = 32
VOCABULARY = 5000

Files = Mapping[str, str | bytes]


def document(title: str, body: str, **front: Any) -> str:
    """Return a corpus file; `from_` stands for the `from` that Python keeps for itself."""
    front = {key.rstrip("_"): value for key, value in {"title": title, **front}.items()}
    return f"---\n{yaml.safe_dump(front, allow_unicode=True)}---\n{body}\n"


KNOTS = """\
Knots form because a muscle holds still for hours.

## How to ease a knot

Heat helps a knot to relax. Hold a warm towel on it for ten minutes.

- Roll a ball along the muscle.
- Breathe out slowly.
"""
FEET = """\
Flat feet can add to neck pain because each joint rests on the one below. See a doctor when a foot
is numb.
"""
ANSWER = "Walk as far as feels good. It helps to swing your arms."
TINY: Files = {
    "articles/knots.md": document("What Are Knots?", KNOTS, tags=["knots"]),
    "articles/flat-feet.md": document("Do Flat Feet Hurt?", FEET, url="https://example.org/feet"),
    "questions/how-far.md": document(
        "How Far Should I Walk?", ANSWER, question="How far should I walk a day?", from_="editor"
    ),
}


def write_corpus(folder: Path, files: Files) -> Path:
    """Write `files`, from a path like `articles/knots.md` to its content, and return `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return folder


def link_models(models: Path, root: Path) -> None:
    """Put the exported encoders of `models` into the index folder `root` without copying bytes."""
    shutil.copytree(models, root / "models", copy_function=os.link)


@contextmanager
def small_bank() -> Iterator[None]:
    """Let indexes know of three questions about something else only: the hundreds that come along
    are most of what a small corpus's rebuild has to do."""
    few = ["Who painted the Mona Lisa?", "How do I bake bread?", "What is a black hole?"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "read_elsewhere", lambda wording: few)
        yield


class Toy(NamedTuple):
    """A real encoder in all but its weights: a vector for each token, drawn by chance, averaged.

    `checkpoint` is what `BACKBOT_MODEL` names, `models` holds its export.
    """

    checkpoint: Path
    models: Path

    def build(self, corpus: Path, root: Path) -> Rebuilt:
        """Build the index of `corpus` in `root` with this encoder and a bank of three questions."""
        if not (root / "models").exists():
            shutil.copytree(self.models, root / "models")
        with small_bank():
            return rebuild_index(corpus, root, model=str(self.checkpoint))


def make_toy(folder: Path, tokenizer: Path) -> Toy:
    """Make a toy encoder in `folder` that cuts texts into tokens much like the file `tokenizer`."""
    checkpoint = folder / "checkpoint"
    checkpoint.mkdir(parents=True)
    (checkpoint / WEIGHTS_FILE).write_bytes(b"toy")
    (checkpoint / TOKENIZER_FILE).write_text(toy_tokenizer(tokenizer.read_text("utf-8")), "utf-8")
    weights = file_sha256(checkpoint / WEIGHTS_FILE)
    export = folder / "models" / weights[:16]
    export.mkdir(parents=True)
    shutil.copyfile(checkpoint / TOKENIZER_FILE, export / TOKENIZER_FILE)
    write_toy_onnx(export / MODEL_FILE, DIMENSIONS)
    card = ModelCard(
        name="toy",
        dimensions=DIMENSIONS,
        token_dimensions=DIMENSIONS,
        max_tokens=MAX_TOKENS,
        weights_sha256=weights,
        onnx_sha256=file_sha256(export / MODEL_FILE),
        data_sha256=file_sha256(export / DATA_FILE),
        words_sha256=file_sha256(export / WORDS_FILE),
        tokenizer_sha256=file_sha256(export / TOKENIZER_FILE),
        axes=axes_digest(weights),
        rounding=rounding_name(),
    )
    (export / CARD_FILE).write_bytes(msgspec.json.encode(card))
    return Toy(checkpoint, folder / "models")


def toy_tokenizer(whole: str) -> str:
    """Return a tokenizer with the first words of the vocabulary of another, and all its letters."""
    tokenizer = json.loads(whole)
    vocabulary = tokenizer["model"]["vocab"]
    kept = [token for token, number in vocabulary.items() if number < VOCABULARY - 100]
    letters = [f"##{letter}" for letter in string.ascii_lowercase + string.digits]
    kept += [token for token in letters if token not in kept]
    tokenizer["model"]["vocab"] = {token: number for number, token in enumerate(kept)}
    return json.dumps(tokenizer)


def write_toy_onnx(path: Path, dimensions: int) -> None:
    """Write the toy's words and its graph: turn their vectors, average, bring to unit length."""
    rng = np.random.default_rng(7)
    table = rng.standard_normal((VOCABULARY, dimensions)).astype(np.float32)
    np.save(path.parent / WORDS_FILE, table, allow_pickle=False)
    turn = np.linalg.qr(rng.standard_normal((dimensions, dimensions)))[0].astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["words", "turn"], ["turned"]),
        helper.make_node("ReduceMean", ["turned"], ["mean"], axes=[1], keepdims=0),
        *(
            helper.make_node("LpNormalization", ["mean"], [name], axis=1, p=2)
            for name in ("sentence", "aim")
        ),
        *(
            helper.make_node("LpNormalization", ["turned"], [name], axis=2, p=2)
            for name in TOKEN_OUTPUTS
        ),
    ]
    words: list[str | int | None] = ["batch", "tokens", dimensions]
    inputs = [
        helper.make_tensor_value_info("words", TensorProto.FLOAT, words),
        helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "tokens"]),
        helper.make_tensor_value_info("emphasis", TensorProto.FLOAT, ["batch", "tokens"]),
    ]
    outputs = [
        *(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", dimensions])
            for name in ("sentence", "aim")
        ),
        *(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "tokens", dimensions])
            for name in TOKEN_OUTPUTS
        ),
    ]
    graph = helper.make_graph(
        nodes, "toy", inputs, outputs, [numpy_helper.from_array(turn, "turn")]
    )
    opsets = [helper.make_opsetid("", 17)]
    save_parted(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
