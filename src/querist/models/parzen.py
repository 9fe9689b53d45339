"""A classifier by the labels nearby, which tells how much it has seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, NotFitted
from querist.models.multilabel import holds_sets

__all__ = ["Parzen"]

_BLOCK = 1 << 20  # distances at a time


class Parzen:
    """Counts the labels near a row, each by exp(-distance^2 / (2 bandwidth^2)).

    Nothing is trained, one label is enough, and ``frequencies`` tell how much evidence there is, which
    probabilities cannot.  Prefer it for few labels on features of few dimensions, and for the
    strategies that read frequencies; elsewhere a linear model predicts better.

    Parameters
    ----------
    bandwidth : float, optional
        In the units of the features.  Without it the spread of the labelled rows (root of their total
        variance), shrunk by n^(-1 / (d + 4)) as they become many (Scott's rule).
    classes : values, optional
        What the columns are; the labels seen when not given.

    Features are dense or sparse numbers; distances are Euclidean.

    >>> model = Parzen(bandwidth=1.0).fitted([[0.0], [1.0], [5.0]], ["a", "a", "b"])
    >>> model.frequencies([[0.5], [9.0]]).round(2)
    array([[1.76, 0.  ],
           [0.  , 0.  ]])
    >>> model.proba([[0.5], [9.0]]).round(2)
    array([[1., 0.],
           [0., 1.]])

    Parzen 1962; Chapelle 2005 (active learning for Parzen window classifiers).
    """

    describes: ClassVar[str] = "Parzen"

    def __init__(
        self, bandwidth: float | None = None, classes: Sequence[Any] | None = None, *, seen: Any = None
    ) -> None:
        if bandwidth is not None and not 0 < bandwidth < np.inf:
            raise InvalidInput(f"A bandwidth must be above 0; got {bandwidth!r}.", mend="Leave it out.")
        self.bandwidth = bandwidth
        self.classes_given = None if classes is None else tuple(classes)
        self._seen = seen  # rows less their mean, that mean, values, bandwidth

    def __repr__(self) -> str:
        return f"Parzen(bandwidth={self.bandwidth!r})"

    @property
    def classes(self) -> tuple[Any, ...]:
        """What the columns are."""
        if self.classes_given is not None:
            return self.classes_given
        return tuple(sorted(set(self._fitted()[2])))

    def with_classes(self, classes: Sequence[Any]) -> Parzen:
        """The same model with these columns."""
        return Parzen(self.bandwidth, classes, seen=self._seen)

    @property
    def is_fitted(self) -> bool:
        """Whether it has seen labels."""
        return self._seen is not None

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> Parzen:
        """A new model that has seen rows ``x`` with the values ``y``."""
        if holds_sets(y):
            raise InvalidInput(
                "Parzen counts one class an item; these labels are sets of classes.",
                mend="Use KNeighborsClassifier() or any other classifier of scikit-learn.",
            )
        values = [one.item() if isinstance(one, np.generic) else one for one in y]
        if not values:
            raise InvalidInput("No labels to fit to.", mend="Label an item first; a cold model is None.")
        if self.classes_given is not None and (unknown := set(values).difference(self.classes_given)):
            raise InvalidInput(
                f"The labels hold {sorted(map(repr, unknown))[0]}, which is none of the "
                f"{len(self.classes_given)} classes.",
                mend="Add the class first, or correct the label.",
            )
        rows = _numbers(x)
        n, d = rows.shape
        mean = np.asarray(rows.mean(axis=0)).ravel()
        variance = float(_squares(rows).sum() / n - mean @ mean)
        width = self.bandwidth or float(np.sqrt(max(variance, 0.0))) * n ** (-1 / (d + 4)) or 1.0
        centre = np.zeros(d) if hasattr(rows, "tocsr") else mean
        places = rows if hasattr(rows, "tocsr") else rows - centre
        return Parzen(self.bandwidth, self.classes_given, seen=(places, centre, tuple(values), width))

    def frequencies(self, x: Any) -> np.ndarray:
        """How often each class was seen near each row, by weight, (n, C)."""
        return self._by_blocks(x, np.exp)

    def proba(self, x: Any) -> np.ndarray:
        """The frequencies as shares, (n, C); however far a row is, its nearest labels count."""
        weights = self._by_blocks(x, lambda logs: np.exp(logs - logs.max(axis=1, keepdims=True)))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def predict(self, x: Any) -> np.ndarray:
        """The most frequent class near each row, (n,)."""
        return np.asarray(np.array(self.classes)[self.proba(x).argmax(axis=1)])

    def _by_blocks(self, x: Any, weigh: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The weights that the rows seen have at each row, added up by class, (n, C)."""
        rows, owns = _numbers(x), self._ownership()
        out = np.empty((rows.shape[0], owns.shape[1]))
        step = max(1, _BLOCK // len(owns))
        for start in range(0, len(out), step):
            out[start : start + step] = weigh(self._logs(rows[start : start + step])) @ owns
        return out

    def _logs(self, rows: Any) -> np.ndarray:
        """The logarithm of the weight of each row seen at each of some rows, (k, rows seen)."""
        places, centre, _, width = self._fitted()
        rows = rows if hasattr(rows, "tocsr") else rows - centre
        if hasattr(rows, "tocsr") != hasattr(places, "tocsr"):
            raise InvalidInput(
                "The model saw sparse rows and is asked of dense ones, or the other way round.",
                mend="Give both alike.",
            )
        products = rows @ places.T
        products = np.asarray(products.toarray() if hasattr(products, "toarray") else products)
        squared = _squares(rows)[:, None] + _squares(places)[None, :] - 2 * products
        return np.asarray(np.maximum(squared, 0) / (-2 * width**2))

    def _ownership(self) -> np.ndarray:
        """1 where a row seen has the class, (rows seen, C)."""
        values = self._fitted()[2]
        place = {value: i for i, value in enumerate(self.classes)}
        owns = np.zeros((len(values), len(place)))
        owns[np.arange(len(values)), [place[one] for one in values]] = 1
        return owns

    def _fitted(self) -> Any:
        if self._seen is None:
            raise NotFitted("Parzen has not seen a label yet.", mend="Fit it first: model.fitted(x, y).")
        return self._seen


def _numbers(x: Any) -> Any:
    return x.tocsr().astype(np.float64) if hasattr(x, "tocsr") else np.asarray(x, dtype=np.float64)


def _squares(rows: Any) -> np.ndarray:
    if hasattr(rows, "multiply"):
        return np.asarray(rows.multiply(rows).sum(axis=1)).ravel()
    return np.asarray(np.einsum("ij,ij->i", rows, rows))
