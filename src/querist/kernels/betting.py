"""Intervals for a mean that hold at any look, by betting against what it might be."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array

__all__ = ["asymptotic_interval", "bernstein_interval", "betting_interval"]

# Stakes in units of one over the standard deviation: a stake b pays most after about 7 / b^2 outcomes,
# so these serve from 10 outcomes to 10,000.  Any weights that sum to 1 would be valid; these lean to the
# large stakes, for hundreds of outcomes are more usual than thousands.
_STAKES = 2.0 ** np.arange(-6.0, 0.5, 0.5)
_LOG_SHARES = np.log(_STAKES**0.25 / np.sum(_STAKES**0.25))
_AT_MOST = 0.9  # of the fortune is ever at stake
_POINTS = 1001
_BELIEVED = 5  # outcomes for which an expected spread stands


def betting_interval(
    terms: Any,
    least: Any = 0.0,
    most: Any = 1.0,
    *,
    alpha: float = 0.05,
    spread: Any = None,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> tuple[Array, Array]:
    """An interval for a mean after each outcome that holds at all looks together.

    The mean of each outcome given those before must be the same number mu; the outcomes may otherwise
    depend on each other in any way, and have bounds of their own.  So it holds for fair draws (with
    ``least=0, most=1``), for draws without replacement and for weighted losses with guesses (with
    :func:`loss_terms`).  A gambler who stakes part of a fortune on outcomes above m cannot get rich
    if mu = m; values of m against which one of many fixed ways of staking got rich are left out.

    Parameters
    ----------
    terms : array-like (M,)
        The outcomes in order.
    least, most : float or array-like (M,)
        Between what each lies; known before it, from the past alone.
    alpha : float
        The chance of ever being wrong, shared evenly by both ends.
    spread : array-like (M,), optional
        What the standard deviation of each was expected to be, from the past alone.  A wrong one makes the
        interval wide, never false.  The running one if not given.
    bounds : pair of floats
        Between what mu lies.  Ends are told on a grid of 1,000 steps between them, rounded outwards.

    Returns
    -------
    low, high : arrays (M,)
        Narrowing: what was ruled out once stays so.

    >>> low, high = betting_interval([1.0, 0.0, 1.0, 1.0] * 50)
    >>> float(low[-1].round(2)), float(high[-1].round(2))
    (0.64, 0.84)

    Waudby-Smith & Ramdas 2024; for weighted outcomes Waudby-Smith, Wu, Ramdas, Karampatziakis & Mineiro
    2022.
    """
    z = np.asarray(terms, dtype=np.float64)
    down, up = (np.broadcast_to(np.asarray(one, dtype=np.float64), z.shape) for one in (least, most))
    lowest, highest = map(float, bounds)
    slack = 1e-9 * max(1.0, abs(lowest), abs(highest))
    inside = z.ndim == 1 and ((down <= z + slack) & (z <= up + slack)).all()
    if not inside or not 0 < alpha < 1 or not lowest < highest:
        raise InvalidInput(
            f"Needs least <= terms <= most, bounds in order and 0 < alpha < 1; got {z!r} between {down!r} "
            f"and {up!r}, bounds {bounds!r}, alpha {alpha!r}.",
            mend="Give what each outcome could have been at its turn; alpha is for example 0.05.",
        )
    sd = _running_spread(z, down, up) if spread is None else np.asarray(spread, dtype=np.float64)
    sd = np.maximum(np.broadcast_to(sd, z.shape), 1e-6 * (highest - lowest))
    low = _refuted_below(z, down, sd, (lowest, highest), alpha / 2)
    high = -_refuted_below(-z, -up, sd, (-highest, -lowest), alpha / 2)
    return low, high


def _refuted_below(z: Array, least: Array, sd: Array, bounds: tuple[float, float], alpha: float) -> Array:
    """The largest m, after each outcome, up to which all are refuted by stakes on higher outcomes."""
    grid = np.linspace(*bounds, _POINTS)
    wealth = np.repeat(_LOG_SHARES[:, None], _POINTS, axis=1)
    low, place, bar = np.empty(len(z)), 0, np.log(1 / alpha)
    for t in range(len(z)):
        # the stake never risks more than a share of the fortune, whatever comes
        room = np.maximum(grid[place:] - least[t], 0.0)
        stake = np.minimum(_STAKES[:, None] / sd[t], _AT_MOST / np.maximum(room, 1e-12))
        wealth[:, place:] += np.log1p(np.maximum(stake * (z[t] - grid[place:]), -_AT_MOST))
        best = wealth[:, place:].max(axis=0)
        total = best + np.log(np.exp(wealth[:, place:] - best).sum(axis=0))
        standing = np.flatnonzero(total < bar)  # the wealth falls with m: all before the first are refuted
        place += int(standing[0]) if len(standing) else _POINTS - 1 - place
        low[t] = grid[max(place - 1, 0)]
    return low


def _running_spread(z: Array, least: Array, most: Array) -> Array:
    """The standard deviation before each outcome, begun with a quarter of the range."""
    first = (most - least) / 4
    n = np.arange(1, len(z) + 1)
    mean = (np.cumsum(z) + (least + most) / 2) / (n + 1)
    squares = np.cumsum((z - mean) ** 2)
    before = np.concatenate([[0.0], squares[:-1]]) if len(z) else squares
    return np.asarray(np.sqrt((before + first**2) / n))


def asymptotic_interval(
    terms: Any,
    *,
    alpha: float = 0.05,
    spread: Any = 1.0,
    planned: int = 100,
    first: int = 30,
) -> tuple[Array, Array]:
    """An interval for a mean that holds at all looks together as far as sums are normal already.

    Prefer it to :func:`betting_interval` where that is too wide, as with weighted losses, whose bounds are
    far and seldom met: it needs no bounds, and no proof covers a given number of outcomes.  In the
    limit of a late first look it holds at all looks from there on; before ``first`` it says nothing.

    Parameters
    ----------
    terms : array-like (M,)
        The outcomes in order; the mean of each given those before is the same.
    alpha : float
        The chance of ever being wrong.
    spread : float or array-like (M,)
        What the standard deviation of each was expected to be, from the past alone.  Outcomes count by its
        inverse, and it stands for five outcomes where the deviation is estimated.
    planned : int
        After how many outcomes it should be narrowest.
    first : int
        Outcomes before the first look.

    Returns
    -------
    low, high : arrays (M,)
        Narrowing: what was ruled out once stays so.  Infinite before the first look.

    >>> low, high = asymptotic_interval([1.0, 0.0, 1.0, 1.0] * 50, spread=0.5)
    >>> float(low[-1].round(2)), float(high[-1].round(2))
    (0.66, 0.84)

    Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024 (their martingales with changing variance); Robbins
    1970.
    """
    z = np.asarray(terms, dtype=np.float64)
    sd = np.broadcast_to(np.asarray(spread, dtype=np.float64), z.shape)
    if z.ndim != 1 or sd.shape != z.shape or not 0 < alpha < 1 or planned < 1 or not np.isfinite(z).all():
        raise InvalidInput(
            f"Needs finite terms, a spread for each, 0 < alpha < 1 and planned >= 1; got {z!r}, {sd!r}, "
            f"alpha {alpha!r}, planned {planned!r}.",
            mend="Give the outcomes in order; alpha is for example 0.05.",
        )
    if not len(z):
        return z.copy(), z.copy()
    weight = 1 / np.maximum(sd, 1e-3 * max(float(sd.max()), 1e-12))
    total = np.cumsum(weight)
    middle = np.cumsum(weight * z) / total
    # the sum of w^2 (z - middle)^2 up to each look, by its parts
    square = np.cumsum(weight**2)
    variance = np.cumsum(weight**2 * z**2) - 2 * middle * np.cumsum(weight**2 * z) + middle**2 * square
    count = np.arange(1, len(z) + 1)
    # of one outcome in units of its spread, so that "planned" is a number of outcomes
    unit = (np.maximum(variance, 0.0) * count / np.maximum(count - 1, 1) + _BELIEVED) / (count + _BELIEVED)
    share = (2 * np.log(1 / alpha) + np.log1p(2 * np.log(1 / alpha))) / planned
    grown = count * share + 1
    half = np.sqrt(unit * grown / share * np.log(grown / alpha**2)) / total
    half[: max(first - 1, 1)] = np.inf
    return np.maximum.accumulate(middle - half), np.minimum.accumulate(middle + half)


def bernstein_interval(outcomes: Any, *, alpha: float = 0.05, n: int | None = None) -> tuple[Array, Array]:
    """An interval for the mean of outcomes in 0..1 that holds at all looks together, in closed form.

    The empirical Bernstein confidence sequence: of fair draws, or with ``n`` of draws without replacement
    from a pool of so many.  Prefer :func:`betting_interval`, which is narrower; this one costs nothing and
    has no grid.

    Parameters
    ----------
    outcomes : array-like (M,)
        In order, each from 0 to 1.
    alpha : float
    n : int, optional
        The size of the pool.

    >>> low, high = bernstein_interval([1.0, 0.0, 1.0, 1.0] * 50)
    >>> float(low[-1].round(2)), float(high[-1].round(2))
    (0.64, 0.86)

    Waudby-Smith & Ramdas 2024 (theorem 2), and 2020 without replacement.
    """
    x = np.asarray(outcomes, dtype=np.float64)
    inside = x.ndim == 1 and bool(((x >= 0) & (x <= 1)).all())
    if not inside or not 0 < alpha < 1 or (n is not None and len(x) > n):
        raise InvalidInput(
            f"Needs outcomes from 0 to 1, no more than the pool's {n}, and 0 < alpha < 1; got {x!r}, "
            f"alpha {alpha!r}.",
            mend="Scale the outcomes to 0..1; alpha is for example 0.05.",
        )
    t = np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1)
    before_mean, before = np.concatenate([[0.5], mean])[:-1], np.concatenate([[0.25], variance])[:-1]
    stake = np.minimum(np.sqrt(2 * np.log(2 / alpha) / (before * t * np.log1p(t))), 0.5)
    doubt = np.cumsum(4 * (x - before_mean) ** 2 * (-np.log1p(-stake) - stake) / 4)
    seen = np.concatenate([[0.0], np.cumsum(x)])[:-1]
    back = np.zeros(len(x)) if n is None else 1 / (n - t + 1.0)
    total = np.cumsum(stake * (1 + (t - 1) * back))
    middle, half = np.cumsum(stake * (x + seen * back)) / total, (np.log(2 / alpha) + doubt) / total
    low, high = np.maximum.accumulate(middle - half), np.minimum.accumulate(middle + half)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
