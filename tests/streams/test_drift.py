"""Change of the concept: sudden, gradual and recurring; what is heard, forgotten and asked anew."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInput, MissingExtra
from querist.models import OnlineBagging, OnlineSoftmax
from querist.streams import DriftWatch, QuantileFilter, StreamLearner
from querist.streams.drift import DETECTORS, as_drift_watch

pytest.importorskip("river")

N = 6_000


def _stream(concept: Any, seed: int = 0) -> tuple[Any, Any]:
    """Rows of five numbers; which of two hyperplanes tells the classes, ``concept`` says for each item."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 5))
    planes = np.array([[1.0, 1.0, 0.0, 0.5, 0.0], [-1.0, 0.5, 1.0, 0.0, -0.5]])
    which = concept(np.arange(N), rng)
    return x, (np.einsum("ij,ij->i", x, planes[which]) > 0).astype(int)


CONCEPTS = {
    "sudden": lambda t, rng: (t > N // 2).astype(int),
    "gradual": lambda t, rng: (rng.random(N) < np.clip((t - 2_500) / 1_000, 0, 1)).astype(int),
    "recurring": lambda t, rng: t // 1_500 % 2,
}


def _run(x: Any, y: Any, model: Any, drift: Any, budget: float = 0.2) -> tuple[StreamLearner, np.ndarray]:
    learner = StreamLearner(model, "split_uncertainty", budget=budget, drift=drift)
    right = np.zeros(N)
    for i, (row, label) in enumerate(zip(x, y, strict=True)):
        one = learner.see(row)
        right[i] = one.predicted == label
        if one.ask:
            learner.tell(one, int(label))
    return learner, right


@pytest.mark.parametrize(
    ("kind", "detector"), [("sudden", "adwin"), ("gradual", "adwin"), ("recurring", "hddm_a")]
)
def test_a_watch_helps_a_model_that_never_forgets(kind: str, detector: str) -> None:
    from river.naive_bayes import GaussianNB

    x, y = _stream(CONCEPTS[kind])
    watched, right = _run(x, y, GaussianNB(), detector)
    _, blind = _run(x, y, GaussianNB(), None)
    after = slice(N // 2, N)
    assert watched.drifts >= (3 if kind == "recurring" else 1)
    assert right[after].mean() > blind[after].mean() + 0.05
    assert watched.asked <= 0.2 * N


@pytest.mark.parametrize("kind", CONCEPTS)
def test_a_watch_does_no_harm_to_one_that_follows(kind: str) -> None:
    x, y = _stream(CONCEPTS[kind])
    watched, right = _run(x, y, OnlineSoftmax(), "adwin")
    _, blind = _run(x, y, OnlineSoftmax(), None)
    assert watched.drifts >= 1
    assert right.mean() > blind.mean() - 0.01


def test_where_nothing_changes_little_is_forgotten() -> None:
    x, y = _stream(lambda t, rng: np.zeros(N, dtype=int))
    watched, right = _run(x, y, OnlineSoftmax(), "adwin")
    assert watched.drifts == 0 and right[1_000:].mean() > 0.9


@pytest.mark.parametrize("detector", DETECTORS)
def test_every_detector_hears_a_sudden_change(detector: str) -> None:
    watch = DriftWatch(detector).begin()
    rng = np.random.default_rng(1)
    heard = [watch.hear(bool(rng.random() < 0.1)) for _ in range(600)]
    heard += [watch.hear(bool(rng.random() < 0.7)) for _ in range(600)]
    assert any(heard[600:])


def test_change_for_the_better_is_no_alarm() -> None:
    watch = DriftWatch("adwin").begin()
    rng = np.random.default_rng(2)
    assert not any(watch.hear(bool(rng.random() < chance)) for chance in [0.6] * 500 + [0.05] * 500)


def test_what_is_forgotten_is_asked_anew() -> None:
    x, y = _stream(CONCEPTS["sudden"])
    strategy = QuantileFilter(0.2, doubt=0.0)
    learner = StreamLearner(OnlineSoftmax(), strategy, drift=DriftWatch(keep=10, relearn=15))
    for row, label in zip(x, y, strict=True):
        one = learner.see(row)
        if not one.ask:
            continue
        before = learner.drifts
        learner.tell(one, int(label))
        if learner.drifts > before:
            break
    assert learner.drifts == 1 and learner.cold and learner.until == 15
    assert learner.model.trained == 10
    told = 0
    for row, label in zip(x[4_000:], y[4_000:], strict=True):
        one = learner.see(row)
        if one.ask:
            assert one.bar == -np.inf and one.predicted is None
            learner.tell(one, int(label))
            told += 1
        if not learner.cold:
            break
    assert told == 15


def test_a_watch_is_saved_by_what_it_heard() -> None:
    spec = DriftWatch("adwin")
    rng = np.random.default_rng(3)
    errors = [bool(rng.random() < 0.2) for _ in range(300)]
    watch = spec.begin(errors)
    again = spec.begin(list(watch.heard))
    rest = [bool(rng.random() < 0.8) for _ in range(200)]
    assert [watch.hear(one) for one in rest] == [again.hear(one) for one in rest]


def test_a_committee_forgets_in_each_member() -> None:
    model = OnlineBagging(OnlineSoftmax(), 3)
    for i in range(60):
        model.learn_one(np.array([float(i % 2)]), i % 2)
    model.forget(5)
    assert all(member.trained <= 5 for member in model.members)


def test_forgetting_all_leaves_nothing() -> None:
    model = OnlineSoftmax(members=2, hidden=3)
    model.forget()  # nothing to forget yet
    for i in range(60):
        model.learn_one(np.array([float(i % 2)]), i % 2)
    model.forget()
    assert model.trained == 0 and np.allclose(model.proba([[0.0]]), 0.5)


def test_without_river_the_mend_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "river.drift", None)
    with pytest.raises(MissingExtra, match=r"querist\[streams\]"):
        DriftWatch("adwin").begin()
    assert as_drift_watch(None) is None
    with pytest.raises(InvalidInput, match="watches for no change"):
        as_drift_watch(3)


def test_a_learner_with_a_watch_can_be_pickled() -> None:
    learner = StreamLearner(OnlineSoftmax(), drift="page_hinkley", budget=1.0)
    for i in range(50):
        learner.tell(learner.see([float(i % 2)]), i % 2)
    kept = pickle.loads(pickle.dumps(learner))
    assert kept.see([0.0]).predicted == learner.see([0.0]).predicted
    assert list(kept.watch.heard) == list(learner.watch.heard)
