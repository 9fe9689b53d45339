"""Labels that exist already, read from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from querist.data import Source, open_source
from querist.errors import InvalidInput, SourceError

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
    like : the options that the campaign's items were read with.  For the items' own file with a new column
        of labels, where it has no ids: they are then made in the same way.  A file that is not like the
        items' is read by its ids.

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
    ids = id or "id"
    ways = [{"id": ids, "label": label, "kind": "row", "columns": [ids, label], "encoding": encoding}]
    if id is None and like is not None and not like.get("id"):
        ways.insert(0, {**like, "label": label, "encoding": encoding or like.get("encoding")})
    source = _opened(path, ways)
    if not source.labels:
        raise InvalidInput(
            f"The column {label!r} of {path} holds no labels.",
            mend="Name the column that does, with --label.",
        )
    return dict(source.labels)


def _opened(path: str | Path, ways: Sequence[Mapping[str, Any]]) -> Source:
    """The source in the first way that fits the file; if none does, what is wrong in the first."""
    errors = []
    for options in ways:
        try:
            return open_source(path, **options)
        except SourceError as error:
            errors.append(error)
    raise errors[0]
