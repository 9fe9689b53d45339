"""Domains: what is drawn, varied or brought back lies inside; what cannot be is told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.data import Box, Choices, Constrained, Integers, Linear, ProductDomain, Simplex
from querist.errors import InvalidInput
from querist.specs import from_spec, to_spec

BOX = Box(((-1.0, 3.0), (0.0, 0.5)), names=("force", "share"))
DOMAINS = [
    BOX,
    Integers(-2, 7),
    Choices(("oak", "elm", "ash")),
    Simplex(4, names=("a", "b", "c", "d")),
    ProductDomain((BOX, Integers(1, 3), Choices(("x", "y"), ("letter",)))),
    Constrained(BOX, (Linear((1.0, 1.0), 0.5),)),
    Constrained(
        ProductDomain((Box(((0, 1),)), Integers(1, 9))), (lambda points: points[:, 0] * points[:, 1] < 3,)
    ),
]
NAMES = [f"{type(one).__name__}-{place}" for place, one in enumerate(DOMAINS)]


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("domain", DOMAINS, ids=NAMES)
def test_what_a_domain_gives_lies_in_it(domain):
    drawn = domain.sample(200, rng())
    for points in (
        drawn,
        domain.design(50, rng(1)),
        domain.vary(drawn, 0.3, rng(2)),
        domain.vary(drawn, 1e-3, rng(3)),
    ):
        assert domain.contains(points).all() and np.isfinite(points).all()
    middles = domain.between(drawn[:100], drawn[100:], 0.5)
    assert domain.contains(middles).all()
    assert domain.design(0, rng()).shape == (0, drawn.shape[1])
    assert (domain.sample(20, rng(4)) == domain.sample(20, rng(4))).all()
    places = domain.places(drawn)
    assert places.min() >= -1e-9 and places.max() <= 1 + 1e-9
    assert domain.points(domain.features(drawn)) == pytest.approx(drawn)


@pytest.mark.parametrize("domain", DOMAINS, ids=NAMES)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99))
def test_far_away_points_are_brought_back_and_stay(domain, seed):
    wild = 50 * rng(seed).standard_normal((20, len(domain.low)))
    near = domain.nearest(wild)
    assert domain.contains(near).all()
    assert domain.nearest(near) == pytest.approx(near, abs=1e-9)


@pytest.mark.parametrize("domain", DOMAINS[:6], ids=repr)
def test_a_domain_is_written_as_json(domain):
    assert from_spec(json.loads(json.dumps(to_spec(domain)))) == domain


@pytest.mark.parametrize("domain", DOMAINS, ids=NAMES)
def test_content_is_a_row_of_named_fields(domain):
    for one in domain.content(domain.sample(3, rng())):
        assert one["kind"] == "row" and all(isinstance(value, str) for value in one["fields"].values())
        json.dumps(one)


def test_the_projection_onto_a_simplex_is_the_nearest_point():
    points = rng(1).standard_normal((30, 3))
    near = Simplex(3).nearest(points)
    grid = Simplex(3).sample(20_000, rng(2))
    best = np.sqrt(((points[:, None] - grid) ** 2).sum(axis=2)).min(axis=1)
    assert (np.sqrt(((points - near) ** 2).sum(axis=1)) <= best + 1e-9).all()


def test_a_design_is_more_even_than_lots():
    def gap(points):
        apart = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
        np.fill_diagonal(apart, np.inf)
        return apart.min()

    square = Box(((0, 1), (0, 1)))
    assert gap(square.design(64, rng())) > gap(square.sample(64, rng()))
    assert len(np.unique(Box(((0, 1),) * 3).design(100, rng()), axis=0)) == 100


def test_how_many_points_there_are():
    assert Integers(1, 6).count == 6 and Choices("abc").count == 3
    assert ProductDomain((Integers(1, 6), Choices("abc"))).count == 18
    assert BOX.count == np.inf


def test_a_domain_without_an_allowed_point_is_told_at_once():
    with pytest.raises(
        InvalidInput, match=r"None of 20,000 points .* keeps all 2 constraints.*Constraint 2 was kept"
    ):
        Constrained(BOX, (Linear((1, 0), 10), Linear((1, 0), -2)))


def test_a_tiny_allowed_part_is_drawn_from_all_the_same():
    tiny = Constrained(Box(((0, 1), (0, 1))), (Linear((1, 1), 0.02),))
    points = tiny.sample(300, rng())
    assert points.shape == (300, 2) and tiny.contains(points).all()
    assert len(tiny.design(40, rng())) == 40


def test_a_box_around_rows():
    x = np.array([[0.0, 5.0], [2.0, 5.0]])
    box = Box.around(x, margin=0.5)
    assert box.bounds[0] == (-1.0, 3.0) and box.contains(x).all()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Box(()), "a pair"),
        (lambda: Box(((1.0, 1.0),)), r"from 1 to 1.*low < high"),
        (lambda: Box(((0.0, np.inf),)), "finite"),
        (lambda: Box(((0, 1), (0, 1)), names=("a",)), "1 names for 2 columns"),
        (lambda: Integers(3, 2), "from 3 to 2"),
        (lambda: Choices(()), "one at least"),
        (lambda: Choices(("a", "a")), "each option once"),
        (lambda: Simplex(1), "2 parts"),
        (lambda: ProductDomain(()), "none"),
        (lambda: ProductDomain((Integers(0, 1), Integers(0, 1))), "field 'n'"),
        (lambda: Constrained(BOX, ("x < 1",)), "functions"),
    ],
)
def test_what_is_no_domain_is_told(make, told):
    with pytest.raises(InvalidInput, match=told):
        make()
