"""Where campaigns lie: the folder beside the data, and the argument that names one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["FOLDER", "default_folder"]


def default_folder(path: Path) -> Path:
    """The campaign's folder for data at ``path``; a campaign's folder is its own.

    >>> str(default_folder(Path("reviews.csv.gz"))), str(default_folder(Path("photos/")))
    ('reviews.querist', 'photos.querist')
    """
    from querist.workspace import Workspace

    if Workspace.there(path):
        return path
    path = path.absolute() if path.name in ("", "..") else path
    stem = path.name if path.is_dir() else path.name.removesuffix(".gz").rpartition(".")[0]
    return path.with_name(f"{stem or path.name}.querist")


class _Folder(click.Path):
    """A campaign's folder; whoever gives the data instead is told the folder that was made beside them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from querist.workspace import Workspace

        given = Path(value)
        beside = default_folder(given)
        if not given.is_dir():
            what = "is no folder" if given.exists() else "does not exist"
            hint = f" Did you mean {beside}?" if beside.is_dir() else " Give a campaign's folder."
            self.fail(f"{given} {what}.{hint}", param, ctx)
        if beside != given and Workspace.there(beside):  # a folder of pictures or texts
            self.fail(f"{given} holds no campaign. Did you mean {beside}?", param, ctx)
        return super().convert(value, param, ctx)


FOLDER = _Folder(exists=True, file_okay=False, path_type=Path)
