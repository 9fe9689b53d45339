"""What streams compile gives the same compiled and run as plain Python, over everything that can happen."""

from __future__ import annotations

import gc
import importlib
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from querist.kernels import compiling

NAMES = ("stream_gates", "stream_scores", "stream_density", "online_softmax")


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Any, Any]]:
    """The modules compiled, and fresh copies of them that are not."""
    whole = [f"querist.kernels.{name}" for name in NAMES]
    kept: dict[str, ModuleType] = {name: importlib.import_module(name) for name in whole}
    compiled = SimpleNamespace(**{name: kept[f"querist.kernels.{name}"] for name in NAMES})
    was = compiling.compiled
    try:
        compiling.compiled = lambda function: function  # type: ignore[assignment]
        for name in whole:
            del sys.modules[name]
        fresh = {name: importlib.import_module(f"querist.kernels.{name}") for name in NAMES}
    finally:
        compiling.compiled = was
        sys.modules.update(kept)
        for name in NAMES:  # the package's attributes are the compiled ones again
            setattr(sys.modules["querist.kernels"], name, kept[f"querist.kernels.{name}"])
    yield compiled, SimpleNamespace(**fresh)


@pytest.mark.parametrize("ledger", ["exact", "bucket", "fading"])
@pytest.mark.parametrize(
    "kind", ["random", "fixed", "variable", "split", "quantile", "importance", "selective"]
)
def test_gates(both: Any, kind: str, ledger: str) -> None:
    own = {
        "variable": {"first": 0.01, "second": 0.5},
        "split": {"first": 0.01, "third": 0.3},
        "quantile": {"first": 20.0, "second": 0.1, "third": 2.0, "fourth": 0.4, "window": 15},
        "importance": {"first": 0.1, "second": 50.0, "third": 3.0},
        "selective": {"first": 0.05, "second": 10.0},
    }.get(kind, {})
    scores = np.round(np.random.default_rng(0).random(200), 1)
    told = []
    for house in both:
        gates = house.stream_gates
        options = gates.gate_options(0.2, 3, ledger, 30, **own)
        state = gates.gate_state(options, 0.8, seed=7)
        decisions = [
            gates.decide(gates.KINDS[kind], options, state, score, i < 5, i % 11 == 0)
            for i, score in enumerate(scores)
        ]
        for i in range(60):
            gates.hear(gates.KINDS[kind], options, state, (0.9, -0.1, 0.6)[i % 3])
        assert (state[gates.DOUBT] > 0) == (kind == "quantile")
        draws = np.array([[0.7, 0.3], [0.5, 0.5]])
        decisions.append(gates.weigh(1, draws, gates.KINDS[kind], options, state, False)[:3])
        ask, bars, chances = np.zeros(200, dtype=bool), np.zeros(200), np.zeros(200)
        gates.decide_many(gates.KINDS[kind], options, state, scores, False, ask, bars, chances)
        told.append((decisions, ask.tolist(), bars, chances, state))
    (first, *a), (second, *b) = told
    assert [one[0] for one in first] == [one[0] for one in second] and a[0] == b[0]
    assert np.allclose(np.array(first, float), np.array(second, float), equal_nan=True)
    assert all(np.allclose(x, y, equal_nan=True) for x, y in zip(a[1:], b[1:], strict=True))
    assert any(a[0])


def test_scores(both: Any) -> None:
    rng = np.random.default_rng(1)
    for classes, members in ((1, 1), (2, 1), (3, 4)):
        draws = rng.dirichlet(np.ones(classes), members)
        draws[0] = np.eye(classes)[0]
        weights = rng.gamma(1.0, 2.0, classes) + 0.01
        one, other = (
            [house.stream_scores.score_one(kind, draws.mean(axis=0), draws) for kind in range(9)]
            + [house.stream_scores.gain_ahead(weights.copy()), *house.stream_scores.judge(1, draws)]
            + [house.stream_scores.all_finite(weights), house.stream_scores.all_finite(weights * math.nan)]
            for house in both
        )
        assert np.allclose(one, other)
        assert np.isfinite(one).all()


@pytest.mark.parametrize("memory", [0.0, 5.0])
def test_density(both: Any, memory: float) -> None:
    x = np.random.default_rng(2).normal(size=(60, 3))
    told = []
    for house in both:
        state = house.stream_density.density_state(3, 8, memory)
        told.append(([house.stream_density.local_density(state, row) for row in x], state))
    assert told[0][0] == told[1][0]
    assert np.allclose(told[0][1], told[1][1])


