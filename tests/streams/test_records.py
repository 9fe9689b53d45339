"""Items as records, for classifiers of river's: passed on as they are, and checked as vectors are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from river import compose, linear_model, preprocessing

from querist.errors import InvalidInput
from querist.models import OnlineSoftmax, RiverModel
from querist.streams import Density, StreamLearner, StreamStrategy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))


def _learner(**more: Any) -> StreamLearner:
    return StreamLearner(RiverModel(linear_model.LogisticRegression()), budget=0.3, **more)


def test_records_and_vectors_are_decided_alike() -> None:
    by_record, by_vector = _learner(), _learner()
    for row in X:
        label = bool(row[0] > 0)
        one, other = by_record.see(dict(enumerate(row.tolist()))), by_vector.see(row)
        assert str(one) == str(other) and one.predicted == other.predicted
        if one.ask:
            by_record.tell(one, label)
            by_vector.tell(other, label)
    assert by_record.predict({2: 0.0, 0: 3.0, 1: 0.0}) is True  # whatever the order of the fields
    by_record.model.forget(10)
    assert len(by_record.model.rows) == 10


def test_records_may_hold_text() -> None:
    heat = compose.Select("heat") | preprocessing.StandardScaler()
    site = compose.Select("site") | preprocessing.OneHotEncoder()
    model = (heat + site) | linear_model.LogisticRegression()
    learner = StreamLearner(RiverModel(model), budget=0.5)
    for i, row in enumerate(X):
        item = {"heat": float(row[0]), "site": ("north", "south")[i % 2]}
        if (one := learner.see(item)).ask:
            learner.tell(one, i % 2)
    assert learner.predict({"heat": 0.0, "site": "south"}) == 1


def test_the_record_held_is_a_copy() -> None:
    learner = _learner()
    item = {"a": 1.0}
    one = learner.see(item)
    item["a"] = 7.0
    assert learner.pending.get(one.id).row == {"a": 1.0}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"a": 1.0}, "fields 'b'"),
        ({"a": 1.0, "c": 2.0}, "'b'"),
        ({"a": 1.0, "b": math.nan}, "Field 'b' of an item is nan"),
        ({"a": math.inf, "b": 2.0}, "Field 'a' of an item is inf"),
        ({"a": "x", "b": None}, "Field 'b' of an item is None"),
        ([1.0, 2.0], "vector of 2 numbers; those before it were records"),
        (np.array([1.0, 2.0]), "those before it were records"),
    ],
)
def test_a_wrong_record_changes_nothing(item: Any, told: str) -> None:
    learner = _learner()
    learner.see({"a": 1.0, "b": 2.0})
    with pytest.raises(InvalidInput, match=told):
        learner.see(item)
    assert learner.seen == 1
    learner.see({"b": 1e308, "a": 1e308})  # a sum that is infinite, of numbers that are not


def test_records_are_for_those_who_read_them() -> None:
    for learner, told in ((StreamLearner(OnlineSoftmax()), "vectors"), (_learner(), "without fields")):
        with pytest.raises(InvalidInput, match=told):
            learner.see({} if told != "vectors" else {"a": 1.0})
    after = _learner()
    after.see([1.0])
    with pytest.raises(InvalidInput, match="vectors of numbers; got"):
        after.see({"a": 1.0})


def test_a_density_reads_the_numbers_of_records() -> None:
    learner = _learner(strategy=StreamStrategy(density=Density(window=10)))
    for row in X[:100]:
        if (one := learner.see({"a": float(row[0]), "b": float(row[1])})).ask:
            learner.tell(one, bool(row[0] > 0))
    assert learner.asked
    with pytest.raises(InvalidInput, match="A density reads numbers"):
        learner.see({"a": "x", "b": 1.0})
