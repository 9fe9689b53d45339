"""The directions in which a matrix is longest, by a random projection: one way for texts and for pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["leading_directions"]


def leading_directions(matrix: Any, dim: int, *, rounds: int = 2) -> np.ndarray:
    """The leading right singular vectors of ``matrix`` (n, d), dense or sparse, as columns (d, k).

    k is ``dim``, or fewer where the matrix has no more directions than that.  Seeded: the same matrix gives
    the same directions, each with its largest entry positive.

    >>> leading_directions(np.array([[3.0, 3.0], [1.0, 1.0]]), 1).astype(float).round(2).ravel().tolist()
    [0.71, 0.71]

    Halko, Martinsson and Tropp, Finding structure with randomness, 2011.
    """
    n, d = matrix.shape
    width = min(dim + 10, n, d)
    if width == 0:
        return np.zeros((d, 1), dtype=np.float32)
    start = np.random.default_rng(0).standard_normal((d, width), dtype=np.float32)
    basis = np.linalg.qr(matrix @ start)[0]
    for _ in range(rounds):
        other = np.linalg.qr(matrix.T @ basis)[0]
        basis = np.linalg.qr(matrix @ other)[0]
    small = (matrix.T @ basis).T  # (width, d)
    values, vectors = np.linalg.eigh(small @ small.T)
    top = np.argsort(values)[::-1][: min(dim, width)]
    held = top[values[top] > 1e-9 * max(float(values[top[0]]), 1e-30)]
    top = held if len(held) else top[:1]
    found = (vectors[:, top] / np.sqrt(np.maximum(values[top], 1e-30))).T @ small
    signs = np.sign(found[np.arange(len(found)), np.abs(found).argmax(axis=1)])
    return np.ascontiguousarray((found * np.where(signs == 0, 1, signs)[:, None]).T, dtype=np.float32)
