"""docs/benchmarks/synthesis.md, of what was kept."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from seen import SEEN
from sets import ROOT
from words import AFTER, BEFORE, HEAD, JUDGED, TAIL, WALK

from querist.evaluation import Curves, Run
from querist.evaluation.statistics import interval

__all__ = ["keep", "write"]

PAGE = ROOT / "docs" / "benchmarks" / "synthesis.md"
DATA = ROOT / "docs" / "benchmarks" / "data"
PARTS = ("sides", "numbers", "real")


def keep(part: str, curves: Curves) -> None:
    """Put the curves of a data set into a part's file, in place of those that were there."""
    held = _held(part)
    for dataset in curves.datasets:
        held[dataset] = {
            "metric": curves.metric_of(dataset),
            "labels": list(curves.budgets_of(dataset)),
            "seeds": list(curves.seeds_of(dataset)),
            "strategies": {
                name: curves.values(name, dataset=dataset).round(5).tolist()
                for name in curves.strategies_of(dataset)
            },
        }
    DATA.mkdir(parents=True, exist_ok=True)
    _file(part).write_text(json.dumps(held, separators=(",", ":")) + "\n", encoding="utf-8")


def write() -> None:
    """The page."""
    parts = [HEAD]
    for part in PARTS:
        curves = _read(part)
        if curves is not None:
            parts += [BEFORE[part], "\n".join(_labels(curves)), "\n".join(_heights(curves)), AFTER[part]]
            parts += [WALK] if part == "sides" else []
    if SEEN.is_file():
        parts += ["\n".join(_seen(json.loads(SEEN.read_text(encoding="utf-8"))))]
    PAGE.write_text("\n\n".join(part.strip("\n") for part in [*parts, TAIL]) + "\n", encoding="utf-8")


def _labels(curves: Curves) -> list[str]:
    """Labels until the error is what pool-random has at the end of its budget."""
    names = _names(curves)
    lines = ["Labels to the error that random has at the end:", "", *_heading("data", "error", *names)]
    for data in curves.datasets:
        goal = float(curves.mean("random", dataset=data)[-1])
        cells = []
        for name in names:
            there = name in curves.strategies_of(data)
            cells.append(curves.labels_to_reach(name, goal, dataset=data) if there else math.nan)
        best = min(one for one in cells if not math.isnan(one))
        shown = [_bold(_count(one), one == best) for one in cells]
        lines.append(_row(data, f"{_error(curves, data, goal):.3f}", *shown))
    return lines


def _heights(curves: Curves) -> list[str]:
    """How far below random's the curve of the error lies on average, with its interval."""
    names = [name for name in _names(curves) if name != "random"]
    lines = [
        "Mean error over the whole curve, against random's (less is better):",
        "",
        *_heading("data", *names),
    ]
    for data in curves.datasets:
        sign = curves.sign(None, data)
        base = sign * curves.area("random", dataset=data)
        cells = []
        for name in names:
            if name not in curves.strategies_of(data):
                cells.append("")
                continue
            mean, half = interval((base - sign * curves.area(name, dataset=data))[:, None], 0.95)
            told = f"{float(mean[0]):+.3f} ± {float(half[0]):.3f}"
            cells.append(_bold(told, float(mean[0] + half[0]) < 0))
        lines.append(_row(data, *cells))
    return lines


def _seen(told: dict[str, Any]) -> list[str]:
    """The shares of images that the judge does not recognise."""
    lines = [JUDGED.format(accuracy=100 * told["accuracy of the judge"], bar=told["bar"]), ""]
    lines += [*_heading("images", "not recognised"), _row("real ones", f"{100 * told['real']:.1f} %")]
    for name, one in told.items():
        if isinstance(one, dict):
            low, high = 100 * min(one["by seed"]), 100 * max(one["by seed"])
            lines.append(_row(name, f"{100 * one['unrecognised']:.1f} % ({low:.1f} to {high:.1f} by seed)"))
    return lines


def _names(curves: Curves) -> list[str]:
    return list(dict.fromkeys(name for data in curves.datasets for name in curves.strategies_of(data)))


def _error(curves: Curves, data: str, value: float) -> float:
    return 1 - value if curves.metric_of(data) == "accuracy" else value


def _count(labels: float) -> str:
    return "" if math.isnan(labels) else "never" if math.isinf(labels) else f"{labels:.0f}"


def _bold(text: str, best: bool) -> str:
    return f"**{text}**" if best and text else text


def _heading(*cells: str) -> list[str]:
    return [_row(*cells), "|---" * len(cells) + "|"]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _file(part: str) -> Any:
    return DATA / f"synthesis-{part}.json"


def _held(part: str) -> dict[str, Any]:
    return dict(json.loads(_file(part).read_text(encoding="utf-8"))) if _file(part).is_file() else {}


def _read(part: str) -> Curves | None:
    runs = [
        Run(dataset, "", name, 1, seed, np.asarray(one["labels"]), {one["metric"]: np.asarray(row)})
        for dataset, one in _held(part).items()
        for name, rows in one["strategies"].items()
        for seed, row in zip(one["seeds"], rows, strict=True)
    ]
    return Curves(tuple(runs)) if runs else None
