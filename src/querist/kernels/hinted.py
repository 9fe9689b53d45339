"""A large-margin fit that is told where nobody has labels yet: there it should not be sure."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_numbers, as_rows
from querist.kernels.likeness import Fit, Likeness

__all__ = ["hinted"]

_ROUNDS = 100


def hinted(
    x: Any,
    *,
    labelled: Any,
    targets: Any,
    hints: Any,
    rows: Any = None,
    hint: float = 0.5,
    similarity: str = "gaussian",
    radius: float = 1.0,
    noise: float = 0.1,
) -> Array:
    """How near a row is to the boundary of a support vector machine that is drawn to the hints.

    The machine f minimises the sum over labels of max(0, 1 - y f)^2, plus ``hint`` times the labels for
    each hint, sum f^2 over them, plus noise times the squared norm of f.  So the boundary runs through
    the hints, which are unlabelled rows, as far as labels let it, and what is near it is both open and
    where the pool is.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    labelled : row numbers (l,)
    targets : (l, C) of -1 and +1
        One column a class (one against the rest), or one alone for two classes.
    hints : row numbers (h,)
    rows : row numbers, optional
        Those that are scored; all if not given.
    hint : float, 0 or more
        What all hints together weigh, as a multiple of all labels together.
    similarity, radius, noise :
        As for :func:`querist.kernels.quire`.

    Returns
    -------
    (len(rows),) 1 / (1 + the least abs(f) of the classes), to 10 digits (5 in float32)

    >>> x = [[-2.0], [-1.0], [0.2], [1.0], [2.0]]
    >>> hinted(x, labelled=[0, 4], targets=[[-1], [1]], hints=[2], similarity="linear").argmax()
    np.int64(2)

    Exact: where the rows inside the margin are known it is one linear system, and Newton's steps find
    which they are.  Time O(k^3) for k labels and hints, linear and dense O(k d^2) where d < k, a round,
    and O(n k d) or O(n d); memory O(n + k^2).
    Li, Ferng & Lin 2015, with squared losses in place of absolute ones.
    """
    like = Likeness(x, similarity, radius)
    known, loose = as_rows(labelled, like.points.n), as_rows(hints, like.points.n)
    goal = as_numbers(targets)
    if goal.ndim != 2 or len(goal) != len(known) or not goal.shape[1] or (np.abs(goal) != 1).any():
        raise InvalidInput(
            f"Targets must be -1 or +1, one row a labelled row ({len(known)}); got shape {goal.shape}.",
            mend="Give (l, C): +1 in the column of the row's class, -1 elsewhere.",
        )
    if not (0 <= hint < np.inf and 0 < noise < np.inf):
        raise InvalidInput(
            f"hint must be 0 or more and noise above 0; got {hint!r} and {noise!r}.", mend="Leave them out."
        )
    rows = np.arange(like.points.n) if rows is None else as_rows(rows, like.points.n)
    fit = Fit(like, np.concatenate([known, loose]))
    own, free = fit.features[: len(known)], fit.features[len(known) :]
    pull = hint * len(known) / max(1, len(loose))
    fixed = pull * free.T @ free + noise * np.eye(own.shape[1])
    fit.weights = np.column_stack([_machine(own, column, fixed) for column in goal.T])
    digits = 5 if like.dtype == np.float32 else 10  # what is equal stays so through rounding
    near: Array = np.round(fit.each(rows, lambda said: 1 / (1 + np.abs(said).min(axis=1))), digits)
    return near


def _machine(rows: Array, goal: Array, fixed: Array) -> Array:
    """The w of least sum of max(0, 1 - goal rows w)^2 + w' fixed w."""

    def loss(weights: Array) -> float:
        short = np.maximum(1 - goal * (rows @ weights), 0)
        return float(short @ short + weights @ fixed @ weights)

    weights, inside = np.zeros(rows.shape[1]), np.ones(len(rows), dtype=bool)
    for _ in range(_ROUNDS):
        part = rows[inside]
        wanted = np.linalg.solve(part.T @ part + fixed, part.T @ goal[inside])
        step, before = 1.0, loss(weights)
        while step > 1e-9 and loss(weights + step * (wanted - weights)) > before:
            step /= 2
        weights = weights + step * (wanted - weights)
        now = goal * (rows @ weights) < 1
        if step == 1 and (now == inside).all():
            break
        inside = now
    return weights
