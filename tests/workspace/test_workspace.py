"""A campaign on disk: made, opened again, read beside its owner, shared through a database."""

import json
import stat
import threading

import numpy as np
import pytest

from querist.campaign import Settings
from querist.data import Pool, open_source
from querist.errors import CampaignInUse, InvalidInput, UnknownPart
from querist.events import fold
from querist.strategies import Snapshot
from querist.workspace import RANDOM, Manifest, Queue, Ranking, Workspace, publish, reason


@pytest.fixture
def source(tmp_path):
    rows = "".join(f"i{k},text number {k} about things,{'yes' if k % 2 else 'no'}\n" for k in range(20))
    (tmp_path / "data.csv").write_text("id,text,truth\n" + rows)
    return open_source(tmp_path / "data.csv", text="text", id="id", label="truth")


def test_a_new_campaign_has_honest_settings_and_keeps_them(tmp_path, source):
    with Workspace.create(tmp_path / "c", source, classes=["no", "yes"], seed=3) as workspace:
        settings = workspace.settings
        assert (settings.random_share, settings.hide_share, settings.lease) == (0.1, 0.1, 900.0)
        assert workspace.campaign.state.seed == 3 and workspace.campaign.state.classes == ("no", "yes")
        question = workspace.campaign.ask(to="ann")[0]
        workspace.campaign.tell(question, "yes")
        token = workspace.token()
    assert stat.S_IMODE((tmp_path / "c" / "token").stat().st_mode) == 0o600
    with Workspace.open(tmp_path / "c") as again:
        assert again.token() == token
        assert dict(again.campaign.labels) == {question.item: "yes"}
        assert again.manifest.id and again.manifest.fingerprint == source.fingerprint


def test_labels_that_exist_already_are_told_as_an_import(tmp_path, source):
    with Workspace.create(tmp_path / "c", source, labels=dict(source.labels)) as workspace:
        state = workspace.campaign.state
        assert len(state.labels) == 20 and set(state.classes) == {"no", "yes"}
        assert state.by_annotator == {"import": 20} and state.spent == 0


def test_settings_may_be_given_whole(tmp_path, source):
    with Workspace.create(tmp_path / "c", source, settings=Settings(random_share=0.5)) as workspace:
        assert workspace.settings.random_share == 0.5 and workspace.settings.lease is None


def test_a_strategy_that_nobody_knows_is_told_at_once(tmp_path, source):
    with pytest.raises(UnknownPart, match="'margin'"):
        Workspace.create(tmp_path / "c", source, settings={"strategy": "margni"})
    assert not Workspace.there(tmp_path / "c")


def test_a_folder_is_not_used_twice_and_an_empty_one_is_told(tmp_path, source):
    Workspace.create(tmp_path / "c", source).close()
    with pytest.raises(InvalidInput, match="holds a campaign already"):
        Workspace.create(tmp_path / "c", source)
    with pytest.raises(InvalidInput, match="holds no campaign"):
        Workspace.open(tmp_path)
    assert Workspace.there(tmp_path / "c") and not Workspace.there(tmp_path)


def test_a_manifest_of_another_format_is_told(tmp_path, source):
    Workspace.create(tmp_path / "c", source).close()
    path = tmp_path / "c" / "campaign.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(InvalidInput, match="99"):
        Workspace.open(tmp_path / "c")


def test_an_interrupted_beginning_is_taken_up(tmp_path, source, monkeypatch):
    def out_of_power(self, folder):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Manifest, "write", out_of_power)
        with pytest.raises(KeyboardInterrupt):
            Workspace.create(tmp_path / "c", source, classes=["a"])
    with Workspace.create(tmp_path / "c", source, classes=["a", "b"]) as workspace:
        assert len(workspace.pool) == 20 and workspace.campaign.state.classes == ("a", "b")


def test_an_interrupted_beginning_with_other_data_is_forgotten(tmp_path, source, monkeypatch):
    def out_of_power(self, folder):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Manifest, "write", out_of_power)
        with pytest.raises(KeyboardInterrupt):
            Workspace.create(tmp_path / "c", source, classes=["a"])
    mended = tmp_path / "mended.csv"
    mended.write_text("id,text\n" + "".join(f"i{i},another text {i}\n" for i in range(12)))
    with Workspace.create(tmp_path / "c", open_source(mended), classes=["a"]) as workspace:
        assert len(workspace.pool) == 12 and workspace.items[0]["text"] == "another text 0"


