"""The figures of a campaign as the page shows them: progress, verdict, dashboard."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from querist.campaign import anchoring, curve, quality, watched_quality
from querist.campaign.made import of_pool
from querist.events import CANNOT_BE_LABELLED, Asked, State
from querist.server import wire
from querist.workspace import QUICK, Workspace

__all__ = ["Figures"]

_FRESH = 0.5  # seconds for which an estimate may be shown again: no request waits for statistics
_KEYS = "1234567890"


@dataclass(frozen=True)
class _Estimate:
    until: float
    head: int
    quality: wire.Quality | None
    now: wire.Quality | None
    verdict: wire.Verdict
    target: float | None
    missing: int | None  # labels until that target, estimated


class Figures:
    """Reads the campaign's state, never changes it.  Progress costs the same however large it is.

    ``learner`` is what the supervisor last heard, ``background`` the same of a slow model's learner.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.tally = workspace.tally
        self.learner = wire.Learner(phase="starting")
        self.background: wire.Learner | None = None
        self._estimate: _Estimate | None = None
        self._framed: tuple[Any, Any] | None = None
        self._frame = 0
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        return self.workspace.campaign.state

    @property
    def settings(self) -> wire.Settings:
        """The settings in force."""
        held = self.workspace.settings
        told = {**held.as_json(), "random_now": held.random_share_at(len(self.state.labels))}
        if told["budget"] is not None:
            told["budget"] = math.ceil(told["budget"])  # one label is asked for as long as any is left
        if not isinstance(told["strategy"], str):
            told["strategy"] = str(told["strategy"].get("name", ""))
        return wire.Settings(**{name: value for name, value in told.items() if value is not None})

    def progress(self, by: str | None) -> wire.Progress:
        """Where the campaign stands, for one annotator."""
        state, settings = self.state, self.workspace.settings
        held = self._estimates()
        left = self._left(held)
        typical = self.tally.typical_seconds
        budget = None if settings.budget is None else math.ceil(settings.budget)
        return wire.Progress(
            items=len(self.workspace.pool),
            labelled=len(state.labels),
            mine=state.by_annotator.get(by, 0),
            today=self.tally.today(by),
            skipped=len(state.skipped),
            flagged=len(state.flagged),
            spent=state.spent,
            budget=budget,
            target=settings.target,
            left=left,
            seconds_left=None if left is None or typical is None else left * typical,
            quality=held.quality,
            now=held.now,
            learner=self.learner,
            background=self.background,
            verdict=held.verdict,
            head=state.head,
            frame=self._frame_of(state),
        )

    def _frame_of(self, state: State) -> int:
        """The event up to which classes and settings were last seen to be others than before."""
        held, now = self._framed, (state.classes, state.settings)
        if held is None or held[0] is not now[0] or held[1] is not now[1]:  # replaced by every change
            self._framed, self._frame = now, state.head
        return self._frame

    def classes(self) -> list[wire.Class]:
        """The classes in their order, with keys and counts."""
        state, told = self.state, self.workspace.settings.class_descriptions
        return [
            wire.Class(
                name=name,
                key=_KEYS[place] if place < len(_KEYS) else None,
                count=state.by_class.get(name, 0),
                description=told.get(name, ""),
            )
            for place, name in enumerate(state.classes)
        ]

    def campaign(self, by: str | None, version: str) -> wire.CampaignView:
        """What the page needs to begin."""
        settings, manifest = self.settings, self.workspace.manifest
        return wire.CampaignView(
            id=manifest.id,
            title=settings.title or self.workspace.folder.name,
            kind=manifest.kind,
            classes=self.classes(),
            settings=settings,
            progress=self.progress(by),
            skip_causes=self._skip_causes(settings.strategy),
            version=version,
        )

    def _skip_causes(self, strategy: str) -> list[str]:
        """Why an item may be skipped; one cause more where items are made."""
        usual: list[str] = wire.CampaignView.model_fields["skip_causes"].default
        makes = bool(self.state.made) or strategy.startswith("synthesis/")
        return [CANNOT_BE_LABELLED, *usual] if makes else list(usual)

    def dashboard(self, by: str | None) -> wire.Dashboard:
        """The figures behind the progress; costs time in the number of answers."""
        state = self.state
        with self.workspace.campaign.lock:
            random, active = (curve(state, arm) for arm in ("random", "active"))
            anchored, annotators = anchoring(state), dict(state.by_annotator)
        return wire.Dashboard(
            progress=self.progress(by),
            classes=self.classes(),
            predicted=self._predicted(),
            random_curve=[wire.CurvePoint(**asdict(point)) for point in random],
            active_curve=[wire.CurvePoint(**asdict(point)) for point in active],
            models=[_model_point(one) for one in state.trained[-500:]],
            pace=[
                wire.Pace(day=day.date.isoformat(), answers=day.answers, seconds=day.seconds)
                for day in self.tally.days()
            ],
            annotators=[
                {"name": name or "", "answers": answers, "today": self.tally.today(name)}
                for name, answers in sorted(annotators.items(), key=lambda one: -one[1])
            ],
            anchoring=wire.Anchoring(**asdict(anchored)),
        )

    def _predicted(self) -> dict[str, int]:
        """How many items without a label the model in force puts in each class."""
        ranking = self.workspace.ranking
        if ranking is None or ranking.cold:
            return {}
        open_ = np.ones(len(ranking.predicted), dtype=bool)
        with self.workspace.campaign.lock:
            labelled = list(of_pool(self.state.labels, self.state))
        rows = self.workspace.pool.rows(labelled)
        open_[rows[rows < len(open_)]] = False
        counts = np.bincount(ranking.predicted[open_], minlength=len(ranking.classes))
        return {name: int(count) for name, count in zip(ranking.classes, counts, strict=True)}

    def _estimates(self) -> _Estimate:
        """The estimate, at most half a second old, or fifty times as old as it takes to make."""
        held = self._estimate
        if held is not None and (held.head == self.state.head or time.monotonic() < held.until):
            return held
        if not self._lock.acquire(blocking=held is None):
            assert held is not None
            return held  # somebody is at it: the last figure will do
        try:
            return self._estimate_anew()
        finally:
            self._lock.release()

    def _estimate_anew(self) -> _Estimate:
        began = time.monotonic()
        campaign = self.workspace.campaign
        with campaign.lock:
            head, found, target = campaign.state.head, quality(campaign.state), campaign.settings.target
            current, verdict = watched_quality(campaign.state), campaign.verdict
            missing = None if target is None or found is None else _labels_to(target, campaign.state)
        shown, now = (None if one is None else wire.Quality(**asdict(one)) for one in (found, current))
        told = wire.Verdict(stop=verdict.stop, progress=verdict.progress, reason=verdict.reason)
        cost = time.monotonic() - began
        until = began + max(_FRESH, 50 * cost)
        self._estimate = estimate = _Estimate(until, head, shown, now, told, target, missing)
        return estimate

    def _left(self, held: _Estimate) -> int | None:
        """Labels still needed for the target; without a target, what is left of the budget."""
        settings, state = self.workspace.settings, self.state
        if settings.target is not None:
            return held.missing if held.target == settings.target else None
        if settings.budget is not None:
            return max(0, math.ceil(settings.budget) - state.spent)
        return None


