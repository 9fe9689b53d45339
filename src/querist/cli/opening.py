"""From data to an open campaign, and from a campaign to its page: what label, demo and serve share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from querist.cli.console import as_options, fit, say, split, working

if TYPE_CHECKING:
    from querist.data import Source
    from querist.workspace import Workspace

__all__ = ["read", "show_page", "tell_source"]

_TOLD = 3  # problems of the data that are told at once


def read(path: Path, options: Mapping[str, Any]) -> Source:
    """The items at ``path``; ``options`` as :func:`querist.cli.options.reading` collects them."""
    from querist.data import open_source

    text = split(options.get("text"))
    with working(f"Reading {path}"):
        return open_source(
            path,
            text=list(text) or None,
            image=options.get("image"),
            label=options.get("label"),
            id=options.get("id"),
            columns=list(split(options.get("columns"))) or None,
            kind=options.get("kind"),
            encoding=options.get("encoding"),
            classes=split(options.get("classes")),
        )


def tell_source(path: Path, source: Source) -> None:
    """What was found, and what was left out."""
    one = {"text": "text", "image": "picture", "row": "row"}[source.kind]
    what = one if len(source) == 1 else f"{one}s"
    given = f", {len(source.labels):,} of them labelled" if source.labels else ""
    say(f"{path}: {len(source):,} {what}{given}")
    problems = list(source.problems)
    for problem in problems[:_TOLD]:
        say(f"  {'left out' if problem.left_out else 'note'}: {fit(as_options(str(problem)), 110)}")
    if len(problems) > _TOLD:
        say(f"  and {len(problems) - _TOLD:,} more; `querist status` lists them.")


def show_page(
    workspace: Workspace, *, host: str, port: int | None, hostnames: tuple[str, ...], no_browser: bool
) -> None:
    """Serve the campaign until Ctrl+C, with its page in the browser."""
    from querist.server import serve

    def ready(address: str) -> None:
        say(f"Campaign  {workspace.folder}")
        say(f"Page      {click.style(address, bold=True)}")
        say("Ctrl+C stops the server; the same command goes on where you stopped.")
        if not no_browser:
            _open_browser(address)

    serve(workspace, host=host, port=port, hosts=hostnames, ready=ready, told=say)


def _open_browser(address: str) -> None:
    """Open the page without waiting: some browsers keep their caller."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
