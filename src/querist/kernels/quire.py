"""Rows that are informative and representative by one min-max objective: QUIRE, without a matrix of n x n."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, blocks
from querist.kernels.falling import Falling
from querist.kernels.likeness import Likeness

__all__ = ["quire"]


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

    Huang, Jin & Zhou 2010.  The objective is computed as it is stated; the closed form that is usually
    quoted for it leaves out a term that differs from row to row.
    """
    known, goal, others, candidates = _checked(x, labelled, targets, taken, rows, noise)
    like = Likeness(x, similarity, radius)
    few = like.linear and not like.points.sparse and like.points.d < len(known) + len(others) + n
    fit = (_Weights if few else _Posterior)(like, known, noise)
    loss = fit.loss(candidates, goal)
    for one in others:
        fit.add(one)
    values = fit.variance(candidates) / loss
    digits = 6 if like.dtype == np.float32 else 10
    scale = float(values.max(initial=0)) or 1.0

    def rounded(values: Array) -> Array:
        equal: Array = np.round(values / scale, digits) * scale  # what is equal stays so through rounding
        return equal

    def fresh(some: Array, since: Array, best: float) -> tuple[Array, Array]:
        return rounded(fit.variance(candidates[some]) / loss[some]), np.full(len(some), falling.turn)

    falling = Falling(rounded(values), fresh, first_of_equals=True)
    picks = np.empty(max(0, min(n, len(candidates))), dtype=np.intp)
    scores = np.empty(len(picks))
    for i in range(len(picks)):
        pick, scores[i] = falling.take()
        picks[i] = candidates[pick]
        if i + 1 < len(picks):
            fit.add(picks[i])
    return picks, scores


class _Posterior:
    """A kernel fit at rows of the table, given a growing set of known rows."""

    def __init__(self, like: Likeness, known: Array, noise: float) -> None:
        self.like, self.noise = like, noise
        self.known = known
        self._factor = np.linalg.cholesky(like(known, known) + noise * np.eye(len(known)))

    @property
    def factor(self) -> Array:
        """The lower Cholesky factor of K + noise I over the known rows, (k, k)."""
        size = len(self.known)
        return self._factor[:size, :size]

    def loss(self, rows: Array, goal: Array) -> Array:
        """The mean over columns of (1 + abs(f))^2, f being the fit of ``goal``, (len(rows),)."""
        coefficients = np.linalg.solve(self.factor.T, np.linalg.solve(self.factor, goal))
        loss = np.empty(len(rows))
        for start, stop in blocks(len(rows), max(len(self.known), self.like.width)):
            said = np.abs(self.like(rows[start:stop], self.known) @ coefficients)
            loss[start:stop] = np.mean((1 + said) ** 2, axis=1)
        return loss

    def add(self, row: Any) -> None:
        """One more known row."""
        size, one = len(self.known), np.array([row])
        across = self._solved(self.like(one, self.known))[:, 0]
        if len(self._factor) == size:
            wider = np.zeros((2 * size + 8, 2 * size + 8))
            wider[:size, :size] = self._factor
            self._factor = wider
        self._factor[size, :size] = across
        self._factor[size, size] = np.sqrt(
            max(self.like.own(one)[0] + self.noise - across @ across, self.noise)
        )
        self.known = np.append(self.known, row)

    def variance(self, rows: Array) -> Array:
        """What is left of the prior variance, plus the noise, (len(rows),)."""
        left = np.empty(len(rows))
        for start, stop in blocks(len(rows), max(len(self.known), self.like.width)):
            solved = self._solved(self.like(rows[start:stop], self.known))
            left[start:stop] = self.like.own(rows[start:stop]) - np.einsum("ij,ij->j", solved, solved)
        return np.maximum(left, 0) + self.noise

    def _solved(self, across: Array) -> Array:
        from scipy.linalg import solve_triangular

        if not len(self.known):
            return np.zeros((0, len(across)))
        return np.asarray(solve_triangular(self.factor, across.T, lower=True, check_finite=False))


class _Weights:
    """The same of the linear kernel by its weights: d x d instead of k x k, for dense rows."""

    def __init__(self, like: Likeness, known: Array, noise: float) -> None:
        self.like, self.noise, self.known = like, noise, known
        moments = noise * np.eye(like.points.d + 1)
        for start, stop in blocks(len(known), like.width):
            part = self._features(known[start:stop])
            moments += part.T @ part
        self.inverse = np.linalg.inv(moments)

    def loss(self, rows: Array, goal: Array) -> Array:
        """The mean over columns of (1 + abs(f))^2, f being the fit of ``goal``, (len(rows),)."""
        pull = np.zeros((len(self.inverse), goal.shape[1]))
        for start, stop in blocks(len(self.known), self.like.width):
            pull += self._features(self.known[start:stop]).T @ goal[start:stop]
        weights, loss = self.inverse @ pull, np.empty(len(rows))
        for start, stop in blocks(len(rows), self.like.width):
            said = np.abs(self._features(rows[start:stop]) @ weights)
            loss[start:stop] = np.mean((1 + said) ** 2, axis=1)
        return loss

    def add(self, row: Any) -> None:
        """One more known row: a rank-one change of the inverse."""
        one = self._features(np.array([row]))[0]
        towards = self.inverse @ one
        self.inverse -= np.outer(towards, towards / (1 + one @ towards))

    def variance(self, rows: Array) -> Array:
        """What is left of the prior variance, plus the noise, (len(rows),)."""
        left = np.empty(len(rows))
        for start, stop in blocks(len(rows), self.like.width):
            part = self._features(rows[start:stop])
            left[start:stop] = np.einsum("ij,ij->i", part @ self.inverse, part)
        return self.noise * (1 + np.maximum(left, 0))

    def _features(self, rows: Array) -> Array:
        """The rows as the linear kernel has them, the intercept last, (len(rows), d + 1)."""
        part = self.like.points.x[rows].astype(np.float64) / np.sqrt(self.like.scale)
        return np.column_stack([part, np.ones(len(rows))])


def _checked(
    x: Any, labelled: Any, targets: Any, taken: Any, rows: Any, noise: float
) -> tuple[Array, Array, Array, Array]:
    total = int(as_matrix(x).shape[0])
    known = as_rows([] if labelled is None else labelled, total)
    goal = np.zeros((0, 1)) if targets is None else np.asarray(targets, dtype=np.float64)
    if goal.ndim != 2 or len(goal) != len(known) or not goal.shape[1] or (np.abs(goal) != 1).any():
        raise InvalidInput(
            f"Targets must be -1 or +1, one row a labelled row ({len(known)}); got shape {goal.shape}.",
            mend="Give (l, C): +1 in the column of the row's class, -1 elsewhere.",
        )
    if not 0 < noise < np.inf:
        raise InvalidInput(f"noise must be a number above 0; got {noise!r}.", mend="The paper uses 1.")
    out = as_rows([] if taken is None else taken, total)
    out = np.unique(out[~np.isin(out, known)])
    candidates = np.arange(total) if rows is None else as_rows(rows, total)
    candidates = candidates[~(np.isin(candidates, known) | np.isin(candidates, out))]
    return known, goal, out, candidates
