"""The interface for programs, route by route: what comes back, and what is kept."""

import csv
import io
import json
import time
from contextlib import contextmanager

import pytest
from served import client_of, right

from querist.errors import DiskFull
from querist.events import fold
from querist.server import create_app, newcomers
from querist.server.learner import Learner
from querist.workspace import RANDOM, Workspace


def ask(client, n=1, by="me"):
    reply = client.post("/api/next", json={"n": n}, headers={"x-annotator": by})
    assert reply.status_code == 200, reply.text
    return reply.json()["questions"]


def answer(client, question, value, by="me", **more):
    body = {"query": question["query"], "value": value, **more}
    return client.post("/api/answers", json=body, headers={"x-annotator": by})


def learned(workspace):
    """Let a learner take one step in this process, and take over what it publishes."""
    said = []
    with_learner = Learner(Workspace.open(workspace.folder, exclusive=False), said.append)
    with_learner.prepare()
    assert with_learner.step()
    with_learner.workspace.close()
    workspace.adopt()
    return said


def label(client, n, by="me"):
    for question in ask(client, n, by):
        assert answer(client, question, right(question["content"]["text"]), by).status_code == 200


# ---------------------------------------------------------------- asking


def test_the_first_questions_are_random_and_say_so(client):
    questions = ask(client, 3)
    assert len({question["item"] for question in questions}) == 3
    first = questions[0]
    assert first["why"] == {
        "arm": "random",
        "text": RANDOM,
        "strategy": "",
        "quick": False,
        "score": 0.0,
        "rank": 1,
        "probability": pytest.approx(1 / 40),
        "model": None,
    }
    assert first["suggestion"] is None and first["content"]["kind"] == "text"
    assert first["content"]["meta"] == [{"name": "place", "value": "here"}]


def test_a_reload_shows_the_same_questions(client):
    before = ask(client, 2)
    assert ask(client, 2) == before
    assert ask(client, 1) == before[:1]
    more = ask(client, 3)
    assert more[:2] == before and len(more) == 3


def test_two_annotators_never_hold_the_same_item(client):
    ann, bob = ask(client, 20, "ann"), ask(client, 20, "bob")
    assert not {one["item"] for one in ann} & {one["item"] for one in bob}
    assert client.post("/api/next", json={}, headers={"x-annotator": "eve"}).json() == {
        "questions": [],
        "done": "Every item is labelled, skipped, or out with somebody else just now.",
    }


def test_the_annotators_name_may_hold_any_letters(client, workspace):
    question = ask(client, by="J%C3%BCrgen%20%E5%BE%90")[0]
    answer(client, question, "sport", by="J%C3%BCrgen%20%E5%BE%90")
    assert list(workspace.campaign.state.by_annotator) == ["Jürgen 徐"]


def test_the_annotators_name_holds_no_control_characters(client):
    question = client.post("/api/next", json={}, headers={"x-annotator": "%00ann%0a%1b%5b"}).json()[
        "questions"
    ][0]
    answer(client, question, "sport", by="ann [")
    assert client.get("/api/answers").json()["answers"][0]["by"] == "ann ["


def test_who_gives_no_name_is_called_as_nobody_who_is_here(client):
    def newcomer():
        return client.post("/api/newcomers", json={}).json()["name"]

    assert newcomer() == "me"
    assert newcomer() == "me 2", "the first is on the way"
    held = ask(client, 2, by="me 3")
    assert newcomer() == "me 4", "me 3 holds questions"
    client.post("/api/releases", json={"queries": [one["query"] for one in held]})
    assert newcomer() == "me 3"


