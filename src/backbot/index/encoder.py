"""The sentence encoder as readers' questions meet it: ONNX Runtime, one thread, no torch."""

import functools
import hashlib
import itertools
import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from backbot.errors import ModelError
from backbot.index.stretches import Stretches
from backbot.text.terms import is_content

Vectors = NDArray[np.float32]
TokenVectors = NDArray[np.int8]

MODEL_FILE = "model.onnx"
# The model's weights, which ONNX Runtime maps: pages of it, unlike copies, cost only what is used.
DATA_FILE = "model.onnx.data"
# A row a word piece, half of all weights: only those of a text's own pieces are read.
WORDS_FILE = "words.npy"
TOKENIZER_FILE = "tokenizer.json"
CARD_FILE = "model.json"
# All that an exported model is.
MODEL_FILES = (CARD_FILE, DATA_FILE, MODEL_FILE, TOKENIZER_FILE, WORDS_FILE)
# A token vector's part of 1.0 is kept as 127: a byte a dimension.
TOKEN_SCALE = 127
# The outputs of the model that hold token vectors.
TOKEN_OUTPUTS = ("tokens", "meeting")
_OUTPUTS = ["sentence", "aim", *TOKEN_OUTPUTS]
# What sentence-transformers uses for all-MiniLM-L6-v2; the shipped tokenizer.json says 128.
MAX_TOKENS = 256
# Where Linux tells what the processor can do.
_PROCESSOR = Path("/proc/cpuinfo")
# In a message that leans on an earlier turn, what was just asked counts for at least this share.
FOCUS_SHARE = 0.8


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """What an exported encoder is and which bytes it is made of."""

    name: str
    dimensions: int
    token_dimensions: int
    max_tokens: int
    weights_sha256: str
    onnx_sha256: str
    data_sha256: str
    words_sha256: str
    tokenizer_sha256: str
    # Names the texts that the axes of token vectors were found on.
    axes: str = ""
    # How the weights are kept.
    rounding: str = ""

    @property
    def digest(self) -> str:
        """Names the exact encoder: vectors of two encoders with one digest are comparable."""
        files = (self.onnx_sha256, self.data_sha256, self.words_sha256, self.tokenizer_sha256)
        joined = "\n".join((*files, str(self.max_tokens)))
        return hashlib.sha256(joined.encode("ascii")).hexdigest()[:16]


class Encoded(NamedTuple):
    """What the encoder makes of one text.

    `sentence` is the unit vector of the whole, shape (dimensions,); `tokens` the unit vectors of
    the pieces of its content words in their context, shape (pieces, token_dimensions), scaled by
    `TOKEN_SCALE`, as a sentence's are compared. Of a question, `aim` is compared with the whole of
    sentences and passages, `meeting` with their tokens (see `axes.Axes`), and `emphasis` (pieces,)
    is the share of each of these in what is asked; the shares add up to 1.
    """

    sentence: Vectors
    aim: Vectors
    tokens: TokenVectors
    meeting: TokenVectors
    emphasis: Vectors


class Embedded(NamedTuple):
    """What an index holds of a text: as in `Encoded`."""

    sentence: Vectors
    tokens: TokenVectors


