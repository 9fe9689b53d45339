"""What a prediction costs if the label were each of the classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput

__all__ = ["LOSSES", "losses_of"]

LOSSES = ("error", "log_loss", "brier")
_FLOOR = 0.01


def losses_of(loss: Any, proba: np.ndarray) -> np.ndarray:
    """The loss of each row for each class that its label could be, (N, C).

    "error" is 0 for the likeliest class and 1 for others; "log_loss" -log p, with p at least 0.01, so
    that it is bounded; "brier" the squared distance of the probabilities to the label.  A table of
    losses passes as it is.

    >>> losses_of("error", np.array([[0.7, 0.3]]))
    array([[0., 1.]])
    >>> losses_of("brier", np.array([[0.7, 0.3]])).round(2)
    array([[0.18, 0.98]])
    """
    if not isinstance(loss, str):
        table = np.asarray(loss, dtype=np.float64)
        if table.shape != proba.shape or not np.isfinite(table).all():
            raise InvalidInput(
                f"A table of losses is finite, one row an item and one column a class: {proba.shape}; "
                f"got shape {table.shape}.",
                mend=f"Or name one: {', '.join(LOSSES)}.",
            )
        return table
    if loss not in LOSSES:
        raise InvalidInput(f"There is no loss {loss!r}.", mend=f"Use one of {', '.join(LOSSES)}.")
    if loss == "error":
        table = np.ones(proba.shape)
        table[np.arange(len(proba)), proba.argmax(axis=1)] = 0.0
        return table
    if loss == "log_loss":
        return np.asarray(-np.log(np.clip(proba, _FLOOR, 1.0)))
    squares = np.einsum("nc,nc->n", proba, proba)
    return np.asarray(np.maximum(squares[:, None] - 2 * proba + 1, 0.0))
