"""Ask what would turn the most decisions for the better, by the labels around each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import ParzenWindow, expected_decision_gain, mean_criterion
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.expected_error import (
    best_of,
    check_sub_pool,
    known_classes,
    sub_pool,
    targets_of,
)
from querist.strategies.scored import Scored

__all__ = ["XPal"]


@named("xpal")
@dataclass(frozen=True)
class XPal:
    """Asks the candidate whose label is expected to correct the most decisions of a window classifier.

    Extended probabilistic gain (xPAL): kernel frequencies with a Dirichlet prior tell how likely each
    answer is and what is decided elsewhere before and after it.  Unlike "mcpal" it looks at the very rows
    whose decision would turn, not only at how dense the pool is; unlike "expected_error_reduction" its
    own certainty does not fool it.  Prefer it with few labels in few dimensions, one question at a time;
    scale the features first.  Of the model it reads the classes and ``model.embed`` alone; cold it draws
    by lot.

    Parameters
    ----------
    prior : float
        What each class weighs before any label; small, so that a label decides where there was none.
    radius : float, optional
        The width of the window; by the mean criterion if not given.
    among, targets : int
        How many candidates are weighed, on how many unlabelled rows; both by lot.

    Kottke, Herde, Sandrock, Huseljic, Krempl & Sick 2021.
    """

    prior: float = 1e-3
    radius: float | None = None
    among: int = 1000
    targets: int = 1000
    name: ClassVar[str] = "xpal"

    def __post_init__(self) -> None:
        check_sub_pool("parzen", self.among, self.targets)
        if not 0 < self.prior < np.inf or not (self.radius is None or 0 < self.radius < np.inf):
            raise InvalidInput(
                f"prior and radius must be above 0; got {self.prior!r} and {self.radius!r}.",
                mend="Leave them out for what suits most pools.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates whose label should correct most; scores are the mean gains in accuracy."""
        rows, space, wanted, prediction = sub_pool(snapshot, n, self.among, self.targets)
        if space is None:
            return Scored().propose(snapshot, n)
        known, labels = known_classes(snapshot)
        window = ParzenWindow(
            space,
            known,
            labels,
            classes=len(snapshot.model.classes),
            radius=self.radius or mean_criterion(space, len(known)),
            prior=self.prior,
        )
        gains = expected_decision_gain(window, wanted, targets_of(rows, wanted))
        return best_of(snapshot, prediction, gains, n, "Its answer should correct what is said of others.")

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(prior=0.5, radius=1.5, among=40, targets=25))