def test_a_reader_sees_what_the_owner_wrote(tmp_path, source):
    with Workspace.create(tmp_path / "c", source, classes=["no", "yes"]) as owner:
        with pytest.raises(CampaignInUse):
            Workspace.open(tmp_path / "c")
        with Workspace.open(tmp_path / "c", exclusive=False) as reader:
            assert not reader.state.labels
            with owner.journal.durable():
                owner.campaign.tell({"i3": "yes"}, by="ann")
            assert reader.state.labels == {"i3": "yes"}
            assert reader.features().shape[0] == 20


def ranked(**more):
    proba = np.full((20, 2), 0.5, dtype=np.float32)
    proba[4] = [0.1, 0.9]
    fields = {"rows": np.array([4, 2]), "scores": np.array([0.9, 0.1]), "why": ["because", "so"], **more}
    return Ranking("m5", proba=proba, classes=("no", "yes"), upto=5, labels=3, **fields)


def test_a_question_names_the_strategy_that_ranked_it(tmp_path, source):
    settings = {"strategy": "margin", "random_share": 0.0}
    with Workspace.create(tmp_path / "c", source, classes=["no", "yes"], settings=settings) as workspace:
        publish(ranked(strategy="margin"), workspace.models)
        workspace.adopt()
        workspace.campaign.configure(strategy="entropy")
        query = workspace.campaign.ask()[0]
        assert (query.arm, query.strategy) == ("active", "margin")  # no ranking of the new one yet


def test_a_published_ranking_is_taken_over_and_told_once(tmp_path, source):
    settings = {"random_share": 0.0, "hide_share": 0.0}
    with Workspace.create(tmp_path / "c", source, classes=["no", "yes"], settings=settings) as workspace:
        assert workspace.adopt() is None
        publish(ranked(), workspace.models)
        workspace.adopt()
        workspace.adopt()
        first, second, third = workspace.campaign.ask(3, to="ann")
        assert (first.item, second.item) == ("i4", "i2")
        assert (first.model, first.why, first.arm, third.arm) == ("m5", "because", "active", "random")
        expected = {"value": "yes", "proba": 0.9, "runners_up": [["no", 0.1]]}
        assert first.suggestion == expected and third.hidden
        assert [one.version for one in workspace.campaign.state.trained] == ["m5"]
        publish(Ranking("cold9", rows=np.array([1]), scores=np.array([1.0])), workspace.models)
        assert workspace.adopt().version == "m5"  # no step back to before the model


# ---------------------------------------------------------------- the queue


def deal(ranking, n, share=0.0, seed=0, **more):
    snapshot = Snapshot(Pool(ids=[f"i{k}" for k in range(20)]), seed=seed, **more)
    return Queue(lambda: ranking, share).propose(snapshot, n)


def test_what_is_taken_is_passed_over():
    assert deal(ranked(), 1, labels={"i4": "yes"}).ids == ["i2"]
    assert deal(ranked(), 1, pending=frozenset(["i4"])).ids == ["i2"]
    assert deal(ranked(), 1, closed=frozenset(["i4", "i2"])).arms == ["random"]


def test_a_cold_queue_draws_uniformly():
    found = [deal(None, 1, seed=seed) for seed in range(4000)]
    counts = np.array([sum(one.ids == [f"i{k}"] for one in found) for k in range(20)])
    assert counts.min() > 130 and counts.max() < 280  # 200 expected, five standard deviations
    assert all(one.probabilities[0] == 1 / 20 and one.why == [RANDOM] for one in found)


def test_the_honest_share_is_kept_and_told():
    found = [deal(ranked(), 1, share=0.25, seed=seed) for seed in range(4000)]
    drawn = [one for one in found if one.arms == ["random"]]
    assert 850 < len(drawn) < 1150
    own = 0.25 / 20 + 0.75
    assert {round(float(one.probabilities[0]), 6) for one in found} == {round(own, 6), round(0.25 / 20, 6)}
    hits = sum(one.ids == ["i4"] for one in found) / len(found)
    assert abs(hits - own) < 0.035  # the probability that it tells is the one with which it happens


def test_the_probabilities_of_a_batch_are_those_of_each_turn():
    seen = set()
    for seed in range(300):
        found, own = deal(ranked(), 4, share=0.5, seed=seed), ["i4", "i2"]
        for turn, (item, arm) in enumerate(zip(found.ids, found.arms, strict=True)):
            mine = next((one for one in own if one not in found.ids[:turn]), None)
            chance = (0.5 if mine else 1.0) / (20 - turn) + (0.5 if item == mine else 0.0)
            assert found.probabilities[turn] == pytest.approx(chance), (seed, turn)
            seen.add((turn, arm, item == mine))
    assert {(3, "active", True), (3, "random", False), (0, "random", True)} <= seen


