"""The embedded example: handwritten digits as pictures, without a download."""

from __future__ import annotations

import os
from pathlib import Path

from querist.errors import InvalidInput

__all__ = ["write_digits"]

_SIDE = 96


def write_digits(folder: str | os.PathLike[str], *, n: int | None = None) -> Path:
    """Write scikit-learn's 1,797 handwritten digits (or the first ``n``) as PNG files; returns the folder.

    The pictures are 8 by 8 pixels in the data and are drawn larger and dark on light, so that a person
    can read them.  Their names do not tell what they show.  A folder that is complete stays as it is.

    Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository, 1998.

    >>> import tempfile
    >>> folder = write_digits(tempfile.mkdtemp() + "/digits", n=3)
    >>> sorted(path.name for path in folder.iterdir())
    ['0000.png', '0001.png', '0002.png']
    """
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"{folder} is a file.", mend="Name a folder for the pictures.")
    folder.mkdir(parents=True, exist_ok=True)
    pictures = load_digits().images[:n]
    for i, pixels in enumerate(pictures):
        path = folder / f"{i:04d}.png"
        if not path.exists():
            dark = np.rint(255 - pixels * (255 / 16)).astype(np.uint8)
            image = Image.fromarray(dark).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
            image.save(path, compress_level=1)
    return folder
