"""Classifiers that know what one more label would make of them: windows, neighbours, Gaussians."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix
from querist.kernels.expected_error import Future, steps
from querist.kernels.neighbours import Points
from querist.kernels.pairs import added, added_of_each
from querist.kernels.settled import dense, kind_of, numbered

__all__ = ["GaussianBayes", "NearestLabels", "ParzenWindow", "mean_criterion"]

_FEWEST = 64  # rows a block at least, where centres are many
_FAR, _FAR_SINGLE = 300.0, 60.0  # a logarithm beyond which a class is certain or impossible
_WILD = 100.0  # standard deviations beyond which squares want more digits than float32 has


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
        self.n = self.points.n
        self.known, self.labels = numbered(known, labels, classes, self.n)
        self.classes, self.radius, self.prior = classes, float(radius), float(prior)
        if not (0 < self.radius < np.inf and 0 < self.prior < np.inf):
            raise InvalidInput(
                f"A window of radius {radius!r} and prior {prior!r} tells nothing.",
                mend="Give numbers above 0.",
            )

    def likeness(self, rows: Any, others: Any) -> Array:
        """How near each of some rows is to each of others, (k, m), from 0 to 1."""
        return self._near(np.asarray(rows, dtype=np.intp), self.points.centres(others))

    def density(self, rows: Any, others: Any) -> Array:
        """How near each of some rows is to others in the mean, (k,) float64; no table is made of both."""
        rows, others = (np.asarray(some, dtype=np.intp) for some in (rows, others))
        ones, none = (np.full(len(others), number, dtype=self.points.dtype) for number in (1, 0))
        if np.array_equal(rows, others):
            total = added_of_each(self.points, others, ones, none, "gaussian", self.radius)
        else:
            total = added(self.points, rows, others, ones, none, ones, "gaussian", self.radius)
        return np.asarray(total / max(1, len(others)))

    def weights(self, rows: Any) -> Array:
        """What each class weighs at some rows, (m, C)."""
        rows = np.asarray(rows, dtype=np.intp)
        out = np.full((len(rows), self.classes), self.prior)
        hot = np.eye(self.classes)
        for some in steps(len(self.known), max(_FEWEST, self.points.d)):
            for part in steps(len(rows), max(self.points.d, some.stop - some.start)):
                out[part] += self.likeness(rows[part], self.known[some]) @ hot[self.labels[some]]
        return out

    def futures(
        self, candidates: Array, targets: Array, wanted: Array
    ) -> Iterable[Callable[[], Iterator[Future]]]:
        """The weights as they are; a label adds its likeness to its class."""
        kind = self.points.dtype
        now = np.ascontiguousarray(self.weights(targets).T, dtype=kind)[None]
        centres = self.points.centres(targets)

        def part(some: slice) -> Iterator[Future]:
            near = self._near(candidates[some], centres)
            for c in np.flatnonzero(wanted[some].any(axis=0)):
                yield some, int(c), now, now[:, c] + near, None

        return [partial(part, some) for some in steps(len(candidates), len(targets))]

    def _near(self, rows: Array, centres: Any) -> Array:
        squared = self.points.between(rows, centres)
        squared /= -2 * self.radius**2
        return np.asarray(np.exp(squared, out=squared))


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
        self.n = self.points.n
        self.known, self.labels = numbered(known, labels, classes, self.n)
        self.classes, self.k = classes, int(k)
        if k < 1:
            raise InvalidInput(f"{k!r} neighbours cannot vote.", mend="Give one or more.")

    def weights(self, rows: Any) -> Array:
        """How many of the nearest labels are of each class, (m, C); all alike without a label."""
        votes = self._votes(np.asarray(rows, dtype=np.intp))[0]
        return np.where(votes.sum(axis=1, keepdims=True) > 0, votes, 1.0)

    def futures(
        self, candidates: Array, targets: Array, wanted: Array
    ) -> Iterable[Callable[[], Iterator[Future]]]:
        """Where a label is near enough, the votes without the one put out, and one more of its class."""
        votes, reach, last = self._votes(targets)
        out = np.where(last[:, None] == np.arange(self.classes), 1.0, 0.0)
        then = np.ascontiguousarray((votes - out).T)[None]
        centres = self.points.centres(targets)

        def part(some: slice) -> Iterator[Future]:
            near = (self.points.between(candidates[some], centres) < reach).astype(np.float64)
            for c in np.flatnonzero(wanted[some].any(axis=0)):
                yield some, int(c), then, then[:, c] + 1, near

        return [partial(part, some) for some in steps(len(candidates), len(targets))]

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
        self.n, self.kind = int(self.x.shape[0]), kind_of(self.x)
        self.known, self.labels = numbered(known, labels, classes, self.n)
        self.classes = classes
        seen = dense(self.x, self.known)
        widest = float(seen.var(axis=0).max(initial=0)) if len(seen) else 0.0
        self.extra = smoothing * (widest or 1.0)
        self.counts = np.bincount(self.labels, minlength=classes).astype(np.float64)
        self.means, self.spread = np.zeros((2, classes, self.x.shape[1]))
        for c in np.flatnonzero(self.counts):
            self.means[c] = seen[self.labels == c].mean(axis=0)
            self.spread[c] = seen[self.labels == c].var(axis=0)

    def weights(self, rows: Any) -> Array:
        """Prior times density, over the largest of each row, (m, C); all alike without a label."""
        logs = self._raw(np.asarray(rows, dtype=np.intp))
        return np.asarray(np.exp(np.maximum(logs - logs.max(axis=1, keepdims=True), -_FAR)))

    def futures(
        self, candidates: Array, targets: Array, wanted: Array
    ) -> Iterable[Callable[[], Iterator[Future]]]:
        """The weights as they are; a label makes the density of its class anew."""
        raw = self._raw(targets)
        most = raw.max(axis=1)
        now = np.ascontiguousarray(np.exp(np.maximum(raw - most[:, None], -_FAR)).T, dtype=self.kind)[None]

        def part(c: int) -> Iterator[Future]:
            change = _Densities(self, c, dense(self.x, targets), raw[:, c], most)
            answered = np.flatnonzero(wanted[:, c])
            first, last = (int(answered[0]), int(answered[-1]) + 1) if len(answered) else (0, 0)
            for some in steps(last - first, max(len(targets), 2 * self.x.shape[1]) // 2):
                some = slice(first + some.start, first + some.stop)
                yield some, c, now, change(dense(self.x, candidates[some])), None

        return [partial(part, c) for c in range(self.classes)]

    def _raw(self, rows: Array) -> Array:
        """The logarithms of the weights, however far apart, (m, C)."""
        logs = np.full((len(rows), self.classes), -np.inf)
        for c in np.flatnonzero(self.counts):
            variance = self.spread[c] + self.extra
            for part in steps(len(rows), self.x.shape[1]):
                squares = (dense(self.x, rows[part]) - self.means[c]) ** 2 @ (1 / variance)
                logs[part, c] = np.log(self.counts[c]) - (np.log(variance).sum() + squares) / 2
        if not self.counts.any():
            logs[:] = 0
        return logs


class _Densities:
    """What one class weighs at some rows once a further row is of that class."""

    def __init__(self, bayes: GaussianBayes, c: int, seen: Array, log: Array, most: Array) -> None:
        self.n, self.mean = bayes.counts[c], bayes.means[c]
        self.spread, self.extra = bayes.spread[c], bayes.extra
        self.variance = self.spread + self.extra
        self.unit = np.sqrt(self.variance)  # units of the class now, which keep the digits of the squares
        z = (seen - self.mean) / self.unit
        single = bayes.kind == np.float32 and self.n > 1 and float(np.abs(z).max(initial=0)) < _WILD
        self.kind = np.dtype(np.float32 if single else np.float64)
        # what changes is of few digits, so that float32 holds it where nothing is wild
        self.now = log - most if single else -most
        self.single = single
        self.seen = np.hstack([z**2, z]).astype(self.kind).T

    def __call__(self, rows: Array) -> Array:
        """(B, m), over the largest weight of each target now."""
        n = self.n
        away = (rows - self.mean) / (n + 1)
        then = n / (n + 1) * self.spread + n * away**2 + self.extra
        inverse, centre = self.variance / then, away / self.unit
        own = (inverse * centre**2).sum(axis=1) + np.log(then).sum(axis=1)
        if self.single:
            own -= np.log(self.variance).sum()
        left = np.hstack([(inverse - self.single) / -2, inverse * centre]).astype(self.kind)
        logs = left @ self.seen
        logs += (np.log((n + 1) / n if self.single else n + 1) - own[:, None] / 2).astype(self.kind)
        logs += self.now.astype(self.kind)
        far = _FAR if self.kind == np.float64 else _FAR_SINGLE
        np.clip(logs, -far, far, out=logs)
        return np.asarray(np.exp(logs, out=logs))


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
