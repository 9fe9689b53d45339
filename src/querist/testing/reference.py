"""A small model and small pools on which parts are tried: no library, no surprise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from querist.data import Pool
from querist.strategies import Snapshot

__all__ = ["Centroids", "Fixed", "blobs", "snapshot_of"]


class Centroids:
    """Nearest centroids with a softmax over squared distances: a model in twenty lines, for tests.

    It takes dense and sparse rows, has ``proba``, ``decision``, ``head``, ``predict``, ``mean_std``,
    ``draws`` and, as if an item could have several classes, ``marginals`` and ``label_decision``.  It refuses
    to be fitted where ``fitted`` is called on a fitted one: a strategy never trains.
    Those that try hypothetical labels by refits start from its ``template``, which is unfitted.

    >>> x, y = blobs(30)
    >>> Centroids(("a", "b", "c")).fitted(x, y).proba(x[:2]).shape
    (2, 3)
    """

    def __init__(self, classes: Sequence[Any], centres: Any = None, seen: Any = None) -> None:
        self.classes = tuple(classes)
        self.centres = centres
        self.seen = seen

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Centroids:
        """A new model whose centres are the means of the classes seen."""
        assert self.centres is None, "a strategy trained the model; a query never trains"
        dense = _dense(x).astype(np.float64)
        values = np.array([self.classes.index(one) for one in y])
        seen = np.isin(np.arange(len(self.classes)), values)
        centres = np.zeros((len(self.classes), dense.shape[1]))
        for i in np.flatnonzero(seen):
            centres[i] = dense[values == i].mean(axis=0)
        return Centroids(self.classes, centres, seen)

    @property
    def template(self) -> Centroids:
        """The same model before it saw a label."""
        return Centroids(self.classes)

    def proba(self, x: Any) -> np.ndarray:
        """Class probabilities, (n, C)."""
        return self._softmax(_dense(x), self.centres)

    def predict(self, x: Any) -> np.ndarray:
        """The likeliest class of each row, (n,)."""
        said: np.ndarray = np.asarray(self.classes)[self.proba(x).argmax(axis=1)]
        return said

    def decision(self, x: Any) -> np.ndarray:
        """Minus the squared distance to each centre, (n, C); minus infinity for a class without one."""
        dense = _dense(x)
        squared = np.stack([((dense - centre) ** 2).sum(axis=1) for centre in self.centres], axis=1)
        return np.where(self.seen, -squared, -np.inf)

    def head(self) -> tuple[np.ndarray, np.ndarray]:
        """The same as a linear layer, for x^2 is the same of all classes: weights (C, d), bias (C,)."""
        return 2 * self.centres, np.where(self.seen, -(self.centres**2).sum(axis=1), -np.inf)

    def frequencies(self, x: Any) -> np.ndarray:
        """Four labels nearby, shared as the probabilities are, (n, C)."""
        return 4 * self.proba(x)

    def leaves(self, x: Any) -> np.ndarray:
        """Which centre is nearest, as if a tree had parted the rows, (n,)."""
        return np.asarray(self.proba(x).argmax(axis=1))

    def marginals(self, x: Any) -> np.ndarray:
        """1 / (1 + squared distance / 4) to each centre, (n, C); 0 for a class without one."""
        return 1 / (1 - self.decision(x) / 4)

    def label_decision(self, x: Any) -> np.ndarray:
        """2 p - 1 of the marginals, (n, C); minus infinity for a class without a centre."""
        return np.where(self.seen, 2 * self.marginals(x) - 1, -np.inf)

    def mean_std(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the class's place, as if it were a number, two (n,) arrays."""
        return _moments(self.proba(x))

    def draws(self, x: Any, k: int, rng: np.random.Generator) -> np.ndarray:
        """What ``k`` models with jostled centres say, (k, n, C)."""
        dense = _dense(x)
        jostled = self.centres + 0.3 * rng.standard_normal((k, *self.centres.shape))
        return np.stack([self._softmax(dense, centres) for centres in jostled])

    def _softmax(self, x: np.ndarray, centres: np.ndarray) -> np.ndarray:
        squared = np.stack([((x - centre) ** 2).sum(axis=1, dtype=np.float64) for centre in centres], axis=1)
        logits = np.where(self.seen, -squared, -np.inf)
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        proba: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
        return proba


