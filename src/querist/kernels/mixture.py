"""Mixtures of Gaussians: how dense a place is, and which part of the data it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, blocks
from querist.kernels.clustering import kmeans

__all__ = ["Mixture", "mixture"]

_LEAST = 1e-6  # of the mean variance of the features, that no component may fall below


@dataclass(frozen=True)
class Mixture:
    """Components: ``weights`` (k,), ``means`` (k, d), ``variances`` (k, d) of each feature by itself."""

    weights: Array
    means: Array
    variances: Array

    def shares(self, x: Any) -> tuple[Array, Array]:
        """Of each row the logarithm of the density, (n,), and how much each component claims it, (n, k)."""
        x = as_matrix(x)
        density, claims = np.empty(x.shape[0]), np.empty((x.shape[0], len(self.weights)))
        for start, stop in blocks(x.shape[0], x.shape[1] * 2 + len(self.weights)):
            logs = self._logs(_dense(x[start:stop]))
            most = logs.max(axis=1, keepdims=True)
            claims[start:stop] = np.exp(logs - most)
            total = claims[start:stop].sum(axis=1)
            claims[start:stop] /= total[:, None]
            density[start:stop] = most[:, 0] + np.log(total)
        return density, claims

    def _logs(self, block: Array) -> Array:
        """log(weight * density) of each row in each component, (b, k)."""
        logs = np.empty((len(block), len(self.weights)))
        tiny = np.finfo(np.float64).tiny
        for part, (weight, mean, variance) in enumerate(
            zip(self.weights, self.means, self.variances, strict=True)
        ):
            away = np.square(block - mean) @ (1 / variance)
            logs[:, part] = np.log(max(weight, tiny)) - (away + np.log(2 * np.pi * variance).sum()) / 2
        return logs


def mixture(
    x: Any, k: int, rng: np.random.Generator, *, rounds: int = 50, tolerance: float = 1e-4
) -> Mixture:
    """A mixture of ``k`` Gaussians with a variance for each feature, by EM from k-means groups.

    Prefer it to bare k-means where groups overlap or differ in width.  It ends in a local optimum.

    Parameters
    ----------
    x : (n, d) dense or sparse, n >= 1
    k : int
        Components; fewer where there are fewer rows.
    rng : numpy.random.Generator
    rounds, tolerance : when to stop: after so many rounds, or when the mean logarithm of the density rises
        by less.

    >>> heaps = np.array([[0.0], [0.2], [0.4], [9.0], [9.4]])
    >>> mixture(heaps, 2, np.random.default_rng(0)).weights.round(3).tolist() in ([0.6, 0.4], [0.4, 0.6])
    True

    Time O(n k d) a round; memory O(n k) and blocks.
    Dempster, Laird & Rubin 1977.
    """
    x = as_matrix(x)
    if 0 in x.shape or k < 1:
        raise InvalidInput(
            f"A mixture needs rows, features and a component; got shape {x.shape}, k = {k}.",
            mend="Give k >= 1 and rows.",
        )
    groups = kmeans(x, k, rng)
    claims = (groups.of[:, None] == np.arange(len(groups.centres))).astype(np.float64)
    claims = claims[:, claims.any(axis=0)]
    before = -np.inf
    for _ in range(max(1, rounds)):
        made = _made(x, claims)
        density, claims = made.shares(x)
        now = float(density.mean())
        if now - before < tolerance:
            break
        before = now
    return made


def _made(x: Any, claims: Array) -> Mixture:
    """The mixture that fits rows best which are claimed so, (n, k)."""
    n, d = x.shape
    mass = np.maximum(claims.sum(axis=0), np.finfo(np.float64).tiny)
    means, squares = np.zeros((2, claims.shape[1], d))
    for start, stop in blocks(n, 2 * d):
        means += claims[start:stop].T @ _dense(x[start:stop])
    means /= mass[:, None]
    for start, stop in blocks(n, 2 * d):
        block = _dense(x[start:stop])
        for part, mean in enumerate(means):
            squares[part] += claims[start:stop, part] @ np.square(block - mean)
    least = max(_LEAST * float(squares.sum() / (n * d)), np.finfo(np.float64).tiny ** 0.5)
    overall = (claims.sum(axis=0) / n) @ np.square(means - (mass / n) @ means)
    least = max(least, _LEAST * float(overall.mean()), 1e-12)
    return Mixture(claims.sum(axis=0) / n, means, np.maximum(squares / mass[:, None], least))


def _dense(block: Any) -> Array:
    return np.asarray(block.toarray() if hasattr(block, "toarray") else block, dtype=np.float64)
