"""scikit-learn estimators and pipelines as they are: the adapter that gives them our capabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from querist.errors import InvalidInput, MissingCapability, NotFitted
from querist.models.capability import where
from querist.models.contract import Model
from querist.models.estimator import Scikit, before_last, is_fitted, last_step, length, plain, plain_list
from querist.models.members import members_by_lot
from querist.models.multilabel import ScikitMultiLabel, holds_sets, says_sets

__all__ = ["ScikitClassifier", "ScikitRegressor", "as_model"]


def as_model(estimator: Any, classes: Sequence[Any] | None = None) -> Model:
    """``estimator`` as a model: any scikit-learn classifier, regressor or pipeline, as it is.

    A net of skorch becomes a :class:`~querist.models.torch.SkorchModel`.

    Something that is a model already (it has ``fitted``) comes back as it is, with the classes set
    where it takes them.  An estimator that is fitted already can predict at once.

    Parameters
    ----------
    estimator : scikit-learn estimator, anything with ``fit`` and ``predict`` like one, or a model
        Never changed: fitting works on a clone (a deep copy where it has no ``get_params``).
    classes : values, optional
        What the columns of ``proba`` are, in this order, whatever the labels seen so far.  Without
        it they are the sorted values of the labels that the model is fitted to.

    Fitted to labels that are sets of classes, or to an indicator matrix, a classifier becomes a
    :class:`~querist.models.ScikitMultiLabel`.

    Raises
    ------
    MissingCapability
        For something that neither classifies nor regresses.

    >>> from sklearn.tree import DecisionTreeClassifier
    >>> model = as_model(DecisionTreeClassifier(), classes=["a", "b", "c"])
    >>> model.fitted([[0.0], [1.0]], ["c", "a"]).proba([[0.0]])
    array([[0., 0., 1.]])
    """
    if hasattr(estimator, "fitted"):
        if classes is not None and hasattr(estimator, "with_classes"):
            return estimator.with_classes(classes)  # type: ignore[no-any-return]
        return estimator  # type: ignore[no-any-return]
    if hasattr(estimator, "initialize") and hasattr(estimator, "module") and hasattr(estimator, "fit"):
        from querist.models.torch.skorch import SkorchModel

        return SkorchModel(estimator, classes=classes)
    if hasattr(estimator, "named_modules") and hasattr(estimator, "state_dict"):
        raise MissingCapability(
            f"A bare {type(estimator).__name__} does not say how it is trained.",
            mend="Wrap it: querist.models.torch.TorchModel(module).",
        )
    if isinstance(estimator, type) or not hasattr(estimator, "fit") or not hasattr(estimator, "predict"):
        raise MissingCapability(
            f"{estimator!r} is no model: it cannot be fitted and predict.",
            mend="Give a scikit-learn estimator (LogisticRegression()), or an object with fitted(x, y).",
        )
    if _regresses(estimator):
        return ScikitRegressor(estimator)
    if says_sets(estimator):
        return ScikitMultiLabel(estimator, classes)
    return ScikitClassifier(estimator, classes)


class ScikitClassifier(Scikit):
    """A scikit-learn classifier, with its columns held at the classes of the campaign.

    A class without a label has probability 0.  With labels of one class only nothing is fitted: the
    model is sure of that class.
    """

    def __init__(
        self, estimator: Any, classes: Sequence[Any] | None = None, *, seen: tuple[Any, ...] | None = None
    ) -> None:
        super().__init__(estimator)
        self._classes = None if classes is None else tuple(classes)
        self._seen = seen  # the classes it was fitted to, in order; of one alone no estimator was fitted
        self._only = seen if seen is not None and len(seen) == 1 else None
        if self._classes is not None and len(set(self._classes)) < len(self._classes):
            raise InvalidInput(
                f"Classes must be distinct; got {self._classes!r}.", mend="Name each class once."
            )

    @property
    def classes(self) -> tuple[Any, ...]:
        """What the columns of :meth:`proba` are."""
        if self._classes is not None:
            return self._classes
        return self._known()

    @property
    def is_fitted(self) -> bool:
        """Whether it has seen labels, of one class at least."""
        return self._only is not None or is_fitted(self.estimator)

    def with_classes(self, classes: Sequence[Any]) -> ScikitClassifier:
        """The same model with these columns; classes that it does not know have probability 0."""
        return ScikitClassifier(self.estimator, classes, seen=self._seen)

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> ScikitClassifier | ScikitMultiLabel:
        """A new model, fitted to rows ``x`` and their values ``y``; every ``random_state`` is ``seed``.

        Values that are sets of classes make a model of several labels an item.
        """
        if holds_sets(y):
            return ScikitMultiLabel(self.estimator, self._classes).fitted(x, y, seed=seed)
        values = plain_list(y)
        seen = set(values)
        if not seen:
            raise InvalidInput("No labels to fit to.", mend="Label an item first; a cold model is None.")
        if self._classes is not None and (unknown := seen.difference(self._classes)):
            first = sorted(map(repr, unknown))[0]
            raise InvalidInput(
                f"The labels hold {first}, which is none of the {len(self._classes)} classes.",
                mend="Add the class first, or correct the label.",
            )
        if len(seen) == 1:
            return ScikitClassifier(self.estimator, self._classes, seen=(values[0],))
        target = np.asarray(values)
        fresh = self._clone(seed)
        fresh.fit(x, target)
        return ScikitClassifier(fresh, self._classes, seen=tuple(plain_list(np.unique(target))))

    @where(lambda model: hasattr(model.estimator, "predict_proba"))
    def proba(self, x: Any) -> np.ndarray:
        """Class probabilities, (n, C), columns in the order of ``classes``."""
        if self._only is not None:
            return self._constant(x)
        self._check_fitted()
        said, known = np.asarray(self.estimator.predict_proba(x)), self._known()
        if said.shape != (length(x), len(known)):
            raise InvalidInput(
                f"predict_proba of {self.describes} gives the shape {said.shape} for {length(x)} rows "
                f"and {len(known)} classes.",
                mend="It must give one row an item, and one column for each of classes_.",
            )
        return self._in_place(said, known)

    def predict(self, x: Any) -> np.ndarray:
        """The value predicted for each row, (n,)."""
        if self._only is not None:
            return np.asarray(self._only * length(x))
        self._check_fitted()
        return np.asarray(self.estimator.predict(x))

    @where(lambda model: _is_committee(model.estimator) and hasattr(model.estimator, "predict_proba"))
    def draws(self, x: Any, k: int, rng: np.random.Generator) -> np.ndarray:
        """What ``k`` members of the ensemble say, (k, n, C); distinct ones while there are enough."""
        if self._only is not None:
            return np.broadcast_to(self._constant(x), (k, length(x), len(self.classes))).copy()
        self._check_fitted()
        x, ensemble = before_last(self.estimator, x), last_step(self.estimator)
        votes = []
        for member, columns in _members(ensemble, k, rng):
            said = np.asarray(member.predict_proba(_columns(x, columns)))
            known = ensemble.classes_
            if said.shape[1] < len(known):  # a bootstrap without some class; members count classes from 0
                known = known[np.asarray(member.classes_, dtype=np.intp)]
            votes.append(self._in_place(said, known))
        return np.stack(votes)

    @where(lambda model: hasattr(model.estimator, "decision_function"))
    def decision(self, x: Any) -> np.ndarray:
        """How far each row is on the side of each class, (n, C): 0 on the boundary, higher inside.

        With two classes the columns are -f and f.  A class without a label is infinitely far away.
        """
        if self._only is not None:
            return np.where(self._constant(x) > 0, np.inf, -np.inf)
        self._check_fitted()
        said, known = np.asarray(self.estimator.decision_function(x)), self._known()
        if said.ndim == 1:
            said = np.column_stack([-said, said])
        if said.shape[1] != len(known):
            raise InvalidInput(
                f"The decision function of {self.describes} has {said.shape[1]} columns "
                f"for {len(known)} classes.",
                mend="Use one column a class: decision_function_shape='ovr' in SVC.",
            )
        return self._in_place(said, known, missing=-np.inf)

    @where(lambda model: _is_linear(model.estimator))
    def head(self) -> tuple[np.ndarray, np.ndarray]:
        """The linear last layer: weights (C, d) and bias (C,), minus infinity for a class without a label.

        Of two classes the logits are -f and f, as in :meth:`decision`.
        """
        last = last_step(self.estimator)
        weights, bias = np.asarray(last.coef_), np.atleast_1d(np.asarray(last.intercept_, dtype=np.float64))
        if len(weights) == 1:
            weights, bias = np.concatenate([-weights, weights]), np.concatenate([-bias, bias])
        bias = np.broadcast_to(bias, len(weights))
        weights = self._in_place(weights.T, self._known()).T
        return weights, self._in_place(bias[None], self._known(), missing=-np.inf)[0]

    def _known(self) -> tuple[Any, ...]:
        """The classes that the estimator knows, in the order of its own columns."""
        if self._only is None and hasattr(self.estimator, "classes_"):
            return tuple(plain_list(self.estimator.classes_))
        if self._seen is None:
            raise NotFitted(
                f"{self.describes} does not tell its classes.", mend="Fit it: model.fitted(x, y)."
            )
        return self._seen

    def _constant(self, x: Any) -> np.ndarray:
        return np.tile([float(one in self._known()) for one in self.classes], (length(x), 1))

    def _in_place(self, proba: np.ndarray, known: Any, *, missing: float = 0.0) -> np.ndarray:
        column = {value: i for i, value in enumerate(self.classes)}
        places = [column.get(plain(value), -1) for value in known]
        if places == list(range(len(column))):
            return proba
        if -1 in places:
            raise InvalidInput(
                f"The estimator predicts {plain(known[places.index(-1)])!r}, which is none of the classes.",
                mend="Give as_model(...) all classes, as they were when the estimator was fitted.",
            )
        full = np.full((len(proba), len(column)), missing, dtype=proba.dtype)
        full[:, places] = proba
        return full


class ScikitRegressor(Scikit):
    """A scikit-learn regressor; ``mean_std`` where it tells its spread or is an ensemble."""

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> ScikitRegressor:
        """A new model, fitted to rows ``x`` and numbers ``y``; every ``random_state`` is ``seed``."""
        numbers = np.asarray(y, dtype=np.float64)
        if not len(numbers):
            raise InvalidInput("No labels to fit to.", mend="Label an item first; a cold model is None.")
        fresh = self._clone(seed)
        fresh.fit(x, numbers)
        return ScikitRegressor(fresh)

    def predict(self, x: Any) -> np.ndarray:
        """The number predicted for each row, (n,)."""
        self._check_fitted()
        return np.asarray(self.estimator.predict(x), dtype=np.float64)

    @where(lambda model: _tells_std(model.estimator) or _is_committee(model.estimator))
    def mean_std(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """Predicted numbers and standard deviations: the estimator's own, or the spread of its members."""
        self._check_fitted()
        if _tells_std(self.estimator):
            mean, std = self.estimator.predict(x, return_std=True)
            return np.asarray(mean, dtype=np.float64), np.asarray(std, dtype=np.float64)
        ensemble = last_step(self.estimator)
        members = self._say(x, _members(ensemble, None, None))
        return self.predict(x), members.std(axis=0)

    @where(lambda model: hasattr(last_step(model.estimator), "kernel_"))
    def covariance(self, x: Any, z: Any) -> np.ndarray:
        """The posterior covariance of a Gaussian process between two lots of rows, (n, m)."""
        from scipy.linalg import cho_solve

        process = last_step(self.estimator)
        x, z = (np.asarray(before_last(self.estimator, rows), dtype=np.float64) for rows in (x, z))
        known = process.kernel_(process.X_train_, z)
        own = process.kernel_(x, z) - process.kernel_(x, process.X_train_) @ cho_solve(
            (process.L_, True), known
        )
        return np.asarray(own * process._y_train_std**2)

    @where(lambda model: _is_committee(model.estimator))
    def draws(self, x: Any, k: int, rng: np.random.Generator) -> np.ndarray:
        """What ``k`` members of the ensemble say, (k, n); distinct ones while there are enough."""
        self._check_fitted()
        return self._say(x, _members(last_step(self.estimator), k, rng))

    def _say(self, x: Any, members: Any) -> np.ndarray:
        x = before_last(self.estimator, x)
        return np.stack([np.asarray(m.predict(_columns(x, c)), dtype=np.float64) for m, c in members])