class Fixed:
    """A model that says what it was told to say of every row: certain, torn, of one class.

    >>> Fixed([1.0, 0.0]).proba(np.zeros((2, 5)))
    array([[1., 0.],
           [1., 0.]])
    """

    def __init__(self, proba: Sequence[float]) -> None:
        self.said = np.asarray(proba, dtype=np.float64)
        self.classes = tuple("abcdefghij"[: len(self.said)])

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Fixed:
        """Never: a query does not train."""
        raise AssertionError("a strategy trained the model; a query never trains")

    @property
    def template(self) -> Any:
        """A model that any label makes into this one."""
        return _Untold(self)

    def proba(self, x: Any) -> np.ndarray:
        """The same distribution for every row, (n, C)."""
        return np.tile(self.said, (x.shape[0], 1))

    def predict(self, x: Any) -> np.ndarray:
        """The likeliest class for every row, (n,)."""
        return np.repeat(self.classes[int(self.said.argmax())], x.shape[0])

    def decision(self, x: Any) -> np.ndarray:
        """The probabilities less one half, (n, C)."""
        return self.proba(x) - 0.5

    def frequencies(self, x: Any) -> np.ndarray:
        """Four labels nearby, shared as the probabilities are, (n, C)."""
        return 4 * self.proba(x)

    def leaves(self, x: Any) -> np.ndarray:
        """One leaf for all, (n,)."""
        return np.zeros(x.shape[0], dtype=np.intp)

    def marginals(self, x: Any) -> np.ndarray:
        """The probabilities, each taken by itself, (n, C)."""
        return self.proba(x)

    def label_decision(self, x: Any) -> np.ndarray:
        """2 p - 1, (n, C); infinite where the model is certain."""
        f: np.ndarray = 2 * self.proba(x) - 1
        return np.where(np.abs(f) == 1, np.copysign(np.inf, f), f)

    def mean_std(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the class's place, two (n,) arrays."""
        return _moments(self.proba(x))

    def draws(self, x: Any, k: int, rng: np.random.Generator) -> np.ndarray:
        """A committee of one mind, (k, n, C)."""
        return np.tile(self.said, (k, x.shape[0], 1))


class _Untold:
    """What :class:`Fixed` was before."""

    def __init__(self, model: Fixed) -> None:
        self.model = model

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Fixed:
        return self.model


def blobs(n: int, d: int = 4, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """``n`` rows in three overlapping heaps, read-only, and their classes "a", "b", "c".

    The numbers are such that float32 holds them exactly.
    """
    rng = np.random.default_rng(seed)
    which = rng.integers(0, 3, n)
    which[: min(3, n)] = np.arange(min(3, n))  # each class is there
    x = (rng.standard_normal((n, d)) + 1.5 * np.eye(3, d)[which]).astype(np.float32).astype(np.float64)
    x.setflags(write=False)
    return x, np.array(["a", "b", "c"])[which]


def snapshot_of(
    x: Any,
    y: Any = (),
    *,
    labelled: Iterable[int] = (),
    pending: Iterable[int] = (),
    closed: Iterable[int] = (),
    model: Any = "fit",
    ids: Sequence[str] | None = None,
    costs: Any = None,
    seed: int = 0,
) -> Snapshot:
    """A snapshot of ``x``: some rows labelled, out or closed; ``model="fit"`` fits the reference model."""
    names = [f"item-{row}" for row in range(x.shape[0])] if ids is None else list(ids)
    if isinstance(model, str):
        rows = np.array(list(labelled), dtype=np.intp)
        model = Centroids(("a", "b", "c")).fitted(x[rows], [y[row] for row in rows]) if len(rows) else None
    return Snapshot(
        Pool(x, ids=names, costs=costs),
        labels={names[row]: str(y[row]) for row in labelled},
        pending=frozenset(names[row] for row in pending),
        closed=frozenset(names[row] for row in closed),
        model=model,
        seed=seed,
    )


def _moments(proba: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    place = np.arange(proba.shape[1])
    mean = proba @ place
    return mean, np.sqrt(np.maximum(proba @ place**2 - mean**2, 0))


def _dense(x: Any) -> np.ndarray:
    return np.asarray(x.toarray() if hasattr(x, "toarray") else x)
