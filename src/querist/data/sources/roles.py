"""Which column is the text, which the id: as told, else guessed from what the columns hold."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from querist.data.source import Kind, Problem
from querist.errors import SourceError

__all__ = ["IMAGE_SUFFIXES", "Roles", "Table", "has_header", "resolve", "roles_of", "unique_names"]

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
_TEXT_WORDS = """
    text sentence review comment body content message tweet question utterance document abstract
    title headline summary description query prompt subject
"""
TEXT_NAMES = frozenset(_TEXT_WORDS.split())
ID_NAMES = frozenset(("id", "uid", "uuid", "guid", "item_id", "itemid", "doc_id", "docid", "row_id", "rowid"))
LABEL_NAMES = frozenset(
    ("label", "labels", "class", "classes", "category", "target", "y", "gold", "sentiment")
)
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?%?\s*")
_MISSING = frozenset(("", "na", "nan", "null", "none", "n/a", "?"))
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")  # no blanks between words
_SAMPLE = 1000
_FEW, _SHORT = 50, 40  # distinct values, and the characters of one, up to which they may be classes


@dataclass
class Table:
    """Named columns of strings, one place (line 7, row 3) a row."""

    names: list[str]
    columns: list[list[str]]
    places: Sequence[str]
    problems: list[Problem] = field(default_factory=list)
    header: bool = True

    def column(self, name: str) -> list[str]:
        return self.columns[self.names.index(name)]


@dataclass(frozen=True)
class Roles:
    """What each column is for."""

    kind: Kind
    text: tuple[str, ...] = ()
    image: str | None = None
    id: str | None = None
    label: str | None = None
    fields: tuple[str, ...] = ()
    meta: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()  # left out because they hold the classes


def resolve(name: str | int, names: Sequence[str], path: object) -> str:
    """The column that ``name`` means: its name, in any case, or its number from 1."""
    wanted = str(name).strip()
    if wanted in names:
        return wanted
    alike = [one for one in names if one.casefold() == wanted.casefold()]
    if len(alike) == 1:
        return alike[0]
    if wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    close = difflib.get_close_matches(wanted, names, n=1)
    shown = ", ".join(map(repr, names[:20])) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    raise SourceError(
        f"{path} has no column {wanted!r}; its columns are {shown}.",
        mend=f"Did you mean {close[0]!r}?" if close else "Name one of them, or give its number, from 1.",
    )


def roles_of(
    table: Table,
    path: object,
    *,
    text: str | Sequence[str] | None = None,
    image: str | None = None,
    id: str | None = None,
    label: str | None = None,
    columns: Sequence[str] | None = None,
    kind: str | None = None,
    classes: Sequence[str] = (),
) -> Roles:
    """Give every column its role; what the caller named stands, the rest is guessed.

    An empty string says that there is no such column.  Columns that are named like labels, or that hold
    nothing but the ``classes``, are never taken for labels unless told (that would answer every
    question), nor shown or put among the fields of a row (that would give the answer away, to the
    annotator and to the model).
    """
    if kind not in (None, "text", "image", "row"):
        raise SourceError(f"No kind of item is named {kind!r}.", mend="Choose text, image or row.")
    names = table.names
    given_id = resolve(id, names, path) if id else None
    given_label = resolve(label, names, path) if label else None
    found_id = given_id or (None if id == "" else _first(names, ID_NAMES))
    free = [name for name in names if name not in (found_id, given_label)]
    shown = tuple(resolve(one, names, path) for one in columns or ())
    texts = tuple(
        resolve(one, names, path) for one in ([text] if isinstance(text, str | int) else text or ())
    )
    picture = resolve(image, names, path) if image else None
    if kind is None:
        kind = "text" if texts else "image" if picture else "row" if shown else None
    kind, texts, picture = _guessed(table, path, free, kind, texts, picture, look=image != "")
    used = {*(texts if kind == "text" else ()), *((picture,) if kind == "image" else ())}
    fields: tuple[str, ...] = ()
    answers = {name for name in free if _holds_classes(table, name, classes)}
    if kind == "row":
        fields = shown or tuple(n for n in free if n not in answers and not _gives_away(table, n))
        if not fields:
            raise SourceError(f"{path} has no column left to show.", mend="Name the columns with columns=.")
    hidden = LABEL_NAMES - {"category"}  # small print must not give the answer away
    left = tuple(n for n in free if n not in used and n not in fields)
    meta = tuple(n for n in left if n.casefold() not in hidden and n not in answers)
    if not table.header:
        meta = tuple(name for name in meta if not _could_be_classes(table, name))
    if kind != "row" and shown:
        meta = tuple(name for name in shown if name not in used)
    return Roles(
        kind=kind,  # type: ignore[arg-type]
        text=texts if kind == "text" else (),
        image=picture if kind == "image" else None,
        id=found_id,
        label=given_label,
        fields=fields,
        meta=meta,
        answers=tuple(name for name in left if name in answers and name not in meta),
    )


def _guessed(
    table: Table,
    path: object,
    free: Sequence[str],
    kind: str | None,
    texts: tuple[str, ...],
    picture: str | None,
    *,
    look: bool,
) -> tuple[str, tuple[str, ...], str | None]:
    """The kind of the items, and the columns of texts or of pictures, where they were not told."""
    if picture is None and kind in (None, "image") and look:
        picture = _image_column(table, free)
        kind = kind or ("image" if picture else None)
    if kind == "image" and picture is None:
        raise SourceError(f"No column of {path} holds names of pictures.", mend="Name it with image=.")
    if not texts and kind in (None, "text"):
        texts = _text_columns(table, free, forced=kind == "text")
        kind = kind or ("text" if texts else "row")
    if kind == "text" and not texts:
        raise SourceError(f"No column of {path} holds text.", mend="Name it with text=.")
    return kind or "row", texts, picture


def has_header(rows: Sequence[Sequence[str]], named: Sequence[str] = ()) -> bool:
    """Whether the first of ``rows`` is a heading.

    It is when it holds a column that the caller named, or stands above numbers without being one; and
    else unless something tells against it: a number, an empty cell, one that reads like a sentence, two
    equal cells, or a cell that comes again below.
    """
    first = [cell.strip() for cell in rows[0]]
    lowered = {cell.casefold() for cell in first}
    if any(name.strip().casefold() in lowered for name in named):
        return True
    if lowered & (TEXT_NAMES | ID_NAMES | LABEL_NAMES) and not any(map(is_number, filter(None, first))):
        return True
    if len(rows) == 1 or any(map(is_number, first)):
        return False
    body = [row for row in rows[1:] if len(row) == len(first)]
    if any(_heads_numbers(cell, [row[j] for row in body]) for j, cell in enumerate(first)):
        return True
    for j, cell in enumerate(first):
        if not cell and j == 0:
            continue  # pandas and R leave the heading of the row names empty
        if not cell or _like_a_sentence(cell) or any(row[j].strip() == cell for row in body):
            return False
    return len(lowered) == len(first)


def _heads_numbers(cell: str, below: Sequence[str]) -> bool:
    held = [one for one in below if one.strip().casefold() not in _MISSING]
    return bool(held) and cell.casefold() not in _MISSING and sum(map(is_number, held)) > 0.8 * len(held)


def _like_a_sentence(cell: str) -> bool:
    return len(cell) > 60 or len(cell.split()) > 4 or cell[-1] in ".!?"


def unique_names(cells: Sequence[str], width: int | None = None) -> list[str]:
    """The header's cells as distinct names; empty ones become ``column 3``."""
    names: list[str] = []
    padded = [*cells, *[""] * ((width or 0) - len(cells))]
    for j, cell in enumerate(padded, start=1):
        name = cell.strip().replace("\x00", "") or f"column {j}"
        base, count = name, 2
        while name in names:
            name, count = f"{base} {count}", count + 1
        names.append(name)
    return names


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number."""
    return _NUMBER.fullmatch(cell) is not None


def _gives_away(table: Table, name: str) -> bool:
    """Whether a column is no property of the item: a label by its name, or row numbers without a name."""
    if name.casefold() in LABEL_NAMES:
        return True
    nameless = table.header and (name == "column 1" or name.startswith("Unnamed: "))
    return nameless and len(set(table.column(name))) == len(table.places)


def _holds_classes(table: Table, name: str, classes: Sequence[str]) -> bool:
    """Whether a column holds two of the classes at least, and nothing else."""
    known = {one.strip().casefold() for one in classes}
    held = {cell.strip().casefold() for cell in table.column(name)} - _MISSING
    return len(held) > 1 and held <= known


def _could_be_classes(table: Table, name: str) -> bool:
    """Whether a column without a heading holds few short values: nobody can tell them from an answer."""
    held = set(table.column(name))
    return len(held) <= _FEW and max(map(len, held), default=0) <= _SHORT


def _first(names: Sequence[str], known: frozenset[str]) -> str | None:
    return next((name for name in names if name.casefold().replace(" ", "_") in known), None)


def _image_column(table: Table, free: Sequence[str]) -> str | None:
    for name in free:
        sample = [cell for cell in table.column(name)[:_SAMPLE] if cell]
        if sample and sum(cell.lower().endswith(IMAGE_SUFFIXES) for cell in sample) > 0.9 * len(sample):
            return name
    return None


def _text_columns(table: Table, free: Sequence[str], *, forced: bool) -> tuple[str, ...]:
    """The columns that read like sentences; failing these, one with a name that says so."""
    wordy, named = [], []
    for name in free:
        sample = [cell for cell in table.column(name)[:_SAMPLE] if cell.strip().casefold() not in _MISSING]
        if not sample or sum(map(is_number, sample)) > 0.5 * len(sample):
            continue
        words = sum(len(cell.split()) + len(_UNSPACED.findall(cell)) / 2 for cell in sample) / len(sample)
        distinct = len(set(sample)) / len(sample)
        if name.casefold() in TEXT_NAMES:
            named.append(name)
        if words >= 4 and distinct > 0.5 and name.casefold() not in LABEL_NAMES:
            wordy.append(name)
    if wordy or named:
        return tuple(wordy or named[:1])
    if forced or len(free) == 1:
        lengths = {name: sum(map(len, table.column(name)[:_SAMPLE])) for name in free}
        wide = max(free, key=lambda name: lengths[name], default=None)
        if wide is not None and not all(map(is_number, filter(None, table.column(wide)[:_SAMPLE]))):
            return (wide,)
    return ()
