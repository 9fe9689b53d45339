"""A comparison on the screen and in files: what simulate and bench share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from querist.cli.console import say, table
from querist.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from querist.evaluation import Curves

__all__ = ["show", "write"]


def show(curves: Curves, metric: str | None) -> None:
    """The summary as a table; the data sets are named where there are several."""
    headings = ("strategy", "area", "over random", "above/even/below", "at the end", "labels to random's end")
    several = len(curves.datasets) > 1
    rows = []
    for one in curves.summary(metric=metric):
        reference = one["strategy"] == "random"
        match = one["labels_to_match"]
        cells = (
            one["strategy"],
            f"{one['area']:.3f}",
            "" if reference else f"{one['gain']:+.3f} ± {one['interval']:.3f}",
            "" if reference else f"{one['above']}/{one['even']}/{one['below']}",
            f"{one['last']:.3f}",
            "never" if match is None else match,
        )
        rows.append((one["dataset"], *cells) if several else cells)
    say()
    table(("data", *headings) if several else headings, rows)


def write(name: str, csv: str, markdown: str, draw: Callable[[], list[str]]) -> list[str]:
    """The measurements, the tables and the pictures; what was written."""
    folder = Path(name).parent
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {str(folder)!r}.", mend="Make it first, or write elsewhere.")
    Path(f"{name}.csv").write_text(csv, encoding="utf-8")
    Path(f"{name}.md").write_text(markdown, encoding="utf-8")
    written = [f"{name}.csv", f"{name}.md"]
    try:
        written += draw()
    except MissingExtra as missing:
        say(f"\nThere is no picture: {missing}")
    return written
