"""The gate on a device: frozen weights and ONNX say what the learner says; nothing heavy is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInput, MissingExtra, NotFitted, SourceError
from querist.models import OnlineSoftmax
from querist.streams import StreamLearner
from querist.streams.edge import EdgeGate, onnx_model
from querist.streams.frozen import FrozenSoftmax

RNG = np.random.default_rng(0)
X = RNG.normal(size=(500, 4)) * 3 + 1
Y = np.where(X[:, 0] > 1, "high", np.where(X[:, 1] > 1, "mid", "low")).tolist()


def _learner(members: int = 3, hidden: int = 8, strategy: str = "default") -> StreamLearner:
    learner = StreamLearner(OnlineSoftmax(members=members, hidden=hidden), strategy, budget=0.3)
    for row, label in zip(X[:300], Y, strict=False):
        if (one := learner.see(row)).ask:
            learner.tell(one, label)
    return learner


@pytest.mark.parametrize(("members", "hidden"), [(1, 0), (3, 0), (3, 8)])
def test_a_frozen_model_says_what_the_learner_says(members: int, hidden: int, tmp_path: Path) -> None:
    learner = _learner(members, hidden)
    frozen = FrozenSoftmax.of(learner.model)
    wanted = learner.model.draws_many(X[300:])
    assert np.allclose([frozen(row) for row in X[300:]], wanted.transpose(1, 0, 2), atol=1e-4)
    pytest.importorskip("onnx")
    frozen.write_onnx(tmp_path / "model.onnx")
    draws = onnx_model(tmp_path / "model.onnx")
    assert np.allclose([draws(row) for row in X[300:]], wanted.transpose(1, 0, 2), atol=1e-4)
    gate = EdgeGate(draws, frozen.classes, budget=0.2)
    told = [gate.see(row) for row in X]
    assert sum(one.ask for one in told) <= 100
    right = [one.predicted == label for one, label in zip(told[300:], Y[300:], strict=True)]
    assert np.mean(right) > 0.7


def test_a_gate_goes_on_where_the_learner_stood(tmp_path: Path) -> None:
    learner = _learner()
    gate = EdgeGate.of(learner)
    assert (gate.seen, gate.asked) == (learner.seen, learner.asked)
    for row in X[300:350]:
        gate.see(row)
    gate.save(tmp_path / "gate.npz")
    again = EdgeGate.open(tmp_path / "gate.npz")
    assert [str(again.see(row)) for row in X[350:]] == [str(gate.see(row)) for row in X[350:]]
    assert again.asked <= 0.3 * again.seen


def test_a_gate_that_is_written_anew_is_the_old_one_until_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, gate = tmp_path / "gate.npz", EdgeGate.of(_learner())
    gate.save(path)
    gate.see(X[0])

    def without_power(file: Any, **arrays: Any) -> None:
        file.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", without_power)
    with pytest.raises(KeyboardInterrupt):
        gate.save(path)
    assert EdgeGate.open(path).seen == gate.seen - 1
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_heavy_is_loaded_on_a_device(tmp_path: Path) -> None:
    EdgeGate.of(_learner()).save(tmp_path / "gate.npz")
    code = """
import json, sys
for name in ("sklearn", "scipy", "numba", "river", "pandas", "pyarrow", "sqlalchemy", "onnxruntime", "torch"):
    sys.modules[name] = None  # a device that holds NumPy alone
from querist.streams.edge import EdgeGate
gate = EdgeGate.open("gate.npz")
asked = [gate.see([float(i % 7), 1.0, 0.5, 2.0]).ask for i in range(200)]
loaded = {name.split(".")[0] for name, module in sys.modules.items() if module is not None}
print(json.dumps([sum(asked), sorted(loaded)]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    asked, loaded = json.loads(done.stdout)
    assert 0 < asked <= 80
    assert {"sklearn", "scipy", "numba", "pandas", "torch"}.isdisjoint(loaded)


def test_what_a_device_cannot_do_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFitted, match="nothing to freeze"):
        EdgeGate.of(StreamLearner(OnlineSoftmax()))
    with pytest.raises(InvalidInput, match="labelled rows"):
        EdgeGate(lambda row: np.full((1, 2), 0.5), "ab", "pal")
    with pytest.raises(InvalidInput, match="keeps no window"):
        EdgeGate(lambda row: np.full((1, 2), 0.5), "ab", "dbal")
    gate = EdgeGate(lambda row: np.full((1, 2), 0.5), "ab", budget=0.5)
    gate.see([1.0, 2.0])
    for wrong in ([1.0], [[1.0, 2.0]], [1.0, np.nan]):
        with pytest.raises(InvalidInput, match="vector of 2 finite numbers"):
            gate.see(wrong)
    assert gate.seen == 1
    with pytest.raises(InvalidInput, match="as weights"):
        gate.save(tmp_path / "gate.npz")
    (tmp_path / "torn.npz").write_bytes(b"torn")
    with pytest.raises(SourceError, match="holds no gate"):
        EdgeGate.open(tmp_path / "torn.npz")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match="onnxruntime"):
        onnx_model(tmp_path / "model.onnx")
    with pytest.raises(MissingExtra, match="onnx"):
        FrozenSoftmax.of(_learner().model).write_onnx(tmp_path / "model.onnx")
