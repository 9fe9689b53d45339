"""4DS against its sums written out, and its mixture against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from querist.acquisition import Margin
from querist.errors import InvalidInput
from querist.kernels import mixture
from querist.strategies import FourDS, predicted
from querist.testing import blobs, snapshot_of

RNG = np.random.default_rng(0)
HEAPS = RNG.normal(size=(200, 2)) * np.repeat([[1, 0.3], [1, 1], [1, 1]], [120, 60, 20], axis=0)
HEAPS += np.repeat([[0, 0], [6, 0], [0, 7]], [120, 60, 20], axis=0)


def test_the_mixture_is_that_of_scikit_learn() -> None:
    ours = mixture(HEAPS, 3, np.random.default_rng(0), rounds=500, tolerance=1e-9)
    theirs = GaussianMixture(3, covariance_type="diag", tol=1e-9, max_iter=500, random_state=0).fit(HEAPS)
    density, claims = ours.shares(HEAPS)
    assert density.mean() == pytest.approx(theirs.score(HEAPS), abs=1e-4)
    order, other = ours.weights.argsort(), theirs.weights_.argsort()
    assert np.allclose(ours.weights[order], theirs.weights_[other], atol=1e-3)
    assert np.allclose(claims[:, order], theirs.predict_proba(HEAPS)[:, other], atol=1e-2)


def test_shares_are_the_law_of_bayes() -> None:
    made = mixture(HEAPS, 3, np.random.default_rng(1))
    density, claims = made.shares(csr_array(HEAPS))
    each = np.stack(
        [
            w * norm(m, np.sqrt(v)).pdf(HEAPS).prod(axis=1)
            for w, m, v in zip(made.weights, made.means, made.variances, strict=True)
        ],
        axis=1,
    )
    assert np.allclose(density, np.log(each.sum(axis=1)))
    assert np.allclose(claims, each / each.sum(axis=1, keepdims=True))


def test_repeated_rows_and_few_rows_are_borne() -> None:
    for x in (np.zeros((5, 2)), np.full((6, 1), 3.7), np.repeat(np.eye(2), 4, axis=0), np.ones((1, 3))):
        density, claims = mixture(x, 4, np.random.default_rng(0)).shares(x)
        assert np.isfinite(density).all() and np.allclose(claims.sum(axis=1), 1)
    with pytest.raises(InvalidInput, match="rows, features and a component"):
        mixture(np.empty((0, 2)), 2, RNG)


def test_picks_are_the_largest_sums() -> None:
    x, y = blobs(40)
    snapshot = snapshot_of(x, y, labelled=range(6), pending=[7], seed=1)
    prediction = predicted(snapshot)
    weights = {"distance": 0.5, "density": 0.3, "distribution": 0.7, "diversity": 0.2}
    proposal = FourDS(**weights, components=3).propose(snapshot, 8)
    fitted = mixture(x[prediction.sample(4096)], 3, np.random.default_rng(1))
    density, claims = fitted.shares(x)
    free = prediction.rows.tolist()
    fixed = dict(zip(free, 0.5 * Margin()(prediction), strict=True))
    batch: list[int] = []
    for item, score in zip(proposal.ids, proposal.scores, strict=True):
        taken = [*range(6), 7, *batch]
        sums = {}
        away = {row: min((np.linalg.norm(x[row] - x[one]) for one in batch), default=0.0) for row in free}
        for row in free:
            off = np.abs(claims[[*taken, row]].mean(axis=0) - fitted.weights).sum() / 2
            sums[row] = fixed[row] + 0.7 * (1 - off)
            sums[row] += 0.3 * np.exp((density[row] - density[free].max()) / 4)
            sums[row] += 0.2 * away[row] / max(*away.values(), 1e-300)
        best = max((row for row in free if row not in batch), key=sums.__getitem__)
        assert item == f"item-{best}" and score == pytest.approx(sums[best])
        batch.append(best)


def test_each_part_is_asked_its_share() -> None:
    snapshot = snapshot_of(HEAPS)
    strategy = FourDS(distance=0, density=0, distribution=1, diversity=0, components=3)
    rows = [int(str(item).split("-")[1]) for item in strategy.propose(snapshot, 20).ids]
    assert np.abs(np.histogram(rows, [0, 120, 180, 200])[0] - [12, 6, 2]).max() <= 1


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in (
        {"distance": -1.0},
        {"components": 0},
        {"density": np.inf},
        dict.fromkeys(("distance", "density", "distribution", "diversity"), 0.0),
    ):
        with pytest.raises(InvalidInput, match="one of them above"):
            FourDS(**wrong)
