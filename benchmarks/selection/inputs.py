"""What one query of the selection benchmark is about, drawn from a seed: NumPy and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_GROUPS, _BLOCK = 50, 65_536


@dataclass(frozen=True)
class Shape:
    """How large everything but the pool is."""

    d: int = 384
    classes: int = 10
    members: int = 10
    batch: int = 100
    labelled: int = 100


class Inputs:
    """A pool of ``n`` rows whose first ``labelled`` have labels, and what a model says of all of them.

    Every array is made when it is first read, in float32, as embeddings and networks give it.
    """

    def __init__(self, n: int, shape: Shape, seed: int = 0) -> None:
        self.n, self.shape, self.seed = n, shape, seed
        self.known = np.arange(min(shape.labelled, n // 2))
        self.rows = np.arange(len(self.known), n)

    def rng(self, stream: int = 0) -> np.random.Generator:
        return np.random.default_rng((self.seed, self.n, stream))

    @cached_property
    def group(self) -> Array:
        return self.rng(1).integers(_GROUPS, size=self.n)

    @cached_property
    def x(self) -> Array:
        """Rows of a Gaussian mixture, (n, d), about as far from their centre as centres from each other."""
        rng = self.rng(2)
        centres = rng.standard_normal((_GROUPS, self.shape.d), dtype=np.float32)
        x = np.empty((self.n, self.shape.d), dtype=np.float32)
        for start in range(0, self.n, _BLOCK):
            stop = min(start + _BLOCK, self.n)
            rng.standard_normal(dtype=np.float32, out=x[start:stop])
            x[start:stop] += centres[self.group[start:stop]]
        return x

    @cached_property
    def labels(self) -> Array:
        """The class of each row, (n,); the first rows have every class."""
        labels = self.group % self.shape.classes
        some = min(self.shape.classes, self.n)
        labels[:some] = np.arange(some)
        return labels

    @cached_property
    def numbers(self) -> Array:
        """A number for each row, (n,), for regression."""
        weights = self.rng(3).standard_normal(self.shape.d).astype(np.float32)
        return np.asarray(self.x @ weights, dtype=np.float64) / np.sqrt(self.shape.d)

    @cached_property
    def logits(self) -> Array:
        logits = self.rng(4).standard_normal((self.n, self.shape.classes), dtype=np.float32)
        logits *= 2
        return logits

    @cached_property
    def proba(self) -> Array:
        """What the model says, (n, C)."""
        return softmax(self.logits)

    @cached_property
    def draws(self) -> Array:
        """What each member of a committee says, (K, n, C)."""
        rng = self.rng(5)
        draws = np.empty((self.shape.members, self.n, self.shape.classes), dtype=np.float32)
        for member in draws:
            rng.standard_normal(dtype=np.float32, out=member)
            member += self.logits
            member[...] = softmax(member)
        return draws

    @cached_property
    def guesses(self) -> Array:
        """Numbers that each member predicts, (K, n)."""
        return self.rng(6).standard_normal((self.shape.members, self.n), dtype=np.float32)

    @cached_property
    def doubt(self) -> Array:
        """1 - max p, scaled to [0, 1], (n,)."""
        return (1 - self.proba.max(axis=1)) * (self.shape.classes / (self.shape.classes - 1))

    @cached_property
    def frequencies(self) -> Array:
        """How often two classes were seen near each row, (n, 2)."""
        return np.abs(self.rng(7).standard_normal((self.n, 2), dtype=np.float32)) * 5

    @cached_property
    def costs(self) -> Array:
        """What each mistake costs, (C, C)."""
        classes = self.shape.classes
        return self.rng(8).integers(1, 9, (classes, classes)) * (1.0 - np.eye(classes))

    @cached_property
    def lots(self) -> Array:
        return self.rng(9).random(self.n)


def softmax(logits: Array) -> Array:
    """Probabilities of rows of logits, without a second copy of them."""
    proba = np.exp(logits - logits.max(axis=1, keepdims=True))
    proba /= proba.sum(axis=1, keepdims=True)
    return proba
