"""The benchmark of networks: what was measured becomes the page, and the same labels go to every model."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra 'torch' is not installed")

FILE = Path(__file__).parents[2] / "benchmarks" / "networks.py"


@pytest.fixture
def bench(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location("networks_bench", FILE)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    for name in ("FITS", "RUNS"):
        monkeypatch.setattr(module, name, tmp_path / f"{name}.jsonl")
    return module


def test_cells_are_means_and_say_where_seeds_are_few(bench):
    told = [
        {"data": "text_trec", "title": "words", "n": 50, "seed": seed, "accuracy": 0.5 + seed / 10,
         "log_loss": 1.0, "seconds": 2.0}
        for seed in range(3)
    ]  # fmt: skip
    told.append({**told[0], "n": 200, "accuracy": 0.75})
    bench.FITS.write_text("".join(json.dumps(one) + "\n" for one in told))
    line = next(line for line in bench.page().splitlines() if line.startswith("| words"))
    assert line == "| words | 0.600 (1.00) | 0.750 (1.00, 1 seed) | not run |  |"


def test_every_model_of_a_seed_learns_of_the_same_labels(bench, monkeypatch):
    rng = np.random.default_rng(0)
    y = np.array(["no", "yes"] * 20)
    given = bench.Rows(
        rng.normal(size=(40, 3)) + (y == "yes")[:, None] * 4, y, np.eye(3) * 9, np.array(["yes"] * 3)
    )
    monkeypatch.setattr(bench, "rows", lambda data, encoder: given)
    seen = []

    class Model:
        def fitted(self, x, y, *, seed):
            seen.append(x)
            return self

        def proba(self, x):
            return np.tile([0.25, 0.75], (len(x), 1))

    arm = bench.Arm("made", "made", "made", Model)
    told = bench.fitted(arm, 10, 3)
    bench.fitted(arm, 10, 3)
    assert told["accuracy"] == 1 and told["log_loss"] == pytest.approx(-np.log(0.75))
    assert np.array_equal(*seen) and len(seen[0]) == 10
