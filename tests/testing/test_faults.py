"""Faults of other libraries that no law sees, and the page that names what excludes each."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from querist import Campaign
from querist.data import Pool
from querist.kernels import bald, consensus_entropy, entropy, top
from querist.models import as_model
from querist.strategies import as_strategy
from querist.tasks import Classification
from querist.testing import (
    ACQUISITION_LAWS,
    BUDGET_LAWS,
    SELECTOR_LAWS,
    STRATEGY_LAWS,
    blobs,
    snapshot_of,
)

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults-excluded.md"


@given(st.integers(1, 6), st.integers(2, 5), st.integers(0, 99))
def test_all_uncertainty_is_noise_and_disagreement_together(members: int, classes: int, seed: int) -> None:
    """H(mean) is the mean H of the members (aleatoric) and what they disagree about (epistemic)."""
    draws = np.random.default_rng(seed).dirichlet(np.full(classes, 0.3), (members, 20))
    noise = np.mean([entropy(member) for member in draws], axis=0)
    assert np.allclose(consensus_entropy(draws), noise + bald(draws))
    assert (consensus_entropy(draws) >= noise - 1e-12).all()


def test_a_batch_of_the_best_is_one_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are asked: no further pass that orders or searches all n."""
    n, passes = 5_000, []

    def counted(name: str) -> Any:
        plain = getattr(np, name)

        def call(values: Any, *rest: Any, **named: Any) -> Any:
            if np.size(values[0] if name == "lexsort" else values) >= n:
                passes.append(name)
            return plain(values, *rest, **named)

        return call

    scores = np.random.default_rng(0).random(n)
    for name in ("partition", "argpartition", "sort", "argsort", "lexsort", "argmax", "max"):
        monkeypatch.setattr(np, name, counted(name))
    for batch in (1, 50, 500):
        passes.clear()
        assert len(top(scores, batch)) == batch
        assert len(passes) <= 1  # of what a bound leaves, where few are asked


@pytest.mark.parametrize("estimator", [LogisticRegression(), GaussianNB()])
@pytest.mark.parametrize(
    "name", ["expected_error_reduction", "value_of_information", "expected_output_change", "xpal"]
)
def test_what_a_label_would_change_is_computed_without_training(
    name: str, estimator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the model given nor a copy of it is fitted while a strategy looks ahead."""
    x, y = blobs(40)
    model = as_model(estimator).fitted(x[:9], y[:9])
    snapshot = snapshot_of(x, y, labelled=range(9), model=model)

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a strategy trained a model")

    for method in ("fit", "partial_fit"):
        if hasattr(type(estimator), method):
            monkeypatch.setattr(type(estimator), method, refuse)
    assert len(as_strategy(name).propose(snapshot, 3)) == 3


def test_labels_stay_with_their_items_when_others_go() -> None:
    """An item is named by its id: one label less moves no other, and a correction finds its item."""
    campaign = Campaign(Pool(np.arange(10.0)[:, None]), Classification(("no", "yes")))
    campaign.tell({0: "no", 3: "no", 4: "no", 7: "yes"})
    campaign.retract(0)
    campaign.retract(3)
    campaign.tell({3: "yes"})
    assert dict(campaign.labels) == {4: "no", 7: "yes", 3: "yes"}


def _rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0][:40])
def test_every_fault_is_excluded_by_what_exists(row: list[str]) -> None:
    fault, laws, tests = row
    known = {*STRATEGY_LAWS, *ACQUISITION_LAWS, *SELECTOR_LAWS, *BUDGET_LAWS}
    named = re.findall(r"\*([^*]+)\*", laws)
    assert set(named) <= known, f"{fault}: {set(named) - known} are no laws"
    found = re.findall(r"`(tests/[^`:]+)::(\w+)`", tests)
    for path, name in found:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in there, f"{fault}: {path} has no {name}"
    if not found:
        room = tests.removeprefix("not built yet: ")
        assert not (ROOT / "src" / "querist" / room).exists(), (
            f"{fault}: {room} is built, and no test is named"
        )
