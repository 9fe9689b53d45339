"""The remade table of Lu, Li & Lin (2023): its fast path picks and measures as replayed campaigns do."""

from __future__ import annotations

import csv
import os
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from querist.evaluation import Curves, Dataset, Experiment

ROOT = Path(__file__).parents[2]
MODULES = (
    "svm",
    "linear",
    "committee",
    "tree",
    "quire",
    "expected_error",
    "ahead",
    "bandit",
    "ours",
    "readings",
    "splits",
    "campaigns",
    "report",
)


@pytest.fixture(scope="module")
def lu(borrow: Any) -> SimpleNamespace:
    return borrow("lu2023", MODULES)


def table(n: int = 90, d: int = 4, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    y = np.where(x[:, 0] + 0.5 * np.sin(3 * x[:, 1]) + 0.4 * rng.normal(size=n) > 0, "1", "-1")
    return Dataset("made", x, y, task="classes", scale=True)


def case(lu: SimpleNamespace, seed: int = 0, **sizes: int) -> object:
    data = table(**sizes)
    return lu.campaigns.case(data, lu.splits.protocol().split(data, seed), seed)


def test_the_fast_path_makes_the_runs_of_the_experiment(lu: SimpleNamespace) -> None:
    data = table()
    model = {"svm": SVC(gamma="auto", tol=1e-6)}
    curves = Experiment(data, lu.campaigns.TWINS, model, 1, 2, lu.splits.protocol()).run(workers=1)
    runs = [run for run in curves.runs if run.strategy in lu.campaigns.TWINS]
    assert len(runs) == 2 * len(lu.campaigns.TWINS)
    for run in runs:
        fast = lu.campaigns.made(data, run.strategy, run.seed, lu.splits.protocol())
        assert fast.picks == run.picks
        assert fast.values["accuracy"] == pytest.approx(run.values["accuracy"])
        assert Curves((fast,)).lu_aubc(run.strategy) == pytest.approx(Curves((run,)).lu_aubc(run.strategy))


def test_the_machine_says_what_svc_says_after_every_label(lu: SimpleNamespace) -> None:
    at = case(lu, n=200)
    machine, order = at.machine(), np.random.default_rng(1).permutation(len(at.y))
    rows = np.vstack([at.x, at.x_test])
    for size in range(10, len(order), 7):
        said = machine.learn(order[machine.size : size])
        known = order[:size]
        model = SVC(gamma="auto", tol=1e-8).fit(at.x[known], at.y[known])
        assert said == pytest.approx(model.decision_function(rows), abs=2e-3)
        clear = np.abs(said) > 2e-3
        assert ((said > 0) == (model.predict(rows) > 0))[clear].all()


def test_weights_stand_for_repeated_rows(lu: SimpleNamespace) -> None:
    at = case(lu, n=150)
    rows = np.random.default_rng(2).integers(0, len(at.y), len(at.y))
    count = np.bincount(rows, minlength=len(at.y)).astype(float)
    some = np.flatnonzero(count)
    everything = np.arange(len(at.y))
    for kind, kernel in (("rbf", at.kernel), ("linear", at.x @ at.x.T)):
        said = lu.committee._machine(kernel, at.y, some, count[some], everything)
        model = SVC(kernel=kind, gamma="auto", tol=1e-6).fit(at.x[rows], at.y[rows])
        assert said == pytest.approx(model.decision_function(at.x), abs=1e-2)


@pytest.mark.parametrize("c", [0.1, 1.0])
def test_logistic_regression_is_scikit_learns_from_any_start(lu: SimpleNamespace, c: float) -> None:
    at = case(lu, n=150)
    wide, rng = lu.linear.with_intercept(at.x), np.random.default_rng(3)
    model = lu.linear.Logistic(wide.shape[1], c)
    for size in (20, 21, 40, 90):
        weight = rng.integers(1, 4, size).astype(float)
        theta = model.fit(wide[:size], at.y[:size], weight)
        peer = LogisticRegression(C=c, tol=1e-10, max_iter=2000).fit(at.x[:size], at.y[:size], weight)
        assert theta == pytest.approx(np.append(peer.coef_, peer.intercept_), abs=1e-4)


@pytest.mark.parametrize(("n", "d"), [(200, 5), (60, 60), (30, 60)])
def test_discriminant_analysis_is_scikit_learns(lu: SimpleNamespace, n: int, d: int) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(n, d))
    y = np.where(x[:, 0] + rng.normal(size=n) > 0, 1.0, -1.0)
    rows = rng.integers(0, n, n)
    count = np.bincount(rows, minlength=n).astype(float)
    ours = lu.linear.discriminant(x[count > 0], y[count > 0], count[count > 0])
    peer = LinearDiscriminantAnalysis().fit(x[rows], y[rows])
    # scikit-learn divides the scatter by n - 2 in some versions and by n in others
    ratio = ours[:-1] @ peer.coef_[0] / (peer.coef_[0] @ peer.coef_[0])
    assert ratio == pytest.approx(1, abs=1e-9) or ratio == pytest.approx((n - 2) / n, abs=1e-9)
    assert ours[:-1] == pytest.approx(ratio * peer.coef_[0])


