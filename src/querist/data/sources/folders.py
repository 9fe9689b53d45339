"""Folders of pictures or of text files; sub-folders may be the classes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from querist.data.files import digest
from querist.data.images import image_fault
from querist.data.source import Columns, Problem, Source
from querist.data.sources.lines import LINE_LIMIT, open_text
from querist.data.sources.roles import IMAGE_SUFFIXES
from querist.errors import SourceError

__all__ = ["read_folder"]

TEXT_SUFFIXES = (".txt", ".text", ".md", ".rst", ".eml")
SPLITS = frozenset(["train", "training", "val", "valid", "validation", "dev", "test", "testing"])
_TABLES = (".csv", ".tsv", ".jsonl", ".parquet")


def read_folder(
    path: Path, *, kind: str | None = None, encoding: str | None = None, label: str | None = None
) -> Source:
    """The pictures, or else the text files, in ``path`` and below it.

    An item's id is its path below the folder.  When every file lies in a sub-folder and there are two or
    more of these, their names are given labels (``train`` and ``test`` above them are looked through);
    ``label=""`` says that they are no classes.
    """
    shut: list[Problem] = []
    found = sorted(_files(path, shut))
    odd = [_unnamable(name) for name in found if not _plain(name)]
    found = [name for name in found if _plain(name)]
    images = [name for name in found if name.lower().endswith(IMAGE_SUFFIXES)]
    texts = [name for name in found if name.lower().endswith(TEXT_SUFFIXES)]
    kind = kind or ("image" if images else "text")
    chosen = images if kind == "image" else texts
    if not chosen:
        raise _nothing(path, kind, found)
    fingerprint = digest(_stamps(path, chosen))
    if kind == "image":
        kept, problems = _sound(path, chosen)
        content = Columns(kind="image", size=len(kept), path=[str(path / name) for name in kept])
    else:
        kept, bodies, problems = _bodies(path, chosen, encoding)
        content = Columns(kind="text", size=len(kept), text=bodies, meta={"file": kept})
    problems = [*odd, *problems]
    if not kept:
        raise SourceError(
            f"None of the {len(chosen)} files in {path} can be used; {problems[0]}.",
            mend="Replace the files, or point at another folder.",
        )
    labels = {} if label == "" else _classes(kept)
    if label != "" and not labels:
        problems += _no_classes(kept)
    return Source(
        kind="image" if kind == "image" else "text",
        ids=kept,
        content=content,
        labels=labels,
        problems=[*shut, *problems],
        fingerprint=fingerprint,
        options={"kind": kind, "encoding": encoding, "label": None if labels else ""},
        path=str(path),
    )


def _files(root: Path, shut: list[Problem]) -> Iterator[str]:
    """Every file below ``root`` as a path with slashes; hidden ones and linked folders are left alone.

    Folders that may not be read go to ``shut``; the root itself must be readable.
    """

    def refused(error: OSError) -> None:
        inside = os.path.relpath(error.filename or root, root)
        if inside == ".":
            raise SourceError(
                f"{root} may not be read: {error.strerror}.", mend="Check its permissions."
            ) from error
        shut.append(Problem(inside, f"the folder may not be read: {error.strerror}"))

    for folder, below, names in os.walk(root, onerror=refused):
        below[:] = sorted(name for name in below if not name.startswith((".", "__MACOSX")))
        inside = Path(folder).relative_to(root)
        for name in names:
            if not name.startswith("."):
                yield (inside / name).as_posix()


def _plain(name: str) -> bool:
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def _unnamable(name: str) -> Problem:
    """A file whose name is no text: an id must be one, for the log and every export hold it."""
    shown = name.encode("utf-8", "backslashreplace").decode()
    return Problem(shown, "its name is not UTF-8; rename it, and open the folder again")


def _stamps(root: Path, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        try:
            stat = (root / name).stat()
        except OSError:
            continue
        yield f"{name}\x1f{stat.st_size}\x1f{stat.st_mtime_ns}"


def _sound(root: Path, names: Sequence[str]) -> tuple[list[str], list[Problem]]:
    kept, problems = [], []
    for name in names:
        if fault := image_fault(str(root / name)):
            problems.append(Problem(name, fault))
        else:
            kept.append(name)
    return kept, problems


def _bodies(
    root: Path, names: Sequence[str], encoding: str | None
) -> tuple[list[str], list[str], list[Problem]]:
    kept, bodies, problems = [], [], []
    for name in names:
        try:
            with open_text(root / name, encoding) as file:
                body = file.read(LINE_LIMIT)
        except SourceError as error:
            problems.append(Problem(name, str(error)))
            continue
        body = body.replace("\x00", "").replace("\r\n", "\n").strip()
        if len(body) >= LINE_LIMIT - 1 or not body:
            problems.append(
                Problem(name, f"longer than {LINE_LIMIT:,} characters" if body else "holds no text")
            )
            continue
        kept.append(name)
        bodies.append(body)
    return kept, bodies, problems


def _classes(names: Sequence[str]) -> dict[str, str]:
    """Each file's sub-folder, if the sub-folders look like classes; else nothing."""
    parts = [PurePosixPath(name).parts for name in names]
    if all(len(one) > 2 and one[0].casefold() in SPLITS for one in parts):
        parts = [one[1:] for one in parts]
    if any(len(one) < 2 for one in parts) or len({one[0] for one in parts}) < 2:
        return {}
    return {name: one[0] for name, one in zip(names, parts, strict=True)}


def _no_classes(names: Sequence[str]) -> list[Problem]:
    """A note where some files lie in sub-folders and others do not: perhaps the former are labelled."""
    folders = [PurePosixPath(name).parts[0] for name in names if "/" in name]
    inside = list(dict.fromkeys(folders))
    if len(inside) < 2 or len(folders) == len(names):
        return []
    shown = ", ".join(inside[:2]) + (", ..." if len(inside) > 2 else "")
    reason = f"their sub-folders ({shown}) are not taken for classes, as other files lie in none"
    return [Problem(f"{len(folders):,} of {len(names):,} files", reason, left_out=False)]


def _nothing(path: Path, kind: str, found: Sequence[str]) -> SourceError:
    tables = [name for name in found if name.lower().endswith(_TABLES)]
    held = f"it holds {len(found)} other files, {found[0]} among them" if found else "it is empty"
    mend = (
        f"Did you mean {path / tables[0]}?"
        if tables
        else (f"Pictures end in {', '.join(IMAGE_SUFFIXES)}; texts in {', '.join(TEXT_SUFFIXES)}.")
    )
    what = "pictures" if kind == "image" else "pictures or text files"
    return SourceError(f"{path} holds no {what}: {held}.", mend=mend)
