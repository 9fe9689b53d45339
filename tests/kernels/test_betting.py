"""Betting intervals cover at every look at once: fair draws, a finite pool, weighted losses."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import (
    asymptotic_interval,
    bernstein_interval,
    betting_interval,
    interval_at_any_look,
    loss_terms,
)

RUNS, LABELS = 150, 120


def _inside(ends, mean):
    low, high = ends
    return bool(((low <= mean + 1e-12) & (mean <= high + 1e-12)).all())


def _fair(rng, kind, pool):
    """The interval of one run, at every look, for the mean of the pool."""
    if kind in ("betting", "bernstein"):
        drawn = pool[rng.integers(len(pool), size=LABELS)]
        return betting_interval(drawn) if kind == "betting" else bernstein_interval(drawn)
    drawn, n = pool[rng.permutation(len(pool))[:LABELS]], len(pool)
    if kind == "bernstein, pool known":
        return bernstein_interval(drawn, n=n)
    m = np.arange(1, LABELS + 1)
    before = np.concatenate([[0.0], np.cumsum(drawn)[:-1]])
    terms = loss_terms(drawn, 1 / (n - m + 1), n)
    return betting_interval(terms, before / n, (before + n - m + 1) / n)


@pytest.mark.parametrize("kind", ["betting", "bernstein", "betting, pool known", "bernstein, pool known"])
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_fair_draws_are_covered_at_all_looks_together(kind, share):
    rng = np.random.default_rng(0)
    pool = np.where(np.arange(200) < 200 * share, 1.0, 0.0)
    covered = np.mean([_inside(_fair(rng, kind, pool), share) for _ in range(RUNS)])
    assert covered >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / RUNS)


def test_weighted_losses_are_covered_though_the_guesses_are_bad():
    rng, n, kept = np.random.default_rng(1), 150, []
    for _ in range(RUNS):
        lost = (rng.random(n) < 0.3).astype(float)
        guess = np.where(rng.random(n) < 0.8, lost, 1 - lost) * 0.6 + 0.2
        pull = 0.3 + guess
        kept.append(_inside(_weighted(rng, lost, guess, pull), lost.mean()))
    assert np.mean(kept) >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / RUNS)


def _weighted(rng, lost, guess, pull):
    n, left, rows = len(lost), np.ones(len(lost), dtype=bool), []
    parts = {name: [] for name in ("chance", "guess", "rest", "least", "most")}
    for _ in range(LABELS // 2):
        free = np.flatnonzero(left)
        q = pull[free] / pull[free].sum()
        place = rng.choice(len(free), p=q)
        row = free[place]
        for name, value in (
            ("chance", q[place]),
            ("guess", guess[row]),
            ("rest", guess[free].sum()),
            ("least", (-guess[free] / q).min()),
            ("most", ((1 - guess[free]) / q).max()),
        ):
            parts[name].append(value)
        rows.append(row)
        left[row] = False
    told = {name: np.array(values) for name, values in parts.items()}
    terms = loss_terms(lost[rows], told["chance"], n, told["guess"], told["rest"])
    base = np.concatenate([[0.0], np.cumsum(lost[rows])[:-1]]) + told["rest"]
    return betting_interval(terms, (base + told["least"]) / n, (base + told["most"]) / n)


def test_it_is_narrower_than_its_neighbours():
    rng = np.random.default_rng(0)
    drawn = (rng.random(400) < 0.15).astype(float)
    m = np.arange(1, 401)
    before = np.concatenate([[0.0], np.cumsum(drawn)[:-1]])
    known = betting_interval(
        loss_terms(drawn, 1 / (1000 - m + 1), 1000), before / 1000, (before + 1000 - m + 1) / 1000
    )
    width = {
        "pool known": known[1][-1] - known[0][-1],
        "betting": np.subtract(*betting_interval(drawn)[::-1])[-1],
        "mixture": np.subtract(*interval_at_any_look(int(drawn.sum()), 400)[::-1]),
        "bernstein": np.subtract(*bernstein_interval(drawn)[::-1])[-1],
    }
    assert width["pool known"] < 0.9 * min(width["betting"], width["mixture"])
    assert width["betting"] < min(width["bernstein"], 1.05 * width["mixture"])


def test_ends_narrow_and_a_wrong_spread_costs_width_alone():
    drawn = np.tile([1.0, 0.0, 1.0], 60)
    for spread in (None, 0.01, 5.0):
        low, high = betting_interval(drawn, spread=spread)
        assert (np.diff(low) >= 0).all() and (np.diff(high) <= 0).all()
        assert 0 <= low[-1] <= 2 / 3 <= high[-1] <= 1
    assert betting_interval([])[0].shape == (0,)


def test_other_bounds_are_other_units():
    drawn = np.tile([1.0, 0.0, 1.0, 1.0], 40)
    low, high = betting_interval(drawn)
    far, top = betting_interval(drawn * 8 - 3, -3.0, 5.0, bounds=(-3.0, 5.0))
    assert np.allclose(far, low * 8 - 3, atol=0.02) and np.allclose(top, high * 8 - 3, atol=0.02)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: betting_interval([2.0]),
        lambda: betting_interval([0.5], 0.6),
        lambda: betting_interval([0.5], alpha=0.0),
        lambda: betting_interval([0.5], bounds=(1.0, 0.0)),
        lambda: betting_interval([np.nan]),
        lambda: bernstein_interval([1.5]),
        lambda: bernstein_interval([0.5], alpha=1.0),
        lambda: bernstein_interval([0.5, 0.5], n=1),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(InvalidInput):
        wrong()


@pytest.mark.parametrize("share", [0.5, 0.25])
def test_the_asymptotic_interval_covers_at_all_looks_from_its_first_on(share):
    rng, inside = np.random.default_rng(3), []
    for _ in range(400):
        drawn = (rng.random(300) < share).astype(float)
        low, high = asymptotic_interval(drawn, spread=0.5)
        assert np.isinf(low[:29]).all() and np.isfinite(low[29:]).all()
        inside.append(_inside((low, high), share))
    assert 0.93 <= np.mean(inside) <= 0.99


def test_the_asymptotic_interval_is_the_formula():
    rng = np.random.default_rng(4)
    z, sd, alpha = rng.normal(2.0, 1.0, 60), rng.uniform(0.5, 2.0, 60), 0.1
    low, high = asymptotic_interval(z, alpha=alpha, spread=sd, planned=50, first=60)
    m, w = 60, 1 / sd
    middle = (w * z).sum() / w.sum()
    unit = ((w**2 * (z - middle) ** 2).sum() * m / (m - 1) + 5) / (m + 5)
    share = (-2 * np.log(alpha) + np.log(1 - 2 * np.log(alpha))) / 50
    half = np.sqrt(unit * (m * share + 1) / share * np.log((m * share + 1) / alpha**2)) / w.sum()
    assert (low[-1], high[-1]) == pytest.approx((middle - half, middle + half))
    assert asymptotic_interval([])[0].shape == (0,)
    for wrong in ({"alpha": 0.0}, {"planned": 0}):
        with pytest.raises(InvalidInput, match="alpha"):
            asymptotic_interval(z, **wrong)
