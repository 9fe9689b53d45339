"""Committees: several models that learn from the same labels and may disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.models.capability import where
from querist.models.estimator import is_fitted
from querist.models.members import members_by_lot
from querist.models.multilabel import holds_sets
from querist.models.rows import take
from querist.models.scikit import as_model

__all__ = ["Bagging", "Committee"]


class Committee:
    """Several models fitted to the same labels: where they disagree, a label tells most.

    Prefer it when models of different kinds are at hand, each defensible; use :class:`Bagging` to make
    a committee of one model, and a forest as it is (it is a committee already).

    Parameters
    ----------
    members : scikit-learn estimators or models, one or more
        All classifiers or all regressors.  A classifier without probabilities votes.
    classes : values, optional
        What the columns of ``proba`` and ``draws`` are; the labels seen when not given.

    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> model = Committee([GaussianNB(), DecisionTreeClassifier()])
    >>> model.fitted([[0.0], [1.0], [2.0], [3.0]], ["a", "a", "b", "b"]).proba([[0.5], [2.5]]).round(2)
    array([[1., 0.],
           [0., 1.]])

    Seung, Opper & Sompolinsky 1992 (query by committee); Burbidge, Rowland & King 2007 (numbers).
    """

    describes: ClassVar[str] = "Committee"

    def __init__(self, members: Sequence[Any], classes: Sequence[Any] | None = None) -> None:
        if not len(members):
            raise InvalidInput("A committee without members.", mend="Give it one model or more.")
        self.classes_given = None if classes is None else tuple(classes)
        self.members = tuple(as_model(one, classes) for one in members)
        if len({_classifies(one) for one in self.members}) > 1:
            raise InvalidInput(
                "A committee of classifiers and regressors has nothing to disagree about.",
                mend="Give members of one kind.",
            )

    def __repr__(self) -> str:
        return f"Committee({list(self.members)!r})"

    @where(lambda model: _classifies(model.members[0]))
    def with_classes(self, classes: Sequence[Any]) -> Committee:
        """The same committee with these columns."""
        return Committee(self.members, classes)

    def __getattr__(self, name: str) -> Any:
        if name == "classes" and _classifies(self.members[0]):  # regressors have none, as to hasattr
            return tuple(self.members[0].classes)  # type: ignore[attr-defined]
        raise AttributeError(f"{self.describes} has no {name}")

    @property
    def is_fitted(self) -> bool:
        """Whether all members have seen labels."""
        return all(is_fitted(one) for one in self.members)

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Committee:
        """A new committee, each member fitted to all rows with a seed of its own."""
        _check_values(y)
        seeds = _seeds(seed, len(self.members))
        members = [one.fitted(x, y, seed=own) for one, own in zip(self.members, seeds, strict=True)]
        return Committee(members, self.classes_given)

    def predict(self, x: Any) -> np.ndarray:
        """The class of the highest mean probability, or the mean number, (n,)."""
        if not _classifies(self.members[0]):
            return np.asarray(self._say(x, range(len(self.members))).mean(axis=0))
        best = self.proba(x).argmax(axis=1)
        return np.asarray(np.array(self.classes)[best])

    @where(lambda model: _classifies(model.members[0]))
    def proba(self, x: Any) -> np.ndarray:
        """The mean of the members' probabilities, (n, C)."""
        total = _say_classes(self.members[0], x, self.classes).copy()
        for member in self.members[1:]:
            total += _say_classes(member, x, self.classes)
        return np.asarray(total / len(self.members))

    @where(lambda model: not _classifies(model.members[0]))
    def mean_std(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """The mean and the standard deviation of what the members say, two (n,) arrays."""
        said = self._say(x, range(len(self.members)))
        return said.mean(axis=0), said.std(axis=0)

    def draws(self, x: Any, k: int, rng: np.random.Generator) -> np.ndarray:
        """What ``k`` members say, (k, n, C) or (k, n); distinct ones while there are enough."""
        return self._say(x, members_by_lot(len(self.members), k, rng))

    def _say(self, x: Any, which: Any) -> np.ndarray:
        """What some members say; one that is asked twice is computed once."""
        said: dict[int, np.ndarray] = {}
        for i in map(int, which):
            if i not in said:
                member: Any = self.members[i]
                said[i] = _say_classes(member, x, self.classes) if _classifies(member) else member.predict(x)
        return np.stack([said[int(i)] for i in which])


class Bagging(Committee):
    """A committee of one model: each member is fitted to a bootstrap of the labels.

    It gives any classifier or regressor ``draws``, whatever it is: a pipeline, a model of your own.
    Members cost ``size`` fits a round.  Prefer a forest where trees fit the data: it is bagged inside.

    Parameters
    ----------
    model : scikit-learn estimator or model
    size : int
        How many members.
    classes : values, optional

    >>> from sklearn.linear_model import LogisticRegression
    >>> model = Bagging(LogisticRegression(), 5).fitted([[0.0], [1.0], [2.0], [3.0]], ["a", "a", "b", "b"])
    >>> model.draws([[1.5]], 5, np.random.default_rng(0)).shape
    (5, 1, 2)

    Breiman 1996; Abe & Mamitsuka 1998 (query by bagging).
    """

    describes: ClassVar[str] = "Bagging"

    def __init__(self, model: Any, size: int = 10, classes: Sequence[Any] | None = None) -> None:
        if size < 1:
            raise InvalidInput(f"A committee of {size} members.", mend="Give a size of 1 or more.")
        super().__init__([model], classes)
        self.size = size

    def __repr__(self) -> str:
        return f"Bagging({self.members[0]!r}, {self.size})"

    @property
    def is_fitted(self) -> bool:
        """Never: fitting makes the committee."""
        return False

    @where(lambda model: _classifies(model.members[0]))
    def with_classes(self, classes: Sequence[Any]) -> Bagging:
        """The same model, to be bagged with these columns."""
        return Bagging(self.members[0], self.size, classes)

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Committee:
        """A committee of ``size`` members, each fitted to as many rows drawn with replacement."""
        _check_values(y)
        values, n = list(y), len(y)
        if not n:
            raise InvalidInput("No labels to fit to.", mend="Label an item first; a cold model is None.")
        model: Any = self.members[0]
        classes = self.classes_given
        if _classifies(model):
            classes = classes or tuple(np.unique(np.asarray(values)).tolist())
            model = as_model(model, classes)
        members = []
        for own in _seeds(seed, self.size):
            drawn = np.sort(np.random.default_rng(own).integers(n, size=n))
            members.append(model.fitted(take(x, drawn), [values[i] for i in drawn], seed=own))
        return _Bagged(members, classes, self)


class _Bagged(Committee):
    """The committee that bagging made; fitted again it draws new bootstraps."""

    describes: ClassVar[str] = "Bagging"

    def __init__(self, members: Sequence[Any], classes: Sequence[Any] | None, bagging: Bagging) -> None:
        super().__init__(members, classes)
        self.bagging = bagging

    def with_classes(self, classes: Sequence[Any]) -> Committee:
        """The same fitted committee with these columns."""
        return _Bagged(self.members, classes, self.bagging.with_classes(classes))

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Committee:
        """A new committee of new bootstraps."""
        return self.bagging.fitted(x, y, seed=seed)


def _check_values(y: Any) -> None:
    if holds_sets(y):
        raise InvalidInput(
            "A committee votes on one class an item; these labels are sets of classes.",
            mend="Use the model alone: RandomForestClassifier() or any other classifier takes sets.",
        )


def _classifies(model: Any) -> bool:
    return hasattr(model, "proba") or hasattr(type(model), "classes")


def _say_classes(model: Any, x: Any, classes: tuple[Any, ...]) -> np.ndarray:
    """The probabilities of one member, or its votes where it has none."""
    if hasattr(model, "proba"):
        return np.asarray(model.proba(x))
    said = model.predict(x).tolist()
    return np.array([[float(one == value) for value in classes] for one in said]).reshape(-1, len(classes))


def _seeds(seed: int, k: int) -> list[int]:
    """A seed for each member, all different."""
    return [int(one) for one in np.random.SeedSequence(seed % 2**64).generate_state(k)]
