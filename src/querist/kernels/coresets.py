"""Few rows whose sums are those of all: lightweight core-sets, Frank-Wolfe, graph cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import (
    Array,
    as_candidates,
    as_each,
    as_matrix,
    as_taken,
    as_weights,
    blocks,
    is_sparse,
)
from querist.kernels.falling import Falling
from querist.kernels.neighbours import Points

__all__ = ["frank_wolfe", "graph_cut", "lightweight_coreset"]


def lightweight_coreset(x: Any, n: int, *, chance: Any, rows: Any = None) -> tuple[Array, Array]:
    """Rows drawn half uniformly, half by their squared distance from the mean, without replacement.

    Prefer it to random sampling where rare, far rows should be seen too and every row should have a
    known chance; one pass, whatever n is.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    chance : (len(rows),) lots in [0, 1)
        One a candidate (:func:`querist.kernels.uniform`): the same lots give the same rows.
    rows : row numbers, optional
        The candidates; all rows if not given.

    Returns
    -------
    picks : row numbers, in the order drawn
    probabilities : the chance that each had at its turn

    >>> lightweight_coreset([[0.0], [1.0], [50.0]], 1, chance=[0.5, 0.5, 0.5])[0]
    array([2])

    Time O(m d), memory O(m) and one block.  Bachem, Lucic & Krause 2018.
    """
    x = as_matrix(x)
    rows = np.arange(x.shape[0]) if rows is None else as_candidates(rows, x.shape[0])
    lots = as_each(chance, len(rows), "Lots")
    if not len(rows) or n <= 0:
        return rows[:0], np.empty(0)
    law = _half_by_distance(x, rows)
    # the first of exponential alarms, one a row, rings for a row in proportion to its rate
    rings = -np.log1p(-np.minimum(lots, 1 - 2.0**-53)) / law
    places = np.lexsort((rows, rings))[: int(n)]
    gone = np.concatenate([[0.0], np.cumsum(law[places])[:-1]])
    return rows[places], np.minimum(law[places] / np.maximum(1 - gone, law[places]), 1.0)


def frank_wolfe(x: Any, n: int, *, rows: Any = None, weights: Any = None) -> tuple[Array, Array]:
    """Rows whose weighted sum comes nearest to the sum of all candidates, found by Frank-Wolfe steps.

    Prefer it for large batches where the average of what the model sees should be kept (Bayesian
    core-sets: rows are then log-likelihoods).  Rows of zeros are left to the end.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    rows : row numbers, optional
        The candidates; all rows if not given.  Among equals the earlier goes first.
    weights : (len(rows),) numbers >= 0, optional
        What each candidate's row is multiplied by; 1 if not given.

    Returns
    -------
    picks : row numbers, in the order found
    shares : what each counts for in the sum at the end, (k,); 0 where the steps had come to an end

    >>> frank_wolfe([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [-0.1, 0.9]], 2)[0]
    array([1, 3])

    Time O(m d) a step and at most 10 steps a pick; memory O(m + d) and one block.
    Pinsler, Gordon, Nalisnick & Hernández-Lobato 2019 (ACS-FW); Frank & Wolfe 1956.
    """
    x = as_matrix(x)
    rows = np.arange(x.shape[0]) if rows is None else as_candidates(rows, x.shape[0])
    weight = as_weights(weights, len(rows), one="candidate")
    n = max(0, min(int(n), len(rows)))
    total, lengths = _total(x, rows, weight)
    everything, reached = float(lengths.sum()), np.zeros(len(total))
    shares, order = np.zeros(len(rows)), dict[int, None]()
    for _ in range(10 * n):
        if len(order) == n or not everything:
            break
        towards = np.where(lengths > 0, _along(x, rows, weight, lengths, total - reached), 0)
        place = int(towards.argmax())
        if towards[place] <= 1e-9 * everything:
            break
        vertex = everything * _row(x, int(rows[place])) * (weight[place] / lengths[place])
        step = vertex - reached
        squared = float(step @ step)
        if squared <= 1e-20 * everything**2:
            break
        share = min(1.0, max(0.0, float(step @ (total - reached)) / squared))
        if share <= 1e-9:
            break
        reached = reached + share * step
        shares *= 1 - share
        shares[place] += share * everything / lengths[place]
        order[place] = None
    places = list(order)
    left = np.ones(len(rows), dtype=bool)
    left[places] = False
    if len(places) < n:  # the sum is reached: the rest by what is left of it
        rest = _along(x, rows, weight, lengths, total - reached) / (everything or 1.0)
        rest = np.where(left, np.round(rest, 6), -np.inf)
        places += np.argsort(-rest, kind="stable")[: n - len(places)].tolist()
    chosen = np.array(places, dtype=np.intp)
    return rows[chosen], shares[chosen]


def graph_cut(
    x: Any, n: int, *, redundancy: float = 1.0, taken: Any = None, rows: Any = None, weights: Any = None
) -> tuple[Array, Array]:
    """Each pick is like many candidates and unlike what is taken or picked, by (1 + cosine) / 2.

    It maximises sum_S mean_i s(i, j) - redundancy / T sum_S,S s(j, j'), T the rows that will be taken
    in the end.  Prefer facility location where every corner of the pool should have its pick; graph cut
    keeps asking in the thick as long as the picks differ.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n, taken, rows :
        As for :func:`querist.kernels.k_center`; among equals the earlier of ``rows`` goes first.
    redundancy : float >= 0
        How much likeness among the picks counts; 0 asks the most typical.
    weights : (len(rows),) numbers >= 0, optional
        What a candidate counts for in the mean.

    Returns
    -------
    picks : row numbers, in the order picked
    gains : what each added

    >>> graph_cut([[1.0, 0.0], [1.0, 0.1], [1.0, -0.1], [-0.1, 1.0]], 2, redundancy=2)[0]
    array([1, 3])

    Means of cosines are products with a sum of directions: time O(m d), then few rows a pick; memory
    O(m + d) and one block, never m x m.  Wei, Iyer & Bilmes 2015.
    """
    if not 0 <= redundancy < np.inf:
        raise InvalidInput(f"redundancy must be 0 or more; got {redundancy!r}.", mend="The default is 1.")
    x = as_matrix(x)
    taken = as_taken(taken, x.shape[0])
    rows = np.arange(x.shape[0]) if rows is None else as_candidates(rows, x.shape[0])
    weight, ones = as_weights(weights, len(rows), one="candidate"), np.ones(len(taken))
    mass = max(float(weight.sum()), 1e-300)
    lengths = _lengths(x, rows)
    typical = (1 + _along(x, rows, 1.0, lengths, _total(x, rows, weight, unit=True)[0] / mass)) / 2
    free = ~np.isin(rows, taken)
    n = max(0, min(int(n), int(free.sum())))
    strength = redundancy / max(1, len(taken) + n)
    known, count = _total(x, taken, ones, unit=True)[0], len(taken)
    above = 1 + 2 * redundancy  # keeps what is compared at 0 or more

    def gain(places: Array) -> Array:
        alike = (count + _along(x, rows[places], 1.0, lengths[places], known)) / 2
        return np.round(typical[places] - strength * (1 + 2 * alike), 10 if x.dtype != np.float32 else 6)

    def fresh(places: Array, since: Array, best: float) -> tuple[Array, Array]:
        return above + gain(places), np.full(len(places), falling.turn)

    values = np.where(free, above + gain(np.arange(len(rows))), -np.inf)
    falling = Falling(values, fresh, first_of_equals=True)
    picks, gains = np.empty(n, dtype=np.intp), np.empty(n)
    for i in range(n):
        place, value = falling.take()
        picks[i], gains[i] = rows[place], value - above
        known = known + _row(x, int(picks[i])) / (lengths[place] or 1.0)
        count += 1
    return picks, gains


def _half_by_distance(x: Any, rows: Array) -> Array:
    """1 / 2m + d^2 / 2 sum d^2, d the distance from the mean of the candidates."""
    points = Points(x if len(rows) == x.shape[0] and (np.diff(rows) == 1).all() else x[rows])
    mean = np.zeros(points.d)
    for start, stop in points.blocks():
        mean += np.asarray(points.block(start, stop).sum(axis=0)).ravel()
    centre = (mean / points.n - points.mean).astype(points.dtype).reshape(1, -1)
    squared = points.nearest(centre)[1].astype(np.float64)
    total = float(squared.sum())
    if not total > 0:
        return np.full(points.n, 1 / points.n)
    return np.asarray(0.5 / points.n + 0.5 * squared / total)


def _total(x: Any, rows: Array, weight: Array, *, unit: bool = False) -> tuple[Array, Array]:
    """The weighted sum of some rows (at length 1 with ``unit``), (d,), and their weighted lengths."""
    lengths = _lengths(x, rows)
    factor = weight / np.where(lengths > 0, lengths, 1) if unit else weight
    total = np.zeros(x.shape[1])
    for part, places, inside in _parts(x, rows):
        some = np.zeros(part.shape[0], dtype=_float(x))
        some[inside] = factor[places]
        total += np.asarray(some @ part).ravel()
    return total, lengths * weight


def _lengths(x: Any, rows: Array) -> Array:
    lengths = np.empty(len(rows))
    for part, places, inside in _parts(x, rows):
        squared = part.multiply(part).sum(axis=1) if is_sparse(part) else np.einsum("ij,ij->i", part, part)
        lengths[places] = np.sqrt(np.asarray(squared).ravel()[inside])
    if not np.isfinite(lengths).all():
        raise InvalidInput(
            "The features are not all finite, or too large to be squared.",
            mend="Fill missing values (SimpleImputer) and scale the features first.",
        )
    return lengths


def _along(x: Any, rows: Array, weight: Any, lengths: Array, direction: Array) -> Array:
    """The products of some rows, at length 1, with a direction, (k,); rows of zeros give 0."""
    products, direction = np.empty(len(rows)), direction.astype(_float(x))
    for part, places, inside in _parts(x, rows):
        products[places] = np.asarray(part @ direction).ravel()[inside]
    products *= weight / np.where(lengths > 0, lengths, 1)
    return products


def _parts(x: Any, rows: Array) -> Iterator[tuple[Any, Array, Array]]:
    """Blocks of ``x`` in the order of memory: the block, places in ``rows``, and where they are inside it.

    Without a copy where most of a block is wanted.
    """
    order = np.argsort(rows, kind="stable")
    for start, stop in blocks(len(rows), x.shape[1]):
        places = order[start:stop]
        wanted = rows[places]
        first, last = int(wanted[0]), int(wanted[-1])
        whole = last - first < 2 * len(wanted)
        part = x[first : last + 1] if whole else x[wanted]
        inside = wanted - first if whole else np.arange(len(wanted))
        yield part.astype(_float(x), copy=False), places, inside


def _float(x: Any) -> Any:
    return np.float32 if x.dtype == np.float32 else np.float64


def _row(x: Any, row: int) -> Array:
    told = x[[row]]
    return np.asarray(told.toarray() if is_sparse(told) else told, dtype=np.float64).ravel()
