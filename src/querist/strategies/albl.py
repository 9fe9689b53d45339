"""Active learning by learning: a bandit that follows the strategy whose questions pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import exp4p_chances, exp4p_weights, importance_weighted_accuracy
from querist.models import take
from querist.specs import named
from querist.strategies.advice import answered, checked_arms, dealt, proposal_of
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["Albl", "check_bandit"]


@named("albl")
@dataclass(frozen=True)
class Albl:
    """Follows several strategies by turns, the one whose questions made the model better more often.

    Active learning by learning: EXP4.P over the arms and one more that draws at random; the reward is the
    accuracy on the whole pool, estimated from the answers so far, each weighed by 1 / the chance that its
    question had.  Prefer it where you cannot tell which strategy suits, and every question should keep a
    chance for honest estimates.  The exploring costs: in published tables and in ours it stays below its
    best arm (the manual, page "Automatic choice, measured"), so take one strategy where you trust it.

    Its state is in the notes of its own questions, which the campaign hands back: without them (``choose``)
    every call is a first one.

    Parameters
    ----------
    arms : strategies, or what :func:`querist.strategies.as_strategy` takes; two or more
    horizon : int
        How many questions there will be: the paper's T, which sets how much is explored.
    delta : float in (0, 1)
        How likely the bound of EXP4.P may fail; smaller explores longer.
    floor : float, optional
        The least chance of each arm; sqrt(ln k / (k T)) if not given, k with the random one.
    uniform : bool
        Whether one more arm draws at random.

    The paper may draw an item again whose label is known, at no cost; here what is drawn is asked.  A batch
    is dealt with the same weights, and its answers count together.

    Hsu & Lin 2015; Beygelzimer et al. 2011 (EXP4.P).
    """

    arms: Any = ("margin", "k_center", "graph_density")
    horizon: int = 100
    delta: float = 0.1
    floor: float | None = None
    uniform: bool = True
    name: ClassVar[str] = "albl"

    def __post_init__(self) -> None:
        object.__setattr__(self, "arms", checked_arms(self.arms, least=2 - bool(self.uniform)))
        check_bandit(self.horizon, "delta", self.delta)
        if self.floor is not None and not 0 < self.floor <= 1 / self._experts:
            raise InvalidInput(
                f"floor must be above 0 and at most 1 / {self._experts} for {self._experts} arms;"
                f" got {self.floor!r}.",
                mend="Leave it out for the paper's.",
            )

    @property
    def _experts(self) -> int:
        return len(self.arms) + bool(self.uniform)

    @property
    def _floor(self) -> float:
        k = self._experts
        return (
            min(1 / k, float(np.sqrt(np.log(k) / (k * self.horizon)))) if self.floor is None else self.floor
        )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates, each by the arm that the lot fell on; scores are that arm's."""
        n = max(0, min(n, len(snapshot.candidates)))
        if not n:
            return proposed(snapshot, snapshot.candidates[:0])
        turn, weights = self._learnt(snapshot)
        chances = exp4p_chances(weights, self._floor)
        picks = list(dealt(snapshot, [arm.propose(snapshot, n) for arm in self.arms], chances, n))
        left = len(snapshot.candidates)
        notes = [
            {
                "albl": {
                    "arms": self._experts,
                    "turn": turn + 1,
                    "weights": weights.tolist(),
                    "advised": self._advised(pick.by, left - place),
                    "chance": pick.chance,
                }
            }
            for place, pick in enumerate(picks)
        ]
        return proposal_of(picks, notes)

    def _advised(self, by: list[int], left: int) -> list[float]:
        """What chance each expert gave to an item: the arms all or nothing, the random one its share."""
        arms = [float(arm in by) for arm in range(len(self.arms))]
        return [*arms, 1 / left] if self.uniform else arms

    def _learnt(self, snapshot: Snapshot) -> tuple[int, np.ndarray]:
        """The number of the last turn that has answers, and the weights after them."""
        past = answered(snapshot, self.name, self._experts)
        if not past:
            return 0, np.ones(self._experts)
        turn = max(note["turn"] for _, note in past)
        last = [note for _, note in past if note["turn"] == turn]
        weights = np.array(last[0]["weights"], dtype=np.float64)
        if not hasattr(snapshot.model, "predict"):
            return turn, weights
        rows = snapshot.pool.rows([item for item, _ in past])
        said = snapshot.model.predict(take(predicted(snapshot).x, rows))
        reward = importance_weighted_accuracy(
            [bool(one == snapshot.labels[item]) for one, (item, _) in zip(said, past, strict=True)],
            [note["chance"] for _, note in past],
            rows=len(snapshot.labels) + len(snapshot.candidates),
            horizon=self.horizon,
        )
        for note in last:
            weights = exp4p_weights(
                weights,
                note["advised"],
                note["chance"],
                reward,
                floor=self._floor,
                horizon=self.horizon,
                delta=self.delta,
            )
        return turn, weights

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(("margin", "random"), horizon=20, delta=0.5, floor=0.25, uniform=False))


def check_bandit(horizon: int, name: str, share: float) -> None:
    """Raise InvalidInput unless the horizon is a number of questions and ``share`` lies between 0 and 1."""
    if not (isinstance(horizon, int) and horizon >= 1):
        raise InvalidInput(
            f"horizon must be a whole number of 1 or more; got {horizon!r}.",
            mend="It is how many questions you mean to ask.",
        )
    if not 0 < share < 1:
        raise InvalidInput(f"{name} must be between 0 and 1; got {share!r}.", mend="Leave it out.")
