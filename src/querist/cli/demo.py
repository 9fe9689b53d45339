"""``querist demo``: the labelling page on an embedded example."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from querist.cli.console import say, working
from querist.cli.options import serving

__all__ = ["command"]


@click.command("demo", short_help="Look around, on an embedded example.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep the example here [a temporary folder].")
@serving
def command(folder: Path | None, **page: Any) -> None:
    """Look around: label handwritten digits from an embedded example in the browser.

    Nothing is downloaded. The example lives in a temporary folder and goes with it, unless you name one.

    \b
    Examples:
      querist demo
      querist demo --folder digits-demo
    """
    from querist.cli.label import create
    from querist.cli.opening import show_page
    from querist.evaluation.examples import write_digits
    from querist.workspace import Workspace

    with ExitStack() as stack:
        if folder is None:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="querist-demo-")))
            say("The example lives in a temporary folder: it goes when you stop. Keep it with --folder NAME.")
        else:
            home = folder
        if Workspace.there(home / "digits.querist"):
            workspace = Workspace.open(home / "digits.querist")
        else:
            with working("Drawing 1,797 digits"):
                pictures = write_digits(home / "digits")
            options = {"classes": "0,1,2,3,4,5,6,7,8,9", "title": "Handwritten digits", "target": 0.95}
            workspace = create(pictures, home / "digits.querist", {**options, "label": ""})
        show_page(workspace, **page)
