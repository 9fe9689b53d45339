"""BatchBald proposes what its kernel picks, whatever is out and however many candidates there are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from querist.errors import InvalidInput, MissingCapability
from querist.kernels import bald, batch_bald
from querist.models import Bagging, as_model
from querist.strategies import BatchBald
from querist.strategies import batch_bald as module
from querist.testing import blobs, snapshot_of

X, Y = blobs(80)
MODEL = Bagging(GaussianNB(), 6).fitted(X[:12], Y[:12])
DRAWS = MODEL.draws(X, 6, np.random.default_rng(0))
SNAPSHOT = snapshot_of(X, Y, labelled=range(12), pending=[12, 13], closed=[14], model=MODEL, seed=1)


def picked(proposal):
    return [int(one.removeprefix("item-")) for one in proposal.ids]


def test_it_is_its_kernel_given_what_is_out():
    proposal = BatchBald(6).propose(SNAPSHOT, 4)
    rows, gains = batch_bald(DRAWS[:, 15:], 4, given=DRAWS[:, 12:14])
    adds = int(np.argmax(gains <= 0.1 * bald(DRAWS[:, 15:])[rows]))
    assert adds >= 2 and picked(proposal)[:adds] == (rows[:adds] + 15).tolist()
    assert np.allclose(proposal.scores[:adds], gains[:adds]) and not proposal.scores[adds:].any()
    alone = snapshot_of(X, Y, labelled=range(12), model=MODEL)
    assert picked(BatchBald(6).propose(alone, 3)) == (batch_bald(DRAWS[:, 12:], 3)[0] + 12).tolist()


def test_once_the_members_are_told_apart_the_rest_is_drawn_by_what_each_tells_alone():
    first, drawn = [], []
    for seed in range(40):
        snapshot = snapshot_of(X, Y, labelled=range(12), model=MODEL, seed=seed)
        proposal = BatchBald(6).propose(snapshot, 20)
        adds = int((proposal.scores > 0).sum())
        assert (proposal.scores[:adds] > 0).all() and proposal.scores.sum() <= np.log(6) + 0.05
        assert (proposal.probabilities[:adds] == 1).all() and (proposal.probabilities[adds:] < 1).all()
        first.append(proposal.ids[:2])
        drawn += picked(proposal)[adds:]
    assert all(one == first[0] for one in first)
    worth = bald(DRAWS)
    assert worth[drawn].mean() > 1.2 * worth[12:].mean()  # the likelier the more they tell


def test_few_candidates_at_a_time_are_enough(monkeypatch):
    whole = BatchBald(6).propose(SNAPSHOT, 5)
    monkeypatch.setattr(module, "_FIRST", 5)
    few = BatchBald(6).propose(SNAPSHOT, 5)
    assert few.ids == whole.ids and np.allclose(few.scores, whole.scores)


def test_cold_and_without_members():
    cold = BatchBald().propose(snapshot_of(X), 3)
    assert len(set(cold.ids)) == 3 and "No model yet" in cold.why[0]
    plain = snapshot_of(X, Y, labelled=range(12), model=as_model(GaussianNB()).fitted(X[:12], Y[:12]))
    with pytest.raises(MissingCapability, match="Bagging"):
        BatchBald().propose(plain, 2)


@pytest.mark.parametrize(("members", "configurations"), [(1, 10_000), (5, 10)])
def test_too_few_are_refused(members, configurations):
    with pytest.raises(InvalidInput, match="too few"):
        BatchBald(members, configurations)
