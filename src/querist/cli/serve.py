"""``querist serve``: open a campaign that is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from querist.cli.folders import FOLDER
from querist.cli.options import serving

__all__ = ["command"]


@click.command("serve", short_help="Open a campaign that is there, for one or for a team.")
@click.argument("folder", type=FOLDER)
@serving
def command(folder: Path, **page: Any) -> None:
    """Serve the campaign in FOLDER, for one person or for a team.

    \b
    Examples:
      querist serve reviews.querist
      querist serve reviews.querist --host 0.0.0.0 --port 8123 --hostname labels.example --no-browser
    """
    from querist.cli.opening import show_page
    from querist.workspace import Workspace

    show_page(Workspace.open(folder), **page)
