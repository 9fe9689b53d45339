"""The queue: what the learner ranked, dealt out in order, with an honest share of random questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from querist.strategies import MadeItem, Proposal, Snapshot
from querist.workspace.arrivals import Arrival
from querist.workspace.ranking import MADE, Ranking
from querist.workspace.why import RANDOM

__all__ = ["Queue"]


class _Pick(NamedTuple):
    row: int
    score: float
    probability: float
    why: str
    arm: str
    note: Any = None
    made: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Queue:
    """A strategy that takes from the ranking in force, best first, whatever is still free.

    The learner does the work over the whole pool beforehand, so a question costs a few look-ups and
    no model.  Each pick is, with probability ``share``, drawn uniformly from all that is free (the arm
    "random"); so is every pick while there is no ranking yet, or when it has run out.

    Parameters
    ----------
    ranking : function
        Gives the ranking in force, or None; called at every turn, so that it can be swapped.
    share : float in [0, 1]
    wanted : function
        Gives the items that came along a stream to be asked about, by id; they go first, the earliest first.

    The probabilities are those of each pick at its turn: share / N + (1 - share) for the ranking's own
    choice, share / N for any other, N the items left.

    >>> from querist.data import Pool
    >>> ranking = Ranking("m7", rows=np.array([2, 0]), scores=np.array([.5, .2]))
    >>> Queue(lambda: ranking).propose(Snapshot(Pool(ids=["a", "b", "c"])), 3).ids
    ['c', 'a', 'b']
    """

    ranking: Callable[[], Ranking | None]
    share: float = 0.0
    wanted: Callable[[], Mapping[str, Arrival]] = dict

    def with_share(self, share: float) -> Queue:
        """The same queue with another share of random questions."""
        return replace(self, share=share)

    @property
    def ranked_by(self) -> str:
        """The name of the strategy behind the ranking in force, or an empty one."""
        ranking = self.ranking()
        return "" if ranking is None else ranking.strategy

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The next ``n`` items."""
        first = list(islice(self._arrived(snapshot), n))
        picks = first + list(self._deal(snapshot, n - len(first), {pick.row for pick in first}))
        ids = snapshot.pool.ids
        return Proposal(
            ids=[ids[pick.row] if pick.made is None else pick.made["id"] for pick in picks],
            scores=np.array([pick.score for pick in picks], dtype=np.float64),
            probabilities=np.array([pick.probability for pick in picks], dtype=np.float64),
            why=[pick.why for pick in picks],
            arms=[pick.arm for pick in picks],
            notes=[pick.note for pick in picks],
            made=_made(picks),
        )

    def _arrived(self, snapshot: Snapshot) -> Iterator[_Pick]:
        """What a stream brought and nobody has dealt with yet."""
        wanted = self.wanted()
        if not wanted:
            return
        free = set(snapshot.candidates.tolist())
        for item, arrival in wanted.items():
            if item not in snapshot.labels and item in snapshot.pool:
                row = snapshot.pool.row(item)
                if row in free:
                    yield _Pick(row, arrival.score, arrival.probability, arrival.why, "active")

    def _deal(self, snapshot: Snapshot, n: int, taken: set[int]) -> Iterator[_Pick]:
        free, rng, ranking = snapshot.candidates, snapshot.rng(), self.ranking()
        ranked = _ranked(ranking, snapshot)
        first: tuple[int, int] | None = next(ranked, None)
        for _ in range(n):
            left = len(free) - len(taken)
            while first is not None and first[0] in taken:
                first = next(ranked, None)
            if not left and first is None:
                return
            if ranking is None or first is None:
                row = _draw(free, taken, rng)
                yield _Pick(row, 0.0, 1.0 / left, RANDOM, "random")
            else:
                lot = left > 0 and rng.random() < self.share
                if first[0] == MADE and not lot:
                    yield _made_pick(ranking, first[1], 1.0 - self.share if left else 1.0)
                    first = next(ranked, None)
                    continue
                row = _draw(free, taken, rng) if lot else first[0]
                yield self._pick(ranking, row, first, left, lot)
            taken.add(row)

    def _pick(self, ranking: Ranking, row: int, first: tuple[int, int], left: int, lot: bool) -> _Pick:
        chance, place = self.share / left, first[1]
        if row == first[0]:
            own = 1.0 if ranking.probabilities is None else float(ranking.probabilities[place])
            chance += (1.0 - self.share) * own
        if lot:
            return _Pick(row, 0.0, chance, RANDOM, "random")
        score, note = float(ranking.scores[place]), ranking.note_of(place)
        return _Pick(row, score, chance, ranking.why_of(place), ranking.arm_of(place), note)


def _made_pick(ranking: Ranking, place: int, chance: float) -> _Pick:
    """An item that was made for this place: it is no part of the pool, so no lot could draw it."""
    told = (ranking.why_of(place), ranking.arm_of(place), ranking.note_of(place), ranking.made_at(place))
    return _Pick(MADE, float(ranking.scores[place]), chance, *told)


def _made(picks: list[_Pick]) -> list[MadeItem | None]:
    """The made items among the picks; empty where there are none."""
    if not any(pick.made is not None for pick in picks):
        return []
    held = [pick.made for pick in picks]
    return [None if one is None else MadeItem(one["content"], one["features"]) for one in held]


def _ranked(ranking: Ranking | None, snapshot: Snapshot) -> Iterator[tuple[int, int]]:
    """Row and place of whatever is free in the ranking, best first."""
    if ranking is None:
        return
    ids, labels, pending, closed = snapshot.pool.ids, snapshot.labels, snapshot.pending, snapshot.closed
    for place, row in enumerate(ranking.order):
        if row == MADE:
            told = ranking.made_at(place)
            if told is not None and told["id"] not in snapshot.made.ids:
                yield MADE, place
        elif row < len(ids):
            item = ids[row]
            if item not in labels and item not in pending and item not in closed:
                yield row, place


def _draw(free: np.ndarray, taken: set[int], rng: np.random.Generator) -> int:
    """A row that is free and not taken at this turn, uniformly."""
    if len(free) > 4 * len(taken):
        while True:
            row = int(free[rng.integers(len(free))])
            if row not in taken:
                return row
    rest = [row for row in free.tolist() if row not in taken]
    return int(rest[rng.integers(len(rest))])
