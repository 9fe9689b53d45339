"""A disk that fails now and then, under several annotators: what was acknowledged is there."""

import random
import threading

from served import client_of

from querist.errors import DiskFull, StorageError
from querist.events import fold


def failing(append, chance):
    """Some appends write nothing; some write everything, and say that they did not."""

    def sometimes(events, *, after):
        lot = chance.random()
        if lot < 0.15:
            raise DiskFull("No room.", mend="Make some.")
        head = append(events, after=after)
        if lot < 0.2:
            raise StorageError("The disk did not say whether it has it.", mend="Try again.")
        return head

    return sometimes


def test_what_was_acknowledged_is_in_the_log_and_memory_is_what_the_log_says(make, monkeypatch):
    workspace, acknowledged, odd = make(n=120), {}, []
    monkeypatch.setattr(workspace.log, "append", failing(workspace.log.append, random.Random(1)))

    def label(client, name):
        for turn in range(12):
            asked = client.post("/api/next", json={"n": 2}, headers={"x-annotator": name})
            questions = asked.json()["questions"] if asked.status_code == 200 else []
            told = [
                client.post(
                    "/api/answers",
                    json={"query": one["query"], "value": ("sport", "money")[turn % 2]},
                    headers={"x-annotator": name},
                )
                for one in questions
            ]
            odd.extend(one.text for one in (asked, *told) if one.status_code not in (200, 404, 409, 503, 507))
            for one, reply in zip(questions, told, strict=True):
                if reply.status_code == 200:
                    acknowledged[one["item"], name] = ("sport", "money")[turn % 2]

    with client_of(workspace) as client:
        people = [threading.Thread(target=label, args=(client, f"p{i}")) for i in range(4)]
        for one in people:
            one.start()
        for one in people:
            one.join()
        monkeypatch.undo()
        after = [client.post("/api/flags", json={"item": f"t{i}"}).status_code for i in range(2)]
        assert after[1] == 200  # the first may find it shut
        held, now = fold(workspace.log.read()), workspace.campaign.state
    assert not odd and len(acknowledged) > 20
    for (item, name), value in acknowledged.items():
        assert held.items[item].annotations[name].value == value
    assert now == held
