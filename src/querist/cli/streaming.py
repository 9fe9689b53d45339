"""The loop of ``querist stream``: lines in, decisions out, labels back; each step safe to be killed in."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from querist.errors import QueristError
from querist.events import Answered, Skipped
from querist.streams.items import label_of
from querist.streams.lines import FileLines, PipeLines

if TYPE_CHECKING:
    from querist.streams.session import Session
    from querist.workspace import Workspace

__all__ = ["Streaming"]


class Streaming:
    """Runs a session over its inputs; see :class:`querist.streams.session.Session` for what is safe when."""

    def __init__(
        self,
        session: Session,
        source: Path | None,
        *,
        follow: bool,
        labels: Path | None,
        campaign: Path | None,
        classes: Sequence[str],
        output: Path | None,
        warn: Callable[[str], None],
    ) -> None:
        self.session = session
        self.source = source
        self.follow = follow
        self.campaign = campaign
        self.classes = classes
        self.output = output
        self.warn = warn
        places = session.places
        places.setdefault("stream", uuid.uuid4().hex)
        offset, inode = places.get("labels", (0, 0))
        self._labels = None if labels is None else FileLines(labels, offset=offset, inode=inode, follow=True)
        self._desk: Workspace | None = None

    def run(self, standard_input: Any) -> None:
        """Until the input ends, or for ever where it is followed."""
        session = self.session
        if self.output is not None:
            self._cut()
        if session.untold or session.questions:  # decided before a kill, and perhaps told to nobody
            self._emit(again=True)
        for block in self._lines(standard_input):
            told = self._take_labels()
            session.take(block)
            if not (block or told):
                continue
            session.commit()
            self._emit()
        self._take_labels()
        session.commit()
        if self._desk is not None:
            self._desk.close()

    def _lines(self, standard_input: Any) -> Iterator[list[bytes]]:
        places = self.session.places
        if self.source is None:
            yield from PipeLines(standard_input)
            return
        offset, inode = places.get("input", (0, 0))
        lines = FileLines(self.source, offset=offset, inode=inode, follow=self.follow)
        for block in lines:
            places["input"] = (lines.offset, lines.inode)
            yield block

    def _emit(self, *, again: bool = False) -> None:
        """Tell what was committed; the next commit will know that it was told."""
        session = self.session
        if session.questions and self.campaign is not None:
            self._ask()
        if self.output is not None:
            with open(self.output, "a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in session.untold)
                file.flush()
                os.fsync(file.fileno())
            session.places["output"] = self.output.stat().st_size
        else:
            for line in session.untold:
                click.echo(line[:-1] + ', "again": true}' if again else line)
        session.settle()

    def _cut(self) -> None:
        """Cut the output to what the last commit knew of: what comes after is told again."""
        assert self.output is not None
        known = self.session.places.setdefault("output", 0)
        if self.output.exists():
            if not self.session.resumed:
                self.session.places["output"] = self.output.stat().st_size  # somebody else's lines stay
            elif self.output.stat().st_size > known:
                os.truncate(self.output, known)

    # ------------------------------------------------------------ people

    def _ask(self) -> None:
        """Put the questions before people: into the tray beside the campaign, which is made if need be."""
        from querist.workspace import Arrival, Arrivals, Workspace, source_of

        assert self.campaign is not None
        arrivals = [
            Arrival(one.id, one.record, score=one.score, probability=one.probability)
            for one in self.session.questions
        ]
        name = f"{self.session.places['stream']}-{self.session.lines:012d}"
        self.campaign.mkdir(parents=True, exist_ok=True)
        Arrivals(self.campaign).bring(name, arrivals)
        if not Workspace.there(self.campaign):
            source = source_of(arrivals, "text" if "text" in arrivals[0].record else "row", {})
            settings = {"title": self.campaign.stem}
            Workspace.create(self.campaign, source, classes=self.classes, settings=settings).close()
            self.warn(f"Made {self.campaign}; put its questions before people: querist label {self.campaign}")

    def _take_labels(self) -> int:
        """Learn what has come since: how many labels were of use."""
        told = 0
        if self._labels is not None:
            told += self.session.tell(self._from_file())
            self.session.places["labels"] = (self._labels.offset, self._labels.inode)
        if self.campaign is not None:
            told += self.session.tell(self._from_campaign())
        return told

    def _from_file(self) -> Iterator[tuple[str, Any]]:
        assert self._labels is not None
        for line in self._labels.read(10_000):
            if line.strip():
                try:
                    yield label_of(line)
                except QueristError as error:
                    self.warn(f"label: {error}")

    def _from_campaign(self) -> Iterator[tuple[str, Any]]:
        """Answers to the stream's own questions; a skip gives the question up."""
        from querist.workspace import Workspace

        assert self.campaign is not None
        if self._desk is None:
            if not Workspace.there(self.campaign):
                return
            self._desk = Workspace.open(self.campaign, exclusive=False)
        session = self.session
        for number, event in self._desk.log.read(session.places.get("log", 0)):
            session.places["log"] = number
            if isinstance(event, Answered | Skipped):
                item = str(event.item)
                if session.waits_for(item):
                    yield item, event.value if isinstance(event, Answered) else None
