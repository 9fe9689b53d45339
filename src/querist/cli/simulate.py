"""``querist simulate``."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("simulate")
def command() -> None:
    """Replay."""
