"""Ask and tell: what is asked of whom, what an answer does, and what never happens."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

from querist.campaign import Campaign, Settings
from querist.data import Pool
from querist.errors import (
    AlreadyAnswered,
    BudgetSpent,
    CampaignError,
    Conflict,
    InvalidInput,
    InvalidLabel,
    StorageError,
    UnknownItem,
    UnknownPart,
    UnknownQuery,
)
from querist.events import MemoryLog, fold
from querist.strategies import Proposal
from querist.tasks import Classification, Number


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class InOrder:
    """Asks the first that are free; its own little strategy, not in the registry."""

    def propose(self, snapshot, n):
        ids = [snapshot.pool.ids[row] for row in snapshot.candidates[:n]]
        return Proposal(ids, np.zeros(len(ids)), np.ones(len(ids)))


def begin(n=6, classes=("a", "b"), **given):
    given.setdefault("strategy", InOrder())
    given.setdefault("clock", Clock())
    return Campaign(Pool(ids=[f"i{i}" for i in range(n)]), Classification(classes), **given)


def items(queries):
    return [query.item for query in queries]


# ---------------------------------------------------------------- asking


def test_what_is_out_is_not_asked_again():
    campaign = begin()
    assert items(campaign.ask(2)) == ["i0", "i1"]
    assert items(campaign.ask(2, to="ann")) == ["i2", "i3"]
    assert items(campaign.held()) == ["i0", "i1"] and items(campaign.held("ann")) == ["i2", "i3"]


def test_more_than_there_are_gives_all_and_then_nothing():
    campaign = begin(3)
    assert len(campaign.ask(99)) == 3
    assert campaign.ask(99) == []


def test_an_empty_pool_has_no_question():
    assert Campaign(Pool(ids=[]), Classification(("a",)), strategy=InOrder()).ask() == []


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_a_number_of_questions_that_cannot_be(n):
    with pytest.raises(InvalidInput, match="wants a number of questions"):
        begin().ask(n)


@pytest.mark.parametrize("lease", [0, -1.0, math.nan])
def test_a_lease_that_cannot_be(lease):
    with pytest.raises(InvalidInput, match="lease"):
        begin().ask(lease=lease)


def test_an_expired_lease_frees_the_item_and_its_answer_is_kept():
    campaign = begin(2, lease=60.0)
    late = campaign.ask(to="ann")[0]
    assert late.until == 1060.0
    campaign._desk.clock.now += 60.0
    assert campaign.held("ann") == []
    again = campaign.ask(to="bob")[0]
    assert again.item == late.item and again.id != late.id
    campaign.tell(late, "a")
    campaign.tell(again, "a")
    assert dict(campaign.labels) == {"i0": "a"} and campaign.state.answers == 2


def test_a_lease_for_one_ask_and_for_ever():
    campaign = begin(lease=60.0)
    short, long = campaign.ask(lease=5)[0], campaign.ask(lease=math.inf)[0]
    assert short.until == 1005.0 and long.until is None
    campaign._desk.clock.now += 1e9
    assert items(campaign.ask(1)) == [short.item]


def test_a_question_given_back_is_free():
    campaign = begin(1)
    query = campaign.ask(to="ann")[0]
    campaign.release(query)
    campaign.release(query)
    assert campaign.state.head == 3 and items(campaign.ask()) == ["i0"]


def test_a_query_tells_all_about_itself():
    pool = Pool([[0.0], [1.0]], content=[{"text": "zero"}, {"text": "one"}])
    query = Campaign(pool, Classification(("a",)), strategy="random", clock=Clock()).ask(to="ann")[0]
    assert query.content == {"text": ["zero", "one"][query.item]}
    assert (query.to, query.arm, query.strategy, query.rank) == ("ann", "active", "random", 1)
    assert query.probability is not None and query.suggestion is None


def test_numpy_ids_and_counts_are_taken():
    pool = Pool(ids=list(np.arange(3)))
    campaign = Campaign(pool, Classification(("a",)), strategy=InOrder())
    query = campaign.ask(np.int64(1))[0]
    assert type(query.item) is int
    campaign.tell({np.int64(2): "a"})
    assert [type(item) for item in campaign.labels] == [int]


def test_the_same_seed_asks_the_same():
    def asked(seed):
        campaign = begin(50, strategy="random", seed=seed)
        found = []
        for _ in range(5):
            for query in campaign.ask(2):
                campaign.tell(query, "a")
                found.append(query.item)
        return found

    assert asked(1) == asked(1) != asked(2)


def test_sixteen_annotators_at_once_are_never_served_the_same():
    campaign = begin(400, strategy="random")
    served, failures = [], []

    def label(name):
        try:
            while queries := campaign.ask(2, to=name):
                for query in queries:
                    served.append(query.item)
                    campaign.tell(query, "a")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=label, args=(f"annotator {i}",)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(served) == sorted(campaign.pool.ids) and len(campaign.labels) == 400
    assert campaign.state == fold(campaign.log.read())


# ---------------------------------------------------------------- telling


def test_the_same_answer_told_twice_counts_once():
    campaign = begin()
    query = campaign.ask(to="ann")[0]
    for _ in range(3):
        campaign.tell(query, "a", seconds=1.5)
    campaign.tell(query.id, "a")
    assert campaign.state.answers == 1 and campaign.state.head == 3


def test_told_otherwise_the_error_says_how_to_mend():
    campaign = begin()
    query = campaign.ask(to="ann")[0]
    campaign.tell(query, "a")
    with pytest.raises(
        AlreadyAnswered, match=r"answered 'a' by ann; now it is told: 'b'.*tell\(\{'i0': value\}\)"
    ):
        campaign.tell(query, "b")
    campaign.tell({"i0": "b"}, by="ann")
    assert campaign.labels["i0"] == "b"
    campaign.tell(query, "a")
    assert campaign.labels["i0"] == "b", "a submit that is sent again does not undo a correction"


def test_an_answer_that_was_taken_back_does_not_come_back_by_itself():
    campaign = begin()
    query = campaign.ask(to="ann")[0]
    campaign.tell(query, "a")
    campaign.retract("i0")
    for value in ("a", "b"):
        with pytest.raises(AlreadyAnswered, match="taken back"):
            campaign.tell(query, value)
    again = campaign.reopen("i0", to="ann")
    assert again.arm == "reopened" and campaign.reopen("i0", to="ann") == again
    campaign.tell(again, "b")
    assert dict(campaign.labels) == {"i0": "b"}


def test_who_answers():
    campaign = begin(overlap=2)
    campaign.tell(campaign.ask(to="ann")[0], "a")
    campaign.tell(campaign.ask(to="ann")[0], "a", by="bob", seconds=2.0)
    assert campaign.state.by_annotator == {"ann": 1, "bob": 1}
    assert campaign.state.items["i1"].annotations["bob"].seconds == 2.0


def test_labels_told_unasked_are_all_stored_or_none():
    campaign = begin()
    campaign.tell({"i0": "a", "i1": "b"}, by="import")
    head = campaign.state.head
    campaign.tell({"i0": "a", "i1": "b"}, by="import")
    assert campaign.state.head == head, "nothing new, nothing written"
    for wrong, error in (({"i2": "a", "i3": "z"}, InvalidLabel), ({"i2": "a", "x": "a"}, UnknownItem)):
        with pytest.raises(error):
            campaign.tell(wrong)
    assert campaign.state.head == head and set(campaign.labels) == {"i0", "i1"}


def test_telling_the_item_answers_the_question_one_holds():
    campaign = begin()
    query = campaign.ask(to="ann")[0]
    campaign.tell({query.item: "a"}, by="ann")
    assert campaign.state.queries[query.id].status == "answered" and campaign.held("ann") == []
    again = campaign.reopen(query.item, to="ann")
    campaign.tell({query.item: "a"}, by="ann")
    assert campaign.state.queries[again.id].status == "answered", "told the same, but the question is over"


def test_what_cannot_be_told():
    campaign = begin()
    query = campaign.ask()[0]
    with pytest.raises(InvalidLabel, match="skip the question"):
        campaign.tell(query)
    with pytest.raises(InvalidLabel, match="'z' is not a class"):
        campaign.tell(query, "z")
    with pytest.raises(UnknownQuery, match=r"'q99'; it asked 1"):
        campaign.tell("q99", "a")
    with pytest.raises(InvalidInput, match=r"tell\(\{item: value\}\)"):
        campaign.tell(7, "a")
    with pytest.raises(InvalidInput, match="no second value"):
        campaign.tell({"i0": "a"}, "b")
    assert not campaign.labels


def test_an_answer_for_another_campaign_is_not_taken():
    one, other = begin(seed=1), begin(seed=2)
    query = one.ask()[0]
    other.ask()
    with pytest.raises(UnknownQuery, match="another campaign"):
        other.tell(query, "a")


def test_an_open_task_learns_classes_from_answers():
    campaign = Campaign(Pool(ids=range(4)), Classification(open=True), strategy=InOrder())
    campaign.tell({0: "x", 1: "x", 2: "y"})
    assert campaign.task == Classification(("x", "y"), open=True)
    campaign.configure(open_classes=False)
    with pytest.raises(InvalidLabel):
        campaign.tell({3: "z"})
    campaign.add_class("z", by="ann")
    campaign.add_class("z")
    campaign.tell({3: "z"})
    assert campaign.task.classes == ("x", "y", "z")


def test_only_a_classification_has_classes():
    with pytest.raises(InvalidInput, match="'number' has no classes"):
        Campaign(Pool(ids=[1]), Number()).add_class("a")


def test_retracting():
    campaign = begin(overlap=2)
    campaign.tell({"i0": "a"}, by="ann")
    campaign.tell({"i0": "b"}, by="bob")
    head = campaign.state.head
    campaign.retract("i1")
    campaign.retract("i0", by="cy")
    assert campaign.state.head == head, "nothing said, nothing done"
    campaign.retract("i0", by="ann")
    assert dict(campaign.labels) == {"i0": "b"}
    campaign.retract("i0")
    assert not campaign.labels
    with pytest.raises(UnknownItem):
        campaign.retract("nobody")


def test_a_retracted_item_is_asked_again():
    campaign = begin(1)
    campaign.tell(campaign.ask()[0], "a")
    assert campaign.ask() == []
    campaign.retract("i0")
    assert items(campaign.ask()) == ["i0"]


def test_flags():
    campaign = begin()
    campaign.flag("i0", comment="torn", by="ann")
    campaign.flag("i0", comment="torn")
    campaign.flag("i1", False)
    assert list(campaign.state.flagged) == ["i0"] and campaign.state.head == 2
    campaign.flag("i0", False)
    assert campaign.progress.flagged == 0


# ---------------------------------------------------------------- skipping


def test_skipped_items_are_out_for_everybody():
    campaign = begin(2)
    campaign.skip(campaign.ask(to="ann")[0], because="broken", seconds=3.0)
    assert items(campaign.ask(9, to="bob")) == ["i1"]
    assert campaign.state.items["i0"].skips["ann"].because == "broken"


def test_skipped_items_go_to_the_others():
    campaign = begin(2, skipped="others")
    campaign.skip(campaign.ask(to="ann")[0])
    assert items(campaign.ask(9, to="ann")) == ["i1"]
    assert items(campaign.ask(9, to="bob")) == ["i0"]


def test_skipped_items_come_back_when_nothing_else_is_left():
    campaign = begin(3, skipped="back")
    campaign.skip(campaign.ask(to="ann")[0])
    assert items(campaign.ask(1, to="ann")) == ["i1"]
    assert items(campaign.ask(2, to="ann")) == ["i2", "i0"]


def test_a_policy_may_change_on_the_way():
    campaign = begin(2)
    campaign.skip(campaign.ask(to="ann")[0])
    campaign.configure(skipped="others")
    assert items(campaign.ask(2, to="bob")) == ["i0", "i1"]


def test_a_skip_is_idempotent_and_may_become_an_answer():
    campaign = begin()
    query = campaign.ask(to="ann")[0]
    campaign.skip(query)
    campaign.skip(query)
    campaign.tell(query, "a")
    assert campaign.state.head == 4 and campaign.labels["i0"] == "a" and not campaign.state.skipped
    with pytest.raises(AlreadyAnswered, match="now it is told: skip"):
        campaign.skip(query)


def test_a_skip_can_be_taken_back():
    campaign = begin(1)
    campaign.skip(campaign.ask(to="ann")[0], by="bob")
    campaign.retract("i0", by="bob")
    assert items(campaign.ask()) == ["i0"]


# ---------------------------------------------------------------- overlap


def test_two_of_three_annotators_answer_each_item():
    campaign = begin(10, overlap=2)
    for turn in range(200):
        for query in campaign.ask(1, to=("ann", "bob", "cy")[turn % 3]):
            campaign.tell(query, "ab"[turn % 2])
    said = [set(item.annotations) for item in campaign.state.items.values()]
    assert len(said) == 10 and all(len(one) == 2 for one in said)
    assert campaign.state.answers == 20


def test_second_opinions_go_first_and_to_nobody_twice():
    campaign = begin(4, overlap=2)
    campaign.tell(campaign.ask(to="ann")[0], "a")
    assert items(campaign.ask(1, to="ann")) == ["i1"]
    second = campaign.ask(2, to="bob")
    assert [(query.item, query.arm) for query in second] == [("i0", "overlap"), ("i2", "active")]
    assert items(campaign.ask(2, to="cy")) == ["i3"], "i0 has enough with bob on it"
    campaign.release(second[0])
    assert items(campaign.ask(1, to="cy")) == ["i0"]


def test_who_skipped_a_second_opinion_is_not_asked_again():
    campaign = begin(1, overlap=2, skipped="others")
    campaign.tell(campaign.ask(to="ann")[0], "a")
    campaign.skip(campaign.ask(to="bob")[0])
    assert campaign.ask(to="bob") == [] and items(campaign.ask(to="cy")) == ["i0"]


def test_a_skipped_item_wants_no_second_opinion_when_skipped_is_out():
    campaign = begin(1, overlap=2)
    campaign.tell(campaign.ask(to="ann")[0], "a")
    campaign.skip(campaign.ask(to="bob")[0])
    assert campaign.ask(to="cy") == []


def test_overlap_may_be_raised_on_the_way_and_lowered():
    campaign = begin(2)
    campaign.tell({"i0": "a", "i1": "a"}, by="ann")
    assert campaign.ask(to="bob") == []
    campaign.configure(overlap=2)
    assert items(campaign.ask(2, to="bob")) == ["i0", "i1"]
    campaign.configure(overlap=1)
    assert campaign.ask(to="cy") == []


def test_an_expired_second_opinion_goes_to_another():
    campaign = begin(1, overlap=2, lease=60.0)
    campaign.tell({"i0": "a"}, by="ann")
    campaign.ask(to="bob")
    assert campaign.ask(to="cy") == []
    campaign._desk.clock.now += 61
    assert items(campaign.ask(to="cy")) == ["i0"]


# ---------------------------------------------------------------- budgets


def test_the_budget_counts_answers_and_what_is_out():
    campaign = begin(9, budget=3)
    first, second = campaign.ask(2)
    assert len(campaign.ask(9)) == 1 and campaign.ask(9) == []
    campaign.release(second)
    assert len(campaign.ask(9)) == 1
    campaign.tell(first, "a")
    for query in campaign.held():
        campaign.tell(query, "a")
    with pytest.raises(BudgetSpent, match=r"3 of 3 labels\. Raise the budget"):
        campaign.ask()
    assert campaign.verdict.stop and campaign.progress.spent == 3
    campaign.configure(budget=4)
    assert len(campaign.ask(9)) == 1


def test_an_answer_beyond_the_budget_is_kept():
    campaign = begin(9, budget=1, lease=10.0)
    late = campaign.ask()[0]
    campaign._desk.clock.now += 11
    campaign.tell(campaign.ask()[0], "a")
    campaign.tell(late, "a")
    with pytest.raises(BudgetSpent):
        campaign.ask()


def test_a_question_taken_up_again_needs_room_in_the_budget():
    campaign = begin(9, budget=2)
    first, second = campaign.ask(2, to="ann")
    campaign.skip(first)
    other = campaign.ask(to="bob")[0]
    with pytest.raises(BudgetSpent, match="0 of 2 labels, and 2 out with annotators"):
        campaign.reopen(first.item, to="ann")
    assert campaign.reopen(second.item, to="ann").id == second.id, "that one she holds"
    campaign.release(other)
    assert campaign.reopen(first.item, to="ann").item == first.item
    assert campaign.ask(to="bob") == []


def test_an_answer_that_is_taken_back_keeps_its_place_in_the_budget():
    campaign = begin(9, budget=1)
    query = campaign.ask(to="ann")[0]
    campaign.tell(query, "a")
    again = campaign.reopen(query.item, to="ann")
    campaign.retract(query.item, by="ann")
    assert campaign.progress.spent == 0 and campaign.ask(to="bob") == []
    campaign.tell(again, "b")
    assert campaign.progress.spent == 1 and campaign.labels == {query.item: "b"}


def test_who_skipped_a_question_and_names_the_value_later_has_answered_it():
    campaign = begin(9, budget=2)
    query = campaign.ask(to="ann")[0]
    campaign.skip(query)
    campaign.tell({query.item: "a"}, by="bob")
    assert campaign.progress.spent == 0, "bob was not asked"
    campaign.tell({query.item: "b"}, by="ann")
    assert campaign.progress.spent == 1 and campaign.state.queries[query.id].status == "answered"
    assert len(campaign.ask(9, to="ann")) == 1


def test_imported_labels_cost_nothing():
    campaign = begin(9, budget=1)
    campaign.tell({"i0": "a", "i1": "b"})
    assert len(campaign.ask(9)) == 1


def test_a_budget_that_is_no_whole_number_of_labels_is_spent_in_the_end():
    campaign = begin(9, budget=2.5)
    queries = campaign.ask(9)
    assert len(queries) == 3
    for query in queries:
        campaign.tell(query, "a")
    assert campaign.verdict.stop
    with pytest.raises(BudgetSpent):
        campaign.ask()


def test_a_budget_in_units_of_cost():
    pool = Pool(ids=["cheap", "dear", "middle"], costs=[0.1, 5.0, 0.9])
    campaign = Campaign(pool, Classification(("a",)), strategy=InOrder(), budget=1.0)
    queries = campaign.ask(3)
    assert items(queries) == ["cheap", "middle"], "what the budget has no room for is passed over"
    assert campaign.ask() == []
    campaign.tell(queries[0], "a")
    assert campaign.progress.spent == pytest.approx(0.1) and not campaign.verdict.stop
    campaign.tell(queries[1], "a")
    assert campaign.verdict.reason == "1 of 1 units of cost" and campaign.verdict.stop
    with pytest.raises(BudgetSpent, match="units of cost"):
        campaign.ask()
    campaign.retract("cheap")
    assert campaign.progress.spent == pytest.approx(0.9)


def test_what_is_too_dear_is_no_candidate():
    pool = Pool(ids=["dear", "skipped", "cheap"], costs=[5.0, 0.5, 1.0])
    campaign = Campaign(pool, Classification(("a",)), strategy=InOrder(), budget=2.0)
    campaign.skip(campaign.ask()[0])
    assert items(campaign.ask()) == ["cheap"], "the first is too dear, so the strategy never sees it"
    assert campaign.ask() == []


# ---------------------------------------------------------------- strategies


def test_a_strategy_that_proposes_what_is_out_is_told_so():
    class Stubborn:
        def propose(self, snapshot, n):
            return Proposal(["i0"], [], [])

    campaign = begin(strategy=Stubborn())
    assert campaign.ask()[0].score is None
    with pytest.raises(CampaignError, match="Stubborn proposed the item 'i0'"):
        campaign.ask()


def test_a_strategy_that_proposes_what_is_not_there_writes_nothing():
    class Lost:
        def propose(self, snapshot, n):
            return Proposal(["elsewhere"], [1.0], [1.0])

    campaign = begin(strategy=Lost())
    with pytest.raises(CampaignError, match="or not in the pool"):
        campaign.ask()
    assert campaign.state.head == campaign.log.head() == 1


def test_a_random_share_is_random():
    campaign = begin(400, strategy="density", random_share=0.25)
    campaign = Campaign(Pool(np.eye(40)), Classification(("a",)), strategy="density", random_share=0.5)
    arms = {query.arm for query in campaign.ask(40)}
    assert arms == {"active", "random"}
    assert "Drawn at random" in campaign.why(next(q for q in campaign.held() if q.arm == "random"))


def test_settings_rebuild_the_strategy():
    campaign = begin(40, strategy="random")
    assert {query.arm for query in campaign.ask(5)} == {"active"}
    campaign.configure(random_share=1.0)
    assert {query.arm for query in campaign.ask(5)} == {"random"}


def test_the_strategy_of_the_log_is_used_after_reopening():
    log = MemoryLog()
    begin(strategy={"name": "margin"}, log=log)
    again = begin(strategy=None, log=log)
    assert again.settings.strategy == {"name": "margin"}
    assert len(again.ask(2)) == 2
    begin(strategy="random", log=log)
    again.refresh()
    assert again.settings.strategy == "random"
    head = log.head()
    begin(strategy="random", log=log)
    assert log.head() == head


def test_a_strategy_without_a_name_must_be_given_again():
    log = MemoryLog()
    begin(strategy=InOrder(), log=log).tell({"i0": "a"})
    again = begin(strategy=None, log=log)
    assert dict(again.labels) == {"i0": "a"}, "labels can be read without the strategy"
    with pytest.raises(UnknownPart, match="InOrder"):
        again.ask()
    assert begin(strategy=InOrder(), log=log, settings=Settings(title="x")).settings.title == ""


# ---------------------------------------------------------------- the log


def test_reopening_goes_on_where_it_stood():
    log, clock = MemoryLog(), Clock()
    campaign = begin(log=log, clock=clock, overlap=2, seed=5)
    out = campaign.ask(2, to="ann")
    campaign.tell(out[0], "a")
    again = Campaign(campaign.pool, log=log, strategy=InOrder(), clock=clock)
    assert again.state == campaign.state == fold(log.read()) and again.settings == campaign.settings
    assert items(again.ask(2, to="bob")) == ["i0", "i2"]
    assert items(campaign.ask(1, to="cy")) == ["i3"], "the first sees what the second asked"


def test_a_writer_who_lost_the_race_decides_again():
    class Raced(MemoryLog):
        """Somebody else writes just before this writer does, once."""

        other = None

        def append(self, events, *, after):
            if self.other is not None:
                other, self.other = self.other, None
                other.ask(2, to="other")
            return super().append(events, after=after)

    log = Raced()
    one = begin(log=log)
    log.other = begin(log=log)
    assert items(one.ask(2)) == ["i2", "i3"]
    assert one.state == fold(log.read())


def test_a_writer_who_loses_every_race_is_told(monkeypatch):
    monkeypatch.setattr("querist.campaign.desk.time.sleep", lambda seconds: None)
    campaign = begin()

    def lost(events, *, after):
        raise Conflict("lost again")

    monkeypatch.setattr(campaign.log, "append", lost)
    with pytest.raises(Conflict, match="500 times in a row"):
        campaign.ask()


def test_what_does_not_fit_the_log_is_refused():
    log = MemoryLog()
    with pytest.raises(InvalidInput, match="needs a task"):
        Campaign(Pool(ids=[1]), log=log)
    campaign = begin(log=log, seed=3)
    campaign.tell({"i5": "a"})
    assert begin(log=log, seed=3).state.seed == 3
    with pytest.raises(InvalidInput, match="seed 3; got seed=4"):
        begin(log=log, seed=4)
    with pytest.raises(InvalidInput, match="kind 'classification'; got one of the kind 'number'"):
        Campaign(campaign.pool, Number(), log=log)
    with pytest.raises(InvalidInput, match="'i5', which the pool does not hold"):
        begin(n=3, log=log)


def test_a_task_may_bring_more_classes_and_a_number_must_be_the_same():
    log = MemoryLog()
    begin(log=log)
    assert begin(log=log, classes=("b", "c")).task.classes == ("a", "b", "c")
    log, pool = MemoryLog(), Pool(ids=[1])
    Campaign(pool, Number(0, 1), log=log)
    Campaign(pool, Number(0, 1), log=log)
    with pytest.raises(InvalidInput, match="high=2"):
        Campaign(pool, Number(0, 2), log=log)


def test_settings_given_at_reopening_hold_from_then_on():
    log = MemoryLog()
    begin(log=log, budget=5, settings=Settings(title="Leaves"))
    again = begin(log=log, budget=9)
    assert (again.settings.title, again.settings.budget) == ("Leaves", 9)
    head = log.head()
    again.configure(budget=9)
    assert log.head() == head


# ---------------------------------------------------------------- looking


def test_views_are_live_and_read_only():
    campaign = begin()
    labels, snapshot = campaign.labels, campaign.snapshot("ann")
    campaign.tell(campaign.ask()[0], "a")
    campaign.ask()
    campaign.skip(campaign.ask()[0])
    assert dict(labels) == dict(snapshot.labels) == {"i0": "a"}
    assert set(snapshot.pending) == {"i1"} and set(snapshot.closed) == {"i2"}
    assert snapshot.candidates.tolist() == [3, 4, 5] and snapshot.model is None
    with pytest.raises(TypeError):
        labels["i1"] = "a"


def test_candidates_are_those_that_the_plain_snapshot_would_find():
    from querist.strategies import Snapshot

    for policy in ("out", "others", "back"):
        campaign = begin(8, skipped=policy)
        queries = campaign.ask(5, to="ann")
        campaign.tell(queries[0], "a")
        campaign.skip(queries[1])
        campaign.release(queries[2])
        for to in ("ann", "bob"):
            live = campaign.snapshot(to)
            plain = Snapshot(live.pool, live.labels, frozenset(live.pending), frozenset(live.closed))
            assert live.candidates.tolist() == plain.candidates.tolist()


def test_progress_and_words():
    with begin(budget=4) as campaign:
        campaign.tell(campaign.ask()[0], "a")
        campaign.ask()
        progress = campaign.progress
        assert (progress.items, progress.labelled, progress.pending, progress.spent) == (6, 1, 1, 1)
        assert progress.verdict.reason == "1 of 4 labels" and progress.quality is None
        assert "6 items, 1 labelled" in repr(campaign)
        assert campaign.estimates.quality is None


def test_why_says_what_is_known_and_no_more():
    campaign = begin(overlap=2)
    query = campaign.ask(to="ann")[0]
    assert campaign.why(query) == (
        "Chosen by the strategy 'InOrder' (rank 1, score 0, selected with probability 1)."
    )
    campaign.tell(query, "a")
    assert campaign.why(campaign.ask(to="bob")[0]).startswith("Asked for a further opinion")
    assert campaign.why(campaign.reopen("i5")) == "Opened again on request."


def test_without_budget_or_target_a_model_has_to_say_stop():
    assert begin().verdict.reason == "no model has told yet what more labels could gain"
    assert begin(budget=5).verdict.reason.startswith("0 of 5")


def test_a_log_may_be_given_by_its_path(tmp_path):
    pool, task = Pool(ids=["a", "b"]), Classification(("x", "y"))
    for place in (tmp_path / "labels.db", f"sqlite:///{tmp_path / 'others.db'}"):
        with Campaign(pool, task, log=place) as campaign:
            campaign.tell({"a": "x"})
        with Campaign(pool, log=place) as again:
            assert dict(again.labels) == {"a": "x"}
        with pytest.raises(InvalidInput, match="seed"):
            Campaign(pool, log=place, seed=77)
    with pytest.raises(StorageError, match="there is no folder"):
        Campaign(pool, task, log=tmp_path / "nowhere" / "labels.db")


def test_features_without_a_pool_are_refused_with_the_mend():
    with pytest.raises(InvalidInput, match=r"got ndarray.*Campaign\(Pool"):
        Campaign(np.eye(3), Classification(("x", "y")))


@pytest.mark.parametrize("task", [["yes", "no"], "yes,no", {"classes": ("yes", "no")}])
def test_what_is_no_task_is_told(task):
    with pytest.raises(InvalidInput, match="is no task") as told:
        Campaign(Pool(np.zeros((3, 2))), task)
    assert "Classification" in told.value.mend


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1, "3", True, 10**400, object()])
def test_an_answer_takes_a_number_of_seconds(seconds):
    campaign = begin()
    query = campaign.ask()[0]
    for say in (
        lambda: campaign.tell(query, "a", seconds=seconds),
        lambda: campaign.tell({"i1": "a"}, seconds=seconds),
        lambda: campaign.skip(query, seconds=seconds),
    ):
        with pytest.raises(InvalidInput, match="a number of seconds"):
            say()
    campaign.tell(query, "a", seconds=np.float32(2.5))
    assert campaign.state.items["i0"].annotations[None].seconds == 2.5 and campaign.state.answers == 1


def test_what_cannot_be_written_is_refused_in_words_and_changes_nothing():
    campaign = begin()
    query, head = campaign.ask()[0], campaign.state.head
    for say in (
        lambda: campaign.skip(query, because=object()),
        lambda: campaign.flag("i1", comment={1, 2}),
        lambda: campaign.configure(title=object()),
    ):
        with pytest.raises(InvalidInput, match="cannot be written"):
            say()
    assert campaign.state.head == campaign.log.head() == head


@pytest.mark.parametrize("who", [7, object(), ("ann", "bob")])
def test_annotators_are_named_by_words(who):
    campaign = begin()
    query, head = campaign.ask()[0], campaign.state.head
    for say in (
        lambda: campaign.tell(query, "a", by=who),
        lambda: campaign.tell({"i1": "a"}, by=who),
        lambda: campaign.skip(query, by=who),
        lambda: campaign.flag("i1", by=who),
        lambda: campaign.add_class("c", by=who),
        lambda: campaign.ask(to=who),
        lambda: campaign.reopen("i2", to=who),
    ):
        with pytest.raises(InvalidInput, match="named by a word"):
            say()
    assert campaign.state.head == head
    campaign.tell(query, "a", by=np.str_("ann"))
    assert campaign.state.by_annotator == {"ann": 1}
