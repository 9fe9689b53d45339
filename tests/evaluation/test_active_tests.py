"""A model measured by labels that were chosen to measure it."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB

from querist.errors import InvalidInput, MissingCapability
from querist.evaluation import ActiveTest, active_test
from querist.evaluation.losses import losses_of
from querist.evaluation.unseen import unseen_share
from querist.models import Bagging


@pytest.fixture(scope="module")
def digits():
    x, y = load_digits(return_X_y=True)
    x = x[:800] / 16
    model = LogisticRegression(max_iter=300).fit(x[:40], y[:40])
    return model, x[40:], y[40:800], (x[:40], y[:40])


def run(digits, labels, batch=10, **options):
    model, x, y, train = digits
    test = ActiveTest(model, x, train=train, **options)
    while test.labels < labels:
        test.tell({row: y[row] for row in test.ask(min(batch, labels - test.labels))})
    return test


def test_it_errs_less_than_fair_draws_and_covers(digits):
    model, x, y, _ = digits
    truth = 1 - model.score(x, y)
    found = [run(digits, 120, seed=seed).measured() for seed in range(12)]
    error = np.mean([(one.estimate - truth) ** 2 for one in found])
    fair = truth * (1 - truth) / 120 * (1 - 120 / len(x))
    assert error < fair / 2
    assert sum(one.low <= truth <= one.high for one in found) >= 10
    assert all(one.any_low <= truth <= one.any_high for one in found)


def test_the_asymptotic_interval_begins_at_thirty_labels_and_is_narrower(digits):
    model, x, y, _ = digits
    proved, asymptotic = (run(digits, 120, interval=one) for one in ("betting", "asymptotic"))
    low, high = asymptotic.course()
    assert (low[:29] == 0).all() and (high[:29] == 1).all()
    wide, narrow = proved.measured(), asymptotic.measured()
    assert narrow.any_high - narrow.any_low < wide.any_high - wide.any_low
    assert narrow.any_low <= 1 - model.score(x, y) <= narrow.any_high
    assert narrow.estimate == wide.estimate


@pytest.mark.parametrize("estimator", ["cross", "corrected", "lure", "surrogate", "mean"])
def test_every_estimator_ends_at_the_truth(digits, estimator):
    model, x, y, train = digits
    small = ActiveTest(model, x[:60], train=train, estimator=estimator, seed=1)
    while small.labels < 60:
        small.tell({row: y[row] for row in small.ask(20)})
    assert np.isclose(small.measured().estimate, 1 - model.score(x[:60], y[:60]))
    assert small.ask(5) == []


@pytest.mark.parametrize("loss", ["error", "log_loss", "brier"])
def test_losses(digits, loss):
    model, x, y, _ = digits
    found = run(digits, 100, loss=loss).measured()
    truth = losses_of(loss, model.predict_proba(x))[np.arange(len(y)), y].mean()
    assert found.any_low <= truth <= found.any_high
    assert abs(found.estimate - truth) < 0.25 * truth


def test_a_table_of_losses_and_predictions_as_they_are(digits):
    model, x, y, train = digits
    proba = model.predict_proba(x)
    named, told = (
        ActiveTest(proba, x, train=train, classes=model.classes_.tolist(), loss=loss, seed=3)
        for loss in ("error", losses_of("error", proba))
    )
    for test in (named, told):
        test.tell({row: y[row] for row in test.ask(30)})
    assert named.measured() == told.measured()


def test_xwed_asks_where_a_committee_disagrees(digits):
    test = run(
        digits, 40, acquisition="xwed", estimator="surrogate", surrogate=Bagging(GaussianNB(), 4), refit=1.0
    )
    assert 0 < test.measured().estimate < 1
    with pytest.raises(MissingCapability):
        run(digits, 20, acquisition="xwed")


def test_another_surrogate_has_no_left_out_labels_and_is_corrected_by_the_past(digits):
    test = run(digits, 60, surrogate=GaussianNB(), refit=0.5)
    assert test.estimates()["cross"] == test.estimates()["corrected"]


def test_expected_loss_and_fair_draws(digits):
    likely = run(digits, 40, acquisition="expected_loss", estimator="lure", explore=0.2)
    fair = run(digits, 40, acquisition="random", estimator="mean")
    assert np.isclose(fair.estimates()["mean"], fair.estimates()["lure"])
    assert likely.measured().labels == 40


def test_the_same_seed_asks_the_same_and_answers_may_come_in_any_order(digits):
    model, x, y, train = digits
    first, second = (ActiveTest(model, x, train=train, seed=5, confidence=0.9) for _ in range(2))
    rows = first.ask(8)
    assert second.ask(8) == rows
    first.tell({row: y[row] for row in rows})
    for row in reversed(rows):
        second.tell(row, y[row])
    assert first.measured().any_low == second.measured().any_low
    assert np.isclose(first.measured().estimate, second.measured().estimate)


def test_errors_that_nobody_has_seen_may_be_there():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(300, 4)), np.zeros(300, dtype=int)
    y[rng.choice(300, 18, replace=False)] = 1  # the model is wrong on 6 %, and nothing tells where
    said = np.tile([0.97, 0.03], (300, 1))
    spotless = 0
    for seed in range(40):
        test = ActiveTest(said, x, classes=[0, 1], seed=seed, surrogate=GaussianNB())
        test.tell({row: y[row] for row in test.ask(15)})
        found = test.measured()
        if not any(y[row] for row in test._told):
            spotless += 1
            assert found.estimate < 0.01 and found.low <= 0.06 <= found.high < 0.5
    assert spotless > 5


def test_a_model_that_was_always_wrong_may_be_right_elsewhere():
    x, y = np.random.default_rng(0).normal(size=(200, 3)), np.ones(200, dtype=int)
    said = np.tile([0.9, 0.1], (200, 1))
    test = ActiveTest(said, x, classes=[0, 1], acquisition="random", estimator="mean")
    test.tell({row: y[row] for row in test.ask(20)})
    found = test.measured()
    assert found.estimate == 1 and found.low == pytest.approx(0.87, abs=0.01) and found.high == 1
    test.tell({row: y[row] for row in test.ask(180)})
    assert test.measured().low == 1, "nothing is left to be seen"


def test_what_draws_may_have_missed():
    n, draws, alpha = 30, 8, 0.1
    share = unseen_share([1 / (n - t) for t in range(draws)], n, alpha=alpha)

    def missed(m):  # every way of drawing fairly without replacement
        return comb(n - m, draws) / comb(n, draws)

    most = max(m for m in range(n - draws + 1) if missed(m) >= alpha)
    assert share == most / n
    assert unseen_share([0.0] * 5, 50) == 45 / 50, "what could never come may be anything"


def test_before_a_label_nothing_is_known(digits):
    model, x, *_ = digits
    found = ActiveTest(model, x).measured()
    assert (found.labels, found.low, found.any_high) == (0, 0.0, 1.0)


def test_the_loop_gives_one_figure_a_batch(digits):
    model, x, y, train = digits
    told = list(active_test(model, x, y.__getitem__, 25, batch=10, train=train))
    assert [one.labels for one in told] == [10, 20, 25]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"loss": "odd"}, "no loss"),
        ({"loss": np.ones((2, 2))}, "table of losses"),
        ({"acquisition": "odd"}, "no acquisition"),
        ({"estimator": "odd"}, "no estimator"),
        ({"explore": 0.0}, "explore"),
        ({"confidence": 1.0}, "confidence"),
        ({"train": ([[0.0] * 64], [77])}, "77"),
    ],
)
def test_options_that_cannot_be(digits, options, words):
    with pytest.raises(InvalidInput, match=words):
        ActiveTest(digits[0], digits[1], **options)


def test_labels_that_cannot_be(digits):
    model, x, y, _ = digits
    test = ActiveTest(model, x)
    row = test.ask()[0]
    with pytest.raises(InvalidInput, match="was not asked"):
        test.tell((row + 1) % len(x), y[0])
    with pytest.raises(InvalidInput, match="none of the classes"):
        test.tell(row, 77)
    with pytest.raises(InvalidInput, match="number of rows"):
        test.ask(0)
    with pytest.raises(InvalidInput, match="one class a column"):
        ActiveTest(model.predict_proba(x), x)
    with pytest.raises(InvalidInput, match="predictions for a pool"):
        ActiveTest(model.predict_proba(x), x[:5], classes=range(10))
    with pytest.raises(MissingCapability):
        ActiveTest(RidgeClassifier().fit(x, y), x)


def test_rows_that_were_drawn_elsewhere_count_by_the_chance_they_had(digits):
    model, x, y, train = digits
    truth, rng = 1 - model.score(x, y), np.random.default_rng(0)
    test = ActiveTest(model, x, train=train)
    left = np.arange(len(x))
    for _ in range(100):
        pull = 0.2 + model.predict_proba(x[left]).min(axis=1) + (left % 2) * 0.3
        place = rng.choice(len(left), p=pull / pull.sum())
        test.note(int(left[place]), float((pull / pull.sum())[place]), rarest=0.2)
        test.tell(int(left[place]), y[left[place]])
        left = np.delete(left, place)
    found = test.measured()
    assert found.labels == 100 and found.low <= truth <= found.high
    assert found.any_low <= truth <= found.any_high
    for row, chance in ((int(left[0]), 0.0), (int(left[0]), 1.5), (-1, 0.5), (len(x), 0.5)):
        with pytest.raises(InvalidInput, match="cannot have been drawn"):
            test.note(row, chance, rarest=0.2)
