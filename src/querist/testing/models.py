"""The laws of models."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from querist.models import as_model, capabilities, take
from querist.testing.laws import Laws, no_global_chance
from querist.testing.reference import blobs

__all__ = ["MODEL_LAWS", "check_model"]

Fit = Callable[..., Any]


def check_model(estimator: Any, x: Any = None, y: Any = None, *, laws: Laws | None = None) -> None:
    """Raise AssertionError unless ``estimator`` keeps every law of models.

    Parameters
    ----------
    estimator : not fitted; whatever :func:`querist.models.as_model` takes
    x, y : rows and their values, optional
        At least 30 rows, in an order in which the first 20 hold each class.  Heaps of three classes
        if not given; numbers for a model without ``proba`` or ``classes``.

    >>> from sklearn.naive_bayes import GaussianNB
    >>> check_model(GaussianNB())
    """
    trial = _Trial(estimator, x, y)
    for law, check in (MODEL_LAWS if laws is None else laws).items():
        try:
            check(trial)
        except Exception as error:
            told = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
            raise AssertionError(f"{estimator!r} breaks the law {law!r}: {told}") from error


class _Trial:
    """An estimator with data to fit it to."""

    def __init__(self, estimator: Any, x: Any, y: Any) -> None:
        self.model: Any = as_model(estimator)
        self.classifies = hasattr(self.model, "proba") or hasattr(type(self.model), "classes")
        if x is None:
            x, y = blobs(60)
            if not self.classifies:
                y = x @ np.arange(1.0, 5.0)
        self.x, self.y = x, list(y)
        self.train = np.arange(20)

    @property
    def values(self) -> list[Any]:
        """The distinct values in order."""
        return sorted(set(self.y))

    def with_classes(self, classes: list[Any]) -> Any:
        return as_model(self.model, classes)

    def fit(self, model: Any = None, *, rows: Any = None, seed: int = 0) -> Any:
        rows = self.train if rows is None else rows
        return (model or self.model).fitted(take(self.x, rows), [self.y[int(i)] for i in rows], seed=seed)


def fitting_makes_a_new_model(trial: _Trial) -> None:
    before = pickle.dumps(trial.model)
    with no_global_chance():
        first: Any = trial.fit()
    assert first is not trial.model, "fitted returned itself"
    assert pickle.dumps(trial.model) == before, "fitted changed the model it was called on"
    assert hasattr(first, "fitted"), "what fitted returns cannot be fitted again"
    said = first.predict(trial.x)
    trial.fit(first, rows=np.arange(10, len(trial.y)))
    assert _equal(first.predict(trial.x), said), "a second fit changed the first model"


def the_same_seed_fits_the_same_model(trial: _Trial) -> None:
    for seed in (0, 3, 2**40):
        first, second = trial.fit(seed=seed), trial.fit(seed=seed)
        for capability in ("predict", "proba"):
            if hasattr(first, capability):
                one, two = getattr(first, capability)(trial.x), getattr(second, capability)(trial.x)
                assert _equal(one, two), f"{capability} differs with seed {seed}"


def predicts_values_that_it_was_told(trial: _Trial) -> None:
    said = trial.fit().predict(trial.x)
    assert np.shape(said) == (len(trial.y),), f"predict has shape {np.shape(said)}"
    if trial.classifies:
        strange = set(np.asarray(said).tolist()) - set(trial.values)
        assert not strange, f"it predicts {strange}"


def probabilities_sum_to_one(trial: _Trial) -> None:
    model = trial.fit()
    if not hasattr(model, "proba"):
        return
    _distributions(model.proba(trial.x), len(trial.y), len(model.classes))
    again = model.proba(trial.x)[:5]
    part = model.proba(take(trial.x, np.arange(5)))
    assert np.allclose(part, again, atol=1e-6), "a row is told otherwise alone than in company"


def columns_are_held_in_place(trial: _Trial) -> None:
    model = trial.fit()
    if not (hasattr(model, "proba") and hasattr(model, "with_classes")):
        return
    straight = model.proba(trial.x)
    strange = ["zz unseen"] if isinstance(trial.values[0], str) else [10_000]
    classes = strange + trial.values[::-1]
    turned = trial.fit(trial.with_classes(classes))
    assert tuple(turned.classes) == tuple(classes), f"classes are {turned.classes}, not {classes}"
    proba = turned.proba(trial.x)
    _distributions(proba, len(trial.y), len(classes))
    assert (proba[:, 0] == 0).all(), "a class without a label has a probability above 0"
    assert np.allclose(proba[:, :0:-1], straight, atol=1e-6), (
        "the columns are not in the order of the classes"
    )


def one_class_is_enough(trial: _Trial) -> None:
    if not (hasattr(trial.fit(), "proba") and hasattr(trial.model, "with_classes")):
        return
    value = trial.y[0]
    rows = [i for i, one in enumerate(trial.y) if one == value][:3]
    model = trial.fit(trial.with_classes(trial.values), rows=rows)
    proba = model.proba(trial.x)
    _distributions(proba, len(trial.y), len(trial.values))
    assert (proba[:, trial.values.index(value)] == 1).all(), "it is not sure of the only class it saw"
    assert set(np.asarray(model.predict(trial.x)).tolist()) == {value}


def inputs_stay_as_they_are(trial: _Trial) -> None:
    if not isinstance(trial.x, np.ndarray):
        return
    x = trial.x.copy()
    y = np.asarray(trial.y)
    model = trial.model.fitted(x[:20], y[:20], seed=0)
    model.predict(x)
    assert _equal(x, trial.x) and y.tolist() == trial.y, "it changed what it was given"


def draws_are_members_of_a_committee(trial: _Trial) -> None:
    model = trial.fit()
    if not hasattr(model, "draws"):
        return
    for k in (1, 3, 20):
        said = model.draws(take(trial.x, np.arange(6)), k, np.random.default_rng(0))
        shape = (k, 6, len(model.classes)) if trial.classifies else (k, 6)
        assert said.shape == shape, f"draws have the shape {said.shape}, not {shape}"
        if trial.classifies:
            _distributions(said.reshape(-1, said.shape[2]), k * 6, said.shape[2])
    again = model.draws(take(trial.x, np.arange(6)), 20, np.random.default_rng(0))
    assert _equal(said, again), "the same generator draws other members"


def spreads_are_not_negative(trial: _Trial) -> None:
    model = trial.fit()
    if not hasattr(model, "mean_std"):
        return
    mean, std = model.mean_std(trial.x)
    assert mean.shape == std.shape == (len(trial.y),), f"shapes {mean.shape} and {std.shape}"
    assert np.isfinite(mean).all() and np.isfinite(std).all() and (std >= 0).all(), f"std {std}"


def has_a_capability(trial: _Trial) -> None:
    has = capabilities(trial.fit())
    assert has & {"proba", "mean_std", "draws", "predict"}, f"fitted it has only {sorted(has)}"


MODEL_LAWS: Laws = {
    "fitting makes a new model and never changes the old one": fitting_makes_a_new_model,
    "the same seed fits the same model": the_same_seed_fits_the_same_model,
    "has a capability": has_a_capability,
    "predicts values that it was told": predicts_values_that_it_was_told,
    "probabilities sum to one, a row alone as in company": probabilities_sum_to_one,
    "the columns of the classes are held in place": columns_are_held_in_place,
    "labels of one class are enough": one_class_is_enough,
    "inputs stay as they are": inputs_stay_as_they_are,
    "draws are members of a committee": draws_are_members_of_a_committee,
    "spreads are finite and not negative": spreads_are_not_negative,
}
"""Every law of models by what it says."""


def _distributions(proba: Any, n: int, classes: int) -> None:
    proba = np.asarray(proba)
    assert proba.shape == (n, classes), f"proba has the shape {proba.shape}, not {(n, classes)}"
    assert (proba >= 0).all() and np.allclose(proba.sum(axis=1), 1, atol=1e-3), "rows are no distributions"


def _equal(one: Any, two: Any) -> bool:
    return bool(np.array_equal(np.asarray(one), np.asarray(two)))