@pytest.mark.parametrize(("members", "hidden"), [(1, 0), (3, 0), (2, 4)])
def test_softmax(both: Any, members: int, hidden: int) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)
    told = []
    for house in both:
        kernel, gates = house.online_softmax, house.stream_gates
        shape = kernel.softmax_shape(3, 3, members, hidden, 12, 2)
        vector = kernel.softmax_vector(shape, 0.1, 0.99, 1e-4, 100.0, 5)
        options = gates.gate_options(0.3, 5, "exact", 100, 20.0, window=10)
        state, seen = gates.gate_state(options), []
        for i, (row, label) in enumerate(zip(x[:40], y, strict=False)):
            score = (1, 8)[i % 2]
            one = kernel.see_row(shape, vector, row, score, 4, options, state, i < 5, i % 9 == 0)
            seen.append(one)
            if one[0] == 1:
                kernel.learn_row(shape, vector, row, int(label), 1.5)
            if i == 30:
                kernel.forget(shape, vector, 4)
        gap = x[0].copy()
        gap[1] = math.nan
        before = vector.copy()
        assert kernel.see_row(shape, vector, gap, 1, 4, options, state, False, False)[0] == -1
        assert np.array_equal(before, vector)
        ask, table, best = np.zeros(20, dtype=bool), np.zeros((4, 20)), np.zeros(20, dtype=np.int64)
        assert kernel.see_rows(shape, vector, x[40:], 1, 4, options, state, False, ask, table, best) == -1
        some = x[40:].copy()
        some[7, 2] = math.inf
        assert kernel.see_rows(shape, vector, some, 1, 4, options, state, False, ask, table, best) == 7
        proba, mean = np.zeros((members, 20, 3)), np.zeros(3)
        kernel.proba_rows(shape, vector, x[40:], proba)
        kernel.proba_row(shape, vector, x[0], mean)
        told.append([np.array(seen), vector, state, ask, table, best, proba, mean])
    for one, other in zip(*told, strict=True):
        assert np.allclose(one, other, equal_nan=True)
    assert np.allclose(told[0][6].sum(axis=2), 1)


def test_what_is_no_function_of_python_is_left_as_it_is() -> None:
    assert compiling.compiled(len) is len


def test_without_a_folder_to_keep_it_a_function_is_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import numba

    asked: list[dict[str, Any]] = []

    def njit(**options: Any) -> Any:
        asked.append(options)
        if options.get("cache"):
            raise RuntimeError("no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)

    def plain() -> int:
        return 1

    assert compiling.compiled(plain) is plain
    assert [one.get("cache") for one in asked] == [True, None]
    monkeypatch.setattr(compiling, "PLAIN", True)
    assert compiling.compiled(plain) is plain and len(asked) == 2


def test_machine_code_is_dropped_when_what_it_calls_has_changed(tmp_path: Path) -> None:
    kept, other = tmp_path / "loop.run-12.py311.nbi", tmp_path / "looping.run-12.py311.nbi"
    for path in (kept, other):
        path.write_text("")
        os.utime(path, ns=(100, 100))
    compiling.drop_stale(tmp_path, "loop", 50)
    assert kept.exists()
    compiling.drop_stale(tmp_path, "loop", 200)
    assert not kept.exists() and other.exists()


def test_a_change_of_a_function_reaches_those_that_call_it_from_another_file(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_text(
        "from step import step\nfrom querist.kernels.compiling import compiled\n\n"
        "@compiled\ndef loop(x):\n    return step(x) + 1\n"
    )
    told = []
    for factor in (2, 3):
        (tmp_path / "step.py").write_text(
            "from querist.kernels.compiling import compiled\n\n"
            f"@compiled\ndef step(x):\n    return {factor} * x\n"
        )
        path = os.pathsep.join([str(tmp_path), *sys.path])
        # -B: Python tells its own .pyc by the second, and both are written within one
        run = [sys.executable, "-B", "-c", "from loop import loop; print(loop(10))"]
        done = subprocess.run(run, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
        told.append(done.stdout.strip())
    assert told == ["21", "31"]


def test_cycles_are_looked_for_as_before_once_all_is_compiled() -> None:
    was = gc.get_threshold()
    inner = compiling._uncollected(lambda: gc.get_threshold())

    def failing() -> None:
        assert inner()[2] > was[2] and gc.get_threshold()[2] > was[2]
        raise ValueError

    with pytest.raises(ValueError):
        compiling._uncollected(failing)()
    assert gc.get_threshold() == was


def test_what_is_written_into_its_callers_is_left_as_it_is_without_a_compiler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def plain() -> int:
        return 1

    monkeypatch.setattr(compiling, "PLAIN", True)
    assert compiling.inlined(plain) is plain and compiling.inlined(len) is len


def test_two_processes_that_compile_at_once_are_not_given_each_others_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "doubling.py").write_text("def twice(x):\n    return x[0] + x[0]\n")
    monkeypatch.syspath_prepend(tmp_path)
    twice = importlib.import_module("doubling").twice
    one, other, later = (compiling.compiled(twice) for _ in range(3))
    files, unsaved, looked = [made._cache._cache_file for made in (one, other)], [], []
    index_of = files[0]._load_index

    def looked_up() -> Any:
        index = index_of()
        looked.append(index)
        if len(looked) == 2:  # it has compiled, and is about to keep the code; so is the other
            assert other(np.array([1.5])) == 3
        return index

    monkeypatch.setattr(files[0], "_load_index", looked_up)
    save = files[1]._save_data
    monkeypatch.setattr(files[1], "_save_data", lambda *told: unsaved.append(told))
    assert one(np.array([2])) == 4
    save(*unsaved.pop())
    assert later(np.array([2])) == 4
    assert len(looked) == 2
