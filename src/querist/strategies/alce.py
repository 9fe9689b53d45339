"""ALCE: ask what lies farthest from every class, where distances between classes are costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.acquisition.expected_cost import check_costs, cost_matrix
from querist.bounds import check_above, check_whole
from querist.errors import InvalidInput
from querist.kernels import cost_embedding
from querist.selection import Selector, Top
from querist.selection.subpool import median_distance
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["Alce"]


@named("alce")
@dataclass(frozen=True)
class Alce:
    """Asks what lies farthest from every class, where classes are as far apart as mistaking them costs.

    It brings its own regression, from features to the places of the classes, in closed form, and reads
    none of your model but an embedding: prefer it where some mistakes cost far more than others and
    probabilities are not calibrated.  Prefer ``ExpectedCost`` where they are, and "margin" where all
    mistakes cost the same.  Each item is reckoned alone: take a selector that spreads for batches.

    The mean of the costs in both directions is embedded, by classical scaling, with costs as squared
    distances; the paper tells the directions apart and keeps only their order.

    Parameters
    ----------
    costs : (true class, class said, cost) triples
        As in ``ExpectedCost``: a mistake that is not named costs 1.
    selector : Selector
    similarity : "linear" or "gaussian"
        Of the regression; a million items take seconds with the first, minutes with the second.
    radius : float, optional
        How far a label speaks, for "gaussian"; the median distance of the pool if not given.
    noise : float
        The regularisation.
    latest : int
        How many labels, the latest, are read.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [1.0], [2.0], [3.0], [4.0]])
    >>> Alce(noise=0.01).propose(Snapshot(pool, labels={0: "no", 4: "yes"}), 1).ids
    [2]

    Huang & Lin 2016.
    """

    costs: tuple[tuple[Any, Any, float], ...] = ()
    selector: Selector = field(default_factory=Top)
    similarity: str = "linear"
    radius: float | None = None
    noise: float = 1.0
    latest: int = 2048
    name: ClassVar[str] = "alce"

    def __post_init__(self) -> None:
        check_costs(self.costs)
        check_above(self.radius, "radius", optional=True)
        check_above(self.noise, "noise")
        check_whole(latest=self.latest)
        if not isinstance(self.selector, Selector):
            raise InvalidInput(
                f"selector must be a selector; got {self.selector!r}.", mend="Write for example KCenter()."
            )
        if self.similarity not in ("gaussian", "linear"):
            raise InvalidInput(
                f"There is no similarity {self.similarity!r}.", mend="Use 'gaussian' or 'linear'."
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates by the selector; scores are the distances to the nearest class."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        scores = np.zeros(len(prediction))
        values = list(snapshot.labels.values())[-self.latest :]
        classes = list(dict.fromkeys([*getattr(snapshot.model, "classes", ()), *snapshot.labels.values()]))
        if values:
            place = {value: i for i, value in enumerate(classes)}
            scores = cost_embedding(
                prediction.space,
                cost_matrix(self.costs, classes),
                labelled=prediction.labelled[-self.latest :],
                of=[place[value] for value in values],
                rows=prediction.rows,
                similarity=self.similarity,
                radius=self.radius or (median_distance(prediction) if self.similarity == "gaussian" else 1.0),
                noise=self.noise,
            )
        chosen = self.selector.select(scores, prediction, n)
        return proposed(
            snapshot,
            prediction.rows[chosen.positions],
            scores=scores[chosen.positions],
            probabilities=chosen.probabilities,
            why="Whatever is said of it may cost much.",
        )

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        from querist.selection import KCenter

        costs = (("a", "b", 5.0), ("c", "a", 0.5))
        return (cls(), cls(costs, KCenter(among=3), "gaussian", radius=2.0, noise=0.1, latest=8))
