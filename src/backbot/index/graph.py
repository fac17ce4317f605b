"""The encoder as an ONNX graph: BERT in as few operations as ONNX Runtime has for it.

A traced model computes the same out of 240 small operations, one in four of which only finds out
how long the text is. Here a layer is 23, fourteen of which round what is multiplied: one product
for queries, keys and values, attention, and three more products with what lies between them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from backbot.errors import ModelError
from backbot.index.axes import Axes
from backbot.index.encoder import TOKEN_OUTPUTS
from backbot.index.ranges import Range
from backbot.index.rounding import APART, RUN, round_rows, round_whole

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Weights = NDArray[np.float32]

# Products of bytes, summed up in whole numbers within a run; what is multiplied is rounded alike.
_WHOLE_NUMBERS = 4
_OPSET = 20
_IR_VERSION = 9
# The linear layers of a layer of BERT; key and value meet what the query does.
_PARTS = ("attention.self.query", "attention.output.dense", "intermediate.dense", "output.dense")
_MICROSOFT = "com.microsoft"


def encoder_graph(
    model: "PreTrainedModel", axes: Axes, ranges: Mapping[str, Range] | None
) -> onnx.ModelProto:
    """Return the graph of a BERT with mean pooling, what `axes` turn and unit length.

    Its inputs are `words`, rows of the table of word pieces, shape (texts, tokens, dimensions), and
    `attention_mask` and `emphasis`, shape (texts, tokens), how much each token counts for the aim;
    its outputs `sentence` and `aim`, each of the shape (texts, dimensions), and `TOKEN_OUTPUTS`,
    each of the shape (texts, tokens, axes). The weights are kept as bytes, given the `ranges` of
    what the layers `multiplied_whole` meet, and as they are without.

    Raises `ModelError` for a model of another kind, or with another activation than gelu.
    """
    require_bert(model)
    config = model.config
    graph = _Graph(model, ranges)
    length = graph.apply("Shape", "words", start=1, end=2)
    # Each token of a text is of the first type.
    places = graph.weights["embeddings.position_embeddings.weight"]
    places = places + graph.weights["embeddings.token_type_embeddings.weight"][0]
    start = graph.constant(np.array([0]))
    place = graph.apply("Slice", graph.constant(places), start, length, start)
    hidden = graph.apply(
        "SkipLayerNormalization",
        "words",
        place,
        *graph.named("embeddings.LayerNorm", ("weight", "bias")),
        domain=_MICROSOFT,
        epsilon=config.layer_norm_eps,
    )
    seen = graph.apply("Cast", "attention_mask", to=TensorProto.INT32)
    layers = [hidden]
    for number in range(config.num_hidden_layers):
        hidden = _layer(graph, f"encoder.layer.{number}", hidden, seen)
        layers.append(hidden)
    second = graph.constant(np.array([1]))
    mask = graph.apply("Cast", "attention_mask", to=TensorProto.FLOAT)
    mean = _mean(graph, graph.apply("Unsqueeze", mask, second), hidden)
    graph.apply("Squeeze", mean, second, outputs=["sentence"])
    emphasis = graph.apply("Unsqueeze", "emphasis", second)
    wanted = depths(config.num_hidden_layers, len(axes.aim) // config.hidden_size)
    means = [_mean(graph, emphasis, layers[depth]) for depth in wanted]
    joined = graph.apply("Concat", *means, axis=2)
    aimed = graph.multiply_runs(joined, axes.aim.T, RUN)
    aim = graph.apply("LpNormalization", aimed, axis=2)
    graph.apply("Squeeze", aim, second, outputs=["aim"])
    for name, each in zip(TOKEN_OUTPUTS, (axes.sentence, axes.meeting), strict=True):
        turned = graph.apply("MatMul", hidden, graph.constant(each))
        graph.apply("LpNormalization", turned, outputs=[name], axis=2)
    return graph.finished(config.hidden_size, axes.aim.shape[1], axes.sentence.shape[1])


def require_bert(model: "PreTrainedModel") -> None:
    """Raise `ModelError` for a model that is no BERT, or has another activation than gelu."""
    config: Any = model.config
    activation = getattr(config, "hidden_act", "none")
    if (config.model_type, activation) != ("bert", "gelu"):
        raise ModelError(
            f"The model is no BERT but {config.model_type} (with {activation}); name one in "
            "BACKBOT_MODEL that is, such as all-MiniLM-L12-v2."
        )


def multiplied_whole(layers: int) -> list[str]:
    """Return the linear layers of the model that are multiplied in whole numbers."""
    return [f"encoder.layer.{number}.{part}" for number in range(layers) for part in _PARTS]


def depths(layers: int, count: int) -> list[int]:
    """Return `count` of the layers, the last one first and evenly down to the words themselves."""
    return [round(layers * (1 - step / max(count - 1, 1))) for step in range(count)]


def _mean(graph: "_Graph", counts: str, hidden: str) -> str:
    """Add the mean token of each text, of unit length, shape (texts, 1, dimensions), each token as
    much as it `counts`, shape (texts, 1, tokens).
    """
    # The sum over a text's tokens has the direction of their mean.
    return graph.apply("LpNormalization", graph.apply("MatMul", counts, hidden), axis=2)


def _layer(graph: "_Graph", name: str, hidden: str, seen: str) -> str:
    """Add one layer of BERT to `graph`; return what comes out of it."""
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    joined, _ = graph.multiply_whole(hidden, parts, bias=True)
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
    product, _ = graph.multiply_whole(attended, [f"{output}.dense"])
    hidden = _added(graph, output, product, hidden)
    between, _ = graph.multiply_whole(hidden, [f"{name}.intermediate.dense"], bias=True)
    between = graph.apply("Gelu", between)
    product, rest = graph.multiply_whole(between, [f"{name}.output.dense"], apart=APART)
    if rest:
        hidden = graph.apply("Add", hidden, rest)
    return _added(graph, f"{name}.output", product, hidden)


def _added(graph: "_Graph", name: str, product: str, hidden: str) -> str:
    """Add to a `product` what is added to it and what was there before, and normalise."""
    return graph.apply(
        "SkipLayerNormalization",
        product,
        hidden,
        *graph.named(f"{name}.LayerNorm", ("weight", "bias")),
        *graph.named(f"{name}.dense", ("bias",)),
        domain=_MICROSOFT,
        epsilon=graph.config.layer_norm_eps,
    )


class _Graph:
    """A graph that grows; what it computes goes by names."""

    def __init__(self, model: "PreTrainedModel", ranges: Mapping[str, Range] | None) -> None:
        self.config: Any = model.config
        self.weights: dict[str, Weights] = {
            name: values.numpy() for name, values in model.state_dict().items()
        }
        self._ranges = ranges
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

    def multiply_whole(
        self, values: str, names: list[str], *, bias: bool = False, apart: int = 0
    ) -> tuple[str, str]:
        """Multiply `values` by the matrices of `names`, one beside the other, and add what is added
        to them; all of these meet what the first of them does. So many columns are multiplied
        `apart`: return the product and theirs, which is still to be added, "" for none.
        """
        matrix = np.concatenate([self.weights[f"{name}.weight"] for name in names])
        added = np.concatenate([self.weights[f"{name}.bias"] for name in names])
        if self._ranges is None:
            product = self._product(values, matrix)
            return self.apply("Add", product, self.constant(added)) if bias else product, ""
        whole = round_whole(matrix, self._ranges[names[0]], apart)
        step, zero = self.constant(whole.step), self.constant(whole.zero)
        smooth = self.apply("Mul", values, self.constant(whole.smoothing))
        product = self.apply(
            "MatMulIntegerToFloat",
            self.apply("QuantizeLinear", smooth, step, zero),
            self.constant(whole.kept.T),
            step,
            self.constant(whole.scales),
            zero,
            self.constant(np.zeros(len(matrix), np.int8)),
            *([self.constant(added)] if bias else ()),
            domain=_MICROSOFT,
        )
        if not apart:
            return product, ""
        picked = self.apply("Gather", values, self.constant(whole.apart), axis=2)
        return product, self._product(picked, matrix[:, whole.apart])

    def multiply_runs(self, values: str, matrix: Weights, run: int) -> str:
        """Multiply `values` by `matrix`, its rows rounded in runs of that length."""
        if self._ranges is None:
            return self._product(values, matrix)
        kept, scales = round_rows(matrix, run)
        return self.apply(
            "MatMulNBits",
            values,
            self.constant(kept),
            self.constant(scales),
            domain=_MICROSOFT,
            N=matrix.shape[0],
            K=matrix.shape[1],
            bits=8,
            block_size=run,
            accuracy_level=_WHOLE_NUMBERS,
        )

    def _product(self, values: str, matrix: Weights) -> str:
        return self.apply("MatMul", values, self.constant(matrix.T))

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
