"""Rows of which a model speaks otherwise than of their labelled neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, blocks
from querist.kernels.large import in_threads
from querist.kernels.neighbours import nearest
from querist.kernels.uncertainty import by_blocks

__all__ = ["contrast"]

_FLOOR = 1e-12
_FEW = 64  # labelled rows a neighbour, up to which products with all of them cost less


def contrast(
    x: Any, proba: Any, known_proba: Any, *, known: Any, rows: Any = None, neighbours: int = 10
) -> Array:
    """The mean of KL(p of a labelled neighbour || p of the row) over the nearest labelled rows, in nats.

    Large where alike features are given unlike predictions: a border runs through here.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    proba : (k, C) probabilities
        Of the rows that are scored.
    known_proba : (m, C) probabilities
        What the model says of the labelled rows now.
    known : row numbers (m,)
        The labelled rows.
    rows : row numbers (k,), optional
        The rows that are scored; all if not given.
    neighbours : int
        How many; all where fewer are labelled.

    Returns
    -------
    (k,) finite numbers of 0 or more; all 0 where nothing is labelled.  Probabilities are floored at
    1e-12 in the logarithm, so a row whose neighbours are thought impossible scores much, not infinity.

    >>> contrast([[0.0], [0.1], [5.0]], [[0.5, 0.5], [0.9, 0.1]], [[0.5, 0.5]], known=[1], rows=[0, 2])
    array([0.        , 0.51082562])

    Time O(n m d); memory O(n neighbours) and one block, beside a copy of the rows where those that
    matter are fewer than half.  Margatina, Vernikos, Barrault & Aletras 2021 (CAL).
    """
    x = as_matrix(x)
    n = int(x.shape[0])
    known = as_rows(known, n)
    rows = np.arange(n) if rows is None else as_rows(rows, n)
    proba, known_proba = np.asarray(proba), np.asarray(known_proba)
    if neighbours < 1 or len(proba) != len(rows) or len(known_proba) != len(known):
        raise InvalidInput(
            f"{len(proba)} distributions for {len(rows)} rows, {len(known_proba)} for {len(known)} known "
            f"ones, {neighbours} neighbours.",
            mend="Give one distribution a row, and one neighbour or more.",
        )
    scores = np.zeros(len(rows))
    if not len(known) or not len(rows):
        return scores
    for table in (proba, known_proba):
        by_blocks(table, lambda block: block[:, 0])  # which checks them
    if proba.shape[1] != known_proba.shape[1]:
        raise InvalidInput(
            f"Distributions over {proba.shape[1]} classes and, of the known rows, {known_proba.shape[1]}.",
            mend="Give both the same columns.",
        )
    near = _near(x, known, rows, neighbours)
    told = known_proba.astype(np.float64)
    own = (told * np.log(np.maximum(told, _FLOOR))).sum(axis=1)

    def part(bounds: tuple[int, int]) -> None:
        start, stop = bounds
        logs = np.log(np.maximum(proba[start:stop].astype(np.float64), _FLOOR))
        of = near[start:stop]
        there = of >= 0  # a labelled row that is scored itself has one neighbour less
        total = np.where(there, own[of] - _crossed(told, logs, of), 0).sum(axis=1)
        scores[start:stop] = total / np.maximum(there.sum(axis=1), 1)

    in_threads(part, blocks(len(rows), max(near.shape[1] * proba.shape[1], len(told))))
    return np.maximum(scores, 0)


def _crossed(told: Array, logs: Array, of: Array) -> Array:
    """The products of each row's logarithms with what its neighbours are told, (k, neighbours)."""
    if len(told) <= _FEW * of.shape[1]:  # with all of them at once, which gathers nothing but products
        return np.take_along_axis(logs @ told.T, of, axis=1)
    return np.asarray(np.einsum("ikc,ic->ik", told[of], logs))


def _near(x: Any, known: Array, rows: Array, neighbours: int) -> Array:
    """For each of ``rows`` the places in ``known`` of its nearest; -1 where there are no more."""
    n = int(x.shape[0])
    if 2 * (len(rows) + len(known)) <= n:
        some = np.union1d(rows, known)
        x, rows, known = x[some], np.searchsorted(some, rows), np.searchsorted(some, known)
    found, _ = nearest(x, min(int(neighbours), len(known)), among=known)
    place = np.full(int(x.shape[0]) + 1, -1)  # the last is where -1 points
    place[known] = np.arange(len(known))
    near: Array = place[found[rows]]
    return near
