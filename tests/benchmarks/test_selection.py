"""The selection benchmark: every work runs on a small pool, and the table says what was measured."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from querist import kernels

HERE = Path(__file__).parents[2] / "benchmarks" / "selection"
MODULES = ("cells", "first_call", "inputs", "limits", "machine", "ours", "ours_ahead", "report", "works")


@pytest.fixture(scope="module")
def bench(borrow: Any) -> SimpleNamespace:
    return borrow("selection", MODULES)


def test_every_work_runs(bench: SimpleNamespace) -> None:
    assert set(bench.ours.QUERIES) == set(bench.works.WORKS)
    for name, work in bench.works.WORKS.items():
        few = replace(work.shape, d=6, batch=5, labelled=min(12, work.shape.labelled))
        assert bench.ours.query(name, bench.inputs.Inputs(90, few))() is not None, name


def test_no_work_names_a_kernel_that_is_not_there(bench: SimpleNamespace) -> None:
    named = {name for work in bench.works.WORKS.values() for name in work.kernels}
    assert named <= set(kernels.__all__)
    assert set(bench.works.UNTIMED) <= set(kernels.__all__)


def test_a_cell_is_measured_in_a_process_of_its_own(bench: SimpleNamespace) -> None:
    work = bench.works.WORKS["margin"]
    record = bench.cells.run(sys.executable, work, 5_000, "querist", bench.cells.Bounds(runs=2))
    assert record["runs"] > 2 and 0 < record["seconds"] < 60 and record["added_mb"] >= 0


def test_failures_are_told_as_such(bench: SimpleNamespace) -> None:
    work = bench.works.WORKS["margin"]
    absent = bench.cells.run(sys.executable, work, 1_000, "modAL", bench.cells.Bounds())
    assert absent["failed"].startswith("not installed") or "seconds" in absent
    slow = replace(bench.works.WORKS["eer-bayes"], shape=replace(work.shape, d=5, batch=1))
    late = bench.cells.run(sys.executable, slow, 6_000, "querist", bench.cells.Bounds(seconds=0.01))
    assert late["failed"] == "over 0.01 s"
    large = bench.cells.run(sys.executable, work, 200_000_000, "querist", bench.cells.Bounds(memory=3 << 30))
    assert large["failed"] == "out of memory"  # the inputs already


def records(bench: SimpleNamespace) -> list[dict[str, Any]]:
    rates = bench.machine.Rates(20, 40, 100, 200, 80, 140, 40, 2.5, 2, "a machine")
    return [
        {"machine": asdict(rates)},
        {
            "work": "margin",
            "n": 1_000_000,
            "who": "querist",
            "seconds": 0.003,
            "added_mb": 4.2,
            "version": "1",
        },
        {"work": "margin", "n": 1_000_000, "who": "modAL", "seconds": 0.06, "added_mb": 80, "version": "2"},
        {"work": "margin", "n": 1_000_000, "who": "baal", "failed": "out of memory"},
    ]


def test_the_table_has_ratios_to_the_best_peer_and_to_the_limit(
    bench: SimpleNamespace, tmp_path: Path
) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Before\n\n{bench.report.BEGIN}\nold\n{bench.report.END}\n\nAfter\n", encoding="utf-8")
    bench.report.write(records(bench), tmp_path)
    text = page.read_text(encoding="utf-8")
    told = "| margin, C = 10 | 1M | modAL .060 (80); baal out of memory | .0030 (4) | .0010 | 20 | 3.0 |"
    assert told in text and text.startswith("# Before") and text.endswith("After\n") and "old" not in text
    picture = (tmp_path / "pictures" / "selection.svg").read_text(encoding="utf-8")
    assert "margin, C = 10, 1M" in picture and picture.count('class="peer"') == 2  # one in the legend


def test_it_lists_the_works() -> None:
    done = subprocess.run([sys.executable, str(HERE), "--list"], capture_output=True, text=True, check=True)
    assert "core-set" in done.stdout


def test_first_calls_are_told_by_work(bench: SimpleNamespace) -> None:
    assert set(bench.first_call.CALLED) <= set(bench.works.WORKS)
    told = bench.report.table_of_first_calls(
        [{"first": "entropy", "n": 450_000, "on": "some", "new": 1.5, "kept": 0.25, "later": 0.003}]
    )
    assert "| entropy, C = 10 | 450k | 1.5 | .25 | .0030 |" in told and "Measured on: some." in told


def test_a_first_call_is_measured_where_nothing_is_compiled(bench: SimpleNamespace) -> None:
    record = bench.first_call.measured("quire", 60)
    assert record["first"] == "quire" and 0 <= record["later"] <= record["new"] + 1
