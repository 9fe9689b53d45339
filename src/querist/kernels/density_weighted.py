"""Doubt weighed by density, both from one mixture of clusters: labels speak for whole clusters."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_classes, as_numbers, as_rows
from querist.kernels.neighbours import Points

__all__ = ["density_weighted"]

_ROUNDS = 200


def density_weighted(
    x: Any,
    centres: Any,
    *,
    labelled: Any,
    of: Any,
    classes: int,
    rows: Any = None,
    sample: Any = None,
    radius: float | None = None,
    penalty: float = 0.1,
) -> Array:
    """The chance that the likeliest class is wrong, times the density, under a mixture of clusters.

    p(x) is the sum over clusters k of p(k) exp(-d(x, centre)^2 / 2 radius^2), and p(y | x) that of
    p(k | x) p(y | k): a label speaks for its cluster, and p(y | k) is a softmax, linear in the centre, so
    that clusters near speak for each other.  The shares p(k) are those of the greatest likelihood; the
    softmax is fitted to p(y | x) of the labelled rows, from 0 to the nearest optimum.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    centres : (K, d) numbers
    labelled : row numbers (l,)
    of : (l,) class numbers below ``classes``
    rows : row numbers, optional
        Those that are scored; all if not given.
    sample : row numbers, optional
        What the shares and the radius are taken from; ``rows`` if not given.
    radius : float, optional
        The root of the mean squared distance of the sample from the nearest centre, if not given.
    penalty : float > 0
        Half of it times the squared weights is added to the loss, for features measured from the mean
        of the centres in radii, the intercept among them.

    Returns
    -------
    (len(rows),) numbers from 0 to 1, to 10 digits (6 in float32)

    >>> x = np.array([[0.0], [0.1], [5.0], [5.1], [9.0]])
    >>> density_weighted(x, [[0.0], [5.0]], labelled=[0], of=[0], classes=2, rows=[1, 2, 3, 4]).argmax()
    np.int64(1)

    Time O(n K d) and a fit of K weights a class; memory O(n + (l + sample) K).
    Nguyen & Smeulders 2004; Donmez, Carbonell & Bennett 2007.  The paper is of two classes.
    """
    points = Points(x)
    known, of = as_rows(labelled, points.n), as_classes(of, np.size(labelled), "Classes")
    rows = np.arange(points.n) if rows is None else as_rows(rows, points.n)
    seen = rows if sample is None else as_rows(sample, points.n)
    places = as_numbers(centres)
    if (
        places.ndim != 2
        or places.shape[1] != points.d
        or not len(places)
        or not np.isfinite(places).all()
        or not 0 < penalty < np.inf
    ):
        raise InvalidInput(
            f"Centres must be finite, (K, {points.d}), and the penalty above 0; "
            f"got {places.shape} and {penalty!r}.",
            mend="kmeans(x, 20, rng).centres are such.",
        )
    if of.shape != known.shape or (of < 0).any() or (of >= classes).any():
        raise InvalidInput(
            f"{len(of)} classes for {len(known)} labelled rows, from {classes}.",
            mend="Give one class number a labelled row.",
        )
    centred = (places - points.mean).astype(points.dtype)
    squared = _squared(points, seen, centred)
    wide = float(squared.min(axis=1).mean()) if len(seen) and radius is None else (radius or 0.0) ** 2
    wide = wide or 1.0
    shares = _shares(squared / (-2 * wide))
    logs = np.log(shares) - _squared(points, known, centred) / (2 * wide)
    said = _classes(_normal(logs), of, _coordinates(places / np.sqrt(wide)), classes, penalty)
    scores = np.empty(len(rows))
    for start, stop in points.parts(len(rows), len(places)):
        logs = np.log(shares) - points.between(rows[start:stop], centred).astype(np.float64) / (2 * wide)
        wrong = 1 - (_normal(logs) @ said).max(axis=1)
        scores[start:stop] = np.maximum(wrong, 0) * np.exp(logs).sum(axis=1)
    rounded: Array = np.round(scores, 6 if points.dtype == np.float32 else 10)  # equals stay equal
    return rounded


def _squared(points: Points, rows: Array, centres: Array) -> Array:
    squared = np.empty((len(rows), len(centres)))
    for start, stop in points.parts(len(rows), len(centres)):
        squared[start:stop] = points.between(rows[start:stop], centres)
    return squared


def _normal(logs: Array) -> Array:
    """The rows of logarithms as shares that sum to 1."""
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    normal: Array = shares / shares.sum(axis=1, keepdims=True)
    return normal


def _shares(logs: Array) -> Array:
    """What each cluster holds of the rows, (K,): expectation and maximisation, the rest being fixed."""
    shares = np.full(logs.shape[1], 1 / logs.shape[1])
    for _ in range(_ROUNDS if len(logs) else 0):
        before, shares = shares, _normal(np.log(shares) + logs).mean(axis=0)
        shares = np.maximum(shares, 1e-12)
        if np.abs(shares - before).max() < 1e-9:
            break
    return np.asarray(shares / shares.sum())


def _coordinates(places: Array) -> Array:
    """The places from their mean in as few numbers as they need, and 1 last."""
    left, lengths, _ = np.linalg.svd(places - places.mean(axis=0), full_matrices=False)
    return np.column_stack([left * lengths, np.ones(len(places))])


def _classes(member: Array, of: Array, places: Array, classes: int, penalty: float) -> Array:
    """The class probabilities of each cluster, (K, C), that best explain the labels."""
    from scipy.optimize import minimize

    wanted = np.eye(classes)[of]

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(places.shape[1], classes)
        said = _normal(places @ weights)
        given = np.maximum(np.einsum("ik,ik->i", member, said[:, of].T), 1e-300)
        blame = member * said[:, of].T / given[:, None]  # which cluster a label came from
        pull = blame.T @ wanted - blame.sum(axis=0)[:, None] * said
        value = 0.5 * penalty * float(flat @ flat) - float(np.log(given).sum())
        return value, penalty * flat - (places.T @ pull).ravel()

    start = np.zeros(places.shape[1] * classes)
    options = {"maxiter": 1000, "maxfun": 2000, "ftol": 1e-15, "gtol": 1e-9}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
    return _normal(places @ found.reshape(places.shape[1], classes))
