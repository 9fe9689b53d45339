"""CSV and TSV: delimiter, quoting and header found out; every odd row with its line number."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from querist.data.source import Problem
from querist.data.sources.lines import LINE_LIMIT, lines_of, open_text
from querist.data.sources.roles import Table, has_header, unique_names
from querist.errors import SourceError

__all__ = ["read_delimited"]

SAMPLE = 2**18  # characters in which delimiter, quoting and header are sought
RAGGED_SHARE = 0.05  # more rows than this of another width: the delimiter is wrong, not the rows
ALIKE = 0.8  # the share of rows that must have one width under the right delimiter
NO_DELIMITER = "\x1f"
_TOLD = re.compile(r'"?sep=([,;|\t])"?\r?\n')  # Excel's own first line
_OPENING_QUOTE = re.compile(r'(?:^|[\t\r\n])"')


def read_delimited(
    path: Path, *, encoding: str | None = None, header: bool | None = None, named: tuple[str, ...] = ()
) -> Table:
    """The columns of a CSV or TSV file, as strings.

    ``named`` are column names that the caller knows: a first row that holds one of them is a header.
    Rows of another width than the rest are left out, with their line, as problems.
    """
    with open_text(path, encoding) as file:
        sample = file.read(SAMPLE)
    told = _TOLD.match(sample)
    delimiter, quoting = (told[1], csv.QUOTE_MINIMAL) if told else _dialect(sample, path)
    with open_text(path, encoding) as file, _wide_fields():
        rows, lines = _rows(file, path, delimiter, quoting)
    if told:
        rows, lines = rows[1:], lines[1:]
    if not rows:
        raise SourceError(f"{path} holds only blank lines.", mend="Give one item a line.")
    header = has_header(rows[:1000], named) if header is None else header
    names = unique_names(rows[0]) if header else [f"column {j + 1}" for j in range(len(rows[0]))]
    if header and len(rows) == 1:
        raise SourceError(
            f"{path} holds a header ({', '.join(names)}) and no rows.",
            mend="Check that the export that wrote it ran through.",
        )
    kept, kept_lines, problems = _even(rows, lines, header, path, delimiter)
    columns = [list(column) for column in zip(*kept, strict=True)] if kept else [[] for _ in names]
    return Table(
        names=names[: len(columns)] if len(names) >= len(columns) else unique_names(names, len(columns)),
        columns=columns,
        places=[f"line {line}" for line in kept_lines],
        problems=problems,
        header=header,
    )


def _rows(file: IO[str], path: Path, delimiter: str, quoting: int) -> tuple[list[list[str]], list[int]]:
    rows, starts = [], []
    pending: list[str] = []  # the physical lines of the record being read
    start = 1

    def watched() -> Iterator[str]:
        for line in lines_of(file, path):
            pending.append(line)
            yield line

    reader = csv.reader(watched(), delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    last: list[str] = []
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
                starts.append(start)
            start = reader.line_num + 1
            last, pending = pending[:], pending
            pending.clear()
    except csv.Error as error:
        raise SourceError(f"Line {start} of {path} cannot be read: {error}.", mend=_UNCLOSED) from error
    if len(last) > 1 and quoting != csv.QUOTE_NONE:
        _refuse_unclosed(last, starts, path, delimiter)
    return rows, starts


_UNCLOSED = 'A quote that opens here never closes: close it, or double it ("") if it belongs to the text.'


def _refuse_unclosed(last: list[str], starts: list[int], path: Path, delimiter: str) -> None:
    try:
        list(csv.reader(last, delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            raise SourceError(
                f"Line {starts[-1]} of {path} opens a quote that is still open at the end of the file, "
                f"{len(last)} lines on.",
                mend=_UNCLOSED,
            ) from error


def _even(
    rows: list[list[str]], lines: list[int], header: bool, path: Path, delimiter: str
) -> tuple[list[list[str]], list[int], list[Problem]]:
    """The rows that are as wide as they should be; the others as problems, or all refused if many."""
    width = len(rows[0]) if header else Counter(map(len, rows)).most_common(1)[0][0]
    body, body_lines = (rows[1:], lines[1:]) if header else (rows, lines)
    widths = Counter(map(len, body))
    if header and widths[width] == 0 and len(widths) == 1 and next(iter(widths)) == width + 1:
        width += 1  # R writes row names without a heading of their own
        rows[0].insert(0, "")
    odd = len(body) - widths[width]
    if not odd:
        return body, body_lines, []
    if odd > max(1, RAGGED_SHARE * len(body)):
        first = next(i for i, row in enumerate(body) if len(row) != width)
        raise SourceError(
            f"{odd} of {len(body)} rows of {path} have another number of columns than the {width} of "
            f"{'the header' if header else 'the others'}; line {body_lines[first]} has {len(body[first])}.",
            mend=f"The delimiter was taken to be {delimiter!r}: quote the values that hold it "
            "(or give the file as JSONL).",
        )
    problems = [
        Problem(f"line {line}", f"{len(row)} columns where {width} were expected")
        for row, line in zip(body, body_lines, strict=True)
        if len(row) != width
    ]
    kept = [(row, line) for row, line in zip(body, body_lines, strict=True) if len(row) == width]
    return [row for row, _ in kept], [line for _, line in kept], problems


def _dialect(sample: str, path: Path) -> tuple[str, int]:
    """The delimiter and the quoting under which the sample's rows are most alike."""
    tab = path.name.lower().removesuffix(".gz").endswith((".tsv", ".tab"))
    if tab and not _OPENING_QUOTE.search(sample):
        return "\t", csv.QUOTE_NONE  # a stray quote further on is a character like any other
    best, found = (0.0, False, 0, 0), (NO_DELIMITER, csv.QUOTE_MINIMAL)
    for delimiter in ("\t",) if tab else (",", ";", "\t", "|"):
        if delimiter not in sample:
            continue
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            widths = _widths(sample, delimiter, quoting)
            if not widths:
                continue
            width, count = max(widths.items(), key=lambda one: (one[1], one[0]))
            key = (count / widths.total(), quoting == csv.QUOTE_MINIMAL, width, count)
            if width > 1 and key[0] >= ALIKE and key > best:
                best, found = key, (delimiter, quoting)
    return found


def _widths(sample: str, delimiter: str, quoting: int) -> Counter[int]:
    """How many of the sample's rows have how many cells; the last row, cut short perhaps, is left out."""
    lines = io.StringIO(sample, newline="")
    with _wide_fields():
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, quoting=quoting) if row]  # type: ignore[arg-type]
        except csv.Error:
            return Counter()
    return Counter(widths[:-1] if len(sample) >= SAMPLE and len(widths) > 1 else widths)


@contextmanager
def _wide_fields() -> Iterator[None]:
    """The csv module's own limit of 131,072 characters a field is below a long document."""
    before = csv.field_size_limit(LINE_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)
