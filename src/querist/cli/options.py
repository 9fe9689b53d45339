"""Options that several commands share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

import click

__all__ = ["EXPLORE", "reading", "serving"]

Command = TypeVar("Command", bound=Callable[..., Any])


class _Explore(click.ParamType):  # type: ignore[type-arg]
    """A share of 1, or a schedule of shares; what is wrong with it is told in the library's words."""

    name = "share"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | str:
        from querist.errors import InvalidInput
        from querist.strategies.schedule import check_share

        share: float | str = value
        with contextlib.suppress(ValueError):
            share = float(value)
        try:
            check_share(share, "--explore")
        except InvalidInput as error:
            self.fail(f"{error.message} {error.mend}", param, ctx)
        return share


EXPLORE = _Explore()

_READING = (
    click.option("--text", metavar="COLUMN", help="Column with the texts; several with commas."),
    click.option("--image", metavar="COLUMN", help="Column with the paths of pictures."),
    click.option("--label", metavar="COLUMN", help="Column with labels that are given already."),
    click.option("--id", "id", metavar="COLUMN", help="Column with distinct ids."),
    click.option("--columns", metavar="A,B", help="Columns to show and to learn from."),
    click.option(
        "--kind", type=click.Choice(["text", "image", "row"]), help="What an item is, if the guess is wrong."
    ),
    click.option(
        "--encoding", metavar="NAME", help="The file's encoding, if it is not UTF-8; 'mixed' for a mixture."
    ),
)

_SERVING = (
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option("--port", type=click.IntRange(0, 65535), help="Port; else 8420, or any free one."),
    click.option(
        "--hostname",
        "hostnames",
        multiple=True,
        metavar="NAME",
        help="A further name or address under which browsers reach this machine; may be repeated.",
    ),
    click.option("--no-browser", is_flag=True, help="Do not open the page, only print its address."),
)


def reading(command: Command) -> Command:
    """The options that say how to read data."""
    return cast(Command, _with(_READING, command))


def serving(command: Command) -> Command:
    """The options that say where to serve."""
    return cast(Command, _with(_SERVING, command))


def _with(options: tuple[Callable[[Any], Any], ...], command: Any) -> Any:
    for option in reversed(options):
        command = option(command)
    return command
