"""Several strategies asked about the same moment, and a batch dealt out among them by lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from querist.data import ItemId
from querist.errors import InvalidInput
from querist.kernels import top, uniform
from querist.models.estimator import plain
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.registry import as_strategy
from querist.strategies.scored import predicted

__all__ = ["Dealt", "answered", "checked_arms", "coins", "dealt", "proposal_of", "said_of"]

_COINS, _LOTS = 4, 3  # streams of chance apart from Explore's


class Dealt(NamedTuple):
    """One pick: the item, the chance it had, who would have asked it now, and who did (-1: it was drawn)."""

    item: ItemId
    chance: float
    by: list[int]
    arm: int
    score: float
    why: str


def checked_arms(arms: Any, least: int = 2) -> tuple[Any, ...]:
    """The arms as strategies; raises InvalidInput where they are too few to choose from."""
    several = (arms,) if isinstance(arms, str) else tuple(arms)
    if len(several) < least:
        raise InvalidInput(
            f"{len(several)} arms leave nothing to choose from.",
            mend=f"Name {least} strategies or more, such as ('margin', 'k_center').",
        )
    return tuple(as_strategy(one) for one in several)


def dealt(snapshot: Snapshot, proposals: Sequence[Proposal], chances: np.ndarray, n: int) -> Iterator[Dealt]:
    """``n`` picks, each the first that one arm, chosen with these chances, has left.

    Where there is one chance more than there are arms, the last is that of a draw among all candidates.
    """
    heads, bounds = _Heads(proposals), np.cumsum(chances) / np.sum(chances)
    arms = np.searchsorted(bounds[:-1], coins(snapshot, n), side="right")
    lots = _lots(snapshot, 2 * n) if len(chances) > len(proposals) else iter(())
    left = len(snapshot.candidates)
    out: set[ItemId] = set()
    for arm in arms.tolist():
        firsts = heads.now(out)
        drawn = arm == len(proposals)
        item = next(one for one in lots if one not in out) if drawn else firsts[arm]
        by = [place for place, one in enumerate(firsts) if one == item]
        chance = float(chances[by].sum())
        if len(chances) > len(proposals):
            chance += float(chances[-1]) / (left - len(out))
        score, why = (0.0, "Drawn at random.") if drawn else heads.told(arm)
        out.add(item)
        yield Dealt(item, min(1.0, chance), by, -1 if drawn else arm, score, why)


def coins(snapshot: Snapshot, n: int) -> np.ndarray:
    """``n`` numbers in [0, 1) that the arms' own draws have no part in."""
    return uniform(np.arange(n), snapshot.seed, stream=_COINS)


def proposal_of(picks: Sequence[Dealt], notes: Sequence[Any]) -> Proposal:
    """The proposal that asks these picks with these notes."""
    return Proposal(
        ids=[pick.item for pick in picks],
        scores=np.array([pick.score for pick in picks], dtype=np.float64),
        probabilities=np.array([pick.chance for pick in picks], dtype=np.float64),
        why=tuple(pick.why for pick in picks),
        arms=tuple("random" if pick.arm < 0 else "active" for pick in picks),
        notes=tuple(notes),
    )


def answered(snapshot: Snapshot, name: str, arms: int) -> list[tuple[ItemId, Any]]:
    """The labelled items that this strategy, with so many arms, asked; with its notes, as labels came."""
    found = []
    for item in snapshot.labels:
        note = snapshot.notes.get(item)
        if note is not None and name in note and note[name]["arms"] == arms:
            found.append((item, note[name]))
    return found


def said_of(snapshot: Snapshot, items: Sequence[ItemId]) -> list[Any]:
    """The classes that the model predicts of some items, None where it has none."""
    if not hasattr(snapshot.model, "proba") or not len(items):
        return [None] * len(items)
    best = predicted(snapshot, snapshot.pool.rows(items)).proba.argmax(axis=1)
    return [plain(snapshot.model.classes[int(column)]) for column in best]


class _Heads:
    """What each arm would ask next, given what is out already."""

    def __init__(self, proposals: Sequence[Proposal]) -> None:
        self._proposals = proposals
        self._turns = [0] * len(proposals)

    def now(self, out: set[ItemId]) -> list[ItemId]:
        """The first item of each arm that is not out."""
        for arm, proposal in enumerate(self._proposals):
            while proposal.ids[self._turns[arm]] in out:
                self._turns[arm] += 1
        return [one.ids[turn] for one, turn in zip(self._proposals, self._turns, strict=True)]

    def told(self, arm: int) -> tuple[float, str]:
        """The score and the reason of the arm's first item."""
        proposal, turn = self._proposals[arm], self._turns[arm]
        return float(proposal.scores[turn]), str(proposal.why[turn]) if len(proposal.why) else ""


def _lots(snapshot: Snapshot, n: int) -> Iterator[ItemId]:
    """Candidates in the order of a draw that the order of rows has no part in."""
    prediction = predicted(snapshot)
    order = top(uniform(prediction.keys, snapshot.seed, stream=_LOTS), min(n, len(prediction)))
    return iter([snapshot.pool.ids[int(row)] for row in prediction.rows[order]])
