"""Rows of unlike lengths are read beside their like, and nobody who asks can tell."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from querist.models.torch import (  # noqa: E402
    MonteCarloDropout,
    TorchModel,
    Training,
    reading,
)
from querist.models.torch.lengths import beside_their_like, lengths_of  # noqa: E402

torch.set_num_threads(1)
LONGEST = 12


class Summed(nn.Module):
    """The mean of what a text's tokens are, which counts the places that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.vectors, self.places = nn.Embedding(20, 8), 0

    def row_lengths(self, rows):
        return (np.asarray(rows) >= 0).sum(axis=1)

    def forward(self, rows):
        longest = max(1, int((rows >= 0).sum(dim=1).max()))
        rows = rows[:, :longest].long()
        self.places += rows.numel()
        there = (rows >= 0).unsqueeze(2)
        return (self.vectors(rows.clamp(min=0)) * there).sum(dim=1) / there.sum(dim=1).clamp(min=1)


def made(classes):
    return nn.Sequential(Summed(), nn.Dropout(0.3), nn.Linear(8, classes))


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 20, size=(300, LONGEST)).astype(np.float32)
    lengths = rng.integers(1, LONGEST + 1, size=300)
    rows[np.arange(LONGEST) >= lengths[:, None]] = -1
    return rows, np.where(rows[:, 0] < 10, "low", "high")


@pytest.fixture(scope="module")
def fitted(texts):
    training = Training(epochs=3, least_steps=40, batch=16, learning_rate=0.02)
    return TorchModel(made, posterior=MonteCarloDropout(), training=training).fitted(*texts)


def asked(model, x):
    seen = np.asarray(model.embed(x))
    return model.proba(x), model.draws(x, 4, np.random.default_rng(0)), seen


def test_answers_come_in_the_order_of_the_rows(texts, fitted, monkeypatch):
    sorted_ = asked(fitted, texts[0])
    monkeypatch.setattr(reading, "_FEW", len(texts[0]))
    for one, other in zip(sorted_, asked(fitted, texts[0]), strict=True):
        assert one.shape == other.shape and np.allclose(one, other, atol=1e-6)


def test_vectors_left_on_the_device_too(texts, fitted):
    there = fitted._with(fitted.learnt)
    there.embed_on_device = True
    assert torch.is_tensor(there.embed(texts[0]))
    assert np.array_equal(there.embed(texts[0]).numpy(), fitted.embed(texts[0]))


def test_less_padding_is_read(texts, fitted, monkeypatch):
    body = fitted.network[0]
    places = []
    for few in (16, len(texts[0])):
        monkeypatch.setattr(reading, "_FEW", few)
        body.places = 0
        fitted.proba(texts[0])
        places.append(body.places)
    held = int((texts[0] >= 0).sum())
    assert held <= places[0] < 1.2 * held < places[1]


def test_a_training_repeats_with_its_seed(texts, fitted):
    again = fitted.template.fitted(*texts)
    assert all(torch.equal(one, again.state()[name]) for name, one in fitted.state().items())


@pytest.mark.parametrize(("n", "batches"), [(5, 2), (64, 4), (1000, 63)])
def test_every_row_is_met_once_in_batches_of_like_size(n, batches):
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 30, size=n)
    parts = beside_their_like(rng.permutation(n), lengths, batches, rng)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    assert len(parts) == batches and max(map(len, parts)) - min(map(len, parts)) <= 1
    again = beside_their_like(rng.permutation(n), lengths, batches, rng)
    assert {frozenset(one.tolist()) for one in parts} != {frozenset(one.tolist()) for one in again}


def test_batches_hold_rows_of_about_one_length():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 30, size=1000)
    parts = beside_their_like(rng.permutation(1000), lengths, 63, rng)
    padded = sum(int(lengths[one].max()) * len(one) for one in parts)
    assert padded < 1.25 * lengths.sum()


def test_other_networks_read_all_of_every_row():
    assert lengths_of(nn.Linear(3, 2), np.zeros((4, 3))) is None
