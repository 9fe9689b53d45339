"""Replayed campaigns with annotators who err, and who cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.evaluation import Dataset, Experiment, Protocol, Run
from querist.evaluation.answering import Answers

N = 300
X = np.random.default_rng(0).normal(size=(N, 2))
Y = np.where(X[:, 0] > 0.4, "b", np.where(X[:, 0] < -0.4, "a", "c"))
DATA = Dataset("three", X, Y, task="classes")


def answers(seed: int = 0, noise: Any = 0.0, annotators: Any = None, data: Dataset = DATA) -> Answers:
    return Answers.of(data, np.arange(N), seed, noise, annotators or {})


def run(strategies: Any = (), **protocol: Any) -> tuple[Run, ...]:
    told = {"start": 6, "budget": 60, **protocol}
    return Experiment.of(DATA, list(strategies), "naive_bayes", 6, 1, **told).run(workers=1).runs


def test_uniform_noise_errs_as_often_as_it_says_and_among_all_other_classes() -> None:
    wrong = np.array(
        [answers(seed, 0.2).said[row] for seed in range(20) for row in range(N)], dtype=object
    ) != np.tile(Y, 20)
    assert wrong.mean() == pytest.approx(0.2, abs=0.02)
    said = np.array(answers(0, 1.0).said)
    assert (said != Y).all()
    assert set(said[Y == "a"]) == {"b", "c"}
    assert answers(0, 0.0).said == Y.tolist()


def test_noise_by_class_leaves_the_other_classes_alone() -> None:
    said = np.array(answers(0, {"a": 0.5}).said)
    assert (said[Y != "a"] == Y[Y != "a"]).all()
    assert (said[Y == "a"] != "a").mean() == pytest.approx(0.5, abs=0.12)
    taken = np.array(answers(0, {"a": {"c": 0.9}}).said)
    assert set(taken[Y == "a"]) == {"a", "c"}
    assert (taken[Y == "a"] == "c").mean() == pytest.approx(0.9, abs=0.08)


def test_numbers_are_off_by_a_share_of_their_deviation() -> None:
    data = Dataset("numbers", X, X[:, 0] * 7, task="number")
    off = np.array(answers(3, 0.5, data=data).said) - np.asarray(data.y)
    assert off.std() == pytest.approx(0.5 * np.std(data.y), rel=0.15)
    assert abs(off.mean()) < 0.5


def test_an_answer_is_the_same_whatever_is_asked_so_that_runs_are_paired() -> None:
    random, margin = run(["margin"], noise=0.3)
    assert random.picks[:6] == margin.picks[:6]
    assert answers(5, 0.3).said == answers(5, 0.3).said
    assert answers(5, 0.3).said != answers(6, 0.3).said


def test_noise_harms_the_model_and_never_the_measure() -> None:
    clean, wrong = run()[0], run(noise=1.0)[0]
    assert clean.values["accuracy"][-1] > 0.8
    assert wrong.values["accuracy"][-1] < 0.3, "a model of wrong answers, measured by the truth"
    assert clean.picks == wrong.picks


def test_annotators_share_the_questions_and_cost_what_they_cost() -> None:
    two = {"expert": {"cost": 5}, "crowd": {"noise": 0.5, "share": 3}}
    told = answers(0, 0.0, two)
    by = np.array(told.by)
    assert (by == "expert").mean() == pytest.approx(0.25, abs=0.07)
    assert set(told.costs[by == "expert"]) == {5.0}
    assert set(told.costs[by == "crowd"]) == {1.0}
    wrong = np.array(told.said) != Y
    assert not wrong[by == "expert"].any()
    assert wrong[by == "crowd"].mean() == pytest.approx(0.5, abs=0.1)
    (one,) = run(annotators=two)
    assert one.labels[-1] == 60 < one.values["cost"][-1] < 300


def test_what_may_be_spent_holds_for_annotators_too() -> None:
    (one,) = run(annotators={"dear": {"cost": 4}}, spend=40.0, budget=None)
    assert one.values["cost"][-1] == pytest.approx(4 * 6 + 40)
    assert one.labels[-1] == 16


def test_a_protocol_without_them_is_told_as_before() -> None:
    assert not {"noise", "annotators"} & set(Protocol().as_json())
    told = Protocol(noise={"a": 0.5}, annotators={"x": {"cost": 2}}).as_json()
    assert Protocol(**told).as_json() == told


@pytest.mark.parametrize(
    "wrong",
    [
        {"noise": -0.1},
        {"noise": "often"},
        {"noise": {"a": True}},
        {"annotators": {"": {}}},
        {"annotators": {"x": {"price": 1}}},
        {"annotators": {"x": {"cost": -1}}},
        {"annotators": {"x": {"share": 0}}},
    ],
)
def test_what_makes_no_sense_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Protocol(**wrong)


def test_classes_that_are_not_there_are_refused() -> None:
    for noise in ({"z": 0.1}, {"a": {"z": 0.1}}, {"a": {"a": 0.1}}):
        with pytest.raises(InvalidInput, match="classes a, b, c"):
            answers(0, noise)
