"""Searches over a table on an accelerator pick what those over one in main memory do.

Where there is no accelerator, PyTorch's arrays in main memory are taken for ones on it: the code is the same.
"""

from dataclasses import dataclass
from importlib import import_module

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import greedy_sampling, is_on_device, k_center, kmeans_plus_plus, nearness
from querist.models import as_model
from querist.strategies import Badge, Snapshot, as_strategy

torch = pytest.importorskip("torch")


@pytest.fixture
def put(monkeypatch):
    """Puts an array where an accelerator is, or says that it is there."""
    if torch.cuda.is_available():
        return lambda x: torch.as_tensor(np.asarray(x)).cuda()
    for room in ("kernels.nearness", "models.prediction"):
        module = import_module(f"querist.{room}")
        monkeypatch.setattr(module, "is_on_device", lambda x: isinstance(x, torch.Tensor))
    return lambda x: torch.as_tensor(np.asarray(x))


def rows(n=200, d=5, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


def same(here, there):
    assert here[0].tolist() == there[0].tolist()
    np.testing.assert_allclose(here[1], there[1], rtol=1e-4, atol=1e-6)


def test_arrays_in_main_memory_are_not_on_a_device():
    assert not is_on_device(np.zeros(3)) and not is_on_device([1.0]) and not is_on_device(torch.zeros(3))


@pytest.mark.parametrize("taken", [None, [3, 17], list(range(40))])
@pytest.mark.parametrize("some", [None, np.arange(0, 200, 3)])
def test_k_center_picks_the_same(put, taken, some):
    x = rows()
    same(k_center(x, 12, taken=taken, rows=some), k_center(put(x), 12, taken=taken, rows=some))


def test_k_center_in_float32_far_from_the_origin(put):
    x = rows(seed=1, dtype=np.float32) + np.float32(100)
    same(k_center(x, 20, taken=[0]), k_center(put(x), 20, taken=[0]))


def test_more_than_there_are_and_repeated_rows(put):
    x = np.repeat(rows(4), 3, axis=0)
    here, there = k_center(x, 99, taken=[0]), k_center(put(x), 99, taken=[0])
    assert sorted(here[0]) == sorted(there[0]) == list(range(1, 12))
    drawn = kmeans_plus_plus(put(x), 99, taken=[0], rng=np.random.default_rng(0))
    same(kmeans_plus_plus(x, 99, taken=[0], rng=np.random.default_rng(0)), drawn)
    assert k_center(put(x), 0)[0].size == 0


@pytest.mark.parametrize("taken", [None, [5, 6]])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("products", [False, True])
def test_k_means_plus_plus_draws_the_same(put, taken, weighted, products):
    x = rows()
    rng = np.random.default_rng(2)
    how = {
        "taken": taken,
        "rows": np.arange(10, 180),
        "weights": rng.random(200) if weighted else None,
        "factors": rng.normal(size=(200, 3)) if products else None,
        "sample": None,
    }
    here = kmeans_plus_plus(x, 15, rng=np.random.default_rng(3), **how)
    same(here, kmeans_plus_plus(put(x), 15, rng=np.random.default_rng(3), **how))


def test_what_is_measured_is_told_in_main_memory(put):
    x = rows(30)
    near = nearness(put(x), [1])
    np.testing.assert_allclose(near.measured.squares, (x**2).sum(axis=1))


def test_what_cannot_be_searched_there_says_so(put):
    with pytest.raises(InvalidInput, match="Bring the table back"):
        greedy_sampling(put(rows()), rows(d=1), 3)
    with pytest.raises(InvalidInput, match="float32"):
        k_center(put(np.arange(6).reshape(3, 2)), 1)


@dataclass(frozen=True)
class OnDevice:
    """A model whose embedding stays where it is made."""

    put: object
    inner: object

    @property
    def classes(self):
        return self.inner.classes

    def proba(self, x):
        return self.inner.proba(x)

    def embed(self, x):
        return self.put(x)


class InMemory(OnDevice):
    """The same in main memory."""

    def embed(self, x):
        return x


@pytest.mark.parametrize("name", ["badge", "k_center", "k_means_plus_plus"])
def test_a_round_with_a_model_on_the_device(put, name):
    x = rows(120)
    y = (x[:, 0] > 0).astype(int)
    inner = as_model(LogisticRegression()).fitted(x[:20], y[:20])
    labels = dict(enumerate(y[:20].tolist()))
    spec = {"name": "scored", "acquisition": {"name": "entropy"}, "selector": {"name": name}}
    strategy = Badge() if name == "badge" else as_strategy(spec)
    proposals = [
        strategy.propose(Snapshot(Pool(x), labels=labels, model=kind(put, inner), seed=4), 8)
        for kind in (InMemory, OnDevice)
    ]
    assert proposals[0].ids == proposals[1].ids and len(proposals[0].ids) == 8
    np.testing.assert_allclose(proposals[0].probabilities, proposals[1].probabilities, rtol=1e-6)
