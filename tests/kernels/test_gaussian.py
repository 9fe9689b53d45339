"""Improvement and information of normal predictions against integrals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from querist import kernels
from querist.errors import InvalidInput
from querist.kernels import expected_improvement, gaussian_information, improvement_chance

RNG = np.random.default_rng(0)
CASES = [
    (0.0, 1.0, 0.0),
    (1.0, 0.3, 2.0),
    (-2.0, 3.0, 0.5),
    (4.0, 2.0, 1.0),
    (0.0, 0.01, 0.02),
    (1e3, 5, 1e3),
]


@pytest.mark.parametrize(("mean", "std", "best"), CASES)
def test_improvement_is_its_integral(mean: float, std: float, best: float) -> None:
    """Not multiplied by sigma a second time, nor divided by it."""
    law = norm(mean, std)
    gain, _ = quad(lambda f: (f - best) * law.pdf(f), best, max(best, mean) + 12 * std, epsabs=1e-14)
    told = expected_improvement([mean], [std], best)[0]
    assert told == pytest.approx(gain, rel=1e-9)
    assert improvement_chance([mean], [std], best)[0] == pytest.approx(law.sf(best), rel=1e-12)
    assert expected_improvement([3 * mean], [3 * std], 3 * best)[0] == pytest.approx(3 * told)


def test_improvement_keeps_its_digits_far_away() -> None:
    """z Phi(z) + phi(z) as it stands is 0 or below 0 there; the tail goes as phi(z) / z^2."""
    z = np.array([-6.0, -10.0, -20.0, -30.0])
    told = expected_improvement(z, np.ones(4), 0.0)
    assert (told > 0).all()
    series = norm.pdf(z) / z**2 * (1 - 3 / z**2 + 15 / z**4 - 105 / z**6)
    assert np.allclose(told[1:], series[1:], rtol=1e-3) and np.allclose(told[2:], series[2:], rtol=1e-6)
    assert expected_improvement([-1e300, 1e300], [1e-300, 1e-300], 0.0).tolist() == [0.0, 1e300]


def test_without_doubt_improvement_is_what_it_is() -> None:
    assert expected_improvement([1.0, 2.0, 3.0], np.zeros(3), 2.0).tolist() == [0.0, 0.0, 1.0]
    assert improvement_chance([1.0, 2.0, 3.0], np.zeros(3), 2.0).tolist() == [0.0, 0.0, 1.0]
    assert expected_improvement([], [], 0.0).shape == (0,)


def test_information_is_that_of_two_normals() -> None:
    """H(y) - H(y | f), by integrals."""

    def entropy(std: float) -> float:
        law = norm(0, std)
        return quad(lambda y: -law.pdf(y) * law.logpdf(y), -12 * std, 12 * std)[0]

    for std, noise in ((0.5, 1.0), (3.0, 0.2), (1.0, 1.0)):
        want = entropy(np.hypot(std, noise)) - entropy(noise)
        assert gaussian_information([std], noise)[0] == pytest.approx(want, rel=1e-6)
    assert gaussian_information([0.0, 1e-12], 1.0).tolist() == [0.0, 5e-25]


def test_what_makes_no_sense_is_refused() -> None:
    for call in (
        lambda: expected_improvement([0.0], [-1.0], 0.0),
        lambda: expected_improvement([0.0, 1.0], [1.0], 0.0),
        lambda: improvement_chance([0.0], [1.0], np.inf),
    ):
        with pytest.raises(InvalidInput, match="a finite best"):
            call()
    with pytest.raises(InvalidInput, match="mean must be one finite number a row"):
        expected_improvement([[0.0]], [[1.0]], 0.0)
    for std, noise in (([-1.0], 1.0), ([1.0], 0.0), ([1.0], np.inf)):
        with pytest.raises(InvalidInput, match="noise above 0"):
            gaussian_information(std, noise)


def test_a_straddle_is_what_its_name_says():
    mean, std = RNG.standard_normal(40), RNG.random(40)
    told = kernels.straddle(mean, std, 0.3, 1.5)
    by_hand = [1.5 * s - abs(m - 0.3) for m, s in zip(mean, std, strict=True)]
    assert told == pytest.approx(by_hand)
    inside = (mean - 1.5 * std < 0.3) & (mean + 1.5 * std > 0.3)
    assert ((told > 0) == inside).all()


@pytest.mark.parametrize("noise", [0.1, 0.5])
def test_variance_removed_is_what_a_label_takes_away(noise):
    """Of a Gaussian vector, by conditioning on each of its parts in full."""
    root = RNG.standard_normal((9, 9))
    prior = root @ root.T / 9
    here, there = prior[:4, :4], prior[4:, 4:]
    told = kernels.variance_removed(prior[:4, 4:], np.diag(here), noise)
    for x in range(4):
        after = there - np.outer(prior[x, 4:], prior[x, 4:]) / (here[x, x] + noise**2)
        assert told[x] == pytest.approx((np.trace(there) - np.trace(after)) / 5)


def test_variance_removed_where_there_is_none():
    assert kernels.variance_removed(np.zeros((2, 3)), [0.0, 1.0]).tolist() == [0.0, 0.0]
    assert kernels.variance_removed(np.empty((2, 0)), [1.0, 1.0]).tolist() == [0.0, 0.0]
    with pytest.raises(InvalidInput, match="2, 3"):
        kernels.variance_removed(np.zeros((2, 3)), [1.0])
    with pytest.raises(InvalidInput, match="variance"):
        kernels.variance_removed(np.zeros((1, 3)), [-1.0])
