"""How much is left to chance, as labels come: the schedules, and that chances told are chances had."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist import Campaign, Pool
from querist.errors import InvalidInput
from querist.strategies import Explore
from querist.strategies.schedule import check_share, share_at
from querist.tasks import Classification
from querist.testing import blobs, snapshot_of

SCHEDULES = [0.0, 0.3, 1, "0.3", "0.5/sqrt", "0.5/sqrt->0.1", "0.5->0.05/200", ".4 -> .4 / 10"]


@pytest.mark.parametrize("share", SCHEDULES)
@given(labels=st.integers(0, 10**6))
def test_a_share_is_a_share_and_never_rises(share: Any, labels: int) -> None:
    check_share(share)
    now, later = share_at(share, labels), share_at(share, labels + 1)
    assert 0 <= later <= now + 1e-12 <= 1 + 1e-12


@given(labels=st.integers(0, 10**6))
def test_schedules_by_their_words(labels: int) -> None:
    assert share_at("0.5/sqrt", labels) == pytest.approx(0.5 / math.sqrt(1 + labels))
    assert share_at("0.5/sqrt->0.1", labels) == pytest.approx(max(0.1, 0.5 / math.sqrt(1 + labels)))
    assert share_at("0.5->0.05/200", labels) == pytest.approx(0.5 - 0.45 * min(labels, 200) / 200)


@pytest.mark.parametrize(
    "wrong",
    [1.5, -0.1, True, None, "", "much", "2/sqrt", "0.1->0.5/9", "0.5->0.1", "0.5/sqrt->0.1/9", "0.5->0.1/0"],
)
def test_what_is_no_share_is_told(wrong: Any) -> None:
    with pytest.raises(InvalidInput, match="share"):
        check_share(wrong)


def test_the_chances_told_are_those_had() -> None:
    """At 8 labels the share is 1/3: the best is asked with 2/3 + 1/3 N, any other with 1/3 N."""
    x, y = blobs(20)
    best = Explore("density", 0.0).propose(snapshot_of(x, y, labelled=range(8)), 1).ids[0]
    hits = 0
    for seed in range(3000):
        proposal = Explore("density", "1/sqrt").propose(snapshot_of(x, y, labelled=range(8), seed=seed), 1)
        hit = proposal.ids[0] == best
        hits += hit
        assert proposal.probabilities[0] == pytest.approx(1 / 36 + 2 / 3 * hit)
    assert hits / 3000 == pytest.approx(2 / 3 + 1 / 36, abs=0.03)


def test_weighted_answers_estimate_without_bias_while_the_share_falls() -> None:
    """Horvitz and Thompson: values over chances, summed at a turn, have the pool's total for their mean."""
    x, _ = blobs(12, seed=2)
    value = np.arange(12.0)
    found = []
    for seed in range(3000):
        labelled = range(3)
        proposal = Explore("density", "0.8/sqrt").propose(
            snapshot_of(x, ["a"] * 12, labelled=labelled, seed=seed), 1
        )
        row = int(str(proposal.ids[0]).split("-")[1])
        found.append(value[row] / proposal.probabilities[0])
    assert np.mean(found) == pytest.approx(value[3:].sum(), abs=4 * np.std(found) / math.sqrt(3000))


def test_a_campaign_explores_less_as_labels_come() -> None:
    campaign = Campaign(
        Pool(np.eye(300)), Classification(("a",)), strategy="density", random_share="1->0/100"
    )
    for _ in range(150):
        (query,) = campaign.ask(1)
        campaign.tell(query, "a")
    arms = [query.asked.arm for query in campaign.state.queries.values()]
    assert arms[0] == "random" and 25 <= arms[:100].count("random") <= 75
    assert "random" not in arms[101:]
    campaign.configure(random_share=1.0)
    assert campaign.ask(1)[0].id and campaign.settings.random_share_at(500) == 1.0
