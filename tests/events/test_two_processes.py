"""Campaigns in two processes on one log: nobody is served what another holds, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import uuid

from querist.campaign import Campaign
from querist.data import Pool
from querist.events import fold, open_log
from querist.tasks import Classification

ITEMS = 24
ANNOTATORS = r'''
import sys, threading, time
from querist.campaign import Campaign
from querist.data import Pool
from querist.events import open_log

url, name, process, items, wanted = sys.argv[1:]
campaign = Campaign(Pool(ids=range(int(items))), log=open_log(url, campaign=name))

def alone_too_long():
    """Half of it is done, and the other process has not come to it yet on this busy machine."""
    said = campaign.state.by_annotator
    return sum(said.values()) >= int(wanted) // 2 and len({by[0] for by in said}) == 1

def label(annotator):
    while campaign.progress.answers < int(wanted):
        while alone_too_long():
            time.sleep(0.01)
            campaign.refresh()
        for query in campaign.ask(1, to=annotator):
            campaign.tell(query, "a")
            campaign.tell(query.id, "a")
        time.sleep(0.001)

threads = [threading.Thread(target=label, args=(f"{process} {i}",)) for i in range(4)]
print("ready", flush=True)
sys.stdin.readline()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
'''


def label_in_two_processes(url, overlap):
    name = uuid.uuid4().hex
    log = open_log(url, campaign=name)
    campaign = Campaign(
        Pool(ids=range(ITEMS)), Classification(("a", "b")), strategy="random", log=log, overlap=overlap
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ANNOTATORS, url, name, one, str(ITEMS), str(ITEMS * overlap)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for one in ("x", "y")
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=300)
        assert process.returncode == 0
    campaign.refresh()
    assert campaign.state == fold(log.read())
    log.close()
    return campaign.state


def test_eight_annotators_in_two_processes_are_never_served_the_same(url):
    state = label_in_two_processes(url, overlap=1)
    assert len(state.labels) == state.answers == len(state.queries) == ITEMS
    assert {by[0] for by in state.by_annotator} == {"x", "y"}, "both had a share"


def test_with_an_overlap_each_item_goes_to_just_so_many(url):
    state = label_in_two_processes(url, overlap=2)
    assert all(len(item.annotations) == len(item.queries) == 2 for item in state.items.values())
    assert state.answers == 2 * ITEMS
