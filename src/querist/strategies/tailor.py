"""Thompson sampling over strategies: each has a posterior of how useful its questions are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import thompson_chances
from querist.models.estimator import plain
from querist.specs import named
from querist.strategies.advice import answered, checked_arms, dealt, proposal_of, said_of
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import proposed

__all__ = ["Tailor"]


@named("tailor")
@dataclass(frozen=True)
class Tailor:
    """Follows each strategy as often as it is likely to be the best, by what its answers brought.

    Thompson sampling: an arm's usefulness has a Beta posterior, made of the answers to its questions.  An
    answer is worth ``balance`` times how rare its class was among the labels before it, and the rest
    times whether it was news, the model having said otherwise.  Prefer it where classes are unbalanced and
    the rare ones matter, which is what the reward is for; prefer margin where they are balanced.

    Every arm that would have asked the same question at that turn learns from its answer.  The state is in
    the notes of its own questions, which the campaign hands back: without them (``choose``) every call is
    a first one.

    Parameters
    ----------
    arms : strategies, or what :func:`querist.strategies.as_strategy` takes; two or more
    balance : float from 0 to 1
        What rareness weighs in the reward; 1 is the paper's reward for many classes.
    memory : float in (0, 1]
        What an answer still counts one answer later: usefulness changes as the model learns.

    After TAILOR (Zhang, Katz-Samuels & Nowak 2023), which draws an arm for each item of a batch from such
    posteriors and rewards class diversity.  The reward of news and the geometric memory are ours.
    """

    arms: Any = ("margin", "k_center", "graph_density", "random")
    balance: float = 0.5
    memory: float = 0.97
    name: ClassVar[str] = "tailor"

    def __post_init__(self) -> None:
        object.__setattr__(self, "arms", checked_arms(self.arms))
        if not (0 <= self.balance <= 1 and 0 < self.memory <= 1):
            raise InvalidInput(
                f"balance and memory are shares of 1, memory above 0; got {self.balance!r} and"
                f" {self.memory!r}.",
                mend="Leave them out for what suits most pools.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates, each by the arm that was the best in a draw from the posteriors."""
        n = max(0, min(n, len(snapshot.candidates)))
        if not n:
            return proposed(snapshot, snapshot.candidates[:0])
        chances = thompson_chances(*self.posterior(snapshot))
        picks = list(dealt(snapshot, [arm.propose(snapshot, n) for arm in self.arms], chances, n))
        said = said_of(snapshot, [pick.item for pick in picks])
        notes = [
            {"tailor": {"arms": len(self.arms), "by": pick.by, "said": one}}
            for pick, one in zip(picks, said, strict=True)
        ]
        return proposal_of(picks, notes)

    def posterior(self, snapshot: Snapshot) -> tuple[np.ndarray, np.ndarray]:
        """The two numbers of each arm's Beta posterior, 1 and 1 before any answer; two (k,) arrays."""
        mine = dict(answered(snapshot, self.name, len(self.arms)))
        wins, losses = np.zeros(len(self.arms)), np.zeros(len(self.arms))
        count: dict[Any, int] = {}
        for item, value in snapshot.labels.items():
            if item in mine:
                note = mine[item]
                classes = max(2, len(getattr(snapshot.model, "classes", None) or ()))
                rare = _rareness(count, value, classes)
                news = float(note["said"] is not None and note["said"] != plain(value))
                worth = self.balance * rare + (1 - self.balance) * news
                wins, losses = self.memory * wins, self.memory * losses
                wins[note["by"]] += worth
                losses[note["by"]] += 1 - worth
            count[value] = count.get(value, 0) + 1
        return 1 + wins, 1 + losses

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(("margin", "random"), balance=1.0, memory=0.5))


def _rareness(count: dict[Any, int], value: Any, classes: int) -> float:
    """About one half for a class at an even share of the labels before; more for a rarer one, 1 at most."""
    fair = (1 + sum(count.values())) / classes
    return min(1.0, fair / (1 + count.get(value, 0)) / 2)
