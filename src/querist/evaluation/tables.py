"""Curves as tables: CSV, a row a measurement, and Markdown, a row a strategy."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.evaluation.runs import Run
from querist.evaluation.statistics import REFERENCE

__all__ = ["curves_csv", "curves_markdown", "markdown", "runs_of_csv", "told_gain", "told_labels"]

_HEAD = ("dataset", "model", "strategy", "batch", "seed", "labels")
_NEEDED = ("dataset", "strategy", "seed", "labels")


def curves_csv(runs: Sequence[Run]) -> str:
    """A row a measurement: what it belongs to, its number of labels, and every measure."""
    measures = list(dict.fromkeys(name for run in runs for name in run.values))
    out = io.StringIO()
    writer = csv.DictWriter(out, [*_HEAD, *measures], lineterminator="\n", restval="")
    writer.writeheader()
    for run in runs:
        writer.writerows(run)
    return out.getvalue()


def runs_of_csv(path: str | os.PathLike[str]) -> tuple[Run, ...]:
    """The runs of a table that :func:`curves_csv` made."""
    with open(path, encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        head = tuple(reader.fieldnames or ())
        if not set(_NEEDED) <= set(head):
            raise InvalidInput(
                f"{path} has the columns {', '.join(head)}.", mend="Give a file of Curves.write_csv()."
            )
        rows = list(reader)
    measures = [name for name in head if name not in _HEAD]
    groups: dict[tuple[str, str, str, int, int], list[dict[str, str]]] = {}
    for row in rows:
        batch, seed = int(row.get("batch") or 0), int(row["seed"])
        key = (row["dataset"], row.get("model") or "", row["strategy"], batch, seed)
        groups.setdefault(key, []).append(row)
    return tuple(_run(key, group, measures) for key, group in groups.items())


def _run(key: tuple[str, str, str, int, int], rows: list[dict[str, str]], measures: Iterable[str]) -> Run:
    rows = sorted(rows, key=lambda row: int(row["labels"]))
    there = [name for name in measures if all(row[name] != "" for row in rows)]
    values = {name: np.array([float(row[name]) for row in rows]) for name in there}
    labels = np.array([int(row["labels"]) for row in rows], dtype=np.intp)
    dataset, model, strategy, batch, seed = key
    return Run(dataset, model, strategy, batch, seed, labels, values)


def curves_markdown(summary: Iterable[dict[str, Any]], target: float | None = None) -> str:
    """A row a data set and strategy; with the labels to a target, if there is one."""
    more = () if target is None else (f"labels to {target:g}",)
    head = (
        "data",
        "strategy",
        "area",
        "gain over random",
        "budgets above / even / below",
        "at the end",
        "labels to random's end",
        "seconds a batch",
        *more,
    )
    rows = []
    for one in summary:
        reference = one["strategy"] == REFERENCE
        match = one["labels_to_match"]
        rows.append(
            (
                one["dataset"],
                one["strategy"],
                f"{one['area']:.3f}",
                "" if reference else told_gain(one["gain"], one["interval"]),
                "" if reference else f"{one['above']} / {one['even']} / {one['below']}",
                f"{one['last']:.3f}",
                "never" if match is None else match,
                f"{one['seconds']:.3f}",
                *(told_labels(one["labels_to_target"]) for _ in more),
            )
        )
    return markdown(head, rows)


def told_gain(gain: float, half: float, digits: int = 3) -> str:
    """A gain with the half-width of its interval, which a single seed has not.

    >>> told_gain(0.01234, 0.002), told_gain(0.01234, float("inf"))
    ('+0.012 ± 0.002', '+0.012')
    """
    width = f" ± {half:.{digits}f}" if np.isfinite(half) else ""
    return f"{gain:+.{digits}f}{width}"


def told_labels(labels: float) -> str:
    """How many labels a target takes, all of the last one counted; "never" where it is not reached.

    >>> told_labels(24.2), told_labels(float("inf"))
    ('25', 'never')
    """
    return f"{np.ceil(labels - 1e-9):.0f}" if np.isfinite(labels) else "never"


def markdown(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table.

    >>> print(markdown(("a", "b"), [(1, 2)]), end="")
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"
