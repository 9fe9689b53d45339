"""What comparisons of curves have in common: the arm to compare with, and intervals over the seeds."""

from __future__ import annotations

import numpy as np

__all__ = ["REFERENCE", "interval"]

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
