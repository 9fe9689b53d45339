"""Worth by how near the decision boundary is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["Boundary"]


@named("boundary")
@dataclass(frozen=True)
class Boundary(Acquisition):
    """1 / (1 + distance to the decision boundary): asks where a little would turn the decision.

    For models that decide without probabilities, such as ``LinearSVC``; where there are probabilities
    ``Margin`` does the same and is comparable between models.  Needs ``model.decision``.

    Parameters
    ----------
    of : "leaders" or "any"
        The boundary between the two leading classes, or the nearest of the boundaries of one class
        against the rest (a row far inside its class may be near the boundary of two others).

    Tong & Koller 2001 (simple margin); Schohn & Cohn 2000.
    """

    of: str = "leaders"
    reason: ClassVar[str] = "It is close to where the model's decision turns."
    needs: ClassVar[frozenset[str]] = frozenset({"decision"})  # type: ignore[misc]

    def __post_init__(self) -> None:
        if self.of not in ("leaders", "any"):
            raise InvalidInput(f"There is no boundary of {self.of!r}.", mend="Use 'leaders' or 'any'.")

    def __call__(self, prediction: Any) -> np.ndarray:
        scores: np.ndarray = 1 / (1 - kernels.boundary(prediction.decision, of=self.of))
        return scores

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls("any"))
