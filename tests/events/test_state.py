import pytest

from querist.errors import StorageError
from querist.events import Answered, Asked, Created, Retracted, State, fold


def test_state_apply_equals_fold():
    events = [
        Created(task={"name": "classification", "classes": ["a", "b"]}, seed=3),
        Asked(query="q2", item=1, arm="random", suggestion={"value": "a", "proba": 0.6}),
        Answered(item=1, value="a", query="q2", by="ann"),
        Retracted(item=1),
    ]
    state = State()
    for number, event in enumerate(events, start=1):
        state.apply(number, event)
        assert state == fold(enumerate(events[:number], start=1))
    assert state.labels == {}


def test_a_gap_in_the_log_is_refused():
    with pytest.raises(StorageError, match="Event 2 cannot follow event 0"):
        State().apply(2, Retracted(item=1))
