"""Density on a graph of near neighbours, lowered around each pick."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_candidates, as_matrix, as_taken, blocks, is_sparse
from querist.kernels.neighbours import nearest

__all__ = ["graph_density"]


def graph_density(
    x: Any,
    n: int,
    *,
    taken: Any = None,
    rows: Any = None,
    neighbours: int = 10,
    decay: float | None = None,
) -> tuple[Array, Array]:
    """Each pick has the highest mean similarity to its graph neighbours, less what picks nearby took.

    Two rows are neighbours where either is among the nearest of the other; their similarity is
    exp(-decay x Manhattan distance).  A pick takes its density away from its neighbours, so that the
    next is from another thick place; what is taken already does so first, the densest before the rest.
    Prefer it to plain density, which asks one crowded place again and again.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    taken, rows : row numbers, optional
        As for :func:`querist.kernels.k_center`; together they make the graph.
    neighbours : int
        How many nearest (Euclidean) others each row points at.
    decay : float > 0, optional
        One over the mean Manhattan distance of neighbours if not given.

    Returns
    -------
    picks : row numbers, in the order picked; among equals the earlier of ``rows``
    densities : what each had at its turn, at most 1, to 10 digits (6 in float32)

    >>> x = [[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]]
    >>> graph_density(x, 2, neighbours=2)[0]
    array([1, 4])

    A pick of density below 0 takes nothing away; by the letter of the rule it would raise its neighbours.
    Time O(m^2 d) for m rows in the graph, memory O(m neighbours) and one block: give a sample of a large
    pool.  Ebert, Fritz & Schiele 2012.
    """
    x = as_matrix(x)
    total = int(x.shape[0])
    if neighbours < 1 or (decay is not None and not 0 < decay < np.inf):
        raise InvalidInput(
            f"A graph needs neighbours >= 1 and a decay above 0; got {neighbours!r} and {decay!r}.",
            mend="Leave them out for the defaults.",
        )
    out = np.unique(as_taken(taken, total))
    candidates = np.arange(total) if rows is None else as_candidates(rows, total)
    candidates = candidates[~np.isin(candidates, out)]
    n = max(0, min(int(n), len(candidates)))
    if not n:
        return np.empty(0, dtype=np.intp), np.empty(0)
    density, first, others = _graph(x[np.concatenate([candidates, out])], neighbours, decay)
    digits = 6 if x.dtype == np.float32 else 10  # what is equal stays so through the noise of rounding
    free = np.zeros(len(density), dtype=bool)

    def take() -> tuple[int, float]:
        standing = np.where(free, np.round(density, digits), -np.inf)
        pick = int(standing.argmax())
        density[others[first[pick] : first[pick + 1]]] -= max(density[pick], 0.0)
        free[pick] = False
        return pick, float(standing[pick])

    free[len(candidates) :] = True
    for _ in range(len(out)):
        take()
    free[: len(candidates)] = True
    picked = [take() for _ in range(n)]
    return candidates[[pick for pick, _ in picked]], np.array([value for _, value in picked])


def _graph(x: Any, neighbours: int, decay: float | None) -> tuple[Array, Array, Array]:
    """The density of each row; where its neighbours start in the list that follows; that list."""
    total = x.shape[0]
    k = min(neighbours, total - 1)
    found = nearest(x, k)[0].ravel() if k else np.empty(0, dtype=np.intp)
    start, end = np.repeat(np.arange(total), k), found
    pairs = np.unique(np.minimum(start, end) * total + np.maximum(start, end))  # each edge once
    one, other = pairs // total, pairs % total
    away = np.empty(len(pairs))
    for a, b in blocks(len(pairs), 64 if is_sparse(x) else x.shape[1]):
        apart = abs(x[one[a:b]].astype(np.float64) - x[other[a:b]].astype(np.float64))
        away[a:b] = np.asarray(apart.sum(axis=1)).ravel()
    rate = decay if decay is not None else 1 / (float(away.mean()) or 1.0) if len(away) else 1.0
    similar = np.exp(-rate * away)
    start, end, both = np.concatenate([one, other]), np.concatenate([other, one]), np.tile(similar, 2)
    degree = np.bincount(start, minlength=total)
    density = np.bincount(start, weights=both, minlength=total) / np.maximum(degree, 1)
    return density, np.concatenate([[0], np.cumsum(degree)]), end[np.argsort(start, kind="stable")]
