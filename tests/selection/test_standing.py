"""Selectors whose picks stand for the pool."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import greedy_coverage
from querist.models import Memory, Prediction
from querist.selection import FacilityLocation, MaxHerding, ProbCover
from querist.selection.subpool import compared

SPOTS = np.repeat([0, 1, 2], [60, 30, 10])
X = np.array([[0.0, 9.0], [9.0, 0.0], [9.0, 9.0]])[SPOTS]
X = X + np.random.default_rng(0).normal(scale=0.4, size=(100, 2))
KINDS = [MaxHerding, ProbCover, FacilityLocation]


@pytest.mark.parametrize("selector", [MaxHerding(radius=1.5), ProbCover(clusters=3), ProbCover(radius=1.5)])
def test_the_largest_heap_is_asked_first_and_each_once(selector):
    picks = selector(np.zeros(100), Prediction(None, X), 3)
    assert SPOTS[picks].tolist() == [0, 1, 2]
    taken = Prediction(None, X, np.arange(1, 100), taken=[0])
    assert SPOTS[taken.rows[selector(np.zeros(99), taken, 2)]].tolist() == [1, 2]


@pytest.mark.parametrize("kind", [MaxHerding, FacilityLocation])
def test_weights_are_the_scores(kind):
    scores = (SPOTS == 2).astype(float)
    assert SPOTS[kind(weighted=True)(scores, Prediction(None, X), 1)].tolist() == [2]
    with pytest.raises(InvalidInput, match="0 or more"):
        kind(weighted=True)(scores - 1, Prediction(None, X), 1)
    assert len(kind(weighted=True)(np.zeros(100), Prediction(None, X), 3)) == 3


def test_a_whole_pool_is_searched_where_no_sample_is_drawn():
    prediction = Prediction(None, X, seed=3)
    picks = FacilityLocation(sample=None)(np.zeros(100), prediction, 6)
    assert set(picks.tolist()) == set(greedy_coverage(X, 6, similarity="cosine")[0].tolist())
    few = [tuple(FacilityLocation(sample=5)(np.zeros(100), Prediction(None, X, seed=s), 1)) for s in range(9)]
    assert len(set(few)) > 1, "the seed draws the sample"
    assert len(FacilityLocation(sample=5)(np.zeros(100), prediction, 90)) == 90


def test_the_radius_of_herding_shrinks_as_rows_are_taken():
    few, many = (Prediction(None, X, np.arange(k, 100), taken=np.arange(k)) for k in (1, 59))
    wide = MaxHerding(radius=20.0)(np.zeros(99), few, 4).tolist()
    assert MaxHerding()(np.zeros(99), few, 4).tolist() != wide
    assert SPOTS[many.rows[MaxHerding()(np.zeros(41), many, 1)]].tolist() == [1]


def test_prob_cover_knows_the_classes_of_the_model_and_finds_its_radius():
    class Two:
        classes = ("a", "b", "c")

    with_model = ProbCover()(np.zeros(100), Prediction(Two(), X, seed=1), 5)
    assert (with_model == ProbCover(clusters=3)(np.zeros(100), Prediction(None, X, seed=1), 5)).all()
    spread = ProbCover(clusters=3, purity=0.2)(np.zeros(100), Prediction(None, X), 3)
    assert set(SPOTS[spread].tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("kind", [MaxHerding, ProbCover])
@pytest.mark.parametrize("radius", [0, -1.0, float("nan"), "wide"])
def test_a_radius_is_above_0(kind, radius):
    with pytest.raises(InvalidInput, match="radius"):
        kind(radius=radius)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sample", [0, -3, 1.5])
def test_a_sample_is_a_whole_number(kind, sample):
    with pytest.raises(InvalidInput, match="sample"):
        kind(sample=sample)


def test_purity_is_a_share():
    with pytest.raises(InvalidInput, match="purity"):
        ProbCover(purity=1.2)


def test_all_of_a_larger_pool_may_be_picked_while_fewer_stand_for_it():
    prediction = Prediction(None, np.random.default_rng(0).normal(size=(6000, 2)), seed=1)
    for sample, drawn, seen in ((None, 6000, 6000), (6000, 6000, 6000), (5500, 6000, 5041), (20, 20, 20)):
        near, witnesses, stands_for = compared(prediction, 1, sample)
        assert (len(set(near.tolist())), len(set(witnesses.tolist()))) == (drawn, seen)
        assert stands_for.shape == (seen,) and set(witnesses.tolist()) <= set(near.tolist())
    assert len(compared(prediction, 100, 20)[0]) == 400, "four times the batch"
    near, witnesses, _ = compared(prediction, 1, 4500)
    assert (len(near), len(witnesses)) == (4500**2 // 4096, 4096)


@pytest.mark.parametrize("clusters", [3, 7])
def test_the_radius_is_found_once_a_pool(monkeypatch, clusters):
    memory, selector = Memory(), ProbCover(clusters=clusters)
    first = selector(np.zeros(100), Prediction(None, X, seed=1, memory=memory), 5)
    module = sys.modules["querist.selection.standing"]
    monkeypatch.setattr(module, "pure_radius", lambda *_, **__: pytest.fail("found again"))
    assert (selector(np.zeros(100), Prediction(None, X, seed=1, memory=memory), 5) == first).all()
    later = Prediction(None, X, np.arange(1, 100), taken=[0], seed=2, memory=memory)
    assert len(selector(np.zeros(99), later, 5)) == 5
