"""The supervisor: a learner that dies is started again, and one is never left behind."""

import contextlib
import os
import signal
import sys
import textwrap
import threading
import time

import pytest

from querist.server.protocol import Report
from querist.server.supervisor import Supervisor


class Ear:
    def __init__(self):
        self.reports = []
        self.changed = threading.Condition()

    def __call__(self, report):
        with self.changed:
            self.reports.append(report)
            self.changed.notify_all()

    def wait(self, wanted, seconds=120):
        with self.changed:
            assert self.changed.wait_for(lambda: any(map(wanted, self.reports)), seconds), self.reports
            return [report for report in self.reports if wanted(report)]


def supervised(tmp_path, code, **more):
    ear = Ear()
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return Supervisor(tmp_path, ear, command=command, **more), ear


PATIENT = """
    import sys
    print('{"phase": "idle"}', flush=True)
    print("a library that prints", flush=True)
    for line in sys.stdin:
        print('{"phase": "idle", "published": "v1"}', flush=True)
"""


def test_it_hears_reports_and_wakes_the_learner(tmp_path):
    supervisor, ear = supervised(tmp_path, PATIENT)
    supervisor.wake()  # before there is a learner: nothing happens
    supervisor.start()
    ear.wait(lambda report: report.phase == "idle")
    supervisor.wake()
    assert ear.wait(lambda report: report.published == "v1")
    pid = supervisor.pid
    supervisor.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert supervisor.pid is None


def test_a_killed_learner_comes_back_and_the_page_is_told_why(tmp_path):
    supervisor, ear = supervised(tmp_path, PATIENT, backoff=0.05)
    supervisor.start()
    ear.wait(lambda report: report.phase == "idle")
    first = supervisor.pid
    os.kill(first, signal.SIGKILL)
    told = ear.wait(lambda report: report.phase == "failed")[0]
    assert "SIGKILL" in told.note and "Labelling goes on" in told.note
    deadline = time.monotonic() + 120
    while supervisor.pid in (None, first) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert supervisor.pid not in (None, first)
    supervisor.stop()


def test_a_learner_that_cannot_start_is_tried_ever_less_often(tmp_path):
    supervisor, ear = supervised(tmp_path, "raise SystemExit('no such encoder')", backoff=0.01)
    supervisor.start()
    ear.wait(lambda report: report.phase == "failed" and supervisor.crashes >= 3)
    supervisor.stop()
    assert "exit code 1" in ear.wait(lambda report: report.phase == "failed")[0].note
    assert "no such encoder" in (tmp_path / "learner.log").read_text()


def test_a_fault_of_the_hearer_or_of_the_machine_ends_no_supervision(tmp_path):
    supervisor, ear = supervised(tmp_path, PATIENT, backoff=0.01)
    hear, faults = supervisor.heard, iter([ZeroDivisionError("odd")])

    def faulty(report):
        if report.phase == "idle" and (fault := next(faults, None)):
            raise fault
        hear(report)

    supervisor.heard = faulty
    supervisor.start()
    assert "ZeroDivisionError: odd" in ear.wait(lambda report: report.phase == "failed")[0].note
    ear.wait(lambda report: report.phase == "idle")
    supervisor.stop()
    gone = Supervisor(tmp_path, ear, command=[str(tmp_path / "no-such-program")], backoff=0.01)
    gone.start()
    ear.wait(lambda report: "FileNotFoundError" in report.note)
    gone.stop()


def test_a_learner_that_does_not_listen_is_killed(tmp_path):
    code = """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print('{"phase": "training"}', flush=True)
        time.sleep(60)
    """
    supervisor, ear = supervised(tmp_path, code)
    supervisor.start()
    ear.wait(lambda report: report.phase == "training")
    began = time.monotonic()
    supervisor.stop(patience=0.2)
    assert time.monotonic() - began < 10
    assert supervisor.pid is None


def test_waking_a_busy_learner_never_blocks(tmp_path):
    supervisor, ear = supervised(
        tmp_path,
        """
        import time
        print('{"phase": "training"}', flush=True)
        time.sleep(60)
    """,
    )
    supervisor.start()
    ear.wait(lambda report: report.phase == "training")
    for _ in range(100_000):  # more than a pipe holds
        supervisor.wake()
    supervisor.stop()


def test_a_learner_that_dies_while_it_is_woken_leaves_nobody_its_pipe(tmp_path, monkeypatch):
    supervisor, ear = supervised(tmp_path, PATIENT, backoff=60)
    supervisor.start()
    ear.wait(lambda report: report.phase == "idle")
    open_then = []

    def slowly(number, told):
        os.kill(supervisor.pid, signal.SIGKILL)
        with contextlib.suppress(AssertionError):  # the pipe would be closed, and its number another file's
            ear.wait(lambda report: report.phase == "failed", 0.5)
        open_then.append(os.fstat(number).st_ino == pipe)
        return len(told)

    pipe = os.fstat(supervisor._process.stdin.fileno()).st_ino
    monkeypatch.setattr("querist.server.supervisor.os.write", slowly)
    supervisor.wake()
    assert open_then == [True]
    ear.wait(lambda report: report.phase == "failed")
    supervisor.wake()  # after its end: nothing happens
    assert len(open_then) == 1
    supervisor.stop()


@pytest.mark.parametrize("line", ["", "hello\n", "[1]\n", '{"odd": 1}\n', "3\n"])
def test_a_line_that_is_no_report_is_passed_over(line):
    assert Report.read(line) is None
