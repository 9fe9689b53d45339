"""The typical rows of the clusters that nobody has asked about."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.arrays import Array, as_candidates, as_classes, as_matrix, as_taken, is_sparse
from querist.kernels.clustering import typicality
from querist.kernels.pairs import is_large

__all__ = ["typical_of_clusters"]


def typical_of_clusters(
    x: Any,
    clusters: Any,
    n: int,
    *,
    taken: Any = None,
    rows: Any = None,
    neighbours: int = 20,
    smallest: int = 5,
) -> tuple[Array, Array]:
    """Each pick is the most typical row of the largest among the clusters with fewest taken or picked.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    clusters : (n_rows,) cluster numbers
    n : int
        How many; all candidates come back when there are fewer.
    taken, rows : row numbers, optional
        Rows that are labelled or out, never picked; and the candidates, all rows if not given.  Among
        equals the earlier of ``rows`` goes first.
    neighbours : int
        From how many of its own cluster a row's typicality is measured.
    smallest : int
        Clusters of fewer rows are left to the end.

    Returns
    -------
    picks : row numbers, in the order picked
    typical : the typicality of each

    >>> x = [[0.0], [1.0], [2.1], [50.0], [51.0], [99.0]]
    >>> typical_of_clusters(x, [0, 0, 0, 1, 1, 2], 3, taken=[3], smallest=1)[0]
    array([1, 5, 0])

    Only the clusters that are asked are measured: time O(m^2 d) for one of m rows.
    Hacohen, Dekel & Weinshall 2022 (TypiClust).
    """
    x = as_matrix(x)
    total = int(x.shape[0])
    of = as_classes(clusters, total, "Clusters")
    taken = as_taken(taken, total)
    rows = np.arange(total) if rows is None else as_candidates(rows, total)
    rows = rows[~np.isin(rows, taken)]
    n = max(0, min(int(n), len(rows)))
    k = int(of.max(initial=-1)) + 1
    sizes, asked, left = (np.bincount(of[some], minlength=k) for some in (slice(None), taken, rows))
    pairs = int((np.sort(sizes)[-n:].astype(np.float64) ** 2).sum()) if n else 0
    large = not is_sparse(x) and is_large(x.shape[1], pairs)
    waiting: dict[int, tuple[Array, Array]] = {}
    picks, typical = np.empty(n, dtype=np.intp), np.empty(n)
    for i in range(n):
        open_ones = np.flatnonzero(left)
        order = np.lexsort((-sizes[open_ones], asked[open_ones], sizes[open_ones] < smallest))
        cluster = int(open_ones[order[0]])
        if cluster not in waiting:
            waiting[cluster] = _by_typicality(x, of, cluster, rows, (neighbours, large))
        queue, how = waiting[cluster]
        place = len(queue) - left[cluster]
        picks[i], typical[i] = queue[place], how[place]
        asked[cluster] += 1
        left[cluster] -= 1
    return picks, typical


def _by_typicality(
    x: Any, of: Array, cluster: int, rows: Array, measured: tuple[int, bool]
) -> tuple[Array, Array]:
    """The candidates of one cluster, the most typical first, with their typicality."""
    members = np.flatnonzero(of == cluster)
    how = typicality(x[members], neighbours=measured[0], large=measured[1])
    candidates = rows[of[rows] == cluster]
    theirs = how[np.searchsorted(members, candidates)]
    digits = 5 if x.dtype == np.float32 else 10  # what is equal stays so through the noise of rounding
    scale = max(float(theirs.max()), 1e-300)
    order = np.argsort(-np.round(theirs / scale, digits), kind="stable")
    return candidates[order], theirs[order]
