"""The curves on the pages of strategies: what is drawn is what was measured, and a new one is measured so."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from querist import acquisition, selection, strategies  # noqa: F401  (they enter the registry)
from querist.specs import parts


@pytest.fixture
def bench(borrow: Any) -> ModuleType:
    module: ModuleType = borrow("", ["strategy_curves"]).strategy_curves
    return module


def test_pictures_are_small_and_of_the_numbers_kept(bench: ModuleType) -> None:
    kept = bench.read()
    assert {path.stem for path in bench.FOLDER.glob("*.svg")} == set(kept)
    for name, cases in kept.items():
        text = (bench.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        assert text == bench.drawn(name, cases), f"run benchmarks/strategy_curves.py --draw: {name}"
        assert len(text) < 15_000


def test_every_curve_is_of_a_part_that_there_is(bench: ModuleType) -> None:
    there = {name for base, _ in bench._reference().KINDS.values() for name in parts(base)}
    assert set(bench.read()) <= there
    assert there >= bench.PARTS and there >= bench.COMMITTEE and there >= bench.NUMBERS | bench.BOTH


def test_a_strategy_is_measured_drawn_and_kept(
    bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "FOLDER": tmp_path,
        "RUNS": tmp_path / "runs.jsonl",
        "BUDGET": 30,
        "SEEDS": 2,
    }.items():
        monkeypatch.setattr(bench, name, value)
    monkeypatch.setattr(
        bench, "cases_of", lambda _: {"breast_cancer": "logistic", "diabetes": "bayesian_ridge"}
    )
    bench.run(["k_center"], 1, 9.0, again=False)
    cases = bench.read()["k_center"]
    assert cases["breast_cancer"]["labels"] == [10, 20, 30] and cases["breast_cancer"]["seeds"] == 2
    assert cases["diabetes"]["measure"] == "rmse"
    mean, half = np.array(cases["breast_cancer"]["random"])
    assert (mean > 0.5).all() and (half > 0).all()
    assert bench.drawn("k_center", cases).count("<polyline") == 4
    assert "on breast cancer" in bench.sentence(cases)


def test_what_cannot_be_measured_is_passed_over(
    bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    monkeypatch.setattr(bench, "RUNS", tmp_path / "runs.jsonl")
    monkeypatch.setattr(bench, "SEEDS", 1)
    bench.run(["igs_misspelt"], 1, 9.0, again=False)
    assert bench.read() == {} and "igs_misspelt on digits" in capsys.readouterr().out
