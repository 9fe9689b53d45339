"""Bandits over strategies: whom to follow, and what an answer is worth to those who asked for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.arrays import Array

__all__ = [
    "entropy_gain",
    "exp4_weights",
    "exp4p_chances",
    "exp4p_weights",
    "importance_weighted_accuracy",
    "thompson_chances",
]

_GRID = 1024


def exp4p_chances(weights: Any, floor: float) -> Array:
    """The chance of each expert to be followed: its share of the weights, with a floor below it.

    Parameters
    ----------
    weights : (k,) above 0
    floor : float from 0 to 1 / k

    >>> exp4p_chances([1.0, 3.0], floor=0.1)
    array([0.3, 0.7])

    Beygelzimer, Langford, Li, Reyzin & Schapire 2011.
    """
    weights = np.asarray(weights, dtype=np.float64)
    chances: Array = (1 - len(weights) * floor) * weights / weights.sum() + floor
    return chances


def exp4p_weights(
    weights: Any, advised: Any, chance: float, reward: float, *, floor: float, horizon: float, delta: float
) -> Array:
    """The experts' weights after one answer; only their ratios matter, the largest is 1.

    Those who advised the question gain in proportion to the reward, the more the less likely the
    question was; all gain a little for the doubt that is left about them (1 / their chance).

    Parameters
    ----------
    weights : (k,) above 0, before the question
    advised : (k,), the chance that each expert gave to the question that was asked
    chance : float, what all together gave to it
    reward : float from 0 to 1
    floor : float, as for :func:`exp4p_chances`
    horizon : float, how many questions there will be
    delta : float in (0, 1), how likely the paper's bound may fail

    >>> exp4p_weights([1, 1], [1, 0], chance=0.5, reward=0.5, floor=0.2, horizon=10, delta=0.1).round(4)
    array([1.    , 0.9048])

    Beygelzimer et al. 2011; with strategies for experts and actions, Hsu & Lin 2015.
    """
    weights, advised = np.asarray(weights, dtype=np.float64), np.asarray(advised, dtype=np.float64)
    k = len(weights)
    doubt = np.sqrt(np.log(k / delta) / (k * horizon)) / exp4p_chances(weights, floor)
    return _grown(weights, floor / 2 * (reward * advised / chance + doubt))


def exp4_weights(weights: Any, advised: Any, chance: float, reward: float, *, rate: float) -> Array:
    """The experts' weights after one answer by EXP4; only their ratios matter, the largest is 1.

    Parameters
    ----------
    weights, advised, chance, reward : as for :func:`exp4p_weights`
    rate : float, how fast to learn: gamma / the number of actions

    >>> exp4_weights([1, 1], [0.5, 0], chance=0.25, reward=0.5, rate=0.1).round(4)
    array([1.    , 0.9048])

    Auer, Cesa-Bianchi, Freund & Schapire 2002.
    """
    weights, advised = np.asarray(weights, dtype=np.float64), np.asarray(advised, dtype=np.float64)
    return _grown(weights, rate * reward * advised / chance)


def importance_weighted_accuracy(right: Any, chances: Any, *, rows: int, horizon: int) -> float:
    """The accuracy on all of the pool, estimated from answers to questions of known chances.

    Parameters
    ----------
    right : (t,) bool, whether the model says what was answered
    chances : (t,), with which each question was drawn from the pool
    rows : int, how many items the pool has
    horizon : int, how many questions there will be; what is still to come counts as wrong

    >>> importance_weighted_accuracy([True, False], [0.25, 0.5], rows=4, horizon=2)
    0.5

    Hsu & Lin 2015.
    """
    weighed = np.asarray(right, dtype=np.float64) / np.asarray(chances, dtype=np.float64)
    return float(weighed.sum() / (rows * max(horizon, len(weighed))))


def entropy_gain(now: float, before: float) -> float:
    """How much more evenly the model parts the pool than before, as a reward from 0 to 1; 1/2 if as evenly.

    Parameters
    ----------
    now, before : float from 0 to 1
        Entropy of the predicted classes' shares, in units of the largest there could be.

    >>> entropy_gain(1.0, 0.0), entropy_gain(0.7, 0.7)
    (1.0, 0.5)

    Baram, El-Yaniv & Luz 2004 (classification entropy maximisation).
    """
    return float((np.exp(now) - np.exp(before) + np.e - 1) / (2 * np.e - 2))


def thompson_chances(wins: Any, losses: Any) -> Array:
    """The chance of each arm to be the best, its rate being Beta(wins, losses): Thompson sampling's.

    Parameters
    ----------
    wins, losses : (k,) above 0

    >>> thompson_chances([1, 1], [1, 1]).round(3)
    array([0.5, 0.5])
    >>> thompson_chances([2, 1], [1, 2]).round(3)
    array([0.833, 0.167])

    Thompson 1933.
    """
    from scipy.special import betainc

    wins, losses = np.asarray(wins, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    below = betainc(wins[:, None], losses[:, None], np.linspace(0, 1, _GRID + 1))
    middle, mass = (below[:, 1:] + below[:, :-1]) / 2, np.diff(below, axis=1)
    chances = np.array(
        [(mass[arm] * np.delete(middle, arm, axis=0).prod(axis=0)).sum() for arm in range(len(wins))]
    )
    best: Array = chances / chances.sum()
    return best


def _grown(weights: Array, exponents: Array) -> Array:
    """The weights times e to the exponents, the largest brought to 1."""
    logs = np.log(weights) + exponents
    grown: Array = np.maximum(np.exp(logs - logs.max()), 1e-300)
    return grown
