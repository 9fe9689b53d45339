"""BatchBALD and EPIG equal the enumeration of all labels."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import bald, batch_bald, epig
from querist.kernels.bayesian import _Joint


def committee(members, n, classes, seed=0, sharpness=0.5):
    return np.random.default_rng(seed).dirichlet(np.full(classes, sharpness), (members, n))


def plain_entropy(row):
    return -sum(p * math.log(p) for p in row if p > 0)


def joint_information(draws, rows):
    """I(y_rows; member): every joint label is written out."""
    members, _, classes = draws.shape
    joint = []
    for labels in itertools.product(range(classes), repeat=len(rows)):
        pairs = list(zip(rows, labels, strict=True))
        each = [math.prod(draws[k, row, c] for row, c in pairs) for k in range(members)]
        joint.append(sum(each) / members)
    noise = sum(plain_entropy(draws[k, row]) for k in range(members) for row in rows) / members
    return plain_entropy(joint) - noise


def plain_batch(draws, n, given=()):
    """Greedy by enumeration; every row is tried at every turn."""
    batch, gains = list(given), []
    picks = []
    for _ in range(n):
        before = joint_information(draws, batch)
        free = [row for row in range(draws.shape[1]) if row not in batch]
        gain = {row: joint_information(draws, [*batch, row]) - before for row in free}
        best = max(free, key=gain.__getitem__)
        batch.append(best)
        picks.append(best)
        gains.append(gain[best])
    return picks, gains


@pytest.mark.parametrize(("members", "n", "classes"), [(3, 12, 2), (5, 8, 3), (8, 10, 2), (2, 7, 4)])
def test_it_is_enumeration(members, n, classes):
    draws = committee(members, n, classes, seed=n)
    rows, gains = batch_bald(draws, 4)
    expected = plain_batch(draws, 4)
    assert rows.tolist() == expected[0] and np.allclose(gains, expected[1], atol=1e-10)
    single, _ = batch_bald(draws.astype(np.float32), 4)
    assert single.tolist() == expected[0]


def test_lazy_evaluation_leaves_nothing_out():
    draws = committee(6, 900, 2, seed=1)
    rows, gains = batch_bald(draws, 3)
    batch = []
    for row, gain in zip(rows, gains, strict=True):
        before = joint_information(draws, batch)
        every = [joint_information(draws, [*batch, one]) - before for one in range(0, 900, 9)]
        assert gain >= max(every) - 1e-9
        batch.append(int(row))
    assert rows[0] == bald(draws).argmax()


def test_what_is_merged_bounds_what_is_exact():
    draws = committee(4, 40, 3, seed=5, sharpness=0.3)
    joint = _Joint.empty(4)
    for row in range(6):
        joint = joint.extended(draws[:, row], 10_000, np.random.default_rng(0))
    merged = joint.coarse()
    assert len(joint.chances) == 3**6 > 4 * len(merged.chances) and np.isclose(merged.chances.sum(), 1)
    exact, bound = joint.conditional_entropy(draws), merged.conditional_entropy(draws)
    assert (bound >= exact - 1e-12).all() and (bound - exact).max() < 0.1


def test_what_is_out_already_is_told_no_more():
    draws = committee(4, 9, 3, seed=2)
    rows, gains = batch_bald(draws[:, 2:], 3, given=draws[:, :2])
    expected = plain_batch(draws, 3, given=(0, 1))
    assert (rows + 2).tolist() == expected[0] and np.allclose(gains, expected[1], atol=1e-10)
    assert batch_bald(draws, 2, given=draws[:, :0])[0].tolist() == plain_batch(draws, 2)[0]


def test_twins_are_not_asked_together():
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    draws = np.stack([sure[[0, 0, 1, 1]], sure[[0, 0, 1, 1]], committee(4, 1, 2)[:, 0]], axis=1)
    assert set(batch_bald(draws, 2)[0].tolist()) != {0, 1}


def test_drawn_configurations_come_close():
    """Of 3^6 joint labels 200 are kept: what they say of the whole batch is right to some percent."""
    draws = committee(10, 30, 3, seed=4, sharpness=0.3)
    rows, gains = batch_bald(draws, 6, configurations=200, rng=np.random.default_rng(0))
    exact = joint_information(draws, rows.tolist())
    assert len(set(rows.tolist())) == 6 and abs(gains.sum() - exact) < 0.05 * exact
    assert exact > 0.95 * joint_information(draws, batch_bald(draws, 6)[0].tolist())
    again = batch_bald(draws, 6, configurations=200, rng=np.random.default_rng(0))
    assert (again[0] == rows).all() and (again[1] == gains).all()


def test_degenerate_committees():
    one_mind = np.tile(np.random.default_rng(0).dirichlet(np.ones(3), 1), (4, 6, 1))
    rows, gains = batch_bald(one_mind, 9, ties=[0, 1, 2, 5, 4, 3])
    assert sorted(rows.tolist()) == [0, 1, 2, 3, 4, 5] and np.allclose(gains, 0, atol=1e-12)
    assert batch_bald(np.ones((2, 3, 1)), 2, ties=[0, 9, 5])[0].tolist() == [1, 2]
    assert len(batch_bald(one_mind, 0)[0]) == 0 and len(batch_bald(one_mind[:, :0], 3)[0]) == 0
    certain = np.zeros((3, 4, 2))
    certain[:, :, 0] = 1.0
    assert np.allclose(batch_bald(certain, 4)[1], 0)


def test_wrong_batches_are_refused():
    with pytest.raises(InvalidInput, match="Row 1 of member 0"):
        batch_bald([[[0.5, 0.5], [0.5, 0.7]]], 1)
    with pytest.raises(InvalidInput, match="no distribution"):
        batch_bald(committee(2, 3, 2), 1, given=np.ones((2, 1, 2)))
    with pytest.raises(InvalidInput, match="2 configurations for 3 classes"):
        batch_bald(committee(2, 3, 3), 1, configurations=2)
    for wrong in ({"ties": [0.0]}, {"given": committee(3, 1, 2)}, {"given": committee(2, 1, 3)}):
        with pytest.raises(InvalidInput, match=r"of the same classes|Ties must be 3"):
            batch_bald(committee(2, 3, 2), 1, **wrong)


def plain_epig(said, targets):
    """The mean over the targets of H(y) + H(y*) - H(y, y*)."""
    members, m, classes = targets.shape
    own = plain_entropy(said.mean(axis=0))
    total = 0.0
    for j in range(m):
        pairs = itertools.product(range(classes), repeat=2)
        joint = [sum(said[k, a] * targets[k, j, b] for k in range(members)) / members for a, b in pairs]
        total += own + plain_entropy(targets[:, j].mean(axis=0)) - plain_entropy(joint)
    return total / m


@pytest.mark.parametrize("shape", [(3, 12, 2, 5), (5, 6, 4, 1), (1, 4, 3, 2), (2, 5, 1, 3)])
def test_epig_is_the_definition(shape):
    members, n, classes, m = shape
    draws, targets = committee(members, n, classes, 1), committee(members, m, classes, 2)
    draws[:, 0] = np.eye(classes)[0]
    expected = [plain_epig(draws[:, row], targets) for row in range(n)]
    scores = epig(draws, targets)
    assert np.allclose(scores, expected, atol=1e-12)
    single = epig(draws.astype(np.float32), targets.astype(np.float32))
    assert single.dtype == np.float32 and np.allclose(single, expected, atol=1e-5)
    assert epig(draws[:, :0], targets).shape == (0,)


def test_epig_in_blocks():
    draws, targets = committee(3, 5_000, 2, 1), committee(3, 40, 2, 2)
    scores = epig(draws, targets)
    assert np.allclose(scores[4990:], epig(draws[:, 4990:], targets))


@pytest.mark.parametrize("shape", [(2, 1, 1), (3, 1, 2), (2, 1, 3), (2, 0, 2)])
def test_wrong_targets_are_refused(shape):
    with pytest.raises(InvalidInput, match="The targets have the shape"):
        epig(committee(2, 4, 2), committee(*shape))
    with pytest.raises(InvalidInput, match="of member 1, of the targets"):
        epig(committee(2, 4, 2), [[[0.5, 0.5]], [[0.5, 0.6]]])
