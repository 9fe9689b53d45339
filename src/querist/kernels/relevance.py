"""Batches that trade doubt against distance, turn by turn: FALCUN and ranked batch mode."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_numbers, blocks
from querist.kernels.coverage import closest_to_mean, prepared
from querist.kernels.large import is_large
from querist.kernels.uncertainty import by_blocks

__all__ = ["falcun", "ranked_batch"]


def falcun(
    proba: Any, doubt: Any, n: int, *, gamma: float = 10.0, out: Any = None, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draws each pick by (doubt + distance) ** gamma, distances taken among what the model says.

    The distance of a row is its doubt, or the least sum of absolute differences between its
    probabilities and those of a pick where that is less, as a share of the largest that is left.  It
    needs no features: prefer it where there are none to trust and the batch should still not repeat itself.

    Parameters
    ----------
    proba : (m, C) probabilities
    doubt : (m,) numbers from 0 to 1
    n : int
        All rows come back when there are fewer.
    gamma : float, 0 or more
        0 draws uniformly, much takes the best.
    out : (k, C) probabilities, optional
        What the model says of items that are out already: they count as picked.
    rng : numpy.random.Generator

    Returns
    -------
    picks : row numbers, in the order drawn, distinct
    probabilities : the chance that each had at its turn

    >>> proba = np.array([[0.5, 0.5], [0.5, 0.5], [0.3, 0.7], [1.0, 0.0]])
    >>> falcun(proba, [1.0, 1.0, 0.6, 0.0], 2, gamma=99.0, rng=np.random.default_rng(0))[0][1]
    np.int64(2)

    Time O(m n C), memory O(m C): a turned copy of ``proba``.  Gilhuber, Beer, Ma & Seidl 2024.
    """
    proba = np.asarray(proba)
    doubt = as_numbers(doubt)
    by_blocks(proba, lambda block: block[:, 0])  # which checks them
    _check_doubt(doubt, len(proba))
    if not 0 <= gamma < np.inf:
        raise InvalidInput(f"gamma must be 0 or more; got {gamma!r}.", mend="10 is the paper's choice.")
    near, free = doubt.copy(), np.ones(len(proba), dtype=bool)
    columns = np.ascontiguousarray(proba.T)  # sums over few classes are quick down long columns
    known = np.empty((0, proba.shape[1])) if out is None else np.asarray(out)
    by_blocks(known, lambda block: block[:, 0])
    if known.shape[1] != proba.shape[1]:
        raise InvalidInput(
            f"What is out has {known.shape[1]} classes, the rest {proba.shape[1]}.",
            mend="Use one model for both.",
        )
    for row in known:
        _come_near(near, columns, row)
    n = max(0, min(int(n), len(proba)))
    picks, chances = np.empty(n, dtype=np.intp), np.empty(n)
    if is_large(proba.size * n):
        _drawn_large(columns, doubt.copy(), near, gamma, rng.random(n), picks, chances)
        return picks, chances
    for i in range(n):
        left = np.flatnonzero(free)
        picks[i], chances[i] = _drawn(left, doubt[left], near[left], gamma, rng)
        free[picks[i]] = False
        _come_near(near, columns, proba[picks[i]])
    return picks, chances


