"""docs/benchmarks/tables.md and its pictures, of what was kept."""

from __future__ import annotations

import math

import kept
import numpy as np
from words import AFTER, BEFORE, HEAD

from querist.evaluation import Curves
from querist.evaluation.statistics import interval

__all__ = ["write"]

PAGE = kept.ROOT / "docs" / "benchmarks" / "tables.md"
PICTURES = kept.ROOT / "docs" / "pictures"
TARGET = 0.8894  # of class-balanced random at 300 labels, as published


def write() -> None:
    """The page, and a picture a table."""
    parts = [HEAD]
    for name, section in (("digits", digits), ("texts", texts), ("cold", cold), ("numbers", numbers)):
        curves = kept.read(name)
        if curves is None:
            continue
        curves.picture(PICTURES / f"tables-{name}.svg")
        picture = f"![Curves, and the difference to random](../pictures/tables-{name}.svg)"
        seeds = len(curves.seeds_of(curves.datasets[0]))
        parts += [BEFORE[name].format(seeds=seeds), picture, "\n".join(section(curves)), AFTER[name]]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(part.strip("\n") for part in parts)
    PAGE.write_text(f"{text}\n", encoding="utf-8")


def digits(curves: Curves) -> list[str]:
    """Accuracy at some budgets, and the labels that the published accuracy takes."""
    shown = (10, 50, 100, 200, 300)
    lines = _heading("strategy", *(f"@{b}" for b in shown), "area", f"labels to {TARGET}", "seed by seed")
    for name in curves.strategies:
        at = dict(zip(curves.budgets, curves.mean(name), strict=True))
        told = _labels(curves.labels_to_reach(name, TARGET))
        each = [_reached(TARGET, curves.budgets, row) for row in curves.values(name)]
        middle = _labels(float(np.median(each)))
        area = curves.area(name).mean()
        lines.append(_row(name, *(f"{at[b]:.4f}" for b in shown), f"{area:.4f}", told, middle))
    return [*lines, "", "*Seed by seed* is the median over the seeds of the labels that each took."]


def texts(curves: Curves) -> list[str]:
    """Accuracy at the end, area, and labels to where random ends."""
    lines = _heading("data", *(f"{name}" for name in curves.strategies))
    reached: dict[str, list[float]] = {name: [] for name in curves.strategies}
    for data in curves.datasets:
        goal, cells = curves.mean("random", dataset=data)[-1], []
        for name in curves.strategies:
            if name not in curves.strategies_of(data):
                cells.append("")
                continue
            labels = curves.labels_to_reach(name, goal, dataset=data)
            reached[name].append(labels)
            end, area = curves.mean(name, dataset=data)[-1], curves.area(name, dataset=data).mean()
            cells.append(f"{end:.3f} ({area:.3f}; {_labels(labels)})")
        lines.append(_row(data, *cells))
    # no mean over fewer data sets than the others'
    whole = [name for name in curves.strategies if len(reached[name]) == len(curves.datasets)]
    mean = [_labels(float(np.mean(reached[name]))) if name in whole else "" for name in curves.strategies]
    lines.append(_row("mean labels", *mean))
    legend = "Accuracy at 525 labels (mean height of the curve; labels to where random ends)."
    above = _heading("points above the default", *curves.datasets, "mean")
    for name in whole:
        if name not in ("random", "default"):
            above.append(_row(name, *_above(curves, name, "default")))
    told = "Height of the curve beside the default's, seed by seed; ± is one standard error."
    return [legend, "", *lines, "", told, "", *above]


def _above(curves: Curves, name: str, other: str) -> list[str]:
    """Data by data, and in their mean, how much higher a curve is."""
    by_data = [
        100 * (curves.area(name, dataset=data) - curves.area(other, dataset=data)) for data in curves.datasets
    ]
    told = [*by_data, np.mean(by_data, axis=0)]
    return [f"{each.mean():+.2f} ± {each.std(ddof=1) / math.sqrt(len(each)):.2f}" for each in told]


def cold(curves: Curves) -> list[str]:
    """Points above random at the first budgets."""
    shown, others = (10, 25, 50), [name for name in curves.strategies if name != "random"]
    lines = _heading("data", *(f"{name} @{b}" for b in shown for name in others))
    for data in curves.datasets:
        cells = []
        for b in shown:
            for name in others:
                gain = next(one for one in curves.gains(name, dataset=data) if one.labels == b)
                cells.append(f"{100 * gain.mean:+.1f} ± {50 * (gain.high - gain.low):.1f}")
        lines.append(_row(data, *cells))
    cells = []
    for b in shown:
        for name in others:
            cells.append(f"{100 * np.mean([_gain(curves, name, data, b) for data in curves.datasets]):+.1f}")
    return ["Points above random.", "", *lines, _row("mean", *cells)]


def numbers(curves: Curves) -> list[str]:
    """Mean log RMSE over the steps after the first labels, and what is gained over random."""
    others = [name for name in curves.strategies if name != "random"]
    gained = [f"{name} gains" for name in others]
    lines = _heading("data", "seeds", "random", *gained, f"{others[0]} saves of RMSE")
    gains: dict[str, list[np.ndarray]] = {name: [] for name in others}
    for data in curves.datasets:
        steps = {name: curves.values(name, dataset=data)[:, 1:].mean(axis=1) for name in curves.strategies}
        for name in others:
            gains[name].append(steps["random"] - steps[name])
        now = [_gained(gains[name][-1]) for name in others]
        seeds, middle = len(steps["random"]), steps["random"].mean()
        lines.append(_row(data, f"{seeds}", f"{middle:.3f}", *now, _saved(gains[others[0]][-1])))
    told = [f"{np.mean([one.mean() for one in gains[name]]):+.3f}" for name in others]
    lines.append(_row("mean", "", "", *told, _saved(np.array([one.mean() for one in gains[others[0]]]))))
    return ["Mean log RMSE over the steps, lower is better.", "", *lines]


def _gained(each: np.ndarray) -> str:
    """The mean over the seeds, and half the width of its interval."""
    gain, half = interval(each[:, None], 0.95)
    return f"{gain[0]:+.3f}" + (f" ± {half[0]:.3f}" if np.isfinite(half[0]) else "")


def _saved(each: np.ndarray) -> str:
    return f"{100 * (1 - math.exp(-float(each.mean()))):.0f} %"


def _gain(curves: Curves, name: str, data: str, labels: int) -> float:
    return next(one.mean for one in curves.gains(name, dataset=data) if one.labels == labels)


def _reached(target: float, budgets: tuple[int, ...], row: np.ndarray) -> float:
    there = np.flatnonzero(row >= target)
    return float(budgets[there[0]]) if len(there) else math.inf


def _labels(told: float) -> str:
    return f"{told:.0f}" if math.isfinite(told) else "never"


def _heading(*cells: str) -> list[str]:
    return [_row(*cells), "|---" * len(cells) + "|"]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
