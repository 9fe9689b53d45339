"""The posterior of a linear last layer, and what labels that are not there yet could still change in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, is_sparse

__all__ = ["LastLayer", "error_change", "last_layer", "possible_gains", "prior_precision"]

_LEAST_PRIOR = 1e-3  # of a layer that is fitted without a penalty


@dataclass(frozen=True, eq=False)
class LastLayer:
    """A Gaussian over the weights of a linear last layer, each class by itself.

    ``weights`` are the means, (K, d + 1) with the bias last, and ``precision`` the inverse covariances,
    (K, d + 1, d + 1).  Of two classes the second alone has weights (K = 1).
    """

    weights: Array
    precision: Array

    def logits(self, x: Any) -> Array:
        """What it says of rows ``x``, (n, C): 0 for the first of two classes."""
        return _logits(_with_one(x), self.weights)

    def proba(self, x: Any) -> Array:
        """The chances that the mean gives rows ``x``, (n, C)."""
        return _softmax(self.logits(x))


def last_layer(x: Any, weights: Any, bias: Any, prior: float) -> LastLayer:
    """Laplace's approximation of the posterior of a softmax layer that was fitted to rows ``x``.

    Parameters
    ----------
    x : (n, d) labelled rows
    weights, bias : (C, d) and (C,)
        Of two classes either both rows, whose difference counts, or the second's alone.
    prior : float
        The precision of the Gaussian prior (1 / C of a logistic regression).

    >>> layer = last_layer(np.array([[0.0], [1.0]]), np.array([[2.0]]), np.array([-1.0]), 1.0)
    >>> layer.precision.shape, layer.logits(np.array([[0.5]]))
    ((1, 2, 2), array([[0., 0.]]))
    """
    table = np.column_stack([np.asarray(weights, np.float64), np.asarray(bias, np.float64)])
    if len(table) == 2:
        table = table[1:] - table[:1]
    if not np.isfinite(table).all() or not prior > 0:
        raise InvalidInput(
            f"A layer has finite weights and a prior above 0; got prior {prior!r}.",
            mend="Leave out classes without a label.",
        )
    bare = LastLayer(table, np.repeat(prior * np.eye(table.shape[1])[None], len(table), axis=0))
    return LastLayer(table, bare.precision + _information(bare, x))


def prior_precision(x: Any, y: Any, weights: Any, bias: Any) -> float:
    """The precision of the prior that a fitted softmax layer must have had.

    At its optimum the pull of the labels equals that of the prior: x' (y - p) = prior * weights.

    Parameters
    ----------
    x : (n, d) labelled rows
    y : (n,) numbers of their classes
    weights, bias : as of :func:`last_layer`
    """
    bare = last_layer(x[:0], weights, bias, 1.0)
    proba = bare.proba(x)
    missing = (np.asarray(y)[:, None] == np.arange(proba.shape[1])) - proba
    missing = missing[:, -1:] if len(bare.weights) == 1 else missing
    pull, held = (missing.T @ _with_one(x))[:, :-1], bare.weights[:, :-1]
    norm = float((held * held).sum())
    return max(_LEAST_PRIOR, float((pull * held).sum()) / norm) if norm > 0 else 1.0


def possible_gains(
    layer: LastLayer,
    rest: Any,
    x: Any,
    *,
    weight: float = 1.0,
    draws: int = 100,
    rng: np.random.Generator,
) -> Array:
    """How much more often right the layer might be when ``rest`` is labelled as well, (draws,).

    The labels of the rest are unknown, but not how much they tell: their information adds to the
    precision, and the posterior mean moves by a draw from N(0, old covariance - new covariance).  For each
    draw the gain is the mean over rows ``x`` of the chance of the new likeliest class less that of the
    old one, both as the new layer has them: never below 0.

    Parameters
    ----------
    layer : LastLayer
    rest : (m, d) rows without a label
    x : (n, d) rows on which being right counts
    weight : float
        How many rows each row of ``rest`` stands for, where it is a sample.

    >>> layer = last_layer(np.array([[0.0], [1.0]]), np.array([[2.0]]), np.array([-1.0]), 1.0)
    >>> rng = np.random.default_rng(0)
    >>> possible_gains(layer, np.empty((0, 1)), np.array([[0.5]]), draws=2, rng=rng)
    array([0., 0.])
    """
    more = weight * _information(layer, rest)
    moves = np.stack(
        [_moves(old, new, draws, rng) for old, new in zip(layer.precision, more, strict=True)], axis=1
    )
    table = _with_one(x)
    first = _logits(table, layer.weights).argmax(axis=1)[:, None]
    gains = np.empty(draws)
    for i, move in enumerate(moves):  # one draw at a time: never more than n x C numbers
        proba = _softmax(_logits(table, layer.weights + move))
        gains[i] = (proba.max(axis=1) - np.take_along_axis(proba, first, axis=1)[:, 0]).mean()
    return gains


def error_change(before: LastLayer, now: LastLayer) -> float:
    """At most how far the expected error of the layer changed from one posterior to the next, 0 to 1.

    Any loss from 0 to 1 changes by the total variation distance of the posteriors at most, and that is
    bounded through their Kullback-Leibler divergence (Pinsker; Bretagnolle and Huber 1979, where it is
    large).  Posteriors over other classes cannot be compared: 1.

    >>> layer = last_layer(np.array([[0.0], [1.0]]), np.array([[2.0]]), np.array([-1.0]), 1.0)
    >>> error_change(layer, layer)
    0.0
    """
    if before.weights.shape != now.weights.shape:
        return 1.0
    divergence = max(0.0, min(_divergence(now, before), _divergence(before, now)))
    return float(min(np.sqrt(divergence / 2), np.sqrt(-np.expm1(-divergence))))


def _divergence(one: LastLayer, other: LastLayer) -> float:
    """The Kullback-Leibler divergence of ``one`` from ``other``."""
    told = 0.0
    for mean, mean_, old, new in zip(one.weights, other.weights, one.precision, other.precision, strict=True):
        move = mean_ - mean
        told += np.trace(np.linalg.solve(old, new)) - len(mean) + move @ new @ move
        told += np.linalg.slogdet(old)[1] - np.linalg.slogdet(new)[1]
    return float(told) / 2


def _moves(precision: Array, more: Array, draws: int, rng: np.random.Generator) -> Array:
    """Draws from N(0, P^-1 - (P + M)^-1), (draws, d).

    With P = L L' and L^-1 M L'^-1 = Q m Q' it is L'^-1 Q (m / (1 + m)) Q' L^-1, which needs no difference.
    """
    factor = np.linalg.cholesky(precision)
    inverse = np.linalg.inv(factor)
    values, vectors = np.linalg.eigh(inverse @ more @ inverse.T)
    values = np.maximum(values, 0.0)
    spread = (inverse.T @ vectors) * np.sqrt(values / (1 + values))
    return np.asarray(rng.standard_normal((draws, len(precision))) @ spread.T)


def _information(layer: LastLayer, x: Any) -> Array:
    """What labels of rows ``x`` tell of each class's weights, (K, d + 1, d + 1)."""
    proba = layer.proba(x)[:, -len(layer.weights) :]
    table = _with_one(x)
    return np.stack([(table.T * one) @ table for one in (proba * (1 - proba)).T])


def _logits(table: Array, weights: Array) -> Array:
    said = table @ weights.T
    return np.column_stack([np.zeros(len(said)), said]) if len(weights) == 1 else np.asarray(said)


def _softmax(logits: Array) -> Array:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(logits) else logits
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _with_one(x: Any) -> Array:
    table = np.asarray(x.toarray() if is_sparse(x) else x, dtype=np.float64)
    return np.column_stack([table, np.ones(len(table))])
