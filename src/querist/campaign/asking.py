"""How the next questions are chosen and worded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from querist.campaign.desk import Decision, Desk
from querist.campaign.fitting import Fitted, Fitting
from querist.campaign.made import made_event, made_items, of_pool
from querist.campaign.picking import LiveSnapshot, Pick, proposed, second_opinions, within
from querist.campaign.query import Query, query_of
from querist.data import ItemId
from querist.errors import BudgetSpent
from querist.events import Asked, Trained

__all__ = ["Asking", "Suggest"]

Suggest = Callable[[Sequence[ItemId]], Sequence[Mapping[str, Any] | None]]
_TOLERANCE = 1e-9  # costs are floats: ten times 0.1 is not quite 1


class Asking:
    """Chooses what to ask on the desk as it stands, and words it as events."""

    def __init__(self, desk: Desk, strategy: Any, fitting: Fitting | None, suggest: Suggest | None) -> None:
        self._desk = desk
        self._given = strategy
        self._fitting = fitting
        self._suggest = suggest
        self._built: tuple[Any, float, Any] | None = None
        self._rows_of_made: dict[ItemId, Any] = {}

    def next(self, n: int, to: str | None, lease: float | None) -> Decision[list[Query]]:
        """Second opinions first, then what the strategy proposes, as far as the budget goes."""
        standing = self._desk.standing
        standing.expire(self._desk.clock())
        if standing.left <= _TOLERANCE:
            raise self._spent("Nothing more to ask")
        room = standing.left - standing.out + _TOLERANCE
        picks = second_opinions(standing, to, n)
        again = standing.returned(to, n - len(picks)) if len(picks) < n else []
        picks += [
            Pick(item, "active", "It was made for a question that nobody answered yet.") for item in again
        ]
        if len(picks) < n and room >= 0:
            picks += self._proposals(n - len(picks), to, room)
        return self.put(within(picks, room, standing.cost), to, lease)

    def again(self, item: ItemId, to: str | None, lease: float | None) -> Decision[list[Query]]:
        """One particular item, whatever its state; the question that ``to`` holds, if there is one."""
        standing, state = self._desk.standing, self._desk.state
        standing.expire(self._desk.clock())
        held = [one for one in standing.leases.of_item(item) if one.to == to]
        if held:
            return [], [query_of(held[0], self._desk.pool, state.made)]
        if not standing.paid(item, to) and standing.cost(item) > standing.left - standing.out + _TOLERANCE:
            raise self._spent(f"No room for one more question about {item!r}")
        return self.put([Pick(item, "reopened")], to, lease)

    def _spent(self, what: str) -> BudgetSpent:
        desk, standing = self._desk, self._desk.standing
        out = f", and {standing.out:g} out with annotators" if standing.out else ""
        return BudgetSpent(
            f"{what}: {standing.spent:g} of {desk.settings.budget:g} "
            f"{'labels' if desk.pool.costs is None else 'units of cost'}{out}.",
            mend="Raise the budget to go on, in the settings or by campaign.configure(budget=...).",
        )

    def put(self, picks: list[Pick], to: str | None, lease: float | None) -> Decision[list[Query]]:
        """The events that put these items to the annotator, with what the model believes of them."""
        if not picks:
            return [], []
        desk, settings, now = self._desk, self._desk.settings, self._desk.clock()
        lease = settings.lease if lease is None else lease
        version, news, beliefs = self._beliefs(picks)
        hidden = np.random.default_rng(desk.seed(1)).random(len(picks)) < settings.hide_share
        blind = [pick.arm == "random" or self._was_blind(pick, to) for pick in picks]
        # a queue may still deal what another strategy ranked before the settings changed
        named = getattr(self._given, "ranked_by", "") or _name_of(settings.strategy)
        made = {
            pick.item: made_event(pick.item, pick.made, at=now, strategy=named)
            for pick in picks
            if pick.made is not None
        }
        first = desk.state.head + len(news) + len(made) + 1
        asked = [
            Asked(
                at=now,
                query=desk.query_id(first + i),
                item=pick.item,
                to=to,
                until=None if lease is None or lease == math.inf else now + lease,
                arm=pick.arm,
                strategy=named if pick.arm == "active" else "",
                why=pick.why,
                rank=pick.rank,
                score=pick.score,
                probability=pick.probability,
                model=version,
                suggestion=belief,
                hidden=belief is not None and (bool(hidden[i]) or blind[i]),
                note=pick.note,
            )
            for i, (pick, belief) in enumerate(zip(picks, beliefs, strict=True))
        ]
        known = {**desk.state.made, **made} if made else desk.state.made
        return [*news, *made.values(), *asked], [query_of(one, desk.pool, known) for one in asked]

    def _was_blind(self, pick: Pick, to: str | None) -> bool:
        """Whether the annotator answered this item blindly before: what comes back stays as blind.

        An answer given anew counts where the one before it did, and that must owe nothing to the model.
        """
        state = self._desk.state
        if pick.arm != "reopened" or pick.item not in state.items:
            return False
        before = [state.queries[query] for query in state.items[pick.item].queries]
        return any(one.asked.hidden and to in (one.asked.to, one.by) for one in before)

    def snapshot(self, to: str | None, *, last_round: bool = False, room: float = math.inf) -> LiveSnapshot:
        """The campaign as a strategy sees it on behalf of an annotator, with so much room in the budget."""
        desk, standing = self._desk, self._desk.standing
        fitted = self.fitted()
        return LiveSnapshot(
            pool=desk.pool,
            labels=MappingProxyType(of_pool(desk.state.labels, desk.state)),
            pending=standing.pending,
            closed=standing.closed(to, last_round=last_round, room=room),
            model=None if fitted is None else fitted.model,
            seed=desk.seed(0),
            notes=MappingProxyType(of_pool(desk.state.notes, desk.state)),
            made=made_items(desk.state, self._rows_of_made),
            free=partial(standing.candidates, to, last_round=last_round, room=room),
        )

    def fitted(self) -> Fitted | None:
        """The campaign's own model on the labels as they are; None while cold, or without a model."""
        return (
            None
            if self._fitting is None
            else self._fitting.current(self._desk.state, self._desk.labels_changed)
        )

    def _proposals(self, n: int, to: str | None, room: float) -> list[Pick]:
        strategy = self._strategy()
        picks = proposed(strategy, self.snapshot(to, room=room), n)
        if len(picks) < n and self._desk.settings.skipped == "back" and self._desk.state.skipped:
            taken = {pick.item for pick in picks}
            again = proposed(strategy, self.snapshot(to, last_round=True, room=room), n)
            picks += [pick for pick in again if pick.item not in taken][: n - len(picks)]
        return picks

    def _strategy(self) -> Any:
        """The strategy, with the honest share mixed in; built again when the settings change."""
        from querist.strategies import Explore, as_strategy  # at the point of use: opening needs no strategy

        settings = self._desk.settings
        told, share = settings.strategy, settings.random_share_at(len(self._desk.state.labels))
        if self._built is None or self._built[:2] != (told, share):
            strategy = as_strategy(told if self._given is None else self._given)
            if hasattr(strategy, "with_share"):  # it deals the honest share itself
                strategy = strategy.with_share(share)
            elif share > 0:
                strategy = Explore(strategy, share)
            self._built = (told, share, strategy)
        return self._built[2]

    def _beliefs(
        self, picks: list[Pick]
    ) -> tuple[str | None, list[Trained], Sequence[Mapping[str, Any] | None]]:
        """The model in force, the event that tells of it when it is new, and what it believes."""
        items = [pick.item for pick in picks]
        told = self._desk.state.trained
        version = told[-1].version if told else None
        if self._suggest is not None:
            return version, [], [_plain(belief) for belief in self._suggest(items)]
        fitted = self.fitted()
        if self._fitting is None or fitted is None:
            return version, [], [None] * len(items)
        news = [] if version == fitted.trained.version else [fitted.trained]
        features = {item: one.features for item, one in self._desk.state.made.items() if item in items}
        features |= {pick.item: pick.made.features for pick in picks if pick.made is not None}
        return fitted.trained.version, news, self._fitting.suggestions(fitted, items, features)


def _name_of(strategy: Any) -> str:
    return strategy["name"] if isinstance(strategy, Mapping) else str(strategy)


def _plain(belief: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A belief as the log can hold it: NumPy's numbers and words become Python's."""
    if belief is None:
        return None
    return {key: one.item() if isinstance(one, np.generic) else one for key, one in belief.items()}
