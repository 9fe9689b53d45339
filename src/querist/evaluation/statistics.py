"""What comparisons have in common: the arm to compare with, intervals, tests over many, ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from querist.errors import InvalidInput

__all__ = [
    "REFERENCE",
    "Ranks",
    "bootstrap",
    "critical_difference",
    "holm",
    "interval",
    "paired_p",
    "ranks",
    "signed_rank_p",
]

REFERENCE = "random"
"""The arm that every other is compared with."""


def interval(differences: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Means over the rows and the half-widths of their t intervals; infinite with one row."""
    from scipy.stats import t

    n = len(differences)
    mean = differences.mean(axis=0)
    if n < 2:
        return mean, np.full_like(mean, np.inf)
    width = t.ppf((1 + confidence) / 2, n - 1) / np.sqrt(n)
    return mean, width * differences.std(axis=0, ddof=1)


def bootstrap(
    statistic: Callable[[np.ndarray], float], n: int, *, draws: int = 1000, confidence: float = 0.95
) -> tuple[float, float]:
    """The percentile interval of a statistic over n paired seeds, which it is given as row numbers.

    The same resampled seeds go to all arms, so that what they have in common falls out.  The draws are
    always the same.

    >>> low, high = bootstrap(lambda rows: float(np.arange(40.0)[rows].mean()), 40)
    >>> low < 19.5 < high
    True
    """
    rng = np.random.default_rng(0)
    values = np.sort([statistic(rng.integers(n, size=n)) for _ in range(draws)])
    values = values[~np.isnan(values)]
    if not len(values):
        return float("nan"), float("nan")
    # order statistics, not means of two: infinities (a goal that is never reached) are values too
    tail = (1 - confidence) / 2
    low, high = np.floor(tail * (len(values) - 1)), np.ceil((1 - tail) * (len(values) - 1))
    return float(values[int(low)]), float(values[int(high)])


def paired_p(differences: np.ndarray) -> float:
    """The two-sided p-value of Student's paired t-test; 1 where there is one pair or no difference."""
    from scipy.stats import ttest_1samp

    if len(differences) < 2 or np.ptp(differences) < 1e-12:
        return 0.0 if len(differences) > 1 and abs(float(differences[0])) > 1e-12 else 1.0
    return float(ttest_1samp(differences, 0).pvalue)


def signed_rank_p(differences: np.ndarray) -> float:
    """The two-sided p-value of Wilcoxon's signed-rank test; 1 where nothing differs."""
    from scipy.stats import wilcoxon

    rounded = np.round(differences, 12)
    return float(wilcoxon(rounded).pvalue) if rounded.any() else 1.0


def holm(p: np.ndarray) -> np.ndarray:
    """p-values adjusted for their number (Holm, 1979): below 0.05, the family errs in one case of twenty.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p)
    scaled = np.asarray(p)[order] * (len(p) - np.arange(len(p)))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(scaled))
    return adjusted


def critical_difference(k: int, n: int, alpha: float = 0.05) -> float:
    """How far mean ranks of k arms over n blocks must be apart (Nemenyi, 1963; Demsar, 2006).

    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    from scipy.stats import studentized_range

    q = float(studentized_range.ppf(1 - alpha, k, np.inf)) / np.sqrt(2)
    return float(q * np.sqrt(k * (k + 1) / (6 * n)))


@dataclass(frozen=True)
class Ranks:
    """How arms rank over blocks: 1 is best.

    Attributes
    ----------
    means : tuple of float
        The mean rank of each arm.
    p : float
        Of Friedman's test that all arms are alike; nan with fewer than three arms or three blocks.
    difference : float
        The critical difference of mean ranks by Nemenyi.
    blocks : int
    alike : tuple of tuples of int
        Groups of arms, best first, of which no two differ by Wilcoxon's test after Holm's correction.
    """

    means: tuple[float, ...]
    p: float
    difference: float
    blocks: int
    alike: tuple[tuple[int, ...], ...]


def ranks(scores: np.ndarray, alpha: float = 0.05) -> Ranks:
    """Rank arms over blocks (data sets); ``scores`` are (blocks, arms), higher is better.

    >>> ranks(np.array([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6], [0.9, 0.9, 0.5]])).means
    (1.1666666666666667, 1.8333333333333333, 3.0)
    """
    from scipy.stats import friedmanchisquare, rankdata

    n, k = scores.shape
    if k < 2:
        raise InvalidInput(f"Ranks of {k} arm.", mend="Compare two arms or more.")
    # what differs by rounding alone is a tie
    each = np.array([rankdata(-np.round(row, 12)) for row in scores])
    means = each.mean(axis=0)
    distinct = k >= 3 and n >= 3 and bool(np.ptp(each, axis=1).any())
    p = float(friedmanchisquare(*each.T).pvalue) if distinct else float("nan")
    return Ranks(tuple(means.tolist()), p, critical_difference(k, n, alpha), n, _alike(scores, means, alpha))


def _alike(scores: np.ndarray, means: np.ndarray, alpha: float) -> tuple[tuple[int, ...], ...]:
    """Maximal runs of neighbours in rank, of which no pair differs (Benavoli, Corani & Mangili, 2016)."""
    k = len(means)
    pairs = [(i, j) for i in range(k) for j in range(i + 1, k)]
    adjusted = holm(np.array([signed_rank_p(scores[:, i] - scores[:, j]) for i, j in pairs]))
    differ = {pair for pair, p in zip(pairs, adjusted, strict=True) if p < alpha}
    order = np.argsort(means, kind="stable").tolist()
    groups: list[tuple[int, ...]] = []
    for start in range(k):
        stop = start + 1
        while stop < k and not any(_pair(order[stop], one) in differ for one in order[start:stop]):
            stop += 1
        group = tuple(order[start:stop])
        if len(group) > 1 and not (groups and set(group) <= set(groups[-1])):
            groups.append(group)
    return tuple(groups)


def _pair(i: int, j: int) -> tuple[int, int]:
    return (i, j) if i < j else (j, i)
