"""Ask what would change most of what the model says of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from querist.errors import InvalidInput
from querist.kernels import expected_output_change
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.expected_error import (
    answers_of,
    best_of,
    check_sub_pool,
    future_model,
    sub_pool,
    targets_of,
)
from querist.strategies.scored import Scored

__all__ = ["ExpectedOutputChange"]


@named("expected_output_change")
@dataclass(frozen=True)
class ExpectedOutputChange:
    """Asks the candidate whose label is expected to change most what the model says of the pool.

    Expected model output change (EMOC), or with "kl" the maximisation of the divergence of the new
    predictions from the old.  As "expected_error_reduction" no model is trained, and each hypothetical
    label is taken in by the closed form of the model.  Prefer it where the model may be confidently
    wrong: an answer that overturns much is worth as much as one that confirms it, where expected error
    shies away from it.  For one question at a time.  Needs ``model.proba``; cold it draws by lot.

    Parameters
    ----------
    change : "kl" or "absolute"
        The divergence of the new from the old, or sum_c |new_c - old_c|, which one row that turns from
        certain to certain cannot dominate.
    updates : "auto", "least_squares", "logistic", "naive_bayes", "nearest" or "parzen"
        How the hypothetical label is taken in; "auto" fits the model, with a Parzen window for the rest.
    among, targets : int
        How many candidates are weighed, on how many unlabelled rows; both by lot.

    Elreedy, Atiya & Shaheen 2019 (KL); Freytag, Rodner & Denzler 2014; Käding et al. 2018 (EMOC).
    """

    change: str = "absolute"
    updates: str = "auto"
    among: int = 1000
    targets: int = 1000
    name: ClassVar[str] = "expected_output_change"

    def __post_init__(self) -> None:
        check_sub_pool(self.updates, self.among, self.targets)
        if self.change not in ("kl", "absolute"):
            raise InvalidInput(f"There is no change {self.change!r}.", mend="Use 'kl' or 'absolute'.")

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates whose label should change most; scores are the mean changes."""
        rows, space, wanted, prediction = sub_pool(snapshot, n, self.among, self.targets)
        if space is None:
            return Scored().propose(snapshot, n)
        moved = expected_output_change(
            future_model(snapshot, self.updates, rows, space),
            wanted,
            targets_of(rows, wanted),
            proba=answers_of(snapshot, rows[wanted]),
            change=self.change,
        )
        return best_of(snapshot, prediction, moved, n, "Its answer would change what is said of others.")

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls("kl", "nearest", among=40, targets=25))
