"""The gate on a small device: a frozen model and a budget manager, with NumPy alone.

Neither scikit-learn nor a compiler is needed, nor loaded: the model is plain weights, or an ONNX file (then
with onnxruntime), and the gate is the very source that is compiled elsewhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from querist.data.files import atomic_write
from querist.errors import InvalidInput, MissingExtra, NotFitted, SourceError
from querist.kernels.stream_gates import KINDS
from querist.kernels.stream_scores import SCORES, judge
from querist.models.online import OnlineSoftmax
from querist.specs import from_spec, to_spec
from querist.streams.contract import CompiledGate
from querist.streams.decision import Decision
from querist.streams.frozen import FrozenSoftmax
from querist.streams.learner import StreamLearner
from querist.streams.strategy import as_stream_strategy

__all__ = ["EdgeGate", "onnx_model"]

Draws = Callable[[np.ndarray], np.ndarray]


class EdgeGate:
    """Decides where the items are made, with a model that learns nothing; labels are for whoever trained it.

    Make one from a learner (:meth:`of`), save it, and open it on the device (:meth:`open`); or give a model
    of your own.  What was spent of the budget goes on from where the learner stood.

    Parameters
    ----------
    draws : function
        A row (d,) -> (K, C) probabilities of K members (one, where it is no committee).
    classes : values
    strategy : whatever :func:`querist.streams.as_stream_strategy` takes
    budget : float, optional
    width : int, optional
        How many numbers an item has; told by the first one when left out.
    seed : int

    >>> learner = StreamLearner(OnlineSoftmax(), budget=0.5)
    >>> for i in range(60):
    ...     decision = learner.see([i % 2, 1.0])
    ...     if decision.ask:
    ...         learner.tell(decision, "odd" if i % 2 else "even")
    >>> gate = EdgeGate.of(learner)
    >>> gate.see([1.0, 1.0]).predicted
    'odd'
    """

    def __init__(
        self,
        draws: Draws,
        classes: Sequence[Any],
        strategy: Any = "default",
        *,
        budget: float | None = None,
        width: int | None = None,
        seed: int = 0,
    ) -> None:
        self.draws = draws
        self.classes = tuple(classes)
        self.strategy = as_stream_strategy(strategy, budget=budget)
        if self.strategy.score == "probabilistic":
            raise InvalidInput(
                "The score 'probabilistic' reads labelled rows, which a frozen model has not.",
                mend="Use 'margin' or another score.",
            )
        if self.strategy.density is not None:
            raise InvalidInput("A gate on a device keeps no window of items.", mend="Leave the density out.")
        self.gate: Any = self.strategy.manager.begin(seed)
        self.width = width
        self.seen = 0
        self.asked = 0
        self._score = SCORES[self.strategy.score]

    @classmethod
    def of(cls, learner: StreamLearner) -> EdgeGate:
        """A gate with the learner's model as it is now, frozen, and its gate as it stands."""
        if not isinstance(learner.model, OnlineSoftmax) or learner.cold:
            raise NotFitted(
                f"There is nothing to freeze: {learner!r} with {learner.model!r}.",
                mend="Freeze a learner with an OnlineSoftmax that has learned labels of two classes.",
            )
        frozen = FrozenSoftmax.of(learner.model)
        made = cls(frozen, frozen.classes, learner.strategy, width=learner.model.width)
        made.gate = CompiledGate(learner.gate.kind, learner.gate.options, learner.gate.state.copy())
        made.seen, made.asked = learner.seen, learner.asked
        return made

    def see(self, x: Any) -> Decision:
        """Decide whether to ask about one item (d,); as :meth:`StreamLearner.see`, with nothing to tell."""
        row = np.array(x, dtype=np.float64)
        if row.ndim != 1 or not np.isfinite(row).all() or (self.width is not None and len(row) != self.width):
            raise InvalidInput(
                f"An item is a vector of {self.width or 'some'} finite numbers; got {x!r}.",
                mend="Leave it out.",
            )
        self.width = len(row)
        draws = np.asarray(self.draws(row), dtype=np.float64)
        score, likeliest, _ = judge(self._score, draws)
        ask, bar, chance = self.gate(score, False, False)
        number = self.seen
        self.seen += 1
        self.asked += bool(ask)
        best = self.classes[likeliest]
        return Decision(bool(ask), float(score), float(bar), number, float(chance), best)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it into one file, whole or not at all: weights, gate, and what was spent."""
        if not isinstance(self.draws, FrozenSoftmax):
            raise InvalidInput(
                f"{self.draws!r} cannot be written as weights.", mend="Save your model; make the gate anew."
            )
        told = {
            "classes": list(self.classes),
            "strategy": to_spec(self.strategy),
            "counts": [self.width, self.seen, self.asked],
        }
        words = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
        with atomic_write(path) as file:
            whole: dict[str, Any] = {"told": words, "gate": self.gate.state, **self.draws.arrays()}
            np.savez(file, **whole)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> EdgeGate:
        """The gate in a file."""
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as held:
                arrays = dict(held)
            told = json.loads(arrays.pop("told").tobytes())
            state = arrays.pop("gate")
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise SourceError(
                f"{os.fspath(path)} holds no gate that can be read ({error}).",
                mend="Write it anew, with EdgeGate.of(learner).save(path).",
            ) from error
        width, seen, asked = told["counts"]
        frozen = FrozenSoftmax(classes=tuple(told["classes"]), **arrays)
        made = cls(frozen, told["classes"], from_spec(told["strategy"]), width=width)
        made.gate = CompiledGate(KINDS[made.strategy.manager.kind], made.gate.options, state)
        made.seen, made.asked = seen, asked
        return made


def onnx_model(path: str | os.PathLike[str]) -> Draws:
    """The probabilities of an ONNX file, by onnxruntime: a row (d,) -> (K, C).

    The file's last output is (n, C), or (n, K, C) for a committee, as
    :meth:`~querist.streams.frozen.FrozenSoftmax.write_onnx` writes it.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra(
            "ONNX files are run by onnxruntime, which is not installed.",
            mend="Install it: pip install 'querist[streams]'.",
        ) from error
    session = onnxruntime.InferenceSession(os.fspath(path), providers=["CPUExecutionProvider"])
    name, output = session.get_inputs()[0].name, session.get_outputs()[-1].name

    def draws(row: np.ndarray) -> np.ndarray:
        said = session.run([output], {name: row[None].astype(np.float32)})[0]
        said = np.asarray(said, dtype=np.float64)[0]
        return np.atleast_2d(said)

    return draws
