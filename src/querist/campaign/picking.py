"""Which items are asked next: second opinions first, then what the strategy proposes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from querist.campaign.standing import Standing, plain_id
from querist.data import ItemId
from querist.errors import CampaignError
from querist.strategies.contract import MadeItem, Proposal, Snapshot

__all__ = ["LiveSnapshot", "Pick", "proposed", "second_opinions", "within"]


@dataclass(frozen=True)
class Pick:
    """One item, and how it came to be chosen."""

    item: ItemId
    arm: str
    why: str = ""
    rank: int | None = None
    score: float | None = None
    probability: float | None = None
    note: Any = None
    made: MadeItem | None = None


@dataclass(frozen=True)
class LiveSnapshot(Snapshot):
    """A snapshot whose parts are live, read-only views: taking one copies nothing."""

    free: Callable[[], np.ndarray] = field(default=lambda: np.empty(0, dtype=np.intp), repr=False)

    @cached_property
    def candidates(self) -> np.ndarray:
        """The rows that may be asked about, ascending; from a mask that the campaign keeps."""
        return self.free()


def second_opinions(standing: Standing, to: str | None, n: int) -> list[Pick]:
    """The items that want this annotator's opinion beside another's."""
    if standing.settings.overlap == 1:
        return []
    items = standing.opinions.first(to, n)
    return [Pick(item, "overlap", "another annotator has answered it") for item in items]


def proposed(strategy: Any, snapshot: Snapshot, n: int) -> list[Pick]:
    """What the strategy proposes, checked: nothing that is out, labelled or closed is ever asked."""
    proposal = strategy.propose(snapshot, n)
    picks, seen = [], set()
    for i, item in enumerate(proposal.ids[:n]):
        taken = item in seen or item in snapshot.labels or item in snapshot.pending or item in snapshot.closed
        made = bool(proposal.made) and proposal.made[i] is not None
        known = item in snapshot.pool or item in snapshot.made.ids
        if taken or (known == made):
            raise CampaignError(
                f"{type(strategy).__name__} proposed the item {item!r}, which may not be asked: it is"
                " labelled, out with an annotator, skipped, proposed twice, made before, or not in the pool.",
                mend="A strategy proposes candidates only; querist.testing.check_strategy finds the fault.",
            )
        seen.add(item)
        picks.append(_pick(proposal, i))
    return picks


def within(picks: list[Pick], room: float, cost: Callable[[ItemId], float]) -> list[Pick]:
    """The picks that the budget has room for, in their order."""
    kept = []
    for pick in picks:
        price = cost(pick.item)
        if price <= room + 1e-9:  # costs are floats: 0.1 ten times is not quite 1
            kept.append(pick)
            room -= price
    return kept


def _pick(proposal: Proposal, i: int) -> Pick:
    return Pick(
        item=plain_id(proposal.ids[i]),
        arm=str(proposal.arms[i]) if len(proposal.arms) else "active",
        why=str(proposal.why[i]) if len(proposal.why) else "",
        rank=i + 1,
        score=_finite(proposal.scores[i]) if len(proposal.scores) else None,
        probability=_finite(proposal.probabilities[i]) if len(proposal.probabilities) else None,
        note=proposal.notes[i] if len(proposal.notes) else None,
        made=proposal.made[i] if len(proposal.made) else None,
    )


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
