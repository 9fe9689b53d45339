"""Pictures of the campaign's items, and nothing else of the disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from querist.data import open_raster
from querist.errors import InvalidInput, UnknownItem

__all__ = ["LIMIT", "picture", "resolve", "version"]

LIMIT = 64 << 20  # bytes of one picture

_SIGNS: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ftypavif", 4, "image/avif"),
)


def resolve(path: str, root: Path) -> Path:
    """The file that an item names, provided that it truly lies under ``root``, links followed."""
    root = root.resolve()
    wanted = (root / path).resolve()
    if not wanted.is_relative_to(root):
        raise UnknownItem(
            f"The file {path!r} lies outside the campaign's source folder.",
            mend="Put the pictures under one folder, without links that lead out of it.",
        )
    if not wanted.is_file():
        raise UnknownItem(
            f"The file {path!r} is no longer in the source folder {root}.",
            mend="Put it back, or skip the item as broken.",
        )
    return wanted


def version(path: Path) -> str:
    """What changes when the file does, as an HTTP entity tag."""
    with _readable(path):
        stamp = path.stat()
    return f'"{stamp.st_mtime_ns:x}-{stamp.st_size:x}"'


def picture(path: Path) -> tuple[bytes, str]:
    """The bytes of a picture that browsers show, and its content type.

    The type is read from the bytes, never from the name; formats that browsers do not show (BMP, TIFF,
    ...) become PNG; anything that is no raster picture (SVG, HTML and PostScript included) is refused.
    """
    with _readable(path):
        size = path.stat().st_size
        if size > LIMIT:
            raise InvalidInput(
                f"The picture {path.name} has {size} bytes; {LIMIT} are allowed.",
                mend="Make it smaller, or skip it.",
            )
        data = path.read_bytes()
    for sign, offset, kind in _SIGNS:
        if data[offset : offset + len(sign)] == sign:
            return data, kind
    return _as_png(data, path.name), "image/png"


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say of a file that went a moment ago, or may not be read, that it is not there."""
    try:
        yield
    except OSError as error:
        raise UnknownItem(
            f"The file {path.name!r} cannot be read: {error.strerror or error}.",
            mend="See that it is there and may be read, or skip the item as broken.",
        ) from error


def _as_png(data: bytes, name: str) -> bytes:
    from PIL import Image, UnidentifiedImageError

    out = io.BytesIO()
    try:
        with open_raster(io.BytesIO(data)) as image:
            mode = image.mode if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"} else "RGB"
            image.convert(mode).save(out, "PNG")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInput(
            f"{name} is not a picture that can be shown ({error}).", mend="Skip it as broken."
        ) from error
    return out.getvalue()
