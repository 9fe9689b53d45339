"""A small campaign, its server in this process, and a client that holds the token."""

import time
from datetime import datetime, timedelta

import pytest
from served import client_of, csv_of

from querist.data import open_source
from querist.workspace import Workspace


@pytest.fixture
def make(tmp_path):
    """Make a workspace with settings of one's own; everything is closed at the end."""
    made = []

    def build(n=40, name="mail", **more):
        source = open_source(csv_of(tmp_path / f"{name}.csv", n), text="text", id="id")
        more = {"classes": ["sport", "money"], **more}
        more["settings"] = {"strategy": "margin", **more.get("settings", {})}
        made.append(Workspace.create(tmp_path / name, source, **more))
        return made[-1]

    yield build
    for workspace in made:
        workspace.close()


@pytest.fixture
def one_day():
    """For a test of what happens on one day: one that would run into the next begins there."""
    now = datetime.now()
    midnight = datetime.combine(now + timedelta(days=1), datetime.min.time())
    if midnight - now < timedelta(minutes=2):
        time.sleep((midnight - now).total_seconds() + 1)


@pytest.fixture
def workspace(make):
    return make()


@pytest.fixture
def client(workspace):
    with client_of(workspace) as client:
        yield client
