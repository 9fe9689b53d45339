"""k-means++: batches drawn by their distance to what is taken, each row by a clock of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_weights
from querist.kernels.chance import uniform
from querist.kernels.large_distances import Known, Rows, is_large, ringing, sums
from querist.kernels.nearness import Nearness, bring_near, nearness, nearness_of
from querist.kernels.outer import OuterProducts
from querist.kernels.sampling import priority_sample

__all__ = ["kmeans_plus_plus"]

_WIDE = 1 + 1e-5  # more than rounding costs


def kmeans_plus_plus(
    x: Any,
    n: int,
    *,
    taken: Any = None,
    weights: Any = None,
    rows: Any = None,
    factors: Any = None,
    rng: np.random.Generator | None = None,
    lots: Any = None,
    sample: int | None = 2048,
) -> tuple[Array, Array]:
    """k-means++ sampling: each pick is drawn by weight x squared distance to all taken or picked.

    Prefer it to k-center when outliers should not eat the batch, and wherever the chance of each
    pick must be known.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse, or a Nearness
        As for :func:`querist.kernels.k_center`.
    n : int
        How many; all candidates come back when there are fewer.
    taken, rows : row numbers, optional
        As for :func:`querist.kernels.k_center`.
    weights : (n_rows,) numbers >= 0, optional
        What a row counts for; 1 if not given.
    factors : (n_rows, C), optional
        Where given, a row stands for its outer product with these, which is never written down:
        with a model's probabilities less one at the predicted class it is the gradient of its last
        layer, and the sampling that of BADGE (Ash et al. 2020), in memory O(n) besides.
    rng : numpy.random.Generator
    lots : (n_rows,) numbers in [0, 1), in place of ``rng``
        One of each row's own (:func:`querist.kernels.uniform`): then the picks do not depend on the
        order of rows.
    sample : int, optional
        From how many candidates of a large table (millions of numbers) the sum of all chances is
        estimated; None: from all, which takes more time than the picks.

    Returns
    -------
    picks : row numbers, in the order picked, distinct
    probabilities : the chance that each pick had at its turn.  Where nothing has weight or
        distance left (repeated rows), the rest is drawn uniformly.  Estimated from a sample, 1 / chance
        is right on average (unless it would be below 1), and off by a few hundredths.

    >>> picks, probabilities = kmeans_plus_plus(
    ...     [[0.0], [0.0], [9.0]], 2, taken=[0], rng=np.random.default_rng(0))
    >>> picks, probabilities
    (array([2, 1]), array([1., 1.]))

    A table on an accelerator (PyTorch, CuPy) is searched there, with exact chances.

    Each row has a clock that runs down from an exponential lot at the rate of its weight x squared
    distance: the next to ring is any row with a chance in proportion to its rate, and what is left on the
    others is an exponential lot again.  A rate that is out of date is too high, and so its clock is early:
    only the clock that rings first is brought up to date.  So the law is exact, and few distances
    are computed; time O(m) with m candidates, and O(m d) where lengths of rows are not known yet.
    Arthur & Vassilvitskii 2007; Lewis & Shedler 1979 (thinning).
    """
    near = nearness_of(x, taken)
    free = near.free(rows)
    n = max(0, min(int(n), int(free.sum())))
    weight = None if weights is None else as_weights(weights, near.measured.n)
    factors = None if factors is None else _factors(factors, near.measured.n)
    clocks = _clocks(free, rng, lots)
    if near.measured.on_device is not None:
        return near.measured.on_device.ringing(near.taken, clocks, weight, factors, n)
    if is_large(near.measured.x):
        return _Large(near, factors, weight, free, clocks).draw(n, sample)
    return _small(near, factors, weight, free, clocks, n)


def _small(
    near: Nearness, factors: Any, weight: Array | None, free: Array, clocks: Array, n: int
) -> tuple[Array, Array]:
    """All rates, brought up to date after each pick."""
    where, near = near.cut(free)
    if factors is None:
        points: Any = near.measured.points
        far = near.distances().copy()
    else:
        points = OuterProducts(factors[where], near.measured.x)
        far = np.full(points.n, np.inf)
        bring_near(points, far, near.taken)
    rest, free = clocks[where], free[where]
    weights = np.ones(len(where)) if weight is None else weight[where]
    picks, chances = np.empty(n, dtype=np.intp), np.empty(n)
    for i in range(n):
        law = np.where(free, weights if np.isinf(far).all() else weights * far, 0.0)
        picks[i], chances[i], rest = _first_to_ring(law, rest, free)
        free[picks[i]], rest[picks[i]] = False, np.inf
        if i + 1 < n:
            bring_near(points, far, picks[i : i + 1])
    return where[picks], chances


def _first_to_ring(law: Array, rest: Array, free: Array) -> tuple[int, float, Array]:
    """The row whose clock rings first at the rates of ``law``, its chance, and what is left on the clocks."""
    total = float(law.sum())
    if not total > 0:  # none runs: any row with the same chance
        row = int(np.where(free, rest, np.inf).argmin())
        return row, 1 / int(free.sum()), rest
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ring = np.where(law > 0, rest / law, np.inf)
    row = int(ring.argmin())
    return row, float(law[row]) / total, np.maximum(rest - law * ring[row], 0.0)


class _Large:
    """The same for a large table, where most clocks are never looked at."""

    def __init__(
        self, near: Nearness, factors: Any, weight: Array | None, free: Array, clocks: Array
    ) -> None:
        self.near, self.free, self.clocks = near, free, clocks
        self.x, self.taken = near.measured.x, near.taken
        self.rows = Rows(self.x) if factors is None else Rows(self.x, factors, outer=True)
        self.weight = np.empty(0) if weight is None else weight
        if factors is None:
            self.squares = near.measured.middle[1]
        else:
            self.squares = near.measured.squares * np.einsum("ij,ij->i", factors, factors)

    def draw(self, n: int, sample: int | None) -> tuple[Array, Array]:
        first, first_chance = np.empty(0, dtype=np.intp), np.empty(0)
        if n and not len(self.taken):
            first, first_chance = self._before_any()
        left = n - len(first)
        picks, law, rest, known = ringing(
            self.rows, self.taken, self.clocks, self.weight, left, self._bound(), self._known()
        )
        if not len(first) and not self.rows.outer:
            self.near.known = known
        chances = law / np.maximum(self._sums(picks, sample), law) if len(picks) else law
        alike = np.empty(0, dtype=np.intp)
        if len(picks) < left:  # no clock runs any more
            alike = np.argsort(rest, kind="stable")[: left - len(picks)]
        places = self.free.sum() - len(picks) - np.arange(len(alike))
        return (
            np.concatenate([first, picks, alike]),
            np.concatenate([first_chance, chances, 1 / places]),
        )

    def _before_any(self) -> tuple[Array, Array]:
        """A pick by weight alone, which is taken from then on."""
        weights = self.weight if len(self.weight) else np.ones(len(self.free))
        row, chance, self.clocks = _first_to_ring(np.where(self.free, weights, 0.0), self.clocks, self.free)
        self.free[row], self.clocks[row] = False, np.inf
        self.taken = np.array([row], dtype=np.intp)
        return self.taken, np.array([chance])

    def _known(self) -> Known:
        """What is known of distances to ``taken``: nothing for products, nor once a pick is taken."""
        if len(self.near.taken) and not self.rows.outer:
            return self.near.known
        return nearness(self.near.measured, []).known

    def _bound(self) -> Array:
        """Squared distances are at most the square of both rows' distances from one point, added."""
        away = np.sqrt(self.squares)
        least = away[self.taken].min() if len(self.taken) else np.inf
        return np.asarray((away + least) ** 2 * _WIDE)

    def _sums(self, picks: Array, sample: int | None) -> Array:
        """What the law sums to before each pick, from candidates that stand for the others too."""
        candidates = np.flatnonzero(self.free)
        weights = self.weight[candidates] if len(self.weight) else np.ones(len(candidates))
        sizes = weights * self.squares[candidates]
        if sample is None or sample >= len(candidates) or not sizes.any():
            return sums(self.rows, self.taken, picks, candidates, weights)
        # other lots than those of the clocks, which favour what was picked
        lots = uniform(self.clocks[candidates].view(np.int64), 0)
        chosen, stands_for = priority_sample(lots, sample, weights=sizes)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(sizes[chosen] > 0, stands_for / sizes[chosen], 0.0)
        return sums(self.rows, self.taken, picks, candidates[chosen], share * weights[chosen])


def _clocks(free: Array, rng: np.random.Generator | None, lots: Any) -> Array:
    """An exponential lot for each row that may be picked."""
    if (rng is None) == (lots is None):
        raise InvalidInput(
            f"The draws hang on rng or on lots, and {'neither' if rng is None else 'both'} was given.",
            mend="Give rng=numpy.random.default_rng(0), or lots=uniform(keys, seed).",
        )
    clocks = -np.log1p(-np.asarray(lots)) if rng is None else rng.standard_exponential(len(free))
    return np.where(free, clocks, np.inf)


def _factors(factors: Any, n: int) -> Any:
    factors = as_matrix(factors)
    if factors.shape[0] != n:
        raise InvalidInput(
            f"{factors.shape[0]} rows of outputs for {n} rows of features.",
            mend="Give one a row, (n_rows, m).",
        )
    return factors
