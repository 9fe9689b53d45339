"""The classifier that tunes itself: left-out predictions by refitting, sparse rows, bad input."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sparse

from querist.errors import InvalidInput, NotFitted
from querist.models import Bagging, TunedKernel


@pytest.fixture
def heaps():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    return rng.normal(size=(60, 4)) + 2.0 * np.eye(4)[y], np.array(["a", "b", "c"])[y]


def test_left_out_is_what_a_fit_without_the_row_says(heaps):
    x, y = heaps
    model = TunedKernel().fitted(x, y)
    seen = model._seen
    squares = ((seen["rows"][:, None] - seen["rows"][None]) ** 2).sum(axis=2)
    near = np.exp(-seen["width"] / seen["unit"] * squares)
    target = (y[:, None] == np.array(model.classes)) - seen["prior"]
    # the ridge is the one whose weights these are
    ridge = np.median((target - near @ seen["weights"]) / seen["weights"])
    for row in (0, 17, 59):
        others = np.arange(60) != row
        weights = np.linalg.solve(near[np.ix_(others, others)] + ridge * np.eye(59), target[others])
        logits = seen["sharpness"] * (near[row, others] @ weights + seen["prior"])
        expected = np.exp(logits - logits.max())
        assert np.allclose(model.left_out()[row], expected / expected.sum(), atol=1e-6)


def test_it_learns_and_knows_how_sure_it_is(heaps):
    x, y = heaps
    rng = np.random.default_rng(1)
    told = np.arange(600) % 3
    other = rng.normal(size=(600, 4)) + 2.0 * np.eye(4)[told]
    model = TunedKernel().fitted(x, y)
    proba = model.proba(other)
    right = proba.argmax(axis=1) == told
    assert right.mean() > 0.8 and np.allclose(proba.sum(axis=1), 1)
    assert abs(proba.max(axis=1).mean() - right.mean()) < 0.1


def test_sparse_rows_and_given_classes(heaps):
    x, y = heaps
    hollow = np.where(x > 1.0, x, 0.0)
    model = TunedKernel(classes=("c", "b", "a", "z")).fitted(sparse.csr_array(hollow), y)
    proba = model.proba(sparse.csr_array(hollow[:5]))
    assert proba.shape == (5, 4) and model.classes == ("c", "b", "a", "z")
    assert set(model.predict(sparse.csr_array(hollow))) <= {"a", "b", "c"}


def test_one_width_alone_is_not_tuned(heaps):
    assert TunedKernel(widths=(2.0,)).fitted(*heaps).width == 2.0
    assert TunedKernel().fitted(*heaps).width in TunedKernel().widths


def test_one_label_and_constant_features_are_no_trouble():
    model = TunedKernel(classes=(0, 1)).fitted([[1.0, 1.0]], [0])
    assert model.predict([[1.0, 1.0]])[0] == 0
    assert np.isfinite(TunedKernel().fitted(np.ones((6, 2)), [0, 1] * 3).proba(np.ones((2, 2)))).all()


def test_what_cannot_be_is_refused(heaps):
    with pytest.raises(InvalidInput, match="above 0"):
        TunedKernel(widths=(0.0,))
    with pytest.raises(InvalidInput, match="'b'"):
        TunedKernel(classes=("a",)).fitted([[0.0], [1.0]], ["a", "b"])
    with pytest.raises(InvalidInput, match="Features"):
        TunedKernel().fitted([0.0, 1.0], ["a", "b"])
    with pytest.raises(NotFitted):
        TunedKernel().proba(heaps[0])


def test_it_is_bagged_with_classes_that_are_given():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 2))
    y = np.where(x[:, 0] > 0, "a", "b")
    model = Bagging(TunedKernel(), 3).with_classes(("a", "b")).fitted(x, y)
    assert (model.predict(x) == y).mean() > 0.9
    fitted = TunedKernel().fitted(x, y)
    assert fitted.with_classes(("a", "b")).is_fitted and not fitted.with_classes(("b", "a")).is_fitted
