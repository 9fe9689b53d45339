"""Serving: the application, the learner beside it, and their ends."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any

import uvicorn

from querist.errors import InvalidInput, QueristError, StorageError
from querist.server import wire
from querist.server.app import LOOPBACK, create_app
from querist.server.figures import Figures
from querist.server.protocol import Report
from querist.server.supervisor import Supervisor
from querist.workspace import Ranking, Workspace, current_ranking, unread_items

__all__ = ["Serving", "serve"]

PORT = 8420
_LOOK = 1.0  # seconds between two looks at a log that other servers write to as well
_END = 30.0  # seconds for which a look at the log or at a stream's items may be waited for at the end
_GARBAGE = (20_000, 20, 50)  # a look for garbage is a wait for somebody: let there be few
_SWITCH = 0.0005  # seconds after which a busy thread lets a request through


class Serving:
    """One campaign being served: the application with its learner.

    Use it as a context manager around whatever runs :attr:`app`; :func:`serve` does so with uvicorn.

    Parameters
    ----------
    workspace : Workspace, opened for writing
    hosts : iterable of str
        The host names under which the server may be reached.
    learn : bool
        False serves without a learner: questions come at random.
    told : function
        Called with what whoever started the server should know.
    """

    def __init__(
        self,
        workspace: Workspace,
        hosts: Iterable[str] = LOOPBACK,
        *,
        learn: bool = True,
        told: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.workspace = workspace
        self._told = told
        self._encoding = False
        self.app = create_app(workspace, workspace.token(), hosts)
        self.figures: Figures = self.app.state.figures
        self.supervisor: Supervisor | None = None
        self.background: Supervisor | None = None
        self._slow: Ranking | None = None  # the slow model's last one, in force or not
        self._training, self._showing = threading.Lock(), threading.Lock()
        self._ended = threading.Event()
        self._follower = threading.Thread(target=self._follow, name="log-follower", daemon=True)
        self._tray = threading.Thread(target=self._take_in, name="arrivals", daemon=True)
        if learn:
            self.supervisor = Supervisor(workspace.folder, self.hear)
            workspace.on_change = self._wake
        if learn and workspace.manifest.slow:
            self.background = self._trainer()
            self.app.state.train = self.train

    def hear(self, report: Report) -> None:
        """Show what the learner does, and take over what it publishes."""
        if self._encoding and report.phase != "encoding":
            self._tell_unread()
        self._encoding = report.phase == "encoding"
        with self._showing:
            self.figures.learner = self._heard(report, slow=False)

    def hear_background(self, report: Report) -> None:
        """Show what the slow learner does, and take over what it publishes."""
        told, ranking = self._heard(report, slow=True), self.workspace.ranking
        with self._showing:
            if self.background is not None or report.phase == "stopped":  # else a last word of one that was
                self.figures.background = told
            if report.published is not None and ranking is not None:
                # the model in force is another one, whoever made it
                force = {"version": ranking.version, "labels": ranking.labels}
                self.figures.learner = self.figures.learner.model_copy(update=force)

    def train(self, on: bool) -> None:
        """Begin to train the slow model, or stop it at once; what it published stays."""
        with self._training:
            if on and self.background is None:
                self.background = self._trainer()
                self.background.start()
            elif not on and self.background is not None:
                trainer, self.background = self.background, None
                trainer.stop()
                self.hear_background(Report("stopped"))

    def _trainer(self) -> Supervisor:
        folder, half = self.workspace.folder, max(1, (os.cpu_count() or 1) // 2)
        command = (sys.executable, "-m", "querist.server.background", str(folder))
        return Supervisor(folder, self.hear_background, command=command, threads=half)

    def _wake(self) -> None:
        for one in (self.supervisor, self.background):
            if one is not None:
                one.wake()

    def _heard(self, report: Report, *, slow: bool) -> wire.Learner:
        """A learner's report as the page shows it, once what it published is in force."""
        if report.published is not None:
            try:
                self.workspace.adopt()
            except StorageError as error:  # the ranking is in force; the log hears of it when it can
                self.workspace.recover()
                report = Report(report.phase, note=str(error))
        ranking = self.workspace.ranking
        if slow:
            if report.published is not None or self._slow is None:  # not for every word on how far it is
                self._slow = current_ranking(self.workspace.models, slow=True)
            ranking = self._slow
        known = ranking is not None and not ranking.cold
        return wire.Learner(
            phase=report.phase,
            fraction=report.fraction,
            note=report.note,
            version=ranking.version if ranking is not None and known else None,
            labels=ranking.labels if ranking is not None and known else 0,
        )

    def _tell_unread(self) -> None:
        """Say which items the model knows nothing of, once a start."""
        unread = unread_items(self.workspace)
        if unread:
            more = f", and {len(unread) - 1:,} more; `querist status` lists them" if len(unread) > 1 else ""
            self._told(f"Note: {unread[0]}{more}")

    def __enter__(self) -> Serving:
        sys.setswitchinterval(_SWITCH)
        gc.disable()
        self._look_for_arrivals()
        _ = self.workspace.campaign  # the log is read before the first request, not by it
        gc.freeze()  # a campaign's answers live as long as the server: no need to look for garbage there
        gc.enable()
        gc.set_threshold(*_GARBAGE)
        self.workspace.adopt()  # what the last run published is in force at once
        if self.background is not None:
            self.background.start()
        if self.supervisor is not None:
            self.supervisor.start()
        else:
            self.figures.learner = wire.Learner(phase="idle", note="No learner: questions come at random.")
        if self.workspace.manifest.database is not None:
            self._follower.start()
        self._tray.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.app.state.stopping = True
        self._ended.set()
        for one in (self.supervisor, self.background):
            if one is not None:
                one.stop()
        for thread in (self._tray, self._follower):  # the folder and the log are somebody else's in a moment
            if thread.is_alive():
                thread.join(_END)

    def _take_in(self) -> None:
        """Look for items that a stream brings."""
        while not self._ended.wait(_LOOK):
            self._look_for_arrivals()

    def _look_for_arrivals(self) -> None:
        try:
            if self.workspace.take_in():
                self._wake()
        except QueristError as error:
            self._told(f"Note: {error}")

    def _follow(self) -> None:
        """Read what other servers wrote to a shared log."""
        while not self._ended.wait(_LOOK):
            with contextlib.suppress(StorageError):
                before = self.workspace.campaign.state.head
                self.workspace.campaign.refresh()
                if self.workspace.campaign.state.head > before:
                    self._wake()


