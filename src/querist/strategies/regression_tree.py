"""Ask in the leaves of a tree that hold many items and labels that differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Random
from querist.errors import InvalidInput
from querist.kernels import leaf_turns
from querist.models import require
from querist.selection import KCenter, Selector, Top
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.narrowing import narrowed
from querist.strategies.scored import Scored, predicted, proposed

__all__ = ["RegressionTree"]


@named("regression_tree")
@dataclass(frozen=True)
class RegressionTree:
    """Deals the questions to the leaves of the model's tree: to large ones whose labels differ most.

    For numbers that depend on a few features in steps, and for a tree that you want in the end.  Prefer "igs"
    or "predictive_variance" with smooth models.  The tree is the model itself,
    ``DecisionTreeRegressor(min_samples_leaf=5)`` alone or at the end of a pipeline: grown until each leaf
    holds one label, it has no variance to go by and the leaves are asked by their size.  Of a tree that
    classifies, the variance is Gini's.  Needs ``model.leaves``; while there is no model, or all labels are
    alike, it asks by the selector alone.

    Parameters
    ----------
    selector : Selector
        Who is asked within a leaf: ``Top()`` by lot, ``KCenter()`` far from all that is labelled,
        ``KMeans()`` in the middle of groups.  The paper tries all three.

    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from querist.data import Pool
    >>> from querist.models import as_model
    >>> x, y = np.arange(12.0)[:, None], {0: 0.0, 1: 0.0, 10: 5.0, 11: 9.0}
    >>> model = as_model(DecisionTreeRegressor(max_depth=1)).fitted(x[list(y)], list(y.values()))
    >>> all(row > 5 for row in RegressionTree().propose(Snapshot(Pool(x), labels=y, model=model), 3).ids)
    True

    Jose, de Mendonca, Devijver, Jakse, Monbet & Poloni 2023.
    """

    selector: Selector = field(default_factory=Top)
    name: ClassVar[str] = "regression_tree"

    def __post_init__(self) -> None:
        if not isinstance(self.selector, Selector):
            raise InvalidInput(
                f"selector must be a selector; got {self.selector!r}.", mend="Write for example KCenter()."
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates; scores are the standard deviations of the labels in their leaves."""
        inside = Scored(Random(), self.selector)
        alike = len({str(value) for value in snapshot.labels.values()}) < 2
        if snapshot.model is None or alike or n <= 0:
            return inside.propose(snapshot, n)
        prediction = predicted(snapshot)
        if not len(prediction):
            return proposed(snapshot, prediction.rows)
        require(prediction.model, "leaves", by="RegressionTree")
        names, of = np.unique(prediction.leaves, return_inverse=True)
        spread = _variances(snapshot, names)
        turns = leaf_turns(np.bincount(of, minlength=len(names)), spread, n)
        rows, chances = np.empty(len(turns), dtype=np.intp), np.empty(len(turns))
        for leaf in np.unique(turns):
            here = np.flatnonzero(turns == leaf)
            picks = inside.propose(narrowed(snapshot, prediction.rows[of == leaf]), len(here))
            rows[here], chances[here] = snapshot.pool.rows(picks.ids), picks.probabilities
        scores = np.sqrt(spread[turns])
        why = "Labels differ most among items like it."
        return proposed(snapshot, rows, scores=scores, probabilities=chances, why=why)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(KCenter()))


def _variances(snapshot: Snapshot, names: np.ndarray) -> np.ndarray:
    """The variance of the labels in each of some leaves, (leaves,); 0 where there is none."""
    known = predicted(snapshot, snapshot.labelled).leaves
    values = np.array(list(snapshot.labels.values()))
    spread = np.zeros(len(names))
    for place, leaf in enumerate(names):
        inside = values[known == leaf]
        if hasattr(snapshot.model, "classes"):
            _, counts = np.unique(inside, return_counts=True)
            spread[place] = 1 - np.square(counts / max(len(inside), 1)).sum() if len(inside) else 0.0
        elif len(inside):
            spread[place] = inside.astype(np.float64).var()
    return spread
