"""Why this item: the reason for a question, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["AGAIN", "COLD", "OVERLAP", "RANDOM", "reason"]

RANDOM = "Drawn at random, to measure quality honestly"
COLD = "Typical of many similar items that nobody has labelled yet"
OVERLAP = "Asked of several people, to see how well they agree"
AGAIN = "You took your answer back"

_SURE = 0.5  # lead of the likeliest class beyond which nobody would speak of hesitation


def reason(likeliest: Sequence[tuple[str, float]] | None, said: str = "") -> str:
    """The reason for an item that a strategy chose, from what the model believes of it.

    ``likeliest`` holds classes with their probabilities, best first; None while cold.  ``said`` is the
    strategy's own reason, for where the model does not hesitate.

    >>> reason([("World", 0.48), ("Business", 0.44)])
    'The model hesitates between World (48 %) and Business (44 %)'
    >>> reason([("World", 0.9), ("Business", 0.1)])
    'The model says World (90 %); an answer here teaches it most'
    >>> reason(None)
    'Typical of many similar items that nobody has labelled yet'
    """
    if likeliest and len(likeliest) > 1 and likeliest[0][1] - likeliest[1][1] < _SURE:
        (first, most), (second, less) = likeliest[:2]
        return f"The model hesitates between {first} ({most * 100:.0f} %) and {second} ({less * 100:.0f} %)"
    if said.strip():
        return said.strip()
    if not likeliest:
        return COLD
    first, most = likeliest[0]
    return f"The model says {first} ({most * 100:.0f} %); an answer here teaches it most"
