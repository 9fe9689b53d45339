"""A comparison on the screen and in files: what simulate and bench share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from querist.cli.console import say, table
from querist.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from querist.evaluation import Curves

__all__ = ["check_place", "show", "write"]


def show(curves: Curves, metric: str | None, target: float | None = None) -> None:
    """The summary as a table; the data sets are named where there are several."""
    from querist.evaluation.tables import told_gain, told_labels

    more = () if target is None else (f"labels\nto {target:g}",)
    headings = (
        *("strategy", "area", "over random"),
        *("above/\neven/\nbelow", "at the\nend", "labels to\nrandom's end"),  # for 80 characters a line
        *more,
    )
    several = len(curves.datasets) > 1
    rows = []
    for one in curves.summary(metric=metric, target=target):
        reference = one["strategy"] == "random"
        match = one["labels_to_match"]
        cells = (
            one["strategy"],
            f"{one['area']:.3f}",
            "" if reference else told_gain(one["gain"], one["interval"]),
            "" if reference else f"{one['above']}/{one['even']}/{one['below']}",
            f"{one['last']:.3f}",
            "never" if match is None else match,
            *(told_labels(one["labels_to_target"]) for _ in more),
        )
        rows.append((one["dataset"], *cells) if several else cells)
    say()
    table(("data", *headings) if several else headings, rows)


def check_place(name: str | Path) -> None:
    """Raise before the work begins where its outcome could not be written beside ``name``."""
    folder = Path(name).parent
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {str(folder)!r}.", mend="Make it first, or write elsewhere.")
    if not os.access(folder, os.W_OK):
        raise InvalidInput(
            f"Nothing can be written into the folder {str(folder)!r}: permission denied.",
            mend="Change its permissions, or write elsewhere with --output.",
        )


def write(name: str, csv: str, markdown: str, draw: Callable[[], list[str]]) -> list[str]:
    """The measurements, the tables and the pictures; what was written."""
    check_place(name)
    Path(f"{name}.csv").write_text(csv, encoding="utf-8")
    Path(f"{name}.md").write_text(markdown, encoding="utf-8")
    written = [f"{name}.csv", f"{name}.md"]
    try:
        written += draw()
    except MissingExtra as missing:
        say(f"\nThere is no picture: {missing}")
    return written
