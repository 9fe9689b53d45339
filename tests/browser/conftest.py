"""A real browser, and the application as its users start it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

import pytest

import querist.server
from querist.events import fold, open_log

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Application:
    """``querist label`` in a process of its own, which can be killed and started again."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.arguments = arguments
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """The address of the page, its token included."""
        command = [sys.executable, "-m", "querist", *self.arguments, "--no-browser", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        told: list[str] = []
        found = threading.Event()

        def listen(output: TextIO) -> None:
            with output:
                for line in output:
                    told.append(line)
                    if re.search(r"http://\S+token=", line):
                        found.set()

        threading.Thread(target=listen, args=[self.process.stdout], daemon=True).start()
        deadline = time.monotonic() + 180
        while not found.wait(0.05):
            assert self.process.poll() is None, "".join(told)
            assert time.monotonic() < deadline, "".join(told)
        address = re.search(r"http://\S+token=\S+", "".join(told)).group()
        self.port = int(re.search(r":(\d+)", address).group(1))
        return address

    def kill(self) -> None:
        """As when the machine loses its power: the server and its learner are gone at once."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> int:
        """As Ctrl+C does."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=120)

    def state(self):
        """What the log adds up to, read from outside."""
        log = open_log(str(self.folder / "campaign.db"))
        try:
            return fold(log.read())
        finally:
            log.close()


@pytest.fixture(scope="session")
def chromium():
    """Chromium, started once."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium is installed here (on Debian: apt-get install chromium)")
    page = Path(querist.server.__file__).with_name("page") / "index.html"
    assert page.is_file(), "the page was not built; run ./dev setup"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS), timeout=120_000)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium):
    """A browser of its own for each test: nothing kept from another."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def page(context):
    """A tab; what goes wrong inside it fails the test."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.fixture
def start():
    """Starts applications, and ends them."""
    running: list[Application] = []

    def started(folder: Path, *arguments: str) -> tuple[Application, str]:
        application = Application(folder, *arguments)
        running.append(application)
        return application, application.start()

    yield started
    for application in running:
        application.kill()
