"""The feature store: features on disk under the content's hash, written in chunks, taken up where left."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.lib import format as npy

from querist.data.files import atomic_write, digest, full_disk_told, locked
from querist.errors import InvalidInput, QueristError
from querist.specs import to_spec

__all__ = ["FeatureStore"]

_HEADER = 128  # bytes; room for any shape, so that it can be written again when rows are added


class _Encoder(Protocol):
    def fitted(self, contents: Any) -> Any: ...
    def encode(self, contents: Any, *, progress: Any = None, unreadable: Any = None) -> np.ndarray: ...
    def state(self) -> Mapping[str, np.ndarray]: ...
    def restored(self, state: Mapping[str, np.ndarray]) -> Any: ...


class FeatureStore:
    """Features in a folder, one sub-folder an encoder; derived, so it may be deleted at any time.

    Rows are encoded in chunks.  Each chunk is on the disk, with the hash of the content it was made from,
    before the next begins: an interrupted run goes on where it was, appended items cost only themselves, and
    changed content is encoded again.  What an encoder learned (its vocabulary, say) is kept beside them, so
    that later items are seen with the same eyes.  Of several processes one encodes, and the others wait.

    >>> import tempfile
    >>> store = FeatureStore(tempfile.mkdtemp())
    >>> class Lengths:
    ...     name = "lengths"
    ...     def fitted(self, contents): return self
    ...     def encode(self, contents, *, progress=None, unreadable=None):
    ...         return np.array([[len(one["text"])] for one in contents], dtype=np.float32)
    ...     def state(self): return {}
    ...     def restored(self, state): return self
    >>> contents = [{"kind": "text", "text": "four"}, {"kind": "text", "text": "seven"}]
    >>> store.encode(contents, Lengths()).ravel().tolist()
    [4.0, 5.0]
    """

    def __init__(self, folder: str | os.PathLike[str], *, chunk: int = 1024) -> None:
        if chunk < 1:
            raise InvalidInput(f"A chunk holds at least one row; got {chunk}.", mend="Leave it at 1024.")
        self.folder = Path(folder)
        self.chunk = chunk
        self.problems: dict[int, str] = {}

    def encode(
        self,
        contents: Sequence[Mapping[str, Any]],
        encoder: _Encoder,
        progress: Callable[[int, int], None] | None = None,
    ) -> np.ndarray:
        """Features of ``contents`` (n, d) float32, as a read-only memory map.

        ``progress(done, total)`` is called now and then.  After it, ``problems`` holds the rows that could
        not be read (their features are zeros) with the reasons.
        """
        if not len(contents):
            raise InvalidInput("There are no items to encode.", mend="Give at least one.")
        folder = self.folder / _key(encoder)
        with full_disk_told(folder):
            folder.mkdir(parents=True, exist_ok=True)
        hashes = [
            self._hash(contents[start : start + self.chunk]) for start in range(0, len(contents), self.chunk)
        ]
        kept = self._kept(folder, hashes)
        if kept is None:
            with locked(folder / "lock"):  # what another process was at is here afterwards
                kept = self._kept(folder, hashes)
                if kept is None:
                    self._fill(folder, hashes, contents, encoder, progress)
                    kept = self._kept(folder, hashes)
        elif progress is not None:
            progress(len(contents), len(contents))
        assert kept is not None
        self.problems, features = kept
        return features

    def unreadable(self) -> dict[int, str]:
        """The rows that could not be read so far, with the reasons: as ``problems``, without encoding."""
        found: dict[int, str] = {}
        for path in sorted(self.folder.glob("*/manifest.json")):
            found |= {int(row): reason for row, reason in _read(path).get("problems", {}).items()}
        return found

    def encoder(self, encoder: _Encoder) -> Any:
        """``encoder`` with what it learned here, or as it is when it has not been used here yet."""
        state = self.folder / _key(encoder) / "encoder.npz"
        if not state.exists():
            return encoder
        with np.load(state, allow_pickle=False) as held:
            return encoder.restored(dict(held))

    def _kept(self, folder: Path, hashes: list[str]) -> tuple[dict[int, str], np.ndarray] | None:
        """The problems and the features of just this content; None unless all of it is there."""
        told = _read(folder / "manifest.json")
        if not told.get("complete") or told.get("chunk") != self.chunk or told.get("hashes") != hashes:
            return None
        try:
            features = np.load(folder / told["file"], mmap_mode="r")
        except FileNotFoundError:  # deleted, or another process has just put a longer one in its place
            return None
        return {int(row): reason for row, reason in told["problems"].items()}, features

    def _hash(self, contents: Sequence[Mapping[str, Any]]) -> str:
        return digest(part for one in contents for part in _parts(one))

    def _learned(self, folder: Path, contents: Any, encoder: _Encoder) -> Any:
        if (folder / "encoder.npz").exists():
            return self.encoder(encoder)
        fitted = encoder.fitted(contents)
        if state := fitted.state():
            with atomic_write(folder / "encoder.npz") as file:
                np.savez(file, **state)
        return fitted

    def _fill(
        self,
        folder: Path,
        hashes: list[str],
        contents: Any,
        encoder: _Encoder,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        told = _read(folder / "manifest.json")
        if told.get("chunk") != self.chunk or not (folder / told.get("file", "")).is_file():
            told = {}
        held = told.get("hashes", [])
        same = next(
            (i for i, (a, b) in enumerate(zip(held, hashes, strict=False)) if a != b),
            min(len(held), len(hashes)),
        )
        if held and not same:  # other content altogether: what was learned from the old is of no use
            (folder / "encoder.npz").unlink(missing_ok=True)
        fitted = self._learned(folder, contents, encoder)
        told = self._begin(folder, told, same)
        path = folder / told["file"]
        with full_disk_told(path), path.open("r+b") as file:
            if same:
                _cut(file, min(same * self.chunk, len(contents)), told["dim"])
            for k in range(same, len(hashes)):
                start = k * self.chunk
                block = contents[start : start + self.chunk]
                problems: dict[int, str] = {}
                rows = fitted.encode(
                    block,
                    progress=_further(progress, start, len(contents)),
                    unreadable=problems.__setitem__,
                )
                _refuse_another_width(rows, told.setdefault("dim", int(rows.shape[1])), len(block))
                _append(file, rows, start)
                told["hashes"] = hashes[: k + 1]
                told["problems"] |= {str(start + row): reason for row, reason in problems.items()}
                _store(folder, told)
        told["complete"] = True
        _store(folder, told)
        for old in folder.glob("features-*.npy"):
            if old.name != told["file"]:
                old.unlink(missing_ok=True)  # whoever has it mapped keeps it until they let go

    def _begin(self, folder: Path, told: dict[str, Any], same: int) -> dict[str, Any]:
        """A file to go on with: the unfinished one, or a copy of a finished one, which may be in use."""
        rows = same * self.chunk
        problems = {row: reason for row, reason in told.get("problems", {}).items() if int(row) < rows}
        number = int(told.get("number", 0))
        if not told or told.get("complete") or not same:
            number += 1
        fresh = {
            "file": f"features-{number:05d}.npy",
            "number": number,
            "chunk": self.chunk,
            "hashes": told.get("hashes", [])[:same],
            "problems": problems,
            "complete": False,
        }
        if same:
            fresh["dim"] = told["dim"]
        path = folder / fresh["file"]
        if same and told["file"] != fresh["file"]:
            with full_disk_told(path):
                shutil.copyfile(folder / told["file"], path)
        elif not same:
            with full_disk_told(path):
                path.write_bytes(b"")
        _store(folder, fresh)
        return fresh


def _further(
    progress: Callable[[int, int], None] | None, start: int, total: int
) -> Callable[[int, int], None] | None:
    """What an encoder tells of one chunk, as progress over all of them."""
    return None if progress is None else lambda done, _: progress(start + done, total)


def _key(encoder: Any) -> str:
    try:
        spec = to_spec(encoder)
        spec = {key: value for key, value in spec.items() if key not in getattr(encoder, "only_speed", ())}
    except QueristError:  # a bare function has no spec; its name must do
        spec = {
            "name": getattr(encoder, "name", "custom"),
            "function": repr(getattr(encoder, "function", "")),
        }
    name = spec["name"] if isinstance(spec, dict) else "custom"
    return f"{name.replace('/', '-')}-{digest([json.dumps(spec, sort_keys=True, default=repr)])[:12]}"


def _parts(content: Mapping[str, Any]) -> list[str | bytes]:
    """What of an item makes its features; the small print does not."""
    parts: list[str | bytes] = [content["kind"]]
    if "text" in content:
        parts.append(content["text"])
    if "path" in content:
        parts.append(content["path"])
        try:
            stat = os.stat(content["path"])
            parts.append(f"{stat.st_size} {stat.st_mtime_ns}")
        except OSError:
            parts.append("absent")
    if "data" in content:
        parts.append(content["data"])
    if "vector" in content:
        parts.append(np.ascontiguousarray(content["vector"]).tobytes())
    elif "fields" in content:
        parts.extend(part for pair in content["fields"].items() for part in pair)
    return parts


def _refuse_another_width(rows: np.ndarray, dim: int, n: int) -> None:
    if rows.shape != (n, dim):
        raise InvalidInput(
            f"The encoder gave the shape {rows.shape} for {n} items; before, it gave {dim} features an item.",
            mend="An encoder must give every item the same number of features.",
        )


def _append(file: BinaryIO, rows: np.ndarray, start: int) -> None:
    """Write ``rows`` behind the first ``start``, then the header that counts them."""
    file.seek(_HEADER + start * rows.shape[1] * 4)
    file.write(np.ascontiguousarray(rows, dtype=np.float32).tobytes())
    file.flush()
    os.fsync(file.fileno())
    _cut(file, start + len(rows), rows.shape[1])


def _cut(file: BinaryIO, n: int, dim: int) -> None:
    """Let the file hold ``n`` rows: what an interrupted run wrote behind them is forgotten."""
    file.truncate(_HEADER + n * dim * 4)
    file.seek(0)
    file.write(_header(n, dim))
    file.flush()
    os.fsync(file.fileno())


def _header(n: int, dim: int) -> bytes:
    told = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({n}, {dim}), }}".encode("latin-1")
    room = _HEADER - len(npy.MAGIC_PREFIX) - 4
    return npy.MAGIC_PREFIX + bytes([1, 0]) + (room).to_bytes(2, "little") + told.ljust(room - 1) + b"\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _store(folder: Path, told: dict[str, Any]) -> None:
    with atomic_write(folder / "manifest.json") as file:
        file.write(json.dumps(told).encode("utf-8"))
