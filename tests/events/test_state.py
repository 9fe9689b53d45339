"""The state as a fold: labels, counts, queries, outcomes, as events come, are corrected and taken back."""

from __future__ import annotations

import pytest

from querist.errors import StorageError
from querist.events import (
    Answered,
    Asked,
    ClassAdded,
    Created,
    Flagged,
    Released,
    Retracted,
    SettingsChanged,
    Skipped,
    State,
    Trained,
    fold,
)

BORN = Created(
    task={"name": "classification", "classes": ["a", "b"]}, seed=3, settings={"overlap": 2}, at=9.0
)


def after(*events, born=BORN):
    return fold(enumerate([born, *events], start=1))


def asked(query, item, arm="active", value="a", hidden=False, to=None):
    return Asked(query=query, item=item, arm=arm, suggestion={"value": value}, hidden=hidden, to=to)


def test_what_it_begins_with():
    state = after()
    assert (state.seed, state.created, state.classes, state.settings) == (3, 9.0, ("a", "b"), {"overlap": 2})
    assert state.head == 1 and not state.labels and not state.pending


def test_apply_and_fold_are_the_same_at_every_step():
    events = [
        BORN,
        asked("q2", 1, "random"),
        Answered(item=1, value="a", query="q2", by="ann"),
        Skipped(item=2, by="ann", because="broken"),
        Flagged(item=2, comment="torn"),
        Retracted(item=1),
        Trained(version="m6", upto=6, labels=0),
    ]
    state = State()
    for number, event in enumerate(events, start=1):
        state.apply(number, event)
        assert state == fold(enumerate(events[:number], start=1))


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_gap_or_a_repeat_is_refused(number):
    state = after()
    with pytest.raises(StorageError, match=f"Event {number} cannot follow event 1"):
        state.apply(number, Retracted(item=1))


def test_a_second_beginning_is_refused():
    with pytest.raises(StorageError, match="a second time"):
        after(BORN)


def test_settings_and_classes_change():
    state = after(
        SettingsChanged(settings={"budget": 5}),
        ClassAdded(value="c"),
        ClassAdded(value="c"),
        ClassAdded(value="a"),
    )
    assert state.settings == {"overlap": 2, "budget": 5}
    assert state.classes == ("a", "b", "c") and state.task["classes"] == ["a", "b", "c"]


def test_the_majority_is_believed_and_the_last_word_of_a_tie():
    state = after(Answered(item=1, value="a", by="x"), Answered(item=1, value="b", by="y"))
    assert state.labels == {1: "b"}, "y corrects x"
    state.apply(4, Answered(item=1, value="a", by="z"))
    assert state.labels == {1: "a"} and state.by_class == {"a": 1}
    assert state.by_annotator == {"x": 1, "y": 1, "z": 1} and state.answers == 3


def test_a_corrected_answer_is_the_latest_in_a_tie():
    state = after(
        Answered(item=1, value="a", by="x"),
        Answered(item=1, value="b", by="y"),
        Answered(item=1, value="a", by="x"),
    )
    assert state.labels == {1: "a"}, "x said so last"


def test_numbers_are_averaged():
    state = after(
        Answered(item=1, value=1.0, by="x"),
        Answered(item=1, value=4.0, by="y"),
        born=Created(task={"name": "number"}),
    )
    assert state.labels == {1: 2.5}


def test_a_retracted_label_is_gone_with_its_counts():
    state = after(asked("q2", 1), Answered(item=1, value="a", query="q2", by="x"), Retracted(item=1, by="x"))
    assert state.labels == state.by_class == state.by_annotator == {}
    assert (state.answers, state.spent) == (0, 0)
    assert state.queries["q2"].status == "retracted" and state.queries["q2"].told == "a"


def test_retracting_one_leaves_the_others():
    said = [Answered(item=1, value="a", by="x"), Answered(item=1, value="b", by="y"), Skipped(item=1, by="z")]
    assert after(*said, Retracted(item=1, by="x")).labels == {1: "b"}
    everybody = after(*said, Retracted(item=1))
    assert everybody.labels == everybody.skipped == everybody.skipped_by == {}


def test_the_last_word_of_an_annotator_stands():
    answered = after(Skipped(item=1, by="x"), Answered(item=1, value="a", by="x"))
    assert answered.labels == {1: "a"} and answered.skipped == {} and answered.skipped_by == {}
    skipped = after(Answered(item=1, value="a", by="x"), Skipped(item=1, by="x"), Skipped(item=1, by="y"))
    assert skipped.labels == {} and list(skipped.skipped_by) == ["x", "y"]


def test_one_skip_of_two_is_taken_back():
    state = after(
        Skipped(item=1, by="x"), Skipped(item=1, by="y"), Skipped(item=2, by="x"), Retracted(item=1, by="x")
    )
    assert list(state.skipped) == [1, 2] and state.skipped_by == {"y": {1: None}, "x": {2: None}}