def _labels_to(target: float, state: State) -> int | None:
    """How many more answers until the interval lies above the target, if the model stays as it lately was.

    Judged from the last half of the random questions, where the model was better than at first: with
    r of m right, the lower end passes the target after about z^2 p (1 - p) / (p - target)^2 of them.
    """
    outcomes = state.random_outcomes
    lately = outcomes[len(outcomes) // 2 :]
    if len(lately) < 10:
        return None
    share = sum(one.right for one in lately) / len(lately)
    if share <= target:
        return None
    width = (
        3.0**2 * max(share * (1 - share), 0.01) / (share - target) ** 2
    )  # an any-look bound is near 3 sigma
    missing = max(0.0, width - len(outcomes))
    every = max(0.01, len(outcomes) / max(1, state.spent))
    return int(missing / every)


def _model_point(trained: Any) -> wire.ModelPoint:
    stability = trained.metrics.get("stability")
    return wire.ModelPoint(
        version=trained.version,
        labels=trained.labels,
        at=trained.at,
        seconds=trained.seconds,
        stability=None if stability is None else float(stability),
    )


def why_of(asked: Asked) -> wire.Why:
    """Why an item was asked, as the page shows it."""
    arm: Any = asked.arm if asked.arm in ("active", "random", "overlap", "reopened") else "active"
    return wire.Why(
        arm=arm,
        text=asked.why,
        strategy=asked.strategy,
        score=asked.score,
        rank=asked.rank,
        probability=asked.probability,
        model=asked.model,
        quick=asked.model is not None and asked.model.startswith(QUICK),
    )
