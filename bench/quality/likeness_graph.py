"""The bank of the likeness as an ONNX graph: where a message lies, and what the bank says of it.

The bank's numbers are bytes, and stay so: as floats they were seven megabytes to read for every
message, which cost a reply more than the sum itself, since the encoder's weights had to be fetched
anew after it. What they are multiplied by is rounded to sixteen bits, a byte above and one below.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from backbot.safety.likeness import PLACE, PULL, VECTOR

Floats = NDArray[np.float64]

# No part of a place goes further: it is what a unit vector less a mean has along an axis.
_FURTHEST = 2.0
_BYTE = 127
# So many steps of the byte below make one of that above.
_LOWER = 254
_ZERO = 128
_OPSET = 20
_IR_VERSION = 9


def bank_graph(
    mean: Floats, axes: Floats, bank: NDArray[np.int8], step: float, pulls: Floats, gamma: float
) -> onnx.ModelProto:
    """Return the graph of the sum over the bank.

    Shapes: mean (dimensions,), axes (kept, dimensions), bank (messages, kept) in steps of `step`,
    pulls (questions, messages). It takes a unit vector, shape (1, dimensions), and gives its place
    among the bank, shape (1, kept), and the sum of exp(-gamma |a - b|^2) times each pull, shape
    (1, questions).
    """
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def constant(values: Any, kind: Any = np.float32) -> str:
        name = f"constant_{len(constants)}"
        held = np.ascontiguousarray(np.asarray(values, kind))
        constants.append(numpy_helper.from_array(held.reshape(np.shape(values)), name))
        return name

    def apply(kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        made = output or f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [made], **attributes))
        return made

    place = apply("MatMul", apply("Sub", VECTOR, constant(mean)), constant(axes.T), output=PLACE)
    fine = _FURTHEST / _BYTE
    scaled = apply("Mul", place, constant(1 / fine))
    upper = apply("Round", scaled)
    lower = apply("Mul", apply("Sub", scaled, upper), constant(_LOWER))
    both = apply("Concat", upper, apply("Round", lower), axis=0)
    rounded = apply("Cast", apply("Add", both, constant(_ZERO)), to=TensorProto.UINT8)
    zeros = constant(_ZERO, np.uint8), constant(0, np.int8)
    sums = apply("MatMulInteger", rounded, constant(bank.T, np.int8), *zeros)
    # The kernel is exp(2 gamma a b) times what each of the two brings by itself: what a message of
    # the bank brings is worked into its pulls.
    weigh = 2 * gamma * step * fine * np.array([[1, 1 / _LOWER]])
    drawn = apply("MatMul", constant(weigh), apply("Cast", sums, to=TensorProto.FLOAT))
    own = np.exp(-gamma * ((bank * step) ** 2).sum(axis=1))
    pulled = apply("MatMul", apply("Exp", drawn), constant((pulls * own).T))
    length = apply("ReduceSumSquare", place, constant([1], np.int64), keepdims=1)
    brings = apply("Exp", apply("Mul", length, constant(-gamma)))
    apply("Mul", pulled, brings, output=PULL)

    def described(name: str, width: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, width))

    graph = helper.make_graph(
        nodes,
        "likeness",
        [described(VECTOR, axes.shape[1])],
        [described(PLACE, len(axes)), described(PULL, len(pulls))],
        constants,
    )
    opset = helper.make_opsetid("", _OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)