def test_queries_open_and_close():
    state = after(asked("q2", 1), asked("q3", 1), asked("q4", 2), asked("q5", 3))
    assert set(state.pending) == {1, 2, 3}
    for event in (Answered(item=1, value="a", query="q2"), Released(query="q4"), Skipped(item=3, query="q5")):
        state.apply(state.head + 1, event)
    assert set(state.pending) == {1}
    assert [one.status for one in state.queries.values()] == ["answered", "open", "released", "skipped"]
    assert state.items[1].queries == ["q2", "q3"]


def test_a_skip_that_is_taken_back_closes_its_query():
    state = after(asked("q2", 1), Skipped(item=1, query="q2", by="x"), Retracted(item=1))
    assert state.queries["q2"].status == "retracted"


def test_an_answer_after_the_question_was_given_back_counts():
    state = after(
        asked("q2", 1), Released(query="q2"), Answered(item=1, value="a", query="q2"), Released(query="q2")
    )
    assert state.queries["q2"].status == "answered" and state.spent == 1


def test_what_was_told_unasked_is_not_spent_but_a_correction_of_an_answer_is():
    state = after(Answered(item=1, value="a"), asked("q3", 2), Answered(item=2, value="a", query="q3"))
    assert (state.answers, state.spent) == (2, 1)
    state.apply(5, Answered(item=2, value="b"))
    assert state.spent == 1 and state.queries["q3"].value == "b" and state.queries["q3"].told == "a"


def test_questions_that_the_log_does_not_know_do_no_harm():
    state = after(
        Answered(item=1, value="a", query="gone"), Skipped(item=2, query="gone"), Released(query="gone")
    )
    assert state.labels == {1: "a"} and list(state.skipped) == [2]


def test_flags_come_and_go():
    state = after(Flagged(item=1, comment="torn", by="x"))
    assert list(state.flagged) == [1] and state.items[1].comment == "torn"
    state.apply(3, Flagged(item=1, flagged=False))
    state.apply(4, Flagged(item=2, flagged=False))
    assert not state.flagged and state.items[1].comment == ""


def test_outcomes_are_kept_by_arm_in_order():
    state = after(
        asked("q2", 1, "random", "a"),
        asked("q3", 2, "active", "b", hidden=True),
        asked("q4", 3, "overlap", "a"),
        Asked(query="q5", item=4, arm="random"),
        Answered(item=2, value="a", query="q3"),
        Answered(item=1, value="a", query="q2"),
        Answered(item=3, value="a", query="q4"),
        Answered(item=4, value="a", query="q5"),
    )
    (random,), (active,) = state.random_outcomes, state.active_outcomes
    assert (random.query, random.right, random.hidden, random.labels) == ("q2", True, False, 1)
    assert (active.query, active.right, active.hidden, active.labels) == ("q3", False, True, 0)


def test_an_outcome_follows_the_value_that_stands():
    state = after(asked("q2", 1, "random", "a"), Answered(item=1, value="b", query="q2", by="x"))
    assert [one.right for one in state.random_outcomes] == [False]
    state.apply(4, Answered(item=1, value="a", by="x"))
    assert [one.right for one in state.random_outcomes] == [True]
    state.apply(5, Retracted(item=1))
    assert state.random_outcomes == []
    state.apply(6, Asked(query="q6", item=1, arm="reopened", suggestion={"value": "b"}))
    state.apply(7, Answered(item=1, value="b", query="q6", by="x"))
    assert [one.answered for one in state.random_outcomes] == ["b"], "undo and answer again is one outcome"
    assert state.active_outcomes == []


def test_a_question_answered_twice_keeps_the_place_of_its_first_answer():
    """As two servers may write it down that did not know of each other's."""
    first = Answered(item=1, value="b", query="q2", by="ann", at=5.0)
    state = after(
        asked("q2", 1, "random"),
        first,
        Answered(item=9, value="a"),
        Answered(item=1, value="a", query="q2", by="ann", at=7.0),
    )
    (outcome,) = state.random_outcomes
    assert (outcome.number, outcome.labels, outcome.at) == (3, 0, 5.0)
    assert outcome.right, "by the value that stands"


def test_another_annotators_answer_leaves_an_outcome_alone():
    state = after(
        asked("q2", 1, "random", "a"),
        Answered(item=1, value="b", query="q2", by="x"),
        Answered(item=1, value="a", by="y"),
    )
    assert [one.right for one in state.random_outcomes] == [False]


def test_a_long_campaign_adds_up():
    events = [BORN]
    for i in range(5_000):
        events += [asked(f"q{i}", i, "random"), Answered(item=i, value="a", query=f"q{i}", by="x")]
    state = fold(enumerate(events, start=1))
    assert len(state.labels) == state.spent == len(state.random_outcomes) == state.by_class["a"] == 5_000
