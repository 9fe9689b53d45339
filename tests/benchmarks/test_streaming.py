"""The benchmark of streams: its page is what its data say, and its runs keep their budgets."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs" / "benchmarks" / "data"


@pytest.fixture
def bench(borrow: Any) -> Any:
    told = borrow("", ["streaming_page", "streaming_runs", "streaming_sets"])
    return told.streaming_page, told.streaming_runs


def test_the_page_is_what_its_data_say(bench: Any) -> None:
    page, _ = bench
    kept = json.loads((KEPT / "streams.json").read_text("utf-8"))
    table = (KEPT / "streams.csv").read_text("utf-8")
    assert page.page(kept, table) == (ROOT / "docs" / "benchmarks" / "streams.md").read_text("utf-8")


def test_a_run_keeps_its_budget_and_pairs_with_random(bench: Any) -> None:
    page, runs = bench
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 3))
    y = (x[:, 0] > 0).astype(int)
    found = []
    for seed in range(2):
        for arm in ("random", "selective sampling"):
            told = runs.run(x, y, arm, 0.1, seed)
            assert told["asked"] <= 90 and 0.5 < told["balanced"] <= 1
            found.append({"set": "sea", "seed": seed, "budget": 0.1, "arm": arm, **told})
    rows = list(csv.DictReader(io.StringIO(page.summary(found))))
    assert [(one["arm"], int(one["seeds"])) for one in rows] == [("random", 2), ("selective sampling", 2)]
    assert float(rows[0]["gain"]) == 0
    gains = [found[1]["balanced"] - found[0]["balanced"], found[3]["balanced"] - found[2]["balanced"]]
    assert float(rows[1]["gain"]) == pytest.approx(np.mean(gains), abs=1e-5)


def test_committees_gain_what_was_promised() -> None:
    """At a budget of 30 percent the committee's margin is 2.2 points above random with the same committee."""
    rows = list(csv.DictReader(io.StringIO((KEPT / "streams.csv").read_text("utf-8"))))
    gains = [
        float(one["gain"])
        for one in rows
        if one["arm"] == "committee: margin" and float(one["budget"]) == 0.3
    ]
    assert len(gains) == 7 and np.mean(gains) >= 0.022
    assert all(float(one["spent"]) <= float(one["budget"]) for one in rows)
