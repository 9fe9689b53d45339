"""Labels that are sets of classes: the task, and its metrics against those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn import metrics

from querist.errors import InvalidInput, InvalidLabel
from querist.specs import from_spec, to_spec
from querist.tasks import (
    Classification,
    MultiLabel,
    OfClasses,
    Task,
    hamming_loss,
    indicator,
    is_label_set,
    jaccard_distance,
    label_ranking_average_precision,
    label_sets,
    macro_f1,
    masi_distance,
    micro_f1,
    subset_accuracy,
)

RNG = np.random.default_rng(0)
TASK = MultiLabel(("sport", "money", "war"))


@pytest.mark.parametrize("task", [MultiLabel(), TASK, MultiLabel(("a",), open=True)])
def test_the_task_is_a_part_that_survives_json(task):
    assert isinstance(task, Task) and isinstance(task, OfClasses) and not isinstance(task, Classification)
    assert from_spec(to_spec(task)) == task


@pytest.mark.parametrize(
    "value",
    [
        ["war", "sport"],
        ("sport", "war"),
        {"war", "sport"},
        frozenset({"war", "sport"}),
        iter(["war", " sport "]),
        np.array(["war", "sport"]),
        ["war", "war", "sport"],
    ],
)
def test_any_iterable_of_names_is_one_tuple_in_order(value):
    assert TASK.validate(value) == ("sport", "war")


def test_no_class_at_all_is_a_label():
    assert TASK.validate([]) == () == TASK.validate(set())


@pytest.mark.parametrize("value", ["war", b"war", None, 3, {"war": 1}, 1.5])
def test_what_is_no_set_is_refused_with_the_mend(value):
    with pytest.raises(InvalidLabel, match=r"is a set of classes; got .* Write a list: \["):
        TASK.validate(value)


def test_an_unknown_class_names_the_close_ones():
    with pytest.raises(InvalidLabel, match=r"'wra' is not a class.*Did you mean 'war'"):
        TASK.validate(["sport", "wra"])
    with pytest.raises(InvalidLabel, match="A class is a word"):
        TASK.validate(["sport", 2.5])


def test_new_classes_of_an_open_task_come_last_by_alphabet():
    task = MultiLabel(("sport",), open=True)
    assert task.validate({"zoo", "art", "sport"}) == ("sport", "art", "zoo")
    assert task.with_class("zoo").with_class("art").validate({"zoo", "art"}) == ("zoo", "art")
    assert MultiLabel(range(3)).validate([2, 0]) == ("0", "2")


def test_sets_and_matrices_are_each_others_inverse():
    table = RNG.random((20, 3)) < 0.5
    sets = TASK.labels(table)
    assert (TASK.indicator(sets) == table).all() and TASK.labels(csr_array(table.astype(int))) == sets
    assert (indicator(sets, TASK.classes[::-1]) == table[:, ::-1]).all()
    assert indicator(["war", ["else"]], TASK.classes).tolist() == [[False, False, True], [False] * 3]
    assert is_label_set(()) and not is_label_set("war") and not is_label_set(None)


@pytest.mark.parametrize("wrong", [[[0, 2]], [[0.0, np.nan]], [0, 1], [[0, 1, 1]]])
def test_what_is_no_indicator_matrix(wrong):
    with pytest.raises(InvalidInput, match="indicator matrix"):
        label_sets(wrong, ("a", "b"))


def tables(density):
    true, said = RNG.random((2, 40, 6)) < density
    true[:, 5] = said[:, 5] = False  # a class that nobody has
    return true, said


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9])
def test_metrics_are_those_of_scikit_learn(density):
    true, said = tables(density)
    assert subset_accuracy(true, said) == pytest.approx(metrics.accuracy_score(true, said))
    assert hamming_loss(true, said) == pytest.approx(metrics.hamming_loss(true, said))
    assert micro_f1(true, said) == pytest.approx(metrics.f1_score(true, said, average="micro"))
    theirs = metrics.f1_score(true, said, average="macro", zero_division=np.nan)
    assert macro_f1(true, said) == pytest.approx(theirs)
    for scores in (RNG.random(true.shape), RNG.integers(0, 3, true.shape)):  # ties, too
        theirs = metrics.label_ranking_average_precision_score(true, scores)
        assert label_ranking_average_precision(true, scores) == pytest.approx(theirs)


def test_nothing_to_find_and_nothing_said_is_right():
    nothing = np.zeros((3, 2))
    assert micro_f1(nothing, nothing) == macro_f1(nothing, nothing) == subset_accuracy(nothing, nothing) == 1
    assert hamming_loss(np.empty((3, 0)), np.empty((3, 0))) == 0
    assert label_ranking_average_precision(nothing, nothing) == 1


@pytest.mark.parametrize("metric", [subset_accuracy, hamming_loss, micro_f1, macro_f1])
def test_metrics_refuse_what_does_not_fit(metric):
    with pytest.raises(InvalidInput, match=r"shape \(2, 2\), those that were said \(2, 3\)"):
        metric(np.eye(2), np.ones((2, 3)))
    with pytest.raises(InvalidInput, match="table of 0 and 1"):
        metric([[0.5, 1]], [[0, 1]])


def test_a_ranking_needs_a_score_for_each_class():
    with pytest.raises(InvalidInput, match="one number without NaN"):
        label_ranking_average_precision([[0, 1]], [[0.5, np.nan]])
    with pytest.raises(InvalidInput, match="the indicator matrix has"):
        label_ranking_average_precision([[0, 1]], [[0.5]])


@pytest.mark.parametrize(
    ("one", "other", "jaccard", "masi"),
    [("", "", 0, 0), ("ab", "ab", 0, 0), ("ab", "a", 1 / 2, 1 - 1 / 3), ("ab", "bc", 2 / 3, 1 - 1 / 9),
     ("a", "b", 1, 1), ("", "a", 1, 1)],
)  # fmt: skip
def test_distances_are_their_definitions(one, other, jaccard, masi):
    assert jaccard_distance(one, other) == jaccard_distance(other, one) == pytest.approx(jaccard)
    assert masi_distance(one, other) == masi_distance(other, one) == pytest.approx(masi)
    assert MultiLabel(("a", "b", "c")).distance(list(one), list(other)) == pytest.approx(jaccard)
