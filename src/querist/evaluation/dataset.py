"""A data set as an experiment takes it: rows, the truth of each, and what it was read from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models.multilabel import holds_sets
from querist.tasks import is_label_set, label_sets

__all__ = ["Dataset", "natural"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows with known answers, for replaying campaigns.

    Parameters
    ----------
    name : str
        What curves and tables call it.
    x : n rows of features (dense, sparse), or raw values that the model takes
    y : n labels
        Classes, or numbers where ``task`` is ``"number"``; or sets of classes, as sequences of names or as
        an (n, C) indicator matrix.
    test : pair (x, y), optional
        The official test set; without one an experiment holds back a share of the rows.
    costs : array-like (n,), optional
        What one label costs, in the ``unit``; 1 if not given.
    unit : str
        What the costs are: "labels", "seconds", "tokens", "euros".
    task : "classes", "number" or "sets", optional
        Found out if not given: floats are numbers, tuples and tables are sets, anything else is classes.
    scale : bool
        Whether the columns are on scales of their own, so that an experiment should standardise them.
    oracle : function, optional
        What answers items that a strategy makes: rows of features, as ``x`` has them -> their labels.
    spec : str or mapping, optional
        What reads it again: a name or a path, and options.  Without one a run can be made again only
        where the data set is given again.

    >>> data = Dataset("two", [[0.0], [1.0]], ["no", "yes"])
    >>> data.task, data.classes, len(data)
    ('classes', ('no', 'yes'), 2)
    """

    name: str
    x: Any
    y: Any
    test: tuple[Any, Any] | None = None
    costs: Any = None
    unit: str = "labels"
    task: str | None = None
    scale: bool = False
    spec: str | Mapping[str, Any] | None = None
    oracle: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        x = self.x if hasattr(self.x, "shape") or _raw(self.x) else np.asarray(self.x)
        object.__setattr__(self, "x", x.tocsr() if hasattr(x, "tocsr") else x)
        if self.task is None:
            object.__setattr__(self, "task", _kind(self.y))
        if self.task not in ("classes", "number", "sets"):
            raise InvalidInput(
                f"No task is called {self.task!r}.", mend="Give 'classes', 'number' or 'sets'."
            )
        object.__setattr__(self, "y", self._told(self.y))
        if self.test is not None:
            object.__setattr__(self, "test", (self.test[0], self._told(self.test[1])))
        if self.costs is not None:
            object.__setattr__(self, "costs", np.asarray(self.costs, dtype=np.float64))
        rows = _length(x)
        if len(self.y) != rows:
            raise InvalidInput(f"{len(self.y)} labels for {rows} rows.", mend="Give one label a row.")
        if self.task == "classes" and len(set(self.y.tolist())) < 2:
            raise InvalidInput(
                f"{self.name or 'The data set'} has {rows} labels of one class.", mend="Give two classes."
            )

    def answers(self, rows: Any) -> list[Any]:
        """What the oracle says of rows that are not among ``x``, as the task has it."""
        if self.oracle is None:
            raise InvalidInput(
                f"A strategy made items, and {self.name or 'the data set'} answers for its own rows only.",
                mend="Give Dataset(..., oracle=function) what answers any row.",
            )
        told: list[Any] = self._told(self.oracle(rows)).tolist()
        return told

    def __len__(self) -> int:
        return len(self.y)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes, those of the test set included; empty for numbers."""
        if self.task == "number":
            return ()
        values = [*self.y.tolist(), *(() if self.test is None else self.test[1].tolist())]
        names = {name for value in values for name in (value if self.task == "sets" else (value,))}
        return tuple(sorted(names, key=natural))

    @cached_property
    def sha256(self) -> str:
        """A digest of the content: the same rows and answers in the same order have the same."""
        digest = hashlib.sha256(str(self.task).encode())
        tested = () if self.test is None else self.test
        for part in (self.x, self.y, *tested, *(() if self.costs is None else (self.costs,))):
            _feed(digest, part)
        return digest.hexdigest()

    @cached_property
    def finite(self) -> bool:
        """Whether every feature is a finite number."""
        tested = () if self.test is None else (self.test[0],)
        return all(_is_finite(x) for x in (self.x, *tested))

    def _told(self, y: Any) -> np.ndarray:
        """The answers as the task has them: words, tuples of them, or floats."""
        if self.task == "number":
            numbers = np.asarray(y, dtype=np.float64)
            if not np.isfinite(numbers).all():
                raise InvalidInput(
                    f"{self.name or 'The data set'} has answers that are not finite.",
                    mend="Leave those rows out.",
                )
            return numbers
        if self.task == "sets":
            return _sets(y)
        return np.asarray([str(one) for one in np.asarray(y, dtype=object)])


def natural(name: str) -> tuple[bool, float, str]:
    """Numbers by value, before words: so that class 10 does not come before class 2."""
    return (False, float(name), name) if name.isdigit() else (True, 0.0, name)


def _kind(y: Any) -> str:
    """The task that answers look like."""
    if holds_sets(y):
        return "sets"
    return "number" if np.asarray(y).dtype.kind == "f" else "classes"


def _sets(y: Any) -> np.ndarray:
    """Sets of words, one a row, (n,) tuples; of an indicator matrix the numbers of its columns."""
    given = label_sets(y, range(y.shape[1])) if getattr(y, "ndim", 1) == 2 else y
    told = np.empty(len(given), dtype=object)
    for row, label in enumerate(given):
        if not is_label_set(label):
            raise InvalidInput(
                f"Row {row} is labelled {label!r}, which is no set of classes.",
                mend="Give a tuple of names, or an indicator matrix for all.",
            )
        told[row] = tuple(sorted({str(one) for one in label}, key=natural))
    return told


def _feed(digest: Any, part: Any) -> None:
    if hasattr(part, "tocsr"):
        matrix = part.tocsr()
        for array in (np.asarray(matrix.shape), matrix.indptr, matrix.indices, matrix.data):
            _feed(digest, array)
        return
    array = np.asarray(part)
    if array.dtype.kind == "O":
        digest.update("\x1f".join(map(str, array.ravel())).encode())
        return
    digest.update(f"{array.dtype.kind}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data if array.size else b"")


def _is_finite(x: Any) -> bool:
    values = x.data if hasattr(x, "tocsr") else np.asarray(x)
    return values.dtype.kind in "biu" or (values.dtype.kind == "f" and bool(np.isfinite(values).all()))


def _raw(x: Sequence[Any]) -> bool:
    return len(x) > 0 and isinstance(x[0], str | Mapping)


def _length(x: Any) -> int:
    return int(x.shape[0]) if hasattr(x, "shape") else len(x)
