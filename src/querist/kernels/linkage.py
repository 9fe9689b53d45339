"""Groups by average linkage, and rounds that take one of each group."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_classes, as_each, as_matrix
from querist.kernels.clustering import kmeans
from querist.kernels.neighbours import Points

__all__ = ["average_linkage", "round_robin"]

_PAIRS_OF = 1024  # rows of which all pairs are written down: 4 MB


def average_linkage(x: Any, k: int, rng: np.random.Generator) -> Array:
    """The group of each row, from merging the two groups that are nearest on average until k are left.

    Prefer it to k-means for groups of very unlike sizes: an outlier stays alone.

    Parameters
    ----------
    x : (n, d) dense or sparse, n >= 1
    k : int
        Groups; fewer where distances are equal and cut together.
    rng : numpy.random.Generator
        Read only where there are more than 1024 rows: then 1024 groups of k-means are merged.

    Returns
    -------
    (n,) group numbers from 0

    >>> average_linkage([[0.0], [0.1], [9.0], [0.2]], 2, np.random.default_rng(0)).tolist() in (
    ...     [0, 0, 1, 0], [1, 1, 0, 1])
    True

    Time O(m^2 d) and memory O(m^2), m the lesser of n and 1024.  Sokal & Michener 1958.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    n = int(as_matrix(x).shape[0])
    if n < 1 or k < 1:
        raise InvalidInput(
            f"Grouping needs a row and a group; got {n} rows, k = {k}.", mend="Give k >= 1 and rows."
        )
    if n > _PAIRS_OF:
        coarse = kmeans(x, _PAIRS_OF, rng, rounds=5)
        return average_linkage(coarse.centres, k, rng)[coarse.of]
    if n == 1:
        return np.zeros(1, dtype=np.intp)
    points = Points(x)
    pairs = np.sqrt(points.squared(0, n, points.centres(np.arange(n))).astype(np.float64))
    tree = linkage(squareform((pairs + pairs.T) / 2, checks=False), "average")
    groups: Array = fcluster(tree, k, "maxclust").astype(np.intp) - 1
    return groups


def round_robin(groups: Any, n: int, chance: Any) -> tuple[Array, Array]:
    """Take one of each group in turn, the smallest groups first, until n are taken; by lot within a group.

    Parameters
    ----------
    groups : (m,) group numbers
    n : int
        All rows come back when there are fewer.
    chance : (m,) lots in [0, 1)
        The least goes first in its group.

    Returns
    -------
    picks : row numbers, in the order taken
    probabilities : the chance that each had at its turn: one of those left in its group

    >>> round_robin([0, 0, 0, 1], 3, [0.5, 0.2, 0.9, 0.7])
    (array([3, 1, 0]), array([1.        , 0.33333333, 0.5       ]))

    Time O(m log m).  Citovsky et al. 2021 (Cluster-Margin).
    """
    chance = as_each(chance, np.size(groups), "Lots")
    _, groups, sizes = np.unique(
        as_classes(groups, len(chance), "Groups"), return_inverse=True, return_counts=True
    )
    order = np.lexsort((chance, groups))
    turn = np.empty(len(groups), dtype=np.intp)
    turn[order] = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    luck = chance[order][np.cumsum(sizes) - sizes]  # of the first of each group: no number decides a tie
    place = np.empty(len(sizes), dtype=np.intp)
    place[np.lexsort((luck, sizes))] = np.arange(len(sizes))
    picks = np.lexsort((place[groups], turn))[: max(0, int(n))]
    return picks, 1 / (sizes[groups[picks]] - turn[picks])
