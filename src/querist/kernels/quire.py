"""Rows that are informative and representative by one min-max objective: QUIRE, without a matrix of n x n."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import (
    Array,
    as_candidates,
    as_matrix,
    as_numbers,
    as_rows,
    as_taken,
    blocks,
    is_sparse,
)
from querist.kernels.falling import Falling
from querist.kernels.large import in_threads, one_thread_a_product
from querist.kernels.likeness import LIKENESSES, Likeness

__all__ = ["quire"]

_NOISE = 0.01  # below this, float32 would lose what is left of a variance


def quire(
    x: Any,
    n: int,
    *,
    labelled: Any = None,
    targets: Any = None,
    rows: Any = None,
    taken: Any = None,
    similarity: str = "gaussian",
    radius: float = 1.0,
    noise: float = 1.0,
) -> tuple[Array, Array]:
    """Each pick keeps least the worst of a regularised fit, whatever its label, all other labels being free.

    The objective for a row s is max over y_s = +-1 of min over the labels of the other unlabelled rows
    of y' (K + noise I)^-1 y.  The inner minimum is a Schur complement that takes all those rows out of
    the inverse, and leaves (1 + abs(f_s))^2 / v_s and what is the same for every s: f_s is the kernel
    ridge prediction and v_s its variance, noise included.  So nothing larger than the labelled rows is
    ever inverted, and the rows that are neither labelled nor s have no say.

    Prefer it with few labels and two classes, where a small kernel model is what will be trained.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    labelled : row numbers (l,), optional
    targets : (l, C) of -1 and +1
        One column a class (one against the rest), or one alone for two classes.
    rows, taken : row numbers, optional
        The candidates (all others if not given), and those that are out: without a label yet, they
        stand with what is predicted of them, which moves no f and lowers v, and so do picks.
    similarity : "gaussian" or "linear"
        exp(-d^2 / 2 radius^2), or 1 + the dot product / the mean squared length of rows.
    radius, noise : float > 0

    Returns
    -------
    picks : row numbers, in the order picked; among equals the earlier of ``rows``
    scores : v / mean over classes of (1 + abs(f))^2 at its turn, to 10 digits (6 in float32)

    >>> picks, scores = quire([[0.0], [1.0], [2.0], [9.0]], 1, labelled=[0, 2], targets=[[1], [-1]])
    >>> picks
    array([3])

    Time O(m k (d + k)) for m candidates and k rows known, then a few candidates a pick; memory
    O(m + k^2 + k d) and one block.  Dense and linear, with fewer features than rows known: O((m + k) d^2)
    and O(m + d^2), whatever the number of labels.

    Huang, Jin & Zhou 2010.  The objective of the paper is computed as it is stated, with labels of the
    other rows real numbers as in the paper.  With L = (K + noise I)^-1, u those rows and l the labelled
    ones, its minimum is  y_l' (L_ll - L_lu L_uu^-1 L_ul) y_l + (L_ss - L_su L_uu^-1 L_us)
    + 2 abs((L_sl - L_su L_uu^-1 L_ul) y_l).  The closed form that is usually quoted for it,
    L_ss - det(L_aa) / L_ss + 2 abs(...), has the last term alone in common: the first is left out, though
    u, and so it, differs from row to row; and the second is det(L_aa) / det(L_uu), a being s and u.
    """
    known, goal, others, candidates = _checked(x, labelled, targets, taken, rows, noise)
    with one_thread_a_product():
        fit = _fit(x, similarity, radius, known, goal, noise, len(others) + n)
        for one in others:
            fit.add(one)
        return _greedy(fit, candidates, n)


def _greedy(fit: Any, candidates: Array, n: int) -> tuple[Array, Array]:
    loss, bound, exact = fit.first_look(candidates)
    values = bound / loss
    digits = 6 if fit.like.dtype == np.float32 else 10
    scale = float(values.max(initial=0)) or 1.0

    def rounded(values: Array) -> Array:
        equal: Array = np.round(values / scale, digits) * scale  # what is equal stays so through rounding
        return equal

    def fresh(some: Array, since: Array, best: float) -> tuple[Array, Array]:
        return rounded(fit.variance(candidates[some]) / loss[some]), np.full(len(some), falling.turn)

    falling = Falling(rounded(values), fresh, turn=1, since=int(exact), first_of_equals=True)
    picks = np.empty(max(0, min(int(n), len(candidates))), dtype=np.intp)
    scores = np.empty(len(picks))
    for i in range(len(picks)):
        pick, scores[i] = falling.take()
        picks[i] = candidates[pick]
        if i + 1 < len(picks):
            fit.add(picks[i])
    return picks, scores


class _Posterior:
    """A kernel fit at rows of the table, given a growing set of known rows, by a k x k inverse factor."""

    def __init__(self, like: Likeness, known: Array, goal: Array, noise: float) -> None:
        self.like, self.noise, self.known = like, noise, known
        self._inverse = _inverse_factor(like(known, known), noise)
        self.coefficients = self._inverse.T @ (self._inverse @ goal)

    @property
    def inverse(self) -> Array:
        """The inverse of the lower Cholesky factor of K + noise I over the known rows, (k, k)."""
        size = len(self.known)
        return self._inverse[:size, :size]

    def first_look(self, rows: Array) -> tuple[Array, Array, bool]:
        """The loss and the variance of each row, and that these are no mere bounds."""
        loss, left = np.empty(len(rows)), np.empty(len(rows))

        def part(some: tuple[int, int]) -> None:
            at = slice(*some)
            across = self.like(rows[at], self.known)
            loss[at] = _loss(across[:, : len(self.coefficients)] @ self.coefficients)
            left[at] = self._left(rows[at], across)

        in_threads(part, _even(len(rows), max(len(self.known), self.like.width)))
        return loss, left, True

    def add(self, row: Any) -> None:
        """One more known row."""
        size, one = len(self.known), np.array([row])
        across = self.inverse @ self.like(one, self.known)[0]
        rest = np.sqrt(max(self.like.own(one)[0] + self.noise - across @ across, self.noise))
        if len(self._inverse) == size:
            wider = np.zeros((2 * size + 8, 2 * size + 8))
            wider[:size, :size] = self._inverse
            self._inverse = wider
        self._inverse[size, :size] = across @ self._inverse[:size, :size] / -rest
        self._inverse[size, size] = 1 / rest
        self.known = np.append(self.known, row)

    def variance(self, rows: Array) -> Array:
        """What is left of the prior variance, plus the noise, (len(rows),)."""
        left = np.empty(len(rows))

        def part(some: tuple[int, int]) -> None:
            left[slice(*some)] = self._left(rows[slice(*some)], self.like(rows[slice(*some)], self.known))

        in_threads(part, blocks(len(rows), max(len(self.known), self.like.width)))
        return left

    def _left(self, rows: Array, across: Array) -> Array:
        solved = self.inverse @ across.T
        told = np.einsum("ij,ij->j", solved, solved)
        return np.asarray(np.maximum(self.like.own(rows) - told, 0) + self.noise)


class _Linear(ABC):
    """What the two fits of dense rows with the linear kernel share: weights, not kernel values.

    No variance is worked out before it is asked for: the prior one bounds it.
    """

    weights: Array  # of the fit of the goal, (d + 1, C)

    def __init__(self, like: _Dot, noise: float) -> None:
        self.like, self.noise = like, noise
        exact = noise < _NOISE  # what is left of the prior must not drown in its rounding
        self.kind = np.dtype(np.float64) if exact else like.dtype

    def first_look(self, rows: Array) -> tuple[Array, Array, bool]:
        """The loss of each row, the variance that it has without a label, and that this is a bound."""
        loss = np.empty(len(rows))

        def part(some: tuple[int, int]) -> None:
            loss[slice(*some)] = _loss(self._along(rows[slice(*some)], self.weights.T))

        in_threads(part, _parts(len(rows), self.like.width))
        return loss, self.like.own(rows) + self.noise, False

    def variance(self, rows: Array) -> Array:
        """What is left of the prior variance, plus the noise, (len(rows),)."""
        left = np.empty(len(rows))

        def part(some: tuple[int, int]) -> None:
            left[slice(*some)] = self._left(rows[slice(*some)])

        in_threads(part, _parts(len(rows), self.like.width))
        return np.maximum(left, self.noise)

    def _features(self, rows: Array) -> Array:
        """The rows as the linear kernel has them, the intercept last, (len(rows), d + 1)."""
        part = self.like.x[rows].astype(np.float64) / np.sqrt(self.like.scale)
        return np.column_stack([part, np.ones(len(rows))])

    def _along(self, rows: Array, directions: Array) -> Array:
        """The features of some rows along directions (r, d + 1), (len(rows), r); no copy of features."""
        turned = (directions[:, :-1] / np.sqrt(self.like.scale)).astype(self.kind)
        part = self.like.take(rows).astype(self.kind, copy=False)
        return np.asarray(part @ turned.T + directions[:, -1].astype(self.kind))

    @abstractmethod
    def _left(self, rows: Array) -> Array:
        """:meth:`variance` of one block."""


class _Directions(_Linear):
    """Fewer known rows than features: the directions that they settle, (k, d + 1)."""

    def __init__(self, like: _Dot, known: Array, goal: Array, noise: float) -> None:
        super().__init__(like, noise)
        features = self._features(known)
        inverse = _inverse_factor(features @ features.T, noise)
        self.settled = inverse @ features
        self.weights = self.settled.T @ (inverse @ goal)

    def add(self, row: Any) -> None:
        """One more known row."""
        one = self._features(np.array([row]))[0]
        along = self.settled @ one
        rest = max(one @ one - along @ along, 0.0) + self.noise
        self.settled = np.vstack([self.settled, (one - along @ self.settled) / np.sqrt(rest)])

    def _left(self, rows: Array) -> Array:
        along = self._along(rows, self.settled)
        told = np.einsum("ij,ij->i", along, along)
        return np.asarray(np.maximum(self.like.own(rows) - told, 0) + self.noise)


class _Weights(_Linear):
    """More known rows than features: the inverse of their moments, (d + 1, d + 1)."""

    def __init__(self, like: _Dot, known: Array, goal: Array, noise: float) -> None:
        super().__init__(like, noise)
        moments = noise * np.eye(like.x.shape[1] + 1)
        pull = np.zeros((len(moments), goal.shape[1]))
        for start, stop in blocks(len(known), like.width):
            part = self._features(known[start:stop])
            moments += part.T @ part
            pull += part.T @ goal[start:stop]
        self.inverse = np.linalg.inv(moments)
        self.weights = self.inverse @ pull

    def add(self, row: Any) -> None:
        """One more known row: a rank-one change of the inverse."""
        one = self._features(np.array([row]))[0]
        towards = self.inverse @ one
        self.inverse -= np.outer(towards, towards / (1 + one @ towards))

    def _left(self, rows: Array) -> Array:
        part = self._features(rows)
        return np.asarray(self.noise * (1 + np.einsum("ij,ij->i", part @ self.inverse, part)))


class _Dot:
    """1 + the dot product / the mean squared length, between rows of a dense table, in its own kind."""

    def __init__(self, x: Array) -> None:
        self.x, self.width = x, x.shape[1]
        self.dtype = np.dtype(np.float32 if x.dtype == np.float32 else np.float64)
        self.lengths = np.empty(len(x), dtype=np.float64)

        def part(some: tuple[int, int]) -> None:
            rows = x[slice(*some)].astype(self.dtype, copy=False)
            np.einsum("ij,ij->i", rows, rows, out=self.lengths[slice(*some)], casting="same_kind")

        in_threads(part, _parts(len(x), self.width))
        if not np.isfinite(self.lengths).all():
            raise InvalidInput(
                f"The features of row {int(np.flatnonzero(~np.isfinite(self.lengths))[0])} are not finite "
                "or too large to be squared.",
                mend="Fill missing values (SimpleImputer) and scale the features first.",
            )
        self.scale = float(self.lengths.mean() if len(x) else 0) or 1.0

    def own(self, rows: Array) -> Array:
        """The value of each row with itself, (len(rows),)."""
        return self.lengths[rows] / self.scale + 1

    def take(self, rows: Array) -> Array:
        """Some rows; a view where they are consecutive."""
        first, last = int(rows[0]), int(rows[-1])
        if last - first + 1 == len(rows) and bool((np.diff(rows) == 1).all()):
            return np.asarray(self.x[first : last + 1])
        return np.asarray(self.x[rows])


def _fit(x: Any, similarity: str, radius: float, known: Array, goal: Array, noise: float, soon: int) -> Any:
    """The fit that takes the least room: by kernel values, by directions, or by weights."""
    if similarity not in LIKENESSES:
        raise InvalidInput(
            f"There is no similarity {similarity!r}.", mend=f"Use one of {', '.join(LIKENESSES)}."
        )
    if not 0 < radius < np.inf:
        raise InvalidInput(f"radius must be a number above 0; got {radius!r}.", mend="Try reach(x, 0.5).")
    table = as_matrix(x)
    if similarity == "gaussian" or is_sparse(table):
        return _Posterior(Likeness(table, similarity, radius), known, goal, noise)
    few = table.shape[1] < len(known) + soon
    return (_Weights if few else _Directions)(_Dot(table), known, goal, noise)


def _parts(n: int, width: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows for a thread: four blocks each."""
    return blocks(n, max(1, width // 4))


def _even(n: int, width: int) -> list[tuple[int, int]]:
    """As :func:`blocks`, all of them as long: threads end together."""
    ends = np.linspace(0, n, max(1, len(list(blocks(n, width)))) + 1).astype(int).tolist()
    return list(pairwise(ends))


def _inverse_factor(gram: Array, noise: float) -> Array:
    """W with W' W = (K + noise I)^-1: products with it cost less than solving anew each time."""
    return np.asarray(np.linalg.inv(np.linalg.cholesky(gram + noise * np.eye(len(gram)))))


def _loss(said: Array) -> Array:
    """The mean over columns of (1 + abs(f))^2."""
    return np.asarray(np.mean((1 + np.abs(said)) ** 2, axis=1))


def _checked(
    x: Any, labelled: Any, targets: Any, taken: Any, rows: Any, noise: float
) -> tuple[Array, Array, Array, Array]:
    total = int(as_matrix(x).shape[0])
    known = as_rows([] if labelled is None else labelled, total)
    goal = np.zeros((0, 1)) if targets is None else as_numbers(targets)
    if goal.ndim != 2 or len(goal) != len(known) or not goal.shape[1] or (np.abs(goal) != 1).any():
        raise InvalidInput(
            f"Targets must be -1 or +1, one row a labelled row ({len(known)}); got shape {goal.shape}.",
            mend="Give (l, C): +1 in the column of the row's class, -1 elsewhere.",
        )
    if not 0 < noise < np.inf:
        raise InvalidInput(f"noise must be a number above 0; got {noise!r}.", mend="The paper uses 1.")
    out = as_taken(taken, total)
    out = np.unique(out[~np.isin(out, known)])
    candidates = np.arange(total) if rows is None else as_candidates(rows, total)
    candidates = candidates[~(np.isin(candidates, known) | np.isin(candidates, out))]
    return known, goal, out, candidates
