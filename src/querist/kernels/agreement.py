"""How far two models say the same of the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array

__all__ = ["cohen_kappa", "f_between"]


def cohen_kappa(one: Any, other: Any) -> float:
    """Cohen's kappa of two lists of classes: their agreement beyond what chance gives, 1 at most.

    Two that say one and the same class of every row agree wholly: 1.

    Parameters
    ----------
    one, other : (n,) class of each row, n above 0

    >>> cohen_kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"])
    0.5

    Cohen 1960.
    """
    table = _table(one, other)
    share = table / table.sum()
    agreed = float(np.trace(share))
    by_chance = float(share.sum(axis=0) @ share.sum(axis=1))
    return 1.0 if by_chance >= 1 else (agreed - by_chance) / (1 - by_chance)


def f_between(one: Any, other: Any) -> float:
    """The F measure of one list of classes with the other in the place of the truth, from 0 to 1.

    For each class 2a / (2a + b + c): a rows that both give it, b and c rows that one alone does; the mean
    over the classes that either gives.  One minus it is what Altschuler and Bloodgood (2019) predict that
    the F measure will change by.

    Parameters
    ----------
    one, other : (n,) class of each row, n above 0

    >>> round(f_between(["a", "a", "b", "b"], ["a", "a", "b", "a"]), 3)
    0.733
    """
    table = _table(one, other)
    said = table.sum(axis=0) + table.sum(axis=1)
    return float((2 * np.diag(table)[said > 0] / said[said > 0]).mean())


def _table(one: Any, other: Any) -> Array:
    """How often each pair of classes met, (C, C)."""
    first, second = np.asarray(one), np.asarray(other)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise InvalidInput(
            f"Agreement compares two classes a row; got shapes {first.shape} and {second.shape}.",
            mend="Give what two models say of the same rows, one row at least.",
        )
    classes, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    pairs = place[: len(first)] * len(classes) + place[len(first) :]
    return np.bincount(pairs, minlength=len(classes) ** 2).reshape(len(classes), -1).astype(np.float64)
