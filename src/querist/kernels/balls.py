"""Balls around rows: how far a label speaks, and batches that mix coverage by balls with another worth."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_classes, as_matrix, as_numbers, blocks
from querist.kernels.neighbours import Points
from querist.kernels.pairs import added

__all__ = ["ball_radii", "mixed_coverage"]


def ball_radii(
    x: Any, said: Any, centres: Any, labels: Any, *, purity: float, most: float
) -> tuple[Array, Array]:
    """How far each label speaks: the largest radius at which enough of a ball is said to be of that class.

    Parameters
    ----------
    x : (n, d) dense or sparse
        The rows that nobody labelled.
    said : (n,) class numbers
        What the model predicts of them.
    centres : (m, d) as ``x``
        The labelled rows.
    labels : (m,) class numbers
    purity : float
        What share of a ball must be said to be of its label's class, from 0 to 1.
    most : float
        No radius is larger.

    Returns
    -------
    radii : (m,); 0 where the nearest row is of another class already
    covered : (n,) which rows are in the ball of some label

    >>> ball_radii([[1.0], [2.0], [4.0]], [0, 0, 1], [[0.0]], [0], purity=0.9, most=9.0)
    (array([3.]), array([ True,  True, False]))

    Time O(n m (d + log n)); memory O(n + m) and one block.  Mishal & Weinshall 2024 (DCoM).
    """
    points, given = Points(x), as_matrix(centres)
    said = as_classes(said, points.n, "Classes")
    if given.shape[1] != points.d:
        raise InvalidInput(
            f"Centres of {given.shape[1]} features among rows of {points.d}.", mend="Measure both alike."
        )
    labels = as_classes(labels, int(given.shape[0]), "Labels")
    radii, covered = np.zeros(len(labels)), np.zeros(points.n, dtype=bool)
    for first, last in blocks(len(labels) if points.n else 0, max(points.n, points.d)):
        some = given[first:last].astype(points.dtype)
        some = some if points.sparse else some - points.mean
        if not np.isfinite(some.data if points.sparse else some).all():
            raise InvalidInput("The centres are not all finite.", mend="Fill missing values first.")
        away = np.empty((last - first, points.n), dtype=points.dtype)
        for start, stop in points.blocks(last - first):
            away[:, start:stop] = np.sqrt(points.squared(start, stop, some)).T
        order = np.argsort(away, axis=1, kind="stable")
        ranked = np.take_along_axis(away, order, axis=1).astype(np.float64)
        right = np.cumsum(said[order] == labels[first:last, None], axis=1)
        beyond = np.concatenate([ranked[:, 1:], np.full((last - first, 1), np.inf)], axis=1)
        pure = right >= purity * np.arange(1, points.n + 1) - 1e-9
        pure &= (ranked <= most) & (beyond > ranked)  # a ball ends between two distances
        reached = np.where(pure.any(axis=1), points.n - 1 - pure[:, ::-1].argmax(axis=1), -1)
        for i in np.flatnonzero(reached >= 0):
            inner, outer = ranked[i, reached[i]], beyond[i, reached[i]]
            radii[first + i] = min(most, (inner + outer) / 2 if np.isfinite(outer) else most)
            covered[order[i, : reached[i] + 1]] = True
    return radii, covered


def mixed_coverage(
    x: Any, n: int, *, radius: float, worth: Any, share: float, covered: Any = None
) -> tuple[Array, Array]:
    """Each pick has the most of ``share`` of its worth and of the rows in its ball that nothing covers.

    Both are scaled from 0 to 1 at every turn.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
        All rows are candidates, and to be covered.
    n : int
        How many; all rows come back when there are fewer.
    radius : float >= 0
    worth : (n_rows,) finite numbers
    share : float
        From 0 (coverage by balls alone) to 1 (worth alone).
    covered : (n_rows,) bool, optional
        What is covered already.

    Returns
    -------
    picks : row numbers, in the order picked; ties to the lower row
    values : what each had at its turn, from 0 to 1

    >>> mixed_coverage([[0.0], [0.1], [5.0]], 2, radius=1.0, worth=[0.0, 0.0, 1.0], share=0.2)[0]
    array([0, 2])

    Time O(n_rows^2 d) at most, however many picks (a row is newly covered once): give a sample of a
    large pool.  Memory O(n_rows) and one block.  Mishal & Weinshall 2024 (DCoM).
    """
    points = Points(x)
    worth = np.array(as_numbers(worth))
    if worth.shape != (points.n,) or not np.isfinite(worth).all() or not 0 <= share <= 1 or not radius >= 0:
        raise InvalidInput(
            f"Worth of shape {worth.shape} for {points.n} rows, share {share!r}, radius {radius!r}.",
            mend="Give a finite number a row, a share from 0 to 1 and a radius of 0 or more.",
        )
    open_ones = np.ones(points.n, dtype=bool) if covered is None else ~np.asarray(covered, dtype=bool)
    limit = points.dtype.type(radius) ** 2
    inside = _counts(points, np.flatnonzero(open_ones), radius)
    free = np.ones(points.n, dtype=bool)
    n = max(0, min(int(n), points.n))
    picks, values = np.empty(n, dtype=np.intp), np.empty(n)
    for i in range(n):
        value = share * _scaled(worth, free) + (1 - share) * _scaled(inside.astype(np.float64), free)
        value = np.where(free, np.round(value, 6), -1)
        picks[i] = value.argmax()
        values[i] = value[picks[i]]
        free[picks[i]] = False
        near = points.nearest(points.centres(picks[i : i + 1]))[1]
        new = np.flatnonzero(open_ones & (near <= limit))
        open_ones[new] = False
        inside -= _counts(points, new, radius)
    return picks, values


def _counts(points: Points, columns: Array, radius: float) -> Array:
    """How many of some rows are in the ball around each row, (n,)."""
    ones, none = np.ones(len(columns), dtype=points.dtype), np.zeros(len(columns), dtype=points.dtype)
    everything = np.arange(points.n)
    counts = added(points, everything, columns, ones, none, ones, "ball", radius)
    return np.asarray(np.rint(counts), dtype=np.int64)


def _scaled(values: Array, free: Array) -> Array:
    """From 0 to 1 among the free rows; 0 where all are equal."""
    low, high = float(values[free].min()), float(values[free].max())
    return np.asarray((values - low) / (high - low)) if high > low else np.zeros(len(values))
