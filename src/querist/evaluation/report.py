"""A comparison as one page of HTML that needs nothing else: pictures, tables, and how it was made."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module, resources
from pathlib import Path
from typing import Any

import numpy as np

from querist.errors import InvalidInput, MissingExtra
from querist.evaluation.comparison import Comparison, Saving, percent
from querist.evaluation.curves import Curves
from querist.evaluation.picture import curves_figure, drawing, in_points, save
from querist.evaluation.plots import cost_figure, heat_figure, rank_figure, saving_figure, unit_of
from querist.evaluation.statistics import REFERENCE
from querist.evaluation.tables import told_gain, told_labels

__all__ = ["beside", "check_parts", "write_report"]


def check_parts() -> None:
    """Raise MissingExtra where what makes a report is not installed: better before the runs than after."""
    for module, name in (("jinja2", "Jinja2"), ("matplotlib", "matplotlib")):
        try:
            import_module(module)
        except ImportError as error:
            raise MissingExtra(
                f"Reports need {name}: {error}.", mend="Install it: pip install 'querist[plots]'."
            ) from error


def write_report(
    curves: Curves,
    path: str | Path,
    *,
    metric: str | None = None,
    target: float | None = None,
    title: str = "Strategies compared",
) -> Path:
    """Write the report of an experiment; needs matplotlib and Jinja2 (the extra ``plots``).

    One file, light or dark as the reader's system is, without a link to anything outside.  Of several data
    sets the gains are drawn once more beside it, to be shown elsewhere: ``NAME-heat.svg`` and ``.png``.

    Parameters
    ----------
    curves : Curves
        Of :meth:`Experiment.run`, or of :meth:`Curves.read` and a results file.
    path : str or Path
        Where the page goes.
    metric : str, optional
        What strategies are judged by; the first measure of each data set if not given.
    target : float, optional
        A value of the measure: the tables tell how many labels it takes.
    title : str
    """
    check_parts()
    import jinja2

    path = Path(path)
    if not path.absolute().parent.is_dir():
        raise InvalidInput(f"There is no folder {str(path.parent)!r}.", mend="Make it first.")
    comparison = Comparison(curves, metric)
    source = resources.files("querist.evaluation").joinpath("report.html").read_text(encoding="utf-8")
    page = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
    path.write_text(page.render(title=title, **_told(comparison, target)), encoding="utf-8")
    for picture in beside(curves, path):
        with drawing(picture.suffix):
            save(heat_figure(comparison), picture)
    return path


def beside(curves: Curves, path: str | Path) -> list[Path]:
    """The pictures that are drawn beside a report."""
    path, several = Path(path), len(curves.datasets) > 1 and len(curves.strategies) > 1
    return [path.with_name(f"{path.stem}-heat{suffix}") for suffix in (".svg", ".png") if several]


def _told(comparison: Comparison, target: float | None) -> dict[str, Any]:
    """What the page shows."""
    curves = comparison.curves
    several = len(comparison.strategies) > 1
    return {
        "target": "" if target is None else f"{target:g}",
        "facts": _facts(curves),
        "protocol": _protocol(curves),
        "overview": comparison.overview() if several else [],
        "ranks": comparison.ranks if several else None,
        "over_seeds": comparison.over_seeds,
        "reach": percent(comparison.reach),
        "rank_picture": _svg("ranks", lambda: rank_figure(comparison)) if several else "",
        "saving_picture": _svg("saving", lambda: saving_figure(comparison)) if several else "",
        "heat": _heat(comparison) if len(curves.datasets) > 1 else None,
        "parts": [_part(comparison, dataset, target) for dataset in curves.datasets],
        "dropped": sorted({run.seed for run in curves.runs if run.left_out}),
    }


def _part(comparison: Comparison, dataset: str, target: float | None) -> dict[str, Any]:
    """What is shown of one data set."""
    curves = comparison.curves
    metric = comparison.metric or curves.metric_of(dataset)
    unit = unit_of(curves, dataset)
    saved = {one.strategy: one for one in comparison.savings if one.dataset == dataset}
    rows, alone = [], len(curves.seeds_of(dataset)) == 1
    for name in curves.strategies_of(dataset):
        cell, saving = comparison.cell(dataset, name), saved.get(name)
        reference = name == REFERENCE
        rows.append(
            {
                "strategy": name,
                "area": f"{cell.area:.4f}",
                "gain": "" if reference else told_gain(cell.gain, cell.half, 4),
                "p": "" if reference else _p(cell.p),
                "verdict": "" if reference else cell.verdict,
                "last": f"{cell.last:.4f}",
                "saved": "" if saving is None else percent(saving.share),
                "between": "" if saving is None or alone else _between(saving),
                "reached": _reached(curves, name, target, metric, dataset),
                "deficiency": f"{cell.deficiency:.2f}" if np.isfinite(cell.deficiency) else "–",
                "seconds": f"{1000 * cell.seconds:.1f}",
            }
        )
    draw = _svg(f"curves-{dataset}", lambda: curves_figure(curves, [dataset], [""], metric, across=True))
    cost = _svg(f"cost-{dataset}", lambda: cost_figure(comparison, dataset, unit)) if unit else ""
    return {
        "name": dataset or "the data set",
        "metric": metric.replace("_", " "),
        "seeds": len(curves.seeds_of(dataset)),
        "budgets": curves.budgets_of(dataset),
        "picture": draw,
        "cost_picture": cost,
        "rows": rows,
    }


def _heat(comparison: Comparison) -> dict[str, Any]:
    """Gains of data sets x strategies, each with the share of full colour that it has."""
    names = [name for name in comparison.curves.strategies if name != REFERENCE]
    found = {(one.dataset, one.strategy): one for one in comparison.cells}
    most = max((abs(one.gain) for one in comparison.cells), default=0.0) or 1.0
    rows = []
    for dataset in comparison.curves.datasets:
        cells = []
        for name in names:
            cell = found.get((dataset, name))
            share = 0.0 if cell is None else cell.gain / most
            points = in_points(comparison.metric or comparison.curves.metric_of(dataset))
            told = "" if cell is None else f"{100 * cell.gain:+.1f}" if points else f"{cell.gain:+.3g}"
            cells.append(
                {
                    "told": told,
                    "depth": round(75 * abs(share) ** 0.7),
                    "kind": "good" if share > 0 else "bad",
                    "sure": cell is not None and cell.verdict != "tie",
                }
            )
        rows.append({"name": dataset, "cells": cells})
    metrics = {comparison.metric or comparison.curves.metric_of(one) for one in comparison.curves.datasets}
    return {"names": names, "rows": rows, "points": all(map(in_points, metrics))}


def _facts(curves: Curves) -> list[tuple[str, str]]:
    runs = [run for run in curves.runs if len(run.labels)]
    labelled = sum(len(run.picks) for run in runs)
    versions = {f"{name} {version}" for run in runs for name, version in run.versions.items()}
    return [
        ("runs", f"{len(runs):,}"),
        ("data sets", ", ".join(dict.fromkeys(run.dataset for run in runs if run.dataset))),
        ("models", ", ".join(dict.fromkeys(run.model for run in runs if run.model)) or "default"),
        ("strategies", ", ".join(curves.strategies)),
        ("labels between trainings", ", ".join(str(one) for one in sorted({run.batch for run in runs}))),
        ("seeds", str(len({run.seed for run in runs}))),
        ("questions and first labels", f"{labelled:,}"),
        ("versions", ", ".join(sorted(versions))),
    ]


def _protocol(curves: Curves) -> list[str]:
    """The protocols in words; more than one where a file holds several experiments."""
    told = []
    for run in curves.runs:
        plan = run.plan.get("protocol")
        if plan is None:
            continue
        first = f"{plan['start']} labels to begin with" if plan["start"] else "no label to begin with"
        if plan["start_by"] == "class":
            first = f"one label of each class to begin with ({plan['start']} at least)"
        end = f"up to {plan['budget']:,} labels" if plan["budget"] else "until the pool is empty"
        share = "by class" if plan["stratified"] else "at random"
        missing = "" if plan["missing"] == "allow" else f"; where they lack a class: {plan['missing']}"
        told.append(
            f"{first}{missing}; {end}; {100 * plan['test']:g} % held back for measuring, drawn {share},"
            f" where a data set has no test set of its own{''.join(_unusual(plan))}."
        )
    return list(dict.fromkeys(one[0].upper() + one[1:] for one in told))


def _unusual(plan: dict[str, Any]) -> Iterator[str]:
    """What else a protocol says, where it is not as usual."""
    if plan.get("pool"):
        yield f"; at most {plan['pool']:,} items to choose from"
    if plan.get("scale") is not None:
        yield f"; features {'standardised' if plan['scale'] else 'as they are'}"
    if plan.get("spend"):
        yield f"; all questions cost {plan['spend']:g} at most"
    if plan.get("measure", 1) > 1:
        yield f"; measured every {plan['measure']} batches"
    if plan.get("noise"):
        yield f"; how often answers are wrong: {json.dumps(plan['noise'])}"
    for name, one in plan.get("annotators", {}).items():
        yield f"; {name} answers, {', '.join(f'{what} {json.dumps(value)}' for what, value in one.items())}"


def _reached(curves: Curves, name: str, target: float | None, metric: str, dataset: str) -> str:
    if target is None:
        return ""
    return told_labels(curves.labels_to_reach(name, target, metric=metric, dataset=dataset))


def _between(saving: Saving) -> str:
    return f"{percent(saving.low)} to {percent(saving.high)}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _shorter(tag: str) -> str:
    return re.sub(r"-?\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", tag)


def _svg(name: str, make: Callable[[], Any]) -> str:
    """A picture as SVG to be set into the page: no size of its own, ids that no other has."""
    with drawing(salt=name):
        buffer = io.StringIO()
        save(make(), buffer)
    text = buffer.getvalue()
    text = re.sub(r"^.*?(?=<svg)", "", text, flags=re.DOTALL)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r"<[^>]*>", lambda tag: _shorter(tag[0]), text)  # places, not what is written there
    mark = re.sub(r"\W+", "-", name)
    text = re.sub(r'\bid="', f'id="{mark}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{mark}-", text)
    return text
