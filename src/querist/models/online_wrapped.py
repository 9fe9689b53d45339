"""Other models along a stream: by ``partial_fit``, by river, by refits on a window; and committees."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, InvalidLabel, MissingCapability, NotFitted
from querist.models.online import OnlineModel, OnlineSoftmax
from querist.models.scikit import as_model

__all__ = ["Incremental", "OnlineBagging", "RiverModel", "WindowModel", "as_online"]


def as_online(model: Any, *, seed: int = 0) -> OnlineModel:
    """``model`` as one that learns a row at a time.

    An online model as it is; river's classifiers (``learn_one``, ``predict_proba_one``); scikit-learn's
    with ``partial_fit``; any other estimator by refits on a window.

    >>> from sklearn.naive_bayes import GaussianNB
    >>> as_online(GaussianNB())
    Incremental(GaussianNB())
    """
    if isinstance(model, OnlineModel) and not isinstance(model, type):
        return model
    if hasattr(model, "learn_one") and hasattr(model, "predict_proba_one"):
        return RiverModel(model)
    if hasattr(model, "partial_fit") and hasattr(model, "predict_proba"):
        return Incremental(model)
    if hasattr(model, "fit") or hasattr(model, "fitted"):
        return WindowModel(model, seed=seed)
    raise MissingCapability(
        f"{model!r} learns neither by one row nor by many.",
        mend="Use OnlineSoftmax(), a classifier of river's or scikit-learn's, or draws_one, draws_many,"
        " learn_one and forget of your own.",
    )


class _Wrapped:
    """What all share: classes that grow, and labelled rows that are kept."""

    describes: ClassVar[str] = ""
    reads_records: ClassVar[bool] = False  # whether a row may be a dict of named values too

    def __init__(self, classes: Sequence[Any] | None, kept: int) -> None:
        self.open = classes is None
        self.classes: tuple[Any, ...] = () if classes is None else tuple(classes)
        self.rows: deque[tuple[Any, Any, float]] = deque(maxlen=kept)

    @property
    def trained(self) -> int:
        """Labelled rows that are kept."""
        return len(self.rows)

    def _enter(self, label: Any) -> bool:
        """Whether the label brings a class that is new."""
        if label in self.classes:
            return False
        if not self.open or label is None:
            raise _unknown(label, self.classes)
        self.classes = (*self.classes, label)
        return True

    def _last(self, keep: int) -> list[tuple[Any, Any, float]]:
        rows = list(self.rows)
        return rows[len(rows) - min(keep, len(rows)) :]

    def draws_one(self, x: np.ndarray) -> np.ndarray:
        """The probabilities of one row, (1, C)."""
        said: np.ndarray = self.draws_many(np.asarray(x)[None])[:, 0]
        return said

    def draws_many(self, x: np.ndarray) -> np.ndarray:
        """The probabilities of many rows, (1, n, C)."""
        return np.stack([self.draws_one(one) for one in x], axis=1)

    def _in_columns(self, proba: np.ndarray, known: Sequence[Any]) -> np.ndarray:
        column = {one: i for i, one in enumerate(self.classes)}
        full = np.zeros((len(proba), len(self.classes)))
        full[:, [column[one] for one in known]] = proba
        return full


def _unknown(label: Any, classes: Sequence[Any]) -> InvalidLabel:
    return InvalidLabel(
        f"{label!r} is none of the classes {', '.join(map(repr, classes))}.",
        mend="Give the model all classes, or none and let labels bring them.",
    )


class Incremental(_Wrapped):
    """A classifier of scikit-learn's with ``partial_fit`` and ``predict_proba``, one row at a time.

    A label of a new class starts a fresh copy on the labelled rows that are kept, since ``partial_fit``
    wants to know all classes beforehand; give ``classes`` to spare that.

    Parameters
    ----------
    estimator : never changed, a clone learns
    classes : values, optional
    kept : int
        Labelled rows that are kept for a fresh start.
    """

    def __init__(self, estimator: Any, classes: Sequence[Any] | None = None, *, kept: int = 1000) -> None:
        super().__init__(classes, kept)
        self.estimator = estimator
        self._fitted: Any = None

    def __repr__(self) -> str:
        return f"Incremental({self.estimator!r})"

    def learn_one(self, x: np.ndarray, label: Any, weight: float = 1.0) -> None:
        new = self._enter(label)
        row = (np.array(x, dtype=np.float64), label, weight)
        self.rows.append(row)
        if new or self._fitted is None:
            self._start(list(self.rows))
        else:
            self._learn([row])

    def forget(self, keep: int = 0) -> None:
        rows = self._last(keep)
        self.rows.clear()
        self.rows.extend(rows)
        self._fitted = None
        if rows:
            self._start(rows)

    def draws_many(self, x: np.ndarray) -> np.ndarray:
        if not self.classes:
            raise NotFitted("The model has learned nothing yet.", mend="Tell it a label first.")
        if self._fitted is None:  # all is forgotten, or one class known: nothing is likelier than another
            return np.full((1, len(x), len(self.classes)), 1 / len(self.classes))
        proba = np.asarray(self._fitted.predict_proba(x), dtype=np.float64)
        known = [self.classes[int(column)] for column in self._fitted.classes_]
        return self._in_columns(proba, known)[None]

    def _start(self, rows: list[tuple[np.ndarray, Any, float]]) -> None:
        from sklearn.base import clone

        if len(self.classes) < 2:  # nothing to tell apart
            return
        self._fitted = clone(self.estimator)
        self._learn(rows)

    def _learn(self, rows: list[tuple[np.ndarray, Any, float]]) -> None:
        x = np.stack([row for row, _, _ in rows])
        y = np.array([self.classes.index(label) for _, label, _ in rows])
        more = {} if all(weight == 1 for _, _, weight in rows) else {"sample_weight": [w for _, _, w in rows]}
        self._fitted.partial_fit(x, y, classes=np.arange(len(self.classes)), **more)


class RiverModel(_Wrapped):
    """A classifier of river's: it reads records as they are, and the numbers of a vector as 0, 1, ...

    One that has learned nothing, and says nothing, holds all classes equally likely: river's own sampler
    takes that for certainty and never asks.

    Parameters
    ----------
    model : never changed, a clone learns
    classes : values, optional
    kept : int
    """

    reads_records: ClassVar[bool] = True

    def __init__(self, model: Any, classes: Sequence[Any] | None = None, *, kept: int = 1000) -> None:
        super().__init__(classes, kept)
        self.model = model
        self._learning = model.clone()
        self._names: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"RiverModel({type(self.model).__name__})"

    def learn_one(self, x: Any, label: Any, weight: float = 1.0) -> None:
        self._enter(label)
        self.rows.append((dict(x) if isinstance(x, dict) else np.array(x, dtype=np.float64), label, weight))
        self._learn(self._named(x), label, weight)

    def _learn(self, x: dict[int, float], label: Any, weight: float) -> None:
        if weight == 1:
            self._learning.learn_one(x, label)
            return
        try:
            self._learning.learn_one(x, label, w=weight)
        except TypeError:  # it takes no weights: as often as the weight says, rounded
            for _ in range(max(1, round(weight))):
                self._learning.learn_one(x, label)

    def forget(self, keep: int = 0) -> None:
        rows = self._last(keep)
        self.rows.clear()
        self.rows.extend(rows)
        self._learning = self.model.clone()
        for x, label, weight in rows:
            self._learn(self._named(x), label, weight)

    def draws_one(self, x: Any) -> np.ndarray:
        if not self.classes:
            raise NotFitted("The model has learned nothing yet.", mend="Tell it a label first.")
        said = self._learning.predict_proba_one(x if type(x) is dict else self._named(x))
        out, total = np.empty((1, len(self.classes))), 0.0
        for column, one in enumerate(self.classes):
            chance = said.get(one, 0.0)
            out[0, column] = chance
            total += chance
        if not total > 0:
            out[:] = 1 / len(self.classes)
        elif abs(total - 1) > 1e-9:
            out /= total
        return out

    def _named(self, x: Any) -> Any:
        if isinstance(x, dict):
            return x
        if len(self._names) != len(x):
            self._names = tuple(range(len(x)))
        return dict(zip(self._names, x.tolist()))  # noqa: B905 - of one length, just above


class WindowModel(_Wrapped):
    """Any classifier, fitted anew on the last ``kept`` labelled rows after every ``every`` labels.

    Prefer it for strong models whose fits are short beside the time between labels; what is older than
    the window is forgotten.

    Parameters
    ----------
    estimator : scikit-learn estimator or model
    classes : values, optional
    kept, every : int
    seed : int
    """

    def __init__(
        self,
        estimator: Any,
        classes: Sequence[Any] | None = None,
        *,
        kept: int = 1000,
        every: int = 20,
        seed: int = 0,
    ) -> None:
        super().__init__(classes, kept)
        if every < 1 or kept < 1:
            raise InvalidInput(f"kept={kept!r} and every={every!r} count labels.", mend="Give 1 or more.")
        self.estimator, self.every, self.seed = estimator, every, seed
        self._fitted: Any = None
        self._since = 0

    def __repr__(self) -> str:
        return f"WindowModel({self.estimator!r}, kept={self.rows.maxlen}, every={self.every})"

    def learn_one(self, x: np.ndarray, label: Any, weight: float = 1.0) -> None:
        new = self._enter(label)
        self.rows.append((np.array(x, dtype=np.float64), label, weight))
        self._since += 1
        if new or self._fitted is None or self._since >= self.every:
            self._fit()

    def forget(self, keep: int = 0) -> None:
        rows = self._last(keep)
        self.rows.clear()
        self.rows.extend(rows)
        self._fit()

    def draws_many(self, x: np.ndarray) -> np.ndarray:
        if not self.classes:
            raise NotFitted("The model has learned nothing yet.", mend="Tell it a label first.")
        if self._fitted is None:
            only = np.array([[float(any(label == one for _, label, _ in self.rows)) for one in self.classes]])
            only = only if only.sum() == 1 else np.full_like(only, 1 / only.size)
            return np.repeat(only[None], len(x), axis=1)
        if hasattr(self._fitted, "draws"):
            said = self._fitted.draws(x, 10, np.random.default_rng(self.seed))
            return np.stack([self._in_columns(one, self._fitted.classes) for one in said])
        return self._in_columns(np.asarray(self._fitted.proba(x)), self._fitted.classes)[None]

    def _fit(self) -> None:
        self._since = 0
        self._fitted = None
        if len({label for _, label, _ in self.rows}) < 2:
            return
        x = np.stack([row for row, _, _ in self.rows])
        y = np.array([label for _, label, _ in self.rows], dtype=object)
        known = tuple(one for one in self.classes if any(label == one for label in y))
        self._fitted = as_model(self.estimator, classes=known).fitted(x, y, seed=self.seed)


class OnlineBagging:
    """A committee of one online model: each member learns each label Poisson(1) times.

    ``OnlineSoftmax(members=...)`` is the fast one; this makes a committee of anything else.

    Parameters
    ----------
    model : anything that :func:`as_online` takes
    members : int
    seed : int

    Oza & Russell 2001 (online bagging).
    """

    def __init__(self, model: Any, members: int = 10, *, seed: int = 0) -> None:
        if members < 1:
            raise InvalidInput(f"A committee of {members!r} members.", mend="Give 1 or more.")
        self.members = [copy.deepcopy(as_online(copy.deepcopy(model), seed=seed + i)) for i in range(members)]
        for i, one in enumerate(self.members):
            if isinstance(one, OnlineSoftmax):
                one.seed = seed + i
        self._rng = np.random.default_rng(seed)
        self.classes: tuple[Any, ...] = tuple(self.members[0].classes)

    def __repr__(self) -> str:
        return f"OnlineBagging({self.members[0]!r}, members={len(self.members)})"

    @property
    def trained(self) -> int:
        """Labels that the first member learned."""
        return int(getattr(self.members[0], "trained", 0))

    def learn_one(self, x: np.ndarray, label: Any, weight: float = 1.0) -> None:
        new = label not in self.classes
        if new and (label is None or not getattr(self.members[0], "open", True)):
            raise _unknown(label, self.classes)
        times = self._rng.poisson(1.0, len(self.members))
        for member, count in zip(self.members, times, strict=True):
            for _ in range(max(1, int(count)) if new else int(count)):  # a new class is told to all
                member.learn_one(x, label, weight)
        self.classes = tuple(self.members[0].classes)

    def observe(self, x: np.ndarray) -> None:
        """Show a row without a label to those members that learn from it."""
        for member in self.members:
            if isinstance(member, OnlineSoftmax):
                member.observe(x)

    def forget(self, keep: int = 0) -> None:
        for member in self.members:
            member.forget(keep)

    def draws_one(self, x: np.ndarray) -> np.ndarray:
        """What each member says of one row, (K, C)."""
        return np.concatenate([member.draws_one(x) for member in self.members])

    def draws_many(self, x: np.ndarray) -> np.ndarray:
        """What each member says of many rows, (K, n, C)."""
        return np.concatenate([member.draws_many(x) for member in self.members])
