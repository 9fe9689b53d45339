"""The second opinion beside a boundary, against scikit-learn's kernel ridge regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.kernel_ridge import KernelRidge

from querist.data import Pool
from querist.strategies import Default, Snapshot
from querist.strategies.scored import predicted
from querist.strategies.seconded import seconded

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3)) + 4


class Decides:
    """A boundary on the first feature, told in one column or in as many as there are classes."""

    def __init__(self, classes: tuple[str, ...] = ("a", "b"), *, scale: float = 1.0) -> None:
        self.classes, self.scale = classes, scale

    def decision(self, x: Any) -> np.ndarray:
        side = self.scale * (np.asarray(x)[:, 0] - 4)
        if len(self.classes) == 2:
            return side
        return np.column_stack([-side, side] + [np.full(len(side), -1.0)] * (len(self.classes) - 2))


def heard(model: Any, values: list[str], x: np.ndarray = X) -> np.ndarray:
    snapshot = Snapshot(Pool(x), labels=dict(enumerate(values)), model=model)
    return seconded(predicted(snapshot), values, lambda rows: x[rows])


def regressed(values: list[str], classes: tuple[str, ...]) -> np.ndarray:
    n = len(values)
    squared = ((X[:, None] - X[None, :n]) ** 2).sum(axis=2)
    targets = np.where(np.array(values)[:, None] == np.array(classes), 1.0, -1.0)
    ridge = KernelRidge(alpha=1.0, kernel="rbf", gamma=2 / squared.mean()).fit(X[:n], targets)
    return np.asarray(ridge.predict(X[n:]))


def test_half_of_kernel_ridge_regression_is_added() -> None:
    for classes in (("a", "b"), ("a", "b", "c")):
        values = list(np.random.default_rng(1).choice(classes, size=20))
        model = Decides(classes)
        own = model.decision(X[20:])
        own = np.column_stack([-own, own]) if own.ndim == 1 else own
        assert np.allclose(heard(model, values), own + 0.5 * regressed(values, classes), atol=1e-6)


def test_of_two_classes_they_pull_alike() -> None:
    said = heard(Decides(), ["a", "b", "b", "a", "b"])
    assert np.allclose(said[:, 0], -said[:, 1])


def test_labels_that_are_no_classes_of_the_model_say_nothing() -> None:
    model = Decides()
    assert np.allclose(
        heard(model, ["c"] * 5), np.column_stack([-model.decision(X[5:]), model.decision(X[5:])])
    )


def test_rows_that_are_all_alike_get_a_number() -> None:
    assert np.isfinite(heard(Decides(), ["a", "b"], np.ones((10, 3)))).all()


def test_where_the_labels_nearby_contradict_the_boundary_it_asks() -> None:
    x = np.linspace(0, 8, 81)[:, None]
    labels = {row: "a" if x[row, 0] < 5.5 else "b" for row in range(0, 81, 4)}
    model = Decides(scale=0.1)
    picked = Default().propose(Snapshot(Pool(x), labels=labels, model=model), 1).ids[0]
    assert 4 < x[picked, 0] < 5.5, "between the boundary of the model and that of the labels"
