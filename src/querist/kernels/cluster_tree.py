"""A tree of clusters, and the cut through it that its labels speak for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import (
    Array,
    as_classes,
    as_each,
    as_matrix,
    blocks,
    is_sparse,
    squared_norms,
    summable,
    unmeasurable,
)

__all__ = ["ClusterTree", "cluster_tree", "pruning"]

_ROUNDS = 10  # of the power iteration; a direction that is not quite there cuts as well


@dataclass(frozen=True)
class ClusterTree:
    """Nested clusters of rows, node 0 the whole; the rows of node v are ``order[start[v]:stop[v]]``.

    ``left`` and ``right`` are the children of each node, -1 for a leaf; children come after parents.
    """

    order: Array
    start: Array
    stop: Array
    left: Array
    right: Array


def cluster_tree(x: Any, *, leaf: int = 32) -> ClusterTree:
    """Cuts the rows in two along their principal direction, and each part again, down to leaves.

    The cut is the best in two by squares along that direction.  Prefer it to k-means where clusters of
    every size are wanted at once; it draws no lots, and n log n rows are looked at instead of n x n.

    Parameters
    ----------
    x : (n, d) dense or sparse, n >= 1
    leaf : int
        Parts of so many rows, or of equal rows only, are not cut.

    >>> tree = cluster_tree([[0.0], [9.0], [0.1], [9.1], [9.2]], leaf=3)
    >>> sorted((tree.stop - tree.start).tolist()), tree.left
    ([2, 3, 5], array([ 1, -1, -1]))

    Time O(n d log n) where cuts are even, memory O(n d).  Boley 1998 (principal direction divisive
    partitioning).
    """
    x = as_matrix(x)
    total = int(x.shape[0])
    if total == 0 or leaf < 1:
        raise InvalidInput(
            f"A tree needs a row and leaves of 1 or more; got {total} rows, leaf = {leaf!r}.",
            mend="Give both.",
        )
    x = x if x.dtype == np.float32 else x.astype(np.float64, copy=False)
    norms = np.empty(total, dtype=x.dtype)
    for start, stop in blocks(total, x.shape[1]):
        norms[start:stop] = squared_norms(x[start:stop])
    if not summable(norms, x.dtype):
        raise unmeasurable(int(np.where(np.isfinite(norms), norms, np.inf).argmax()))
    order = np.arange(total)
    nodes, children = [(0, total)], [(-1, -1)]
    for here, (start, stop) in enumerate(nodes):  # which grows
        rows = order[start:stop]
        if len(rows) <= leaf:
            continue
        along = _along_principal(x[rows])
        if along is None:
            continue
        by = np.argsort(along, kind="stable")
        order[start:stop] = rows[by]
        middle = start + _cut(along[by])
        children[here] = (len(nodes), len(nodes) + 1)
        nodes += [(start, middle), (middle, stop)]
        children += [(-1, -1), (-1, -1)]
    ends, below = np.array(nodes), np.array(children)
    return ClusterTree(order, ends[:, 0], ends[:, 1], below[:, 0], below[:, 1])


def pruning(
    tree: ClusterTree, of: Any, *, weights: Any = None, beta: float = 2.0
) -> tuple[Array, Array, Array]:
    """The clusters, nested nowhere and covering all, that labels drawn from them leave the least error.

    A cluster stands as one where it is sure enough that its majority is within ``beta`` of the best
    label for it: (1 - lower bound of its share) < beta x (1 - upper bound of any other's); otherwise its
    error counts as 1.  A cluster is cut where its parts promise less error than it.

    Parameters
    ----------
    tree : ClusterTree
    of : (n,) class numbers from 0, -1 where no label is known
    weights : (n,) numbers >= 0, optional
        What a row counts for in the size of its cluster; 1 if not given.
    beta : float, above 1

    Returns
    -------
    nodes : the clusters, ascending
    sizes : the sum of weights in each
    lowers : the lower bound of the share of each one's majority; 0 where it has no label

    The bounds are share -+ (1 / k + sqrt(share (1 - share) / k)) of k labels.  A class that nobody saw yet
    counts as one more.  Time and memory O(n C).

    >>> tree = cluster_tree([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]], leaf=3)
    >>> pruning(tree, [0, 0, 0, 1, 1, 1])[0]
    array([1, 2])

    Dasgupta & Hsu 2008.
    """
    of = as_classes(of, len(tree.order), "Classes")[tree.order]
    mass = np.ones(len(of)) if weights is None else as_each(weights, len(of), "Weights")[tree.order]
    if len(of) != len(mass) or not beta > 1:
        raise InvalidInput(
            f"Give one weight a row, beta > 1; got {len(mass)} weights for {len(of)} rows, beta = {beta!r}.",
            mend="The paper uses beta = 2.",
        )
    total = np.concatenate([[0.0], np.cumsum(mass)])
    sizes = total[tree.stop] - total[tree.start]
    counts = np.zeros((len(tree.start), int(of.max(initial=-1)) + 2))
    for one in range(counts.shape[1] - 1):
        seen = np.concatenate([[0], np.cumsum(of == one)])
        counts[:, one] = seen[tree.stop] - seen[tree.start]
    error, lowers = _errors(counts, beta)
    whole = np.ones(len(error), dtype=bool)
    for node in range(len(error) - 1, -1, -1):  # children come after parents
        left, right = tree.left[node], tree.right[node]
        if left >= 0:
            parts = (sizes[left] * error[left] + sizes[right] * error[right]) / (sizes[node] or 1.0)
            if parts < error[node] - 1e-12:
                error[node], whole[node] = parts, False
    nodes, waiting = [], [0]
    while waiting:
        node = waiting.pop()
        if whole[node]:
            nodes.append(node)
        else:
            waiting += [int(tree.left[node]), int(tree.right[node])]
    chosen = np.sort(np.array(nodes, dtype=np.intp))
    return chosen, sizes[chosen], lowers[chosen]


def _errors(counts: Array, beta: float) -> tuple[Array, Array]:
    """The error of each node by its majority, 1 where that is not sure; the majority's lower bound."""
    seen = counts.sum(axis=1, keepdims=True)
    share = counts / np.maximum(seen, 1)
    give = np.where(seen > 0, 1 / np.maximum(seen, 1) + np.sqrt(share * (1 - share) / np.maximum(seen, 1)), 1)
    lower, upper = np.maximum(share - give, 0), np.minimum(share + give, 1)
    each = np.arange(len(counts))
    best = share.argmax(axis=1)
    rivals = upper.copy()
    rivals[each, best] = -np.inf
    sure = 1 - lower[each, best] < beta * (1 - rivals.max(axis=1))
    return np.where(sure, 1 - share[each, best], 1.0), lower[each, best]


