"""Scores and geometry in, n candidates out."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

__all__ = ["Selection", "Selector"]


@dataclass(frozen=True)
class Selection:
    """Which candidates were selected, best first, and with what chance each at its turn.

    ``positions`` count from 0 among the candidates of the prediction: ``prediction.rows[positions]``
    are rows of the pool.
    """

    positions: np.ndarray
    probabilities: np.ndarray


class Selector(abc.ABC):
    """Chooses ``n`` of the candidates by their scores and by where they are.

    A selector returns distinct candidates, all there are when fewer remain, and changes nothing.
    """

    name: ClassVar[str] = ""

    @abc.abstractmethod
    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        """The selected candidates with their chances."""

    def __call__(self, scores: np.ndarray, prediction: Any, n: int) -> np.ndarray:
        """The positions of the selected candidates alone, best first."""
        return self.select(scores, prediction, n).positions

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        """Instances on which the laws are checked."""
        return (cls(),)
