"""Hierarchical sampling (Dasgupta & Hsu, 2008) as it was run: a Ward tree whose pruning only refines."""

from __future__ import annotations

import numba
import numpy as np
from scipy.cluster.hierarchy import ward

__all__ = ["hierarchical"]

_BETA = 2.0


@numba.njit(cache=True)
def _bounds(labels: float, share: float) -> tuple[float, float]:
    """The interval for a class's share of a node with so many labels."""
    if labels == 0:
        return 0.0, 1.0
    width = 1.0 / labels + np.sqrt(share * (1.0 - share) / labels)
    return max(share - width, 0.0), min(share + width, 1.0)


@numba.njit(cache=True)
def _scored(
    children: np.ndarray,
    parent: np.ndarray,
    size: np.ndarray,
    counts: np.ndarray,
    admissible: np.ndarray,
    best: np.ndarray,
    split: np.ndarray,
) -> None:
    """What labels say of every node: admissible ever, its best label, and whether its parts are better."""
    nodes = len(parent)
    leaves = nodes - len(children)
    error = np.empty(nodes)
    fits = np.zeros(nodes, dtype=np.bool_)
    for v in range(nodes):
        labels = counts[v, 0] + counts[v, 1]
        lowest, chosen, chosen_fits = np.inf, 0, False
        for c in range(2):
            share = counts[v, c] / labels if labels else 0.5
            low, _ = _bounds(labels, share)
            _, high = _bounds(labels, 1.0 - share)
            fit = 1.0 - low < _BETA * (1.0 - high)
            wrong = 1.0 - share if fit else 1.0
            fits[v] |= fit
            if wrong < lowest:
                lowest, chosen, chosen_fits = wrong, c, fit
        error[v] = lowest
        if chosen_fits:
            best[v] = chosen
        admissible[v] |= fits[v]
    below = np.ones(nodes, dtype=np.bool_)  # whether all nodes above are admissible
    for v in range(nodes - 2, -1, -1):
        below[v] = below[parent[v]] and admissible[parent[v]]
    for v in range(leaves, nodes):
        split[v] = False
        if fits[v] and below[v]:
            left, right = children[v - leaves]
            parts = (size[left] * error[left] + size[right] * error[right]) / size[v]
            if parts < error[v]:
                error[v], split[v] = parts, True


def hierarchical(x: np.ndarray, y: np.ndarray, start: int, seed: int) -> np.ndarray:
    """The order of hierarchical sampling: a node of the pruning by size and doubt, an item of it by lot."""
    n, rng = len(y), np.random.RandomState(seed)
    children = ward(x)[:, :2].astype(np.int64)
    leaves = [[v] for v in range(n)]
    parent = np.full(2 * n - 1, -1)
    for v, (left, right) in enumerate(children):
        parent[[left, right]] = n + v
        leaves.append(leaves[left] + leaves[right])
    size = np.array([len(one) for one in leaves], dtype=np.float64)
    counts = np.zeros((2 * n - 1, 2))
    admissible, split = np.zeros(2 * n - 1, dtype=bool), np.zeros(2 * n - 1, dtype=bool)
    best, order, asked = np.full(2 * n - 1, -1), list(range(start)), np.arange(n) < start
    for row in order:
        _told(counts, parent, row, int(y[row] > 0))
    best[-1] = rng.choice(2)
    pruning, drawn = [2 * n - 2], 2 * n - 2
    while len(order) < n:
        _scored(children, parent, size, counts, admissible, best, split)
        pruning.remove(drawn)
        parts = _parts(children, split, drawn, n)
        pruning.extend(parts)
        for v in parts:
            if best[v] < 0:
                best[v] = best[parent[v]]
        doubt = _doubts(np.array(pruning), size, counts, best)
        drawn, pick = _drawn(rng, pruning, doubt, leaves, asked)
        asked[pick] = True
        order.append(pick)
        _told(counts, parent, pick, int(y[pick] > 0))
    return np.array(order)


def _told(counts: np.ndarray, parent: np.ndarray, row: int, kind: int) -> None:
    while row >= 0:
        counts[row, kind] += 1
        row = int(parent[row])


def _parts(children: np.ndarray, split: np.ndarray, node: int, n: int) -> list[int]:
    """The nodes that a node is cut into, from left to right."""
    found, open_ = [], [node]
    while open_:
        v = open_.pop()
        if split[v]:
            left, right = children[v - n].tolist()
            open_ += [right, left]
        else:
            found.append(v)
    return found


@numba.njit(cache=True)
def _doubts(nodes: np.ndarray, size: np.ndarray, counts: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Each node's size times what its label may be wrong by."""
    found = np.empty(len(nodes))
    for i, v in enumerate(nodes):
        labels = counts[v, 0] + counts[v, 1]
        low, _ = _bounds(labels, counts[v, best[v]] / labels if labels else 0.5)
        found[i] = size[v] * (1.0 - low)
    return found


def _drawn(
    rng: np.random.RandomState,
    pruning: list[int],
    doubt: np.ndarray,
    leaves: list[list[int]],
    asked: np.ndarray,
) -> tuple[int, int]:
    """A node that has an item left, and the item."""
    edges = np.cumsum(doubt / doubt.sum())
    edges /= edges[-1]
    while True:
        node = pruning[int(np.searchsorted(edges, rng.random_sample(), side="right"))]
        left = [row for row in leaves[node] if not asked[row]]
        if left:
            return node, left[rng.randint(0, len(left))]
