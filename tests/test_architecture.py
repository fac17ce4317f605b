"""The house: lower layers never import higher ones, and serving needs no large package."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import backbot

SOURCE = Path(backbot.__file__).parent
# From the lowest to the highest; what stands side by side may know each other.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "phrases"),
    ("settings",),
    ("text",),
    ("corpus",),
    ("model", "index"),
    ("retrieval",),
    ("answering", "conversation", "safety"),
    ("chatbot",),
    ("journal",),
    ("insights",),
    ("guard",),
    ("rebuild", "tracing"),
    ("desk",),
    ("evaluation", "server", "cli", "__init__", "__main__"),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = sorted(SOURCE.rglob("*.py"))
# What building an index, importing a site and evaluating need and serving does not.
LARGE = (
    *("torch", "transformers", "sentence_transformers", "nltk", "rank_bm25", "onnx", "scipy"),
    *("slugify", "lxml", "trafilatura", "feedparser", "httpx2", "protego", "defusedxml"),
    "watchfiles",
    # What changes a journal's tables, and what PostgreSQL needs.
    *("alembic", "mako", "psycopg"),
)


def part_of(path: Path) -> str:
    """The part of the house that a module belongs to: its folder, or itself."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every module that one names, those inside functions and for types included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    """The parts of the house that a module knows."""
    names = [name.split(".") for name in imports(path)]
    return {name[1] for name in names if name[0] == "backbot" and name[1:] and name[1] in LEVEL}


def test_every_part_of_the_house_has_its_layer() -> None:
    assert {part_of(path) for path in MODULES} == set(LEVEL)


def test_an_import_is_seen_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("def f():\n    from backbot import chatbot\n    import backbot.server.app\n")
    assert parts_imported(path) == {"chatbot", "server"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_lower_layers_never_import_higher_ones(path: Path) -> None:
    own = LEVEL[part_of(path)]
    assert {part for part in parts_imported(path) if LEVEL[part] > own} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_is_ever_unpickled(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    assert not roots & {
        "pickle",
        "cPickle",
        "_pickle",
        "dill",
        "cloudpickle",
        "joblib",
        "shelve",
        "marshal",
    }
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


def loaded_after(code: str) -> set[str]:
    """The packages that a fresh Python has loaded when it has run `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={"PYTHONPATH": str(SOURCE.parent)},
    )
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "module", ["backbot", "backbot.chatbot", "backbot.server", "backbot.server.serve"]
)
def test_serving_loads_no_large_package(module: str) -> None:
    assert not loaded_after(f"import {module}") & set(LARGE)


def test_answering_loads_no_large_package(index_root: Path) -> None:
    loaded = loaded_after(
        "from pathlib import Path\n"
        "from backbot import Chatbot, open_index\n"
        f"Chatbot(open_index(Path({str(index_root)!r}))).reply('why do knots hurt?')"
    )
    assert {"faiss", "onnxruntime"} <= loaded
    assert not loaded & set(LARGE)
