"""The stateless door: which rows to label next, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from querist.data import ItemId, Pool
from querist.errors import InvalidInput
from querist.models import as_model, is_fitted, take
from querist.strategies.contract import Snapshot
from querist.strategies.registry import as_strategy

__all__ = ["choose"]


def choose(
    x: Any,
    labels: Mapping[int, Any] | Sequence[Any],
    model: Any = None,
    strategy: Any = "default",
    n: int = 1,
    seed: int = 0,
) -> list[int]:
    """The rows of ``x`` to label next, best first: a query without a campaign.

    Prefer it in a loop of your own; a ``Campaign`` also remembers, leases and measures.

    Parameters
    ----------
    x : n rows of features, or raw values that the model takes
    labels : mapping from row to label, or a sequence of n with None (or NaN) where the label is unknown
    model : scikit-learn estimator, or a model, optional
        One that is fitted is used as it is, never refitted.  One that is not is fitted to ``labels``
        (a clone of it) if there are any.  Without a model the strategy starts cold.
    strategy : a name, a spec, an acquisition or a strategy
    n : int
        How many; all that have no label when there are fewer.
    seed : int

    Returns
    -------
    list of row numbers, distinct, none of them labelled

    >>> from sklearn.linear_model import LogisticRegression
    >>> choose([[0.0], [1.0], [2.1], [4.0]], {0: "a", 3: "b"}, LogisticRegression(), strategy="margin")
    [2]
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise InvalidInput(f"n is the number of rows to choose; got {n!r}.", mend="Give 1 or more.")
    pool = Pool(x)
    known = _known(labels, len(pool))
    snapshot = Snapshot(pool, labels=known, model=_ready(model, pool, known, seed), seed=seed)
    return [int(row) for row in as_strategy(strategy).propose(snapshot, int(n)).ids]


def _known(labels: Mapping[int, Any] | Sequence[Any], n: int) -> dict[ItemId, Any]:
    if isinstance(labels, Mapping):
        return {int(row): value for row, value in labels.items() if not _unknown(value)}
    if len(labels) != n:
        raise InvalidInput(
            f"{len(labels)} labels for {n} rows.",
            mend="Give one a row (None where unknown), or a mapping {row: label}.",
        )
    return {row: value for row, value in enumerate(labels) if not _unknown(value)}


def _unknown(value: Any) -> bool:
    """None, and what arrays and data frames hold in its place: NaN, NaT, NA."""
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


def _ready(model: Any, pool: Pool, known: Mapping[ItemId, Any], seed: int) -> Any:
    if model is None:
        return None
    adapted = as_model(model)
    if not is_fitted(model):
        if not known:
            return None
        return adapted.fitted(take(pool.features, pool.rows(known)), list(known.values()), seed=seed)
    return adapted
