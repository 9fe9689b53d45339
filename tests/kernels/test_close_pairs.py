"""The pairs that a coverage still needs, against the whole table of them, and searches that keep them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from querist.kernels import Covering, Points, close_pairs, greedy_coverage, pairs, strips

RNG = np.random.default_rng(3)
X = RNG.normal(size=(700, 5))
X[500] = X[3]
BOTH = [np.float32, np.float64]


@pytest.fixture
def large(monkeypatch):
    """Everything is large, and compared in several strips."""
    monkeypatch.setattr(pairs, "_LARGE", 0)
    monkeypatch.setattr(strips, "_PACKED", 0)


def check_pairs(x, rows, limits):
    made = close_pairs.close_pairs(Points(x), rows, limits.astype(x.dtype))
    away = cdist(x, x)[np.ix_(rows, rows)] ** 2
    close = away < np.maximum(limits[:, None], limits)
    np.fill_diagonal(close, False)
    for i in range(len(rows)):
        some = slice(made.first[i], made.first[i + 1])
        order = np.argsort(made.others[some])
        assert made.others[some][order].tolist() == np.flatnonzero(close[i]).tolist()
        assert np.allclose(made.squares[some][order], away[i, close[i]], atol=1e-5)
    assert made.first[-1] == close.sum() > len(rows)


@pytest.mark.parametrize("dtype", BOTH)
@pytest.mark.parametrize("short", [0, 65_000])
def test_all_pairs_closer_than_a_limit_are_listed_at_both_rows(dtype, short, monkeypatch, large):
    monkeypatch.setattr(close_pairs, "_SHORT", short)
    check_pairs(X.astype(dtype), np.sort(RNG.permutation(700)[:611]), RNG.random(611) * 4)
    check_pairs(X.astype(dtype), np.arange(40, 690), RNG.random(650) * 4)


def test_the_source_of_the_compiled_code_is_right_as_it_stands(monkeypatch, run_by_python, large):
    given = {"radius": 1.1, "taken": [5, 8], "rows": np.arange(10, 90), "witnesses": np.arange(9, 95)}
    weights = {"ball": np.ones(86), "gaussian": np.arange(86.0), "cosine": np.ones(86)}
    quick = {
        kind: greedy_coverage(X[:99], 9, similarity=kind, weights=weights[kind], **given) for kind in weights
    }
    run_by_python("compiled_tile", "compiled_turn", "compiled_pairs", "compiled_close")
    monkeypatch.setattr(strips, "_STRIP", 64)
    check_pairs(X[:120], np.arange(120), RNG.random(120) * 4)
    for kind in weights:
        told = greedy_coverage(X[:99], 9, similarity=kind, weights=weights[kind], **given)
        assert told[0].tolist() == quick[kind][0].tolist() and np.allclose(told[1], quick[kind][1])


@pytest.mark.parametrize("missed", [1.3, 1e9])  # foreseen, and seen
def test_too_many_are_not_listed(missed, monkeypatch, large):
    monkeypatch.setattr(close_pairs, "_MISSED", missed)
    monkeypatch.setattr(close_pairs, "_MOST", 10_000)
    assert close_pairs.close_pairs(Points(X), np.arange(700), np.full(700, 9.0)) is None
    covering = Covering(X, radius=1.0)
    greedy_coverage(covering, 3, taken=[4])
    assert covering.close is None


@pytest.mark.parametrize("kind", ["gaussian", "ball", "cosine"])
@pytest.mark.parametrize("dtype", BOTH)
@pytest.mark.parametrize("weighed", [False, True])
def test_by_close_pairs_as_by_all(kind, dtype, weighed, monkeypatch, large):
    x, rng = X.astype(dtype), np.random.default_rng(4)
    rows, witnesses, taken = rng.permutation(600)[:500], rng.permutation(600), np.arange(600, 630)
    weights = rng.random(600) * (rng.random(600) < 0.8) if weighed else None
    given = {"similarity": kind, "radius": 1.2, "rows": rows, "witnesses": witnesses, "taken": taken}
    picks, gains = greedy_coverage(x, 40, weights=weights, **given)
    monkeypatch.setattr(close_pairs, "_MOST", -1)
    again, same = greedy_coverage(x, 40, weights=weights, **given)
    assert np.allclose(gains, same, atol=3e-6 if dtype == np.float32 else 1e-9)
    if not weighed:
        assert picks.tolist() == again.tolist() and gains.tolist() == same.tolist()


@pytest.mark.parametrize("kind", ["gaussian", "ball", "cosine"])
@pytest.mark.parametrize("dtype", BOTH)
def test_pairs_that_are_kept_change_no_pick(kind, dtype, large):
    """Other weights at each question, herding with a radius that shrinks, and more rows taken."""
    rng = np.random.default_rng(5)
    x = np.repeat(X[:350], 1 + (rng.random(350) < 0.1), axis=0).astype(dtype)
    covering, taken = Covering(x, similarity=kind, radius=1.4), np.arange(6)
    for turn in range(5):
        rows = rng.permutation(np.setdiff1d(np.arange(len(x)), taken))
        given = {"rows": rows, "taken": taken, "witnesses": rng.permutation(rows)}
        given["weights"] = rng.random(len(rows)) if turn != 2 else None
        kept = covering.close
        picks, gains = greedy_coverage(covering, 9, **given)
        assert covering.close is kept or turn == 0
        fresh = greedy_coverage(x, 9, similarity=kind, radius=covering.radius, **given)
        assert picks.tolist() == fresh[0].tolist() and gains.tolist() == fresh[1].tolist()
        covering = covering.with_radius(covering.radius * (0.9 if kind == "gaussian" else 1))
        taken = np.concatenate([taken, picks, rng.choice(np.setdiff1d(rows, picks), 2)])
    rows = np.setdiff1d(np.arange(len(x)), taken)
    covering = covering.with_radius(1.45)
    greedy_coverage(covering, 2, taken=taken, rows=rows, witnesses=rows)
    assert (covering.close is not kept) == (kind == "ball")  # who was too far away may not be now


def test_no_weight_at_all_and_one_candidate(large):
    given = {"similarity": "ball", "radius": 1.0, "witnesses": np.arange(700)}
    assert greedy_coverage(X, 2, weights=np.zeros(700), **given)[1].tolist() == [0, 0]
    assert greedy_coverage(X, 2, rows=[7], taken=[9], **given)[0].tolist() == [7]