class Encoder:
    """Turns texts into unit vectors.

    Each text is encoded by itself, without padding, so that its vector does not depend on what
    else is encoded beside it: a rebuild gives the same bytes however little of it is new.
    """

    def __init__(self, folder: Path) -> None:
        """Open the exported model in `folder`; raises `ModelError` if a byte is not as written."""
        self.folder = folder
        self.card = read_card(folder)
        for name, expected in (
            (MODEL_FILE, self.card.onnx_sha256),
            (DATA_FILE, self.card.data_sha256),
            (WORDS_FILE, self.card.words_sha256),
            (TOKENIZER_FILE, self.card.tokenizer_sha256),
        ):
            if file_sha256(folder / name) != expected:
                raise ModelError(
                    f"{folder / name} is damaged; "
                    "run `backbot rebuild-index --full` to write it anew."
                )
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(self.card.max_tokens)
            words = _open_words(folder / WORDS_FILE, self._tokenizer.get_vocab_size())
            self._words = Stretches(words)
            self._session = open_session(str(folder / MODEL_FILE))
            probe = self.read("back")
            sound = probe.sentence.shape == (self.dimensions,)
            sound = sound and probe.tokens.shape == (1, self.card.token_dimensions)
        except Exception:  # both libraries raise whatever they like on files that are not theirs
            sound = False
        if not sound:
            raise ModelError(
                f"{folder} holds no sentence encoder that Backbot can use; run `backbot "
                "rebuild-index --full` to write it anew."
            )

    @property
    def dimensions(self) -> int:
        return self.card.dimensions

    def knows(self, word: str) -> bool:
        """Tell whether a folded word stands whole in the vocabulary: a common English word."""
        return self._tokenizer.token_to_id(word) is not None

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of one text, shape (dimensions,)."""
        sentence: Vectors = self._run_one(self._tokenizer.encode(text), ["sentence"])[0][0]
        return sentence

    def read(self, text: str, focus: str = "") -> Encoded:
        """Return the vectors of one text and those of its content words' pieces, in one pass.

        Where `text` ends with `focus`, that is what was just asked: it counts for more.
        """
        encoding = self._tokenizer.encode(text)
        stressed = _stressed(text, encoding, focus)
        found = self._run_one(encoding, _OUTPUTS, _shares(stressed))
        return _encoded(text, encoding, stressed, *(each[0] for each in found))

    def read_together(self, texts: Sequence[str], focus: str = "") -> list[Encoded]:
        """Return what `read` makes of each of a few short texts, in one pass of the model.

        Two questions cost about 1.8 times one, in two passes twice as much. The shorter is padded,
        so the last bits of its vectors may differ from those that `read` gives; an index is never
        built of them.
        """
        if len(texts) == 1:
            return [self.read(texts[0], focus)]
        encodings = [self._tokenizer.encode(text) for text in texts]
        lengths = [len(each.ids) for each in encodings]
        ids = np.zeros((len(texts), max(lengths)), dtype=np.int64)
        mask = np.zeros_like(ids)
        emphasis = np.zeros(ids.shape, dtype=np.float32)
        each_stressed = list(map(_stressed, texts, encodings, itertools.repeat(focus)))
        for row, encoding in enumerate(encodings):
            ids[row, : lengths[row]] = encoding.ids
            mask[row, : lengths[row]] = 1
            emphasis[row, : lengths[row]] = _shares(each_stressed[row])
        found = self._run(ids, mask, _OUTPUTS, emphasis)
        return [
            _encoded(text, encodings[row], each_stressed[row], *(each[row] for each in found))
            for row, text in enumerate(texts)
        ]

    def encode_all(
        self,
        texts: Sequence[str],
        *,
        threads: int = 2,
        advance: Callable[[], None] = lambda: None,
    ) -> Vectors:
        """Return the unit vectors of `texts`, shape (len(texts), dimensions).

        `advance` is called after each text, in order.
        """
        made = self.embed_all(texts, threads=threads, advance=advance)
        return np.stack([each.sentence for each in made]) if made else self._no_vectors()

    def embed(self, text: str) -> Embedded:
        """Return what an index holds of one text; a question is read with more."""
        encoding = self._tokenizer.encode(text)
        sentence, tokens = self._run_one(encoding, ["sentence", "tokens"])
        return Embedded(sentence[0], _bytes_of(tokens[0], content_pieces(text, encoding)))

    def embed_all(
        self,
        texts: Sequence[str],
        *,
        threads: int = 2,
        advance: Callable[[], None] = lambda: None,
    ) -> list[Embedded]:
        """Return what an index holds of each text; `advance` is called after each, in order."""
        found = []
        with ThreadPoolExecutor(max_workers=threads) as pool:
            for each in pool.map(self.embed, texts):
                found.append(each)
                advance()
        return found

    def _no_vectors(self) -> Vectors:
        return np.zeros((0, self.dimensions), dtype=np.float32)

    def _run_one(
        self, encoding: Encoding, outputs: list[str], emphasis: Vectors | None = None
    ) -> list[Vectors]:
        ids = np.array([encoding.ids], dtype=np.int64)
        counted = np.ones(ids.shape, np.float32) if emphasis is None else emphasis[None]
        return self._run(ids, np.ones_like(ids), outputs, counted)

    def _run(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        outputs: list[str],
        emphasis: Vectors,
    ) -> list[Vectors]:
        spans = ((each, each + 1) for each in ids.ravel().tolist())
        words = self._words.read(spans, ids.size)
        inputs = {
            "words": words.reshape(*ids.shape, -1),
            "attention_mask": mask,
            "emphasis": emphasis,
        }
        return [np.asarray(each, np.float32) for each in self._session.run(outputs, inputs)]


def _encoded(
    text: str,
    encoding: Encoding,
    stressed: NDArray[np.bool_],
    sentence: Vectors,
    aim: Vectors,
    *tokens: Vectors,
) -> Encoded:
    kept = content_pieces(text, encoding)
    own, of_question = (_bytes_of(each, kept) for each in tokens)
    return Encoded(sentence, aim, own, of_question, _shares(stressed[kept]))


def _bytes_of(vectors: Vectors, kept: list[int]) -> TokenVectors:
    rounded: TokenVectors = np.rint(vectors[kept] * TOKEN_SCALE).astype(np.int8)
    return rounded


def _stressed(text: str, encoding: Encoding, focus: str) -> NDArray[np.bool_]:
    """Tell of each token of `text` whether it belongs to `focus`, which that ends with."""
    starts = np.array([start for start, _ in encoding.offsets])
    begins = len(text) - len(focus) if focus and text.endswith(focus) else len(text)
    stressed: NDArray[np.bool_] = starts >= max(begins, 1)
    return stressed


def _shares(stressed: NDArray[np.bool_]) -> Vectors:
    """Return the share of each token, more where it is `stressed`; the shares add up to 1."""
    count, inside = len(stressed), int(stressed.sum())
    if not 0 < inside < FOCUS_SHARE * count:
        return np.full(count, 1 / max(count, 1), dtype=np.float32)
    away = (1 - FOCUS_SHARE) / (count - inside)
    shares: Vectors = np.where(stressed, FOCUS_SHARE / inside, away).astype(np.float32)
    return shares


def content_pieces(text: str, encoding: Encoding) -> list[int]:
    """Return which pieces belong to content words; all the words' pieces if none does."""
    words: dict[int, list[int]] = {}
    for piece, word in enumerate(encoding.word_ids):
        if word is not None:
            words.setdefault(word, []).append(piece)
    spans = encoding.offsets
    content = [
        piece
        for pieces in words.values()
        if is_content(text[spans[pieces[0]][0] : spans[pieces[-1]][1]])
        for piece in pieces
    ]
    pieces = [piece for each in words.values() for piece in each]
    return content or pieces


