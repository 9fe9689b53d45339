"""Items that were made: how they pass from a proposal into the log, and from the log into a snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

from querist.data import ItemId
from querist.events import CANNOT_BE_LABELLED, Made, State
from querist.strategies.contract import MadeItem, MadeItems

__all__ = ["made_event", "made_items", "of_pool", "price_of_made"]

V = TypeVar("V")


def made_event(item: ItemId, made: MadeItem, *, at: float, strategy: str) -> Made:
    """The event that keeps a made item: numbers of NumPy's become plain ones."""
    return Made(
        at=at, item=item, content=dict(made.content), features=_plain(made.features), strategy=strategy
    )


def made_items(state: State, rows: dict[ItemId, Any] | None = None) -> MadeItems:
    """The made items of a campaign as a strategy sees them; no cost where there are none.

    ``rows`` keeps their features as arrays from one call to the next.
    """
    if not state.made:
        return MadeItems()
    skips = {item: state.items[item].skips for item in state.made if item in state.skipped}
    rows = {} if rows is None else rows
    for item, one in state.made.items():
        if item not in rows:
            rows[item] = _row(one.features)
    return MadeItems(
        ids=list(state.made),
        features=[rows[item] for item in state.made],
        labels={item: state.labels[item] for item in state.made if item in state.labels},
        refused=frozenset(
            item
            for item, told in skips.items()
            if any(skip.because == CANNOT_BE_LABELLED for skip in told.values())
        ),
    )


def of_pool(told: Mapping[ItemId, V] | Iterable[ItemId], state: State) -> Any:
    """The part of a mapping, or of a set of items, that is about the pool; itself where nothing was made."""
    if not state.made:
        return told
    if isinstance(told, Mapping):
        return {item: value for item, value in told.items() if item not in state.made}
    return {item: None for item in told if item not in state.made}.keys()


def price_of_made(costs: np.ndarray | None) -> float:
    """What one label of a made item costs: as much as one of the pool does on average."""
    return 1.0 if costs is None or not len(costs) else float(np.mean(costs))


def _plain(features: Any) -> Any:
    if hasattr(features, "toarray"):
        features = features.toarray().ravel()
    if hasattr(features, "tolist"):
        return features.tolist()
    return list(features) if isinstance(features, tuple) else features


def _row(features: Any) -> Any:
    return np.asarray(features, dtype=np.float64) if isinstance(features, list) else features