class _Server(uvicorn.Server):
    """Ends gracefully on SIGTERM and Ctrl+C, and leaves the rest of the cleaning up to us."""

    def __init__(self, config: uvicorn.Config, app: Any, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app, self._ready = app, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._app.state.stopping = True  # lets the event streams end
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, self.handle_exit) for one in wanted}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def serve(
    workspace: Workspace,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    hosts: Iterable[str] = (),
    learn: bool = True,
    ready: Callable[[str], None] = lambda address: None,
    told: Callable[[str], None] = lambda line: None,
) -> None:
    """Serve a campaign until SIGTERM or Ctrl+C; then write what has gathered and close the workspace.

    Parameters
    ----------
    host : str
        The address to bind to; the loopback unless others are to reach it.
    port : int, optional
        Left out: 8420, or any free one.
    hosts : iterable of str
        Further host names under which browsers reach the server (behind a proxy, say).
    ready : function
        Called with the address of the page, its token included, as soon as it can be opened.
    told : function
        Called with what whoever started the server should know: items that the model cannot read.
    """
    bound = _bind(host, port)
    number = bound.getsockname()[1]
    shown = (
        "127.0.0.1" if host in ("0.0.0.0", "127.0.0.1", "localhost") else f"[{host}]" if ":" in host else host
    )
    address = f"http://{shown}:{number}"
    names = {*LOOPBACK, *hosts, host, socket.gethostname()}
    try:
        with Serving(workspace, names, learn=learn, told=told) as serving:
            workspace.note_address(address)
            config = uvicorn.Config(
                serving.app,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=5,
                lifespan="off",
            )
            server = _Server(config, serving.app, lambda: ready(f"{address}/?token={workspace.token()}"))
            server.run(sockets=[bound])
    finally:
        bound.close()
        workspace.close()


def _bind(host: str, port: int | None) -> socket.socket:
    """A listening socket on the wished port; any free one where none was wished and ours is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wish in (port,) if port is not None else (PORT, 0):
        # named as TCP, so that asyncio switches Nagle's algorithm off: it would hold every reply for 40 ms
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name != "nt":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, wish))
            bound.listen(128)  # bound is not taken: another may listen already
            return bound
        except OSError as error:
            bound.close()
            cause = error
    which = f"The address {host}" if port is None else f"The port {port} of {host}"
    raise InvalidInput(
        f"{which} cannot be used: {cause.strerror}.",
        mend="Give an address of this machine with --host: 127.0.0.1 for yourself, 0.0.0.0 for others too."
        if cause.errno == errno.EADDRNOTAVAIL or port is None
        else "Choose another with --port, or leave it out.",
    ) from cause
