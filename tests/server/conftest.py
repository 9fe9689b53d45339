"""A small campaign, its server in this process, and a client that holds the token."""

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
def workspace(make):
    return make()


@pytest.fixture
def client(workspace):
    with client_of(workspace) as client:
        yield client
