"""The one door to data on disk: a path becomes items."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from querist.data.images import image_fault
from querist.data.source import Columns, Problem, Source, stable_ids
from querist.data.sources.arrays import read_arrays
from querist.data.sources.delimited import read_delimited
from querist.data.sources.folders import read_folder
from querist.data.sources.records import read_json, read_jsonl, read_lines, read_parquet
from querist.data.sources.roles import Roles, Table, roles_of
from querist.errors import SourceError

__all__ = ["open_source"]

_SUFFIXES = ".csv, .tsv, .jsonl, .json, .parquet, .txt, .npy, .npz, or a folder of pictures or text files"


def open_source(
    path: str | Path,
    *,
    text: str | Sequence[str] | None = None,
    image: str | None = None,
    id: str | None = None,
    label: str | None = None,
    encoding: str | None = None,
    columns: Sequence[str] | None = None,
    kind: str | None = None,
    header: bool | None = None,
    classes: Sequence[str] = (),
) -> Source:
    """The items at ``path``: a table, a folder of pictures or text files, or a NumPy file.

    Parameters
    ----------
    path : CSV, TSV, JSON lines, JSON, Parquet (``.gz`` of the first four too), a text file with one item
        a line, a folder, ``.npy`` or ``.npz``
    text : the column, or columns, that hold the text; without it, those that read like sentences
    image : the column that holds paths of pictures, seen from the table's folder
    id : the column with a distinct id an item; without it one named ``id``, else a hash of what is shown,
        so that an item keeps its id when rows are added, removed or moved
    label : the column (the array, of an ``.npz``) with labels that are given already; ``""`` for folders
        whose sub-folders are no classes
    encoding : a codec's name, or ``"mixed"`` for UTF-8 with stray Windows-1252
    columns : the columns of a row to be shown and encoded; of texts and pictures, the small print;
        of an ``.npz``, the array
    kind : ``"text"``, ``"image"`` or ``"row"``, when the guess is wrong
    header : whether the first row of a CSV is its heading; without it, found out
    classes : what may be answered; a column that holds nothing else is not shown unless it is named

    A column is given by its name or by its number, from 1.

    Raises
    ------
    SourceError
        With the place and the mend.  Single rows and files that cannot be used are left out and told in
        ``problems``.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "reviews.csv"
    >>> _ = path.write_text("review,stars\\nA fine film from start to end,5\\nI left before it was over,1\\n")
    >>> source = open_source(path)
    >>> source
    Source(2 items of kind 'text', 0 labelled)
    >>> source.content[0]
    {'kind': 'text', 'text': 'A fine film from start to end', 'meta': {'stars': '5'}}
    """
    path = Path(path).expanduser()
    if path.is_dir():
        return read_folder(path.absolute(), kind=kind, encoding=encoding, label=label)
    suffix = _suffix(path)
    if suffix in (".npy", ".npz"):
        source = read_arrays(path, column=columns[0] if columns else None, label=label, kind=kind)
        return replace(source, fingerprint=_fingerprint(path))
    named = [text] if isinstance(text, str | int) else list(text or ())
    told = (str(one) for one in (*named, image, id, label, *(columns or ())) if one)
    known = tuple(name for name in told if not name.isdigit())  # a column's number is found in any row
    table = _table(path, suffix, encoding, header, known)
    _refuse_empty(table, path)
    roles = roles_of(
        table, path, text=text, image=image, id=id, label=label, columns=columns, kind=kind, classes=classes
    )
    source = _from_table(table, roles, path)
    options = {**_options(roles, encoding, table), "classes": list(classes)}
    return replace(source, fingerprint=_fingerprint(path), options=options, path=str(path))


def _suffix(path: Path) -> str:
    if not path.exists():
        raise SourceError(f"{path} does not exist.", mend="Check the path.")
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _table(
    path: Path, suffix: str, encoding: str | None, header: bool | None, known: tuple[str, ...]
) -> Table:
    if suffix in (".csv", ".tsv", ".tab"):
        return read_delimited(path, encoding=encoding, header=header, named=known)
    if suffix in (".jsonl", ".ndjson"):
        return read_jsonl(path, encoding=encoding)
    if suffix == ".json":
        return read_json(path, encoding=encoding)
    if suffix in (".parquet", ".pq"):
        return read_parquet(path)
    if suffix in (".txt", ".text"):
        return read_lines(path, encoding=encoding)
    raise SourceError(f"{path} has a suffix that querist does not know.", mend=f"Give it as {_SUFFIXES}.")


def _refuse_empty(table: Table, path: Path) -> None:
    if not table.places:
        told = f": {table.problems[0]}" if table.problems else ""
        raise SourceError(
            f"{path} holds no items{told}.", mend="Check that the export that wrote it ran through."
        )


def _from_table(table: Table, roles: Roles, path: Path) -> Source:
    problems = list(table.problems)
    clean = {name: _cleaned(table, name, problems) for name in table.names}
    shown = {
        name: clean[name] for name in (*roles.text, *((roles.image,) if roles.image else ()), *roles.fields)
    }
    text, paths, reasons = _seen(roles, shown, path)
    keep = [i for i in range(len(table.places)) if i not in reasons]
    problems += [Problem(table.places[i], reason) for i, reason in reasons.items()]
    problems += [Problem(f"column {name!r}", _answers(name), left_out=False) for name in roles.answers]
    if not keep:
        raise SourceError(
            f"None of the {len(table.places)} items of {path} can be used; {problems[-1]}.",
            mend="Name the columns to use (text=, image=, columns=).",
        )

    def kept(column: Sequence[str]) -> Sequence[str]:
        return column if len(keep) == len(column) else [column[i] for i in keep]

    ids = _ids(table, roles, shown, clean, keep, path)
    labels = kept(clean[roles.label]) if roles.label else ()
    return Source(
        kind=roles.kind,
        ids=ids,
        content=Columns(
            kind=roles.kind,
            size=len(keep),
            text=None if text is None else kept(text),
            path=None if paths is None else kept(paths),
            fields={name: kept(clean[name]) for name in roles.fields},
            meta={name: kept(clean[name]) for name in roles.meta},
        ),
        labels={item: value.strip() for item, value in zip(ids, labels, strict=False) if value.strip()},
        problems=problems,
    )


def _answers(name: str) -> str:
    return f"it holds the classes, so it is not shown (label={name!r} takes them for given labels)"


def _seen(
    roles: Roles, shown: dict[str, list[str]], path: Path
) -> tuple[list[str] | None, list[str] | None, dict[int, str]]:
    """The texts or the paths of the items, and why some of them cannot be used, by row."""
    rows = zip(*shown.values(), strict=True)
    if roles.kind == "text":
        text = ["\n\n".join(filter(None, map(str.strip, row))) for row in rows]
        return text, None, {i: "the text is empty" for i, one in enumerate(text) if not one}
    if roles.kind == "image":
        paths, reasons = _pictures(shown[str(roles.image)], path)
        return None, paths, reasons
    return None, None, {i: "every value is missing" for i, row in enumerate(rows) if not any(row)}


def _cleaned(table: Table, name: str, problems: list[Problem]) -> list[str]:
    """A column without what no database and no screen can hold: NUL bytes and lone surrogates."""
    column = table.column(name)
    whole = "".join(column)
    try:
        whole.encode("utf-8")
    except UnicodeEncodeError:
        column = [cell.encode("utf-8", "replace").decode("utf-8") for cell in column]
    if "\x00" not in whole:
        return column
    for place, cell in zip(table.places, column, strict=True):
        if "\x00" in cell:
            problems.append(Problem(place, f"NUL bytes were removed from {name!r}", left_out=False))
    return [cell.replace("\x00", "") for cell in column]


def _pictures(names: Sequence[str], table: Path) -> tuple[list[str], dict[int, str]]:
    root = table.absolute().parent
    paths, reasons = [], {}
    for i, name in enumerate(names):
        paths.append(str(root / name.strip()))
        if not name.strip():
            reasons[i] = "no picture is named"
        elif fault := image_fault(paths[-1]):
            reasons[i] = f"{name}: {fault}"
    return paths, reasons


def _ids(
    table: Table,
    roles: Roles,
    shown: dict[str, list[str]],
    clean: dict[str, list[str]],
    keep: list[int],
    path: Path,
) -> list[str]:
    if roles.id is None:
        rows = zip(*shown.values(), strict=True)
        if len(keep) < len(table.places):
            wanted = set(keep)
            rows = (row for i, row in enumerate(rows) if i in wanted)  # type: ignore[assignment]
        return stable_ids(rows)
    ids: list[str] = []
    first: dict[str, int] = {}
    for i in keep:
        item = clean[roles.id][i].strip()
        if not item:
            raise SourceError(
                f"The id in column {roles.id!r} is empty at {table.places[i]} of {path}.",
                mend="Give every item an id, name another id column, or none (id='').",
            )
        if item in first:
            raise SourceError(
                f"The id {item!r} of column {roles.id!r} stands twice in {path}: "
                f"at {table.places[first[item]]} and at {table.places[i]}.",
                mend="Remove one of the two, name another id column, or none (id='').",
            )
        first[item] = i
        ids.append(item)
    return ids


def _options(roles: Roles, encoding: str | None, table: Table) -> dict[str, Any]:
    return {
        "text": list(roles.text) or None,
        "image": roles.image,
        "id": roles.id or "",
        "label": roles.label or "",
        "encoding": encoding,
        "columns": list(roles.fields) or None,
        "kind": roles.kind,
        "header": table.header,
    }


def _fingerprint(path: Path) -> str:
    state = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(2**20):
            state.update(block)
    return state.hexdigest()
