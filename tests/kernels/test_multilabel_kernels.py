"""Worth from single classes and from sets of them equals the definitions, number by number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist import kernels
from querist.errors import InvalidInput

RNG = np.random.default_rng(0)
F = RNG.standard_normal((60, 5)) * 2
F[1], F[2] = np.abs(F[1]), -np.abs(F[2])  # all classes, and none
F[3, 1:3] = [np.inf, -np.inf]
F[4] = [np.inf, -np.inf, -np.inf, np.inf, -np.inf]  # all is certain
F[5, :4] = [np.inf, -np.inf, -np.inf, np.inf]
F[6] = 0.0
P = RNG.beta(0.4, 0.4, (60, 5))
P[3], P[4], P[5] = 0.0, 1.0, 0.5
SETS = RNG.random((17, 5)) < 0.4
INF = math.inf


def open_classes(row):
    return [k for k, f in enumerate(row) if abs(f) < INF]


def plain_hinge(row, only):
    return sum(max(0.0, 1 - (row[k] if k == only else -row[k])) for k in open_classes(row))


def plain_binary_minimum(row):
    return -min(abs(f) for f in row)


def plain_max_loss(row):
    return plain_hinge(row, max(open_classes(row), key=lambda k: row[k], default=None))


def plain_mean_max_loss(row):
    said = [k for k in open_classes(row) if row[k] > 0]
    return sum(plain_hinge(row, k) for k in said) / len(said) if said else plain_max_loss(row)


def plain_adaptive(row, mean=1.7, beta=0.3):
    above = min((row[k] for k in open_classes(row) if row[k] > 0), default=INF)
    below = min((-row[k] for k in open_classes(row) if row[k] <= 0), default=INF)
    if above == below == INF:
        return 0.0
    margin = above + below if INF not in (above, below) else 2 * min(above, below)
    return (1 / max(margin, 1e-6)) ** beta * abs(sum(f > 0 for f in row) - mean) ** (1 - beta)


TWINS = {
    "binary_minimum": (kernels.binary_minimum, plain_binary_minimum),
    "max_loss": (kernels.max_loss, plain_max_loss),
    "mean_max_loss": (kernels.mean_max_loss, plain_mean_max_loss),
    "adaptive": (lambda f: kernels.adaptive(f, 1.7, 0.3), plain_adaptive),
    "cardinality": (
        lambda f: kernels.cardinality_inconsistency(f, 1.7),
        lambda row: abs(sum(f > 0 for f in row) - 1.7),
    ),
}
OF_CHANCES = {
    "min_confidence": (kernels.min_confidence, lambda row: 1 - min(abs(2 * p - 1) for p in row)),
    "average_confidence": (
        kernels.average_confidence,
        lambda row: 1 - sum(abs(2 * p - 1) for p in row) / len(row),
    ),
    "max_score": (kernels.max_score, max),
    "average_score": (kernels.average_score, lambda row: sum(row) / len(row)),
}


@pytest.mark.parametrize("name", TWINS)
def test_of_decisions(name):
    kernel, plain = TWINS[name]
    told = [plain(row) for row in F.tolist()]
    before = F.copy()
    assert np.allclose(kernel(F), told) and (before == F).all()
    single = kernel(F.astype(np.float32))
    assert single.dtype == np.float32 and np.allclose(single, told, rtol=1e-4, atol=1e-4)
    assert np.allclose(kernel(np.asfortranarray(F)), told)
    assert kernel(np.empty((0, 3))).shape == (0,) and kernel(np.empty((4, 0))).shape == (4,)


@pytest.mark.parametrize("name", OF_CHANCES)
def test_of_chances(name):
    kernel, plain = OF_CHANCES[name]
    told = [plain(row) for row in P.tolist()]
    assert np.allclose(kernel(P), told)
    single = kernel(P.astype(np.float32))
    assert single.dtype == np.float32 and np.allclose(single, told, atol=1e-5)
    assert kernel(np.empty((0, 3))).shape == (0,) and (kernel(np.empty((4, 0))) == 0).all()
    assert kernel([[True, False]]).shape == (1,)


def test_the_margin_or_the_size_alone():
    assert np.allclose(kernels.adaptive(F, 1.7, 0.0)[7:], kernels.cardinality_inconsistency(F, 1.7)[7:])
    alone = kernels.adaptive(F, 1.7, 1.0)
    assert np.allclose(kernels.adaptive(F), alone) and np.isfinite(alone).all()


def plain_profile(row):
    ordered = sorted(row, reverse=True)
    return [p / max(sum(ordered), 1e-12) for p in ordered]


def test_the_loss_that_a_label_takes_away():
    known, counts = RNG.beta(1, 1, (80, 5)), RNG.integers(0, 4, 80)
    known += 0.3 * counts[:, None]
    known = np.clip(known, 0, 1)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=5000)
    theirs.fit([plain_profile(row) for row in known], counts)
    want = []
    for row in P.tolist():
        m = int(theirs.predict([plain_profile(row)])[0])
        said = sorted(range(5), key=lambda k: -row[k])[:m]
        want.append(sum((1 - (1 if k in said else -1) * (2 * row[k] - 1)) / 2 for k in range(5)))
    assert np.allclose(kernels.max_loss_reduction(P, known, counts), want)
    assert len({round(one) for one in want}) > 1


def test_the_number_of_classes_with_few_labels():
    two = kernels.max_loss_reduction(P, P[:1], [2])  # one label: every row has two classes
    leaders = np.sort(P, axis=1)[:, ::-1]
    assert np.allclose(two, (1 - leaders[:, :2]).sum(axis=1) + leaders[:, 2:].sum(axis=1))
    none = kernels.max_loss_reduction(P, np.empty((0, 5)), [])
    assert np.allclose(none[3:5], 0) and np.isfinite(none).all()
    assert kernels.max_loss_reduction(np.empty((3, 0)), np.empty((2, 0)), [0, 1]).tolist() == [0, 0, 0]


def entropy(shares):
    return -sum(share * math.log(share) for share in shares if share > 0)


def plain_distance(one, other):
    if all(a != b for a, b in zip(one, other, strict=True)):
        return 1.0
    size = len(one)
    pairs = [(a, b) for a, b in zip(one, other, strict=True)]
    joint = entropy([pairs.count(pair) / size for pair in set(pairs)])
    own = [entropy([list(row).count(value) / size for value in (True, False)]) for row in (one, other)]
    return (2 * joint - own[0] - own[1]) / joint if joint > 1e-12 else 0.0


def plain_cvirs(p, sets):
    n, classes = p.shape
    margins = np.round(np.abs(2 * p - 1), 6)
    scores = []
    for i in range(n):
        places = [
            (margins[:, k] < margins[i, k]).sum() + ((margins[:, k] == margins[i, k]).sum() + 1) / 2
            for k in range(classes)
        ]
        s = sum(n - place for place in places) / (classes * (n - 1)) if n > 1 else 1.0
        v = np.mean([plain_distance(tuple(p[i] > 0.5), tuple(one)) for one in sets]) if len(sets) else 1.0
        scores.append(s * v)
    return scores


def test_ranks_times_the_distance_of_the_sets():
    p = np.round(P, 2)  # so that margins tie
    assert np.allclose(kernels.cvirs(p, SETS), plain_cvirs(p, SETS))
    assert np.allclose(kernels.cvirs(p, np.zeros((0, 5))), plain_cvirs(p, []))
    assert np.allclose(kernels.cvirs(p, []), plain_cvirs(p, []))
    assert np.allclose(kernels.cvirs(p[:1], SETS), plain_cvirs(p[:1], SETS))
    edges = np.array([[0] * 5, [1] * 5, [0, 1, 0, 1, 0]], dtype=bool)
    assert np.allclose(kernels.cvirs(p, edges), plain_cvirs(p, edges))
    assert kernels.cvirs(np.empty((0, 5)), SETS).shape == (0,)
    assert kernels.cvirs(np.empty((3, 0)), np.empty((2, 0))).tolist() == [0, 0, 0]


def plain_audi(f, mean, known):
    pairs = []
    for i, row in enumerate(f.tolist()):
        unknown = [k for k in range(len(row)) if not known[i, k]]
        if unknown:
            k = min(unknown, key=lambda k: abs(row[k]))
            size = abs(sum(one > 0 for one in row) - mean) if mean is not None else 0.0
            worth = size / max(0.5, known[i].sum())
            pairs.append((i, k, worth, min(abs(row[k]), 1e300)))
    return sorted(pairs, key=lambda pair: (-round(pair[2], 9), round(pair[3], 6), pair[0]))


@pytest.mark.parametrize("mean", [1.4, None])
@pytest.mark.parametrize("share", [0.0, 0.6, 1.0])
def test_pairs_of_an_item_and_a_class(mean, share):
    known = np.random.default_rng(1).random(F.shape) < share
    want = plain_audi(F, mean, known)
    rows, classes, worth = kernels.audi(F, mean, 1000, known=known)
    assert list(zip(rows.tolist(), classes.tolist(), strict=True)) == [pair[:2] for pair in want]
    assert np.allclose(worth, [pair[2] for pair in want])
    assert not known[rows, classes].any() and len(set(rows.tolist())) == len(rows)
    assert kernels.audi(F, mean, 3, known=known)[0].tolist() == rows[:3].tolist()


def test_equal_pairs_go_by_the_ties():
    f = np.full((4, 2), 0.5)
    assert kernels.audi(f, 1.0, 2)[0].tolist() == [0, 1]
    assert kernels.audi(f, 1.0, 2, ties=[0, 3, 1, 2])[0].tolist() == [1, 3]
    assert all(len(part) == 0 for part in kernels.audi(np.empty((3, 0)), 1.0, 2))


@pytest.mark.parametrize("kernel", [kernels.binary_minimum, kernels.max_loss, kernels.adaptive])
@pytest.mark.parametrize("wrong", [np.ones(3), [["a", "b"]], [[0.1, np.nan]], np.ones((2, 2, 2))])
def test_what_is_no_decision_is_refused(kernel, wrong):
    with pytest.raises(InvalidInput, match="Decisions must be"):
        kernel(wrong)


@pytest.mark.parametrize(
    "kernel", [kernels.min_confidence, kernels.max_score, lambda p: kernels.cvirs(p, [])]
)
@pytest.mark.parametrize("wrong", [np.ones(3), [["a"]], [[0.5, 1.5]], [[-2.0]], [[np.nan]]])
def test_what_is_no_chance_is_refused(kernel, wrong):
    with pytest.raises(InvalidInput, match="Marginals"):
        kernel(wrong)


def test_other_bad_input():
    for wrong in (-1.0, np.inf, np.nan):
        with pytest.raises(InvalidInput, match="mean number of classes"):
            kernels.cardinality_inconsistency(F, wrong)
    with pytest.raises(InvalidInput, match="beta must be from 0 to 1"):
        kernels.adaptive(F, 1.0, 1.5)
    with pytest.raises(InvalidInput, match="Counts must be"):
        kernels.max_loss_reduction(P, P[:3], [1, 2])
    with pytest.raises(InvalidInput, match="Known sets"):
        kernels.cvirs(P, np.ones((3, 4)))
    with pytest.raises(InvalidInput, match="What is known"):
        kernels.audi(F, 1.0, 2, known=np.ones((3, 3)))
