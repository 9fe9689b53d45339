"""Hypothetical labels in closed form against models that are trained anew for each of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from querist.errors import InvalidInput
from querist.kernels import (
    GaussianBayes,
    LogisticStep,
    NearestLabels,
    ParzenWindow,
    expected_error_reduction,
    large,
    logistic_step,
    mean_criterion,
)
from querist.testing import blobs

X, NAMES = blobs(40, seed=3)
Y = np.searchsorted(["a", "b", "c"], NAMES)
KNOWN = np.arange(12)
CANDIDATES = np.arange(12, 26)
TARGETS = np.arange(12, 40)
COSTS = np.array([[0.0, 5.0, 1.0], [1.0, 0.2, 3.0], [0.5, 1.0, 0.0]])
LOSSES = {
    "log": lambda p: -(p * np.log(np.maximum(p, 1e-300))).sum(axis=1),
    "zero_one": lambda p: 1 - p.max(axis=1),
    "costs": lambda p: np.einsum("ni,ij,nj->n", p, COSTS, p),
}


def brute(trained, loss, proba, candidates=CANDIDATES, targets=TARGETS):
    """From what ``trained(rows, labels)`` says of rows: every candidate, every class, trained anew."""
    now = LOSSES[loss](trained(KNOWN, Y[KNOWN])(targets)).mean()
    gains = []
    for i, chances in zip(candidates, proba, strict=True):
        after = 0.0
        for c, chance in enumerate(chances):
            if chance > 0:
                model = trained(np.append(KNOWN, i), np.append(Y[KNOWN], c))
                after += chance * LOSSES[loss](model(targets)).mean()
        gains.append(now - after)
    return np.array(gains)


def by_scikit(make):
    def trained(rows, labels):
        model = make().fit(X[rows], labels)

        def says(at):
            out = np.zeros((len(at), 3))
            out[:, model.classes_] = model.predict_proba(X[at])
            return out

        return says

    return trained


def by_window(rows, labels):
    def says(at):
        near = np.exp(-((X[at, None] - X[None, rows]) ** 2).sum(axis=2) / (2 * 0.8**2))
        weights = near @ np.eye(3)[labels] + 0.01
        return weights / weights.sum(axis=1, keepdims=True)

    return says


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", ["window", "bayes", "neighbours"])
def test_closed_forms_are_full_refits(kind, loss):
    model, trained = {
        "window": (ParzenWindow(X, KNOWN, Y[KNOWN], classes=3, radius=0.8, prior=0.01), by_window),
        "bayes": (GaussianBayes(X, KNOWN, Y[KNOWN], classes=3), by_scikit(GaussianNB)),
        "neighbours": (
            NearestLabels(X, KNOWN, Y[KNOWN], classes=3, k=4),
            by_scikit(lambda: KNeighborsClassifier(4)),
        ),
    }[kind]
    proba = trained(KNOWN, Y[KNOWN])(CANDIDATES)
    told = expected_error_reduction(model, CANDIDATES, TARGETS, loss=loss, costs=COSTS)
    assert np.allclose(told, brute(trained, loss, proba), rtol=1e-6, atol=1e-7)
    other = np.random.default_rng(0).dirichlet(np.ones(3), len(CANDIDATES))
    told = expected_error_reduction(model, CANDIDATES, TARGETS, proba=other, loss=loss, costs=COSTS)
    assert np.allclose(told, brute(trained, loss, other), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("known", [12, 3])  # fewer rows than features too
def test_two_classes_take_the_newton_step(known):
    rows, y = np.arange(known), (Y > 0).astype(float)
    full = np.column_stack([X, np.ones(40)])
    w = np.array([0.5, -1.0, 0.3, 0.2, 0.1])

    def said(at, w=w):
        p = 1 / (1 + np.exp(-full[at] @ w))
        return np.column_stack([1 - p, p])

    def stepped(i, c):
        p = said(np.append(rows, i))[:, 1]
        curved = full[np.append(rows, i)] * (p * (1 - p))[:, None]
        hessian = curved.T @ full[np.append(rows, i)] + 0.7 * np.diag([1, 1, 1, 1, 1e-6])
        return w - np.linalg.solve(hessian, (p[-1] - c) * full[i])

    for loss in ("log", "zero_one"):
        now = LOSSES[loss](said(TARGETS)).mean()
        want = [
            now - sum(said([i])[0, c] * LOSSES[loss](said(TARGETS, stepped(i, c))).mean() for c in (0, 1))
            for i in CANDIDATES
        ]
        told = expected_error_reduction(
            LogisticStep(X, rows, said, penalty=0.7, rounds=0), CANDIDATES, TARGETS, loss=loss
        )
        assert np.allclose(told, want, rtol=1e-5, atol=1e-7)
    assert y.any()


def heaps(classes, labels, d, seed=0):
    """Heaps that overlap, in order of no kind: ``labels`` known rows and 180 more."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, labels + 180)
    y[:classes] = np.arange(classes)
    return (rng.normal(size=(classes, d)) * 2.4 / np.sqrt(d))[y] + rng.normal(size=(len(y), d)), y


