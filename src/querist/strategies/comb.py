"""COMB: a bandit over items, advised by strategies, that wants the model to part the pool evenly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import ItemId
from querist.errors import InvalidInput
from querist.kernels import entropy_gain, exp4_weights
from querist.models import Prediction
from querist.specs import named
from querist.strategies.advice import Dealt, answered, checked_arms, coins, proposal_of
from querist.strategies.albl import check_bandit
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["Comb"]


@named("comb")
@dataclass(frozen=True)
class Comb:
    """Draws among what several strategies put forward, trusting those whose questions evened out the classes.

    EXP4 over the few items that any arm gives a fair chance; the reward is how much more evenly the
    model's predictions part the pool than before (classification entropy maximisation), which needs no
    test labels.  Prefer it to :class:`Albl` when classes are about equally many; where they are not,
    its reward leads astray, and one good strategy is better than either.

    Its state is in the notes of its own questions, which the campaign hands back: without them (``choose``)
    every call is a first one.

    Parameters
    ----------
    arms : strategies, or what :func:`querist.strategies.as_strategy` takes; two or more
    shortlist : int
        How many items each arm puts forward; never fewer than are asked for.
    sharpness : float
        How much an arm prefers the first of its list: its scores, brought to 0 .. 1, are multiplied by
        this and put through a softmax.
    threshold : float in (0, 1)
        An item takes part when some arm gives it at least this chance.
    horizon : int
        How many questions there will be; sets the share that explores.

    Baram, El-Yaniv & Luz 2004; Auer, Cesa-Bianchi, Freund & Schapire 2002 (EXP4).
    """

    arms: Any = ("margin", "k_center", "graph_density")
    shortlist: int = 10
    sharpness: float = 100.0
    threshold: float = 0.05
    horizon: int = 100
    name: ClassVar[str] = "comb"

    def __post_init__(self) -> None:
        object.__setattr__(self, "arms", checked_arms(self.arms))
        check_bandit(self.horizon, "threshold", self.threshold)
        if self.shortlist < 1 or not 0 < self.sharpness < np.inf:
            raise InvalidInput(
                f"shortlist must be 1 or more and sharpness above 0; got {self.shortlist!r} and"
                f" {self.sharpness!r}.",
                mend="Leave them out for what suits most pools.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates drawn by the mixed advice; scores are their chances at first."""
        left = len(snapshot.candidates)
        n = max(0, min(n, left))
        if not n:
            return proposed(snapshot, snapshot.candidates[:0])
        evenness = _evenness(predicted(snapshot))
        turn, weights = self._learnt(snapshot, evenness)
        several = [arm.propose(snapshot, min(left, max(n, self.shortlist))) for arm in self.arms]
        ids, advice = _advice(several, self.sharpness)
        kept = _fair(advice, self.threshold, n)
        ids, advice = [ids[place] for place in kept], _shares(advice[:, kept])
        share = self._exploring(len(ids))
        mixed = (1 - share) * weights / weights.sum() @ advice + share / len(ids)
        picks = self._drawn(snapshot, ids, mixed, advice, n)
        notes = [
            {
                "comb": {
                    "arms": len(self.arms),
                    "turn": turn + 1,
                    "weights": weights.tolist(),
                    "advised": advice[:, ids.index(pick.item)].tolist(),
                    "chance": pick.chance,
                    "rate": share / len(ids),
                    "evenness": evenness,
                }
            }
            for pick in picks
        ]
        return proposal_of(picks, notes)

    def _exploring(self, items: int) -> float:
        """EXP4's share of even draws among so many items, for the horizon."""
        k = len(self.arms)
        return min(0.5, float(np.sqrt(items * np.log(k) / ((np.e - 1) * self.horizon))))

    def _drawn(
        self, snapshot: Snapshot, ids: Sequence[ItemId], mixed: np.ndarray, advice: np.ndarray, n: int
    ) -> list[Dealt]:
        chances, picks = mixed.copy(), []
        order = np.array(sorted(range(len(ids)), key=lambda place: str(ids[place])))  # rows may be reordered
        for coin in coins(snapshot, n):
            now = chances / chances.sum()
            live = order[now[order] > 0]
            place = int(live[min(np.searchsorted(np.cumsum(now[live]), coin, side="right"), len(live) - 1)])
            by = np.flatnonzero(advice[:, place] == advice[:, place].max()).tolist()
            why = "Put forward by the strategies that have served best."
            picks.append(Dealt(ids[place], min(1.0, float(now[place])), by, by[0], float(mixed[place]), why))
            chances[place] = 0.0
        return picks

    def _learnt(self, snapshot: Snapshot, evenness: float | None) -> tuple[int, np.ndarray]:
        """The number of the last turn that has answers, and the weights after them."""
        past = [note for _, note in answered(snapshot, self.name, len(self.arms))]
        if not past:
            return 0, np.ones(len(self.arms))
        turn = max(note["turn"] for note in past)
        last = [note for note in past if note["turn"] == turn]
        weights = np.array(last[0]["weights"], dtype=np.float64)
        for note in last:
            if evenness is None or note["evenness"] is None:
                continue
            reward = entropy_gain(evenness, note["evenness"])
            weights = exp4_weights(weights, note["advised"], note["chance"], reward, rate=note["rate"])
        return turn, weights

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (
            cls(),
            cls(("margin", "random"), shortlist=3, sharpness=2.0, threshold=0.2, horizon=20),
        )


def _evenness(prediction: Prediction) -> float | None:
    """The entropy of the predicted classes' shares among the candidates, 1 where all are equal; None cold."""
    if not hasattr(prediction.model, "proba"):
        return None
    proba = prediction.proba
    if proba.shape[1] < 2:
        return 0.0
    shares = np.bincount(proba.argmax(axis=1), minlength=proba.shape[1]) / len(proba)
    some = shares[shares > 0]
    return abs(float(-(some * np.log(some)).sum() / np.log(proba.shape[1])))


def _advice(proposals: Sequence[Proposal], sharpness: float) -> tuple[list[ItemId], np.ndarray]:
    """All items put forward, and the chance that each arm gives each of them, (arms, items)."""
    ids = list(dict.fromkeys(item for proposal in proposals for item in proposal.ids))
    column = {item: place for place, item in enumerate(ids)}
    advice = np.zeros((len(proposals), len(ids)))
    for arm, proposal in enumerate(proposals):
        scores = np.asarray(proposal.scores, dtype=np.float64)
        least, most = scores.min(), scores.max()
        level = np.ones(len(scores)) if most == least else (scores - least) / (most - least)
        advice[arm, [column[item] for item in proposal.ids]] = np.exp(sharpness * (level - 1))
    return ids, _shares(advice)


def _fair(advice: np.ndarray, threshold: float, n: int) -> np.ndarray:
    """The items to which some arm gives the chance, the likeliest ``n`` at least, in their order."""
    best = advice.max(axis=0)
    enough = np.sort(np.argsort(-best, kind="stable")[:n])
    return np.union1d(np.flatnonzero(best >= threshold), enough)


def _shares(advice: np.ndarray) -> np.ndarray:
    """Rows brought to a sum of 1; even where an arm gives nothing to any."""
    total = advice.sum(axis=1, keepdims=True)
    even = np.full_like(advice, 1 / advice.shape[1])
    return np.where(total > 0, advice / np.where(total > 0, total, 1), even)
