"""Active testing: the mean loss over a pool from few labels that were chosen to tell it."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array

__all__ = [
    "expected_losses",
    "lure",
    "lure_weights",
    "neyman_allocation",
    "stratified_mean",
    "surrogate_mean",
    "loss_terms",
    "weighted_disagreement",
]


def lure_weights(chances: Any, n: int) -> Array:
    """What each loss counts, so that the weighted mean is unbiased however the items were chosen.

    v_m = 1 + (N - M) / (N - m) (1 / ((N - m + 1) q_m) - 1).  An item that was less likely than by a
    fair draw counts more; after the whole pool all count 1.

    Parameters
    ----------
    chances : array-like (M,)
        q_m, the chance with which the m-th item was drawn among those left at its turn.
    n : int
        N, the size of the pool.

    >>> lure_weights([0.25, 0.5], 4).round(2)  # the second was likelier than by a fair draw of 3
    array([1.  , 0.67])

    Farquhar, Gal & Rainforth 2021; Kossen, Farquhar, Gal & Rainforth 2021.
    """
    q = _chances(chances, n)
    left = n - np.arange(1, len(q) + 1)  # N - m
    kept = np.divide(n - len(q), left, out=np.zeros(len(q)), where=left > 0)
    return np.asarray(1 + kept * (1 / ((left + 1) * q) - 1))


def loss_terms(losses: Any, chances: Any, n: int, guesses: Any = None, rests: Any = None) -> Array:
    """One unbiased estimate of the pool's mean loss for each label, (M,).

    Z_m = (what was lost before + the guess for all that is left + (L_m - g_m) / q_m) / N.  Given the past,
    its mean is the pool's mean loss, whatever the guesses are; good guesses make it vary little.

    Parameters
    ----------
    losses, chances : array-like (M,)
        The losses in the order in which the items were drawn, and the chance of each at its turn.
    n : int
        The size of the pool.
    guesses : array-like (M,), optional
        What the loss of the m-th item was expected to be before its label was known; 0 if not given.
    rests : array-like (M,), optional
        The sum of the expectations over all items that were left at turn m, the m-th included.

    >>> loss_terms([1.0, 0.0], [0.5, 0.5], 4)
    array([0.5 , 0.25])

    Farquhar, Gal & Rainforth 2021; with guesses: Zrnic & Candes 2024 (active statistical inference).
    """
    q = _chances(chances, n)
    lost = _losses(losses, len(q))
    g = np.zeros(len(q)) if guesses is None else _losses(guesses, len(q))
    rest = np.zeros(len(q)) if rests is None else _losses(rests, len(q))
    before = np.concatenate([[0.0], np.cumsum(lost)[:-1]]) if len(q) else lost
    return np.asarray((before + rest + (lost - g) / q) / n)


def lure(losses: Any, chances: Any, n: int, guesses: Any = None, rests: Any = None) -> tuple[float, float]:
    """The mean loss over the pool, unbiased, and its standard error.

    The terms of :func:`loss_terms` in the weights that make it a weighted mean of the losses by
    :func:`lure_weights` where there are no guesses.  Prefer it to a plain mean wherever the draw was not
    fair; the standard error is of one look (see :func:`betting_interval` for any look).

    Returns
    -------
    estimate, error : floats
        The error is NaN below two labels and 0 where the pool is used up.

    >>> lure([1.0, 0.0, 1.0, 1.0], [1 / 4, 1 / 3, 1 / 2, 1.0], 4)
    (0.75, 0.0)

    Farquhar, Gal & Rainforth 2021; Kossen et al. 2021.
    """
    terms = loss_terms(losses, chances, n, guesses, rests)
    m = len(terms)
    if not m:
        raise InvalidInput("No losses to estimate from.", mend="Give one label or more.")
    if m == n:
        return float(np.mean(np.asarray(losses, dtype=np.float64))), 0.0
    left = n - np.arange(1, m + 1)
    shares = n * (n - m) / (left * (left + 1.0)) / m  # sums to 1
    estimate = float(shares @ terms)
    if m < 2:
        return estimate, float("nan")
    spread = float(np.sum(shares**2 * (terms - estimate) ** 2))
    return estimate, float(np.sqrt(spread * m / (m - 1)))


def surrogate_mean(losses: Any, expected: Any) -> float:
    """The mean loss over the pool, with a surrogate's expectation wherever the loss is not known.

    The active surrogate estimator.  It varies less than anything weighted, and is as biased as the
    surrogate: prefer it where the surrogate is good, and :func:`lure` where an interval must hold.

    Parameters
    ----------
    losses : array-like
        The losses that are known.
    expected : array-like
        What the surrogate expects of all others.

    >>> surrogate_mean([1.0, 0.0], [0.25, 0.25])
    0.375

    Kossen, Farquhar, Gal & Rainforth 2022.
    """
    known, guessed = (_losses(one, None) for one in (losses, expected))
    if not len(known) + len(guessed):
        raise InvalidInput("No losses to estimate from.", mend="Give a pool of one item or more.")
    return float((known.sum() + guessed.sum()) / (len(known) + len(guessed)))


def stratified_mean(losses: Any, strata: Any, sizes: Any) -> tuple[float, float]:
    """The mean loss over a pool in strata, from fair draws within each, and its standard error.

    Parameters
    ----------
    losses : array-like (M,)
    strata : array-like (M,) of whole numbers
        Which stratum each was drawn from.
    sizes : array-like (S,)
        How many items each stratum holds; one that holds any must have been drawn from.

    >>> estimate, error = stratified_mean([1, 0, 0, 0], [0, 0, 1, 1], [10, 30])
    >>> round(estimate, 3), round(error, 3)
    (0.125, 0.112)

    Cochran 1977.
    """
    of, counts = np.asarray(strata), np.asarray(sizes, dtype=np.float64)
    lost = _losses(losses, len(of))
    drawn = np.bincount(of, minlength=len(counts)) if len(of) else np.zeros(len(counts), dtype=int)
    bad = len(drawn) > len(counts) or bool((drawn > counts).any()) or bool(((counts > 0) & (drawn < 1)).any())
    if bad or counts.sum() <= 0:
        raise InvalidInput(
            f"Strata of {counts.tolist()} items were drawn from {drawn.tolist()} times.",
            mend="Draw from each stratum at least once, and no more often than it has items.",
        )
    estimate, spread = 0.0, 0.0
    for stratum in np.flatnonzero(counts):
        own, weight = lost[of == stratum], counts[stratum] / counts.sum()
        estimate += weight * own.mean()
        # A stratum with one draw is taken to vary like a coin between the losses seen anywhere.
        variance = own.var(ddof=1) if len(own) > 1 else (np.ptp(lost) / 2) ** 2
        spread += weight**2 * variance / len(own) * (1 - len(own) / counts[stratum])
    return float(estimate), float(np.sqrt(spread))


def neyman_allocation(sizes: Any, spreads: Any, m: int) -> Array:
    """How many of ``m`` draws each stratum gets: by its size times its spread, one at least.

    >>> neyman_allocation([100, 100], [0.1, 0.4], 10)
    array([2, 8])

    Neyman 1934.
    """
    counts = np.asarray(sizes, dtype=np.intp)
    some = counts > 0
    if counts.min(initial=0) < 0 or not some.sum() <= m <= counts.sum():
        raise InvalidInput(
            f"{m} draws cannot be shared among strata of {counts.tolist()} items.",
            mend="Draw at least one from each stratum, and no more than there are.",
        )
    want = np.where(some, np.maximum(counts * np.asarray(spreads, dtype=np.float64), 1e-12), 0.0)
    given = some.astype(np.intp)
    for _ in range(m - int(given.sum())):
        open_ = given < counts
        given[np.argmax(np.where(open_, want / (given + 0.5), -1.0))] += 1
    return given


def expected_losses(proba: Any, losses: Any) -> tuple[Array, Array]:
    """What each item's loss is expected to be, and its variance, if ``proba`` were the truth; (N,) each.

    Parameters
    ----------
    proba : array-like (N, C)
        A surrogate's belief of what the label is.
    losses : array-like (N, C)
        What the tested model would lose if the label were that class.

    >>> mean, variance = expected_losses([[0.9, 0.1]], [[0.0, 1.0]])
    >>> mean.round(2), variance.round(2)
    (array([0.1]), array([0.09]))
    """
    p, lost = _tables(proba, losses)
    mean = np.einsum("nc,nc->n", p, lost)
    return mean, np.maximum(np.einsum("nc,nc->n", p, lost * lost) - mean * mean, 0.0)


def weighted_disagreement(draws: Any, losses: Any) -> Array:
    """How far a surrogate's members disagree about what the tested model loses, (N,): XWED.

    BALD with each class weighted by its loss: sum_c L_c (phi(mean p_c) - mean phi(p_c)) with
    phi(p) = -p log p; 0 where the members agree or the model loses nothing.  It says which labels mend the
    surrogate where that matters to :func:`surrogate_mean`; a label that is merely uncertain has none.

    Parameters
    ----------
    draws : array-like (k, N, C)
        What the members of the surrogate believe.
    losses : array-like (N, C)

    >>> draws = [[[0.9, 0.1]], [[0.1, 0.9]]]
    >>> weighted_disagreement(draws, [[0.0, 1.0]]).round(3)
    array([0.184])

    Kossen, Farquhar, Gal & Rainforth 2022.
    """
    said = np.asarray(draws, dtype=np.float64)
    if said.ndim != 3 or not len(said):
        raise InvalidInput(
            f"draws are (k, N, C); got shape {said.shape}.", mend="Use model.draws(x, k, rng)."
        )
    mean, lost = _tables(said.mean(axis=0), losses)
    within = np.zeros_like(mean)
    for member in said:
        within += _surprise(member)
    gap = np.maximum(_surprise(mean) - within / len(said), 0.0)
    return np.asarray(np.einsum("nc,nc->n", gap, lost))


def _surprise(p: Array) -> Array:
    return np.asarray(-p * np.log(np.where(p > 0, p, 1.0)))


def _chances(chances: Any, n: int) -> Array:
    q = np.asarray(chances, dtype=np.float64)
    if q.ndim != 1 or len(q) > n or not ((q > 0) & (q <= 1 + 1e-9)).all():
        raise InvalidInput(
            f"Needs at most {n} chances in (0, 1], one a draw; got {q!r}.",
            mend="Give the chance that each item had at its turn, and the size of the whole pool.",
        )
    return q


def _losses(losses: Any, m: int | None) -> Array:
    lost = np.asarray(losses, dtype=np.float64)
    if lost.ndim != 1 or (m is not None and len(lost) != m) or not np.isfinite(lost).all():
        raise InvalidInput(
            f"Needs {'finite losses' if m is None else f'{m} finite losses, one a draw'}; got {lost!r}.",
            mend="Give the losses in the order of the draws; bound a loss that can be infinite.",
        )
    return lost


def _tables(proba: Any, losses: Any) -> tuple[Array, Array]:
    p, lost = np.asarray(proba, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    if p.ndim != 2 or p.shape != lost.shape:
        raise InvalidInput(
            f"Probabilities of shape {p.shape} go with losses of the same (N, C); got {lost.shape}.",
            mend="Give one row an item and one column a class in both.",
        )
    return p, lost
