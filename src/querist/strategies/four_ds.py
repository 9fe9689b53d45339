"""4DS: distance to the boundary, density, distribution and diversity, each with a weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Margin
from querist.errors import InvalidInput
from querist.kernels import Points, mixture
from querist.models import Prediction, take
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["FourDS"]

_SAMPLE = 4096


@named("4ds")
@dataclass(frozen=True)
class FourDS:
    """Four reasons added up: a near boundary, thick data, a part asked too little, unlike the batch.

    The parts of the data are the components of a mixture of Gaussians that is fitted to the pool, so it
    asks in each part its share before it refines.  Prefer it in few dimensions with parts of clear shape,
    and few labels; in many dimensions a mixture says little, and "uherding" or "typiclust" do better.  It
    is seldom compared with since, and its weights have to be chosen.  Scale the features first.  While
    there is no model the first reason is left out.  Needs ``model.proba``.

    Parameters
    ----------
    distance, density, distribution, diversity : float, 0 or more
        What each reason weighs; each is from 0 to 1 before.  The paper lets the third fall as the labels
        come to be spread as the data is; here it stays.
    components : int
        Of the mixture.

    The density is taken per feature (its d-th root), or it would vanish in all but a few places.

    Reitmaier & Sick 2013.
    """

    distance: float = 0.4
    density: float = 0.2
    distribution: float = 0.3
    diversity: float = 0.1
    components: int = 10
    name: ClassVar[str] = "4ds"

    def __post_init__(self) -> None:
        weights = (self.distance, self.density, self.distribution, self.diversity)
        good = all(0 <= one < np.inf for one in weights) and sum(weights) > 0
        if not good or not (isinstance(self.components, int) and self.components >= 1):
            raise InvalidInput(
                f"The weights must be 0 or more, one of them above, and components 1 or more; got {self!r}.",
                mend="Leave them out for the defaults.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates in the order in which they were picked; scores are the sums at their turns."""
        prediction = predicted(snapshot)
        n = max(0, min(n, len(prediction)))
        if not n:
            return proposed(snapshot, prediction.rows[:0])
        space = prediction.space
        fitted = mixture(
            take(space, prediction.sample(_SAMPLE)), self.components, np.random.default_rng(snapshot.seed)
        )
        thick, claims = fitted.shares(prediction.embedding)
        fixed = self.density * np.exp((thick - thick.max()) / max(1, space.shape[1]))
        if snapshot.model is not None:
            fixed = fixed + self.distance * Margin()(prediction)
        asked = np.zeros(len(fitted.weights))
        if len(prediction.taken):
            asked = fitted.shares(take(space, prediction.taken))[1].sum(axis=0)
        picks, scores = self._picked(prediction, n, fixed, (claims, asked, fitted.weights))
        why = "It stands for a part of the data that little was asked about."
        return proposed(snapshot, prediction.rows[picks], scores=scores, why=why)

    def _picked(
        self, prediction: Prediction, n: int, fixed: np.ndarray, parts: tuple[np.ndarray, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        claims, asked, weights = parts
        count = len(prediction.taken)
        near = np.zeros(len(fixed))  # until there is a pick, all are alike
        free = np.ones(len(fixed), dtype=bool)
        picks, scores = np.empty(n, dtype=np.intp), np.empty(n)
        points = Points(prediction.embedding)
        for turn in range(n):
            off = np.abs((asked + claims) / (count + turn + 1) - weights).sum(axis=1) / 2
            sums = fixed + self.distribution * (1 - off) + self.diversity * near / max(near.max(), 1e-300)
            best = np.flatnonzero(free & (sums >= sums[free].max() - 1e-9))  # of equals the lot decides
            pick = int(best[prediction.chance[best].argmax()])
            picks[turn], scores[turn] = pick, sums[pick]
            free[pick] = False
            asked = asked + claims[pick]
            if self.diversity and turn + 1 < n:
                away = _away(points, pick)
                near = away if turn == 0 else np.minimum(near, away)
        return picks, scores

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(distance=0.0, density=1.0, distribution=0.5, diversity=1.0, components=3))


def _away(points: Points, pick: int) -> np.ndarray:
    """The distance of each row from one of them, (k,)."""
    centre = points.centres([pick])
    squared = [points.squared(start, stop, centre)[:, 0] for start, stop in points.blocks(1)]
    return np.asarray(np.sqrt(np.concatenate(squared)), dtype=np.float64)
