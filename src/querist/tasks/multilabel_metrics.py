"""How good sets of classes are: shares of right ones, F1, ranking; and how far two sets are apart."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from querist.errors import InvalidInput

__all__ = [
    "hamming_loss",
    "jaccard_distance",
    "label_ranking_average_precision",
    "macro_f1",
    "masi_distance",
    "micro_f1",
    "subset_accuracy",
]

_BLOCK = 1 << 20


def subset_accuracy(true: Any, said: Any) -> float:
    """The share of the rows whose set of classes is exactly right.

    Parameters
    ----------
    true, said : (n, C) indicator matrices

    >>> subset_accuracy([[1, 0], [1, 1]], [[1, 0], [1, 0]])
    0.5
    """
    true, said = _tables(true, said)
    return float((true == said).all(axis=1).mean())


def hamming_loss(true: Any, said: Any) -> float:
    """The share of the single decisions, one a row and class, that are wrong.

    >>> hamming_loss([[1, 0], [1, 1]], [[1, 0], [1, 0]])
    0.25
    """
    true, said = _tables(true, said)
    return float((true != said).mean()) if true.size else 0.0


def micro_f1(true: Any, said: Any) -> float:
    """F1 of all decisions together: 2 hits / (classes there are + classes said); frequent classes weigh most.

    1 where there is nothing to find and nothing is said.

    >>> round(micro_f1([[1, 0], [1, 1]], [[1, 0], [1, 0]]), 3)
    0.8
    """
    true, said = _tables(true, said)
    whole = int(true.sum()) + int(said.sum())
    return 2 * int((true & said).sum()) / whole if whole else 1.0


def macro_f1(true: Any, said: Any) -> float:
    """The mean of the classes' F1: each class weighs the same, the rare ones too.

    A class that no row has and none is said to have is left out of the mean.

    >>> macro_f1([[1, 0], [1, 1]], [[1, 0], [1, 0]])
    0.5
    """
    true, said = _tables(true, said)
    whole = true.sum(axis=0) + said.sum(axis=0)
    met = whole > 0
    return float((2 * (true & said).sum(axis=0)[met] / whole[met]).mean()) if met.any() else 1.0


def label_ranking_average_precision(true: Any, scores: Any) -> float:
    """How far the classes of a row are at the top of its scores: 1 where all of them are.

    For each class of a row, the share of its own among those scored as high or higher, averaged.  A row
    with all classes or none counts 1.

    Parameters
    ----------
    true : (n, C) indicator matrix
    scores : (n, C) numbers, higher = rather

    >>> label_ranking_average_precision([[1, 0, 0], [0, 0, 1]], [[0.75, 0.5, 1], [1, 0.2, 0.1]]).__round__(3)
    0.417

    Schapire & Singer 2000.
    """
    true = _table(true)
    scores = np.asarray(scores, dtype=np.float64)
    if scores.shape != true.shape or np.isnan(scores).any():
        raise InvalidInput(
            f"The scores have the shape {scores.shape}; the indicator matrix has {true.shape}.",
            mend="Give one number without NaN for each row and class.",
        )
    n, classes = true.shape
    total, step = 0.0, max(1, _BLOCK // max(1, classes * classes))
    for start in range(0, n, step):
        own, score = true[start : start + step], scores[start : start + step]
        above = score[:, None, :] >= score[:, :, None]  # [row, class, those as high]
        share = (above & own[:, None, :]).sum(axis=2) / above.sum(axis=2)
        count = own.sum(axis=1)
        plain = (count == 0) | (count == classes)
        total += np.where(plain, 1.0, (share * own).sum(axis=1) / np.maximum(count, 1)).sum()
    return float(total / n)


def jaccard_distance(one: Collection[Any], other: Collection[Any]) -> float:
    """1 - |both| / |either|; 0 for two empty sets.

    >>> jaccard_distance({"a", "b"}, {"b"})
    0.5

    Jaccard 1912.
    """
    one, other = set(one), set(other)
    either = len(one | other)
    return 1 - len(one & other) / either if either else 0.0


def masi_distance(one: Collection[Any], other: Collection[Any]) -> float:
    """Jaccard's likeness times 1, 2/3 or 1/3 (equal, one within the other, overlapping), taken from 1.

    Prefer it to :func:`jaccard_distance` for the agreement of annotators, where a set that lacks a class
    is a lesser disagreement than one that has another instead.

    >>> round(masi_distance({"a", "b"}, {"b"}), 3)
    0.667

    Passonneau 2006.
    """
    one, other = set(one), set(other)
    if one == other:
        return 0.0
    within = one <= other or other <= one
    return 1 - (1 - jaccard_distance(one, other)) * (2 / 3 if within else 1 / 3)


def _table(values: Any) -> np.ndarray:
    dense = np.asarray(values.toarray() if hasattr(values, "toarray") else values)
    if dense.ndim != 2 or not len(dense) or not np.isin(dense, (0, 1)).all():
        raise InvalidInput(
            f"An indicator matrix is an (n, C) table of 0 and 1; got shape {dense.shape} of {dense.dtype}.",
            mend="MultiLabel(classes).indicator(labels) makes one of sets.",
        )
    return dense.astype(bool)


def _tables(true: Any, said: Any) -> tuple[np.ndarray, np.ndarray]:
    one, other = _table(true), _table(said)
    if one.shape != other.shape:
        raise InvalidInput(
            f"The true classes have the shape {one.shape}, those that were said {other.shape}.",
            mend="Give two matrices of the same rows and classes.",
        )
    return one, other
