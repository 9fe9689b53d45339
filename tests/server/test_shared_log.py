"""Several servers, one log in PostgreSQL: nobody is served twice, and everybody sees everything."""

import importlib.util
import threading
import uuid
from collections import Counter
from pathlib import Path

import pytest
from served import client_of, csv_of, right

from querist.data import open_source
from querist.server import Serving
from querist.workspace import Workspace

_spec = importlib.util.spec_from_file_location(
    "postgres_for_events", Path(__file__).parents[1] / "events" / "conftest.py"
)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
postgres_url = _module.postgres_url

pytestmark = pytest.mark.postgres


@pytest.fixture
def two(tmp_path, postgres_url):
    """Two folders of the same items, as on two machines, and one campaign in the database."""
    source = open_source(csv_of(tmp_path / "mail.csv", 40), text="text", id="id")
    shared = {"database": postgres_url, "campaign": uuid.uuid4().hex, "settings": {"strategy": "margin"}}
    one = Workspace.create(tmp_path / "one", source, classes=["sport", "money"], **shared)
    other = Workspace.create(tmp_path / "other", source, classes=["sport", "money"], **shared)
    yield one, other
    one.close()
    other.close()


def test_two_servers_share_the_items(two):
    served, errors, lock = Counter(), [], threading.Lock()

    def annotate(client, name):
        try:
            with client:
                client.headers["x-annotator"] = name
                while questions := client.post("/api/next", json={"n": 2}).json()["questions"]:
                    for question in questions:
                        with lock:
                            served[question["item"]] += 1
                        body = {"query": question["query"], "value": right(question["content"]["text"])}
                        assert client.post("/api/answers", json=body).status_code == 200
        except Exception as error:
            errors.append(error)

    threads = [
        threading.Thread(target=annotate, args=(client_of(workspace), f"{place}-{k}"))
        for place, workspace in enumerate(two)
        for k in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(served) == 40 and set(served.values()) == {1}
    for workspace in two:
        workspace.campaign.refresh()
        assert len(workspace.campaign.labels) == 40


def test_an_answer_at_one_server_shows_at_the_other_by_itself(one_day, two):
    one, other = two
    with Serving(other, learn=False) as serving, client_of(one) as client:
        question = client.post("/api/next", json={}).json()["questions"][0]
        client.post("/api/answers", json={"query": question["query"], "value": "sport"})
        seen = threading.Event()
        for _ in range(2400):
            if serving.figures.state.labels:
                break
            seen.wait(0.05)
        assert serving.figures.state.labels == {question["item"]: "sport"}
        assert serving.figures.tally.today("me") == 1


def test_the_password_of_the_database_is_for_the_owner_only(two):
    one, _ = two
    assert one.manifest.database
    assert (one.folder / "campaign.json").stat().st_mode & 0o077 == 0
