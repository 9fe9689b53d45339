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
from querist.tasks import is_label_set, label_sets

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
        A label that is a tuple, list or set says that the row has all of these classes (none, if empty).
        An (n, C) indicator matrix says the same, with rows of NaN where the label is unknown.
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
    classes = None
    if getattr(labels, "ndim", 1) == 2:
        classes, labels = _of_table(labels)
    known = _known(labels, len(pool))
    snapshot = Snapshot(pool, labels=known, model=_ready(model, pool, known, seed, classes), seed=seed)
    proposal = as_strategy(strategy).propose(snapshot, int(n))
    if any(one is not None for one in proposal.made):
        raise InvalidInput(
            f"choose(...) gives rows of x, and {strategy!r} makes items that are none.",
            mend="Use a Campaign, which hands out what was made, or strategy.propose(snapshot, n).made.",
        )
    return [int(row) for row in proposal.ids]


def _known(labels: Mapping[int, Any] | Sequence[Any], n: int) -> dict[ItemId, Any]:
    if isinstance(labels, Mapping):
        return {int(row): value for row, value in labels.items() if not _unknown(value)}
    if len(labels) != n:
        raise InvalidInput(
            f"{len(labels)} labels for {n} rows.",
            mend="Give one a row (None where unknown), or a mapping {row: label}.",
        )
    return {row: value for row, value in enumerate(labels) if not _unknown(value)}


def _of_table(table: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """The classes of an indicator matrix, and its rows as sets; None where a row is unknown."""
    names = tuple(getattr(table, "columns", range(table.shape[1])))
    dense = np.asarray(table.toarray() if hasattr(table, "toarray") else table, dtype=np.float64)
    missing = np.asarray(np.isnan(dense))
    unknown = np.asarray(missing.all(axis=1))
    if (partly := missing.any(axis=1) & ~unknown).any():
        raise InvalidInput(
            f"Row {int(np.flatnonzero(partly)[0])} of the indicator matrix is known of some classes only.",
            mend="Fill the row, or make all of it NaN; querist.kernels.audi asks about single classes.",
        )
    sets = iter(label_sets(dense[~unknown], names))
    return names, [None if lacking else next(sets) for lacking in unknown]


def _unknown(value: Any) -> bool:
    """None, and what arrays and data frames hold in its place: NaN, NaT, NA."""
    if isinstance(value, np.ndarray) and value.ndim:
        raise InvalidInput(
            f"A label is one class or a set of classes; got the array {value!r}.",
            mend="Give a list of class names, or all labels as one indicator matrix.",
        )
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


def _ready(
    model: Any, pool: Pool, known: Mapping[ItemId, Any], seed: int, classes: Sequence[Any] | None
) -> Any:
    if model is None:
        return None
    values = list(known.values())
    if classes is None and values and is_label_set(values[0]) and not hasattr(model, "fitted"):
        classes = sorted({one for value in values for one in value})
    adapted = as_model(model, classes)
    if not is_fitted(model):
        if not known or classes == []:  # nobody has any class yet
            return None
        return adapted.fitted(take(pool.features, pool.rows(known)), values, seed=seed)
    return adapted
