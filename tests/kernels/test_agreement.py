"""Agreement of two models, against counting pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from querist.errors import InvalidInput
from querist.kernels import cohen_kappa, f_between


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_kappa_equals_scikit_learns(classes):
    rng = np.random.default_rng(classes)
    one, other = rng.integers(0, classes, (2, 60))
    assert cohen_kappa(one, other) == pytest.approx(cohen_kappa_score(one, other))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_f_equals_scikit_learns(classes):
    rng = np.random.default_rng(classes)
    one, other = rng.integers(0, classes, (2, 60))
    assert f_between(one, other) == pytest.approx(f1_score(one, other, average="macro"))


def test_those_who_say_one_thing_alone_agree():
    assert cohen_kappa(["a"] * 3, ["a"] * 3) == 1 and f_between(["a"] * 3, ["a"] * 3) == 1
    assert cohen_kappa(["a"] * 3, ["b"] * 3) == 0 and f_between(["a"] * 3, ["b"] * 3) == 0


@pytest.mark.parametrize("given", [([], []), ([1, 2], [1]), ([[1]], [[1]])])
def test_what_cannot_be_compared(given):
    with pytest.raises(InvalidInput, match="one row at least"):
        cohen_kappa(*given)
