"""Classifiers that know what one more label would make of them: windows, neighbours, Gaussians, logits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, is_sparse
from querist.kernels.expected_error import Replaced, steps
from querist.kernels.neighbours import Points

__all__ = ["GaussianBayes", "LogisticStep", "NearestLabels", "ParzenWindow", "mean_criterion"]

_FEWEST = 64  # rows a block at least, where centres are many
_FAR = 300.0  # a logarithm beyond which a class is certain or impossible


class ParzenWindow:
    """Kernel frequencies: each label counts for a class by how near it is, exp(-d^2 / 2 r^2).

    Exact: one more label adds its likeness to the weight of its class.

    Parameters
    ----------
    x : (n, d) dense or sparse
    known : row numbers (L,)
    labels : (L,) class numbers below ``classes``
    classes : int
    radius : float, above 0
    prior : float, above 0
        What each class weighs before any label (a Dirichlet prior).

    >>> ParzenWindow([[0.0], [1.0]], [0], [1], classes=2, radius=1.0, prior=0.5).weights([0, 1]).round(3)
    array([[0.5  , 1.5  ],
           [0.5  , 1.107]])

    Chapelle 2005 (Parzen window classifiers); Kottke et al. 2016 (kernel frequencies).
    """

    def __init__(
        self, x: Any, known: Any, labels: Any, *, classes: int, radius: float, prior: float = 1e-3
    ) -> None:
        self.points = Points(x)
        self.known, self.labels = _labelled(known, labels, classes, self.points.n)
        self.classes, self.radius, self.prior = classes, float(radius), float(prior)
        if not (0 < self.radius < np.inf and 0 < self.prior < np.inf):
            raise InvalidInput(
                f"A window of radius {radius!r} and prior {prior!r} tells nothing.",
                mend="Give numbers above 0.",
            )

    def likeness(self, rows: Any, others: Any) -> Array:
        """How near each of some rows is to each of others, (k, m), from 0 to 1."""
        squared = self.points.between(np.asarray(rows, dtype=np.intp), self.points.centres(others))
        return np.exp(squared.astype(np.float64) / (-2 * self.radius**2))

    def weights(self, rows: Any) -> Array:
        """What each class weighs at some rows, (m, C)."""
        rows = np.asarray(rows, dtype=np.intp)
        out = np.full((len(rows), self.classes), self.prior)
        hot = np.eye(self.classes)
        for some in steps(len(self.known), max(_FEWEST, self.points.d)):
            for part in steps(len(rows), max(self.points.d, some.stop - some.start)):
                out[part] += self.likeness(rows[part], self.known[some]) @ hot[self.labels[some]]
        return out

    def futures(self, candidates: Array, targets: Array) -> Iterator[tuple[slice, Array, Replaced]]:
        """The weights as they are; a label adds its likeness to its class."""
        now = self.weights(targets)[None]
        for some in steps(len(candidates), len(targets)):
            near = self.likeness(candidates[some], targets)
            yield some, now, lambda c, near=near: now[..., c] + near  # type: ignore[misc]


class NearestLabels:
    """The shares of the classes among the ``k`` nearest labels (Euclidean): what kNN says.

    Exact: one more label puts the farthest of the ``k`` out wherever it is nearer.  Between labels as
    far as each other the older stays.

    Parameters
    ----------
    x, known, labels, classes
        As in :class:`ParzenWindow`.
    k : int
        How many neighbours vote; all while there are fewer.

    >>> NearestLabels([[0.0], [1.0], [5.0]], [0, 2], [0, 1], classes=2, k=1).weights([1])
    array([[1., 0.]])
    """

    def __init__(self, x: Any, known: Any, labels: Any, *, classes: int, k: int = 5) -> None:
        self.points = Points(x)
        self.known, self.labels = _labelled(known, labels, classes, self.points.n)
        self.classes, self.k = classes, int(k)
        if k < 1:
            raise InvalidInput(f"{k!r} neighbours cannot vote.", mend="Give one or more.")

    def weights(self, rows: Any) -> Array:
        """How many of the nearest labels are of each class, (m, C); all alike without a label."""
        votes = self._votes(np.asarray(rows, dtype=np.intp))[0]
        return np.where(votes.sum(axis=1, keepdims=True) > 0, votes, 1.0)

    def futures(self, candidates: Array, targets: Array) -> Iterator[tuple[slice, Array, Replaced]]:
        """The votes without those put out; a label adds one where it is near enough."""
        votes, reach, last = self._votes(targets)
        out = np.where(last[:, None] == np.arange(self.classes), 1.0, 0.0)
        for some in steps(len(candidates), len(targets) * self.classes):
            near = self.points.between(candidates[some], self.points.centres(targets)) < reach
            yield (
                some,
                votes - near[..., None] * out,
                lambda c, near=near, left=votes - near[..., None] * out: left[..., c] + near,  # type: ignore[misc]
            )

    def _votes(self, rows: Array) -> tuple[Array, Array, Array]:
        """Votes (m, C), squared distance to the last of the k (inf while fewer), and the class of that."""
        m, k = len(rows), min(self.k, len(self.known))
        votes, reach, last = np.zeros((m, self.classes)), np.full(m, np.inf), np.full(m, -1)
        for part in steps(m if k else 0, max(self.points.d, len(self.known))):
            squared = self.points.between(rows[part], self.points.centres(self.known))
            nearest = np.argsort(squared, axis=1, kind="stable")[:, :k]
            np.add.at(votes, (np.arange(m)[part, None], self.labels[nearest]), 1.0)
            if k == self.k:
                reach[part] = np.take_along_axis(squared, nearest[:, -1:], axis=1)[:, 0]
                last[part] = self.labels[nearest[:, -1]]
        return votes, reach, last


class GaussianBayes:
    """Gaussian naive Bayes: each class a mean and a variance a feature, its prior the share of its labels.

    Exact but for the smoothing, which is that of the labels now: one more label moves the mean and the
    variances of its class by Welford's update.

    Parameters
    ----------
    x, known, labels, classes
        As in :class:`ParzenWindow`; rows are made dense, block by block.
    smoothing : float
        The share of the largest variance that is added to each.
    """

    def __init__(self, x: Any, known: Any, labels: Any, *, classes: int, smoothing: float = 1e-9) -> None:
        self.x = as_matrix(x)
        self.known, self.labels = _labelled(known, labels, classes, self.x.shape[0])
        self.classes = classes
        seen = _dense(self.x, self.known)
        widest = float(seen.var(axis=0).max(initial=0)) if len(seen) else 0.0
        self.extra = smoothing * (widest or 1.0)
        self.counts = np.bincount(self.labels, minlength=classes).astype(np.float64)
        self.means, self.spread = np.zeros((2, classes, self.x.shape[1]))
        for c in np.flatnonzero(self.counts):
            self.means[c] = seen[self.labels == c].mean(axis=0)
            self.spread[c] = seen[self.labels == c].var(axis=0)

    def weights(self, rows: Any) -> Array:
        """Prior times density, over the largest of each row, (m, C); all alike without a label."""
        logs = self._logs(np.asarray(rows, dtype=np.intp))
        return np.asarray(np.exp(logs - logs.max(axis=1, keepdims=True)))

    def futures(self, candidates: Array, targets: Array) -> Iterator[tuple[slice, Array, Replaced]]:
        """The weights as they are; a label makes the density of its class anew."""
        logs = self._logs(targets)
        most, seen = logs.max(axis=1), _dense(self.x, targets)
        now = np.exp(logs - most[:, None])[None]
        for some in steps(len(candidates), max(len(targets), 2 * seen.shape[1])):
            rows = _dense(self.x, candidates[some])
            yield some, now, lambda c, rows=rows: self._anew(c, rows, seen, most)  # type: ignore[misc]

    def _anew(self, c: int, rows: Array, seen: Array, most: Array) -> Array:
        """The weight of class ``c`` at rows ``seen`` once each of ``rows`` is one more of it, (B, m)."""
        n, variance = self.counts[c], self.spread[c] + self.extra
        away = (rows - self.means[c]) / (n + 1)
        then = n / (n + 1) * self.spread[c] + n * away**2 + self.extra
        # in units of the class now, which keeps the digits of the squares
        unit = np.sqrt(variance)
        z, inverse, centre = (seen - self.means[c]) / unit, variance / then, away / unit
        squares = (
            inverse @ (z**2).T - 2 * (inverse * centre) @ z.T + (inverse * centre**2).sum(axis=1)[:, None]
        )
        logs = np.log(n + 1) - (np.log(then).sum(axis=1)[:, None] + squares) / 2
        return np.asarray(np.exp(np.clip(logs - most, -_FAR, _FAR)))

    def _logs(self, rows: Array) -> Array:
        logs = np.full((len(rows), self.classes), -np.inf)
        for c in np.flatnonzero(self.counts):
            variance = self.spread[c] + self.extra
            for part in steps(len(rows), self.x.shape[1]):
                squares = (_dense(self.x, rows[part]) - self.means[c]) ** 2 @ (1 / variance)
                logs[part, c] = np.log(self.counts[c]) - (np.log(variance).sum() + squares) / 2
        if not self.counts.any():
            logs[:] = 0
        return np.asarray(np.maximum(logs, logs.max(axis=1, keepdims=True) - _FAR))


class LogisticStep:
    """Logistic regression, moved by one Newton step on the label that is added.

    With two classes it is the whole Newton step; with more each class steps by its own curvature.

    Parameters
    ----------
    x : (n, d) dense or sparse
        What the logits are linear in.
    known : row numbers (L,)
    said : function of row numbers
        The class probabilities of the fitted model at some rows, (m, C).
    penalty : float, above 0
        The weight of half the squared length of the coefficients (1 / C in scikit-learn).
    intercept : bool

    Memory: C min(L, d) numbers a target.
    """

    def __init__(
        self, x: Any, known: Any, said: Any, *, penalty: float = 1.0, intercept: bool = True
    ) -> None:
        self.x = as_matrix(x)
        self.said, self.penalty = said, float(penalty)
        if not 0 < self.penalty < np.inf:
            raise InvalidInput(
                f"Without a penalty (got {penalty!r}) the step has no end.", mend="Give a number above 0."
            )
        self.free = 1e3 * intercept  # an intercept is a feature so large that its penalty is nothing
        known = as_rows(known, self.x.shape[0])
        rows, proba = self._rows(known), self._said(known)
        self.columns = np.arange(1, 2) if proba.shape[1] == 2 else np.arange(proba.shape[1])
        self.bases = [self._base(rows, proba[:, c] * (1 - proba[:, c])) for c in self.columns]

    def weights(self, rows: Any) -> Array:
        """The probabilities, floored far below what matters, (m, C)."""
        return np.maximum(self._said(np.asarray(rows, dtype=np.intp)), np.exp(-_FAR))

    def futures(self, candidates: Array, targets: Array) -> Iterator[tuple[slice, Array, Replaced]]:
        """All logits moved as if no class were the answer; the answer then takes its step up."""
        now, there = np.log(self.weights(targets)), self._rows(targets)
        turned = [base @ there.T for base in self.bases]
        for some in steps(len(candidates), len(targets) * now.shape[1]):
            rows, proba = self._rows(candidates[some]), self._said(candidates[some])
            up = np.zeros((len(rows), *now.shape))
            for c, base, far in zip(self.columns, self.bases, turned, strict=True):
                here = rows @ base.T
                near = (rows @ there.T - here @ far) / self.penalty
                own = (np.einsum("ij,ij->i", rows, rows) - np.einsum("ij,ij->i", here, here)) / self.penalty
                up[..., c] = near / (1 + proba[:, c] * (1 - proba[:, c]) * own)[:, None]
            down = np.clip(now - proba[:, None, :] * up, -_FAR, _FAR)
            then = np.exp(down)
            yield (
                some,
                then,
                lambda c, down=down, up=up: np.exp(np.clip(down[..., c] + up[..., c], -_FAR, _FAR)),  # type: ignore[misc]
            )

    def _base(self, rows: Array, curvature: Array) -> Array:
        """B with (penalty + rows' W rows)^-1 = (1 - B' B) / penalty, (min(L, d), d)."""
        scaled = rows * np.sqrt(curvature)[:, None]
        _, values, directions = np.linalg.svd(scaled, full_matrices=False)
        return np.asarray(directions * np.sqrt(values**2 / (values**2 + self.penalty))[:, None])

    def _rows(self, rows: Array) -> Array:
        dense = _dense(self.x, rows)
        return np.column_stack([dense, np.full(len(dense), self.free)]) if self.free else dense

    def _said(self, rows: Array) -> Array:
        return np.asarray(self.said(rows), dtype=np.float64)


def mean_criterion(x: Any, n: int) -> float:
    """The radius of a window at which ``n`` rows spread like ``x`` are told apart; 1 where all are equal.

    sqrt(2 n v / ((n - 1) log((n - 1) / 2e-12))), v the sum of the variances of the features; the more
    rows, the narrower.

    >>> round(mean_criterion([[0.0], [2.0]], 2), 3)
    0.385

    Chaudhuri et al. 2017 (the mean criterion).
    """
    points, n = Points(x), max(2, int(n))
    spread = float(points.norms.mean(dtype=np.float64)) if points.n else 0.0
    if points.sparse and points.n:
        middle = np.asarray(points.x.mean(axis=0), dtype=np.float64).ravel()
        spread -= float(middle @ middle)
    if spread <= 1e-12:
        return 1.0
    return float(np.sqrt(2 * n * spread / ((n - 1) * np.log((n - 1) / 2e-12))))


def _labelled(known: Any, labels: Any, classes: int, n: int) -> tuple[Array, Array]:
    known, labels = as_rows(known, n), np.asarray(labels)
    if labels.shape != known.shape or (
        len(labels) and (labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes)
    ):
        raise InvalidInput(
            f"{len(known)} labelled rows need as many class numbers below {classes}; got {labels!r}.",
            mend="Number the classes from 0 on and give one a labelled row.",
        )
    return known, labels.astype(np.intp)


def _dense(x: Any, rows: Array) -> Array:
    part = x[rows]
    dense = np.asarray(part.toarray() if is_sparse(part) else part, dtype=np.float64)
    if not np.isfinite(dense).all():
        raise InvalidInput("The features are not all finite.", mend="Fill missing values first.")
    return dense
