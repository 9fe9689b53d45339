"""Simulated campaigns on scikit-learn's digits: paired, repeatable, the same over processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_digits
from sklearn.naive_bayes import GaussianNB, MultinomialNB

import querist.campaign
from querist.acquisition import Density, Margin
from querist.campaign import Campaign
from querist.errors import CampaignError, InvalidInput, MissingCapability, UnknownPart
from querist.evaluation import Curves, simulate
from querist.strategies import Proposal, Scored, Snapshot

X, Y = load_digits(return_X_y=True)
X, Y = X[:500], Y[:500]


def quick(**changes: Any) -> Curves:
    settings: dict[str, Any] = {"strategies": ["margin"], "model": GaussianNB(), "seeds": 2, "budget": 30}
    return simulate(X, Y, **{**settings, "workers": 1, "dataset": "digits", **changes})


def measured(curves: Curves) -> list[Any]:
    """The rows without the seconds, the only part that differs from run to run."""
    return [{name: one for name, one in row.items() if "seconds" not in name} for row in curves.rows]


def test_random_is_always_run_and_comes_first() -> None:
    curves = quick()
    assert curves.strategies == ("random", "margin")
    assert curves.budgets == (10, 20, 30)
    assert len(list(curves.rows)) == 2 * 2 * 3
    assert quick(strategies=["random"], seeds=1).strategies == ("random",)


def test_the_runs_of_one_seed_are_paired() -> None:
    """While cold, margin asks at random: on the same pool, with the same chance, it has the same start."""
    curves = quick(seeds=3)
    first = {name: curves.values(name)[:, 0].tolist() for name in curves.strategies}
    assert first["random"] == first["margin"]
    assert len(set(first["random"])) > 1, "the seeds differ"


def test_a_start_is_drawn_once_for_all_and_measured() -> None:
    curves = quick(start=15, budget=30)
    assert curves.budgets == (15, 25, 30)
    assert (curves.values("random")[:, 0] == curves.values("margin")[:, 0]).all()
    assert (curves.values("random")[:, -1] != curves.values("margin")[:, -1]).any()


def test_it_repeats_and_is_the_same_over_processes() -> None:
    settings: dict[str, Any] = {"strategies": ["default"], "budget": 20, "pool": 150}
    here = quick(**settings)
    assert measured(quick(**settings)) == measured(here)
    assert measured(quick(**settings, workers=2)) == measured(here)


def test_workers_of_its_own_choice_give_the_same() -> None:
    assert measured(quick(workers=None)) == measured(quick())


def test_it_asks_through_the_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ask = Campaign.ask

    def counted(self: Campaign, n: int = 1, **more: Any) -> list[Any]:
        asked.append(n)
        return ask(self, n, **more)

    monkeypatch.setattr(querist.campaign.Campaign, "ask", counted)
    quick(seeds=1, batch=12)
    assert asked == [12, 12, 6] * 2


def test_a_test_set_of_its_own_is_what_is_measured() -> None:
    curves = quick(test=(X[:50], Y[:50]), seeds=1)
    for row in curves.rows:
        assert (row["accuracy"] * 50) == pytest.approx(round(row["accuracy"] * 50))


def test_nothing_held_back_is_ever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    start = Campaign.__init__

    def watched(self: Campaign, pool: Any, *rest: Any, **more: Any) -> None:
        sizes.append(len(pool))
        start(self, pool, *rest, **more)

    monkeypatch.setattr(Campaign, "__init__", watched)
    quick(test=0.4, seeds=1, strategies=["random"])
    quick(test=0.4, pool=120, seeds=1, strategies=["random"])
    assert abs(sizes[0] - 300) <= 10 and sizes[1] == 120


def test_a_budget_beyond_the_pool_ends_with_the_pool() -> None:
    curves = quick(pool=25, budget=100, seeds=1)
    assert curves.budgets == (10, 20, 25)


def test_strategies_may_be_parts_or_have_names_of_their_own() -> None:
    curves = quick(strategies={"thick": Scored(Margin() * Density()), "by name": "entropy"}, seeds=1)
    assert curves.strategies == ("random", "thick", "by name")
    told = {"name": "default", "patience": 3.0}
    assert quick(strategies=[told], seeds=1).strategies == ("random", "default(patience=3.0)")
    with pytest.raises(InvalidInput, match="Two strategies are called 'scored'"):
        quick(strategies=[Scored(), Scored(Density())])
    with pytest.raises(UnknownPart, match="margn"):
        quick(strategies=["margn"])


def test_models_default_to_the_application_s() -> None:
    curves = quick(model=None, seeds=1, budget=20, strategies="margin")
    assert curves.mean("margin")[-1] > 0.3
    assert simulate(X.tolist(), Y.tolist(), strategies=[], seeds=1, budget=10).strategies == ("random",)


def test_sparse_features_and_labels_of_words() -> None:
    words = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])[Y]
    here = quick(model=MultinomialNB(), strategies=["default"], seeds=1)
    there = simulate(
        csr_array(X), words, strategies=["default"], model=MultinomialNB(), seeds=1, budget=30, workers=1
    )
    assert len(list(here.rows)) == len(list(there.rows))
    assert there.mean("default")[-1] > 0.4


def test_balanced_accuracy_counts_every_class_alike() -> None:
    y = np.where(Y == 0, "rare", "common")
    curves = simulate(X, y, strategies=[], model=GaussianNB(), seeds=1, budget=10, workers=1)
    row = next(curves.rows)
    assert 0.0 <= row["balanced_accuracy"] <= 1.0 and row["balanced_accuracy"] != row["accuracy"]


def test_progress_counts_runs() -> None:
    heard: list[tuple[int, int]] = []
    quick(progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"seeds": 0},
        {"seeds": [1, 1]},
        {"batch": 0},
        {"start": -1},
        {"start": 30, "budget": 30},
        {"test": 1.5},
    ],
)
def test_protocols_that_measure_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        quick(**wrong)


def test_labels_must_be_one_a_row() -> None:
    with pytest.raises(InvalidInput, match="499 labels for 500 rows"):
        simulate(X, Y[:-1], seeds=1)


def test_a_strategy_that_proposes_nothing_is_told_and_not_waited_for() -> None:
    class Silent:
        def propose(self, snapshot: Snapshot, n: int) -> Proposal:
            return Proposal(ids=[], scores=np.empty(0), probabilities=np.empty(0))

    with pytest.raises(CampaignError, match=r"'silent'.* proposed nothing"):
        quick(strategies={"silent": Silent()})


def test_an_error_of_a_strategy_comes_out() -> None:
    class NoProba:
        classes = ("0",)

        def fitted(self, x: Any, y: Any, *, seed: int = 0) -> NoProba:
            return self

        def predict(self, x: Any) -> Any:
            return np.zeros(len(x), dtype=int)

    with pytest.raises(MissingCapability, match="proba"):
        quick(model=NoProba(), seeds=1)
