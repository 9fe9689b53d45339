"""Ask what would make the model's probabilities vary least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.bounds import check_above
from querist.kernels import variance_reduction
from querist.models import closed_form
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.expected_error import best_of, check_sub_pool, sub_pool, targets_of
from querist.strategies.scored import Scored, predicted

__all__ = ["VarianceReduction"]

_WIDEST = 1200  # coefficients whose information is inverted: 11 MB a matrix


@named("variance_reduction")
@dataclass(frozen=True)
class VarianceReduction:
    """Asks the candidate whose label should make the model's probabilities vary least over the pool.

    A-optimal design for logistic regression over ``model.embed`` (or the features): unlike a margin it
    counts how many rows share the direction that a candidate would settle.  Prefer it for logistic
    regression in up to some dozen dimensions, one question at a time; with more coefficients than 1,200
    only the leading principal directions of the features are counted.  A batch is the n best, each
    reckoned alone.  Needs ``model.proba``; cold it draws by lot.

    Parameters
    ----------
    penalty : float, optional
        The weight of half the squared length of the coefficients; that of the model where it is a
        logistic regression, else 1.
    among, targets : int
        How many candidates are weighed, for how many unlabelled rows; both by lot.

    Cohn, Ghahramani & Jordan 1996; Schein & Ungar 2007.
    """

    penalty: float | None = None
    among: int = 1000
    targets: int = 1000
    name: ClassVar[str] = "variance_reduction"

    def __post_init__(self) -> None:
        check_sub_pool("auto", self.among, self.targets)
        check_above(self.penalty, "penalty", optional=True, mend="Leave it out for the model's.")

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates that steady most; scores are the mean variances that they take away."""
        rows, space, wanted, prediction = sub_pool(snapshot, n, self.among, self.targets)
        if space is None:
            return Scored().propose(snapshot, n)
        settings = closed_form(snapshot.model)[1]
        gains = variance_reduction(
            _leading(space, _WIDEST // max(1, len(snapshot.model.classes)) - 1),
            predicted(snapshot, rows).proba,
            known=np.arange(len(snapshot.labelled)),
            candidates=wanted,
            targets=targets_of(rows, wanted),
            penalty=self.penalty or settings.get("penalty", 1.0),
            intercept=settings.get("intercept", True),
        )
        return best_of(snapshot, prediction, gains, n, "Its answer would steady what is said of others.")

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(penalty=0.1, among=40, targets=25))


def _leading(x: Any, width: int) -> Any:
    """The features, or where they are more than ``width`` their leading principal directions."""
    width = min(max(1, width), x.shape[0])
    if x.shape[1] <= width:
        return x
    drawn = np.random.default_rng(0).standard_normal((x.shape[1], width))
    for _ in range(3):  # a subspace iteration: no table wider than ``width`` is made
        drawn = np.linalg.qr(np.asarray(x.T @ np.asarray(x @ drawn)))[0]
    return np.asarray(x @ drawn)
