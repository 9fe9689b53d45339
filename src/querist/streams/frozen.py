"""An OnlineSoftmax that learns no more: plain weights for NumPy, or an ONNX file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from querist.data.files import atomic_write
from querist.errors import MissingExtra
from querist.kernels import online_softmax as kernel
from querist.models.online import OnlineSoftmax

__all__ = ["FrozenSoftmax"]

_WIDEST = 5.0  # spreads beyond which a value is cut, as the learner does


class FrozenSoftmax:
    """Weights of a softmax of K members with h features each (h = 0: none), as float32.

    Called with a row (d,), it gives (K, C) probabilities.

    Parameters
    ----------
    classes : values
    mean, spread : (d,)
    random : (K, h, d + 1)
    weights : (K, C, d or h, + 1)
    """

    def __init__(
        self,
        classes: Sequence[Any],
        mean: np.ndarray,
        spread: np.ndarray,
        random: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        self.classes = tuple(classes)
        self.mean, self.spread, self.random, self.weights = mean, spread, random, weights

    @classmethod
    def of(cls, model: OnlineSoftmax) -> FrozenSoftmax:
        """The weights of a model as they are now."""
        shape, v = model.shape, model.vector
        width, members, hidden = (int(shape[i]) for i in (kernel.WIDTH, kernel.MEMBERS, kernel.HIDDEN))

        def part(begin: int, end: int) -> np.ndarray:
            return np.asarray(v[shape[begin] : shape[end]])

        weights = part(kernel.WEIGHTS, kernel.GRADIENTS).reshape(members, int(shape[kernel.CLASSES]), -1)
        return cls(
            model.classes,
            part(kernel.MEANS, kernel.SQUARES).astype(np.float32),
            np.sqrt(part(kernel.SQUARES, kernel.RANDOM) + 1e-12).astype(np.float32),
            part(kernel.RANDOM, kernel.WEIGHTS).reshape(members, hidden, width + 1).astype(np.float32),
            weights[:, : len(model.classes)].astype(np.float32),
        )

    def __call__(self, row: np.ndarray) -> np.ndarray:
        z = np.clip((row - self.mean) / self.spread, -_WIDEST, _WIDEST).astype(np.float32)
        if self.random.shape[1]:
            features = np.maximum(self.random[:, :, :-1] @ z + self.random[:, :, -1], 0)
            logits = np.einsum("kci,ki->kc", self.weights[:, :, :-1], features) + self.weights[:, :, -1]
        else:
            logits = self.weights[:, :, :-1] @ z + self.weights[:, :, -1]
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights by name."""
        return {"mean": self.mean, "spread": self.spread, "random": self.random, "weights": self.weights}

    def write_onnx(self, path: str | os.PathLike[str]) -> None:
        """Write an ONNX file: rows (n, d) in, probabilities (n, K, C) out.  Needs the extra ``streams``."""
        try:
            import onnx
            from onnx import TensorProto, helper, numpy_helper
        except ImportError as error:
            raise MissingExtra(
                "ONNX files are written by the package onnx, which is not installed.",
                mend="Install it: pip install 'querist[streams]'.",
            ) from error
        members, classes, _ = self.weights.shape
        held: dict[str, np.ndarray] = {"mean": self.mean, "spread": self.spread, "axis": np.array([1])}
        held |= {"low": np.float32(-_WIDEST), "high": np.float32(_WIDEST)}  # type: ignore[dict-item]
        nodes = [
            helper.make_node("Sub", ["x", "mean"], ["off"]),
            helper.make_node("Div", ["off", "spread"], ["wide"]),
            helper.make_node("Clip", ["wide", "low", "high"], ["cut"]),
            helper.make_node("Unsqueeze", ["cut", "axis"], ["row"]),  # (n, 1, d)
            helper.make_node("Unsqueeze", ["row", "axis"], ["rows"]),  # (n, 1, 1, d)
        ]
        read = "rows"
        if self.random.shape[1]:
            held["random"] = self.random[:, :, :-1].transpose(0, 2, 1)[None]  # (1, K, d, h)
            held["shift"] = self.random[:, None, :, -1][None]
            nodes += [
                helper.make_node("MatMul", ["rows", "random"], ["mixed"]),  # (n, K, 1, h)
                helper.make_node("Add", ["mixed", "shift"], ["moved"]),
                helper.make_node("Relu", ["moved"], ["features"]),
            ]
            read = "features"
        held["weights"] = self.weights[:, :, :-1].transpose(0, 2, 1)[None]
        held["bias"] = self.weights[:, None, :, -1][None]
        held["two"] = np.array([2])
        nodes += [
            helper.make_node("MatMul", [read, "weights"], ["product"]),  # (n, K, 1, C)
            helper.make_node("Add", ["product", "bias"], ["each"]),
            helper.make_node("Squeeze", ["each", "two"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["proba"], axis=-1),
        ]
        graph = helper.make_graph(
            nodes,
            "softmax",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", len(self.mean)])],
            [helper.make_tensor_value_info("proba", TensorProto.FLOAT, ["n", members, classes])],
            [numpy_helper.from_array(np.ascontiguousarray(one), name) for name, one in held.items()],
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
        onnx.checker.check_model(made)
        with atomic_write(path) as file:
            file.write(made.SerializeToString())
