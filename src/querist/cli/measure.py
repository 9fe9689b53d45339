"""``querist test``: how good the model is, by the fewest labels."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from querist.cli.console import say
from querist.cli.folders import FOLDER

if TYPE_CHECKING:
    from querist.workspace import Workspace

__all__ = ["command"]

_LOOK = 2.0  # seconds between two looks at the log


@click.command("test", short_help="Measure the model by the fewest labels.")
@click.argument("folder", type=FOLDER)
@click.option("--begin", "what", flag_value="begin", help="Hold the model still; ask what measures it best.")
@click.option("--end", "what", flag_value="end", help="Give the campaign its own strategy back.")
@click.option("--watch", is_flag=True, help="Tell again after every answer, until Ctrl+C.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(folder: Path, what: str | None, watch: bool, as_json: bool) -> None:
    """Tell how good the model of the campaign in FOLDER is, or begin a test of it.

    From --begin on, the page asks the items whose labels tell most of how good the model is (as it was then),
    and this command tells its share of right predictions with an interval, beside the running server. --end
    goes back to labelling as before. Both need the folder to themselves: stop the server for that moment.

    \b
    Examples:
      querist test reviews.querist
      querist test reviews.querist --begin
      querist test reviews.querist --watch
      querist test reviews.querist --end
    """
    from querist.evaluation import CampaignTest
    from querist.workspace import Workspace

    if what == "begin":
        with Workspace.open(folder) as workspace:
            test = CampaignTest.begin(workspace)
        say(f"Testing the model {test.version} on {len(test.rows):,} items without a label.")
        say(f"Answer questions as before (querist label {folder}), and look: querist test {folder}")
        return
    with Workspace.open(folder, exclusive=what == "end") as workspace:
        running = CampaignTest.open(workspace)
        if what == "end" and running is None:
            raise click.UsageError(f"No test runs in {folder}. Begin one: querist test {folder} --begin")
        _tell(workspace, as_json)
        while watch and what is None:
            _wait(workspace)
            _tell(workspace, as_json)
        if what == "end" and running is not None:
            running.end(workspace)
            say("The test has ended; the campaign goes on as before.")


def _wait(workspace: Workspace) -> None:
    """Until somebody has answered."""
    answers = workspace.state.answers
    while workspace.state.answers == answers:
        time.sleep(_LOOK)


def _tell(workspace: Workspace, as_json: bool) -> None:
    told = _facts(workspace)
    if as_json:
        say(json.dumps(told, ensure_ascii=False, indent=2))
        return
    test = told["test"]
    if test is not None:
        say(f"Testing   {test['model']}, trained on {test['trained_on']:,} labels; {test['items']:,} items")
        if not test["labels"]:
            say("Right     nothing is known yet: no question of the test is answered")
        else:
            say(f"Right     {test['right']:.1%} on {test['labels']:,} labels, between {test['low']:.1%} and "
                f"{test['high']:.1%}")  # fmt: skip
            say(f"          at any look between {test['any_low']:.1%} and {test['any_high']:.1%}")
        return
    if told["now"] is None:
        say("Unknown: no random question was answered while a model stood.")
    for name, words in (
        ("now", "the model of now"),
        ("recent", "the later half of the random questions, at any look"),
        ("mean", "all models so far, at any look"),
    ):
        if (one := told[name]) is not None:
            say(f"{one['right']:6.1%} right, between {one['low']:.1%} and {one['high']:.1%}: {words}")
    say(f"\nTo measure it with fewer labels: querist test {workspace.folder} --begin")


def _facts(workspace: Workspace) -> dict[str, Any]:
    from querist.campaign import current_quality, quality, recent_quality
    from querist.evaluation import CampaignTest

    state, test = workspace.state, CampaignTest.open(workspace)
    told: dict[str, Any] = {"test": None}
    for name, does in (("now", current_quality), ("recent", recent_quality), ("mean", quality)):
        one = does(state)
        told[name] = one and {"right": one.estimate, "low": one.low, "high": one.high, "n": one.n}
    if test is not None:
        found = test.measured(workspace)
        told["test"] = {
            "model": test.version,
            "trained_on": test.labels,
            "items": len(test.rows),
            "labels": found.labels,
            "right": 1 - found.estimate if found.labels else None,
            "low": 1 - found.high,
            "high": 1 - found.low,
            "any_low": 1 - found.any_high,
            "any_high": 1 - found.any_low,
        }
    return told