def test_a_ranking_is_not_swapped_while_somebody_asks(tmp_path, source):
    with Workspace.create(tmp_path / "c", source, classes=["no", "yes"]) as workspace:
        publish(ranked(), workspace.models)
        adopting = threading.Thread(target=workspace.adopt)
        with workspace.campaign.lock:  # as ask holds it
            adopting.start()
            adopting.join(0.2)
            assert adopting.is_alive() and workspace.ranking is None
            assert workspace.campaign.ask()[0].model is None
        adopting.join()
        assert workspace.ranking.version == workspace.campaign.state.trained[-1].version == "m5"


@pytest.mark.parametrize("n", [0, 1, 20, 50])
def test_a_batch_is_distinct_and_all_there_is_at_most(n):
    for share in (0.0, 0.3, 1.0):
        proposal = deal(ranked(), n, share=share)
        assert len(proposal.ids) == len(set(proposal.ids)) == min(n, 20)
        assert len(proposal.arms) == len(proposal.why) == len(proposal.scores) == len(proposal)


def test_rows_beyond_the_pool_are_passed_over():
    assert deal(ranked(rows=np.array([99, 4])), 1).ids == ["i4"]


def test_the_reason_says_what_the_model_believes():
    assert reason([("a", 0.5), ("b", 0.3)], "x") == "The model hesitates between a (50 %) and b (30 %)"
    assert reason([("a", 0.9), ("b", 0.1)], "Far from all.") == "Far from all."
    assert "a (90 %)" in reason([("a", 0.9), ("b", 0.1)])
    assert reason([("a", 1.0)]).startswith("The model says a")


def test_events_that_never_settled_are_forgotten_after_recovery(tmp_path, source, monkeypatch):
    from querist.errors import DiskFull

    with Workspace.create(tmp_path / "c", source, classes=["no", "yes"]) as workspace:
        append = workspace.log.append

        def full(events, *, after):
            raise DiskFull("No room is left.", mend="Free some space.")

        monkeypatch.setattr(workspace.log, "append", full)
        with pytest.raises(DiskFull), workspace.journal.durable():
            workspace.campaign.tell({"i1": "yes"}, by="ann")
        monkeypatch.setattr(workspace.log, "append", append)
        workspace.recover()
        assert not workspace.campaign.labels
        with workspace.journal.durable():
            workspace.campaign.tell({"i2": "no"}, by="ann")
        assert fold(workspace.log.read()).labels == {"i2": "no"}


def test_a_model_that_was_lost_with_a_full_disk_is_told_again(tmp_path, source, monkeypatch):
    from querist.errors import DiskFull

    def full(events, *, after):
        raise DiskFull("No room is left.", mend="Free some space.")

    with Workspace.create(tmp_path / "c", source, classes=["no", "yes"]) as workspace:
        publish(ranked(), workspace.models)
        with monkeypatch.context() as broken:
            broken.setattr(workspace.log, "append", full)
            with pytest.raises(DiskFull):
                workspace.adopt()
        before = workspace.campaign
        workspace.recover()
        assert workspace.campaign is not before
        with workspace.journal.durable():
            query = workspace.campaign.ask()[0]
        state = fold(workspace.log.read())
        assert [one.version for one in state.trained] == [workspace.ranking.version] == [query.model]
        after = workspace.campaign
        workspace.recover()
        assert workspace.campaign is after  # nothing had failed: nothing to read again


def test_many_who_ask_for_the_token_at_once_are_told_the_same(tmp_path, source):
    with Workspace.create(tmp_path / "c", source, classes=["no", "yes"]) as workspace:
        told, gate = [], threading.Barrier(8)

        def ask():
            gate.wait()
            told.append(workspace.token())

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(set(told)) == 1 and len(told) == 8


def test_a_campaign_that_another_process_made_meanwhile_is_left_alone(tmp_path, source, monkeypatch):
    from querist.workspace import folder as module

    class Slow(module.FolderLock):
        def __init__(self, folder):
            monkeypatch.undo()
            with Workspace.create(folder, source, classes=["no", "yes"]) as theirs:
                theirs.campaign.tell({"i1": "yes"})
            super().__init__(folder)

    monkeypatch.setattr(module, "FolderLock", Slow)
    with pytest.raises(InvalidInput, match="holds a campaign already"):
        Workspace.create(tmp_path / "c", source, classes=["other", "words"])
    with Workspace.open(tmp_path / "c") as workspace:
        assert workspace.campaign.state.classes == ("no", "yes")
        assert dict(workspace.campaign.labels) == {"i1": "yes"}