def _regresses(estimator: Any) -> bool:
    from sklearn.base import is_regressor

    if not hasattr(estimator, "__sklearn_tags__"):
        return getattr(estimator, "_estimator_type", None) == "regressor"
    return bool(is_regressor(estimator))


def _is_linear(estimator: Any) -> bool:
    """Whether its last step is fitted and has one row of weights a class, or one for two classes."""
    last = last_step(estimator)
    weights: Any = getattr(last, "coef_", None)
    classes = getattr(last, "classes_", ())
    pairs = hasattr(last, "decision_function_shape")  # SVC: a row of weights for each pair of classes
    if getattr(weights, "ndim", 0) != 2 or hasattr(weights, "tocsr") or pairs:
        return False
    return bool(len(weights) == len(classes) or (len(weights) == 1 and len(classes) == 2))


def _is_committee(estimator: Any) -> bool:
    """Whether its members answer the whole question each: bagging, forests, votes; not boosting by stages."""
    from sklearn.ensemble import BaseEnsemble, VotingClassifier, VotingRegressor

    last = last_step(estimator)
    if not isinstance(last, BaseEnsemble | VotingClassifier | VotingRegressor):
        return False
    members = getattr(last, "estimators_", [])
    return isinstance(members, list) and "GradientBoosting" not in type(last).__name__


def _members(ensemble: Any, k: int | None, rng: np.random.Generator | None) -> list[tuple[Any, Any]]:
    """Members with the columns that each sees (None: all): all of them, or ``k`` by lot."""
    members = list(ensemble.estimators_)
    columns = getattr(ensemble, "estimators_features_", [None] * len(members))
    which = np.arange(len(members))
    if k is not None and rng is not None:
        which = members_by_lot(len(members), k, rng)
    return [(members[i], columns[i]) for i in which]


def _columns(x: Any, columns: Any) -> Any:
    return x if columns is None else (x if hasattr(x, "shape") else np.asarray(x))[:, columns]


def _tells_std(estimator: Any) -> bool:
    import inspect

    return "return_std" in inspect.signature(last_step(estimator).predict).parameters
