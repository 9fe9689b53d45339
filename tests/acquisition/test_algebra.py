"""What combinations of acquisitions compute, print, need and refuse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from querist.acquisition import (
    Acquisition,
    Constant,
    Cost,
    Density,
    Entropy,
    LeastConfidence,
    Margin,
    Power,
    Product,
    Random,
    Rank,
    Ratio,
    Sum,
)
from querist.errors import InvalidInput, MissingCapability
from querist.kernels import cosine_density, entropy, least_confidence, margin
from querist.models import Prediction
from querist.testing import Centroids, Fixed, blobs

X, Y = blobs(25)
MODEL = Centroids(("a", "b", "c")).fitted(X, Y)
PREDICTION = Prediction(MODEL, X, [3, 9, 4], costs=np.linspace(1, 3, 25), seed=1)
M, E, D, C = (one(PREDICTION) for one in (Margin(), Entropy(), Density(), Cost()))


@dataclass(frozen=True)
class Below(Acquisition):
    """An acquisition of a user's that goes below 0."""

    needs = frozenset()

    def __call__(self, prediction):
        return np.linspace(-1, 1, len(prediction))


def test_the_families_are_their_kernels():
    proba = MODEL.proba(X[[3, 9, 4]])
    assert np.allclose(M, 1 + margin(proba)) and np.allclose(E, entropy(proba))
    assert np.allclose(LeastConfidence()(PREDICTION), least_confidence(proba))
    assert np.allclose(D, cosine_density(X)[[3, 9, 4]])
    assert np.allclose(C, np.linspace(1, 3, 25)[[3, 9, 4]])
    assert (Random()(PREDICTION) == PREDICTION.chance).all()


@pytest.mark.parametrize(
    ("made", "expected", "printed"),
    [
        (Margin() * Density(), M * D, "Margin() * Density()"),
        (Margin() * Density() * Cost(), M * D * C, "Margin() * Density() * Cost()"),
        (Margin() * (Density() * 2), M * D * 2, "Margin() * Density() * 2"),
        (Entropy() / Cost(), E / C, "Entropy() / Cost()"),
        (Entropy() / 2, E / 2, "Entropy() / 2"),
        (Margin() / (Density() * Cost()), M / (D * C), "Margin() / (Density() * Cost())"),
        (Margin() / (Density() / Cost()), M / (D / C), "Margin() / (Density() / Cost())"),
        (0.3 * Margin() + Entropy(), 0.3 * M + E, "0.3 * Margin() + Entropy()"),
        (1 + Margin() + 2, 3 + M, "1 + Margin() + 2"),
        ((Margin() + Entropy()) * Cost(), (M + E) * C, "(Margin() + Entropy()) * Cost()"),
        ((Margin() + Entropy()) / Cost(), (M + E) / C, "(Margin() + Entropy()) / Cost()"),
        (Density() ** 2, D**2, "Density() ** 2"),
        ((Margin() * Density()) ** 0.5, (M * D) ** 0.5, "(Margin() * Density()) ** 0.5"),
        (Cost() ** -1, 1 / C, "Cost() ** -1"),
        (-1 * Margin(), -M, "-1 * Margin()"),
        (Rank(Cost()), np.array([0.5 / 3, 2.5 / 3, 1.5 / 3]), "Rank(of=Cost())"),
        (Rank(Constant(2.0)), np.full(3, 0.5), "Rank(of=2)"),
    ],
)
def test_what_is_written_is_what_is_computed(made, expected, printed):
    assert np.allclose(made(PREDICTION), expected) and repr(made) == printed


def test_a_combination_needs_what_its_parts_need():
    assert (Margin() * Density()).needs == {"proba"} == Rank(Entropy() ** 2 / Cost()).needs
    assert (Density() / Cost()).needs == frozenset()
    assert (Margin() * Density() + Margin()).reasons == (Margin.reason, Density.reason)
    assert (Rank(Margin()) + Entropy()).relative and not (Margin() + Entropy()).relative


def test_a_lottery_is_known_as_one():
    for lottery in (Random(), 2 * Random(), 1 + Random(), Rank(Random()), Random() ** 2):
        assert lottery.uniform, lottery
    for worth in (
        Random() * Margin(),
        Random() + Random(),
        Random() ** 0,
        Margin(),
        Constant(1),
        Random() / Cost(),
    ):
        assert not worth.uniform, worth


def test_a_denominator_of_zero_is_a_small_one():
    sure = Prediction(Fixed([1.0, 0.0]), X)
    assert np.isfinite((Cost() / Margin())(sure)).all() and np.isfinite((Margin() ** -2)(sure)).all()


@pytest.mark.parametrize("made", [Below() * Cost(), Cost() / Below(), Below() ** 2, Below() * Margin()])
def test_a_sign_that_would_turn_the_sense_is_refused(made):
    with pytest.raises(InvalidInput, match=r"scores down to -1.*Rank\(Below\(\)\)"):
        made(PREDICTION)


def test_one_factor_with_numbers_may_have_any_sign():
    assert (-2 * Below())(PREDICTION).tolist() == [2.0, 0.0, -2.0]
    assert (Rank(Below()) * Margin())(PREDICTION).min() >= 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Product(()),
        lambda: Product((Margin, Density())),
        lambda: Sum((3.0,)),
        lambda: Ratio(Margin(), None),
        lambda: Power("margin", 2.0),
        lambda: Rank(Margin),
    ],
)
def test_what_is_no_acquisition_is_refused_at_birth(make):
    with pytest.raises(InvalidInput, match="is made of acquisitions"):
        make()


@pytest.mark.parametrize("make", [lambda: Constant(float("nan")), lambda: Margin() ** float("inf")])
def test_numbers_are_finite(make):
    with pytest.raises(InvalidInput, match="must be finite"):
        make()


def test_density_needs_places():
    with pytest.raises(MissingCapability, match="Encode the items first"):
        Density()(Prediction(None, np.array(["a", "b"], dtype=object)))


def test_nothing_to_score():
    for made in (Margin() * Density(), Rank(Entropy()), Margin() ** -1 / Cost(), 1 + Random()):
        assert made(Prediction(MODEL, X, [])).shape == (0,)
