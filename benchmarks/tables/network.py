"""A small neural network for numbers, where its gradients put each row, and how sure it is of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["Network"]

_NOISE = 0.01  # the variance of an answer, where a labelled row has that of 1 beforehand


@dataclass(frozen=True, eq=False)
class Network:
    """Two hidden layers of rectifiers, trained by Adam; it embeds by sketched gradients of its output.

    Weights begin, and learn, in the scaling of the neural tangent kernel: a weight is ``gain`` / sqrt(what
    comes in) times a number that begins normal and that Adam moves by ``rate``, falling to nothing.

    The gradient with respect to one layer's numbers is the outer product of what comes in and what goes
    out.  A random projection of each, multiplied entry by entry, is a sketch of it; the sum over the
    layers keeps inner products of whole gradients in expectation.  Answers are standardised inside.

    Parameters
    ----------
    width : int
        Units in each hidden layer.
    epochs, batch : int
        Passes over the labels, and rows a step.
    rate, gain : float
        Of learning, at first; and of a layer.
    sketch : int
        Columns of the embedding.
    """

    width: int = 128
    epochs: int = 256
    batch: int = 64
    rate: float = 0.375
    gain: float = 0.2
    sketch: int = 512
    weights: tuple[Any, ...] = field(default=(), repr=False)
    answers: tuple[float, float] = field(default=(0.0, 1.0), repr=False)
    seen: Any = field(default=None, repr=False)  # the rows that it learnt from

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Network:
        """A new network, trained from scratch."""
        x, y = np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float64)
        mean, std = float(y.mean()), max(float(y.std()), 1e-12)
        weights = _trained(x, ((y - mean) / std).astype(np.float32), self, np.random.default_rng(seed))
        return replace(self, weights=weights, answers=(mean, std), seen=x)

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
            left[:-1] /= np.float32(np.sqrt(came.shape[1] - 1))  # a bias is not scaled down
            total += (came @ left) * (went @ right) / np.float32(np.sqrt(self.sketch))
        return total

    def mean_std(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """What is predicted, and how unsure a linear model of the gradients is of it, (n,) each."""
        labelled = self.embed(self.seen).astype(np.float64)
        size = max(float(np.einsum("ij,ij->i", labelled, labelled).mean()), 1e-12)
        known = np.eye(self.sketch) + labelled.T @ labelled / (size * _NOISE)
        root = np.linalg.inv(np.linalg.cholesky(known)).astype(np.float32)
        away = self.embed(x) @ root.T
        return self.predict(x), self.answers[1] * np.sqrt(np.einsum("ij,ij->i", away, away) / size)


class _Adam:
    """Steps of Adam on one long array, each number at its own rate."""

    fade = 0.9, 0.999

    def __init__(self, flat: np.ndarray, rates: np.ndarray) -> None:
        self.flat, self.rates, self.turn = flat, rates, 0
        self.mean, self.square, self.room = (np.zeros_like(flat) for _ in range(3))

    def step(self, slope: np.ndarray, rate: float) -> None:
        """Move by the slope, which is used up."""
        self.turn += 1
        slow, fast = (1 - fade**self.turn for fade in self.fade)
        slope *= self.rates  # of the number behind a weight
        self.mean *= self.fade[0]
        self.mean += np.multiply(slope, 1 - self.fade[0], out=self.room)
        self.square *= self.fade[1]
        slope *= slope
        self.square += np.multiply(slope, 1 - self.fade[1], out=slope)
        low = np.sqrt(np.divide(self.square, fast, out=self.room), out=self.room)
        low += 1e-8
        move = np.divide(self.mean, low, out=low)
        move *= rate / slow
        move *= self.rates
        self.flat -= move


def _fresh(d: int, net: Network, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """All numbers as one array, the size of each, and the shapes of weights and biases in turn."""
    shapes: list[Any] = []
    for before, after in pairwise((d, net.width, net.width, 1)):
        shapes += [(before, after), (after,)]
    sizes = [net.gain / np.sqrt(shape[0]) if len(shape) == 2 else net.gain for shape in shapes]
    scale = np.repeat(sizes, [int(np.prod(shape)) for shape in shapes]).astype(np.float32)
    return scale * rng.standard_normal(len(scale), dtype=np.float32), scale, shapes


def _parts(flat: np.ndarray, shapes: Sequence[Any]) -> list[np.ndarray]:
    """Weights and biases as views of one array."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [one.reshape(shape) for one, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]


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


def _trained(x: np.ndarray, y: np.ndarray, net: Network, rng: np.random.Generator) -> tuple[Any, ...]:
    flat, scale, shapes = _fresh(x.shape[1], net, rng)
    slope = np.empty_like(flat)
    weights, slopes, adam = _parts(flat, shapes), _parts(slope, shapes), _Adam(flat, scale)
    rows = min(net.batch, len(x))
    starts = range(0, len(x) - rows + 1, rows)  # what is left over waits for the next shuffling
    steps = net.epochs * len(starts)
    for _ in range(net.epochs):
        order = rng.permutation(len(x))
        for start in starts:
            some = order[start : start + rows]
            _gradient(x[some], y[some], weights, slopes)
            adam.step(slope, net.rate * (1 - adam.turn / steps))
    return tuple(weights)


def _gradient(x: np.ndarray, y: np.ndarray, weights: Any, out: list[np.ndarray]) -> None:
    """Of the mean squared error, by each array of weights, into ``out``."""
    first, second, said = _forward(x, weights)
    off = ((said - y) * np.float32(2 / len(y)))[:, None]
    middle = (off @ weights[4].T) * (second > 0)
    early = (middle @ weights[2].T) * (first > 0)
    for i, (came, went) in enumerate(((x, early), (first, middle), (second, off))):
        np.matmul(came.T, went, out=out[2 * i])
        went.sum(axis=0, out=out[2 * i + 1])
