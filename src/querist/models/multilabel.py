"""scikit-learn estimators that say of each class by itself whether an item has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models.capability import where
from querist.models.estimator import Scikit, is_fitted, last_step, length, plain
from querist.tasks import indicator, is_label_set, label_sets

__all__ = ["ScikitMultiLabel", "holds_sets", "says_sets"]


class ScikitMultiLabel(Scikit):
    """A scikit-learn classifier for labels that are sets of classes, its columns held in place.

    An estimator that takes an indicator matrix is used as it is (forests, nearest neighbours, MLP,
    ``OneVsRestClassifier``, ``MultiOutputClassifier``, ``ClassifierChain``); any other classifier, or the
    last step of a pipeline, is fitted to each class against the rest.  A class that no label has, or
    all have, is not fitted: the model is certain of it.

    It has ``marginals`` where the estimator has ``predict_proba``, and no ``proba``: chances of single
    classes are no distribution, and a strategy for one class an item must not take them for one.

    Parameters
    ----------
    estimator : scikit-learn classifier or pipeline; fitted to an indicator matrix, or not fitted
    classes : values, optional
        What the columns are; the sorted names in the labels, or column numbers, if not given.

    >>> from sklearn.linear_model import LogisticRegression
    >>> model = ScikitMultiLabel(LogisticRegression(), classes=("a", "b", "c"))
    >>> fitted = model.fitted([[0.0], [1.0], [2.0]], [("a",), ("a", "b"), ("a", "b")])
    >>> fitted.marginals([[0.0], [2.0]]).round(1)
    array([[1. , 0.5, 0. ],
           [1. , 0.8, 0. ]])
    >>> fitted.predict([[2.0]]).tolist()
    [('a', 'b')]
    """

    def __init__(
        self,
        estimator: Any,
        classes: Sequence[Any] | None = None,
        *,
        columns: Sequence[int] | None = None,
        always: Sequence[int] = (),
    ) -> None:
        super().__init__(_taking_sets(estimator))
        width = None if columns is not None else _width(self.estimator)
        if classes is None and width is not None:
            classes = range(width)
        if classes is not None and width is not None and len(classes) != width:
            raise InvalidInput(
                f"The estimator was fitted to {width} classes; got the {len(classes)} classes "
                f"{tuple(classes)!r}.",
                mend="Name the columns of the indicator matrix that it was fitted to, in their order.",
            )
        self._classes = None if classes is None else tuple(classes)
        self._columns = None if columns is None else tuple(columns)  # the classes that were fitted
        self._always = tuple(always)  # of those that were not: the ones that every label has
        if self._columns is None and width is not None:
            self._columns = tuple(range(width))

    @property
    def classes(self) -> tuple[Any, ...]:
        """What the columns are."""
        self._check_fitted()
        return self._classes or ()

    @property
    def is_fitted(self) -> bool:
        """Whether it has seen labels."""
        return self._columns is not None

    def with_classes(self, classes: Sequence[Any]) -> ScikitMultiLabel:
        """The same model with these columns; it is certain that no item has a class that it does not know."""
        if self._columns is None or self._classes is None:
            return ScikitMultiLabel(self.estimator, classes)
        place = {value: i for i, value in enumerate(classes)}
        if unknown := [one for one in self._classes if one not in place]:
            raise InvalidInput(
                f"The model was fitted to the class {unknown[0]!r}, which is none of {tuple(classes)!r}.",
                mend="Give all the classes that it knows, and the new ones after them.",
            )
        return ScikitMultiLabel(
            self.estimator,
            classes,
            columns=[place[self._classes[column]] for column in self._columns],
            always=[place[self._classes[column]] for column in self._always],
        )

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> ScikitMultiLabel:
        """A new model, fitted to rows ``x`` and their sets of classes; every ``random_state`` is ``seed``.

        Parameters
        ----------
        y : n sets of classes, or an (n, C) indicator matrix
        """
        classes, table = _table(y, self._classes)
        if not len(table):
            raise InvalidInput("No labels to fit to.", mend="Label an item first; a cold model is None.")
        varied = np.flatnonzero(table.any(axis=0) & ~table.all(axis=0)).tolist()
        always = np.flatnonzero(table.all(axis=0)).tolist()
        if not varied:
            return ScikitMultiLabel(self.estimator, classes, columns=(), always=always)
        target = table[:, varied].astype(np.int64)
        if len(varied) == 1:  # a lone column goes in twice: a target with one is no indicator matrix
            target = np.repeat(target, 2, axis=1)
        fresh = _ordered(self._clone(seed), varied, target.shape[1])
        fresh.fit(x, target)
        return ScikitMultiLabel(fresh, classes, columns=varied, always=always)

    @where(lambda model: hasattr(model.estimator, "predict_proba"))
    def marginals(self, x: Any) -> np.ndarray:
        """The chance of each class by itself, (n, C), from 0 to 1."""
        return self._in_place(x, self._chances, absent=0.0, present=1.0)

    @where(
        lambda model: (
            hasattr(model.estimator, "decision_function") or hasattr(model.estimator, "predict_proba")
        )
    )
    def label_decision(self, x: Any) -> np.ndarray:
        """How far each row is on the side of each class, (n, C): above 0 where it has it.

        What ``decision_function`` says, or 2 p - 1 where there are chances only.  Infinite for a class that
        all labels have, minus infinite for one that none has.
        """
        return self._in_place(x, self._decided, absent=-np.inf, present=np.inf)

    def predict(self, x: Any) -> np.ndarray:
        """The set of classes of each row, (n,) tuples."""
        table = self._in_place(x, self._told, absent=0.0, present=1.0) > 0.5
        said = np.empty(len(table), dtype=object)
        for i, one in enumerate(label_sets(table, self.classes)):
            said[i] = one
        return said

    def _chances(self, x: Any) -> np.ndarray:
        said = self.estimator.predict_proba(x)
        if not isinstance(said, list):
            return np.asarray(said)
        known = last_step(self.estimator).classes_  # a table for each class, with a column for each value
        return np.stack(
            [
                np.asarray(one)[:, list(values).index(1)] if 1 in values else np.zeros(len(one))
                for one, values in zip(said, known, strict=True)
            ],
            axis=1,
        )

    def _decided(self, x: Any) -> np.ndarray:
        if not hasattr(self.estimator, "decision_function"):
            return 2 * self._chances(x) - 1
        said = np.asarray(self.estimator.decision_function(x), dtype=np.float64)
        for column, one in enumerate(getattr(last_step(self.estimator), "estimators_", ())):
            if type(one).__name__ == "_ConstantPredictor":  # which says 0 for "never" and 1 for "always"
                said[:, column] = np.where(said[:, column] > 0, np.inf, -np.inf)
        return said

    def _told(self, x: Any) -> np.ndarray:
        said = self.estimator.predict(x)
        return np.asarray(said.toarray() if hasattr(said, "toarray") else said)

    def _in_place(self, x: Any, says: Any, *, absent: float, present: float) -> np.ndarray:
        """What the estimator says of the classes that were fitted, and what is certain of the others."""
        self._check_fitted()
        columns = list(self._columns or ())
        said = says(x) if columns else np.empty((length(x), 0))
        full = np.full((len(said), len(self.classes)), absent, dtype=np.promote_types(said.dtype, np.float32))
        full[:, list(self._always)] = present
        full[:, columns] = said[:, : len(columns)]  # of a lone column that went in twice, the first
        return full

    def _check_fitted(self) -> None:
        if self._columns is None:
            super()._check_fitted()


def holds_sets(y: Any) -> bool:
    """Whether labels are sets of classes (or an indicator matrix), and not one class each."""
    if getattr(y, "ndim", 1) == 2:
        return True
    return any(is_label_set(one) for one in y)


def says_sets(estimator: Any) -> bool:
    """Whether an estimator has been fitted to an indicator matrix of two columns or more."""
    return is_fitted(estimator) and _width(estimator) is not None


def _taking_sets(estimator: Any) -> Any:
    """The estimator, or its last step, made to take an indicator matrix: one class against the rest."""
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.utils import get_tags

    last = last_step(estimator)
    tags = get_tags(last) if hasattr(last, "__sklearn_tags__") else None
    if tags is not None and (
        tags.target_tags.multi_output or getattr(tags.classifier_tags, "multi_label", False)
    ):
        return estimator
    if last is estimator:
        return OneVsRestClassifier(estimator)
    return Pipeline([*estimator.steps[:-1], (estimator.steps[-1][0], OneVsRestClassifier(last))])


def _width(estimator: Any) -> int | None:
    """How many columns the indicator matrix had that an estimator was fitted to; None if it was none."""
    last = last_step(estimator)
    if getattr(last, "multilabel_", False):
        return len(last.estimators_)
    known = getattr(last, "classes_", None)
    if isinstance(known, list) and all(set(np.asarray(one).tolist()) <= {0, 1} for one in known):
        return len(known)
    if getattr(last, "out_activation_", "") == "logistic" and last.n_outputs_ > 1:
        return int(last.n_outputs_)
    return None


def _table(y: Any, classes: Sequence[Any] | None) -> tuple[tuple[Any, ...], np.ndarray]:
    """The classes, and which of them each label has, (n, C)."""
    if getattr(y, "ndim", 1) == 2:
        names = tuple(range(y.shape[1]) if classes is None else classes)
        y = label_sets(y, names)
    labels = [tuple(plain(one) for one in (label if is_label_set(label) else (label,))) for label in y]
    met = {one for label in labels for one in label}
    names = tuple(sorted(met) if classes is None else classes)
    if unknown := met.difference(names):
        raise InvalidInput(
            f"The labels hold {sorted(map(repr, unknown))[0]}, which is none of the {len(names)} classes.",
            mend="Add the class first, or correct the label.",
        )
    return names, indicator(labels, names)


def _ordered(fresh: Any, varied: Sequence[int], width: int) -> Any:
    """A chain of classifiers with its order of the classes told among those that are fitted."""
    order = getattr(last_step(fresh), "order", None)
    if order is None or isinstance(order, str):
        return fresh
    rank = [varied.index(column) for column in order if column in varied]
    last_step(fresh).set_params(order=rank if len(rank) == width else list(range(width)))
    return fresh
