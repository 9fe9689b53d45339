"""The tables: the network learns and embeds its gradients, what is kept is read back, the page is of it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from querist.evaluation import Experiment

NAMES = ("kept", "network", "page", "sets", "words", "works")


@pytest.fixture(scope="module")
def tables(borrow: Any) -> dict[str, ModuleType]:
    return vars(borrow("tables", NAMES))


def test_the_network_learns_the_same_from_the_same_seed(tables: dict[str, ModuleType]) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    y = 3 + np.sin(x[:, 0]) * x[:, 1]
    plain = tables["network"].Network(width=32, epochs=150, sketch=16)
    one, again, other = (plain.fitted(x, y, seed=seed) for seed in (1, 1, 2))
    assert np.sqrt(np.mean((one.predict(x) - y) ** 2)) < 0.3 * y.std()
    assert (one.predict(x) == again.predict(x)).all() and (one.predict(x) != other.predict(x)).any()
    assert one.embed(x).shape == (300, 16) and not plain.weights


def test_its_slopes_are_those_of_small_steps(tables: dict[str, ModuleType]) -> None:
    network = tables["network"]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 3))
    flat, _, shapes = network._fresh(3, network.Network(width=6), rng)
    weights = network._parts(flat.astype(np.float64), shapes)
    inputs, back = network._slopes(x, weights)
    for layer in range(3):
        table, bias = weights[2 * layer], weights[2 * layer + 1]
        whole = np.einsum("ni,no->nio", inputs[layer], back[layer])
        for place in [(0, 0), (table.shape[0] - 1, table.shape[1] - 1), (table.shape[0], 0)]:
            array, at = (table, place) if place[0] < table.shape[0] else (bias, place[1])
            said = []
            for step in (1e-6, -1e-6):
                array[at] += step
                said.append(network._forward(x, weights)[-1])
                array[at] -= step
            np.testing.assert_allclose(whole[:, *place], (said[0] - said[1]) / 2e-6, atol=1e-5)


def test_sketches_keep_inner_products_of_gradients(tables: dict[str, ModuleType]) -> None:
    network = tables["network"]
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    model = network.Network(width=8, epochs=5, sketch=20_000).fitted(x, x[:, 0])
    inputs, back = network._slopes(x, model.weights)
    came = (1 + a[:, :-1] @ a[:, :-1].T / (a.shape[1] - 1) for a in inputs)  # a bias is not scaled down
    parts = (a * (b @ b.T) for a, b in zip(came, back, strict=True))
    exact, z = sum(parts), model.embed(x)
    np.testing.assert_allclose(z @ z.T, exact, atol=0.08 * np.abs(exact).max())


def test_its_training_follows_the_slope_of_the_error(tables: dict[str, ModuleType]) -> None:
    network = tables["network"]
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(7, 3)), rng.normal(size=7)
    flat, _, shapes = network._fresh(3, network.Network(width=5), rng)
    flat = 3 * flat.astype(np.float64)
    slope = np.empty_like(flat)
    network._gradient(x, y, network._parts(flat, shapes), network._parts(slope, shapes))
    for place in (0, 14, 17, 30, 44, 46, 50, len(flat) - 1):
        said = []
        for step in (1e-6, -1e-6):
            moved = flat.copy()
            moved[place] += step
            off = network._forward(x, network._parts(moved, shapes))[-1] - y
            said.append(np.mean(off**2))
        np.testing.assert_allclose(slope[place], (said[0] - said[1]) / 2e-6, atol=1e-5)


def test_it_is_least_sure_far_from_what_it_learnt(tables: dict[str, ModuleType]) -> None:
    x = np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32)
    model = tables["network"].Network(width=16, epochs=20, sketch=64).fitted(x, x[:, 0])
    mean, near = model.mean_std(x)
    assert (mean == model.predict(x)).all() and (near > 0).all()
    assert model.mean_std(6 * x)[1].min() > near.min() and model.mean_std(6 * x)[1].mean() > 3 * near.mean()


def test_what_is_kept_is_read_back_and_told(
    tables: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables["kept"], "DATA", tmp_path)
    curves = Experiment.of("iris", ["margin", "default"], "logistic", seeds=2, start=10, budget=300).run()
    path = tables["kept"].keep("digits", curves)
    back = tables["kept"].read("digits")
    assert path.stat().st_size < 5000 and back.strategies == curves.strategies
    for name in curves.strategies:
        np.testing.assert_allclose(back.values(name), curves.values(name), atol=1e-5)
    assert tables["kept"].read("texts") is None
    monkeypatch.setattr(tables["page"], "PICTURES", tmp_path)
    monkeypatch.setattr(tables["page"], "PAGE", tmp_path / "tables.md")
    told = "\n".join(tables["page"].texts(back))
    assert f"{curves.mean('margin')[-1]:.3f}" in told


def test_the_page_is_of_the_numbers_kept(
    tables: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tables["page"].PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(tables["page"], "PICTURES", tmp_path)
    monkeypatch.setattr(tables["page"], "PAGE", tmp_path / "tables.md")
    tables["page"].write()
    assert (tmp_path / "tables.md").read_text(encoding="utf-8") == page, "run benchmarks/tables --draw"


def test_every_table_has_its_words(tables: dict[str, ModuleType]) -> None:
    assert set(tables["works"].WORKS) == set(tables["words"].BEFORE) == set(tables["words"].AFTER)


def test_made_numbers_are_standardised(tables: dict[str, ModuleType]) -> None:
    data = tables["sets"].numbers("fried")
    assert len(data) == tables["sets"].FRIED and data.x.dtype == np.float32
    assert abs(data.y.mean()) < 1e-9 and abs(data.y.std() - 1) < 1e-9
