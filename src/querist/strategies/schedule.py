"""How much is left to chance, and how that falls as labels come: one setting, a number or a few words."""

from __future__ import annotations

import math
import re
from typing import Any

from querist.errors import InvalidInput

__all__ = ["check_share", "share_at"]

_NUMBER = r"(\d*\.?\d+)"
_FALLING = re.compile(rf"\s*{_NUMBER}\s*(/\s*sqrt)?\s*(?:->\s*{_NUMBER}\s*(?:/\s*(\d+))?)?\s*")


def share_at(share: float | str, labels: int) -> float:
    """The share of random questions when so many items are labelled.

    Parameters
    ----------
    share : float from 0 to 1, or str
        A number holds for ever.  ``"0.5/sqrt"`` falls as 0.5 / sqrt(1 + labels), with ``"->0.05"`` behind
        it to 0.05 and no lower.  ``"0.5->0.05/200"`` falls in a straight line from 0.5 to 0.05 at 200
        labels and stays there.
    labels : int

    >>> share_at(0.1, 50), share_at("0.5/sqrt", 24), share_at("0.5->0.1/200", 100)
    (0.1, 0.1, 0.3)
    """
    first, root, least, over = _parts(share)
    if root:
        return max(least, first / math.sqrt(1 + labels))
    if over:
        gone = min(1.0, labels / over)
        return first * (1 - gone) + least * gone
    return first


def check_share(share: Any, name: str = "share") -> None:
    """Raise InvalidInput unless ``share`` is a share of 1 or a schedule of shares."""
    try:
        _parts(share)
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise InvalidInput(
            f"{name} must be from 0 to 1, or a schedule of such; got {share!r}.",
            mend="0.1 asks every tenth at random; '0.5/sqrt' and '0.5->0.05/200' begin with more.",
        ) from None


def _parts(share: Any) -> tuple[float, bool, float, int]:
    """Where it begins, whether it falls by the root, where it ends, and after how many labels."""
    if not isinstance(share, str):
        if isinstance(share, bool) or not 0 <= float(share) <= 1:
            raise ValueError(share)
        return float(share), False, 0.0, 0
    found = _FALLING.fullmatch(share)
    if found is None:
        raise ValueError(share)
    first, root, least, over = found.groups()
    told = float(first), bool(root), float(least or 0), int(over or 0)
    falls_in_a_line = not root and least is not None and told[3] > 0
    sound = (root and over is None) or falls_in_a_line or (not root and least is None)
    if not (sound and told[0] <= 1 and told[2] <= max(told[0], 0)):
        raise ValueError(share)
    return told
