"""``querist import``: labels that exist already, into a campaign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from querist.cli.console import say, working
from querist.cli.folders import FOLDER
from querist.errors import UnknownItem

if TYPE_CHECKING:
    from querist.data import Pool
    from querist.workspace import Workspace

__all__ = ["command"]


@click.command("import", short_help="Bring in labels that exist already.")
@click.argument("folder", type=FOLDER)
@click.argument("labels", type=click.Path(path_type=Path))
@click.option("--id", "id", metavar="COLUMN", help="Column with the items' ids [id].")
@click.option("--label", default="label", show_default=True, metavar="COLUMN", help="Column with the labels.")
@click.option(
    "--by", default="import", show_default=True, metavar="NAME", help="The annotator they count as."
)
@click.option("--encoding", metavar="NAME", help="The file's encoding, if it is not UTF-8.")
@click.option("--skip-unknown", is_flag=True, help="Leave out ids that the campaign does not have.")
def command(
    folder: Path, labels: Path, id: str | None, label: str, by: str, encoding: str | None, skip_unknown: bool
) -> None:
    """Bring labels that exist already into the campaign in FOLDER.

    LABELS is a table with a column of ids and one of labels, such as `querist export` writes; or the
    campaign's own data with a new column. Stop the campaign's server first.

    \b
    Examples:
      querist import reviews.querist labels.csv
      querist import reviews.querist old.parquet --id review_id --label topic --by archive
    """
    from querist.formats import read_labels
    from querist.workspace import Workspace

    with Workspace.open(folder) as workspace:
        with working(f"Reading {labels}"):
            found = read_labels(
                labels, id=id, label=label, encoding=encoding, like=workspace.manifest.options
            )
        known = _known(found, workspace.pool, skip_unknown)
        before = len(workspace.campaign.labels)
        with working(f"Storing {_labels(known)}"):
            _store(workspace, known, by)
        after = len(workspace.campaign.labels)
    left = f"; {len(found) - len(known):,} with unknown ids left out" if len(found) > len(known) else ""
    say(f"{_labels(known)} from {labels}, {after - before:,} of them for items that had none{left}")


def _labels(known: dict[str | int, str]) -> str:
    return "1 label" if len(known) == 1 else f"{len(known):,} labels"


def _store(workspace: Workspace, labels: dict[str | int, str], by: str) -> None:
    """All labels or none, after the classes that are new; on the disk when it returns."""
    campaign = workspace.campaign
    with workspace.journal.durable():
        if campaign.settings.open_classes:
            for name in sorted(set(labels.values()) - set(campaign.state.classes)):
                campaign.add_class(name, by=by)
        campaign.tell(labels, by=by)


def _known(found: dict[str, str], pool: Pool, skip_unknown: bool) -> dict[str | int, str]:
    """The labels by the pool's own ids; text that reads as a number finds a number."""
    known: dict[str | int, str] = {}
    unknown: list[str] = []
    for item, value in found.items():
        own = pool.find(item)
        if own is None:
            unknown.append(item)
        else:
            known[own] = value
    if unknown and not (skip_unknown and known):
        raise UnknownItem(
            f"{len(unknown):,} of {len(found):,} ids are not in the campaign, {unknown[0]!r} among them; "
            f"its own look like {pool.ids[0]!r}.",
            mend="Name the right column with --id, or pass --skip-unknown to import the others.",
        )
    return known
