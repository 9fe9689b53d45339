"""Text files as lines: encodings told apart, sizes bounded, every fault with its line number."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from querist.errors import SourceError

__all__ = ["LINE_LIMIT", "lines_of", "open_text"]

LINE_LIMIT = 16 * 2**20  # characters; longer is a file without line breaks, not a text to be read

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the other's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive or an Office workbook", "Unpack it, or save the sheet as CSV (UTF-8)."),
    (b"PAR1", "a Parquet file", "Give it the suffix .parquet."),
    (b"%PDF", "a PDF", "Extract its text first."),
    (b"ARROW1", "an Arrow file", "Write it as Parquet first."),
    (b"SQLite format 3", "an SQLite database", "Export the table as CSV first."),
    (b"\xd0\xcf\x11\xe0", "an old Office document", "Save the sheet as CSV (UTF-8)."),
    (b"\x89PNG", "a picture", "Point querist at the folder that holds the pictures."),
    (b"\xff\xd8\xff", "a picture", "Point querist at the folder that holds the pictures."),
)


@contextmanager
def open_text(path: Path, encoding: str | None = None) -> Iterator[IO[str]]:
    """``path`` opened for reading text, line ends kept as they are; ``.gz`` is unpacked on the way.

    ``encoding`` is a codec's name, ``"mixed"`` (each byte sequence that is not UTF-8 is read as
    Windows-1252) or None: a byte-order mark decides, else it must be UTF-8 throughout.
    """
    head = _head(path)
    if not head:
        raise SourceError(
            f"{path} is empty (0 bytes).", mend="Check that the export that wrote it ran through."
        )
    for magic, what, mend in _FOREIGN:
        if head.startswith(magic):
            raise SourceError(f"{path} is {what}, not a text file.", mend=mend)
    name, errors = encoding or _guess(head), "strict"
    if name.lower().replace("_", "-") in ("utf-8", "utf8"):
        name = "utf-8-sig"  # a byte-order mark is no part of the first column's name
    if encoding == "mixed":
        name, errors = "utf-8-sig", "querist.mixed"
    try:
        codecs.lookup(name)
    except LookupError as error:
        raise SourceError(
            f"No encoding is named {encoding!r}.", mend="Write for example utf-8, cp1252, latin-1 or mixed."
        ) from error
    with _raw(path) as raw, io.TextIOWrapper(raw, encoding=name, errors=errors, newline="") as file:
        try:
            yield file
        except UnicodeDecodeError as error:
            raise _undecodable(path, name) from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceError(
                f"{path} breaks off or is damaged: {error}.", mend="Copy or download the file again."
            ) from error


def lines_of(file: IO[str], path: Path, limit: int = LINE_LIMIT) -> Iterator[str]:
    """The lines of ``file``, line ends included; a line beyond ``limit`` characters is refused."""
    number = 0
    readline = file.readline
    while line := readline(limit):
        number += 1
        if len(line) >= limit and line[-1] not in "\r\n":
            raise SourceError(
                f"Line {number} of {path} is longer than {limit:,} characters.",
                mend="A file without line breaks, or a quote that never closes, looks like this: "
                "write one item a line.",
            )
        yield line


@contextmanager
def _raw(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix.lower() == ".gz":
        with gzip.open(path, "rb") as packed:
            yield packed  # type: ignore[misc]
    else:
        with path.open("rb", buffering=2**18) as plain:
            yield plain


def _head(path: Path, size: int = 4096) -> bytes:
    try:
        with _raw(path) as raw:
            return raw.read(size)
    except FileNotFoundError as error:
        raise SourceError(f"{path} does not exist.", mend="Check the path.") from error
    except PermissionError as error:
        raise SourceError(
            f"{path} may not be read: {error.strerror}.", mend="Check its permissions."
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(
            f"{path} is no whole gzip file: {error}.", mend="Unpack it yourself, or download it again."
        ) from error


def _guess(head: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) // 8:  # every other byte of a Latin text in UTF-16 is zero
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8"


def _undecodable(path: Path, encoding: str) -> SourceError:
    """Read once more, in bytes, to say where it is and what would read it."""
    if encoding not in ("utf-8", "utf-8-sig"):
        return SourceError(
            f"{path} is not {encoding} throughout.", mend="Name its encoding (encoding='utf-8', say)."
        )
    foreign = 0  # lines that are UTF-8 and more than ASCII, before the first that is not UTF-8
    with _raw(path) as raw:
        number = 0
        while line := raw.readline(LINE_LIMIT):
            number += 1
            try:
                foreign += not line.decode("utf-8").isascii()
            except UnicodeDecodeError as error:
                return _bad_line(path, number, line, error, foreign)
    return SourceError(f"{path} is not UTF-8.", mend="Name its encoding (encoding='cp1252', say).")


def _bad_line(path: Path, number: int, line: bytes, error: UnicodeDecodeError, foreign: int) -> SourceError:
    shown = line[max(0, error.start - 20) : error.start + 20].decode("cp1252", "replace").strip()
    where = f"Line {number} of {path} is not UTF-8: byte 0x{line[error.start]:02x} in {shown!r}"
    if foreign:
        before = "an earlier line is" if foreign == 1 else f"{foreign} earlier lines are"
        return SourceError(
            f"{where}, though {before}: the file mixes encodings.",
            mend="Read it with encoding='mixed' (UTF-8, and what is not as Windows-1252), or mend that line.",
        )
    return SourceError(
        f"{where}.", mend="If that reads well, the file is Windows-1252: pass encoding='cp1252'."
    )


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("querist.mixed", _as_windows)
