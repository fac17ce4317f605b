"""The encoder as an ONNX graph: BERT in as few operations as ONNX Runtime has for it.

A traced model computes the same out of 240 small operations, one in four of which only finds out
how long the text is. Here a layer is nine: one product for queries, keys and values, attention,
and three more products with what lies between them.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from backbot.errors import ModelError
from backbot.index.axes import Axes
from backbot.index.encoder import TOKEN_OUTPUTS
from backbot.index.rounding import ATTENTION_RUN, BETWEEN_RUN, round_rows

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Weights = NDArray[np.float32]

# Products of bytes, summed up in whole numbers within a run; what is multiplied is rounded alike.
_WHOLE_NUMBERS = 4
_OPSET = 20
_IR_VERSION = 9
_MICROSOFT = "com.microsoft"


def encoder_graph(model: "PreTrainedModel", axes: Axes, *, rounded: bool) -> onnx.ModelProto:
    """Return the graph of a BERT with mean pooling, what `axes` turn and unit length.

    Its inputs are `words`, rows of the table of word pieces, shape (texts, tokens, dimensions), and
    `attention_mask` and `emphasis`, shape (texts, tokens), how much each token counts for the aim;
    its outputs `sentence` and `aim`, each of the shape (texts, dimensions), and `TOKEN_OUTPUTS`,
    each of the shape (texts, tokens, axes). `rounded` keeps the weights as bytes.

    Raises `ModelError` for a model of another kind, or with another activation than gelu.
    """
    config = model.config
    activation = getattr(config, "hidden_act", "none")
    if (config.model_type, activation) != ("bert", "gelu"):
        raise ModelError(
            f"The model is no BERT but {config.model_type} (with {activation}); name one in "
            "BACKBOT_MODEL that is, such as all-MiniLM-L12-v2."
        )
    graph = _Graph(model, rounded=rounded)
    length = graph.apply("Shape", "words", start=1, end=2)
    # Each token of a text is of the first type.
    places = graph.weights["embeddings.position_embeddings.weight"]
    places = places + graph.weights["embeddings.token_type_embeddings.weight"][0]
    start = graph.constant(np.array([0]))
    place = graph.apply("Slice", graph.constant(places), start, length, start)
    hidden = graph.apply(
        "LayerNormalization",
        graph.apply("Add", "words", place),
        *graph.named("embeddings.LayerNorm", ("weight", "bias")),
        epsilon=config.layer_norm_eps,
    )
    seen = graph.apply("Cast", "attention_mask", to=TensorProto.INT32)
    layers = [hidden]
    for number in range(config.num_hidden_layers):
        hidden = _layer(graph, f"encoder.layer.{number}", hidden, seen)
        layers.append(hidden)
    mask = graph.apply("Cast", "attention_mask", to=TensorProto.FLOAT)
    _mean(graph, mask, hidden, outputs=["sentence"])
    wanted = depths(config.num_hidden_layers, len(axes.aim) // config.hidden_size)
    means = [_mean(graph, "emphasis", layers[depth]) for depth in wanted]
    joined = graph.apply("Concat", *means, axis=1)
    aimed = graph.apply("MatMul", joined, graph.constant(axes.aim))
    graph.apply("LpNormalization", aimed, outputs=["aim"], axis=1)
    for name, each in zip(TOKEN_OUTPUTS, (axes.sentence, axes.meeting), strict=True):
        turned = graph.apply("MatMul", hidden, graph.constant(each))
        graph.apply("LpNormalization", turned, outputs=[name], axis=2)
    return graph.finished(config.hidden_size, axes.aim.shape[1], axes.sentence.shape[1])


def depths(layers: int, count: int) -> list[int]:
    """Return `count` of the layers, the last one first and evenly down to the words themselves."""
    return [round(layers * (1 - step / max(count - 1, 1))) for step in range(count)]


def _mean(graph: "_Graph", counts: str, hidden: str, outputs: list[str] | None = None) -> str:
    """Add the mean token of each text, of unit length, each token as much as it `counts`."""
    second = graph.constant(np.array([1]))
    # The sum over a text's tokens has the direction of their mean.
    total = graph.apply("MatMul", graph.apply("Unsqueeze", counts, second), hidden)
    total = graph.apply("Squeeze", total, second)
    return graph.apply("LpNormalization", total, outputs=outputs, axis=1)


def _layer(graph: "_Graph", name: str, hidden: str, seen: str) -> str:
    """Add one layer of BERT to `graph`; return what comes out of it."""
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    joined = graph.multiply(hidden, parts, run=ATTENTION_RUN, bias=True)
    sizes = graph.constant(np.array([len(graph.weights[f"{part}.bias"]) for part in parts]))
    split = [f"{name}.{part}" for part in ("query", "key", "value")]
    graph.apply("Split", joined, sizes, outputs=split, axis=2)
    attended = graph.apply(
        "MultiHeadAttention",
        *split,
        "",
        seen,
        domain=_MICROSOFT,
        num_heads=graph.config.num_attention_heads,
    )
    output = f"{name}.attention.output"
    hidden = _added(graph, output, attended, hidden, run=ATTENTION_RUN)
    between = graph.multiply(hidden, [f"{name}.intermediate.dense"], run=BETWEEN_RUN, bias=True)
    between = graph.apply("Gelu", between)
    return _added(graph, f"{name}.output", between, hidden, run=BETWEEN_RUN)


def _added(graph: "_Graph", name: str, values: str, hidden: str, *, run: int) -> str:
    """Multiply `values`, add what was there before them, and normalise."""
    return graph.apply(
        "SkipLayerNormalization",
        graph.multiply(values, [f"{name}.dense"], run=run, bias=False),
        hidden,
        *graph.named(f"{name}.LayerNorm", ("weight", "bias")),
        *graph.named(f"{name}.dense", ("bias",)),
        domain=_MICROSOFT,
        epsilon=graph.config.layer_norm_eps,
    )


class _Graph:
    """A graph that grows; what it computes goes by names."""

    def __init__(self, model: "PreTrainedModel", *, rounded: bool) -> None:
        self.config: Any = model.config
        self.weights: dict[str, Weights] = {
            name: values.numpy() for name, values in model.state_dict().items()
        }
        self._rounded = rounded
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, values: NDArray[Any]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def named(self, name: str, kinds: tuple[str, ...]) -> list[str]:
        """Return constants for weights of the model, such as the bias of a layer of that name."""
        return [self.constant(self.weights[f"{name}.{kind}"]) for kind in kinds]

    def apply(
        self,
        kind: str,
        *inputs: str,
        outputs: list[str] | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> str:
        """Add an operation; return the name of its first output."""
        name = f"{kind}_{len(self._nodes)}"
        made = outputs or [name]
        node = helper.make_node(kind, inputs, made, name=name, domain=domain, **attributes)
        self._nodes.append(node)
        return made[0]

    def multiply(self, values: str, names: list[str], *, run: int, bias: bool) -> str:
        """Multiply `values` by the matrices of `names`, one beside the other."""
        matrix = np.concatenate([self.weights[f"{name}.weight"] for name in names])
        added = np.concatenate([self.weights[f"{name}.bias"] for name in names])
        if not self._rounded:
            product = self.apply("MatMul", values, self.constant(matrix.T))
            return self.apply("Add", product, self.constant(added)) if bias else product
        kept, scales = round_rows(matrix, run)
        return self.apply(
            "MatMulNBits",
            values,
            self.constant(kept),
            self.constant(scales),
            *(("", "", self.constant(added)) if bias else ()),
            domain=_MICROSOFT,
            N=matrix.shape[0],
            K=matrix.shape[1],
            bits=8,
            block_size=run,
            accuracy_level=_WHOLE_NUMBERS,
        )

    def finished(self, dimensions: int, aim: int, token_dimensions: int) -> onnx.ModelProto:
        """Return all of it as a model."""

        def described(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, kind, shape)

        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [
                described("words", TensorProto.FLOAT, "texts", "tokens", dimensions),
                described("attention_mask", TensorProto.INT64, "texts", "tokens"),
                described("emphasis", TensorProto.FLOAT, "texts", "tokens"),
            ],
            [
                described("sentence", TensorProto.FLOAT, "texts", dimensions),
                described("aim", TensorProto.FLOAT, "texts", aim),
                *(
                    described(name, TensorProto.FLOAT, "texts", "tokens", token_dimensions)
                    for name in TOKEN_OUTPUTS
                ),
            ],
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
