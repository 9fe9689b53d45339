"""Batches whose labels together tell most of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.acquisition import Bald
from querist.errors import InvalidInput
from querist.kernels import bald, batch_bald, gumbel_top, top
from querist.models import Prediction
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import Scored, predicted, proposed

__all__ = ["BatchBald"]

_FIRST = 4096  # candidates whose draws are held at first
_LITTLE = 0.1
_TOGETHER = "Together with the others it tells most of the model."


@named("batch_bald")
@dataclass(frozen=True)
class BatchBald:
    """Asks the rows whose labels together tell most of the model: BALD for batches.

    Each next pick is the one that adds most to what the labels before it would tell, those of items
    that are out included, so that twins are not asked together.  All labels together tell members apart
    and no more, log(members): once a pick adds less than a tenth of what it would tell alone, the
    committee is told apart, and the rest of the batch is drawn by lot, each by what it would tell alone.

    Prefer it for batches of 5 to 20 with a good posterior (a forest, ``Bagging`` of 20 or more); for
    larger ones ``Scored(Bald(), Stochastic())`` is as good and far cheaper; one at a time it is
    ``Bald()``.  Needs ``model.draws``; cold it draws by lot.

    Parameters
    ----------
    members : int
        How many of the committee are asked; a smaller one is asked whole.
    configurations : int
        How many joint labels are kept: exact while C^|batch| is no more, then drawn.

    Memory: the draws of some thousand candidates.  A row's own BALD bounds what it can add, so the
    rest is read in blocks, and fetched only where its bound reaches the picks.

    Kirsch, van Amersfoort & Gal 2019.
    """

    members: int = 20
    configurations: int = 10_000
    name: ClassVar[str] = "batch_bald"

    def __post_init__(self) -> None:
        if self.members < 2 or self.configurations < 1000:
            raise InvalidInput(
                f"{self.members} members and {self.configurations} configurations are too few.",
                mend="Give 2 members or more and 1,000 configurations or more.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates that together tell most, in greedy order."""
        prediction = predicted(snapshot)
        n = max(0, min(n, len(prediction)))
        if snapshot.model is None or not n:
            return Scored().propose(snapshot, n)
        out = np.setdiff1d(prediction.taken, prediction.labelled)
        alone = prediction.from_draws(bald, self.members).astype(np.float64)
        picks, gains = self._picks(prediction, n, prediction.draws(self.members, rows=out), alone)
        rest, others = n - len(picks), np.delete(np.arange(len(alone)), picks)
        with np.errstate(divide="ignore"):
            drawn, chances = gumbel_top(np.log(alone[others]), rest, prediction.chance[others])
        return proposed(
            snapshot,
            prediction.rows[np.concatenate([picks, others[drawn]])],
            scores=np.concatenate([gains, np.zeros(rest)]),
            probabilities=np.concatenate([np.ones(len(picks)), chances]),
            why=[_TOGETHER] * len(picks) + [Bald.reason] * rest,
        )

    def _picks(
        self, prediction: Prediction, n: int, given: Any, alone: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions and gains of the picks that add something.

        From as few candidates as bear the proof that no other adds more.
        """
        most = max(_FIRST, 4 * n)
        while True:
            near = np.sort(top(alone, most, ties=prediction.chance))
            rows, gains = batch_bald(
                prediction.draws(self.members, rows=prediction.rows[near]),
                n,
                given=given,
                configurations=self.configurations,
                rng=np.random.default_rng(prediction.seed),
                ties=prediction.chance[near],
            )
            little = gains <= _LITTLE * alone[near[rows]]
            told = int(np.argmax(little)) if little.any() else n
            beyond = np.delete(alone, near).max(initial=-np.inf)
            if gains[:told].min(initial=np.inf) >= beyond - 1e-6:  # the rounding of float32
                return near[rows[:told]], gains[:told]
            most *= 4

    @classmethod
    def examples(cls) -> tuple[BatchBald, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(members=5, configurations=1000))
