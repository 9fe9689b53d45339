"""Batches after which the labels look like the pool and a fit is safe against the worst of answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_candidates, as_numbers, as_rows, as_taken
from querist.kernels.capped import capped_quadratic, descend
from querist.kernels.likeness import Fit, Likeness
from querist.kernels.top import top

__all__ = ["matching_batch"]


def matching_batch(
    x: Any,
    n: int,
    *,
    labelled: Any,
    targets: Any,
    rows: Any,
    taken: Any = None,
    each: float = 1.0,
    match: float = 1.0,
    pace: float | None = None,
    similarity: str = "gaussian",
    radius: float = 1.0,
    noise: float = 0.1,
    landmarks: int = 192,
    rounds: int = 15,
) -> tuple[Array, Array]:
    """The batch that makes what is labelled resemble the whole, and costs a fit least in the worst case.

    Shares a of the candidates (0 to 1, n in all) and a fit f minimise, by turns,
    the sum over labels of (y - f)^2 + noise |f|^2 + the sum over candidates of a (1 + abs(f))^2, which is
    the loss if each answer contradicts the fit, + ``match`` / 2 times the squared distance in the kernel's
    space between the sum over labels and shares, and as many times the mean of all.  Either turn is convex
    and solved; the n largest shares are picked when they do not change any more.

    With ``pace`` the loss of each candidate counts by its ease v, 1 - (1 + abs(f))^2 / pace and at least
    0, a third turn; v weighs the shares in their sum, and a v is what is picked by.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    labelled : row numbers (l,)
    targets : (l, C) of -1 and +1
        One column a class (losses are averaged), or one alone for two classes.
    rows : row numbers (m,)
        The candidates.
    taken : row numbers, optional
        What will have a label soon; it counts as labelled where the whole is matched.
    each : float
        How many rows of the whole a candidate stands for, if they are a sample.
    match, pace : float > 0
    similarity, radius, noise :
        As for :func:`querist.kernels.quire`.
    landmarks : int
        So many candidates, the first, and labels, the latest, span the functions of a kernel; with as
        many as there are nothing is approximated.
    rounds : int
        At most so many turns.

    Returns
    -------
    picks : row numbers, the largest shares first; among equals the earlier of ``rows``
    shares : of each, to 5 digits

    >>> x = np.array([[0.0], [0.1], [5.0], [5.1], [5.2]])
    >>> matching_batch(x, 1, labelled=[0], targets=[[1]], rows=[1, 2, 3, 4])[0]
    array([3])

    Time O(m k (d + k)) and O(m k) a step for k landmarks; memory O(m k), never m x m.
    Wang & Ye 2013 (BMDR); with pace Tang & Huang 2019 (SPAL).
    """
    like = Likeness(x, similarity, radius)
    total = like.points.n
    known, candidates = as_rows(labelled, total), as_candidates(rows, total)
    waiting = np.setdiff1d(as_taken(taken, total), known)
    candidates = candidates[~(np.isin(candidates, known) | np.isin(candidates, waiting))]
    goal = as_numbers(targets)
    if goal.ndim != 2 or len(goal) != len(known) or not goal.shape[1] or (np.abs(goal) != 1).any():
        raise InvalidInput(
            f"Targets must be -1 or +1, one row a labelled row ({len(known)}); got shape {goal.shape}.",
            mend="Give (l, C): +1 in the column of the row's class, -1 elsewhere.",
        )
    if not all(0 < one < np.inf for one in (each, match, noise, 1.0 if pace is None else pace)):
        raise InvalidInput(
            f"each={each!r}, match={match!r}, pace={pace!r} and noise={noise!r} must all be above 0.",
            mend="Leave them out.",
        )
    n = max(0, min(int(n), len(candidates)))
    if not n:
        return candidates[:0], np.empty(0)
    fit = Fit(like, np.unique(np.concatenate([candidates[:landmarks], known[-landmarks:]])))
    free, own = fit.at(candidates), fit.at(known)
    told = own.sum(axis=0) + fit.at(waiting).sum(axis=0)
    size = len(known) + len(waiting)
    mean = (told + each * free.sum(axis=0)) / (size + each * len(candidates))
    short = np.sqrt(match) * (told - (size + n) * mean)
    turns = _Turns(free, own, goal, short, np.sqrt(match), noise, n)
    picks, worth = np.empty(0, dtype=np.intp), np.zeros(len(candidates))
    for _ in range(rounds):
        if pace is not None:
            turns.ease_off(pace)
        turns.share()
        worth, before = np.round(turns.shares * turns.ease, 5), picks
        picks = top(worth, n, ties=-np.arange(len(worth)))
        if set(picks) == set(before):
            break
        turns.refit()
    return candidates[picks], worth[picks]


class _Turns:
    """The shares of the candidates, their ease and the fit, each made best while the others stand still."""

    def __init__(
        self, free: Array, own: Array, goal: Array, short: Array, match: float, noise: float, n: int
    ) -> None:
        self.free, self.own, self.goal = free, own, goal
        self.short, self.match, self.n = short, match, n
        self.moments = own.T @ own + noise * np.eye(own.shape[1])
        self.weights = np.linalg.solve(self.moments, own.T @ goal)
        self.ease = np.ones(len(free))
        self.shares = np.zeros(len(free))
        self.answers = np.zeros((len(free), goal.shape[1]))

    def loss(self) -> Array:
        """What the worst answer of each candidate costs the fit, the mean over classes."""
        return np.asarray(((1 + np.abs(self.free @ self.weights)) ** 2).mean(axis=1))

    def share(self) -> None:
        """The shares, by a quadratic programme among those that are not too hard."""
        some = np.flatnonzero(self.ease > 0)
        ease = self.ease[some]
        found = capped_quadratic(
            self.match * self.free[some],
            self.short,
            ease * (self.loss()[some] - 1),  # the 1 is the same for all: ease times shares is n
            min(float(self.n), float(ease.sum())),
            weights=ease,
            start=self.shares[some],
        )
        self.shares = np.zeros(len(self.free))
        self.shares[some] = found

    def ease_off(self, pace: float) -> None:
        """The ease of each candidate."""
        self.ease = np.maximum(0, 1 - self.loss() / pace)

    def refit(self) -> None:
        """The fit, against answers between -1 and +1 that make its loss as large as they can.

        2 abs(f) is the largest 2 s f of such s; with the s fixed the fit is a ridge, and what is left of
        the loss is a quadratic programme over a box.
        """
        mixed = self.shares * self.ease
        some = np.flatnonzero(mixed > 1e-9)
        part, bound = self.free[some], mixed[some, None]
        factor = np.linalg.cholesky(self.moments + part.T @ (bound * part))
        across = np.linalg.solve(factor, part.T).T
        wanted = np.linalg.solve(factor, self.own.T @ self.goal)

        def project(answers: Array) -> Array:
            return np.clip(answers, -bound, bound)

        worst = descend(across, -wanted, 0.0, project, project(self.answers[some]))
        self.answers[:] = 0
        self.answers[some] = worst
        self.weights = np.linalg.solve(factor.T, wanted - across.T @ worst)
