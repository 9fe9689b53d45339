"""Large tables, which go through compiled kernels, get the answers of small ones."""

from __future__ import annotations

import time

import numba
import numpy as np
import pytest

from querist.errors import InvalidInput
from querist.kernels import (
    bald,
    compiling,
    confidence_ratio,
    consensus_entropy,
    entropy,
    large,
    least_confidence,
    margin,
    variation_ratio,
    vote_entropy,
)
from querist.kernels.compiled_fold import folded
from querist.kernels.compiled_turn import turn

OF_PROBABILITIES = [least_confidence, margin, confidence_ratio, entropy]
OF_DRAWS = [vote_entropy, variation_ratio, consensus_entropy, bald]


@pytest.fixture
def compiled(monkeypatch):
    """Everything is large, and a thread takes 100 rows."""

    def switch():
        monkeypatch.setattr(large, "_LARGE", 0)
        monkeypatch.setattr(large, "_ROWS", 100)

    return switch


def committee(members, n, classes):
    draws = np.random.default_rng(classes).dirichlet(np.full(classes, 0.4), (members, n))
    draws[:, ::9] = np.eye(classes)[0]
    draws[0, ::7] = 1 / classes
    return draws


BOTH_KINDS = [(kernel, np.float32) for kernel in OF_PROBABILITIES + OF_DRAWS]
BOTH_KINDS += [(entropy, np.float64), (bald, np.float64)]  # the others share their code


@pytest.mark.parametrize(("kernel", "kind"), BOTH_KINDS)
def test_large_is_as_small(kernel, kind, compiled):
    tables = [committee(4, n, classes).astype(kind) for n, classes in [(250, 3), (1, 2), (301, 1), (40, 300)]]
    if kernel in OF_PROBABILITIES:
        tables = [table[1] for table in tables]
    plain = [kernel(table) for table in tables]
    compiled()
    for table, expected in zip(tables, plain, strict=True):
        scores = kernel(table)
        assert scores.dtype == kind
        assert np.allclose(scores, expected, rtol=1e-5, atol=2e-5 if kind == np.float32 else 1e-13)
        assert np.allclose(kernel(np.asfortranarray(table)), scores, atol=2e-5)


def test_what_is_given_may_be_read_only(compiled):
    proba = committee(1, 250, 3)[0].astype(np.float32)
    expected = margin(proba)
    proba.setflags(write=False)
    compiled()
    assert np.allclose(margin(proba[5:]), expected[5:])


def test_it_does_without_a_folder_for_its_code(monkeypatch):
    def njit(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function")
        return lambda function: (function, options["nogil"])

    monkeypatch.setattr(numba, "njit", njit)
    assert compiling.compiled(committee) == (committee, True)


@pytest.mark.parametrize("wrong", [np.nan, 0.9, -0.5, np.inf])
def test_what_is_wrong_is_found_where_it_is(wrong, compiled):
    compiled()
    draws = committee(3, 250, 3).astype(np.float32)
    draws[2, 217, 1] = wrong
    for kernel in OF_PROBABILITIES:
        with pytest.raises(InvalidInput, match="Row 217 is no distribution"):
            kernel(draws[2])
    for kernel in OF_DRAWS:
        with pytest.raises(InvalidInput, match="Row 217 of member 2 is no distribution"):
            kernel(draws)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_rows_become_columns_wherever_they_lie_in_the_table(kind):
    for columns in [1, 2, 3, 7, 8, 9, 15, 16, 17, 33]:
        table = np.arange(70 * columns, dtype=kind).reshape(70, columns)
        for start, count in [(0, 70), (1, 69), (3, 32), (54, 16), (69, 1), (20, 7)]:
            turned = np.full((columns + columns % 2, count), -1, dtype=kind)
            turn(table, start, turned)
            assert np.array_equal(turned[:columns], table[start : start + count].T)
            assert (turned[columns:] == -1).all()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_rows_are_folded_wherever_they_lie_in_the_table(kind):
    for columns in [1, 2, 3, 4, 5, 8, 10, 15, 16, 17, 33]:
        table = np.random.default_rng(columns).integers(-1, 50, (70, columns)).astype(kind)
        first = np.sort(np.maximum(table, 0), axis=1)[:, ::-1]
        second = first[:, 1] if columns > 1 else np.zeros(70)
        whole = np.stack([table.sum(axis=1), np.minimum(table.min(axis=1), 0), first[:, 0], second])
        for start, count in [(0, 70), (1, 69), (3, 32), (54, 16), (69, 1), (20, 7)]:
            told = np.full((4, count), -1, dtype=kind)
            folded(table, start, told)
            assert np.array_equal(told, whole[:, start : start + count])


def test_what_is_below_none_is_found_though_the_sum_is_right(compiled):
    compiled()
    proba = committee(1, 250, 3)[0].astype(np.float32)
    proba[217] = [-0.25, 1, 0.25]
    for kernel in OF_PROBABILITIES:
        with pytest.raises(InvalidInput, match="Row 217 is no distribution"):
            kernel(proba)


@pytest.mark.parametrize("threads", [1, 3])
def test_parts_come_back_in_order_and_the_first_error_is_raised(threads):
    assert large.in_turns(lambda part: -part, range(50), threads) == [-part for part in range(50)]
    assert large.in_turns(lambda part: -part, [], threads) == []
    begun = []

    def work(part):
        begun.append(part)
        time.sleep(0 if part in (0, 1, 3, 4) else 0.01)  # time for an error to be heard of
        if part in (2, 3, 4):
            raise ValueError(f"part {part}")

    with pytest.raises(ValueError, match="part 2"):
        large.in_turns(work, range(1000), threads)
    assert len(begun) < 20


def test_nothing_is_large(compiled):
    compiled()
    assert margin(np.empty((0, 3))).shape == (0,) and bald(np.empty((2, 0, 3))).shape == (0,)


def test_the_source_of_the_compiled_code_is_right_as_it_stands(monkeypatch, run_by_python):
    source = run_by_python("compiled_tile", "compiled_turn", "compiled_fold", "compiled")

    def run(name, table, *outputs):
        kernel, more = source.KERNELS[name]
        return kernel(table, 0, 35, *source.room(table, 35), *outputs, *more)

    monkeypatch.setattr(source, "_LEAST", 16)
    monkeypatch.setattr(source, "_TILE", 40)
    monkeypatch.setattr(source, "_WIDE", 40)
    draws = committee(3, 35, 3)
    out, inner = np.empty(35), np.empty(35)
    for kernel in OF_PROBABILITIES:
        assert run(kernel.__name__, draws[1], out) == -1
        assert np.allclose(out, kernel(draws[1]))
    for kernel in (vote_entropy, variation_ratio):
        assert run(kernel.__name__, draws, out) == -1
        assert np.allclose(out, kernel(draws))
    assert run("disagreement", draws, out, inner) == -1
    assert np.allclose(out, consensus_entropy(draws)) and np.allclose(out - inner, bald(draws))
    draws[1, 20] *= 2
    for kernel in OF_PROBABILITIES:
        assert run(kernel.__name__, draws[1], out) == 16
    assert run("vote_entropy", draws, out) == run("disagreement", draws, out, inner) == 16
