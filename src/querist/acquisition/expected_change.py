"""Worth by how far a label is expected to move the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["ExpectedGradientLength", "ExpectedModelChange"]


@named("expected_gradient_length")
@dataclass(frozen=True)
class ExpectedGradientLength(Acquisition):
    """How long a step of the last layer the label is expected to make: asks what would move the model most.

    The expected length of the gradient of the log loss, for a softmax over what ``model.embed`` gives
    (over the features, where it has no such method).  Prefer it with networks whose last layer is
    trained on; with vectors of length one it is a kind of uncertainty, between ``LeastConfidence`` and
    ``Entropy``.  Do not use it on features that are not scaled: it asks the longest rows, outliers
    first.  Needs ``model.proba``.

    Settles, Craven & Ray 2008; Zhang, Lease & Wallace 2017 (one layer).
    """

    reason: ClassVar[str] = "Its answer would change the model much."

    def __call__(self, prediction: Any) -> np.ndarray:
        if not len(prediction):
            return np.empty(0)
        return kernels.expected_gradient_length(prediction.proba, prediction.space, rows=prediction.rows)


@named("expected_model_change")
@dataclass(frozen=True)
class ExpectedModelChange(Acquisition):
    """How far the members of a committee are from their mean, times the length of the features.

    Expected model change maximisation (EMCM): the step of a linear regression if the answer were what
    one member says, averaged.  Prefer it for regression with linear models; ``PredictiveVariance``
    where long rows are no more interesting than short ones.  Scale the features first.  With a
    classifier the distance is that of probabilities.  Needs ``model.draws``: ``Bagging(Ridge())``.

    Parameters
    ----------
    members : int
        How many members of the committee are asked; a smaller one is asked whole.

    Cai, Zhang & Zhou 2013.
    """

    members: int = 10
    reason: ClassVar[str] = "Its answer would change the model much."
    needs: ClassVar[frozenset[str]] = frozenset({"draws"})  # type: ignore[misc]

    def __post_init__(self) -> None:
        if self.members < 2:
            raise InvalidInput(
                f"A committee of {self.members} is always at its mean.", mend="Ask two members or more."
            )

    def __call__(self, prediction: Any) -> np.ndarray:
        if not len(prediction):
            return np.empty(0)
        apart = prediction.from_draws(kernels.expected_model_change, self.members)
        scores: np.ndarray = apart * kernels.lengths(prediction.space, rows=prediction.rows, bias=True)
        return scores

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls(members=3))
