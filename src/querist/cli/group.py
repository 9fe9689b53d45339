"""``querist`` itself: finds its commands when they are wanted, and tells errors with their mend."""

from __future__ import annotations

import errno
from importlib import import_module
from typing import Any

import click

from querist import __version__
from querist.cli.console import complain
from querist.errors import QueristError

__all__ = ["main"]

_MODULES = {
    "label": "label",
    "demo": "demo",
    "simulate": "simulate",
    "bench": "bench",
    "status": "status",
    "test": "measure",
    "stream": "stream",
    "export": "export",
    "predict": "predict",
    "import": "import_labels",
    "serve": "serve",
}
_OURS_TO_TELL = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EADDRINUSE),
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG),
)


class Commands(click.Group):
    """A group whose commands are imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        module = import_module(f"querist.cli.{_MODULES[cmd_name]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest command's name when there is none such."""
        if args and args[0] not in _MODULES and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], _MODULES, n=1)
            hint = f"Did you mean `querist {close[0]}`?" if close else f"Commands: {', '.join(_MODULES)}."
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error that we foresaw is told in two sentences, without a traceback."""
        try:
            return super().invoke(ctx)
        except QueristError as error:
            complain(error.message, error.mend)
            ctx.exit(2)
        except OSError as error:
            if error.errno not in _OURS_TO_TELL:
                raise
            what = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
            complain(f"{what}.", "Check the path, its permissions and the room on the device.")
            ctx.exit(2)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="querist")
def main() -> None:
    """querist asks people for the labels that a model needs most, and for no others.

    \b
    Label your own data in the browser, while the model chooses every next item:
      querist label reviews.csv
      querist label photos/ --classes cat,dog
    Look around first, on an embedded example:
      querist demo
    See whether it pays, on data that has labels already:
      querist simulate reviews.csv --label topic
    Take out what came of it:
      querist export reviews.querist --what labels -o labels.csv
    Run the model on new data:
      querist predict topic-model new.csv
    """
