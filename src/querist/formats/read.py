"""Labels that exist already, read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from querist.data import open_source
from querist.errors import InvalidInput

__all__ = ["read_labels"]


def read_labels(
    path: str | Path,
    *,
    id: str | None = None,
    label: str = "label",
    encoding: str | None = None,
    like: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """The labels in a table, by item id; rows without a label are left out.

    Parameters
    ----------
    path : CSV, TSV, JSON lines, JSON or Parquet file, such as :func:`write_labels` writes
    id : the column with the items' ids; without it the one named ``id``
    label : the column with the labels
    encoding : the file's encoding, when it is not UTF-8
    like : the options that the campaign's items were read with.  For a file without a column of ids, such
        as the items' own file with a new column of labels: the ids are then made in the same way.

    Raises
    ------
    SourceError
        The file cannot be read, has no such column, or names an item twice.
    InvalidInput
        There is no label in it.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "labels.csv"
    >>> _ = path.write_text("id,label\\na,yes\\nb,\\nc,no\\n")
    >>> read_labels(path)
    {'a': 'yes', 'c': 'no'}
    """
    if id is None and like is not None and not like.get("id"):
        source = open_source(path, **{**like, "label": label, "encoding": encoding or like.get("encoding")})
    else:
        id = id or "id"
        source = open_source(path, id=id, label=label, kind="row", columns=[id, label], encoding=encoding)
    if not source.labels:
        raise InvalidInput(
            f"The column {label!r} of {path} holds no labels.",
            mend="Name the column that does, with --label.",
        )
    return dict(source.labels)
