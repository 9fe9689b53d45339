"""The fast replay of benchmarks/machines.py against scikit-learn's machine, fitted anew at every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.svm import SVC

from querist.strategies import as_strategy
from querist.testing import blobs


@pytest.fixture
def machines(borrow: Any) -> Any:
    return borrow("", ["machines"]).machines


def test_the_machine_is_that_of_scikit_learn(machines: Any) -> None:
    x, y = blobs(60)
    words = np.where(y == "a", "+", "-")
    ours = machines.Machine().fitted(x, words)
    theirs = SVC(C=1.0, gamma="auto").fit(x, words)
    assert ours.decision_of_plus(x) == pytest.approx(
        -theirs.decision_function(x), abs=5e-3
    )  # libsvm stops within 1e-3
    assert (ours.predict(x) == theirs.predict(x)).all()
    assert (ours.proba(x).argmax(axis=1) == (ours.decision_of_plus(x) > 0)).all()


def test_one_class_alone_is_what_is_said(machines: Any) -> None:
    x, _ = blobs(10)
    assert set(machines.Machine().fitted(x, ["-"] * 10).predict(x)) == {"-"}


def test_a_curve_by_hand(machines: Any) -> None:
    """Margin with a machine: the candidate nearest to the boundary, one at a time, to the last."""
    x, y = blobs(90, seed=2)
    at = machines.case(x, np.where(y == "a", 1.0, -1.0), 0)
    labelled, heights = list(range(at.start)), []
    while True:
        rows = sorted(labelled)
        model = SVC(C=1.0, gamma="auto").fit(at.x[rows], at.y[rows])
        heights.append(float((model.predict(at.x_test) == at.y_test).mean()))
        free = [row for row in range(len(at.y)) if row not in labelled]
        if not free:
            break
        labelled.append(free[int(np.abs(model.decision_function(at.x[free])).argmin())])
    assert machines.replayed(at, as_strategy("margin")) == pytest.approx(heights)
    assert machines.area(heights) == pytest.approx(np.trapezoid(heights) / (len(heights) - 1))


def test_a_split_that_lacks_a_class_is_left_out(machines: Any) -> None:
    assert machines.case(np.eye(50), np.ones(50), 0) is None