def _along_principal(x: Any) -> Array | None:
    """Where each row is along the principal direction, (n,); None where all rows are equal."""
    mean = np.asarray(x.mean(axis=0, dtype=np.float64)).ravel().astype(x.dtype)
    lengths = squared_norms(x)
    away = lengths - 2 * (x @ mean) + mean @ mean
    noise = 64 * float(np.finfo(x.dtype).eps) * float(lengths.max())
    if away.max() <= noise:
        return None
    row = x[[int(away.argmax())]]
    direction = np.asarray(row.toarray() if is_sparse(row) else row).ravel() - mean
    for _ in range(_ROUNDS):
        direction = direction / float(np.linalg.norm(direction.astype(np.float64)))  # squares of squares
        along = x @ direction - mean @ direction
        direction = x.T @ along - mean * along.sum()
    found: Array = np.asarray(along, dtype=np.float64)
    return found if np.ptp(found) ** 2 > noise else None


def _cut(along: Array) -> int:
    """How many of the ascending values are in the first of the two parts with the least squares."""
    sums, n = np.cumsum(along)[:-1], len(along)
    first = np.arange(1, n)
    between = sums**2 / first + (along.sum() - sums) ** 2 / (n - first)
    between[np.diff(along) <= 0] = -np.inf  # equal values stay together
    return int(between.argmax()) + 1
