"""A strategy with an honest share of questions drawn at random."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.kernels import top, uniform
from querist.specs import named
from querist.strategies.contract import MadeItem, Proposal, Snapshot, Strategy
from querist.strategies.registry import as_strategy
from querist.strategies.schedule import check_share, share_at
from querist.strategies.scored import Scored, predicted

__all__ = ["Explore"]

_COINS, _LOTS = 1, 2  # streams of chance apart from each other and from Random's


@named("explore")
@dataclass(frozen=True)
class Explore:
    """Each pick is uniform over the remaining candidates with probability ``share``, else the strategy's.

    Epsilon-greedy, with ``share`` for epsilon.
    Prefer it whenever the quality of the model is to be known: answers to the random questions
    estimate it without bias, and the selection probability of every pick is kept for weighted
    estimates.  The price is that share of the questions.

    Parameters
    ----------
    strategy : Strategy, or what :func:`querist.strategies.as_strategy` takes
    share : float from 0 to 1, or str
        ``"0.5/sqrt"`` falls as 0.5 / sqrt(1 + labels), ``"0.5->0.05/200"`` in a line to 0.05 at 200 labels:
        explore first, exploit later.  A share that falls to nothing leaves nothing to measure by.

    The proposal's ``arms`` say "random" or "active"; ``probabilities`` are
    share / N + (1 - share) x (the strategy's own chance, where the pick is its own), N the
    candidates left at that turn.  The chances of a strategy that draws itself (k-means++) are taken
    as if its batch had not been mixed with the lots.

    >>> from querist.data import Pool
    >>> proposal = Explore("density", share=0.5).propose(Snapshot(Pool(np.eye(5)), seed=3), 5)
    >>> sorted(proposal.ids), sorted(set(proposal.arms))
    ([0, 1, 2, 3, 4], ['active', 'random'])

    >>> [Explore(share="0.5->0.1/200").share_at(labels) for labels in (0, 100, 999)]
    [0.5, 0.3, 0.1]

    Lu, Yu & Chai 2023 (epsilon-greedy); Horvitz & Thompson 1952 for what the chances are kept for.
    """

    strategy: Any = field(default_factory=Scored)
    share: float | str = 0.1
    name: ClassVar[str] = "explore"

    def __post_init__(self) -> None:
        object.__setattr__(self, "strategy", as_strategy(self.strategy))
        check_share(self.share)

    def share_at(self, labels: int) -> float:
        """The share of random questions when so many items are labelled."""
        return share_at(self.share, labels)

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates, each by the strategy or by lot."""
        prediction = predicted(snapshot)
        own = self.strategy.propose(snapshot, max(0, n))
        made = sum(one is not None for one in own.made)  # beside the pool: there may be more than candidates
        n = max(0, min(n, len(prediction) + made))
        keys = prediction.keys
        lots = iter(prediction.rows[top(uniform(keys, snapshot.seed, stream=_LOTS), 2 * n)])
        share = self.share_at(len(snapshot.labels))
        coins = uniform(np.arange(n), snapshot.seed, stream=_COINS) < share
        return _merged(snapshot.pool.ids, own, lots, coins, len(prediction), share)

    @classmethod
    def examples(cls) -> tuple[Strategy, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls("random", share=1.0), cls("k_center", share="0.5/sqrt"), cls(Scored(), share=0.5))


def _merged(ids: Any, own: Proposal, lots: Any, coins: np.ndarray, left: int, share: float) -> Proposal:
    """Deal the picks: by lot where the coin says so or the strategy has no more to offer."""
    out: set[Any] = set()
    picks: list[tuple[Any, float, float, str, str, Any, Any, MadeItem | None]] = []
    turn = 0
    for coin in coins:
        while turn < len(own) and own.ids[turn] in out:
            turn += 1
        mine = turn < len(own)
        if not mine and not left:
            break
        by_lot = (bool(coin) and left > 0) or not mine
        item = next(one for row in lots if (one := ids[int(row)]) not in out) if by_lot else own.ids[turn]
        made = own.made[turn] if own.made and mine and not by_lot else None
        chance = 0.0 if made is not None else (share if mine else 1.0) / left
        score = 0.0
        if mine and item == own.ids[turn]:
            chance += (1 - share if left else 1.0) * float(own.probabilities[turn])
            score = float(own.scores[turn])
        if by_lot:
            why, arm, part, note = "Drawn at random, to measure the model.", "random", None, None
        else:
            part = own.parts[turn] if own.parts else None
            note = own.notes[turn] if own.notes else None
            why = own.why[turn] if own.why else ""
            arm = own.arms[turn] if own.arms else "active"
        picks.append((item, score, chance, why, arm, part, note, made))
        out.add(item)
        left -= made is None
    return Proposal(
        ids=[pick[0] for pick in picks],
        scores=np.array([pick[1] for pick in picks], dtype=np.float64),
        probabilities=np.array([pick[2] for pick in picks], dtype=np.float64),
        why=tuple(pick[3] for pick in picks),
        arms=tuple(pick[4] for pick in picks),
        parts=tuple(pick[5] for pick in picks) if own.parts else (),
        notes=tuple(pick[6] for pick in picks) if own.notes else (),
        made=tuple(pick[7] for pick in picks) if own.made else (),
    )
