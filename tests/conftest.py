"""What the tests share: the starter corpus, its index, and an encoder that is exported once."""

import shutil
from pathlib import Path

import hypothesis
import pytest
from flask.testing import FlaskClient

from backbot.chatbot import Chatbot
from backbot.index.contents import Index
from backbot.index.encoder import TOKENIZER_FILE, file_sha256
from backbot.index.export import WEIGHTS_FILE, ensure_exported, find_checkpoint
from backbot.index.store import open_index
from backbot.rebuild import rebuild_index
from backbot.server.app import create_app
from backbot.settings import Settings
from support import TINY, Toy, link_models, make_toy, write_corpus

pytest_plugins = ["browser_fixtures", "postgres_fixtures"]
PROJECT = Path(__file__).parents[1]

# A busy machine is no failure.
hypothesis.settings.register_profile("backbot", deadline=None)
hypothesis.settings.load_profile("backbot")


@pytest.fixture(scope="session")
def corpus_root() -> Path:
    """The starter corpus."""
    return PROJECT / "corpus"


@pytest.fixture(scope="session")
def models_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `models` folder with the exported encoder, out of the checkout's index if it is there."""
    models = tmp_path_factory.mktemp("encoder") / "models"
    name = file_sha256(find_checkpoint(None) / WEIGHTS_FILE)[:16]
    if (PROJECT / "index" / "models" / name).is_dir():
        shutil.copytree(PROJECT / "index" / "models" / name, models / name)
    ensure_exported(None, models)
    return models


@pytest.fixture(scope="session")
def index_root(
    corpus_root: Path, models_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The built index of the starter corpus; nobody writes to it."""
    root = tmp_path_factory.mktemp("starter") / "index"
    link_models(models_root, root)
    rebuild_index(corpus_root, root)
    return root


@pytest.fixture(scope="session")
def index(index_root: Path) -> Index:
    return open_index(index_root)


@pytest.fixture(scope="session")
def chatbot(index: Index) -> Chatbot:
    return Chatbot(index)


@pytest.fixture(scope="session")
def client(index_root: Path) -> FlaskClient:
    return create_app(Settings(index=str(index_root))).test_client()


@pytest.fixture(scope="session")
def toy(models_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """An encoder of no sense but great speed, for tests of what is around it."""
    tokenizer = next(models_root.glob(f"*/{TOKENIZER_FILE}"))
    return make_toy(tmp_path_factory.mktemp("toy"), tokenizer)


@pytest.fixture
def tiny_corpus(tmp_path: Path) -> Path:
    """Two articles and an answered question."""
    return write_corpus(tmp_path / "corpus", TINY)


@pytest.fixture(scope="session")
def _tiny_root(toy: Toy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    toy.build(write_corpus(folder / "corpus", TINY), folder / "index")
    return folder / "index"


@pytest.fixture
def tiny_root(_tiny_root: Path, tmp_path: Path) -> Path:
    """An index of the tiny corpus by the toy encoder; the test may do to it what it likes."""
    return Path(shutil.copytree(_tiny_root, tmp_path / "index"))
