"""What one model says of some items at one moment; each part computed once, in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from querist.errors import InvalidInput, MissingCapability
from querist.kernels import Nearness, is_on_device, nearness, top, uniform
from querist.models.contract import require
from querist.models.memory import Memory
from querist.models.rows import take
from querist.tasks import indicator

__all__ = ["Prediction"]

_SAMPLE = 3  # a stream of chance apart from that of strategies
_NEARNESS = "nearness"


class Prediction:
    """What ``model`` says of some rows of ``x``: computed when first asked for, once, in chunks.

    Parameters
    ----------
    model : a fitted model, or None while cold
    x : (n_pool, ...) features of the whole pool, or None
        Dense, sparse, memory-mapped, or raw values for a pipeline.  Never changed.
    rows : row numbers (k,), optional
        The candidates; everything below that is "(k, ...)" is about these.  All rows if not given.
    labelled : row numbers, optional
        Which rows have a label.
    labels : values, optional
        The labels of these rows, in their order.
    taken : row numbers, optional
        Which rows are labelled or out; ``labelled`` if not given.  A batch keeps away from them.
    costs : (n_pool,), optional
        What one label costs; 1 if not given.
    keys : (n_pool,) integers, optional
        What chance is drawn by; the row numbers if not given.
    seed : int
    chunk : int
        How many rows the model is shown at a time.
    memory : Memory, optional
        What was kept of ``x`` from earlier questions about it; an empty one if not given.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.models import as_model
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> model = as_model(LogisticRegression()).fitted(x[[0, 3]], ["no", "yes"])
    >>> Prediction(model, x, rows=[1, 2]).proba.round(2)
    array([[0.59, 0.41],
           [0.41, 0.59]])
    """

    def __init__(
        self,
        model: Any,
        x: Any,
        rows: Any = None,
        *,
        labelled: Any = None,
        labels: Any = None,
        taken: Any = None,
        costs: Any = None,
        keys: Any = None,
        seed: int = 0,
        chunk: int = 8192,
        memory: Memory | None = None,
    ) -> None:
        self.model = model
        self.x = x.tocsr() if hasattr(x, "tocsr") else x
        self._all = rows is None
        self.rows = np.arange(_size(x)) if rows is None else np.asarray(rows, dtype=np.intp)
        self.labelled = np.asarray([] if labelled is None else labelled, dtype=np.intp)
        self.taken = self.labelled if taken is None else np.asarray(taken, dtype=np.intp)
        self.seed = seed
        self.chunk = chunk
        # distances in an embedding of the model's own hold until it is fitted again, and no longer
        self.memory = Memory() if memory is None or hasattr(model, "embed") else memory
        self._labels = labels
        self._costs = costs
        self._keys = keys

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def proba(self) -> np.ndarray:
        """Class probabilities, (k, C), columns in the order of the model's classes."""
        self._need("proba")
        return self._in_chunks(self.model.proba, self.rows, columns=len(self.model.classes))

    @cached_property
    def decision(self) -> np.ndarray:
        """Signed distances to the boundary of each class, (k, C), columns as in :attr:`proba`."""
        self._need("decision")
        return self._in_chunks(self.model.decision, self.rows, columns=len(self.model.classes))

    @cached_property
    def marginals(self) -> np.ndarray:
        """The chance of each class by itself, (k, C): an item may have several."""
        self._need("marginals")
        return self._in_chunks(self.model.marginals, self.rows, columns=len(self.model.classes))

    @cached_property
    def label_decision(self) -> np.ndarray:
        """Signed distances, (k, C): above 0 where the item has the class, infinite where that is certain."""
        self._need("label_decision")
        return self._in_chunks(self.model.label_decision, self.rows, columns=len(self.model.classes))

    @cached_property
    def known_marginals(self) -> np.ndarray:
        """What the model says of the labelled rows, (L, C): the chance of each class by itself."""
        self._need("marginals")
        return self._in_chunks(self.model.marginals, self.labelled, columns=len(self.model.classes))

    @cached_property
    def known_sets(self) -> np.ndarray:
        """Which classes the labelled rows have, (L, C) true or false; a single class is a set of one."""
        return indicator([] if self._labels is None else list(self._labels), self.model.classes)

    @cached_property
    def frequencies(self) -> np.ndarray:
        """How often each class was seen near each candidate, by weight, (k, C)."""
        self._need("frequencies")
        return self._in_chunks(self.model.frequencies, self.rows, columns=len(self.model.classes))

    @cached_property
    def leaves(self) -> np.ndarray:
        """Which leaf of a tree each candidate falls into, (k,)."""
        self._need("leaves")
        return self._in_chunks(self.model.leaves, self.rows, columns=1).ravel()

    @cached_property
    def mean_std(self) -> tuple[np.ndarray, np.ndarray]:
        """Predicted numbers and their standard deviations, two (k,) arrays."""
        self._need("mean_std")
        both = self._in_chunks(lambda x: np.column_stack(self.model.mean_std(x)), self.rows, columns=2)
        return both[:, 0], both[:, 1]

    def draws(self, k: int, *, rows: Any = None) -> np.ndarray:
        """What ``k`` members of the committee say of each candidate (or of other rows of the pool).

        The same members in every chunk and at every call: (k, rows, C) for classes, (k, rows) for numbers.
        """
        rows = self.rows if rows is None else np.asarray(rows, dtype=np.intp)
        out: np.ndarray | None = None
        for start, stop, said in self._draws(k, rows):
            if out is None:
                out = np.empty((k, len(rows), *said.shape[2:]), dtype=said.dtype)
            out[:, start:stop] = said
        if out is None:
            return np.empty((k, 0, len(getattr(self.model, "classes", (1,)))))
        return out

    def from_draws(self, score: Callable[[np.ndarray], np.ndarray], k: int) -> np.ndarray:
        """One number a candidate, from what ``k`` members say of it; one chunk is held at a time."""
        parts = [score(said) for _, _, said in self._draws(k, self.rows)]
        return np.concatenate(parts) if parts else np.empty(0)

    def sample(self, n: int, *, seed: int | None = None) -> np.ndarray:
        """``n`` rows of the pool by lot, candidates or not; all where there are fewer.

        The same at every question about this pool where a ``seed`` is given.
        """
        size = _size(self.x)
        keys = np.arange(size) if self._keys is None else np.asarray(self._keys)
        return top(uniform(keys, self.seed if seed is None else seed, stream=_SAMPLE), n)

    @cached_property
    def features(self) -> Any:
        """The features of the candidates, (k, d): a copy of them unless the candidates are all rows."""
        return self.x if self._all else take(self.x, self.rows)

    @cached_property
    def space(self) -> Any:
        """Where distances are taken, for the whole pool: the model's embedding or the features, (n_pool, d').

        A model that can embed is asked to; otherwise numeric features stand for themselves, uncopied.
        """
        if hasattr(self.model, "embed"):
            return self._embedded()
        if self.x is None or getattr(getattr(self.x, "dtype", None), "kind", "O") not in "fiub":
            if self.x is not None and hasattr(self.x, "to_numpy") and _numeric_frame(self.x):
                return self.x.to_numpy()
            raise MissingCapability(
                "Distances need numeric features or model.embed(x); the pool has "
                f"{'no features' if self.x is None else 'raw values'} and the model is {_told(self.model)}.",
                mend="Encode the items first, or use a pipeline whose first steps turn them into numbers.",
            )
        return self.x

    @cached_property
    def embedding(self) -> Any:
        """Where the candidates are in :attr:`space`, (k, d')."""
        return self.space if self._all else take(self.space, self.rows)

    @cached_property
    def nearness(self) -> Nearness:
        """How far the rows of :attr:`space` are from the taken ones, going on from earlier questions.

        For searches by distance, in place of the table; where a taken row was given back, it begins afresh.
        """
        kept = self.memory.get(_NEARNESS)
        near = nearness(self.space, self.taken) if kept is None else kept.for_taken(self.taken)
        self.memory.keep(_NEARNESS, near)
        return near

    @cached_property
    def costs(self) -> np.ndarray:
        """What one label of each candidate costs, (k,)."""
        return np.ones(len(self)) if self._costs is None else np.asarray(self._costs)[self.rows]

    @property
    def keys(self) -> np.ndarray:
        """What chance is drawn by, (k,)."""
        return self.rows if self._keys is None else np.asarray(self._keys)[self.rows]

    @cached_property
    def chance(self) -> np.ndarray:
        """One number in [0, 1) a candidate, (k,), fixed by the seed and the item alone."""
        return uniform(self.keys, self.seed)

    def _need(self, capability: str) -> None:
        if self.x is None:
            raise InvalidInput(
                f"model.{capability}(x) needs features, and this pool has none.",
                mend="Give the pool features, or use the strategy 'random'.",
            )
        require(self.model, capability, by="This acquisition")

    def _draws(self, k: int, rows: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        self._need("draws")
        for start, stop in self._ranges(len(rows)):
            rng = np.random.default_rng(self.seed)  # anew for each chunk: the same members
            yield start, stop, np.asarray(self.model.draws(self._part(rows[start:stop]), k, rng))

    def _embedded(self) -> Any:
        chunks = [self.model.embed(self._part(np.arange(a, b))) for a, b in self._ranges(_size(self.x))]
        if chunks and hasattr(chunks[0], "tocsr"):
            from scipy.sparse import vstack

            return vstack(chunks, format="csr")
        if chunks and is_on_device(chunks[0]):
            from array_api_compat import array_namespace

            return array_namespace(chunks[0]).concat(chunks)
        return np.concatenate([np.asarray(chunk) for chunk in chunks]) if chunks else np.empty((0, 0))

    def _in_chunks(self, says: Callable[[Any], Any], rows: np.ndarray, *, columns: int) -> np.ndarray:
        out: np.ndarray | None = None
        for start, stop in self._ranges(len(rows)):
            part = np.asarray(says(self._part(rows[start:stop])))
            if out is None:
                out = np.empty((len(rows), *part.shape[1:]), dtype=part.dtype)
            out[start:stop] = part
        return np.empty((0, columns)) if out is None else out

    def _part(self, rows: np.ndarray) -> Any:
        """Some rows of the pool; a view where they are consecutive and the features allow it."""
        if hasattr(self.x, "shape") and not hasattr(self.x, "iloc") and len(rows):
            first, last = int(rows[0]), int(rows[-1])
            if last - first + 1 == len(rows) and bool((np.diff(rows) == 1).all()):
                return self.x[first : last + 1]
        return take(self.x, rows)

    def _ranges(self, n: int) -> list[tuple[int, int]]:
        return [(start, min(n, start + self.chunk)) for start in range(0, n, self.chunk)]


def _size(x: Any) -> int:
    if x is None:
        raise InvalidInput("A prediction without features needs rows.", mend="Give rows=numpy.arange(n).")
    shape = getattr(x, "shape", None)
    return int(shape[0]) if shape else len(x)


def _numeric_frame(frame: Any) -> bool:
    return all(getattr(kind, "kind", "O") in "fiub" for kind in frame.dtypes)


def _told(model: Any) -> str:
    return "not there yet" if model is None else getattr(model, "describes", type(model).__name__)
