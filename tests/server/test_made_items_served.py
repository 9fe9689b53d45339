"""Made items in the application: ranked by the learner, asked, shown, answered, kept and learned from."""

import numpy as np
import pytest
from PIL import Image
from served import client_of, right

from querist.data import open_source
from querist.events import CANNOT_BE_LABELLED
from querist.server.learner import Learner, turn
from querist.workspace import Workspace

MADE = {"strategy": "synthesis/like_pool", "random_share": 0.0, "hide_share": 0.0}


def learn(workspace):
    """One turn of a learner beside the server, taken over."""
    said = []
    learner = Learner(Workspace.open(workspace.folder, exclusive=False), said.append)
    learner.prepare()
    turn(learner)
    learner.workspace.close()
    assert all(report.phase != "failed" for report in said), said[-1]
    with workspace.journal.durable():
        return workspace.adopt()


def value_of(question):
    return right(question["content"]["text"])


def questions(client, n=1):
    return client.post("/api/next", json={"n": n}).json()["questions"]


def answer(client, question, value):
    reply = client.post("/api/answers", json={"query": question["query"], "value": value})
    assert reply.status_code == 200, reply.text
    return reply.json()


def started(make, **more):
    """A campaign in which a dozen answers are given and the learner has ranked."""
    workspace = make(settings={**MADE, **more})
    with client_of(workspace) as client:
        for _ in range(12):
            (question,) = questions(client)
            assert not question["made"]
            answer(client, question, value_of(question))
    learn(workspace)
    return workspace


def made_one(client, most=12):
    """The next question about a made item; others are answered on the way."""
    for _ in range(most):
        (question,) = questions(client)
        if question["made"]:
            return question
        answer(client, question, value_of(question))
    raise AssertionError("nothing was made")


def test_made_texts_are_asked_like_any_other_and_learned_from(make):
    workspace = started(make)
    ranking = workspace.ranking
    assert any(ranking.made) and (ranking.rows == -1).sum() == sum(one is not None for one in ranking.made)
    with client_of(workspace) as client:
        question = made_one(client)
        assert question["content"]["text"] and question["suggestion"]["value"] in ("sport", "money")
        assert client.get("/api/campaign").json()["skip_causes"][0] == CANNOT_BE_LABELLED
        assert client.get(f"/api/items/{question['item']}").json()["text"] == question["content"]["text"]
        done = answer(client, question, value_of(question))
        assert done["progress"]["labelled"] == len(workspace.campaign.labels)
        told = client.get("/api/answers", params={"q": question["content"]["text"][:12]}).json()
        row = next(one for one in told["answers"] if one["item"] == question["item"])
        assert row["made"] and row["snippet"] and row["value"] == value_of(question)
        assert client.get("/api/dashboard").status_code == 200
        export = client.get("/api/export", params={"what": "labels", "format": "jsonl"}).text
        assert (
            question["item"] in export and question["content"]["text"] in export and '"made":true' in export
        )
        assert client.get("/api/export", params={"what": "predictions", "format": "csv"}).status_code == 200
    again = learn(workspace)
    assert again.labels == len(workspace.campaign.labels)
    assert question["item"] not in [one["id"] for one in again.made if one]


def test_made_items_outlive_the_server_and_the_rankings(make, tmp_path):
    import shutil

    workspace = started(make)
    with client_of(workspace) as client:
        question = made_one(client)
    folder = workspace.folder
    workspace.close()
    shutil.rmtree(folder / "models")
    with Workspace.open(folder) as again, client_of(again) as client:
        (held,) = questions(client)
        assert held["item"] == question["item"] and held["content"] == question["content"] and held["made"]
        answer(client, held, "sport")
        back = client.post("/api/retractions", json={"item": held["item"]}).json()["question"]
        assert back["content"] == held["content"] and back["made"] and back["previous"] is None
        answer(client, back, "money")
        assert again.campaign.labels[held["item"]] == "money"
        learn(again)


def test_what_cannot_be_labelled_is_told_and_not_made_again(make):
    workspace = started(make)
    with client_of(workspace) as client:
        question = made_one(client)
        body = {"query": question["query"], "because": CANNOT_BE_LABELLED}
        assert client.post("/api/skips", json=body).status_code == 200
    ranking = learn(workspace)
    assert question["item"] not in [one["id"] for one in ranking.made if one]
    assert workspace.campaign.snapshot().made.refused == {question["item"]}


def test_the_random_share_is_of_real_items(make):
    workspace = started(make, random_share=0.5)
    with client_of(workspace) as client:
        seen = []
        for _ in range(10):
            (question,) = questions(client)
            seen.append((question["made"], question["why"]["arm"]))
            answer(client, question, value_of(question))
    assert (True, "random") not in seen and any(arm == "random" for _, arm in seen)


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(40):
        pixels = rng.integers(0, 40, (16, 16), dtype=np.uint8)
        pixels[i % 12 :][:4] = 230
        Image.fromarray(pixels).save(folder / f"{i:02d}-{i % 12:02d}.png")
    settings = {**MADE, "strategy": {"name": "synthesis/like_pool", "mixed": False}}
    source = open_source(folder)
    with Workspace.create(
        tmp_path / "campaign", source, classes=["high", "low"], settings=settings
    ) as workspace:
        yield workspace


def test_made_pictures_are_served(pictures):
    with client_of(pictures) as client:
        for _ in range(10):
            (question,) = questions(client)
            answer(client, question, "high" if int(question["item"][3:5]) < 6 else "low")
    learn(pictures)
    with client_of(pictures) as client:
        (question,) = questions(client)
        assert question["made"] and question["content"]["kind"] == "image"
        reply = client.get(question["content"]["url"])
        assert reply.status_code == 200 and reply.content[:4] == b"\x89PNG"
        assert client.get("/api/campaign").json()["settings"]["strategy"] == "synthesis/like_pool"
        answer(client, question, "high")
    assert learn(pictures).labels == 11


def test_made_rows_are_shown_field_by_field(tmp_path):
    rows = ["size,colour,kind"] + [
        f"{i / 4:.2f},{'red' if i % 3 else 'blue'},{'big' if i > 20 else 'small'}" for i in range(40)
    ]
    (tmp_path / "things.csv").write_text("\n".join(rows) + "\n")
    source = open_source(tmp_path / "things.csv", label="kind")
    labels = dict(list(source.labels.items())[::3])
    with Workspace.create(
        tmp_path / "c", source, classes=["big", "small"], labels=labels, settings=MADE
    ) as workspace:
        learn(workspace)
        with client_of(workspace) as client:
            for _ in range(6):
                (question,) = questions(client)
                fields = {one["name"]: one["value"] for one in question["content"]["fields"]}
                assert set(fields) == {"size", "colour"}
                if question["made"]:
                    assert fields["colour"] in ("red", "blue") and 0 <= float(fields["size"]) <= 10
                    return
                answer(client, question, "big" if float(fields["size"]) > 5 else "small")
        raise AssertionError("nothing was made")
