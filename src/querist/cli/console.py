"""What the commands share of the screen: progress bars, tables, and errors with their mend."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

__all__ = ["as_options", "complain", "fit", "say", "split", "table", "working"]

_UNBROKEN = 1000  # characters a line of a table where no screen ends it

Progress = Callable[[int, int], None]

_KEYWORD = re.compile(r"\b(?P<name>text|image|id|label|columns|kind|encoding)=(?:'(?P<value>[^']*)')?")


def say(text: str = "") -> None:
    """One line for the reader."""
    click.echo(text)


def as_options(mend: str) -> str:
    """A mend that is worded for the library, as it is typed here.

    >>> as_options("Name another id column, or none (id='').")
    "Name another id column, or none (--id '')."
    >>> as_options("pass encoding='cp1252'; name them (text=, columns=)")
    'pass --encoding cp1252; name them (--text, --columns)'
    """

    def option(found: re.Match[str]) -> str:
        name, value = found["name"], found["value"]
        return f"--{name}" if value is None else f"--{name} {shlex.quote(value)}"

    return _KEYWORD.sub(option, mend)


def complain(message: str, mend: str = "") -> None:
    """An error: what happened in red, and the mend below it."""
    mend = as_options(mend)
    click.echo(click.style("Error: ", fg="red", bold=True) + message, err=True)
    if mend:
        click.echo(f"       {mend}", err=True)


def split(text: str | None) -> tuple[str, ...]:
    """The parts of an option that takes several values; a comma within JSON divides nothing.

    >>> split("cat, dog,,cat")
    ('cat', 'dog')
    >>> split('margin, {"name": "default", "patience": 3, "radius": 1}@svm')
    ('margin', '{"name": "default", "patience": 3, "radius": 1}@svm')
    """
    rest, parts = (text or "").lstrip(), []
    while rest:
        part, _, after = rest[_json_ends(rest) :].partition(",")
        parts.append((rest[: _json_ends(rest)] + part).strip())
        rest = after.lstrip()
    return tuple(dict.fromkeys(filter(None, parts)))


def _json_ends(text: str) -> int:
    """Where the JSON ends that a text begins with: 0 if there is none, the whole length if it is broken."""
    if not text.startswith("{"):
        return 0
    try:
        return json.JSONDecoder().raw_decode(text)[1]
    except ValueError:
        return len(text)


def fit(text: str, width: int = 60) -> str:
    """``text`` on one line of at most ``width`` characters.

    >>> fit("two\\nlines", 8)
    'two lin…'
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None) -> None:
    """A small table, its first column to the left and the others to the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for i, heading in enumerate(headings):
        shown.add_column(heading, justify="right" if i else "left")
    for row in rows:
        shown.add_row(*(Text(str(cell)) for cell in row))
    screen = Console(highlight=False)
    wide = None if screen.is_terminal or "COLUMNS" in os.environ else _UNBROKEN
    Console(highlight=False, width=wide).print(shown)


@contextmanager
def working(what: str) -> Iterator[Progress]:
    """A progress bar while the block runs; it takes ``(done, total)``, and total 0 means "nobody knows".

    On a screen it moves; in a file or a pipe it says once that it began and once that it ended.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        click.echo(f"{what} …", err=True)
        yield lambda done, total: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeRemainingColumn(),
    )
    waiting = (SpinnerColumn(), TextColumn("{task.description} …"))
    with Progress(*waiting, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def progress(done: int, total: int) -> None:
            if total:
                bar.columns = columns
                bar.update(task, completed=done, total=total)

        yield progress
