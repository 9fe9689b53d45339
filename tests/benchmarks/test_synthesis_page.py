"""The benchmark of synthesis: its functions are the standard ones, and the page is of what was kept."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

NAMES = ("functions", "sets", "seen", "words", "page", "works")


@pytest.fixture(scope="module")
def parts(borrow: Any) -> dict[str, ModuleType]:
    return vars(borrow("synthesis", NAMES))


@pytest.mark.parametrize(
    ("name", "at", "least"),
    [
        ("branin", (0.5427728, 0.1516667), 0.397887),  # (pi, 2.275)
        ("six-hump camel", (0.52246, 0.1437), -1.0316),  # (0.0898, -0.7126)
        ("himmelblau", (0.8, 0.7), 0.0),  # (3, 2)
        ("hartmann-3", (0.114614, 0.555649, 0.852547), -3.86278),
        ("hartmann-6", (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573), -3.32237),
    ],
)
def test_the_functions_have_their_known_minima(
    parts: dict[str, ModuleType], name: str, at: tuple[float, ...], least: float
) -> None:
    function = parts["functions"].FUNCTIONS[name]
    assert function.at(np.array([at]))[0] == pytest.approx(least, abs=2e-3)
    drawn = np.random.default_rng(0).random((20_000, function.columns))
    assert function.at(drawn).min() >= least - 2e-3
    sides = parts["functions"].sides_of(function)
    assert 0.45 < np.mean(sides.test[1] == "above") < 0.55
    assert sides.answers(sides.x[:5]) == sides.y[:5].tolist()


def test_every_part_has_pool_arms_beside_the_made_ones(parts: dict[str, ModuleType]) -> None:
    for title, names in (("sides", ["branin"]), ("numbers", ["friedman"])):
        (experiment,) = parts["works"].PARTS[title].experiments(range(1), names)
        arms = list(experiment.strategies)
        assert any(name.startswith("pool") for name in arms) and "filling" in arms
        assert any(name.startswith("made") for name in arms) and len(experiment.plans()) == len(arms) + 1


def test_the_page_is_what_was_kept(
    parts: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = parts["page"]
    there = page.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", tmp_path / "synthesis.md")
    page.write()
    assert (tmp_path / "synthesis.md").read_text(encoding="utf-8") == there, "run benchmarks/synthesis --draw"