def test_a_name_is_free_again_when_its_page_is_closed(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(newcomers.time, "monotonic", lambda: now[0])
    people = newcomers.Newcomers(held=lambda name: [])
    assert people.name() == "me"
    with people.here("me"):
        now[0] += 3600
        assert people.name() == "me 2"
    assert people.name() == "me"


def test_a_full_pool_and_a_spent_budget_are_told_in_words(make):
    with client_of(make(4)) as client:
        label(client, 4)
        assert client.post("/api/next", json={}).json()["done"] == "Every item is labelled or skipped."
    with client_of(make(8, "second", settings={"budget": 2})) as client:
        label(client, 2)
        assert client.post("/api/next", json={}).json()["done"] == "The budget of 2 labels is spent."


def test_what_is_left_of_a_budget_may_be_out(make):
    with client_of(make(8, settings={"budget": 3})) as client:
        label(client, 1, by="ann")
        ask(client, 2, by="ann")
        done = client.post("/api/next", json={}, headers={"x-annotator": "bob"}).json()["done"]
        assert done == "The last 2 labels of the budget are out with somebody else just now."


def test_a_skip_cannot_be_undone_where_another_has_the_last_label_of_the_budget(make):
    workspace = make(8, settings={"budget": 1})
    with client_of(workspace) as client:
        skipped = ask(client, by="ann")[0]
        client.post("/api/skips", json={"query": skipped["query"]}, headers={"x-annotator": "ann"})
        other = ask(client, by="bob")[0]
        undo = {"json": {"item": skipped["item"]}, "headers": {"x-annotator": "ann"}}
        refused = client.post("/api/retractions", **undo)
        assert refused.status_code == 409 and "1 out with annotators" in refused.json()["message"]
        assert workspace.campaign.state.skipped, "nothing was taken back"
        client.post("/api/releases", json={"queries": [other["query"]]}, headers={"x-annotator": "bob"})
        assert client.post("/api/retractions", **undo).json()["question"]["item"] == skipped["item"]


def test_a_skip_that_is_undone_takes_the_place_of_what_lies_behind(make):
    workspace = make(8, settings={"budget": 3})
    with client_of(workspace) as client:
        first, second, third = ask(client, 3)
        client.post("/api/skips", json={"query": first["query"]})
        (*_, fourth) = ask(client, 3)
        again = client.post("/api/retractions", json={"item": first["item"]}).json()["question"]
        assert again["item"] == first["item"] and len(ask(client, 9)) == 3
        assert workspace.campaign.state.queries[fourth["query"]].status == "released"
        for question in (again, second, third):
            assert answer(client, question, "sport").status_code == 200
        assert workspace.campaign.progress.spent == 3


# ---------------------------------------------------------------- answering


def test_an_answer_is_in_the_log_before_it_is_acknowledged(one_day, client, workspace):
    question = ask(client)[0]
    done = answer(client, question, "sport", seconds=2.5).json()
    state = fold(workspace.log.read())
    assert state.labels == {question["item"]: "sport"}
    assert state.head == done["head"] == done["progress"]["head"]
    said = state.items[question["item"]].annotations["me"]
    assert (said.seconds, said.query) == (2.5, question["query"])
    progress = done["progress"]
    assert (progress["labelled"], progress["mine"], progress["today"]) == (1, 1, 1)


def test_the_same_answer_sent_twice_counts_once(client, workspace):
    question = ask(client)[0]
    first = answer(client, question, "sport").json()
    again = answer(client, question, "sport")
    assert again.status_code == 200 and again.json()["head"] == first["head"]
    other = answer(client, question, "money")
    assert other.status_code == 409
    assert other.json()["error"] == "AlreadyAnswered" and other.json()["mend"]
    assert workspace.campaign.labels == {question["item"]: "sport"}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"query": "q0", "value": "sport"}, 404, "UnknownQuery"),
        ({"query": "q0"}, 422, "InvalidRequest"),
        ({"query": "q" * 65, "value": "sport"}, 422, "InvalidRequest"),
        ({"query": "q", "value": "sport", "more": 1}, 422, "InvalidRequest"),
        ({"query": "q", "value": "sport", "seconds": -1}, 422, "InvalidRequest"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_with_the_mend(client, body, status, error):
    reply = client.post("/api/answers", json=body)
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert reply.json()["mend"]


def test_a_class_that_is_not_in_the_list_is_refused(client):
    reply = answer(client, ask(client)[0], "sprot")
    assert reply.status_code == 422 and "'sport'" in reply.json()["mend"]


def test_a_skip_keeps_its_cause_and_the_item_stays_out(client, workspace):
    question = ask(client)[0]
    body = {"query": question["query"], "because": "unclear", "seconds": 1}
    done = client.post("/api/skips", json=body).json()
    assert done["progress"]["skipped"] == 1
    assert client.post("/api/skips", json=body).json()["head"] == done["head"]
    assert workspace.campaign.state.items[question["item"]].skips["me"].because == "unclear"


def test_undo_withdraws_the_label_and_brings_the_same_item_back(client, workspace):
    question = ask(client)[0]
    answer(client, question, "sport")
    reply = client.post("/api/retractions", json={"item": question["item"]}).json()
    assert not workspace.campaign.labels and reply["progress"]["labelled"] == 0
    assert reply["progress"]["today"] == 0
    again = reply["question"]
    assert again["item"] == question["item"] and again["query"] != question["query"]
    assert again["why"]["arm"] == "reopened"
    assert ask(client)[0]["query"] == again["query"]
    assert answer(client, again, "money").status_code == 200
    assert workspace.campaign.labels == {question["item"]: "money"}


def test_undo_takes_a_skip_back_too(client, workspace):
    question = ask(client)[0]
    client.post("/api/skips", json={"query": question["query"]})
    again = client.post("/api/retractions", json={"item": question["item"]}).json()
    assert again["progress"]["skipped"] == 0 and again["question"]["item"] == question["item"]


def test_a_correction_replaces_the_own_answer(client, workspace):
    question = ask(client)[0]
    answer(client, question, "sport")
    reply = client.post("/api/corrections", json={"item": question["item"], "value": "money"})
    assert reply.json()["progress"]["labelled"] == 1
    assert workspace.campaign.labels == {question["item"]: "money"}
    missing = client.post("/api/corrections", json={"item": "nobody", "value": "money"})
    assert missing.status_code == 404 and missing.json()["error"] == "UnknownItem"


def test_somebody_elses_answer_is_corrected_and_the_list_shows_what_is_believed(client, workspace):
    question = ask(client)[0]
    answer(client, question, "sport")
    ada, bob = {"X-Annotator": "ada"}, {"X-Annotator": "bob"}
    client.post("/api/corrections", json={"item": question["item"], "value": "money"}, headers=ada)
    assert workspace.campaign.labels == {question["item"]: "money"}
    (row,) = client.get("/api/answers").json()["answers"]
    assert (row["value"], row["by"], row["answers"]) == ("money", "ada", 2)
    assert row["others"] == [{"by": "me", "value": "sport"}]
    client.post("/api/corrections", json={"item": question["item"], "value": "sport"}, headers=bob)
    (row,) = client.get("/api/answers", params={"state": "disputed"}).json()["answers"]
    assert (row["value"], row["by"], row["others"]) == ("sport", "bob", [{"by": "ada", "value": "money"}])
    assert client.get("/api/answers", params={"by": "ada"}).json()["answers"][0]["value"] == "money"
    client.post("/api/corrections", json={"item": question["item"], "value": "sport"}, headers=ada)
    assert client.get("/api/answers", params={"state": "disputed"}).json()["total"] == 0


def test_questions_that_are_given_back_are_free_for_whoever_comes(client, workspace):
    held = ask(client, 3)
    released = {"queries": [*(one["query"] for one in held), "q-nobody-knows"]}
    assert client.post("/api/releases", json=released).status_code == 200
    assert not workspace.campaign.state.open
    assert answer(client, held[0], "sport").status_code == 200  # a late answer is kept all the same


def test_a_flag_and_its_comment_come_back_with_the_question(client):
    question = ask(client)[0]
    body = {"item": question["item"], "comment": "look again"}
    assert client.post("/api/flags", json=body).json()["progress"]["flagged"] == 1
    held = ask(client)[0]
    assert (held["flagged"], held["comment"]) == (True, "look again")
    assert client.post("/api/flags", json={**body, "flagged": False}).json()["progress"]["flagged"] == 0


def test_classes_are_added_at_the_end_unless_the_list_is_closed(client):
    client.post("/api/classes", json={"name": "art"})
    classes = client.get("/api/campaign").json()["classes"]
    assert [(one["name"], one["key"]) for one in classes] == [("sport", "1"), ("money", "2"), ("art", "3")]
    assert answer(client, ask(client)[0], "art").status_code == 200


@pytest.mark.parametrize("name", ["a\0b", "two\nlines", "\x1b[31mred", "", " ", "\u200b"])
def test_a_class_is_named_in_characters_that_can_be_seen(client, name):
    assert client.post("/api/classes", json={"name": name}).status_code == 422


def test_a_class_is_the_same_however_its_accents_are_coded(make):
    workspace = make(classes=["caf\u00e9", "bar"], labels={"t3": "cafe\u0301"})
    with client_of(workspace) as client:
        question = client.post("/api/next", json={}).json()["questions"][0]
        answer = {"query": question["query"], "value": "cafe\u0301"}
        assert client.post("/api/answers", json=answer).status_code == 200
        client.post("/api/classes", json={"name": "cafe\u0301"})
        client.patch("/api/settings", json={"class_descriptions": {"cafe\u0301": "coffee"}})
        told = client.get("/api/campaign").json()["classes"]
    assert [(one["name"], one["count"]) for one in told] == [("caf\u00e9", 2), ("bar", 0)]
    assert told[0]["description"] == "coffee"


_HALF = "\\ud800"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/flags", f'{{"item": "{_HALF}"}}'),
        ("POST", "/api/flags", f'{{"item": "t1", "comment": "{_HALF}"}}'),
        ("POST", "/api/classes", f'{{"name": "{_HALF}"}}'),
        ("PATCH", "/api/settings", f'{{"class_descriptions": {{"{_HALF}": "x"}}}}'),
        ("PATCH", "/api/settings", f'{{"class_descriptions": {{"x": "{_HALF}"}}}}'),
        ("PATCH", "/api/settings", f'{{"random_share": "{_HALF}"}}'),
        ("PATCH", "/api/settings", f'{{"budget": 1{"0" * 400}}}'),
        ("PATCH", "/api/settings", f'{{"random_share": 1{"0" * 400}}}'),
    ],
)
def test_what_no_log_could_hold_is_refused_and_harms_nobody_else(client, method, path, body):
    headers = {"content-type": "application/json"}
    assert client.request(method, path, content=body.encode(), headers=headers).status_code == 422
    assert client.post("/api/flags", json={"item": "t1"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/%00.js", f"/{'a' * 5000}.js", "/..%2F..%2Fwire.py", "/%2Fetc%2Fpasswd.json"]
)
def test_no_address_makes_the_server_fail(client, path):
    assert client.get(path).status_code == 404
    assert client.get("/api/answers", params={"offset": 10**30}).status_code == 422


def test_a_closed_list_of_classes_stays_closed(make):
    with client_of(make(settings={"open_classes": False})) as client:
        reply = client.post("/api/classes", json={"name": "art"})
        assert reply.status_code == 422 and "closed" in reply.json()["message"]


def test_pages_hear_that_somebody_else_changed_classes_or_settings(client):
    frames = [client.get("/api/campaign").json()["progress"]["frame"]]

    def changed():
        frames.append(client.get("/api/progress").json()["frame"])
        return frames[-1] != frames[-2]

    answer(client, ask(client)[0], "sport")
    assert not changed()
    client.post("/api/classes", json={"name": "art"})
    assert changed() and not changed()
    client.patch("/api/settings", json={"title": "Mail"})
    assert changed() and not changed()


def test_settings_change_for_everybody_and_stay(client, workspace):
    changes = {"title": "Mail", "budget": 10, "target": 0.9, "class_descriptions": {"sport": "games"}}
    assert client.patch("/api/settings", json=changes).status_code == 200
    view = client.get("/api/campaign").json()
    assert view["title"] == "Mail" and view["settings"]["budget"] == 10
    assert view["classes"][0]["description"] == "games"
    assert fold(workspace.log.read()).settings["target"] == 0.9
    client.patch("/api/settings", json={"budget": 0, "target": 0})
    assert client.get("/api/campaign").json()["settings"]["budget"] is None
    assert client.patch("/api/settings", json={"random_share": 2}).status_code == 422


def test_the_random_share_may_fall_as_labels_come(client):
    assert client.patch("/api/settings", json={"random_share": "0.5->0.1/20"}).status_code == 200
    settings = client.get("/api/campaign").json()["settings"]
    assert (settings["random_share"], settings["random_now"]) == ("0.5->0.1/20", 0.5)
    label(client, 10)
    settings = client.get("/api/campaign").json()["settings"]
    assert settings["random_now"] == pytest.approx(0.3)
    told = client.patch("/api/settings", json={"random_share": "less and less"})
    assert told.status_code == 422 and "schedule" in told.json()["message"]


# ---------------------------------------------------------------- the model in the loop


def test_after_the_learner_questions_carry_the_model_and_its_doubt(client, workspace):
    label(client, 12)
    said = learned(workspace)
    assert [report.phase for report in said if report.phase != "encoding"] == ["training", "scoring", "idle"]
    client.patch("/api/settings", json={"random_share": 0, "hide_share": 0})
    question = ask(client)[0]
    why, suggestion = question["why"], question["suggestion"]
    version = workspace.ranking.version
    assert (why["arm"], why["model"], why["strategy"]) == ("active", version, "margin")
    assert 0 < why["probability"] <= 1 and why["rank"] == 1 and 0 <= why["score"] <= 1
    assert suggestion["value"] in ("sport", "money") and len(suggestion["runners_up"]) == 1
    assert suggestion["proba"] + suggestion["runners_up"][0][1] == pytest.approx(1, abs=1e-3)
    trained = workspace.campaign.state.trained
    assert [one.version for one in trained] == [version] and trained[0].labels == 12
    assert client.get("/api/dashboard").json()["models"][0]["version"] == version


def test_random_questions_are_blind_and_a_share_of_the_others_too(client, workspace):
    label(client, 12)
    learned(workspace)
    client.patch("/api/settings", json={"random_share": 1, "hide_share": 0})
    blind = ask(client, 3, "ann")
    assert {one["why"]["arm"] for one in blind} == {"random"}
    assert all(one["hidden"] and one["suggestion"] is None and one["why"]["text"] == RANDOM for one in blind)
    client.patch("/api/settings", json={"random_share": 0, "hide_share": 1})
    hidden = ask(client, 3, "bob")
    assert all(one["hidden"] and one["why"]["arm"] == "active" for one in hidden)
    for question in blind:
        answer(client, question, right(question["content"]["text"]), "ann")
    quality = client.get("/api/progress").json()["quality"]
    deadline = time.monotonic() + 120
    while (
        quality is None or quality["n"] < 3
    ) and time.monotonic() < deadline:  # it may be half a second old
        quality = client.get("/api/progress").json()["quality"]
    assert quality["n"] == 3 and quality["low"] <= quality["estimate"] <= quality["high"]


def test_undo_reaches_the_model(client, workspace):
    label(client, 12)
    learned(workspace)
    before = workspace.ranking
    item = next(iter(workspace.campaign.labels))
    client.post("/api/retractions", json={"item": item})
    learned(workspace)
    assert workspace.ranking.version != before.version
    assert workspace.ranking.labels == 11
    assert workspace.ranking.metrics["stability"] > 0.5


def test_the_learner_does_nothing_while_nothing_has_changed(client, workspace):
    label(client, 12)
    learner = Learner(Workspace.open(workspace.folder, exclusive=False), lambda report: None)
    learner.prepare()
    assert learner.step() and not learner.step()
    ask(client, 2)  # a question is no label
    assert not learner.step()
    label(client, 2)
    assert learner.step() and not learner.step()
    learner.workspace.close()


def test_one_class_is_not_enough_to_train_on(client, workspace):
    question = ask(client)[0]
    answer(client, question, "sport")
    said = learned(workspace)
    assert said[-1].phase == "waiting" and workspace.ranking.cold
    cold = ask(client, 1, "ann")[0]
    assert cold["suggestion"] is None and cold["why"]["model"] is None


def test_a_shown_ranking_survives_a_restart(client, workspace, tmp_path):
    label(client, 12)
    learned(workspace)
    version = workspace.ranking.version
    workspace.close()
    with Workspace.open(tmp_path / "mail") as again:
        assert again.adopt().version == version
        assert len(again.campaign.state.trained) == 1  # told once, not once a start


def test_a_question_is_shown_though_the_campaign_was_opened_anew_while_it_was_asked(workspace):
    desk, before = create_app(workspace, workspace.token()).state.desk, workspace.campaign
    workspace._renewed()  # as for items that have come
    after = workspace.campaign
    desk._ask = lambda n, by: [query.id for query in before.ask(n, to=by)]
    (question,) = desk.next("ann", 1).questions
    assert question.item in workspace.pool and workspace.campaign is after


# ---------------------------------------------------------------- looking


def test_answers_are_listed_newest_first_and_filtered(client):
    questions = ask(client, 6)
    for place, question in enumerate(questions[:4]):
        answer(client, question, "sport" if place % 2 else "money", by="ann")
    client.post("/api/skips", json={"query": questions[4]["query"], "because": "broken"})
    client.post("/api/flags", json={"item": questions[5]["item"]})
    listed = client.get("/api/answers").json()
    assert listed["total"] == 6
    assert [one["item"] for one in listed["answers"]] == [one["item"] for one in reversed(questions)]

    def items(**filters):
        reply = client.get("/api/answers", params=filters).json()
        assert reply["total"] == len(reply["answers"])
        return [one["item"] for one in reply["answers"]]

    assert items(state="skipped") == [questions[4]["item"]]
    assert items(state="flagged") == [questions[5]["item"]]
    assert items(state="labelled", value="sport") == [questions[3]["item"], questions[1]["item"]]
    assert items(by="nobody") == []
    needle = questions[2]["content"]["text"].split("number")[1]
    assert questions[2]["item"] in items(q=f"NUMBER{needle}")
    page = client.get("/api/answers", params={"offset": 1, "limit": 2}).json()
    assert page["total"] == 6 and [one["item"] for one in page["answers"]] == [
        questions[4]["item"],
        questions[3]["item"],
    ]
    beyond = client.get("/api/answers", params={"offset": 100}).json()
    assert beyond == {"answers": [], "total": 6}


def test_an_item_shows_its_content(client):
    shown = client.get("/api/items/t3").json()
    assert shown["kind"] == "text" and "number 3" in shown["text"]
    assert client.get("/api/items/t99").status_code == 404
    assert client.get("/api/media/t3").status_code == 422  # a text has no picture


@pytest.mark.parametrize("item", ["nothing", "--5", "²", "9" * 5000])
def test_an_item_that_is_not_there_is_not_found_however_it_is_called(client, item):
    assert client.get(f"/api/items/{item}").status_code == 404
    assert client.post("/api/corrections", json={"item": item, "value": "sport"}).status_code == 404


def test_the_dashboard_counts_what_was_said(one_day, client, workspace):
    label(client, 12)
    learned(workspace)
    board = client.get("/api/dashboard").json()
    assert sum(board["predicted"].values()) == 28
    assert sum(one["count"] for one in board["classes"]) == 12
    assert board["annotators"] == [{"name": "me", "answers": 12, "today": 12}]
    assert board["pace"][0]["answers"] == 12


def test_progress_streams_to_the_page(client, workspace):
    app = client.app
    with client.stream("GET", "/api/events") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        event = [next(lines) for _ in range(4)]
        assert "event: progress" in event
        told = json.loads(next(line for line in event if line.startswith("data:"))[5:])
        assert told["items"] == 40 and told["learner"]["phase"] == "starting"
        app.state.stopping = True


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_labels_and_predictions_are_exported(client, workspace, format):
    label(client, 12)
    none = client.get("/api/export", params={"what": "predictions", "format": format})
    assert none.status_code == 409 and none.json()["error"] == "NotFitted"
    learned(workspace)
    for what, rows in (("labels", 12), ("predictions", 40)):
        reply = client.get("/api/export", params={"what": what, "format": format})
        assert reply.status_code == 200
        assert f'filename="mail-{what}.{format}"' in reply.headers["content-disposition"]
        if format == "csv":
            assert len(list(csv.DictReader(io.StringIO(reply.text)))) == rows
        elif format == "jsonl":
            assert len([json.loads(line) for line in reply.text.splitlines()]) == rows
        else:
            assert reply.content[:4] == b"PAR1"


def test_a_csv_from_the_page_runs_nothing_in_a_spreadsheet(client):
    client.post("/api/classes", json={"name": "=1+1"})
    answer(client, ask(client)[0], "=1+1")
    labels = {}
    for safe in ("", "&spreadsheet_safe=false"):
        reply = client.get(f"/api/export?what=labels&format=csv{safe}")
        (row,) = csv.DictReader(io.StringIO(reply.text))
        labels[safe] = row["label"]
    assert labels == {"": "'=1+1", "&spreadsheet_safe=false": "=1+1"}


def test_an_export_ends_however_fast_the_answers_come():
    from querist.server.routes import _steadily

    held, tries = [], []

    @contextmanager
    def lock():
        held.append("nobody answers now")
        yield

    def write():
        tries.append(list(held))
        if not held:
            raise RuntimeError("dictionary changed size during iteration")

    def broken():
        raise RuntimeError("something else")

    _steadily(write, lock())
    assert tries == [[], [], held] and len(held) == 1
    with pytest.raises(RuntimeError, match="else"):
        _steadily(broken, lock())


def test_the_page_is_there_or_says_how_to_build_it(client):
    reply = client.get("/")
    assert reply.status_code in (200, 503)
    assert "html" in reply.headers["content-type"]
    assert client.get("/../guard.py").status_code == 404
    assert client.get("/nothing.js").status_code == 404
    nothing = client.get("/api/nothing")
    assert nothing.status_code == 404 and nothing.json()["message"] == "There is no /api/nothing."


def test_the_wire_is_described_for_the_page(client):
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/api/next", "/api/answers", "/api/settings", "/api/events"} <= set(paths)


# ---------------------------------------------------------------- when the disk gives out


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(one_day, client, workspace, monkeypatch):
    first, second = ask(client, 2)
    answer(client, first, "sport")
    append = workspace.log.append

    def full(events, *, after):
        raise DiskFull("No room is left.", mend="Free some space.")

    monkeypatch.setattr(workspace.log, "append", full)
    reply = answer(client, second, "money")
    assert reply.status_code == 507 and reply.json()["mend"] == "Free some space."
    assert workspace.campaign.labels == {first["item"]: "sport"}  # as if it had never been said
    monkeypatch.setattr(workspace.log, "append", append)
    assert answer(client, second, "money").status_code == 200
    assert fold(workspace.log.read()).labels == {first["item"]: "sport", second["item"]: "money"}
    progress = client.get("/api/progress").json()
    assert (progress["mine"], progress["today"]) == (2, 2)


def test_an_export_is_named_as_the_command_names_it(make):
    with client_of(make(name="notes.querist")) as client:
        told = client.get("/api/export").headers["content-disposition"]
    assert 'filename="notes-labels.csv"' in told
