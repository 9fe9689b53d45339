"""Least squares that know what one more label would make of them: ridge regression, Gaussian processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows
from querist.kernels.expected_error import Future, steps
from querist.kernels.large import in_threads
from querist.kernels.settled import Settled, dense, kind_of, numbered

__all__ = ["LeastSquares", "PosteriorVariance", "expected_variance_reduction"]

Kernel = Callable[[Array, Array], Array]

_LEAST = 1e-6  # what a class weighs at least: least squares may say less than nothing
_NOISY = 0.01
_SQUARE = 64  # rows whose kernel with themselves is computed together


class PosteriorVariance:
    """How rows of a table vary together once some of them have a label: numbers with Gaussian noise.

    Parameters
    ----------
    x : (n, d) dense or sparse
    known : row numbers (L,)
    noise : float, above 0
        The variance of a label about the truth.  With the linear kernel it is the penalty of ridge
        regression (``alpha`` in scikit-learn), as the weights have the variance 1.
    kernel : function of two tables of rows, optional
        The prior covariance of their numbers; the dot product if not given.
    intercept : bool
        Whether the linear kernel has one, free of the penalty.

    >>> variance = PosteriorVariance([[0.0], [1.0], [2.0]], [2], noise=1.0, intercept=False)
    >>> variance.own(np.array([0, 1, 2])).round(2)
    array([0. , 0.2, 0.8])

    Rasmussen & Williams 2006, chapter 2.
    """

    def __init__(
        self, x: Any, known: Any, *, noise: float = 1.0, kernel: Kernel | None = None, intercept: bool = True
    ) -> None:
        self.x = as_matrix(x)
        self.n = int(self.x.shape[0])
        # what is left of a variance must not drown in the rounding of what was taken from it
        self.kind = kind_of(self.x) if noise >= _NOISY else np.dtype(np.float64)
        self.known = as_rows(known, self.n)
        self.noise, self.kernel = float(noise), kernel
        if not 0 < self.noise < np.inf:
            raise InvalidInput(
                f"Without noise (got {noise!r}) a label settles more than it can.",
                mend="Give a number above 0.",
            )
        rows = dense(self.x, self.known)
        self._rows, self._inverse = rows, np.zeros((0, 0))
        self._settled = Settled.of_rows(
            rows if kernel is None else rows[:0],
            np.ones(len(rows) if kernel is None else 0),
            self.noise,
            intercept=intercept,
        )
        if kernel is not None and len(rows):
            gram = np.asarray(kernel(rows, rows), dtype=np.float64) + self.noise * np.eye(len(rows))
            self._inverse = np.linalg.inv(np.linalg.cholesky(gram))

    def own(self, rows: Array) -> Array:
        """The variance of each row, its noise not counted, (len(rows),) float64."""
        out = np.empty(len(rows))
        for some in steps(len(rows), max(self.x.shape[1], len(self.known), _SQUARE)):
            out[some] = self.towards(rows[some])[1]
        return out

    def seen_from(self, targets: Array) -> tuple[Array, Array]:
        """Of targets what :meth:`covariance` needs: their rows, and how they lie to the known ones."""
        rows = dense(self.x, targets).astype(self.kind)
        if self.kernel is None:
            return rows, self._settled.seen_from(rows)
        return rows, -self._across(rows).T.astype(self.kind)

    def towards(self, some: Array) -> tuple[Any, Array]:
        """Of candidates the same, and the variance of each."""
        rows = dense(self.x, some).astype(self.kind)
        if self.kernel is None:
            here, own = self._settled.towards(rows)
            return (rows, here), own.astype(np.float64)
        across = self._across(rows)
        return (rows, across.astype(self.kind)), self._prior(rows) - np.einsum("ij,ij->i", across, across)

    def covariance(self, here: Any, there: tuple[Array, Array]) -> Array:
        """Between candidates and targets, (B, m)."""
        (rows, left), (targets, right) = here, there
        if self.kernel is None:
            told = rows @ targets.T
            told += left @ right
        else:
            told = left @ right
            told += np.asarray(self.kernel(rows, targets), dtype=self.kind)
        return np.asarray(told)

    def _fit(self, goal: Array) -> Callable[[Array], Array]:
        """The function that least squares fit to ``goal`` (L, C), of rows."""
        if self.kernel is not None:
            kernel, known = self.kernel, self._rows
            if not len(known):
                return lambda rows: np.zeros((len(rows), goal.shape[1]))
            pull = self._inverse.T @ (self._inverse @ goal)
            return lambda rows: np.asarray(kernel(rows, known), dtype=np.float64) @ pull
        settled = self._settled
        towards = (self._rows - settled.middle).T @ goal
        slope = (towards - settled.base.T @ (settled.base @ towards)) / self.noise
        height = goal.sum(axis=0) * settled.free / self.noise
        return lambda rows: (rows - settled.middle) @ slope + height

    def _across(self, rows: Array) -> Array:
        """The kernel with the known rows, made independent, (len(rows), L)."""
        if not len(self.known) or self.kernel is None:
            return np.zeros((len(rows), 0))
        return np.asarray(np.asarray(self.kernel(rows, self._rows), dtype=np.float64) @ self._inverse.T)

    def _prior(self, rows: Array) -> Array:
        own = np.empty(len(rows))
        for start in range(0, len(rows), _SQUARE):
            part = rows[start : start + _SQUARE]
            own[start : start + _SQUARE] = np.diag(self.kernel(part, part))  # type: ignore[misc]
        return own


def expected_variance_reduction(model: PosteriorVariance, candidates: Any, targets: Any) -> Array:
    """The mean variance at the targets now, less what it is once a candidate has a label.

    cov(x, x')^2 / (v(x) + noise), the mean over the targets x': for least squares what the expected
    squared error falls by, whatever the answer will be.  Expected error reduction for numbers.  Time
    O(k m (d + L)) in products of matrices, memory one block a thread.

    Parameters
    ----------
    model : :class:`PosteriorVariance`
    candidates, targets : row numbers (k,), (m,)

    Returns
    -------
    (k,) float64, 0 or more; higher = ask

    >>> model = PosteriorVariance([[0.0], [1.0], [2.0]], [], intercept=False)
    >>> expected_variance_reduction(model, [0, 1, 2], [0, 1, 2]).round(2)
    array([0.  , 0.83, 1.33])

    Cohn, Ghahramani & Jordan 1996 (expected model variance reduction); Seo et al. 2000 (ALC).
    """
    candidates, targets = as_rows(candidates, model.n), as_rows(targets, model.n)
    if len(targets) == 0:
        raise InvalidInput("There is nothing to be right about.", mend="Give one target or more.")
    there, gains = model.seen_from(targets), np.empty(len(candidates))

    def part(some: slice) -> None:
        here, own = model.towards(candidates[some])
        told = model.covariance(here, there)
        told *= told
        gains[some] = told.mean(axis=1, dtype=np.float64) / (np.maximum(own, 0) + model.noise)

    in_threads(part, steps(len(candidates), max(len(targets), model.x.shape[1])))
    return gains


class LeastSquares(PosteriorVariance):
    """A classifier by regression on 0 and 1 for each class: ridge classifier, Gaussian process labels.

    Exact: one more label moves every row by its covariance with it.  A class weighs what is said of it,
    and 1e-6 where that is less; far from all labels every class weighs 1 / C.

    Parameters
    ----------
    x, known, noise, kernel, intercept
        As in :class:`PosteriorVariance`.
    labels : (L,) class numbers below ``classes``
    classes : int

    >>> LeastSquares([[0.0], [1.0], [9.0]], [0, 1], [0, 1], classes=2, noise=0.5).weights([0, 2]).round(2)
    array([[0.75, 0.25],
           [0.  , 4.75]])

    Kapoor, Grauman, Urtasun & Darrell 2007 (Gaussian processes on labels); Rifkin et al. 2003.
    """

    def __init__(
        self,
        x: Any,
        known: Any,
        labels: Any,
        *,
        classes: int,
        noise: float = 1.0,
        kernel: Kernel | None = None,
        intercept: bool = True,
    ) -> None:
        super().__init__(x, known, noise=noise, kernel=kernel, intercept=intercept)
        self.known, self.labels = numbered(known, labels, classes, self.n)
        self.classes = classes
        self._mean = self._fit(np.eye(classes)[self.labels] - 1 / classes)

    def scores(self, rows: Array) -> Array:
        """What least squares say of each class, (m, C) float64; each row sums to 1."""
        rows = np.asarray(rows, dtype=np.intp)
        out = np.empty((len(rows), self.classes))
        for some in steps(len(rows), max(self.x.shape[1], len(self.known))):
            out[some] = self._mean(dense(self.x, rows[some])) + 1 / self.classes
        return out

    def weights(self, rows: Any) -> Array:
        """What each class weighs, (m, C)."""
        return np.maximum(self.scores(rows), _LEAST)

    def futures(
        self, candidates: Array, targets: Array, wanted: Array
    ) -> Iterable[Callable[[], Iterator[Future]]]:
        """All classes moved as if the answer were none of them; the answer then gains what is left."""
        now = self.scores(targets).T.astype(self.kind)
        there = self.seen_from(targets)

        def part(whole: slice) -> Iterator[Future]:
            here, own = self.towards(candidates[whole])
            share = self.covariance(here, there)
            share /= (np.maximum(own, 0) + self.noise)[:, None].astype(self.kind)
            said = self.scores(candidates[whole]).astype(self.kind)
            for some in steps(len(share), now.size):
                at = slice(whole.start + some.start, whole.start + some.stop)
                free = now - said[some, :, None] * share[some, None, :]
                then = np.maximum(free, _LEAST)
                for c in np.flatnonzero(wanted[at].any(axis=0)):
                    yield at, int(c), then, np.maximum(free[:, c] + share[some], _LEAST), None

        return [partial(part, some) for some in steps(len(candidates), len(targets))]
