"""What is kept between questions, and when it is forgotten."""

from __future__ import annotations

import gc
import weakref

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist.data import Pool
from querist.models import Memory, Prediction, as_model, memory_of
from querist.strategies import Snapshot, predicted
from querist.testing import blobs


def test_the_longest_unused_goes_first():
    memory = Memory(most=2)
    memory.keep("a", 1)
    memory.keep("b", 2)
    assert memory.get("a") == 1
    memory.keep("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)
    assert memory.keep("a", 4) == 4 and memory.get("a") == 4


def test_a_pool_is_remembered_as_long_as_it_lives():
    class Large:
        pass

    pool, value = Pool([[0.0], [1.0]]), Large()
    memory_of(pool).keep("x", value)
    assert memory_of(pool).get("x") is value
    there = weakref.ref(value)
    del pool, value
    gc.collect()
    assert there() is None


def test_strategies_share_the_memory_of_their_pool():
    x, y = blobs(12)
    pool = Pool(x)
    assert predicted(Snapshot(pool)).memory is memory_of(pool)
    plain = as_model(LogisticRegression()).fitted(x, y)
    assert predicted(Snapshot(pool, model=plain)).memory is memory_of(pool)


def test_an_embedding_of_the_model_is_not_the_features():
    x, y = blobs(12)
    memory = Memory()
    model = as_model(make_pipeline(StandardScaler(), LogisticRegression())).fitted(x, y)
    assert Prediction(model, x, memory=memory).memory is not memory
    assert Prediction(None, x, memory=memory).memory is memory
