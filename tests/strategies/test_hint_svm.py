"""HintSVM against its loss, minimised by an optimiser over the sums of kernel values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist
from sklearn.svm import LinearSVC

from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import hinted
from querist.strategies import HintSvm, Snapshot, as_strategy

RNG = np.random.default_rng(2)
X = RNG.normal(size=(40, 3))
KNOWN, HINTS = np.array([1, 5, 8, 13, 22]), np.array([30, 33, 37])
SIGNS = np.array([1.0, -1.0, 1.0, 1.0, -1.0])


def by_definition(goal: np.ndarray, similarity: str, hint: float, noise: float) -> np.ndarray:
    if similarity == "linear":
        kernel = 1 + X @ X.T / np.mean((X**2).sum(axis=1))
    else:
        kernel = np.exp(-cdist(X, X, "sqeuclidean") / (2 * 1.3**2))
    some = np.concatenate([KNOWN, HINTS])
    each = hint * len(KNOWN) / len(HINTS)

    def loss(pull: np.ndarray) -> tuple[float, np.ndarray]:
        said, loose = kernel[np.ix_(KNOWN, some)] @ pull, kernel[np.ix_(HINTS, some)] @ pull
        short = np.maximum(1 - goal * said, 0)
        norm = kernel[np.ix_(some, some)] @ pull
        slope = -2 * kernel[np.ix_(some, KNOWN)] @ (goal * short)
        slope += 2 * each * kernel[np.ix_(some, HINTS)] @ loose + 2 * noise * norm
        return float(short @ short + each * loose @ loose + noise * pull @ norm), slope

    found = minimize(loss, np.zeros(len(some)), jac=True, method="BFGS", options={"gtol": 1e-9})
    return np.asarray(kernel[:, some] @ found.x)


@pytest.mark.parametrize("similarity", ["linear", "gaussian"])
@pytest.mark.parametrize("hint", [0.0, 0.5, 5.0])
@pytest.mark.parametrize("noise", [0.01, 1.0])
def test_it_minimises_its_loss(similarity: str, hint: float, noise: float) -> None:
    wanted = 1 / (1 + np.abs(by_definition(SIGNS, similarity, hint, noise)))
    given: dict[str, Any] = {
        "labelled": KNOWN,
        "targets": SIGNS[:, None],
        "hints": HINTS,
        "hint": hint,
        "noise": noise,
        "similarity": similarity,
        "radius": 1.3,
    }
    assert np.allclose(hinted(X, **given), wanted, atol=1e-5)
    assert np.allclose(hinted(csr_array(X), rows=[7, 2], **given), wanted[[7, 2]], atol=1e-5)
    assert np.allclose(hinted(X.astype(np.float32), **given), wanted, atol=1e-4)


def test_without_hints_it_is_the_squared_hinge_machine() -> None:
    x = np.column_stack([X, np.ones(40)])
    scale = float(np.sqrt(np.mean((X**2).sum(axis=1))))
    machine = LinearSVC(C=1 / (2 * 0.3), fit_intercept=False, dual=False, tol=1e-12)
    machine.fit(x[KNOWN] / [scale, scale, scale, 1], SIGNS)
    wanted = 1 / (1 + np.abs(machine.decision_function(x / [scale, scale, scale, 1])))
    found = hinted(X, labelled=KNOWN, targets=SIGNS[:, None], hints=[], similarity="linear", noise=0.3)
    assert np.allclose(found, wanted, atol=1e-6)


def test_hints_draw_the_boundary_to_themselves() -> None:
    at = np.arange(30, 38)
    given: dict[str, Any] = {"labelled": KNOWN, "targets": SIGNS[:, None], "hints": at, "radius": 1.3}
    assert (hinted(X, hint=9.0, **given)[at] > hinted(X, hint=0.1, **given)[at]).all()


def test_classes_are_asked_by_the_nearest_boundary() -> None:
    of = np.array([0, 1, 2, 0, 1])
    targets = np.where(of[:, None] == np.arange(3), 1.0, -1.0)
    said = np.column_stack([by_definition(column, "gaussian", 0.5, 0.1) for column in targets.T])
    found = hinted(X, labelled=KNOWN, targets=targets, hints=HINTS, radius=1.3)
    assert np.allclose(found, 1 / (1 + np.abs(said).min(axis=1)), atol=1e-5)


def test_the_strategy_is_the_kernel_with_every_candidate_as_a_hint() -> None:
    labels = {int(row): "+-"[int(one < 0)] for row, one in zip(KNOWN, SIGNS, strict=True)}
    free = np.setdiff1d(np.arange(40), KNOWN)
    wanted = hinted(X, labelled=KNOWN, targets=SIGNS[:, None], hints=free, rows=free, radius=1.3)
    found = HintSvm(radius=1.3).propose(Snapshot(Pool(X), labels=labels), 4)
    assert list(found.ids) == free[np.argsort(-wanted)[:4]].tolist()
    assert np.allclose(found.scores, -np.sort(-wanted)[:4])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: hinted(X, labelled=[1], targets=[[0.0]], hints=[]), "Targets"),
        (lambda: hinted(X, labelled=[1], targets=[[1.0]], hints=[], noise=0.0), "noise"),
        (lambda: HintSvm(hint=-1.0), "hint"),
        (lambda: HintSvm(hints=0), "hints"),
        (lambda: HintSvm(similarity="cosine"), "similarity"),
        (lambda: HintSvm(radius=0.0), "radius"),
        (lambda: HintSvm(noise=0.0), "noise"),
        (lambda: HintSvm(latest=0), "latest"),
    ],
)
def test_wrong_input_is_named(make: Any, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        make()


def test_it_is_registered() -> None:
    assert as_strategy("hint_svm") == HintSvm()
