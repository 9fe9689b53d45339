"""Tests over many data sets against SciPy and worked examples; reports that stand alone."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from querist.errors import InvalidInput, MissingExtra
from querist.evaluation import Comparison, Curves, Dataset, Experiment, Run, write_report
from querist.evaluation.statistics import (
    bootstrap,
    critical_difference,
    holm,
    paired_p,
    ranks,
    signed_rank_p,
)

needs_plots = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("matplotlib", "jinja2")),
    reason="matplotlib and Jinja2 (the extra 'plots') are not installed",
)
LABELS = np.arange(10, 60, 10)


def run(dataset: str, strategy: str, seed: int, gain: float = 0.0, metric: str = "accuracy") -> Run:
    rng = np.random.default_rng((seed, len(dataset)))
    values = 0.5 + 0.4 * (1 - np.exp(-LABELS / 25)) + rng.normal(0, 0.01) + gain
    seconds = {"cost": LABELS.astype(float), "seconds": np.full(len(LABELS), 0.002)}
    return Run(dataset, "", strategy, 10, seed, LABELS, {metric: values, **seconds})


def curves(datasets: int = 6, seeds: int = 5) -> Curves:
    gains = {"random": 0.0, "good": 0.05, "same": 0.0, "bad": -0.05}
    rng = np.random.default_rng(1)
    return Curves(
        tuple(
            run("d" * (i + 1), name, seed, gain + (rng.normal(0, 0.004) if name != "random" else 0))
            for i in range(datasets)
            for name, gain in gains.items()
            for seed in range(seeds)
        )
    )


# ---------------------------------------------------------------- statistics


def test_holm_against_a_worked_example() -> None:
    # Holm (1979) for p = 0.01, 0.02, 0.03, 0.04: 4 x 0.01, 3 x 0.02, 2 x 0.03, then never below
    assert holm(np.array([0.04, 0.01, 0.03, 0.02])).tolist() == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("k", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)]
)  # Table 5 a of Demsar (2006)
def test_critical_differences_are_those_of_the_table(k: int, q: float) -> None:
    assert critical_difference(k, 14) == pytest.approx(q * np.sqrt(k * (k + 1) / (6 * 14)), rel=2e-3)


# AUC of C4.5 and its variants with tuned m, cf, and both, on 14 data sets: Table 6 of Demsar (2006)
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_ranks_against_demsar_s_example() -> None:
    """The paper gives 3.143, 2.000, 2.893, 1.964, and a Friedman statistic of 9.28 without ties corrected."""
    told = ranks(DEMSAR)
    assert told.means == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=6e-4)
    assert told.p == pytest.approx(stats.friedmanchisquare(*DEMSAR.T).pvalue)
    assert told.p < 0.05 and told.blocks == 14
    assert told.difference == pytest.approx(1.25, abs=5e-3)


def test_groups_that_cannot_be_told_apart() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.001, size=(20, 4))
    told = ranks(np.array([0.9, 0.9, 0.5, 0.5]) + noise)
    assert {frozenset(group) for group in told.alike} == {frozenset({0, 1}), frozenset({2, 3})}
    assert ranks(np.arange(4.0)[None] + noise[:, ::-1] / 9).alike == ()
    with pytest.raises(InvalidInput):
        ranks(np.ones((3, 1)))


def test_paired_tests_are_scipy_s() -> None:
    differences = np.random.default_rng(3).normal(0.3, 1, 12)
    assert paired_p(differences) == pytest.approx(stats.ttest_1samp(differences, 0).pvalue)
    assert signed_rank_p(differences) == pytest.approx(stats.wilcoxon(differences).pvalue)
    assert paired_p(np.zeros(5)) == signed_rank_p(np.zeros(5)) == paired_p(np.array([0.4])) == 1.0
    assert paired_p(np.full(5, 0.1)) == 0.0


def test_the_bootstrap_has_the_width_of_the_mean_s_error() -> None:
    values = np.random.default_rng(5).normal(0, 1, 60)
    low, high = bootstrap(lambda rows: float(values[rows].mean()), 60, draws=4000)
    error = values.std() / np.sqrt(60)
    assert (high - low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.08)
    assert bootstrap(lambda rows: float("-inf"), 5) == (-np.inf, -np.inf)
    assert np.isnan(bootstrap(lambda rows: float("nan"), 5)[0])


# ---------------------------------------------------------------- comparisons


def test_wins_and_losses() -> None:
    told = Comparison(curves())
    assert told.tally("good") == (6, 0, 0) and told.tally("bad") == (0, 0, 6)
    assert next(row["strategy"] for row in told.overview()) == "good"
    assert not told.over_seeds and told.ranks.blocks == 6
    assert told.cell("d", "good").deficiency < 1 < told.cell("d", "bad").deficiency
    assert "| good | 1.00 | 6 / 0 / 0 |" in told.table()


def test_of_few_data_sets_the_seeds_are_ranked() -> None:
    told = Comparison(curves(datasets=2))
    assert told.over_seeds and told.ranks.blocks == 10


def test_savings_have_intervals_over_paired_seeds() -> None:
    told = Comparison(curves(datasets=1, seeds=12))
    saved = {one.strategy: one for one in told.savings}
    assert set(saved) == {"good", "same", "bad"}
    assert 0.2 < saved["good"].low <= saved["good"].share <= saved["good"].high < 0.8
    assert saved["bad"].share == -np.inf


def test_less_error_wins() -> None:
    runs = [run("d", name, seed, gain + seed % 2 * gain / 9, "rmse")
            for name, gain in (("random", 0.0), ("good", -0.05)) for seed in range(6)]  # fmt: skip
    told = Comparison(Curves(tuple(runs)))
    assert told.tally("good") == (1, 0, 0) and told.cell("d", "good").gain > 0
    assert told.ranks.means == (2.0, 1.0)


# ---------------------------------------------------------------- pages


@needs_plots
def test_a_page_needs_nothing_from_outside(tmp_path: Path) -> None:
    page = write_report(curves(), tmp_path / "page.html").read_text(encoding="utf-8")
    found = set(re.findall(r"https?://[^\s\"'<)]+", page))
    assert {one for one in found if not one.startswith("http://www.w3.org/")} == set()
    assert not re.search(r"<(script|link|iframe|img)\b|@import|url\((?!#)", page)
    for name in ("good", "same", "bad", "random"):
        assert name in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page)) and all(
        one in ids for pair in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', page) for one in pair if one
    )
    assert page == write_report(curves(), tmp_path / "again.html").read_text(encoding="utf-8")


@needs_plots
def test_names_are_text_and_no_markup(tmp_path: Path) -> None:
    runs = [run("d", name, seed) for name in ("random", "<script>alert(1)</script>") for seed in (0, 1)]
    page = write_report(Curves(tuple(runs)), tmp_path / "page.html", title="<b>").read_text(encoding="utf-8")
    assert "<script>" not in page and "<b>" not in page


@needs_plots
def test_costs_have_a_curve_of_their_own(tmp_path: Path) -> None:
    from sklearn.datasets import load_iris

    x, y = load_iris(return_X_y=True)
    data = Dataset("priced", x, y, costs=1 + y, unit="seconds")
    told = Experiment.of(data, ["margin"], "naive_bayes", seeds=2, budget=30).run(workers=1)
    page = write_report(told, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "what the labels cost together" in page and ">seconds<" in page
    team = {"expert": {"cost": 3}, "crowd": {}}
    told = Experiment.of("iris", ["margin"], "naive_bayes", seeds=2, budget=30, annotators=team)
    page = write_report(told.run(workers=1), tmp_path / "page.html").read_text(encoding="utf-8")
    assert "what the labels cost together" in page and ">cost<" in page


@needs_plots
def test_bands_end_where_shares_do() -> None:
    from querist.evaluation.picture import curves_figure, drawing

    curves = Experiment.of("wine", ["margin"], "logistic", seeds=2, budget=30, batches=5).run(workers=1)
    with drawing():
        levels, gains = curves_figure(curves, ["wine"], [""], "accuracy", across=True).axes[:2]
    assert 0.99 < levels.get_ylim()[1] < 1.06
    assert all(float(at).is_integer() for axis in (levels, gains) for at in axis.get_xticks())


@needs_plots
@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_every_picture_is_a_file(tmp_path: Path, suffix: str) -> None:
    from querist.evaluation.plots import write_pictures

    written = write_pictures(Comparison(curves()), str(tmp_path / "out"), suffix)
    assert len(written) == 6 + 3 and all(Path(one).stat().st_size > 500 for one in written)
    few = write_pictures(Comparison(curves(datasets=2)), str(tmp_path / "few"), suffix)
    kinds = ("curves", "ranks", "saving", "heat")
    assert [Path(one).name for one in few] == [f"few-{one}{suffix}" for one in kinds]


@needs_plots
def test_the_gains_stand_beside_the_page_as_a_picture(tmp_path: Path) -> None:
    write_report(curves(datasets=2), tmp_path / "page.html")
    picture = (tmp_path / "page-heat.svg").read_text(encoding="utf-8")
    assert all(f">{name}<" in picture for name in ("good", "same", "bad"))
    assert (tmp_path / "page-heat.png").read_bytes().startswith(b"\x89PNG")
    write_report(curves(datasets=1), tmp_path / "one.html")
    assert not (tmp_path / "one-heat.svg").exists(), "one data set is no map"


def test_a_page_tells_what_is_not_as_usual(tmp_path: Path) -> None:
    experiment = Experiment.of(
        "iris",
        ["margin"],
        "naive_bayes",
        seeds=1,
        pool=60,
        scale=True,
        spend=40,
        measure=2,
        noise={"0": {"1": 0.2}},
        annotators={"expert": {"cost": 2}, "crowd": {"noise": 0.1}},
    )
    page = write_report(experiment.run(workers=1), tmp_path / "page.html").read_text(encoding="utf-8")
    for told in (
        "at most 60 items to choose from; features standardised; all questions cost 40 at most;",
        "measured every 2 batches; how often answers are wrong: {&#34;0&#34;: {&#34;1&#34;: 0.2}};",
        "expert answers, cost 2;",
        "crowd answers, noise 0.1",
    ):
        assert told in page, told
    assert "inf" not in re.sub("<svg.*?</svg>", "", page, flags=re.DOTALL), "one seed has no interval"
    assert "never to" not in page


def test_without_jinja_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtra, match=r"querist\[plots\]"):
        write_report(curves(), tmp_path / "page.html")


@needs_plots
def test_pictures_are_made_shorter_and_their_words_are_not() -> None:
    from matplotlib import pyplot

    from querist.evaluation.report import _svg

    def make():
        figure, axis = pyplot.subplots()
        axis.plot([0, 1], [0.9, 1.0])
        axis.set_yticks([0.925, 0.975], ["0.925", "0.975"])
        return figure

    picture = _svg("ticks", make)
    assert ">0.925<" in picture and ">0.975<" in picture
    assert not re.search(r"<[^>]*\d\.\d{3,}", picture)


@needs_plots
def test_a_page_in_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no folder"):
        write_report(curves(), tmp_path / "none" / "page.html")
