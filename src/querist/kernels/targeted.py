"""Rows that tell most about a few given ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_candidates, as_matrix, as_rows, as_taken, blocks, is_sparse
from querist.kernels.directions import unit_rows
from querist.kernels.falling import Falling

__all__ = ["query_information"]


def query_information(
    x: Any, n: int, queries: Any, *, eta: float = 1.0, rows: Any = None, taken: Any = None
) -> tuple[Array, Array]:
    """Each pick adds most to the mutual information, by facility location, of what is picked and the queries.

    With S picked and Q the queries: sum over Q of the similarity to the nearest of S, plus eta times the
    sum over S of the similarity to the nearest of Q, where similarity is (1 + cosine) / 2.  The first
    sum spreads the picks over the queries, the second keeps each near one of them.  Prefer it to find
    more of a kind of which there are examples; it never asks far from them.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    queries : row numbers (q,), at least one
    eta : float, 0 or more
    rows : row numbers, optional
        The candidates; all but ``taken`` if not given.  They may be queries too.
    taken : row numbers, optional
        What counts as picked already, such as rows that are out.

    Returns
    -------
    picks : row numbers, in the order picked; among equals the earlier of ``rows``
    gains : what each added, to 10 digits (6 in float32)

    >>> x = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [-1.0, 0.2]]
    >>> query_information(x, 2, [0], rows=[1, 2, 3])[0]
    array([1, 2])

    Greedy is within 1 - 1/e of the best batch.  Time O(m q d), then a few candidates a pick (gains only
    fall); memory O(m + q d) and one block.  Kothawade et al. 2021 (SIMILAR, FLQMI).
    """
    x = as_matrix(x)
    total = int(x.shape[0])
    targets, out = as_rows(queries, total), as_taken(taken, total)
    if not len(targets) or not 0 <= eta < np.inf:
        raise InvalidInput(
            f"Give a query and eta of 0 or more; got {len(targets)} queries, eta = {eta!r}.",
            mend="Queries are the rows of which more is wanted.",
        )
    candidates = np.arange(total) if rows is None else as_candidates(rows, total)
    candidates = candidates[~np.isin(candidates, out)]
    digits = 6 if x.dtype == np.float32 else 10  # what is equal stays so through the noise of rounding
    directions = unit_rows(x[targets])

    def similar(some: Array) -> Array:
        products = unit_rows(x[some]) @ directions.T
        told = np.asarray(products.toarray() if is_sparse(products) else products)
        if not np.isfinite(told).all():
            raise InvalidInput("The features are not all finite.", mend="Fill missing values first.")
        return (1 + told) / 2

    reached = np.zeros(len(targets))
    for start, stop in blocks(len(out), len(targets) + _width(x)):
        reached = np.maximum(reached, similar(out[start:stop]).max(axis=0))

    def gain(some: Array) -> Array:
        added = np.empty(len(some))
        for start, stop in blocks(len(some), len(targets) + _width(x)):
            near = similar(candidates[some[start:stop]])
            added[start:stop] = np.maximum(near - reached, 0).sum(axis=1) + eta * near.max(axis=1)
        return np.round(added, digits)

    def fresh(some: Array, since: Array, best: float) -> tuple[Array, Array]:
        return gain(some), np.full(len(some), falling.turn)

    falling = Falling(gain(np.arange(len(candidates))), fresh, first_of_equals=True)
    picks = np.empty(max(0, min(int(n), len(candidates))), dtype=np.intp)
    gains = np.empty(len(picks))
    for i in range(len(picks)):
        pick, gains[i] = falling.take()
        picks[i] = candidates[pick]
        reached = np.maximum(reached, similar(picks[i : i + 1])[0])
    return picks, gains


def _width(x: Any) -> int:
    return 64 if is_sparse(x) else int(x.shape[1])
