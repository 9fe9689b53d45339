"""Scored strategies, explored ones, the registry and the stateless door."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import chisquare
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from querist.acquisition import Acquisition, Constant, Cost, Density, Entropy, Margin, Random, Rank
from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability, UnknownPart
from querist.models import as_model
from querist.selection import KCenter, KMeansPlusPlus, Top
from querist.specs import to_spec
from querist.strategies import Explore, Scored, Snapshot, Strategy, as_strategy, choose, names, predicted
from querist.testing import blobs, snapshot_of

X, Y = blobs(60)


def test_the_best_by_score_with_scores_and_reasons():
    snapshot = snapshot_of(X, Y, labelled=range(9), pending=[10])
    proposal = Scored(Entropy()).propose(snapshot, 4)
    scores = Entropy()(predicted(snapshot))
    order = np.argsort(-scores, kind="stable")[:4]
    assert proposal.ids == [f"item-{row}" for row in snapshot.candidates[order]]
    assert np.allclose(proposal.scores, scores[order]) and proposal.probabilities.tolist() == [1.0] * 4
    assert proposal.why == (Entropy.reason,) * 4 and proposal.arms == ()


def test_it_starts_cold_by_lot_and_says_so():
    proposal = Scored(Margin()).propose(snapshot_of(X), 5)
    assert np.allclose(proposal.probabilities, 1 / (60 - np.arange(5)))
    assert proposal.why[0].startswith("No model yet. Drawn at random.")
    dense = Scored(Margin(), cold=Density()).propose(snapshot_of(X), 5)
    assert dense.ids == Scored(Density()).propose(snapshot_of(X), 5).ids


def test_a_model_of_one_class_draws_by_lot_instead_of_reading_from_the_top():
    """Sorted files would otherwise be asked in their order: one class for ever."""
    snapshot = snapshot_of(X, Y, labelled=[0])
    picks = [Scored(Margin()).propose(_seeded(snapshot, seed), 1) for seed in range(20)]
    assert len({pick.ids[0] for pick in picks}) > 10
    assert picks[0].probabilities.tolist() == [1 / 59]


def _seeded(snapshot, seed):
    return Snapshot(snapshot.pool, labels=snapshot.labels, model=snapshot.model, seed=seed)


@pytest.mark.parametrize("strategy", ["random", Explore("random", share=0.5), Explore(Density(), share=1.0)])
def test_a_lottery_is_uniform(strategy):
    drawn = [
        item
        for seed in range(1_500)
        for item in as_strategy(strategy).propose(Snapshot(Pool(X[:12]), seed=seed), 2).ids
    ]
    assert chisquare(np.bincount(drawn, minlength=12)).pvalue > 1e-3


@pytest.mark.parametrize("strategy", ["random", Explore("random", share=0.3), Explore(Density(), share=0.3)])
def test_a_lottery_does_not_mind_the_order_of_rows(strategy):
    order = np.random.default_rng(0).permutation(60)
    ids = [f"item-{row}" for row in range(60)]
    for seed in range(5):
        here = Snapshot(Pool(X, ids=ids), seed=seed)
        there = Snapshot(Pool(X[order], ids=[ids[row] for row in order]), seed=seed)
        one, two = as_strategy(strategy).propose(here, 9), as_strategy(strategy).propose(there, 9)
        assert one.ids == two.ids and np.allclose(one.probabilities, two.probabilities)


def test_random_asks_less_of_the_labelled_and_nothing_of_the_features():
    snapshot = Snapshot(Pool(ids=["a", "b", "c"]), labels={"b": "x"})
    assert set(as_strategy("random").propose(snapshot, 5).ids) == {"a", "c"}
    with pytest.raises(MissingCapability, match="Encode the items first"):
        as_strategy("k_center").propose(snapshot, 1)


def test_explore_deals_a_share_by_lot_and_keeps_the_chances():
    snapshot = snapshot_of(X, Y, labelled=range(9))
    own = Scored(Margin())
    best = own.propose(snapshot, 1).ids[0]
    arms, hits = [], 0
    for seed in range(2_000):
        pick = Explore(own, share=0.25).propose(_seeded(snapshot, seed), 1)
        arms.append(pick.arms[0])
        hits += pick.ids[0] == best
        expected = 0.25 / 51 + 0.75 * (pick.ids[0] == best)
        assert np.isclose(pick.probabilities[0], expected)
    assert abs(arms.count("random") / 2_000 - 0.25) < 0.03
    assert abs(hits / 2_000 - (0.75 + 0.25 / 51)) < 0.03


def test_explore_deals_whole_batches_each_item_once():
    snapshot = snapshot_of(X, Y, labelled=range(9))
    own = Scored(Margin()).propose(snapshot, 51).ids
    for share in (0.0, 0.4, 1.0):
        proposal = Explore(Scored(Margin()), share=share).propose(snapshot, 51)
        assert sorted(proposal.ids) == sorted(own)
        active = [item for item, arm in zip(proposal.ids, proposal.arms, strict=True) if arm == "active"]
        assert active == [item for item in own if item in set(active)]  # in the strategy's order
        assert (len(active) == 51) == (share == 0.0) and (len(active) == 0) == (share == 1.0)
        assert np.isclose(proposal.probabilities[-1], 1.0)  # the last one left is certain
        for why, arm in zip(proposal.why, proposal.arms, strict=True):
            assert ("random" in why) == (arm == "random")


def test_explore_fills_up_where_its_strategy_gives_less():
    class Shy:
        def propose(self, snapshot, n):
            return Scored(Density()).propose(snapshot, min(n, 1))

    proposal = Explore(Shy(), share=0.0).propose(snapshot_of(X), 3)
    assert proposal.arms == ("active", "random", "random")
    assert np.allclose(proposal.probabilities[1:], [1 / 59, 1 / 58]) and proposal.scores[1] == 0


def test_explore_in_explore_keeps_the_inner_arms():
    proposal = Explore(Explore(Density(), share=1.0), share=0.0).propose(snapshot_of(X), 4)
    assert proposal.arms == ("random",) * 4


def test_explore_names_a_strategy_without_a_reason():
    class Mute:
        def propose(self, snapshot, n):
            one = Scored(Density()).propose(snapshot, n)
            return type(one)(one.ids, one.scores, one.probabilities)

    assert Explore(Mute(), share=0.0).propose(snapshot_of(X), 2).why == ("", "")


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_a_share(share):
    with pytest.raises(InvalidInput, match="share must be from 0 to 1"):
        Explore("random", share=share)


def test_names_specs_and_parts_are_strategies():
    assert {"random", "margin", "entropy", "least_confidence", "density", "k_center", "explore"} <= set(
        names()
    )
    for name in names():
        assert isinstance(as_strategy(name), Strategy)
    assert (
        as_strategy("margin")
        == as_strategy({"name": "margin"})
        == as_strategy(Margin())
        == Scored(Margin(), Top())
    )
    assert as_strategy(KCenter()) == as_strategy("k_center") == Scored(Random(), KCenter())
    whole = Explore(Scored(Margin() * Density() ** 2 / Cost(), KMeansPlusPlus(among=3)), share=0.2)
    assert as_strategy(json.loads(json.dumps(to_spec(whole)))) == whole
    assert as_strategy({"name": "explore", "strategy": "entropy"}).strategy == Scored(Entropy())


@pytest.mark.parametrize("wrong", [3, None, Margin, object(), Scored])
def test_what_is_no_strategy_is_refused(wrong):
    with pytest.raises(InvalidInput, match=r"no strategy.*'?margin"):
        as_strategy(wrong)


def test_a_misspelt_name_is_mended():
    with pytest.raises(UnknownPart, match="'margin'"):
        as_strategy("margn")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Scored("margin"), "takes an acquisition and a selector; got 'margin'"),
        (lambda: Scored(Margin(), "top"), "got 'top'"),
        (lambda: Scored(Margin(), cold=None), "got None"),
        (lambda: Scored(Margin(), cold=Entropy()), r"needs a model \(proba\)"),
    ],
)
def test_a_scored_strategy_is_checked_at_birth(make, told):
    with pytest.raises(InvalidInput, match=told):
        make()


def test_a_model_that_cannot_is_told_with_what_can():
    from sklearn.svm import LinearSVC

    model = as_model(LinearSVC()).fitted(X[:9], Y[:9])
    with pytest.raises(
        MissingCapability, match=r"proba\(x\), which LinearSVC cannot give.*CalibratedClassifierCV"
    ):
        Scored(Margin()).propose(snapshot_of(X, Y, labelled=range(9), model=model), 1)


@dataclass(frozen=True)
class Odd(Acquisition):
    gives: tuple
    needs = frozenset()

    def __call__(self, prediction):
        return np.array(self.gives)


@pytest.mark.parametrize(
    ("gives", "told"), [((1.0, 2.0), r"shape \(2,\) for 3"), ((1.0, np.nan, 2.0), "not finite")]
)
def test_bad_scores_are_told_and_not_sorted(gives, told):
    with pytest.raises(InvalidInput, match=told):
        Scored(Odd(gives)).propose(Snapshot(Pool(X[:3])), 1)


def test_costs_count():
    pool = Pool(X[:3], costs=[1.0, 5.0, 0.2])
    assert Scored(Constant(1.0) / Cost()).propose(Snapshot(pool), 3).ids == [
        2,
        0,
        1,
    ]


def test_batches_spread():
    x = np.array([[0.0], [0.01], [0.02], [5.0], [9.0]])
    snapshot = Snapshot(Pool(x), labels={4: "a"})
    assert Scored(Density(), KCenter()).propose(snapshot, 2).ids == [0, 3]
    drawn = Scored(Density(), KMeansPlusPlus()).propose(snapshot, 2)
    assert (drawn.probabilities < 1).any() and 4 not in drawn.ids


def test_choose_from_arrays_lists_and_texts():
    assert choose([[0.0], [1.0], [2.1], [4.0]], ["a", None, None, "b"], GaussianNB(), strategy="margin") != []
    model = LogisticRegression().fit(X[:9], Y[:9])
    before = model.coef_.copy()
    labels = dict(enumerate(Y[:9]))
    picks = choose(X, labels, model, strategy=Margin(), n=5)
    assert (model.coef_ == before).all()
    proba = np.sort(model.predict_proba(X), axis=1)
    lead = proba[:, -1] - proba[:, -2]
    assert picks == [int(row) for row in 9 + np.argsort(lead[9:])[:5]]
    unfitted = LogisticRegression()
    assert choose(X, labels, unfitted, strategy=Margin(), n=5) == picks and not hasattr(unfitted, "coef_")
    assert choose(X, labels, as_model(model), strategy=Margin(), n=5) == picks
    texts = ["good", "bad", "so good", "so bad", "so"]
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    assert choose(texts, {0: "yes", 1: "no"}, pipeline, strategy="margin") == [4]


@pytest.mark.parametrize("nothing", [None, float("nan"), np.float64("nan"), np.datetime64("NaT")])
def test_choose_takes_what_tables_hold_for_unknown(nothing):
    told = [Y[row] if row < 20 else nothing for row in range(len(X))]
    known = {row: Y[row] for row in range(20)}
    assert choose(X, told, GaussianNB(), n=5) == choose(X, known, GaussianNB(), n=5)
    assert choose(X, dict(enumerate(told)), GaussianNB(), n=5) == choose(X, known, GaussianNB(), n=5)


def test_choose_takes_a_whole_number_of_rows():
    assert choose(X, {}, strategy="random", n=0) == []
    assert len(choose(X, {}, strategy="random", n=np.int64(2))) == 2
    for n in (-1, 1.5, True):
        with pytest.raises(InvalidInput, match="number of rows"):
            choose(X, {}, strategy="random", n=n)


def test_choose_cold_and_dry():
    assert len(set(choose(X, {}, GaussianNB(), strategy="margin", n=7))) == 7
    assert choose(X, {}, strategy="random", seed=1) != choose(X, {}, strategy="random", seed=2)
    assert choose(X[:2], {0: "a", 1: "b"}, GaussianNB(), strategy="margin") == []
    with pytest.raises(InvalidInput, match="1 labels for 2 rows"):
        choose(X[:2], ["a"], strategy="random")


def test_ranks_add_what_has_different_units():
    snapshot = snapshot_of(X, Y, labelled=range(9))
    proposal = Scored(Rank(Margin()) + Rank(Density())).propose(snapshot, 3)
    assert len(set(proposal.ids)) == 3 and proposal.scores.max() <= 2
