"""``querist stream``: items as they come, decided at once, within a budget."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from querist.cli.console import split
from querist.errors import InvalidInput

if TYPE_CHECKING:
    from querist.streams import StreamLearner
    from querist.streams.session import Session

__all__ = ["command"]

_TABLES = (".csv", ".tsv", ".parquet")


@click.command("stream", short_help="Decide on items as they come, within a budget.")
@click.argument("source", default="-", type=click.Path(path_type=Path, allow_dash=True), metavar="[FILE]")
@click.option("--follow", is_flag=True, help="Go on as FILE grows, as a log does.")
@click.option(
    "--budget",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.1,
    show_default=True,
    help="Share of the items that may be asked about.",
)
@click.option(
    "--strategy",
    default="default",
    show_default=True,
    metavar="NAME",
    help="How items are chosen. With parameters as JSON: "
    """'{"name": "stream", "score": "entropy"}'.""",
)
@click.option("--drift", metavar="NAME", help="What listens for change: hddm_a, adwin, ddm, ...")
@click.option("--columns", metavar="A,B", help="Fields that are an item's numbers. [x, or all numbers]")
@click.option("--id", "id", default="id", show_default=True, metavar="FIELD", help="Field with distinct ids.")
@click.option(
    "--label", default="", metavar="FIELD", help="Field with labels, to replay a stream that has some."
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='Lines of {"id": ..., "label": ...}, as they come.',
)
@click.option(
    "--campaign",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Ask people: questions go to this campaign, made if need be, and its answers come back.",
)
@click.option("--classes", default="", metavar="A,B", help="Classes of a campaign that is made.")
@click.option(
    "--state", type=click.Path(path_type=Path), metavar="FILE", help="Where the stream is kept. [beside FILE]"
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write decisions there instead."
)
@click.option("--asked", is_flag=True, help="Tell decisions to ask, and no others.")
@click.option(
    "--members", type=click.IntRange(min=1), default=10, show_default=True, help="Members of the model."
)
@click.option(
    "--hidden", type=click.IntRange(min=0), default=100, show_default=True, help="Features of each."
)
@click.option("--seed", type=int, default=0, show_default=True)
def command(source: Path, **options: Any) -> None:
    """Decide on items as they come, one line of JSON each, from FILE or standard input.

    An item is {"id": "a7", "heat": 21.5, ...} or {"id": "a7", "x": [21.5, 40]}; a decision is one line on
    standard output. Labels come later: through a campaign's page, or a file that somebody appends to. The
    stream is kept in one file; the same command goes on where it stopped, killed or not.

    \b
    Examples:
      querist stream readings.jsonl --budget 0.05
      tail -F app.log | querist stream --asked --labels labels.jsonl
      querist stream app.log --follow --campaign watch.querist --classes fine,faulty
    """
    from querist.cli.streaming import Streaming
    from querist.data.files import locked
    from querist.streams.session import Session

    def warn(text: str) -> None:
        click.echo(text, err=True)

    if source.suffix.lower() in _TABLES:
        raise InvalidInput(
            f"{source} is a table, and a stream is lines of JSON.",
            mend='Write one object a line: {"id": "a7", "heat": 21.5}; or label the table: querist label.',
        )
    state = options["state"] or _beside(source, options["campaign"])
    with locked(state.with_name(f"{state.name}.lock"), wait=False):  # two would decide on the same items
        session = Session(
            state,
            lambda: _learner(options),
            columns={"names": split(options["columns"]), "id": options["id"], "label": options["label"]},
            asked_only=options["asked"],
            complain=warn,
        )
        if session.resumed:
            seen, count = session.learner.seen, session.learner.asked
            warn(f"Going on with {state}: {seen:,} items seen, {count:,} asked about")
            for name in _given("budget", "strategy", "drift", "members", "hidden", "seed"):
                warn(f"  note: --{name} is that of the stream as it began; another --state begins anew")
        streaming = Streaming(
            session,
            None if str(source) == "-" else source,
            follow=options["follow"],
            labels=options["labels"],
            campaign=options["campaign"],
            classes=split(options["classes"]),
            output=options["output"],
            warn=warn,
        )
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            streaming.run(sys.stdin.buffer if hasattr(sys.stdin, "buffer") else sys.stdin)
        except KeyboardInterrupt:
            pass  # what was decided is kept
        finally:
            signal.signal(signal.SIGTERM, before)
        warn(_summary(session))


def _given(*names: str) -> list[str]:
    """Which of these options were typed."""
    source = click.get_current_context().get_parameter_source
    return [name for name in names if source(name) is ParameterSource.COMMANDLINE]


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _beside(source: Path, campaign: Path | None) -> Path:
    """Where the state lies when nobody says: with the campaign, or beside the data."""
    if str(source) != "-":
        return source.with_name(f"{source.name}.stream.npz")
    return (campaign.with_name(f"{campaign.name}.stream.npz")) if campaign is not None else Path("stream.npz")


def _learner(options: dict[str, Any]) -> StreamLearner:
    from querist.models import OnlineSoftmax
    from querist.streams import StreamLearner

    size = {"members": options["members"], "hidden": options["hidden"]}
    model = OnlineSoftmax(**size, kept=100, steps=12, seed=options["seed"])
    return StreamLearner(
        model, options["strategy"], budget=options["budget"], drift=options["drift"], seed=options["seed"]
    )


def _summary(session: Session) -> str:
    learner = session.learner
    share = learner.asked / max(learner.seen, 1)
    told = f"{learner.seen:,} items seen, {learner.asked:,} asked about ({share:.2%})"
    told += f", {len(learner.pending):,} open"
    if learner.drifts:
        told += f", {learner.drifts} changes noticed"
    if session.left_out:
        told += f", {session.left_out:,} lines left out"
    if session.judged:
        told += f"; {session.right / session.judged:.1%} of predictions right"
    return told
