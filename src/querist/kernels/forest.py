"""A regression forest as plain arrays, read where most of what it is asked of is the same for all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array

__all__ = ["Forest"]

_LEAF = -1


@dataclass(frozen=True)
class Forest:
    """Regression trees: node after node, the left child of a node right behind it.

    ``features`` (nodes,) hold what a node asks of, -1 in a leaf; ``limits`` up to which value it sends left;
    ``rights`` where its right child is; ``values`` what a leaf says; ``roots`` where each tree begins.

    >>> stump = Forest(np.array([0, -1, -1]), np.array([0.5, 0, 0]), np.array([2, 0, 0]),
    ...                np.array([0.0, 1.0, 3.0]), np.array([0]))
    >>> stump.predict([[0.5], [0.6]])
    array([1., 3.])
    """

    features: Array
    limits: Array
    rights: Array
    values: Array
    roots: Array

    def __post_init__(self) -> None:
        n = len(self.features)
        parts = (self.limits, self.rights, self.values)
        inner = np.flatnonzero(self.features != _LEAF)
        bad = any(len(part) != n for part in parts) or (self.roots < 0).any() or (self.roots >= n).any()
        if bad or not len(self.roots) or (self.rights[inner] <= inner).any() or (inner >= n - 1).any():
            raise InvalidInput(
                f"{len(self.roots)} trees of {n} nodes do not hang together.",
                mend="Give arrays of one length; a left child follows its node, a right one comes later.",
            )

    def predict(self, x: Any) -> Array:
        """The mean of what the trees say of each row of (n, d), (n,): one step of all rows at a time."""
        x = np.asarray(x, dtype=np.float32)
        total = np.zeros(len(x))
        for root in self.roots:
            at = np.full(len(x), int(root))
            while len(moving := np.flatnonzero(self.features[at] != _LEAF)):
                node = at[moving]
                left = x[moving, self.features[node]] <= self.limits[node]
                at[moving] = np.where(left, node + 1, self.rights[node])
            total += self.values[at]
        return np.asarray(total / len(self.roots))

    def surface(self, known: Any, first: Any, second: Any) -> Array:
        """What :meth:`predict` says of rows that share all features but the last two, (n,).

        Each leaf that the shared features allow is a rectangle in the plane of the two others.  Their sum is
        taken once for each cell of the plane, and the rows are looked up: what a row costs does not
        hang on how many trees there are.

        Parameters
        ----------
        known : (d - 2,) the features that all rows share
        first, second : (n,) the last two features

        Time O(n log(nodes) + cells), memory O(n + cells); the cells are the limits of the one that are
        met on the way by those of the other.
        """
        known = np.asarray(known, dtype=np.float32)
        leaves, cuts = self._leaves(known)
        grids = [np.unique(np.array(one, dtype=np.float64)) for one in cuts]
        plane = np.zeros((len(grids[0]) + 2, len(grids[1]) + 2))
        for value, box in leaves:
            (a, b), (c, d) = (_cells(grid, *edges) for grid, edges in zip(grids, box, strict=True))
            plane[a, c] += value
            plane[b, d] += value
            plane[a, d] -= value
            plane[b, c] -= value
        plane = plane.cumsum(axis=0).cumsum(axis=1) / len(self.roots)
        rows = [
            np.searchsorted(grid, np.asarray(one, dtype=np.float32).astype(np.float64))
            for grid, one in zip(grids, (first, second), strict=True)
        ]
        return np.asarray(plane[rows[0], rows[1]])

    def _leaves(self, known: Array) -> tuple[list[tuple[float, Any]], tuple[list[float], list[float]]]:
        """The leaves within reach, each with its box (above, up to) of the two features; the limits."""
        d = len(known)
        whole = ((-np.inf, np.inf), (-np.inf, np.inf))
        waiting = [(int(root), whole) for root in self.roots]
        leaves: list[tuple[float, Any]] = []
        cuts: tuple[list[float], list[float]] = ([], [])
        while waiting:
            node, box = waiting.pop()
            asks, limit = int(self.features[node]), float(self.limits[node])
            if asks == _LEAF:
                leaves.append((float(self.values[node]), box))
            elif asks < d:
                waiting.append((node + 1 if known[asks] <= limit else int(self.rights[node]), box))
            else:
                axis = asks - d
                low, high = box[axis]
                cuts[axis].append(limit)
                for child, part in (
                    (node + 1, (low, min(limit, high))),
                    (int(self.rights[node]), (max(low, limit), high)),
                ):
                    if part[0] < part[1]:
                        waiting.append((child, (part, box[1]) if axis == 0 else (box[0], part)))
        return leaves, cuts


def _cells(grid: Array, above: float, to: float) -> tuple[int, int]:
    """The first cell of a stretch and the one behind its last: cell i ends with the i-th limit."""
    first = 0 if above == -np.inf else int(np.searchsorted(grid, above)) + 1
    return first, int(np.searchsorted(grid, to)) + 1