def _open_words(path: Path, pieces: int) -> Vectors:
    """Map the table of at least so many word pieces, shape (pieces, dimensions)."""
    words: Vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    if words.dtype != np.float32 or words.ndim != 2 or len(words) < pieces:
        raise ValueError("no table of words")
    return np.asarray(words)


def open_session(model: str | bytes) -> onnxruntime.InferenceSession:
    """Open a model by its path or its bytes, for one thread.

    ONNX Runtime refuses one whose weights lie outside of its own folder.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Spinning threads would fight faiss and the other workers for two cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not _adds_products_of_bytes():
        # There sums of two products of bytes would be capped; so told, it takes a slower way.
        options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@functools.cache
def _adds_products_of_bytes() -> bool:
    """Tell whether the processor surely has VNNI, or is of a family that can do without."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return True
    try:
        told = _PROCESSOR.read_text("utf-8", errors="replace")
    except OSError:
        return False
    return not {"avx512_vnni", "avx_vnni"}.isdisjoint(told.split())


def read_card(folder: Path) -> ModelCard:
    """Return the card of the exported model in `folder`; raises `ModelError`."""
    try:
        return msgspec.json.decode((folder / CARD_FILE).read_bytes(), type=ModelCard)
    except FileNotFoundError:
        raise ModelError(
            f"There is no sentence encoder in {folder}; run `backbot rebuild-index` to make it."
        ) from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ModelError(
            f"{folder / CARD_FILE} is damaged; run `backbot rebuild-index --full` to write it anew."
        ) from None


def file_sha256(path: Path) -> str:
    """Return the hex digest of a file's bytes, or "" where there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