def by_refits(x, y, rows, candidates, targets):
    """What the fitted model says of all rows, and what each candidate's label gains, trained anew."""
    exact = LogisticRegression(tol=1e-9, max_iter=1000)  # the solver's own noise is as large as the gains
    proba = clone(exact).fit(x[rows], y[rows]).predict_proba(x)
    want = []
    for i, chances in zip(candidates, proba[candidates], strict=True):
        after = 0.0
        for c, chance in enumerate(chances):
            again = clone(exact).fit(x[np.append(rows, i)], np.append(y[rows], c))
            after += chance * LOSSES["log"](again.predict_proba(x[targets])).mean()
        want.append(LOSSES["log"](proba[targets]).mean() - after)
    return proba, want


@pytest.mark.parametrize(("classes", "labels", "d"), [(2, 40, 5), (2, 100, 20), (3, 10, 20)])
def test_the_step_orders_candidates_as_refits_do(classes, labels, d):
    x, y = heaps(classes, labels, d)
    rows, candidates, targets = np.arange(labels), np.arange(labels, labels + 15), np.arange(labels, len(x))
    proba, want = by_refits(x, y, rows, candidates, targets)
    told = [
        expected_error_reduction(LogisticStep(x, rows, proba.__getitem__, rounds=n), candidates, targets)
        for n in (0, 1, 3)
    ]
    off = [np.abs(one - want).mean() for one in told]
    assert spearmanr(told[1], want).statistic > 0.95 and spearmanr(told[2], want).statistic > 0.95
    assert off[0] > 2 * off[1] > 2 * off[2]


