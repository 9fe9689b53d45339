"""What follows from measured rows, compared with numbers that are worked out by hand or by SciPy."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from querist.errors import InvalidInput, MissingExtra
from querist.evaluation import Curves, Gain, Run

BUDGETS = (10, 20, 40)
RANDOM = np.array([[0.5, 0.6, 0.7], [0.4, 0.5, 0.7], [0.6, 0.6, 0.8]])
MARGIN = np.array([[0.5, 0.7, 0.8], [0.5, 0.7, 0.9], [0.5, 0.8, 0.8]])
needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib (the extra 'plots') is not installed"
)


def runs_of(
    name: str, values: np.ndarray, dataset: str = "d", budgets: tuple[int, ...] = BUDGETS
) -> list[Run]:
    return [
        Run(
            dataset,
            "",
            name,
            10,
            seed,
            np.array(budgets),
            {
                "accuracy": one[: len(budgets)],
                "balanced_accuracy": np.full(len(budgets), 0.5),
                "seconds": np.full(len(budgets), 0.25),
            },
        )
        for seed, one in enumerate(values)
    ]


def curves(dataset: str = "d", budgets: tuple[int, ...] = BUDGETS) -> Curves:
    runs = runs_of("random", RANDOM, dataset, budgets) + runs_of("margin", MARGIN, dataset, budgets)
    return Curves(tuple(runs))


def test_gains_are_paired_t_intervals() -> None:
    gains = curves().gains("margin", confidence=0.9)
    for i, gain in enumerate(gains):
        difference = MARGIN[:, i] - RANDOM[:, i]
        interval = stats.ttest_1samp(difference, 0).confidence_interval(0.9)
        assert gain.labels == BUDGETS[i]
        assert gain.mean == pytest.approx(difference.mean())
        assert (gain.low, gain.high) == pytest.approx((interval.low, interval.high))


def test_verdicts() -> None:
    assert Gain(10, 0.2, 0.1, 0.3).verdict == "above"
    assert Gain(10, -0.2, -0.3, -0.1).verdict == "below"
    assert Gain(10, 0.1, -0.1, 0.3).verdict == "even"


def test_one_seed_has_no_interval() -> None:
    one = Curves(tuple(runs_of("random", RANDOM[:1]) + runs_of("margin", MARGIN[:1])))
    assert one.gains("margin")[1].verdict == "even"
    assert one.gains("margin")[1].high == np.inf


def test_area_is_the_mean_height() -> None:
    expected = (10 * (0.5 + 0.6) / 2 + 20 * (0.6 + 0.7) / 2) / 30
    assert curves().area("random")[0] == pytest.approx(expected)
    flat = curves(budgets=(10,))
    assert flat.area("random").tolist() == [0.5, 0.4, 0.6]


def test_labels_to_match() -> None:
    assert curves().labels_to_match("margin") == 20  # 0.733 where random ends: 20 labels give it exactly
    assert curves().labels_to_match("random") == 40
    worse = Curves(tuple(runs_of("random", RANDOM) + runs_of("margin", RANDOM - 0.1)))
    assert worse.labels_to_match("margin") is None


def test_labels_to_a_target_of_one_s_own() -> None:
    assert curves().labels_to_reach("random", 0.65) == pytest.approx(
        20 + 20 * (0.65 - 1.7 / 3) / (2.2 / 3 - 1.7 / 3)
    )
    assert curves().labels_to_reach("random", 0.9) == np.inf
    assert curves().labels_to_reach("random", 0.2, metric="seconds") == np.inf, "less is better"


def test_runs_may_come_in_any_order() -> None:
    turned = Curves(tuple(reversed(curves().runs)))
    assert turned.values("margin").tolist() == MARGIN.tolist()


def test_two_data_sets_join_and_must_be_named() -> None:
    both = curves("d") + curves("e")
    assert both.datasets == ("d", "e")
    assert both.mean("margin", dataset="e").tolist() == MARGIN.mean(axis=0).tolist()
    with pytest.raises(InvalidInput, match="Which data set"):
        both.mean("margin")
    with pytest.raises(InvalidInput, match="'f' is none of them"):
        both.mean("margin", dataset="f")


def test_a_data_set_without_a_pair_yet_hides_no_other() -> None:
    odd = [runs_of("random", RANDOM, "e")[0], runs_of("margin", MARGIN, "e")[1]]
    both = curves("d") + Curves(tuple(odd))
    assert both.datasets == ("d",) and len(both.summary()) == 2
    assert len(both.table("csv").splitlines()) == 1 + 3 * (6 + 2), "every measurement"
    for _ in range(2):
        with pytest.raises(InvalidInput, match="No seed of 'e' was run with every strategy yet"):
            Curves(tuple(odd)).summary()


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(InvalidInput, match="no curve of 'entropy'"):
        curves().values("entropy")
    with pytest.raises(InvalidInput, match="f1"):
        curves().values("margin", metric="f1")
    with pytest.raises(InvalidInput, match="html"):
        curves().table("html")
    with pytest.raises(InvalidInput, match="without a measurement"):
        Curves(())


def test_the_markdown_table_tells_gain_and_budgets() -> None:
    lines = curves().table().splitlines()
    assert len(lines) == 4
    assert "| random |" in lines[2] and "| 40 |" in lines[2]
    gain = curves().area("margin") - curves().area("random")
    assert f"{gain.mean():+.3f} ±" in lines[3] and "1 / 2 / 0" in lines[3] and "| 20 |" in lines[3]
    worse = Curves(tuple(runs_of("random", RANDOM) + runs_of("margin", RANDOM - 0.1)))
    assert "never" in worse.table()


def test_csv_there_and_back(tmp_path: Path) -> None:
    path = curves().write_csv(tmp_path / "curves.csv")
    head = "dataset,model,strategy,batch,seed,labels,accuracy,balanced_accuracy,seconds"
    assert path.read_text().splitlines()[0] == head
    assert list(Curves.read_csv(path).rows) == list(curves().rows)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInput, match="the columns a, b"):
        Curves.read_csv(tmp_path / "other.csv")


@needs_matplotlib
@pytest.mark.parametrize("ending", ["svg", "png"])
def test_pictures_are_written_and_repeat(tmp_path: Path, ending: str) -> None:
    both = (
        curves("d")
        + curves("e")
        + Curves(tuple(runs_of("default", MARGIN, "d") + runs_of("default", MARGIN, "e")))
    )
    first = both.picture(tmp_path / f"a.{ending}", titles=["one", "two"]).read_bytes()
    assert first == both.picture(tmp_path / f"b.{ending}", titles=["one", "two"]).read_bytes()
    assert first.startswith(b"\x89PNG" if ending == "png" else b"<?xml")


@needs_matplotlib
def test_a_picture_of_one_seed_or_one_budget_has_no_band_and_no_warning(tmp_path: Path) -> None:
    one = Curves(tuple(run for run in curves().runs if run.seed == 0))
    assert one.picture(tmp_path / "one.svg", metric="balanced_accuracy").exists()
    flat = curves(budgets=(10,))
    assert flat.picture(tmp_path / "flat.png").exists()


@needs_matplotlib
def test_pictures_of_other_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"curves\.docx"):
        curves().picture(tmp_path / "curves.docx")


def test_without_matplotlib_the_error_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"querist\[plots\]"):
        curves().picture(tmp_path / "curves.svg")
