"""The campaign's own model: when it is fitted, to what, and what it is said to believe."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from querist.campaign import Campaign, Oracle, StablePredictions
from querist.data import Pool
from querist.errors import InvalidInput
from querist.events import MemoryLog, Trained, fold
from querist.strategies import Proposal
from querist.tasks import Classification, Number


@pytest.fixture
def heaps():
    rng = np.random.default_rng(0)
    y = np.arange(120) % 3
    x = rng.normal(size=(120, 4)) + 3.0 * np.eye(4)[y]
    return x, [("a", "b", "c")[one] for one in y]


def begin(x, **given):
    given.setdefault("model", GaussianNB())
    given.setdefault("strategy", "margin")
    return Campaign(Pool(x), Classification(("a", "b", "c")), clock=lambda: 1000.0, **given)


def label(campaign, y, rounds, n=3):
    for _ in range(rounds):
        for query in campaign.ask(n):
            campaign.tell(query, y[query.item])


class Counted(LogisticRegression):
    fits = 0

    def fit(self, x, y):
        Counted.fits += 1
        return super().fit(x, y)


def test_ask_trains_when_labels_have_changed_and_tell_never_does(heaps):
    x, y = heaps
    Counted.fits = 0
    campaign = begin(x, model=Counted())
    campaign.tell({0: "a", 1: "b", 2: "c"})
    assert Counted.fits == 0
    campaign.ask()
    campaign.ask()
    assert campaign.model is not None and Counted.fits == 1
    query = campaign.ask()[0]
    campaign.tell(query, y[query.item])
    campaign.flag(3)
    assert Counted.fits == 1
    campaign.ask()
    assert Counted.fits == 2
    campaign.retract(99)
    campaign.ask()
    assert Counted.fits == 2, "nothing changed"


def test_without_a_label_there_is_no_model(heaps):
    campaign = begin(heaps[0])
    assert campaign.model is None and campaign.ask()[0].suggestion is None


def test_a_query_keeps_what_the_model_believed(heaps):
    x, y = heaps
    campaign = begin(x)
    label(campaign, y, 5)
    query = campaign.ask()[0]
    assert query.model == campaign.state.trained[-1].version
    asked = campaign.state.queries[query.id]
    assert query.id.startswith(f"q{asked.number}-"), "the id tells which event asked"
    assert query.suggestion["value"] in "abc" and 0 < query.suggestion["proba"] <= 1
    proba = campaign.model.proba(x[[query.item]])[0]
    assert query.suggestion == {"value": "abc"[proba.argmax()], "proba": pytest.approx(proba.max())}
    assert f"The model {query.model} believed {query.suggestion['value']!r}" in campaign.why(query)
    assert "Chosen by the strategy 'margin' (rank 1, score" in campaign.why(query.id)
    trained = campaign.state.trained[-1]
    assert trained.labels == 15 and trained.metrics == {}


def test_a_retracted_label_reaches_the_model_and_rebuilding_equals_going_on(heaps):
    x, y = heaps
    log = MemoryLog()
    campaign = begin(x, log=log, model=LogisticRegression())
    label(campaign, y, 6)
    before = campaign.model.proba(x)
    wrong = next(iter(campaign.labels))
    campaign.tell({wrong: "b" if y[wrong] != "b" else "c"})
    spoiled = campaign.model.proba(x)
    campaign.retract(wrong)
    without = campaign.model.proba(x)
    campaign.tell({wrong: y[wrong]})
    assert not np.array_equal(before, spoiled) and not np.array_equal(spoiled, without)
    np.testing.assert_array_equal(campaign.model.proba(x), before)
    again = begin(x, log=log, model=LogisticRegression())
    assert again.state == campaign.state == fold(log.read())
    np.testing.assert_array_equal(again.model.proba(x), before)


def test_the_order_of_the_answers_does_not_matter(heaps):
    x, y = heaps
    labels = {i: y[i] for i in range(12)}
    forth, back = begin(x), begin(x)
    forth.tell(labels)
    back.tell(dict(reversed(labels.items())))
    np.testing.assert_array_equal(forth.model.proba(x), back.model.proba(x))


def test_columns_stay_with_their_classes(heaps):
    x, _ = heaps
    campaign = begin(x)
    campaign.tell({0: "c", 3: "c"})
    assert campaign.model.proba(x[:5])[:, 2].tolist() == [1.0] * 5
    campaign.add_class("d")
    assert campaign.model.proba(x[:5]).shape == (5, 4)


@pytest.mark.parametrize("kind", ["sparse", "float32", "texts"])
def test_features_of_every_kind(heaps, kind):
    x, y = heaps
    model = LogisticRegression()
    features = {
        "sparse": sparse.csr_matrix(x),
        "float32": x.astype(np.float32),
        "texts": [f"word{one} other" for one in y],
    }[kind]
    if kind == "texts":
        model = make_pipeline(CountVectorizer(), LogisticRegression())
    campaign = begin(features, model=model, strategy="random")
    label(campaign, y, 4)
    assert campaign.ask()[0].suggestion["value"] in "abc"


def test_numbers_are_suggested_as_numbers():
    x = np.arange(20.0)[:, None]
    campaign = Campaign(Pool(x), Number(), strategy="random", model=LinearRegression())
    for query in campaign.ask(5):
        campaign.tell(query, 2.0 * query.item)
    query = campaign.ask()[0]
    assert query.suggestion == {"value": pytest.approx(2.0 * query.item)}
    assert "believed" in campaign.why(query)


def test_a_model_needs_features():
    with pytest.raises(InvalidInput, match="learns from features"):
        Campaign(Pool(ids=[1]), Classification(("a",)), model=GaussianNB())


def test_hidden_suggestions_are_a_share_of_those_there_are(heaps):
    x, y = heaps
    from querist.campaign import Settings

    campaign = begin(x, settings=Settings(hide_share=0.5))
    assert not any(query.hidden for query in campaign.ask(40)), "nothing to hide while cold"
    for query in campaign.held():
        campaign.tell(query, y[query.item])
    hidden = [query.hidden for query in campaign.ask(80)]
    assert 20 <= sum(hidden) <= 60
    held = campaign.held()
    assert [query.hidden for query in held] == hidden


def test_random_questions_are_always_blind(heaps):
    x, y = heaps
    campaign = begin(x, random_share=0.5)
    label(campaign, y, 1)
    queries = campaign.ask(30)
    assert {(query.arm, query.hidden) for query in queries} == {("random", True), ("active", False)}
    assert all(query.suggestion is not None for query in queries)


def test_a_blind_question_that_is_taken_back_comes_again_blind(heaps):
    """The answer given anew counts where the first one did: in the estimate of quality."""
    x, y = heaps
    campaign = begin(x, random_share=1.0)
    label(campaign, y, 1)
    query = campaign.ask(to="ann")[0]
    campaign.tell(query, y[query.item])
    campaign.retract(query.item, by="ann")
    again = campaign.reopen(query.item, to="ann")
    assert (again.arm, again.hidden) == ("reopened", True) and again.suggestion is not None
    campaign.release(again)
    assert not campaign.reopen(query.item, to="bob").hidden  # whose answer counts nowhere


def test_a_strategy_may_deal_the_honest_share_itself():
    class Dealer:
        def __init__(self, share=0.0):
            self.share = share

        def with_share(self, share):
            return Dealer(share)

        def propose(self, snapshot, n):
            items = [snapshot.pool.ids[row] for row in snapshot.candidates[:n]]
            return Proposal(items, np.full(n, self.share), np.ones(n), arms=["random"] * n)

    campaign = Campaign(Pool(ids=range(9)), Classification(("a",)), strategy=Dealer(), random_share=0.25)
    assert [(query.arm, query.score) for query in campaign.ask(2)] == [("random", 0.25)] * 2


def test_a_model_from_elsewhere_is_noted_once():
    campaign = Campaign(Pool(ids=range(3)), Classification(("a",)), strategy="random", clock=lambda: 7.0)
    for _ in range(2):
        campaign.adopt(Trained(version="m1", upto=1, labels=0))
    with campaign.lock:
        assert campaign.state.trained == [Trained(at=7.0, version="m1", upto=1, labels=0)]
    assert campaign.ask()[0].model == "m1"


def test_the_model_may_live_elsewhere():
    def suggest(items):
        proba = np.float32(0.75)
        return [None if item == 1 else {"value": np.str_("a"), "proba": proba} for item in items]

    campaign = Campaign(Pool(ids=range(3)), Classification(("a",)), strategy="random", suggest=suggest)
    told = {query.item: (query.suggestion, query.model) for query in campaign.ask(3)}
    assert told == {
        0: ({"value": "a", "proba": 0.75}, None),
        1: (None, None),
        2: ({"value": "a", "proba": 0.75}, None),
    }


def test_stable_predictions_are_measured_when_they_are_asked_for(heaps):
    x, y = heaps
    campaign = begin(x, stopping=StablePredictions(window=2, threshold=0.9))
    oracle = Oracle(y)
    rounds = 0
    while not campaign.verdict.stop:
        rounds += 1
        for query in campaign.ask(3):
            campaign.tell(query, oracle(query.item))
    assert 3 <= rounds < 30
    stability = [one.metrics.get("stability") for one in campaign.state.trained]
    assert stability[0] is None and all(0 <= one <= 1 for one in stability[1:])
    assert min(stability[-2:]) >= 0.9


def test_quality_is_told_from_the_random_share(heaps):
    x, y = heaps
    campaign = begin(x, random_share=0.5, settings=None)
    label(campaign, y, 20)
    found = campaign.estimates
    assert found.quality.n == len(campaign.state.random_outcomes) > 5
    assert found.quality.low < found.quality.estimate <= found.quality.high
    assert found.active.n == len(campaign.state.active_outcomes)
    assert found.anchoring.shown_n == found.active.n and found.anchoring.low is None


def test_the_target_of_the_settings_says_stop(heaps):
    x, y = heaps
    campaign = begin(x, random_share=1.0)
    campaign.configure(target=0.5)
    label(campaign, y, 20)
    assert campaign.verdict.stop and "wanted 50.0%" in campaign.verdict.reason


def test_a_model_that_decides_without_probabilities_suggests_its_class():
    from sklearn.svm import LinearSVC

    pool = Pool(np.array([[0.0], [1.0], [4.0], [5.0], [6.0]]))
    campaign = Campaign(pool, Classification(("low", "high")), strategy="boundary", model=LinearSVC())
    campaign.tell({0: "low", 4: "high"})
    suggestion = campaign.ask()[0].suggestion
    assert suggestion == {"value": suggestion["value"]} and suggestion["value"] in ("low", "high")
