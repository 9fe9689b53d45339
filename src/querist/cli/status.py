"""``querist status``: how far a campaign is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from querist.cli.console import as_options, fit, say, table
from querist.cli.folders import FOLDER

if TYPE_CHECKING:
    from querist.campaign import Quality
    from querist.events import State
    from querist.workspace import Workspace

__all__ = ["command", "facts"]

_TELLS_NOTHING = 0.8  # an interval as wide as this says nothing of the model yet; the page holds to it too


@click.command("status", short_help="Tell how far a campaign is.")
@click.argument("folder", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def command(folder: Path, as_json: bool) -> None:
    """Tell how far the campaign in FOLDER is: labels, classes, annotators, and how good the model is.

    It reads beside a running server, and changes nothing.

    \b
    Examples:
      querist status reviews.querist
      querist status reviews.querist --json
    """
    from querist.workspace import Workspace

    with Workspace.open(folder, exclusive=False) as workspace:
        told = facts(workspace, workspace.state)
    if as_json:
        say(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _show(told)


def facts(workspace: Workspace, state: State) -> dict[str, Any]:
    """What is known of a campaign, as plain values."""
    from querist.campaign import Settings, quality, usual_stopping, watched_quality
    from querist.workspace import unread_items

    settings = Settings.from_json(state.settings)
    items = len(workspace.pool)
    verdict = usual_stopping(settings, state)(state)
    model = state.trained[-1] if state.trained else None
    return {
        "title": state.settings.get("title", ""),
        "folder": str(workspace.folder),
        "kind": workspace.manifest.kind,
        "items": items,
        "labelled": len(state.labels),
        "skipped": len(state.skipped),
        "flagged": len(state.flagged),
        "budget": state.settings.get("budget"),
        "spent": state.spent,
        "target": state.settings.get("target"),
        "strategy": state.settings.get("strategy", "default"),
        "explore": {
            "share": settings.random_share,
            "now": settings.random_share_at(len(state.labels)),
        },
        "classes": {name: state.by_class.get(name, 0) for name in state.classes},
        "annotators": {by or "unnamed": count for by, count in state.by_annotator.items()},
        "skips": dict(
            Counter(one.because or "no cause" for of in state.items.values() for one in of.skips.values())
        ),
        "model": None
        if model is None
        else {"version": model.version, "labels": model.labels, "seconds": model.seconds, **model.metrics},
        "quality": _told(quality(state)),
        "now": _told(watched_quality(state)),
        "verdict": {"stop": verdict.stop, "progress": verdict.progress, "reason": verdict.reason},
        "problems": [str(one) for one in (*workspace.items.problems, *unread_items(workspace))],
    }


def _show(told: dict[str, Any]) -> None:
    items = max(told["items"], 1)
    say(click.style(told["title"] or told["folder"], bold=True))
    say(f"{told['labelled']:,} of {told['items']:,} items labelled ({told['labelled'] / items:.1%}), "
        f"{told['skipped']:,} skipped, {told['flagged']:,} flagged")  # fmt: skip
    if told["budget"]:
        say(f"Budget    {told['spent']:,} of {told['budget']:,} answers")
    say(f"Model     {_model(told['model'])}")
    say(f"Quality   {_quality(told['now'] or told['quality'], told['target'], now=bool(told['now']))}")
    say(f"Stop?     {_verdict(told['verdict'])}")
    say(f"Explore   {_explore(told['explore'])}")
    for heading, counts in (
        ("class", told["classes"]),
        ("annotator", told["annotators"]),
        ("skipped because", told["skips"]),
    ):
        if counts:
            say()
            total = max(sum(counts.values()), 1)
            rows = [(fit(str(name)), f"{n:,}", f"{n / total:.0%}") for name, n in counts.items()]
            table((heading, "answers" if heading != "class" else "labels", "share"), rows)
    if told["problems"]:
        say()
        say(f"{len(told['problems']):,} things in the data that were not as they should be:")
        for problem in told["problems"]:
            say(f"  {fit(as_options(problem), 110)}")


def _explore(explore: dict[str, Any]) -> str:
    falls = f", by the schedule {explore['share']}" if isinstance(explore["share"], str) else ""
    return f"{explore['now']:.1%} of the questions drawn at random{falls}"


def _model(model: dict[str, Any] | None) -> str:
    if model is None:
        return "none yet: it takes labels of two classes, and a running server"
    steady = model.get("stability")
    told = f", {steady:.1%} of its predictions as before" if steady is not None else ""
    return f"{model['version']}, trained on {model['labels']:,} labels{told}"


def _verdict(verdict: dict[str, Any]) -> str:
    said = "Yes, you may stop" if verdict["stop"] else f"Not yet, {int(99 * verdict['progress'])}% of the way"
    return f"{said}: {verdict['reason']}"


def _told(quality: Quality | None) -> dict[str, Any] | None:
    if quality is None:
        return None
    return {"estimate": quality.estimate, "low": quality.low, "high": quality.high, "n": quality.n}


def _quality(quality: dict[str, Any] | None, target: float | None, *, now: bool = False) -> str:
    wanted = f" (target {target:.0%})" if target else ""
    if quality is None:
        return f"unknown: no random question was answered while a model stood{wanted}"
    if quality["high"] - quality["low"] >= _TELLS_NOTHING:
        asked = "1 random question was" if quality["n"] == 1 else f"{quality['n']:,} random questions were"
        return f"too early to tell: {asked} answered while a model stood{wanted}"
    going = "now, going by" if now else "on"
    return (
        f"{quality['estimate']:.1%} right {going} {quality['n']:,} random questions, "
        f"between {quality['low']:.1%} and {quality['high']:.1%}{wanted}"
    )
