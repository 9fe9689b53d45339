"""Pictures opened safely: orientation, palettes, transparency, bounds, and faults in words."""

from __future__ import annotations

import base64
import io
import os
import struct
import warnings
import zlib
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from querist.errors import SourceError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PIXEL_LIMIT", "image_fault", "open_image", "open_raster", "png", "with_bytes"]

PIXEL_LIMIT = 89_478_485  # the bound at which Pillow suspects a decompression bomb: 256 MB unpacked

_DECODERS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM", "ICO", "TGA", "JPEG2000")


def with_bytes(content: Mapping[str, Any]) -> dict[str, Any]:
    """Content whose picture stands in JSON (``png``, base64), with the bytes beside it as ``data``.

    >>> with_bytes({"kind": "image", "png": "aGk="})["data"]
    b'hi'
    """
    told = dict(content)
    if told.get("png") is not None:
        told["data"] = base64.b64decode(told["png"])
    return told


def open_raster(file: IO[bytes] | str) -> Image:
    """What Pillow opens with a decoder that does nothing but decode.

    PostScript, whatever its file is called, is a program, and Pillow would have Ghostscript run it.
    """
    from PIL import Image

    Image.init()
    return Image.open(file, formats=[one for one in _DECODERS if one in Image.OPEN])


def open_image(source: str | bytes, *, at_least: int | None = None) -> Image:
    """A picture as it should be seen: upright, RGB, its transparency over white.

    Parameters
    ----------
    source : the path of a file, or the bytes of one
    at_least : the shorter side that is enough; JPEG files decode several times faster for it

    Raises
    ------
    SourceError
        When it is no picture, breaks off, or would unpack to more than 89 million pixels.
    """
    from PIL import Image, ImageOps

    name = "the picture" if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with open_raster(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
                if at_least is not None:
                    image.draft("RGB", (at_least, at_least))
                image.load()
                return _as_rgb(ImageOps.exif_transpose(image))
    except FileNotFoundError as error:
        raise SourceError(
            f"{name} does not exist.", mend="Restore the file, or open the source again."
        ) from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise SourceError(
            f"{name} would unpack to more than {PIXEL_LIMIT:,} pixels.", mend="Scale it down first."
        ) from error
    except Exception as error:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
        raise SourceError(
            f"{name} cannot be shown: {_in_words(error)}.", mend="Replace the file, or leave it out."
        ) from error


def image_fault(path: str) -> str | None:
    """Why a picture cannot be used, or None: a look at its two ends, and the whole only on suspicion."""
    try:
        with open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                return "the file is empty"
            head = file.read(32)
            file.seek(max(0, size - 32))
            tail = file.read(32)
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"
    if _ends_well(head, tail, size):
        return None
    try:
        open_image(path)
    except SourceError as error:
        return error.message.removeprefix(f"{path} ").rstrip(".")
    return None


def png(pixels: np.ndarray) -> bytes:
    """Pixels (h, w) or (h, w, 1 or 3) as the bytes of a PNG file; other types than uint8 are stretched.

    >>> png(np.zeros((2, 3), dtype=np.uint8))[:4]
    b'\\x89PNG'
    """
    pixels = _as_bytes(pixels)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    height, width = pixels.shape[:2]
    colour = 0 if pixels.ndim == 2 else 2
    rows = np.zeros((height, 1 + pixels[0].size), dtype=np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 1)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _as_bytes(pixels: np.ndarray) -> np.ndarray:
    if pixels.dtype == np.uint8:
        return pixels
    values = np.nan_to_num(pixels.astype(np.float64))
    low, high = float(values.min()), float(values.max())
    low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, max(high, low + 1e-12))
    return ((values - low) * (255 / (high - low))).round().astype(np.uint8)


def _as_rgb(image: Image) -> Image:
    from PIL import Image as pillow

    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return pillow.fromarray(_deep_to_bytes(np.asarray(image))).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        seen = image.convert("RGBA")
        ground = pillow.new("RGBA", seen.size, "white")
        return pillow.alpha_composite(ground, seen).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _deep_to_bytes(values: np.ndarray) -> np.ndarray:
    """16-bit, 32-bit and float pictures by their own range, as there is no white that they agree on."""
    if values.dtype.kind in "iu" and values.max(initial=0) <= 255 and values.min(initial=0) >= 0:
        return values.astype(np.uint8)
    return _as_bytes(values.astype(np.float64) - float(values.min(initial=0.0)))


def _ends_well(head: bytes, tail: bytes, size: int) -> bool:
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return b"IEND" in tail and 0 < width * height <= PIXEL_LIMIT
    if head.startswith(b"\xff\xd8\xff"):
        return tail.rstrip(b"\x00").endswith(b"\xff\xd9")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return int.from_bytes(head[4:8], "little") + 8 <= size
    if head.startswith(b"GIF8"):
        return tail.rstrip(b"\x00").endswith(b"\x3b")
    return False


def _in_words(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "it is no picture of a known format"
    return f"{error or type(error).__name__}".split("\n")[0].rstrip(".")
