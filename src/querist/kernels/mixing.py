"""How little of a class's mean must be mixed into a row before a linear head calls it otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_numbers, blocks

__all__ = ["flip_strength"]


def flip_strength(x: Any, weights: Any, bias: Any, anchors: Any) -> Array:
    """The least length of a mixture with an anchor at which the class predicted of a row changes.

    Mixed is z + alpha (a - z), feature by feature, with the alpha of length epsilon that raises the
    loss of the predicted class most: to first order, alpha (a - z) is the gradient, brought to the length
    epsilon |a - z|.  That is a straight line in z, so that the epsilon at which a linear head changes its
    mind is known in closed form, and nothing is mixed, anchor by anchor, to find it.

    Parameters
    ----------
    x : (n, d) dense or sparse
        Where the rows are.
    weights, bias : (C, d) and (C,)
        The head: x weights.T + bias are the logits of a softmax.  Minus infinity in ``bias`` is a class
        that is not known.
    anchors : (m, d)
        The mean of the labelled rows of each class.

    Returns
    -------
    (n,) float64, 0 or more; *lower* = nearer to a change.  Infinity where none is possible: one class,
    no anchor, or a row on all its anchors

    Time O(n d (C + m) + n C^2); memory O(n) and blocks.

    >>> head = np.array([[1.0, 0.0], [-1.0, 0.0]])
    >>> flip_strength([[0.5, 0.0], [2.0, 0.0]], head, np.zeros(2), [[-2.0, 0.0]])
    array([0.2, 0.5])

    Parvaneh, Abbasnejad, Teney, Haffari, van den Hengel & Shi 2022 (ALFA-Mix).
    """
    x = as_matrix(x)
    weights, bias = as_numbers(weights), as_numbers(bias)
    anchors = as_numbers(anchors)
    if weights.ndim != 2 or bias.shape != weights.shape[:1] or weights.shape[1] != x.shape[1]:
        raise InvalidInput(
            f"A head of weights {weights.shape}, bias {bias.shape} does not fit rows of {x.shape[1]}.",
            mend="Give weights (C, d) and bias (C,), d as in x.",
        )
    if anchors.size and (anchors.ndim != 2 or anchors.shape[1] != x.shape[1]):
        raise InvalidInput(
            f"Anchors of shape {anchors.shape} are not where rows of {x.shape[1]} numbers are.",
            mend="Give (m, d) means of labelled rows.",
        )
    if np.isnan(bias).any() or not (np.isfinite(weights).all() and np.isfinite(anchors).all()):
        raise InvalidInput("The head and the anchors must be finite.", mend="Fill missing values first.")
    out = np.full(x.shape[0], np.inf)
    known = np.flatnonzero(bias > -np.inf)
    if len(known) < 2 or not len(anchors):
        return out
    weights, bias = weights[known], bias[known]
    gram, squares = weights @ weights.T, np.einsum("ij,ij->i", anchors, anchors)
    for start, stop in blocks(len(out), max(x.shape[1], len(known) ** 2, len(anchors))):
        block = x[start:stop]
        block = block.astype(np.float64) if hasattr(block, "tocsr") else np.asarray(block, dtype=np.float64)
        if not np.isfinite(block.data if hasattr(block, "tocsr") else block).all():
            raise InvalidInput("The features are not all finite.", mend="Fill missing values first.")
        length = _to_change(np.asarray(block @ weights.T) + bias, gram)
        far = np.sqrt(_farthest(block, anchors, squares))
        out[start:stop] = np.divide(length, far, out=np.full(len(far), np.inf), where=far > 0)
    return out


def _to_change(logits: Array, gram: Array) -> Array:
    """How far along its gradient each row must go before another class leads, (b,)."""
    rows = np.arange(len(logits))
    guess = logits.argmax(axis=1)
    rivals = logits.copy()
    rivals[rows, guess] = -np.inf
    # p - e_guess up to a factor, which a direction does not mind: so it does not vanish where p is 1
    pull = np.exp(rivals - rivals.max(axis=1, keepdims=True))
    pull[rows, guess] = -pull.sum(axis=1)
    moved = pull @ gram
    norm = np.sqrt(np.maximum(np.einsum("ij,ij->i", pull, moved), 0))
    gains = moved - moved[rows, guess][:, None]
    leads = logits[rows, guess][:, None] - logits
    speed = np.divide(gains, norm[:, None], out=np.zeros_like(gains), where=norm[:, None] > 0)
    ways = np.divide(leads, speed, out=np.full_like(leads, np.inf), where=speed > 0)
    return np.asarray(ways.min(axis=1))


def _farthest(block: Any, anchors: Array, squares: Array) -> Array:
    """The squared distance of each row to the farthest anchor, (b,)."""
    if hasattr(block, "multiply"):
        own = np.asarray(block.multiply(block).sum(axis=1)).ravel()
    else:
        own = np.einsum("ij,ij->i", block, block)
    squared = own[:, None] + squares - 2 * np.asarray(block @ anchors.T)
    squared[squared <= 1e-12 * (own[:, None] + squares)] = 0  # rounding, not distance
    return np.asarray(squared.max(axis=1))
