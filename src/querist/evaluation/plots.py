"""Pictures of a comparison: how strategies rank, what labels they save, what quality costs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from querist.evaluation.comparison import Comparison, middle
from querist.evaluation.curves import Curves
from querist.evaluation.picture import (
    FAINT,
    INK,
    PLAIN,
    band,
    curves_figure,
    drawing,
    in_points,
    save,
    style_of,
    tidy,
)
from querist.evaluation.statistics import REFERENCE, interval

__all__ = ["cost_figure", "heat_figure", "rank_figure", "saving_figure", "unit_of", "write_pictures"]

_GOOD, _BAD = "#12a57c", "#e0641b"
_TOGETHER = 4  # data sets in one picture; more get one each


def rank_figure(comparison: Comparison) -> Any:
    """Mean ranks on a line, best at the left, bars over those that cannot be told apart (Demsar, 2006)."""
    from matplotlib.figure import Figure

    ranks, names = comparison.ranks, comparison.strategies
    k = len(names)
    order = np.argsort(ranks.means, kind="stable")
    half = (k + 1) // 2
    rows = half + 1.2 + 0.32 * len(ranks.alike)
    figure = Figure(figsize=(5.0, 0.7 + 0.24 * rows), layout="constrained")
    axis = figure.subplots()
    axis.set(xlim=(1 - 0.55 * (k - 1), k + 0.55 * (k - 1)), ylim=(-rows, 1.9))
    axis.axis("off")
    axis.plot([1, k], [0, 0], color=INK, lw=1)
    for tick in range(1, k + 1):
        axis.plot([tick, tick], [0, 0.18], color=INK, lw=1)
        axis.text(tick, 0.3, str(tick), ha="center", va="bottom", fontsize=8.5)
    _bar(axis, ranks.difference, k)
    for level, group in enumerate(ranks.alike):
        ends = [ranks.means[i] for i in group]
        y = -0.32 * (level + 1)
        axis.plot([min(ends) - 0.03, max(ends) + 0.03], [y, y], color=INK, lw=3.2, solid_capstyle="round")
    below = 0.32 * len(ranks.alike) + 0.6
    for place, i in enumerate(order):
        left = place < half
        y = -below - (place if left else k - 1 - place)
        edge = 1 - 0.06 * (k - 1) if left else k + 0.06 * (k - 1)
        colour = style_of(comparison.curves, names[i])["color"]
        axis.plot([ranks.means[i], ranks.means[i], edge], [0, y, y], color=colour, lw=1.3)
        told = f"{names[i]}  {ranks.means[i]:.2f}" if left else f"{ranks.means[i]:.2f}  {names[i]}"
        gap = -0.02 * k if left else 0.02 * k
        axis.text(edge + gap, y, told, ha="right" if left else "left", va="center", fontsize=9)
    return figure


def _bar(axis: Any, difference: float, k: int) -> None:
    """The critical difference by Nemenyi, as long as it is."""
    end = min(1 + difference, k + 0.55 * (k - 1))
    axis.plot([1, end], [1.25, 1.25], color=PLAIN, lw=1.2)
    for x in (1, end):
        axis.plot([x, x], [1.12, 1.38], color=PLAIN, lw=1.2)
    axis.text(1, 1.45, f"critical difference {difference:.2f}", ha="left", va="bottom", fontsize=8)


def saving_figure(comparison: Comparison) -> Any:
    """The share of random's labels that is saved: a bar a strategy (the median), a dot a data set.

    With one data set the line is the 95 % interval.  What is never as good as random stands at the left.
    """
    from matplotlib.figure import Figure

    ranked = zip(comparison.ranks.means, comparison.strategies, strict=True)
    names = [name for _, name in sorted(ranked, key=lambda pair: pair[0]) if name != REFERENCE]
    figure = Figure(figsize=(5.0, 0.8 + 0.3 * len(names)), layout="constrained")
    axis = figure.subplots()
    for y, name in enumerate(reversed(names)):
        mine = [one for one in comparison.savings if one.strategy == name and not np.isnan(one.share)]
        if not mine:
            continue
        colour = style_of(comparison.curves, name)["color"]
        axis.barh(y, middle([_shown(one.share) for one in mine]), height=0.62, color=colour, alpha=0.35, lw=0)
        for one in mine:
            axis.plot([_shown(one.low), _shown(one.high)], [y, y], color=colour, lw=1.1, alpha=0.55)
            axis.plot(_shown(one.share), y, "o", color=colour, ms=4.2, mew=0, alpha=0.9)
    axis.axvline(0, color=PLAIN, lw=1.2)
    axis.set_yticks(range(len(names)), list(reversed(names)))
    axis.set_xlabel("labels saved, % of random's")
    axis.set_xlim(right=100)
    tidy(axis)
    axis.grid(visible=False, axis="y")
    axis.grid(axis="x", color=FAINT, lw=0.7)
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="y", length=0)
    return figure


def _shown(share: float) -> float:
    return float(np.clip(100 * share, -100, 100))


def heat_figure(comparison: Comparison) -> Any:
    """Gains of area over random, data sets x strategies, by colour and in figures; bold: beyond chance."""
    from matplotlib.colors import to_rgb
    from matplotlib.figure import Figure

    curves = comparison.curves
    names = [name for name in curves.strategies if name != REFERENCE]
    found = {(one.dataset, one.strategy): one for one in comparison.cells}
    metrics = [comparison.metric or curves.metric_of(one) for one in curves.datasets]
    most = max((abs(one.gain) for one in comparison.cells), default=0.0) or 1.0
    size = 1.9 + 0.85 * len(names), 0.9 + 0.27 * len(curves.datasets)
    figure = Figure(figsize=size, layout="constrained")
    axis = figure.subplots()
    for y, (dataset, metric) in enumerate(zip(curves.datasets, metrics, strict=True)):
        for x, name in enumerate(names):
            if (cell := found.get((dataset, name))) is None:
                continue
            depth = 0.75 * (abs(cell.gain) / most) ** 0.7
            colour = (*to_rgb(_GOOD if cell.gain > 0 else _BAD), depth)
            axis.fill([x - 0.47, x + 0.47, x + 0.47, x - 0.47], [y - 0.44, y - 0.44, y + 0.44, y + 0.44],
                      color=colour, lw=0)  # fmt: skip
            told = f"{100 * cell.gain:+.1f}" if in_points(metric) else f"{cell.gain:+.3g}"
            weight = "normal" if cell.verdict == "tie" else "bold"
            axis.text(x, y, told, ha="center", va="center", fontsize=8.5, fontweight=weight)
    axis.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(metrics) - 0.5, -0.5))
    axis.set_yticks(range(len(metrics)), curves.datasets)
    axis.set_xticks(range(len(names)), names, rotation=0 if max(map(len, names), default=0) < 12 else 30)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    unit = "points" if all(map(in_points, metrics)) else "gain"
    axis.set_xlabel(f"{unit} of area over random; bold: beyond chance", fontsize=8.5)
    for spine in axis.spines.values():
        spine.set_visible(False)
    return figure


def cost_figure(comparison: Comparison, dataset: str, unit: str) -> Any:
    """The measure against what the labels cost together, in their true unit; means over the seeds."""
    from matplotlib.figure import Figure

    curves = comparison.curves
    metric = curves.metric_of(dataset) if comparison.metric is None else comparison.metric
    figure = Figure(figsize=(9.2, 3.6), layout="constrained")
    axis = figure.subplots()
    for name in curves.strategies_of(dataset):
        cost = curves.values(name, metric="cost", dataset=dataset).mean(axis=0)
        mean, half = interval(curves.values(name, metric=metric, dataset=dataset), 0.95)
        style = style_of(curves, name)
        axis.plot(cost, mean, label=name, **style)
        if name == REFERENCE and np.isfinite(half).all():
            axis.fill_between(cost, *band(mean, half, metric), color=style["color"], alpha=0.13, lw=0)
    axis.set(xlabel=unit, ylabel=metric.replace("_", " "))
    axis.legend(frameon=False, ncols=2)
    tidy(axis)
    return figure


def unit_of(curves: Curves, dataset: str) -> str:
    """What labels cost, where they do not all cost the same; "" where they do."""
    if "cost" not in curves.measures_of(dataset):
        return ""
    runs = [run for run in curves.runs if curves.case(run) == dataset and len(run.labels)]
    if all((run.values["cost"] == run.labels).all() for run in runs):
        return ""
    unit = str(runs[0].plan.get("dataset", {}).get("unit", "cost"))
    return "cost" if unit == "labels" else unit  # that of annotators who have prices


def write_pictures(comparison: Comparison, stem: str, suffix: str = ".svg") -> list[str]:
    """Every picture of a comparison as a file, ``STEM-curves.svg``, ``STEM-ranks.svg``; what was written."""
    curves, metric = comparison.curves, comparison.metric
    datasets = curves.datasets
    groups = [datasets] if len(datasets) <= _TOGETHER else [(one,) for one in datasets]
    written = []
    with drawing(suffix):
        figures = {
            "-curves" if len(groups) == 1 else f"-curves-{_plain(group[0])}": curves_figure(
                curves, group, group, metric
            )
            for group in groups
        }
        if len(comparison.strategies) > 1:
            figures |= {"-ranks": rank_figure(comparison), "-saving": saving_figure(comparison)}
        if len(datasets) > 1 and len(curves.strategies) > 1:
            figures["-heat"] = heat_figure(comparison)
        for dataset in datasets:
            if unit := unit_of(curves, dataset):
                figures[f"-cost-{_plain(dataset)}"] = cost_figure(comparison, dataset, unit)
        for ending, figure in figures.items():
            written.append(f"{stem}{ending}{suffix}")
            save(figure, Path(written[-1]))
    return written


def _plain(name: str) -> str:
    return re.sub(r"\W+", "-", name)
