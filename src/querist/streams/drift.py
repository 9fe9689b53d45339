"""Change in a stream: detectors listen to the model's errors, and the learner forgets and asks anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from querist.errors import InvalidInput, MissingExtra
from querist.specs import named

__all__ = ["DETECTORS", "DriftWatch", "Watch", "as_drift_watch"]

DETECTORS = {
    "adwin": ("drift", "ADWIN"),
    "page_hinkley": ("drift", "PageHinkley"),
    "kswin": ("drift", "KSWIN"),
    "ddm": ("drift.binary", "DDM"),
    "eddm": ("drift.binary", "EDDM"),
    "hddm_a": ("drift.binary", "HDDMA"),
    "hddm_w": ("drift.binary", "HDDMW"),
}
"""river's detectors by name: its module and its class."""

_HEARD = 2_000  # outcomes that a detector hears again when a stream resumes


@named("drift_watch")
@dataclass(frozen=True)
class DriftWatch:
    """Listens to whether predictions were right; when that changes, old labels go and new ones are asked.

    On a change the model keeps its last ``keep`` labelled rows alone, and the learner is cold until
    ``relearn`` new labels were told: it asks as fast as its budget lets it.  With a strategy that asks
    what is unsure, errors are those on hard items; a change shows all the same, and sooner with a share
    of random questions (``split_uncertainty``).

    Parameters
    ----------
    detector : "adwin", "page_hinkley", "kswin", "ddm", "eddm", "hddm_a" or "hddm_w"
        From river, the extra ``streams``.
    keep, relearn : int
    settings : pairs of names and numbers
        What the detector takes, such as ``(("delta", 0.01),)``.

    Bifet & Gavalda 2007 (ADWIN); Gama, Medas, Castillo & Rodrigues 2004 (DDM); Page 1954.
    """

    detector: str = "adwin"
    keep: int = 50
    relearn: int = 20
    settings: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if self.detector not in DETECTORS:
            raise InvalidInput(
                f"No detector of change is named {self.detector!r}.",
                mend=f"Use one of {', '.join(map(repr, DETECTORS))}.",
            )
        if self.keep < 0 or self.relearn < 0:
            raise InvalidInput(
                f"keep={self.keep!r} and relearn={self.relearn!r} count labels.", mend="Give 0 or more."
            )

    def begin(self, heard: Iterable[bool] = ()) -> Watch:
        """A detector over a new stream; or over one that goes on, after the outcomes ``heard``."""
        return Watch(partial(_detector, self.detector, dict(self.settings)), heard)

    @classmethod
    def examples(cls) -> list[DriftWatch]:
        return [cls(), cls("page_hinkley", keep=0, relearn=50, settings=(("threshold", 20.0),))]


class Watch:
    """A detector at work.  What it heard of late, since the last change, is kept: it can be made again."""

    def __init__(self, make: Callable[[], Any], heard: Iterable[bool] = ()) -> None:
        self._make = make
        self._detector = make()
        self.heard: deque[bool] = deque(maxlen=_HEARD)
        for wrong in heard:
            self.hear(wrong)

    def hear(self, wrong: bool) -> bool:
        """Take in whether one prediction was wrong; True where that shows a change for the worse."""
        self.heard.append(wrong)
        before = _mean(self._detector)
        self._detector.update(int(wrong))
        if not self._detector.drift_detected:
            return False
        after = _mean(self._detector)
        self._detector = self._make()
        self.heard.clear()
        return before is None or after is None or after >= before


def as_drift_watch(what: Any) -> DriftWatch | None:
    """``what`` as a watch for change: None, a detector's name, or one as it is."""
    if isinstance(what, str):
        return DriftWatch(what)
    if what is None or isinstance(what, DriftWatch):
        return what
    raise InvalidInput(
        f"{what!r} watches for no change.", mend="Use a detector's name such as 'adwin', or a DriftWatch."
    )


def _mean(detector: Any) -> float | None:
    """The mean that a detector keeps of the errors, where it keeps one (ADWIN does)."""
    mean = getattr(detector, "estimation", None)
    return None if mean is None else float(mean)


def _detector(name: str, settings: dict[str, float]) -> Any:
    from importlib import import_module

    module, kind = DETECTORS[name]
    try:
        found = getattr(import_module(f"river.{module}"), kind)
    except ImportError as error:
        raise MissingExtra(
            f"The detector {name!r} is river's, which is not installed.",
            mend="Install it: pip install 'querist[streams]'.",
        ) from error
    return found(**settings)
