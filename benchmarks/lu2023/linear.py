"""Logistic regression from its last solution, and discriminant analysis, with weights for rows."""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["Logistic", "discriminant", "with_intercept"]

_GRADIENT = 1e-5
_STEPS = 500
_FRESH = 6  # steps along one curvature before it is worked out anew


def with_intercept(x: np.ndarray) -> np.ndarray:
    """The rows with a last column of ones."""
    return np.column_stack([x, np.ones(len(x))])


@numba.njit(cache=True)
def _loss(x: np.ndarray, y: np.ndarray, weight: np.ndarray, c: float, theta: np.ndarray) -> float:
    said, total = x @ theta, 0.0
    for t in range(len(y)):
        along = -y[t] * said[t]
        total += weight[t] * (max(along, 0.0) + np.log1p(np.exp(-abs(along))))
    return c * total + 0.5 * np.dot(theta[:-1], theta[:-1])


@numba.njit(cache=True)
def _gradient(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, c: float, theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The gradient, and what each row adds to the curvature."""
    said, pull, bend = x @ theta, np.empty(len(y)), np.empty(len(y))
    for t in range(len(y)):
        chance = 1.0 / (1.0 + np.exp(-said[t]))
        pull[t] = c * weight[t] * (chance - (1.0 if y[t] > 0 else 0.0))
        bend[t] = c * weight[t] * chance * (1.0 - chance)
    slope = pull @ x
    slope[:-1] += theta[:-1]
    return slope, bend


@numba.njit(cache=True)
def _curvature(x: np.ndarray, bend: np.ndarray) -> np.ndarray:
    scaled = x * bend.reshape(-1, 1)
    matrix = x.T @ scaled
    for k in range(len(matrix) - 1):
        matrix[k, k] += 1.0
    matrix[-1, -1] += 1e-10
    return np.ascontiguousarray(np.linalg.inv(matrix))


@numba.njit(cache=True)
def _minimised(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, c: float, theta: np.ndarray, inverse: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The solution from a start and an inverse curvature that may be old, and the curvature last used."""
    for step in range(_STEPS):
        slope, bend = _gradient(x, y, weight, c, theta)
        if np.abs(slope).max() < _GRADIENT:
            break
        if step % _FRESH == _FRESH - 1 or inverse[0, 0] == 0.0:
            inverse = _curvature(x, bend)
        move = inverse @ slope
        before, size = _loss(x, y, weight, c, theta), 1.0
        while size > 1e-8 and _loss(x, y, weight, c, theta - size * move) > before:
            size *= 0.5
        theta = theta - size * move
    return theta, inverse


class Logistic:
    """L2-regularised logistic regression, the intercept left free, as scikit-learn's with this C."""

    def __init__(self, width: int, c: float) -> None:
        self.c, self.theta, self.inverse = c, np.zeros(width), np.zeros((width, width))

    def fit(self, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
        """The coefficients, the intercept last; ``x`` has a column of ones at its end."""
        weight = np.ones(len(y)) if weight is None else weight
        self.theta, self.inverse = _minimised(x, y, weight, self.c, self.theta, self.inverse)
        return self.theta


def discriminant(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Linear discriminant analysis of two classes as scikit-learn's svd solver has it, intercept last.

    Directions in which no class varies are left out, as there.
    """
    count = np.array([weight[y < 0].sum(), weight[y > 0].sum()])
    means = np.array([weight[y < 0] @ x[y < 0], weight[y > 0] @ x[y > 0]]) / count[:, None]
    within = x - means[(y > 0).astype(np.intp)]
    total = count.sum()
    spread = np.sqrt(weight @ within**2 / total)
    spread[spread == 0] = 1.0
    scaled = within / spread * np.sqrt(weight / (total - 2))[:, None]
    across, strength = _axes(scaled)
    white = across / spread[:, None] / strength
    centres = (means - (count @ means) / total) @ white
    apart = centres[1] - centres[0]
    coefficients = white @ apart
    middle = (means[0] + means[1]) / 2
    return np.append(coefficients, np.log(count[1] / count[0]) - middle @ coefficients)


def _axes(scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Right singular vectors in columns, and their singular values, of those above 1e-4."""
    if len(scaled) < scaled.shape[1]:
        values, vectors = np.linalg.eigh(scaled @ scaled.T)
        kept = values > 1e-8
        strength = np.sqrt(values[kept])
        return scaled.T @ vectors[:, kept] / strength, strength
    values, vectors = np.linalg.eigh(scaled.T @ scaled)
    kept = values > 1e-8
    return vectors[:, kept], np.sqrt(values[kept])
