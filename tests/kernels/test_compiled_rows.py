"""Searches that go through compiled passes on large tables pick what they pick on small ones."""

from __future__ import annotations

import numpy as np
import pytest

from querist.kernels import Points, bait, falcun, large, large_distances, lcmd

RNG = np.random.default_rng(0)
X = RNG.normal(size=(700, 9)) * RNG.random(9) + 5
PROBA = RNG.dirichlet(np.full(4, 0.5), 700)
DOUBT = 1 - PROBA.max(axis=1)


@pytest.fixture
def everything_is_large(monkeypatch):
    def switch():
        monkeypatch.setattr(large, "_LARGE", 0)
        monkeypatch.setattr(large_distances, "_LARGE", 0)

    return switch


def drawn(proba, doubt, n, gamma, out=None):
    return falcun(proba, doubt, n, gamma=gamma, out=out, rng=np.random.default_rng(3))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("gamma", [0, 1.0, 10.0, 300.0])
def test_falcun_draws_the_same(kind, gamma, everything_is_large):
    one = np.repeat(PROBA[:1], 600, axis=0).astype(kind)
    cases = [
        (PROBA.astype(kind), DOUBT, 80, gamma),
        (PROBA[:60].astype(kind), DOUBT[:60], 60, gamma),
        (PROBA.astype(kind), DOUBT, 20, gamma, PROBA[:5]),
        (one, np.zeros(600), 50, gamma),
        (one, np.where(np.arange(600) % 7, 0, 0.5), 95, gamma),
    ]
    plain = [drawn(*case) for case in cases]
    everything_is_large()
    for case, (picks, chances) in zip(cases, plain, strict=True):
        again, same = drawn(*case)
        assert (again == picks).all() and np.allclose(same, chances, rtol=1e-9)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_bait_picks_the_same(kind, everything_is_large):
    x = (X - 5).astype(kind)  # float32 leaves no digits to tell near equals apart otherwise
    cases = [{"weights": DOUBT}, {"taken": range(40)}, {"rows": range(100, 200), "over": 1.0}]
    plain = [bait(x, 12, **case) for case in cases]
    everything_is_large()
    for case, (picks, rises) in zip(cases, plain, strict=True):
        again, same = bait(x, 12, **case)
        assert (again == picks).all() and np.allclose(same, rises, rtol=1e-3 if kind == np.float32 else 1e-9)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("taken", [[], [3], range(50)])
def test_lcmd_picks_the_same(kind, taken, everything_is_large):
    tables = [one.astype(kind) for one in (X - 5, np.repeat(X[:30], 10, axis=0), np.zeros((70, 2)), X[:64])]
    plain = [lcmd(x.astype(np.float64), 40, taken=taken) for x in tables]
    everything_is_large()
    for x, (picks, distances) in zip(tables, plain, strict=True):
        again, same = lcmd(x, 40, taken=taken)
        assert (again == picks).all() and np.allclose(same, distances, rtol=1e-4, atol=1e-6)


def test_few_rows_are_never_large(everything_is_large):
    picks = lcmd(X[:9], 5)[0]
    everything_is_large()
    assert (lcmd(X[:9], 5)[0] == picks).all()


def test_points_are_measured_alike(everything_is_large):
    plain = Points(X)
    everything_is_large()
    assert np.allclose(Points(X).mean, plain.mean) and np.allclose(Points(X).norms, plain.norms)


def test_the_source_of_the_compiled_code_is_right_as_it_stands(run_by_python, everything_is_large):
    picks = [drawn(PROBA, DOUBT, 6, gamma)[0] for gamma in (0, 10.0)]
    one = drawn(PROBA[:70] * 0 + 0.25, np.zeros(70), 9, 2.0)[0]
    designed, led = bait(X[:90], 3)[0], lcmd(X[:90], 6, taken=[3])[0]
    run_by_python("compiled_tile", "compiled_turn", "compiled_pairs", "compiled_distances", "compiled_rows")
    everything_is_large()
    assert (picks == np.array([drawn(PROBA, DOUBT, 6, gamma)[0] for gamma in (0, 10.0)])).all()
    assert (drawn(PROBA[:70] * 0 + 0.25, np.zeros(70), 9, 2.0)[0] == one).all()
    assert (bait(X[:90], 3)[0] == designed).all() and (lcmd(X[:90], 6, taken=[3])[0] == led).all()
