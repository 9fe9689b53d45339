"""Made items in a campaign: asked, answered, kept by the log, learned from."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist import Campaign, Classification, Pool
from querist.acquisition import Margin
from querist.data import Box
from querist.errors import CampaignError, UnknownItem
from querist.events import CANNOT_BE_LABELLED, fold, open_log
from querist.strategies import MadeItem, Proposal
from querist.synthesis import Filling, Latent, Realism, Synthesised

LINE = Box(((0.0, 10.0),), names=("degrees",))
TASK = Classification(("cold", "hot"))


def answer(query):
    return "hot" if query.features[0] > 4 else "cold"


def campaign(log=None, strategy=None, pool=None, **given):
    pool = Pool(np.empty((0, 1))) if pool is None else pool
    strategy = Synthesised(Margin(), LINE) if strategy is None else strategy
    return Campaign(pool, TASK, strategy=strategy, model=LogisticRegression(C=100), log=log, **given)


def test_a_campaign_without_a_pool_finds_the_threshold():
    one = campaign()
    for _ in range(14):
        (query,) = one.ask()
        assert query.made and query.content["fields"]["degrees"] and query.item not in one.pool
        one.tell(query, answer(query))
    assert len(one.labels) == 14 and one.progress.labelled == 14
    asked = [one.state.made[item].features[0] for item in one.labels]
    assert abs(np.mean(asked[-4:]) - 4) < 1.0
    assert one.model.predict([[1.0], [9.0]]).tolist() == ["cold", "hot"]


def test_made_items_survive_a_restart(tmp_path):
    place = tmp_path / "campaign.db"
    with campaign(place) as one:
        for _ in range(5):
            (query,) = one.ask(to="ann")
            one.tell(query, answer(query))
        (held,) = one.ask(to="ann")
        labels, proba = dict(one.labels), one.model.proba([[3.0], [5.0]])
    again = Campaign(Pool(np.empty((0, 1))), log=place, model=LogisticRegression(C=100))
    assert dict(again.labels) == labels
    assert again.model.proba([[3.0], [5.0]]) == pytest.approx(proba)
    (still,) = again.held("ann")
    assert still == held and still.content == held.content and still.features == held.features and still.made
    assert again.settings.strategy["name"] == "synthesis/synthesised"  # found by its name, in its own room
    again.tell(still, answer(still))
    (query,) = again.ask(to="ann")
    assert query.made and query.item not in labels
    again.close()
    log = open_log(place)
    assert fold(log.read()) == again.state
    log.close()


def test_the_same_seed_and_answers_give_the_same_questions():
    runs = []
    for _ in range(2):
        one, items = campaign(seed=3), []
        for _ in range(6):
            (query,) = one.ask()
            items.append(query.item)
            one.tell(query, answer(query))
        runs.append(items)
    assert runs[0] == runs[1] and len(set(runs[0])) == 6


def test_a_made_item_that_comes_back_is_asked_first():
    now = [0.0]
    one = campaign(lease=60.0, clock=lambda: now[0])
    (lost,) = one.ask(to="ann")
    assert one.ask(1, to="bob")[0].item != lost.item
    now[0] = 100.0
    (again,) = one.ask(to="cy")
    assert again.item == lost.item and again.made and "nobody answered" in again.why
    one.tell(again, "cold")
    one.retract(again.item)
    assert one.reopen(again.item, to="cy").content == again.content


def test_answers_corrections_flags_and_mappings_reach_made_items():
    one = campaign()
    first, second = one.ask(2)
    one.tell({first.item: "hot"})
    assert one.labels == {first.item: "hot"}
    one.tell({first.item: "cold"})
    one.flag(second.item, comment="odd")
    assert one.labels == {first.item: "cold"} and second.item in one.state.flagged
    with pytest.raises(UnknownItem):
        one.tell({"made-nothing": "hot"})


def test_overlap_asks_a_made_item_of_another():
    one = campaign(overlap=2)
    (query,) = one.ask(to="ann")
    one.tell(query, "hot")
    (second,) = one.ask(to="bob")
    assert second.item == query.item and second.arm == "overlap" and second.made


def test_cannot_be_labelled_is_kept_and_told_to_the_strategy():
    one = campaign()
    refused, other = one.ask(2)
    one.skip(refused, because=CANNOT_BE_LABELLED)
    one.skip(other, because="later")
    snapshot = one.snapshot()
    assert snapshot.made.refused == {refused.item} and set(snapshot.made.ids) == {refused.item, other.item}
    assert not snapshot.closed and not snapshot.pending and len(snapshot.candidates) == 0
    assert one.ask()[0].item not in (refused.item, other.item)


def test_the_pool_and_what_was_made_are_learned_together():
    x = np.linspace(0, 10, 20)[:, None]
    pool = Pool(x, costs=np.full(20, 3.0))
    one = campaign(pool=pool, strategy=Synthesised(Margin(), LINE, mixed=True), random_share=0.5, budget=60)
    made = real = 0
    for _ in range(14):
        (query,) = one.ask()
        made, real = made + query.made, real + (not query.made)
        value = answer(query) if query.made else ("hot" if x[query.item, 0] > 4 else "cold")
        one.tell(query, value)
        snapshot = one.snapshot()
        assert set(snapshot.labels) <= set(range(20)) and snapshot.made.labels.keys() <= set(
            snapshot.made.ids
        )
    assert made > 2 and real > 2 and len(one.labels) == 14
    assert one.progress.spent == pytest.approx(42.0)  # a made item costs as much as one of the pool
    arms = {one.state.queries[q].asked.arm for item in one.state.made for q in one.state.items[item].queries}
    assert arms == {"active"}, "the honest share is drawn from what is real"


def test_a_random_share_without_a_pool_is_no_obstacle():
    one = campaign(random_share=0.5)
    assert [query.made for query in one.ask(4)] == [True] * 4


def test_a_domain_learned_from_the_pool_begins_with_real_items():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 2)) @ rng.standard_normal((2, 5))
    strategy = Synthesised(Margin(), Latent(2), realism=Realism())
    one = Campaign(Pool(x), TASK, strategy=strategy, model=LogisticRegression())
    seen = []
    for _ in range(12):
        (query,) = one.ask()
        seen.append(query.made)
        row = np.asarray(query.features if query.made else x[query.item])
        one.tell(query, "hot" if row[0] > 0 else "cold")
    assert not seen[0] and any(seen)


class Twice:
    """Makes the same item at every question."""

    def propose(self, snapshot, n):
        return Proposal(
            ["made-1"], np.ones(1), np.ones(1), made=(MadeItem({"kind": "row", "fields": {}}, [1.0]),)
        )


def test_an_item_that_is_made_again_is_refused():
    one = campaign(strategy=Twice())
    one.ask()
    with pytest.raises(CampaignError, match="made before"):
        one.ask()


def test_items_of_the_pool_keep_their_ways_beside_made_ones():
    pool = Pool(np.linspace(0, 10, 6)[:, None], ids=list("abcdef"), content=[{"kind": "text"}] * 6)
    one = campaign(pool=pool, strategy=Filling(LINE), skipped="others")
    (made,) = one.ask(to="ann")
    one.skip(made, because="unclear", by="ann")
    one.tell({"c": "cold"})
    assert one.progress.skipped == 1 and one.snapshot("ann").candidates.tolist() == [0, 1, 3, 4, 5]
    assert one.ask(to="ann")[0].item != made.item
    assert one.ask(to="bob")[0].item == made.item