def test_platts_probabilities_are_scikit_learns(lu: SimpleNamespace) -> None:
    at = case(lu, n=150)
    known, rest = np.arange(40), np.arange(40, len(at.y))
    folds = lu.expected_error._folds(at.y[:40])
    curved = np.ascontiguousarray(at.kernel[:, : len(at.y)])
    ours = lu.expected_error._chances(curved, at.y[:40], known, folds, np.zeros((6, 40)), rest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = SVC(gamma="auto", probability=True, random_state=6211).fit(at.x[:40], at.y[:40])
        theirs = peer.predict_proba(at.x[rest])[:, 1]
    assert ours == pytest.approx(theirs, abs=0.02)


def test_the_hinted_machine_is_the_least_of_its_objective(lu: SimpleNamespace) -> None:
    at = case(lu, n=120)
    known, hints = np.arange(20), np.arange(30, 60)
    kernel = np.ascontiguousarray(at.x @ at.x.T)
    said = lu.bandit.hinted(kernel, at.y, known, hints)
    plain = lu.bandit.hinted(kernel, at.y, known, hints[:0])
    model = SVC(kernel="linear", C=0.1, tol=1e-6).fit(at.x[known], at.y[known])
    assert plain == pytest.approx(model.decision_function(at.x), abs=5e-3)

    wide = np.column_stack([at.x, np.ones(len(at.x))])
    theta = np.linalg.lstsq(wide, said, rcond=None)[0]
    assert wide @ theta == pytest.approx(said, abs=1e-6)

    def objective(theta: np.ndarray) -> float:
        said = wide @ theta
        slack = np.maximum(0, 1 - at.y[known] * said[known]).sum() + np.abs(said[hints]).sum()
        return 0.5 * theta[:-1] @ theta[:-1] + 0.1 * slack

    rng = np.random.default_rng(0)
    least = min(
        objective(theta + rng.normal(scale=s, size=len(theta))) for s in (0.003, 0.03) for _ in range(200)
    )
    assert objective(theta) < least + 1e-3


def test_the_bandit_is_exp4p_by_hand(lu: SimpleNamespace) -> None:
    bandit = lu.bandit._Bandit(100)
    least = np.sqrt(np.log(4) / 400)
    chances = bandit.chances(np.array([3, 3, 7]))
    arms = np.full(4, (1 - 4 * least) / 4 + least)
    assert chances[3] == pytest.approx(2 * arms[0] + arms[3] / 100)
    assert chances[50] == pytest.approx(arms[3] / 100)
    bandit.paid(7, 0.5)
    bonus = np.sqrt(np.log(40) / 400) / arms[0]
    expected = [bonus, bonus, bonus + 0.5 / chances[7], bonus + 0.5 / 100 / chances[7]]
    assert bandit.weights == pytest.approx(np.exp(least / 2 * np.array(expected)))


def test_our_strategies_ask_by_the_tasks_model(lu: SimpleNamespace) -> None:
    at = case(lu, n=110)
    ours = lu.ours.asked("boundary", at.x, at.y, at.kernel, at.start, at.seed)
    assert ours.tolist() == lu.readings.closest(at).tolist()
    default = lu.readings.OURS["default"](at)
    assert sorted(default.tolist()) == list(range(len(at.y)))


def test_who_is_told_the_pools_labels_takes_the_best_of_the_nearest(lu: SimpleNamespace) -> None:
    at = case(lu, n=110)
    n, order = len(at.y), lu.ahead.told(at.kernel, at.y, at.start)
    assert sorted(order.tolist()) == list(range(n))
    known, open_ = order[:30], order[30:]
    said = at.machine().learn(known)[:n]
    nearest = open_[np.argsort(np.abs(said[open_]))[:10]]
    right = []
    for row in nearest:
        model = SVC(gamma="auto", tol=1e-6).fit(at.x[[*known, row]], at.y[[*known, row]])
        right.append((model.predict(at.x) == at.y).sum())
    assert order[30] in nearest and right[nearest.tolist().index(order[30])] >= max(right) - 1


def test_quire_is_the_published_formula(lu: SimpleNamespace) -> None:
    at = case(lu, n=70)
    n, start = len(at.y), 20
    similar = lu.svm.gaussian(at.x, at.x[:0], gamma=1.0)
    whole = np.linalg.inv(similar + np.eye(n))
    known, free = list(range(start)), list(range(start, n))
    for pick in lu.quire.quire(at.x, at.y, start)[start:-1]:
        block = np.linalg.det(whole[np.ix_(free, free)])
        near = np.eye(len(free)) + similar[np.ix_(free, free)]
        near -= similar[np.ix_(free, known)] @ similar[np.ix_(known, free)]
        worth = []
        for i, row in enumerate(free):
            left = [k for k in range(len(free)) if k != i]
            rows = [free[k] for k in left]
            inverse = near[np.ix_(left, left)] - near[left, i] @ near[left, i] / near[i, i]
            told = whole[row, known] - whole[row, rows] @ inverse @ whole[np.ix_(rows, known)]
            worth.append(whole[row, row] - block / whole[row, row] + 2 * abs(told @ at.y[known]))
        assert worth[free.index(pick)] == pytest.approx(min(worth))
        free.remove(pick)
        known.append(pick)


def test_every_reading_labels_the_whole_pool_after_the_first_labels(lu: SimpleNamespace) -> None:
    at = case(lu, n=70)
    for name, reading in lu.readings.READINGS.items():
        order = reading(at)
        assert sorted(order.tolist()) == list(range(len(at.y))), name
        assert order[:20].tolist() == list(range(20)), name
        assert len(lu.readings.accuracies(at, order)) == len(at.y) - 19


def test_a_pruning_covers_every_leaf_once(lu: SimpleNamespace) -> None:
    children = np.array([[0, 1], [2, 3], [4, 5]])
    split = np.array([False] * 4 + [False, True, True])
    assert lu.tree._parts(children, split, 6, 4) == [4, 2, 3]


def test_splits_are_sixty_to_forty_and_drop_a_seed_without_a_class(lu: SimpleNamespace) -> None:
    data = table(n=91)
    split = lu.splits.protocol().split(data, 3)
    assert (len(split.pool), len(split.held)) == (54, 37)
    assert sorted([*split.pool, *split.held]) == list(range(91))
    rare = Dataset("rare", data.x, np.where(np.arange(91) < 2, "1", "-1"), task="classes")
    assert any(lu.splits.protocol().split(rare, seed).left_out for seed in range(20))


@pytest.mark.skipif("QUERIST_DATA" not in os.environ, reason="needs QUERIST_DATA")
def test_published_areas_come_back_seed_by_seed(lu: SimpleNamespace) -> None:
    rows = csv.DictReader((ROOT / lu.report.BY_SEED).read_text().splitlines())
    told = {int(row["seed"]): float(row["aubc"]) for row in rows if row["dataset"] == "appendicitis"}
    data = lu.splits.dataset("appendicitis")
    made = [lu.campaigns.made(data, "US-C", seed, lu.splits.protocol()) for seed in told]
    ours = np.array([Curves((run,)).lu_aubc("US-C")[0] for run in made])
    apart = np.abs(ours - np.array(list(told.values())))
    assert (apart < 1.5e-5).sum() >= 8
    assert apart.max() < 0.002


def test_the_page_is_what_the_kept_areas_say(lu: SimpleNamespace) -> None:
    assert (ROOT / lu.report.PAGE).read_text(encoding="utf-8") == lu.report.page(ROOT)


def test_kept_areas_come_back(lu: SimpleNamespace, tmp_path: Path) -> None:
    areas = {("sonar", "Uniform"): {0: 0.75, 1: 0.7}, ("sonar", "QBC"): {0: 0.8}}
    lu.report.keep(tmp_path / "areas.csv", areas)
    assert lu.report.kept(tmp_path / "areas.csv") == areas
