"""A classifier that also learns from what it is sure of."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, MissingCapability
from querist.kernels import pseudo_labels, top, uniform
from querist.models.contract import CAPABILITIES, Model, require
from querist.models.estimator import is_fitted
from querist.models.rows import take
from querist.models.scikit import as_model

__all__ = ["PseudoLabelled"]

_CHUNK = 8192
_STREAM = 401


class PseudoLabelled:
    """A classifier fitted twice: to the labels, and again with the rows of the pool that it is sure of.

    The second half of CEAL: people answer what the model doubts, and the model is believed where its
    entropy is below a threshold.  Prefer it with few labels and a model that is right when it is sure.
    Do not use it with one that is sure of everything (naive Bayes, trees grown to the end), with classes
    that nobody has labelled yet, or where the pool holds rubbish: it then confirms its own mistakes, and
    it makes the model surer than it should be.  Most of the gain that its paper shows is that of
    semi-supervised learning, with any strategy.

    Pseudo-labels live in the fitted model alone and are made anew at every fit; a campaign never sees
    them, and a row that is labelled is never given one.  Pickled, it predicts but cannot be fitted again:
    the pool stays behind.

    Parameters
    ----------
    estimator : scikit-learn classifier with ``predict_proba``, or a model with ``proba``
    pool : rows like those that it is fitted to, a table, a sparse matrix or a list
        What it may believe itself about: the features of the pool.
    threshold : float, in nats
        Rows of a lower entropy are believed.
    decay : float
        By how much the threshold falls with each label.
    most : int
        At most so many rows, drawn by lot, are believed.
    classes : values, optional

    >>> from sklearn.linear_model import LogisticRegression
    >>> pool = np.array([[-9.0], [-8.0], [-1.0], [8.0], [9.0]])
    >>> model = PseudoLabelled(LogisticRegression(), pool, threshold=0.3)
    >>> fitted = model.fitted(pool[[0, 4]], ["no", "yes"])
    >>> dict(fitted.pseudo_labels)
    {1: 'no', 3: 'yes'}

    Wang, Zhang, Li, Zhang & Lin 2016 (CEAL); Lee 2013 (pseudo-labels).
    """

    describes: ClassVar[str] = "PseudoLabelled"

    def __init__(
        self,
        estimator: Any,
        pool: Any,
        *,
        threshold: float = 0.05,
        decay: float = 0.0,
        most: int = 10_000,
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.model: Any = as_model(estimator, classes)
        if not (hasattr(self.model, "proba") or hasattr(type(self.model), "classes")):
            raise MissingCapability(
                f"{estimator!r} predicts numbers, and of those nobody is sure enough.",
                mend="Give a classifier.",
            )
        pseudo_labels(np.empty((0, 1)), threshold)  # which checks it
        if not 0 <= decay < np.inf or not (isinstance(most, int) and most >= 0):
            raise InvalidInput(
                f"decay and most must be 0 or more; got {decay!r} and {most!r}.",
                mend="Leave them out for a threshold that stays, and 10,000 rows.",
            )
        self.pool, self.threshold, self.decay, self.most = pool, threshold, decay, most
        self.pseudo_labels: Mapping[int, Any] = {}

    def __repr__(self) -> str:
        return f"PseudoLabelled({self.model!r}, threshold={self.threshold!r}, decay={self.decay!r})"

    def __getattr__(self, name: str) -> Any:
        if name in CAPABILITIES or name == "classes":  # it can do what its model can
            return getattr(self.__dict__["model"], name)
        raise AttributeError(f"{self.describes} has no {name}")

    def __getstate__(self) -> dict[str, Any]:
        """All but the pool: a stored model predicts, and does not carry the items around."""
        return {**self.__dict__, "pool": None}

    @property
    def is_fitted(self) -> bool:
        """Whether it has seen labels."""
        return is_fitted(self.model)

    def with_classes(self, classes: Sequence[Any]) -> PseudoLabelled:
        """The same model with these columns."""
        return self._of(as_model(self.model, classes), self.pseudo_labels)

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> PseudoLabelled:
        """A new model, fitted to rows ``x`` and their values ``y``, then to what it is sure of as well."""
        values = [one.item() if isinstance(one, np.generic) else one for one in y]
        if self.pool is None:
            raise InvalidInput(
                "This model was stored, without the pool that it believes itself about.",
                mend="Make it anew: PseudoLabelled(estimator, pool).",
            )
        model: Any = self.model.fitted(x, values, seed=seed)
        limit = max(0.0, self.threshold - self.decay * len(values))
        if limit == 0 or not self.most or len(set(values)) < 2:
            return self._of(model, {})
        require(model, "proba", by="PseudoLabelled")
        rows, said = self._sure(model, x, limit, seed)
        if len(rows):
            model = self.model.fitted(_joined(x, take(self.pool, rows)), [*values, *said], seed=seed)
        return self._of(model, dict(zip(rows.tolist(), said, strict=True)))

    def _sure(self, model: Any, x: Any, limit: float, seed: int) -> tuple[np.ndarray, list[Any]]:
        """The rows of the pool that are believed, and the class of each; none that is labelled."""
        labelled = set(_marks(x))
        size = self.pool.shape[0] if hasattr(self.pool, "shape") else len(self.pool)
        rows, columns = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.intp)]
        for start in range(0, size, _CHUNK):
            chunk = take(self.pool, np.arange(start, min(size, start + _CHUNK)))
            found, of = pseudo_labels(model.proba(chunk), limit)
            fresh = np.array([one not in labelled for one in _marks(take(chunk, found))], dtype=bool)
            rows.append(start + found[fresh])
            columns.append(of[fresh])
        every, column = np.concatenate(rows), np.concatenate(columns)
        kept = np.sort(top(uniform(every, seed, stream=_STREAM), self.most))
        return every[kept], [model.classes[one] for one in column[kept]]

    def _of(self, model: Model, believed: Mapping[int, Any]) -> PseudoLabelled:
        made = PseudoLabelled(model, self.pool, threshold=self.threshold, decay=self.decay, most=self.most)
        made.pseudo_labels = believed
        return made


def _marks(x: Any) -> list[Hashable]:
    """What tells the rows of ``x`` apart, one a row: equal rows have equal ones."""
    if hasattr(x, "tocsr"):
        x = x.tocsr().copy()
        x.sum_duplicates()
        x.eliminate_zeros()
        ends = x.indptr
        data = x.data.astype(np.float64)
        return [(x.indices[a:b].tobytes(), data[a:b].tobytes()) for a, b in pairwise(ends)]
    array = np.asarray(x)
    if array.dtype.kind in "fiub":
        return [row.tobytes() for row in np.ascontiguousarray(array, dtype=np.float64) + 0.0]
    return [str(row) for row in array.tolist()]


def _joined(x: Any, more: Any) -> Any:
    """The rows of both, one kind of table."""
    if hasattr(x, "tocsr"):
        from scipy.sparse import vstack

        return vstack([x, more], format="csr")
    if hasattr(x, "iloc"):
        raise InvalidInput(
            "Rows of a data frame cannot be joined to those of the pool.",
            mend="Encode the table first (querist.encoders), or give arrays.",
        )
    return np.concatenate([x, more]) if hasattr(x, "shape") else [*x, *more]
