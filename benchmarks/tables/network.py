"""A small neural network for numbers, and where its gradients put each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["Network"]

_RISE = 0.9, 0.999


@dataclass(frozen=True, eq=False)
class Network:
    """Two hidden layers of rectifiers, trained by Adam; it embeds by sketched gradients of its output.

    The gradient with respect to one layer's weights is the outer product of what comes in and what goes
    out.  A random projection of each, multiplied entry by entry, is a sketch of it; the sum over the
    layers keeps inner products of whole gradients in expectation.  Answers are standardised inside.

    Parameters
    ----------
    width : int
        Units in each hidden layer.
    steps : int
        Of training, on 64 rows each, the rate falling linearly to nothing.
    rate : float
        Of learning, at first.
    sketch : int
        Columns of the embedding.
    """

    width: int = 128
    steps: int = 1500
    rate: float = 0.01
    sketch: int = 256
    weights: tuple[Any, ...] = field(default=(), repr=False)
    answers: tuple[float, float] = field(default=(0.0, 1.0), repr=False)

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Network:
        """A new network, trained from scratch."""
        x, y = np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float64)
        rng = np.random.default_rng(seed)
        mean, std = float(y.mean()), max(float(y.std()), 1e-12)
        weights = _trained(
            x,
            ((y - mean) / std).astype(np.float32),
            _fresh(x.shape[1], self.width, rng),
            self.steps,
            self.rate,
            rng,
        )
        return Network(self.width, self.steps, self.rate, self.sketch, tuple(weights), (mean, std))

    def predict(self, x: Any) -> np.ndarray:
        """One number a row, (n,)."""
        mean, std = self.answers
        out: np.ndarray = _forward(np.asarray(x, dtype=np.float32), self.weights)[-1].astype(np.float64)
        return mean + std * out

    def embed(self, x: Any) -> np.ndarray:
        """Sketched gradients, (n, sketch) float32."""
        x = np.asarray(x, dtype=np.float32)
        inputs, back = _slopes(x, self.weights)
        rng, total = np.random.default_rng(0), np.zeros((len(x), self.sketch), dtype=np.float32)
        for came, went in zip(inputs, back, strict=True):
            left = rng.standard_normal((came.shape[1], self.sketch), dtype=np.float32)
            right = rng.standard_normal((went.shape[1], self.sketch), dtype=np.float32)
            # in the scaling of the neural tangent kernel all layers count alike
            total += (came @ left) * (went @ right) / np.float32(np.sqrt(self.sketch * came.shape[1]))
        return total


def _fresh(d: int, width: int, rng: np.random.Generator) -> list[np.ndarray]:
    sizes = (d, width, width, 1)
    weights: list[np.ndarray] = []
    for before, after in pairwise(sizes):
        scale = np.float32(np.sqrt(2 / before))
        weights += [scale * rng.standard_normal((before, after), dtype=np.float32)]
        weights += [np.zeros(after, dtype=np.float32)]
    weights[4] *= np.float32(0.1)  # it begins near zero
    return weights


def _forward(x: np.ndarray, weights: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    first = np.maximum(x @ weights[0] + weights[1], 0)
    second = np.maximum(first @ weights[2] + weights[3], 0)
    return first, second, (second @ weights[4] + weights[5])[:, 0]


def _slopes(x: np.ndarray, weights: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """What comes into each layer (with a one for the bias), and the output's slope by what goes out of it."""
    first, second, _ = _forward(x, weights)
    last = np.ones((len(x), 1), dtype=np.float32)
    middle = (second > 0) * weights[4].T
    early = (first > 0) * (middle @ weights[2].T)
    ones = np.ones((len(x), 1), dtype=np.float32)
    return [np.hstack([one, ones]) for one in (x, first, second)], [early, middle, last]


def _trained(
    x: np.ndarray, y: np.ndarray, weights: list[np.ndarray], steps: int, rate: float, rng: np.random.Generator
) -> list[np.ndarray]:
    means, squares = ([np.zeros_like(one) for one in weights] for _ in range(2))
    order, at = rng.permutation(len(x)), 0
    for step in range(1, steps + 1):
        if at >= len(order):
            order, at = rng.permutation(len(x)), 0
        rows = order[at : at + 64]
        at += 64
        slow, fast = (1 - beta**step for beta in _RISE)
        now = rate * (1 - (step - 1) / steps)
        for one, slope, m, v in zip(
            weights, _gradient(x[rows], y[rows], weights), means, squares, strict=True
        ):
            m += (1 - _RISE[0]) * (slope - m)
            v += (1 - _RISE[1]) * (slope * slope - v)
            one -= np.float32(now / slow) * m / (np.sqrt(v / fast) + np.float32(1e-8))
    return weights


def _gradient(x: np.ndarray, y: np.ndarray, weights: list[np.ndarray]) -> list[np.ndarray]:
    """Of the mean squared error, by each array of weights."""
    first, second, said = _forward(x, weights)
    off = ((said - y) * np.float32(2 / len(y)))[:, None]
    middle = (off @ weights[4].T) * (second > 0)
    early = (middle @ weights[2].T) * (first > 0)
    return [
        *(x.T @ early, early.sum(axis=0)),
        *(first.T @ middle, middle.sum(axis=0)),
        *(second.T @ off, off.sum(axis=0)),
    ]