def ranked_batch(x: Any, doubt: Any, n: int, *, taken: Any = None, rows: Any = None) -> tuple[Array, Array]:
    """Each pick has the largest a (1 - 1 / (1 + d)) + (1 - a) doubt, a the share of rows without label.

    d is the distance to the nearest row that is taken or picked.  With few labels it spreads, with many
    it goes by doubt, and no parameter says when.  Distances are compared with 1: scale the features so
    that neighbours are nearer than that.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    doubt : (n_rows,) numbers from 0 to 1
        Read of the candidates only.
    n, taken, rows :
        As for :func:`querist.kernels.k_center`.  Where nothing is taken, a row's similarity to what is
        known is 0, so the first pick goes by doubt alone, ties to the row closest to the middle.

    Returns
    -------
    picks : row numbers, in the order picked
    scores : what each had at its turn, from 0 to 1

    >>> ranked_batch([[0.0], [0.1], [9.0]], [1.0, 0.9, 0.5], 2)[0]
    array([0, 2])

    Time O(n m d), memory O(m) and one block.  Cardoso, Silva, Canuto, Moro & Gonçalves 2017.
    """
    points, where, centres, free = prepared(x, taken, rows)
    doubt = as_numbers(doubt)
    if doubt.shape != (np.shape(x)[0],):
        _check_doubt(doubt, np.shape(x)[0])
    doubt = doubt[where]
    _check_doubt(doubt[free], int(free.sum()))
    n = max(0, min(int(n), int(free.sum())))
    picks, scores = np.empty(n, dtype=np.intp), np.empty(n)
    far = np.full(points.n, np.inf, dtype=points.dtype)
    if n and len(centres):
        _, far = points.nearest(points.centres(centres))
    unlabelled, labelled = int(free.sum()), len(centres)
    for i in range(n):
        share = unlabelled / (unlabelled + labelled)
        with np.errstate(divide="ignore"):
            apart = 1 - 1 / (1 + np.sqrt(far.astype(np.float64)))
        score = np.where(free, share * apart + (1 - share) * doubt, -np.inf)
        if i == 0 and not labelled:
            score = np.where(free, doubt, -np.inf)
            best = score == score.max()
            picks[i] = closest_to_mean(points, best)
        else:
            picks[i] = score.argmax()
        scores[i] = score[picks[i]]
        free[picks[i]] = False
        unlabelled, labelled = unlabelled - 1, labelled + 1
        centre = points.centres(picks[i : i + 1])
        for start, stop in points.blocks(1):
            squared = points.squared(start, stop, centre)[:, 0]
            np.minimum(far[start:stop], squared, out=far[start:stop])
    return where[picks], scores


def _come_near(near: Array, columns: Array, row: Array) -> None:
    """Lower ``near``, in place, to the absolute differences from one row of probabilities."""
    for start, stop in blocks(len(near), len(columns)):
        away = np.abs(columns[:, start:stop] - row[:, None]).sum(axis=0, dtype=np.float64)
        np.minimum(near[start:stop], away, out=near[start:stop])


def _drawn_large(
    columns: Array, doubt: Array, near: Array, gamma: float, lots: Array, picks: Array, chances: Array
) -> None:
    """All picks at once, compiled."""
    from querist.kernels import compiled_rows as compiled

    law = np.empty(len(near))
    sums = np.empty(-(-len(near) // compiled.BLOCK))
    numbers = columns if columns.dtype == np.float32 else columns.astype(np.float64, copy=False)
    compiled.drawn_apart(numbers, doubt, near, float(gamma), lots, law, sums, picks, chances)


def _drawn(
    left: Array, doubt: Array, near: Array, gamma: float, rng: np.random.Generator
) -> tuple[int, float]:
    largest = near.max()
    worth = doubt + (near / largest if largest > 0 else near)
    best = worth.max()
    law = (worth / best) ** gamma if best > 0 else np.ones(len(left))
    running = np.cumsum(law)
    # rounding may put the mark at the end: the last row with any chance takes it
    last = int(np.flatnonzero(law)[-1])
    place = min(int(np.searchsorted(running, rng.random() * running[-1], side="right")), last)
    return int(left[place]), float(law[place] / running[-1])


def _check_doubt(doubt: Array, n: int) -> None:
    inside = doubt.shape == (n,) and bool(((doubt >= 0) & (doubt <= 1 + 1e-6)).all())
    if not inside:
        raise InvalidInput(
            f"Doubt must be {n} numbers from 0 to 1; got shape {doubt.shape}, "
            f"from {doubt.min(initial=np.inf)!r} to {doubt.max(initial=-np.inf)!r}.",
            mend="1 + margin(proba) is such a number, and so is least_confidence(proba).",
        )
