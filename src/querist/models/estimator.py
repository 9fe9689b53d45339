"""What the adapters of scikit-learn share: the clone that is fitted, and where a pipeline ends."""

from __future__ import annotations

import copy
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from querist.errors import NotFitted
from querist.models.capability import where

__all__ = ["Scikit", "before_last", "is_fitted", "last_step", "length", "plain", "plain_list"]


class Scikit:
    """What all kinds share: the estimator, whether it is fitted, the clone that fitting works on."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    @property
    def describes(self) -> str:
        """The name of what does the work: the last step of a pipeline."""
        return type(last_step(self.estimator)).__name__

    @property
    def is_fitted(self) -> bool:
        """Whether it has seen labels."""
        return is_fitted(self.estimator)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.estimator!r})"

    @where(lambda model: _can_embed(model.estimator))
    def embed(self, x: Any) -> Any:
        """What the last step of the pipeline sees, (n, d)."""
        self._check_fitted()
        return self.estimator[:-1].transform(x)

    @where(lambda model: hasattr(last_step(model.estimator), "tree_"))
    def leaves(self, x: Any) -> np.ndarray:
        """Which leaf of the tree each row falls into, (n,)."""
        return np.asarray(last_step(self.estimator).apply(before_last(self.estimator, x)))

    def _clone(self, seed: int) -> Any:
        if not hasattr(self.estimator, "get_params"):
            return copy.deepcopy(self.estimator)
        from sklearn.base import BaseEstimator, clone

        if self not in _UNFITTED:
            _UNFITTED[self] = _unfitted(self.estimator)
        fresh, names, usual = _UNFITTED[self]
        fresh = copy.deepcopy(fresh) if usual else clone(fresh)  # copying a clone takes a tenth of the time
        if names == ["random_state"] and type(fresh).set_params is BaseEstimator.set_params:
            fresh.random_state = int(seed) % 2**32  # what set_params does, without its search for names
        elif names:
            fresh.set_params(**dict.fromkeys(names, int(seed) % 2**32))
        return fresh

    def _check_fitted(self) -> None:
        if not is_fitted(self.estimator):
            raise NotFitted(
                f"{self.describes} has not seen a label yet.", mend="Fit it first: model.fitted(x, y)."
            )


_UNFITTED: WeakKeyDictionary[Scikit, tuple[Any, list[str], bool]] = WeakKeyDictionary()


def _unfitted(estimator: Any) -> tuple[Any, list[str], bool]:
    """A clone that is never fitted, its parameters that are seeds, and whether no part clones its own way."""
    from sklearn.base import BaseEstimator, clone

    fresh = clone(estimator)
    parameters = fresh.get_params(deep=True)
    usual = BaseEstimator.__sklearn_clone__
    parts = (fresh, *parameters.values())
    all_usual = all(getattr(type(one), "__sklearn_clone__", usual) is usual for one in parts)
    return fresh, [name for name in parameters if name.split("__")[-1] == "random_state"], all_usual


def is_fitted(estimator: Any) -> bool:
    """Whether an estimator or a model has been fitted; a model that does not tell counts as fitted."""
    if hasattr(estimator, "fitted"):
        return bool(getattr(estimator, "is_fitted", True))
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    if not hasattr(estimator, "__sklearn_tags__"):  # like an estimator, and none of scikit-learn's
        return any(
            name.endswith("_") and not name.startswith("_") for name in getattr(estimator, "__dict__", {})
        )
    try:
        check_is_fitted(estimator)
    except (NotFittedError, TypeError):
        return False
    return True


def last_step(estimator: Any) -> Any:
    """The last step of a pipeline; anything else is its own last step."""
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def before_last(estimator: Any, x: Any) -> Any:
    """What the last step of a pipeline sees of ``x``."""
    return estimator[:-1].transform(x) if hasattr(estimator, "steps") and len(estimator.steps) > 1 else x


def _can_embed(estimator: Any) -> bool:
    return (
        hasattr(estimator, "steps")
        and len(estimator.steps) > 1
        and is_fitted(estimator)
        and hasattr(estimator[:-1], "transform")
    )


def length(x: Any) -> int:
    """How many rows ``x`` has."""
    shape = getattr(x, "shape", None)
    return int(shape[0]) if shape else len(x)


def plain(value: Any) -> Any:
    """One of NumPy's values as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def plain_list(values: Any) -> list[Any]:
    """Many of NumPy's values as Python's own."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "USbif":
        told: list[Any] = values.tolist()
        return told
    return [plain(one) for one in values]
