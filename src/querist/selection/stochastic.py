"""Batches drawn by lot, the better the likelier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import gumbel_top
from querist.selection.contract import Selection, Selector
from querist.specs import named

__all__ = ["Stochastic"]

_KINDS = ("power", "softmax", "rank")


@named("stochastic")
@dataclass(frozen=True)
class Stochastic(Selector):
    """Draws the batch without replacement, each candidate by a chance that rises with its score.

    With ``Bald()`` it is PowerBALD, with ``Margin()`` power margin.  Prefer it to ``Top`` for batches:
    the best ten by score tend to be one question ten times, and this costs nothing, needs no geometry
    and keeps the chance of every pick for weighted estimates.  Where items have places, a selector
    that spreads does better still.

    Parameters
    ----------
    kind : "power", "softmax" or "rank"
        The chance goes with score ** beta (scores of 0 or more; a score of 0 waits until nothing else
        is left), with exp(beta * score), or with (place in the order) ** -beta, which minds no units.
    beta : float, 0 or more
        0 draws uniformly, much is ``Top``.

    The lot of an item depends on the seed and its id alone.

    >>> from querist.acquisition import Bald
    >>> from querist.strategies import Scored
    >>> Scored(Bald(), Stochastic()).selector
    Stochastic(kind='power', beta=1.0)

    Kirsch, Farquhar, Atighehchian, Jesson, Branchaud-Charron & Gal 2023 (stochastic batch acquisition);
    Gumbel top-k: Kool, van Hoof & Welling 2019.
    """

    kind: str = "power"
    beta: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise InvalidInput(
                f"There is no lottery of the kind {self.kind!r}.", mend="Use 'power', 'softmax' or 'rank'."
            )
        if not 0 <= self.beta < np.inf:
            raise InvalidInput(f"beta must be 0 or more; got {self.beta!r}.", mend="1 is the papers' choice.")

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        logs = self._logs(np.asarray(scores, dtype=np.float64))
        return Selection(*gumbel_top(logs, n, prediction.chance))

    def _logs(self, scores: np.ndarray) -> np.ndarray:
        """The logarithm of what the chance of each goes with; minus infinity waits for the others."""
        if self.kind == "softmax" or not len(scores):
            return self.beta * scores
        if self.kind == "rank":
            _, group, size = np.unique(-scores, return_inverse=True, return_counts=True)
            return -self.beta * np.log(np.cumsum(size) - (size - 1) / 2)[group]
        if scores.min() < 0:
            raise InvalidInput(
                f"Scores go down to {scores.min():.4g}, which has no power.",
                mend="Use kind='softmax' or 'rank', or an acquisition that is 0 or more.",
            )
        if self.beta == 0:
            return np.zeros(len(scores))
        with np.errstate(divide="ignore"):
            return np.asarray(self.beta * np.log(scores))

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls("softmax", 0.5), cls("rank", 3.0))
