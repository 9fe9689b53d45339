"""Strategies that make items: where they ask, and what they fall back to."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from querist.acquisition import Bald, ExpectedImprovement, Margin, Straddle, VarianceRemoved
from querist.data import Box, Choices, Integers, Pool, ProductDomain
from querist.errors import InvalidInput
from querist.models import as_model
from querist.strategies import MadeItems, Snapshot
from querist.synthesis import (
    Between,
    Bisection,
    Climb,
    Filling,
    Latent,
    Realism,
    Synthesis,
    Synthesised,
)
from querist.testing import Centroids, check_made, check_synthesis

SQUARE = Box(((-1.0, 1.0), (-1.0, 1.0)))


def circle(x):
    return np.where((np.asarray(x) ** 2).sum(axis=-1) < 0.5, "in", "out")


def known(x, y, model=None, seed=0):
    """A snapshot of a pool whose every row is labelled."""
    fitted = None if model is None else as_model(model, classes=("in", "out")).fitted(x, y)
    return Snapshot(Pool(x), labels=dict(enumerate(y)), model=fitted, seed=seed)


def features(proposal):
    return np.stack([one.features for one in proposal.made])


@pytest.fixture(scope="module")
def learned():
    x = np.random.default_rng(0).uniform(-1, 1, (80, 2))
    return known(x, circle(x), SVC(C=100, gamma=2, probability=True, random_state=0))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("search", [Climb(), Between()])
def test_questions_lie_where_the_model_is_torn(learned, search):
    asked = features(Synthesised(Margin(), SQUARE, search).propose(learned, 8))
    proba = learned.model.proba(asked)
    assert np.abs(proba[:, 0] - 0.5).max() < 0.1
    apart = np.sqrt(((asked[:, None] - asked) ** 2).sum(axis=2))[np.triu_indices(8, 1)]
    assert apart.min() > 0.05, "a batch is spread along the boundary"


def test_a_climb_finds_the_top_of_a_smooth_worth():
    x = np.array([[-1.0, 0.0], [1.0, 0.0]])
    snapshot = Snapshot(Pool(x), labels={0: "a", 1: "b"}, model=Centroids(("a", "b")).fitted(x, ["a", "b"]))
    asked = features(Synthesised(Margin(), SQUARE, spread=0.0).propose(snapshot, 1))
    assert abs(asked[0, 0]) < 0.01


def test_a_climb_takes_whole_numbers_and_choices():
    domain = ProductDomain((Integers(0, 50), Choices(("p", "q"))))
    x = domain.sample(40, np.random.default_rng(1))
    y = ["lo" if row[0] + 10 * row[2] < 25 else "hi" for row in x]
    snapshot = Snapshot(Pool(x), labels=dict(enumerate(y)), model=as_model(LogisticRegression()).fitted(x, y))
    for row in features(Synthesised(Margin(), domain).propose(snapshot, 4)):
        assert domain.contains(row[None]).all() and abs(row[0] + 10 * row[2] - 25) < 4


def test_integrated_variance_and_level_sets_are_the_same_strategy():
    x = np.array([[-0.9, 0.0], [0.0, 0.1], [0.8, -0.2]])
    model = as_model(GaussianProcessRegressor(optimizer=None)).fitted(x, x[:, 0])
    snapshot = Snapshot(Pool(x), labels={0: -0.9, 1: 0.0, 2: 0.8}, model=model)
    for acquisition in (VarianceRemoved(places=64), Straddle(level=0.3), ExpectedImprovement()):
        proposal = Synthesised(acquisition, SQUARE, Climb(starts=8)).propose(snapshot, 3)
        check_made(Synthesised(acquisition, SQUARE), proposal, snapshot, 3)
        assert len(proposal) == 3
    best = features(Synthesised(ExpectedImprovement(), SQUARE, spread=0.0).propose(snapshot, 1))
    assert best[0, 0] > 0.8, "the number grows to the right"
    with pytest.raises(InvalidInput, match="Climb"):
        Synthesised(Straddle(), SQUARE, Between()).propose(snapshot, 1)


def test_the_pool_competes_by_the_same_acquisition():
    x = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 0.3], [0.9, 0.9]])
    model = Centroids(("a", "b")).fitted(x[:2], ["a", "b"])
    snapshot = Snapshot(Pool(x), labels={0: "a", 1: "b"}, model=model)
    box = Box(((0.5, 1.0), (-1.0, 1.0)))  # nothing in it is as doubtful as row 2
    proposal = Synthesised(Margin(), box, mixed=True).propose(snapshot, 2)
    assert proposal.ids[0] == 2 and proposal.made[0] is None and proposal.made[1] is not None
    assert proposal.scores[0] >= proposal.scores[1]


def real_and_odd():
    """A pool on a line in the plane, and a latent space that reaches over it."""
    along = np.linspace(-1, 1, 60)
    x = np.column_stack([along, along + 0.02 * np.sin(40 * along)])
    y = np.where(along < 0, "a", "b")
    rows = [0, 10, 50, 59]
    model = Centroids(("a", "b")).fitted(x[rows], y[rows])
    return Snapshot(Pool(x), labels={row: y[row] for row in rows}, model=model)


def test_what_is_not_real_gives_way_to_the_nearest_real_item():
    snapshot = real_and_odd()
    corner = Box(((0.4, 1.0), (-1.0, -0.4)))
    proposal = Synthesised(Margin(), corner, realism=Realism()).propose(snapshot, 2)
    assert not any(proposal.made) and set(proposal.ids) <= set(range(60))
    assert "real item" in proposal.why[0]
    free = Synthesised(Margin(), corner).propose(snapshot, 2)
    assert all(one is not None for one in free.made)


def test_realism_passes_what_is_near_real_items_and_learns_from_refusals():
    from querist.synthesis.contract import Known

    snapshot = real_and_odd()
    near, far = np.array([[0.205, 0.21]]), np.array([[0.8, -0.8]])
    fine = Realism().passes(Known(snapshot, SQUARE), np.concatenate([near, far]))
    assert fine.tolist() == [True, False]
    made = MadeItems(ids=["m"], features=[near[0]], refused=frozenset({"m"}))
    after = Snapshot(snapshot.pool, labels=snapshot.labels, model=snapshot.model, made=made)
    assert Realism().passes(Known(after, SQUARE), near + 1e-4).tolist() == [False]
    answered = MadeItems(ids=["m"], features=[near[0]], labels={"m": "b"})
    again = Snapshot(snapshot.pool, labels=snapshot.labels, model=snapshot.model, made=answered)
    assert Realism().passes(Known(again, SQUARE), near + 1e-4).tolist() == [True]


def test_codes_near_real_ones_may_stand_for_fog():
    """Halfway between two kinds of rows lie faint ones: their codes pass, and what is shown does not."""
    from querist.synthesis.contract import Known
    from querist.synthesis.latent import LatentSpace

    def decode(codes):
        strength = 0.05 + np.abs(codes[:, :1] - 0.5)
        return strength * np.hstack([np.ones((len(codes), 2)), codes[:, :1] > 0.5])

    codes = np.linspace(0, 1, 41)[:, None]
    rows = decode(codes)
    space = LatentSpace(codes, lambda rows: codes[: len(rows)], decode, (rows.min(axis=0), rows.max(axis=0)))
    snapshot = Snapshot(Pool(rows))
    points = np.array([[0.1], [0.495], [0.9]])
    assert Realism(strict=0.3).passes(Known(snapshot, space), points).all()
    shown = Realism(strict=0.3, shown=True).passes(Known(snapshot, space), points)
    assert shown.tolist() == [True, False, True]
    alone = Snapshot(Pool(rows[:3]))
    assert Realism(k=5, shown=True).passes(Known(alone, space), points[:1]).shape == (1,)


def test_refusals_lower_the_bar():
    from querist.synthesis.contract import Known

    snapshot = real_and_odd()
    places = SQUARE.places(snapshot.pool.features)
    lone = Realism(strict=0.01)
    before = lone._bar(Known(snapshot, SQUARE), places)
    odd = [snapshot.pool.features[row] + [0.0, 0.02] for row in (20, 30, 40)]
    made = MadeItems(ids=["u", "v", "w"], features=odd, refused=frozenset("uvw"))
    told = Snapshot(snapshot.pool, labels=snapshot.labels, model=snapshot.model, made=made)
    assert lone._bar(Known(told, SQUARE), places) < before


def test_bisection_ends_on_the_boundary_and_walks_on():
    x = [np.array([0.0, 0.0]), np.array([0.95, 0.95])]
    y = ["in", "out"]
    strategy = Bisection(SQUARE, tolerance=0.02)
    for _ in range(40):
        snapshot = known(np.array(x), y, seed=len(x))
        x.append(strategy.propose(snapshot, 1).made[0].features)
        y.append(str(circle(x[-1])))
    late = np.abs(np.linalg.norm(np.array(x[12:]), axis=1) - np.sqrt(0.5))
    assert np.median(late) < 0.1
    angles = np.sort(np.arctan2(*np.array(x[2:]).T))
    assert np.diff(angles).max() < np.pi, "it walked around"


def test_filling_goes_where_nothing_is():
    snapshot = known(np.array([[-1.0, -1.0], [1.0, 1.0]]), ["in", "out"])
    asked = features(Filling(SQUARE).propose(snapshot, 2))
    assert (np.sort(asked.prod(axis=1)) < -0.5).all()


def test_a_latent_space_gives_back_what_it_was_learned_from():
    rng = np.random.default_rng(2)
    x = (rng.standard_normal((200, 3)) @ rng.standard_normal((3, 12))).astype(np.float32)
    for recipe in (Latent(3), Latent(3, density="mixture")):
        space = recipe.learned(Pool(x))
        assert space.features(space.points(x)) == pytest.approx(x, abs=1e-3)
        drawn = space.features(space.sample(100, rng))
        assert drawn.dtype == np.float32 and (drawn >= x.min(axis=0)).all() and (drawn <= x.max(axis=0)).all()
        assert space.content(space.sample(1, rng))[0]["kind"] == "row"
    picture = Latent(3, shape=(3, 4)).learned(Pool(x)).content(space.sample(1, rng))[0]
    assert picture["kind"] == "image" and picture["png"].startswith("iVBOR")


def test_what_no_latent_space_can_be_learned_from_is_told():
    with pytest.raises(InvalidInput, match="12 pixels; the pool has 4 features"):
        Latent(shape=(3, 4)).learned(Pool(np.eye(4)))
    with pytest.raises(InvalidInput, match="raw values"):
        Latent().learned(Pool(["a text", "another"]))
    with pytest.raises(InvalidInput, match="no items"):
        Latent().learned(Pool(np.empty((0, 3))))


def test_a_committee_asks_where_it_disagrees():
    from sklearn.ensemble import RandomForestClassifier

    x = np.random.default_rng(4).uniform(-1, 1, (60, 2))
    snapshot = known(x, circle(x), RandomForestClassifier(20, random_state=0))
    asked = features(Synthesised(Bald(), SQUARE).propose(snapshot, 6))
    assert np.abs(np.linalg.norm(asked, axis=1) - np.sqrt(0.5)).mean() < 0.3


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Synthesised(Margin(), "box"), "made in a domain"),
        (lambda: Synthesised("margin", SQUARE), "an acquisition and a search"),
        (lambda: Synthesised(Margin(), SQUARE, spread=-1), "spread"),
        (lambda: Climb(starts=0), "1 start"),
        (lambda: Between(pairs=0), "pairs"),
        (lambda: Bisection(SQUARE, tolerance=0.5, step=0.1), "larger step"),
        (lambda: Filling(SQUARE, among=0), "among"),
        (lambda: Realism(strict=1.0), "strict"),
        (lambda: Latent(0), "1 component"),
        (lambda: Latent(density="kde"), "kernel"),
    ],
)
def test_what_is_no_synthesis_is_told(make, told):
    with pytest.raises(InvalidInput, match=told):
        make()


class Outside(Synthesis):
    """Asks beyond the box that it names."""

    domain = Box(((0.0, 1.0),) * 4)

    def propose(self, snapshot, n):
        return Filling(Box(((5.0, 6.0),) * 4)).propose(snapshot, n)


class Again(Synthesis):
    """Asks the same at every question."""

    domain = Box(((0.0, 1.0),) * 4)

    def propose(self, snapshot, n):
        return Filling(self.domain).propose(Snapshot(snapshot.pool), n)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [(Outside(), "outside of its domain"), (Again(), "is there already")],
    ids=["outside", "again"],
)
def test_the_laws_catch_what_breaks_them(wrong, told):
    with pytest.raises(AssertionError, match=told):
        check_synthesis(wrong)


def test_the_stateless_door_has_no_rows_for_made_items():
    from querist import choose

    with pytest.raises(InvalidInput, match=r"rows of x.*makes items"):
        choose([[0.0, 0.0], [1.0, 1.0]], {}, strategy=Filling(SQUARE))