@pytest.mark.parametrize("loss", ["log", "zero_one"])
@pytest.mark.parametrize(("classes", "labels", "d"), [(2, 40, 5), (3, 10, 20), (5, 60, 5)])
def test_a_part_of_many_targets_tells_what_the_tangent_is_off(classes, labels, d, loss, monkeypatch):
    x, y = heaps(classes, labels, d)
    rows, candidates, targets = np.arange(labels), np.arange(labels, labels + 15), np.arange(labels, len(x))
    proba, want = by_refits(x, y, rows, candidates, targets)
    step = LogisticStep(x, rows, proba.__getitem__)
    monkeypatch.setattr(large, "_LARGE", 0)
    whole = expected_error_reduction(step, candidates, targets, loss=loss)
    monkeypatch.setattr(logistic_step, "_MET", 0)
    monkeypatch.setattr(logistic_step, "_SAMPLE", 64)
    told = expected_error_reduction(step, candidates, targets, loss=loss)
    assert spearmanr(told, whole).statistic > (0.95 if loss == "log" else 0.9)
    assert np.abs(told - whole).mean() < 0.1 * np.ptp(whole)
    if loss == "log":
        assert spearmanr(told, want).statistic > 0.93
    monkeypatch.setattr(logistic_step, "_SAMPLE", 180)  # all of them, of which none is left to the tangent
    told = expected_error_reduction(step, candidates, targets, loss=loss)
    assert np.allclose(told, whole, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("labels", [8, 30])
def test_features_of_any_number_and_from_any_origin(kind, labels, monkeypatch):
    x, _ = heaps(3, 40, 9)
    proba = np.random.default_rng(1).dirichlet(np.ones(3), len(x))
    known, rest = np.arange(labels), np.arange(labels, 60)

    def told(x):
        return expected_error_reduction(
            LogisticStep(x.astype(kind), known, proba.__getitem__), rest, rest[3:]
        )

    whole = told(x)
    noise = 2e-6 if kind == np.float32 else 1e-9
    assert np.allclose(told(x + 100), whole, rtol=0, atol=10 * noise)
    monkeypatch.setattr(logistic_step, "_WHOLE", 0)  # too many for an inverse that is formed
    assert np.allclose(told(x), whole, rtol=0, atol=noise)


def models(x):
    return [
        ParzenWindow(x, KNOWN, Y[KNOWN], classes=3, radius=0.8),
        GaussianBayes(x, KNOWN, Y[KNOWN], classes=3),
        NearestLabels(x, KNOWN, Y[KNOWN], classes=3),
        LogisticStep(x, KNOWN, lambda at: np.full((len(at), 3), 1 / 3)),
    ]


def of_classes(classes, kind):
    """Models of 60 rows of 9 features, 14 or 30 of them labelled, and what they are asked."""
    x, y = heaps(classes, 40, 9)
    x, y = x[:60].astype(kind), y[:60]
    proba = np.random.default_rng(1).dirichlet(np.ones(classes), 60)
    for labels in (8, 30):  # fewer than features, and more
        known, rest = np.arange(labels), np.arange(labels, 60)
        window = ParzenWindow(x, known, y[:labels], classes=classes, radius=2.0)
        bayes = GaussianBayes(x, known, y[:labels], classes=classes)
        steps = [LogisticStep(x, known, proba.__getitem__, rounds=n) for n in (0, 1, 2)]
        yield from ((model, rest, rest[3:]) for model in (window, bayes, *steps))


@pytest.mark.parametrize("loss", ["log", "zero_one"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("classes", [2, 5])
def test_large_is_as_small(classes, kind, loss, monkeypatch):
    cases = list(of_classes(classes, kind))
    plain = [expected_error_reduction(*case, loss=loss) for case in cases]
    monkeypatch.setattr(large, "_LARGE", 0)
    monkeypatch.setattr(logistic_step, "_TOGETHER", 0)  # one tile at a time
    for case, expected in zip(cases, plain, strict=True):
        told = expected_error_reduction(*case, loss=loss)
        noise = 1e-6 if kind == np.float32 else 1e-12
        assert np.allclose(told, expected, rtol=0, atol=noise)
        assert expected[told.argmax()] >= expected.max() - noise
        none = np.eye(classes)[np.zeros(len(case[1]), dtype=int)]  # other answers are not asked for
        told = expected_error_reduction(*case, proba=none, loss=loss)
        assert np.isfinite(told).all()


def test_the_source_of_the_compiled_code_is_right_as_it_stands(monkeypatch, run_by_python):
    cases = [case for classes in (2, 3) for case in of_classes(classes, np.float64)]
    few = [(model, candidates[:5], targets[:4]) for model, candidates, targets in cases]
    plain = [expected_error_reduction(*case, loss=loss) for case in few for loss in ("log", "zero_one")]
    run_by_python("compiled_tile", "compiled_futures")
    monkeypatch.setattr(large, "_LARGE", 0)
    told = [expected_error_reduction(*case, loss=loss) for case in few for loss in ("log", "zero_one")]
    assert np.allclose(told, plain, rtol=0, atol=1e-12)


@pytest.mark.parametrize("which", range(4))
def test_sparse_and_float32_alike(which):
    dense = np.where(X > 0.5, X, 0)
    told = [
        expected_error_reduction(models(kind)[which], CANDIDATES, TARGETS)
        for kind in (dense, csr_array(dense), dense.astype(np.float32))
    ]
    assert np.allclose(told[0], told[1], atol=1e-9)
    assert np.allclose(told[0], told[2], atol=1e-4)


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("x", [np.zeros((40, 2)), np.repeat(X[:4], 10, axis=0)], ids=["zeros", "repeated"])
def test_degenerate_features_have_finite_answers(which, x):
    for loss in LOSSES:
        told = expected_error_reduction(models(x)[which], CANDIDATES, TARGETS, loss=loss, costs=COSTS)
        assert np.isfinite(told).all()


@pytest.mark.parametrize("kind", [ParzenWindow, GaussianBayes, NearestLabels])
def test_without_labels_every_class_weighs_as_much(kind):
    more = {"radius": 1.0} if kind is ParzenWindow else {}
    model = kind(X, [], [], classes=3, **more)
    weights = model.weights(TARGETS)
    assert np.ptp(weights) == 0
    assert weights.min() > 0
    told = expected_error_reduction(model, CANDIDATES, TARGETS)
    assert np.isfinite(told).all()


def test_the_radius_follows_the_spread():
    assert np.isclose(mean_criterion(X * 3, 9), 3 * mean_criterion(X, 9))
    assert np.isclose(mean_criterion(csr_array(X), 9), mean_criterion(X, 9))
    assert mean_criterion(np.full((5, 2), 7.0), 5) == 1


def test_what_makes_no_sense_is_refused():
    window = models(X)[0]
    with pytest.raises(InvalidInput, match="nothing to be right about"):
        expected_error_reduction(window, CANDIDATES, [])
    with pytest.raises(InvalidInput, match="loss 'hinge'"):
        expected_error_reduction(window, CANDIDATES, TARGETS, loss="hinge")
    with pytest.raises(InvalidInput, match="loss 'costs'"):
        expected_error_reduction(window, CANDIDATES, TARGETS, loss="costs", costs=np.eye(2))
    with pytest.raises(InvalidInput, match="shape"):
        expected_error_reduction(window, CANDIDATES, TARGETS, proba=np.full((3, 3), 1 / 3))
    with pytest.raises(InvalidInput, match="no distribution"):
        expected_error_reduction(window, CANDIDATES, TARGETS, proba=np.ones((len(CANDIDATES), 3)))
    with pytest.raises(InvalidInput, match="class numbers below 3"):
        ParzenWindow(X, [0], [3], classes=3, radius=1.0)
    with pytest.raises(InvalidInput, match="tells nothing"):
        ParzenWindow(X, [0], [1], classes=3, radius=0.0)
    with pytest.raises(InvalidInput, match="cannot vote"):
        NearestLabels(X, [0], [1], classes=3, k=0)
    with pytest.raises(InvalidInput, match="no end"):
        LogisticStep(X, [0], lambda at: np.full((len(at), 2), 0.5), penalty=0)
    with pytest.raises(InvalidInput, match="not all finite"):
        GaussianBayes([[np.nan]], [0], [0], classes=2)
