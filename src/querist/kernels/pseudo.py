"""What a model is sure enough of to be believed without asking."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array
from querist.kernels.uncertainty import entropy

__all__ = ["pseudo_labels"]


def pseudo_labels(proba: Any, threshold: float) -> tuple[Array, Array]:
    """The rows whose entropy is below ``threshold``, and the class that each is held for.

    Parameters
    ----------
    proba : (n, C) probabilities
    threshold : float, in nats, 0 or more
        0 believes nothing.  0.05 is a row of two classes that is 99 % sure, 0.2 one that is 95 %.

    Returns
    -------
    rows, columns : (k,) each, rows ascending

    >>> pseudo_labels([[0.999, 0.001], [0.6, 0.4], [0.0, 1.0]], 0.05)
    (array([0, 2]), array([0, 1]))

    Wang, Zhang, Li, Zhang & Lin 2016 (CEAL).
    """
    if not 0 <= threshold < np.inf:
        raise InvalidInput(
            f"threshold must be 0 or more; got {threshold!r}.", mend="It is an entropy in nats: 0.05, say."
        )
    proba = np.asarray(proba)
    rows = np.flatnonzero(entropy(proba) < threshold)
    return rows, proba[rows].argmax(axis=1)
