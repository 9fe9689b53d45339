"""The page about networks says what was kept, whatever part of it there is."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from querist.evaluation import Curves, Run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("deep", ROOT / "benchmarks" / "deep.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PAGE", tmp_path / "deep.md")
    monkeypatch.setattr(module, "PICTURES", tmp_path)
    return module


def runs(dataset: str, strategies: tuple[str, ...], models: tuple[str, ...], labels: range) -> list[Run]:
    """Two seeds of each, with as many questions a round as there are labels from one to the next."""
    told = []
    for place, (model, name) in enumerate((m, s) for m in models for s in strategies):
        for seed in (0, 1):
            values = np.linspace(0.5, 0.9 + place / 100, len(labels)) + seed / 200
            held = {"accuracy": values, "ece": 1 - values, "log_loss": 2 - values}
            held |= {"seconds": np.full(len(labels), 0.2), "fit_seconds": np.full(len(labels), 1.5)}
            told.append(Run(dataset, model, name, labels.step, seed, np.array(labels), held))
    return told


def test_the_page_is_of_what_was_kept(bench: ModuleType) -> None:
    one = ("MC dropout",)
    kept = runs("MNIST", ("random", "bald", "entropy"), one, range(20, 301, 10))
    bench.write(Curves(tuple(kept)))
    page = bench.PAGE.read_text(encoding="utf-8")
    assert "| BALD |" in page and "variation ratios |" not in page and "Batches" not in page
    assert "which not all have" not in page
    further = [replace(run, seed=2) for run in kept if run.seed == 0 and run.strategy != "entropy"]
    bench.write(Curves((*kept, *further)))
    page = bench.PAGE.read_text(encoding="utf-8")
    assert "Of 3 seeds, which not all have: BALD" in page and "round, 2 seeds" in page
    two = (*one, "ensemble (5)")
    kept += runs(bench.DRAWS, ("random", "bald"), two, range(20, 221, 20))
    kept += runs(bench.FASHION, ("random", "badge"), one, range(40, 481, 40))
    bench.write(Curves(tuple(kept)))
    page = bench.PAGE.read_text(encoding="utf-8")
    assert "| ensemble (5) |" in page and "| badge |" in page and "2 seeds" in page
    assert "few labels" not in page and "larger batches" not in page
    kept += runs(bench.FASHION, ("random", "uherding"), one, range(20, 221, 20))
    kept += runs(bench.FAR, ("random", "bald"), one, range(20, 1001, 49))
    bench.write(Curves(tuple(kept)))
    page = bench.PAGE.read_text(encoding="utf-8")
    far, few = page.index("In larger batches"), page.index("few labels")
    assert "@1000" in page[far:few] and "| uherding |" in page[few:] and "| badge |" not in page[few:]
    assert "BALD @100" in page and (bench.PICTURES / "deep-fashion.svg").is_file()


def test_every_part_has_an_experiment(bench: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    assert bench.head(None).module(7).eval()(torch.zeros(2, 9)).shape == (2, 7)
    assert [repr(model) for model in bench.models().values()] == [
        repr(model) for model in bench.models().values()
    ]
    monkeypatch.setattr(bench, "pictures", lambda name, title: title)
    monkeypatch.setattr(bench, "described", lambda title: title)
    for part in bench.PARTS:
        pool = bench.GAL_POOL if part in ("gal", "far") else bench.POOL
        assert bench.experiments(part, [0]).protocol.pool == pool
    assert bench.paper_s(10).eval()(torch.zeros(2, 784)).shape == (2, 10)
    some = bench.experiments("batches", [0], ["badge"])
    assert "badge" in str(some.strategies) and "epig" not in str(some.strategies)
