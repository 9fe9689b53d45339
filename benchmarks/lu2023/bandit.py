"""Active learning by learning (Hsu & Lin, 2015) as it was run: a bandit over three strategies and the lot."""

from __future__ import annotations

import numba
import numpy as np
from linear import Logistic, with_intercept

__all__ = ["albl", "hinted"]

_SEED, _DELTA = 1126, 0.1
_HINTS, _WEIGHT, _TOLERANCE = 0.5, 0.1, 1e-3
_STEPS = 1_000_000


@numba.njit(cache=True)
def _settled(
    kernel: np.ndarray, rows: np.ndarray, goal: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, float]:
    """Multipliers (signed, sum 0, between their bounds) and intercept; ``goal`` is what each row should say.

    A hint's goal is 0 and its multiplier may have either sign: the loss is the distance to the boundary.
    """
    n = len(rows)
    beta, said = np.zeros(n), np.zeros(n)
    best, worst = 0.0, 0.0
    for _ in range(_STEPS):
        i, best, worst = -1, -np.inf, np.inf
        for t in range(n):
            error = goal[t] - said[t]
            if beta[t] < high[t] and error > best:
                best, i = error, t
            if beta[t] > low[t] and error < worst:
                worst = error
        if i < 0 or best - worst < _TOLERANCE:
            break
        j, gain, slope = -1, 0.0, 1.0
        line = kernel[rows[i]]
        for t in range(n):
            less = best - (goal[t] - said[t])
            if beta[t] > low[t] and less > 0.0:
                bend = max(line[rows[i]] + kernel[rows[t], rows[t]] - 2.0 * line[rows[t]], 1e-12)
                if less * less > gain * bend:
                    gain, j, slope = less * less / bend, t, less / bend
        move = min(slope, high[i] - beta[i], beta[j] - low[j])
        beta[i] = high[i] if move == high[i] - beta[i] else beta[i] + move
        beta[j] = low[j] if move == beta[j] - low[j] else beta[j] - move
        other = kernel[rows[j]]
        for t in range(n):
            said[t] += move * (line[rows[t]] - other[rows[t]])
    return beta, (best + worst) / 2.0


def hinted(kernel: np.ndarray, y: np.ndarray, known: np.ndarray, hints: np.ndarray) -> np.ndarray:
    """What a linear machine says of the pool that is drawn towards some unlabelled rows, its hints."""
    rows = np.concatenate([known, hints])
    goal = np.concatenate([y[known], np.zeros(len(hints))])
    room = np.full(len(rows), _WEIGHT)
    low, high = np.where(goal > 0, 0.0, -room), np.where(goal < 0, 0.0, room)
    beta, shift = _settled(kernel, rows, goal, low, high)
    said: np.ndarray = beta @ kernel[rows] + shift
    return said


def albl(x: np.ndarray, y: np.ndarray, start: int) -> np.ndarray:
    """The order of ALBL: EXP4.P over logistic regression's doubt with C = 1 and 0.01, HintSVM, and the lot.

    The lot falls on every row that was unlabelled at first; where it falls on one that was asked before,
    nothing is asked and the turn counts.  HintSVM asks farthest from its boundary, as published.
    """
    n, rng = len(y), np.random.RandomState(_SEED)
    bandit = _Bandit(n - start)
    lots, wide = np.random.RandomState(_SEED), with_intercept(x)
    kernel = np.ascontiguousarray(x @ x.T)
    sure, shy = Logistic(wide.shape[1], 1.0), Logistic(wide.shape[1], 0.01)
    order, free = list(range(start)), np.arange(n) >= start
    asked: list[tuple[int, float]] = []
    while len(order) < n:
        known, open_ = np.array(order), np.flatnonzero(free)
        theta = sure.fit(wide[known], y[known])
        unsure = np.argmin(np.abs(wide[open_] @ theta))
        calm = np.argmin(np.abs(wide[open_] @ shy.fit(wide[known], y[known])))
        hints = open_[lots.choice(len(open_), int(len(open_) * _HINTS))]
        far = np.argmax(np.abs(hinted(kernel, y, known, hints)[open_]))
        advice = open_[[unsure, calm, far]] - start
        while True:
            chance = bandit.chances(advice)
            place = int(rng.choice(n - start, p=chance))
            row = place + start
            asked.append((row, 1.0 / chance[place]))
            new = bool(free[row])
            if new:
                free[row] = False
                order.append(row)
                known = np.array(order)
                theta = sure.fit(wide[known], y[known])
            told = np.array([one for one, _ in asked])
            right = (wide[told] @ theta > 0) == (y[told] > 0)
            weights = np.array([weight for _, weight in asked])
            bandit.paid(place, float(weights @ right) / n / (n - start))
            if new:
                break
    return np.array(order)


class _Bandit:
    """EXP4.P with as many actions as experts: three whose advice is a row, and one that is a lot."""

    def __init__(self, horizon: int) -> None:
        self.horizon, self.weights = horizon, np.ones(4)
        self.least = float(np.sqrt(np.log(4) / 4 / horizon))
        self.bonus = float(np.sqrt(np.log(4 / _DELTA) / 4 / horizon))

    def chances(self, advice: np.ndarray) -> np.ndarray:
        """The chance of each row that was unlabelled at first."""
        self.advice = np.zeros((4, self.horizon))
        self.advice[3] = 1.0 / self.horizon
        self.advice[np.arange(3), advice] = 1.0
        self.mixed = (1 - 4 * self.least) * self.weights / self.weights.sum() + self.least
        self.rows = self.mixed @ self.advice
        return self.rows / self.rows.sum()

    def paid(self, place: int, reward: float) -> None:
        """The reward of the row on which the lot fell."""
        gained = reward * self.advice[:, place] / self.rows[place]
        self.weights = self.weights * np.exp(self.least / 2 * (gained + self.bonus / self.mixed))
