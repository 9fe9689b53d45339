"""Texts, table rows and pictures that are made like real ones; a language model behind a local fake."""

from __future__ import annotations

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from querist import Campaign, Classification
from querist.acquisition import Margin
from querist.data import Pool, with_bytes
from querist.errors import InvalidInput, StorageError
from querist.strategies import Snapshot
from querist.synthesis import Between, Climb, Fragments, Pictures, Realism, Rows, Synthesised, Written
from querist.synthesis.texts import pieces

PRAISE = [
    "The crew was kind, and the food was good.",
    "A smooth flight; boarding was quick.",
    "Lovely seats. I would fly again.",
]
BLAME = [
    "Two hours late, and nobody told us.",
    "My bag never came; the desk was closed.",
    "Cold food. The seat was broken.",
]
TEXTS = [f"{text[:-1]} in {place}." for place in ("May", "Rome", "row nine") for text in PRAISE + BLAME]
KIND = ["praise" if i % 6 < 3 else "blame" for i in range(len(TEXTS))]


def rng(seed=0):
    return np.random.default_rng(seed)


def lengths(contents):
    return np.array([[len(one["text"]), one["text"].count(",")] for one in contents], dtype=np.float32)


def test_texts_are_cut_where_clauses_end():
    assert pieces("Late. Cold food, and rude") == ["Late.", "Cold food,", "and rude"]
    assert pieces("one") == ["one"] and pieces("never came back home") == ["never came", "back home"]


def test_texts_are_made_of_real_pieces():
    space = Fragments(most=4).learned(Pool(TEXTS))
    drawn = space.sample(60, rng())
    assert space.contains(drawn).all() and not space.contains(["Buy now!"])[0]
    assert len(set(drawn) - set(TEXTS)) > 20, "most are new"
    for scale in (0.01, 0.9):
        assert space.contains(space.vary(drawn, scale, rng(1))).all()
    middle = space.between(drawn[:30], drawn[30:], 0.5)
    assert space.contains(middle).all()
    assert space.between(drawn[:30], drawn[30:], np.zeros((30, 1))).tolist() == drawn[:30].tolist()
    assert space.content(drawn[:1]) == [{"kind": "text", "text": drawn[0]}]


def test_a_pipeline_of_raw_texts_asks_about_made_ones():
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))
    one = Campaign(
        Pool(TEXTS),
        Classification(("praise", "blame")),
        strategy=Synthesised(Margin(), Fragments(), Climb(4, 2)),
        model=model,
    )
    one.tell({row: KIND[row] for row in range(6)})
    asked = one.ask(3)
    assert all(query.made and isinstance(query.features, str) for query in asked)
    one.tell(asked[0], "blame")
    again = Campaign(Pool(TEXTS), log=one.log, model=model)
    assert again.model.proba(np.array(TEXTS[:2], dtype=object)) == pytest.approx(
        one.model.proba(np.array(TEXTS[:2], dtype=object))
    )


def test_encoded_texts_have_places_so_that_realism_and_pairs_work():
    content = [{"kind": "text", "text": text} for text in TEXTS]
    pool = Pool(lengths(content), content=content, encode=lengths)
    space = Fragments().learned(pool)
    assert space.features(space.sample(3, rng())).dtype == np.float32
    assert space.places(np.array(TEXTS, dtype=object)) == pytest.approx(space.places_of(pool.features))
    model = LogisticRegression()
    one = Campaign(
        pool,
        Classification(("praise", "blame")),
        strategy=Synthesised(Margin(), Fragments(), Between(8, 4), realism=Realism()),
        model=model,
    )
    one.tell({row: KIND[row] for row in range(12)})
    (query,) = one.ask()
    assert query.content["kind"] == "text" and query.content["text"]


def test_an_encoder_is_asked_once_for_each_content():
    calls = []

    def counted(contents):
        calls.extend(one["text"] for one in contents)
        return lengths(contents)

    content = [{"kind": "text", "text": text} for text in TEXTS]
    space = Fragments().learned(Pool(lengths(content), content=content, encode=counted))
    points = space.sample(10, rng())
    first, second = space.features(points), space.features(points)
    assert (first == second).all() and len(calls) == len(set(points))


ROWS = [
    {
        "kind": "row",
        "fields": {
            "age": str(20 + i % 40),
            "income": f"{1000 + 17.5 * i:.2f}",
            "job": "cook" if i % 3 else "smith",
        },
    }
    for i in range(60)
]


def numbers(contents):
    return np.array(
        [
            [
                float(one["fields"]["age"]),
                float(one["fields"]["income"]) / 100,
                one["fields"]["job"] == "cook",
            ]
            for one in contents
        ]
    )


def test_rows_stay_within_their_columns():
    space = Rows().learned(Pool(numbers(ROWS), content=ROWS, encode=numbers))
    drawn = space.sample(80, rng())
    assert space.contains(drawn).all() and space.contains(space.vary(drawn, 1.0, rng(1))).all()
    assert (
        not space.contains([("99", "1000.00", "cook")])[0]
        and not space.contains([("30", "1000.00", "pope")])[0]
    )
    for one in space.content(drawn):
        fields = one["fields"]
        assert (
            fields["age"].isdigit()
            and len(fields["income"].partition(".")[2]) == 2
            and fields["job"] in ("cook", "smith")
        )
    middle = space.between(drawn[:40], drawn[40:], np.full((40, 1), 0.5))
    assert space.contains(middle).all()
    assert json.loads(json.dumps(space.content(middle))) == space.content(middle)


def test_made_rows_are_asked_and_learned_from():
    pool = Pool(numbers(ROWS), content=ROWS, encode=numbers)
    strategy = Synthesised(Margin(), Rows(), Between(8, 4), realism=Realism(strict=0.1))
    one = Campaign(
        pool, Classification(("old", "young")), strategy=strategy, model=LogisticRegression(max_iter=2000)
    )
    one.tell({row: "old" if 20 + row % 40 > 40 else "young" for row in range(0, 60, 5)})
    made = 0
    for _ in range(6):
        (query,) = one.ask()
        made += query.made
        one.tell(query, "old" if int(query.content["fields"]["age"]) > 40 else "young")
    assert made >= 3 and len(one.labels) == 18


def blob(at, coloured=False):
    pixels = np.full((20, 20, 3), 20, dtype=np.uint8)
    pixels[at : at + 6, 6:14] = (220, 40, 40) if coloured else 220
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return {"kind": "image", "data": out.getvalue()}


def brightness(contents):
    return np.stack(
        [
            np.asarray(Image.open(io.BytesIO(one["data"])).convert("L").resize((5, 5)), dtype=float).ravel()
            for one in contents
        ]
    )


@pytest.mark.parametrize("coloured", [False, True])
def test_pictures_are_made_and_read_like_real_ones(coloured):
    content = [blob(at % 14, coloured) for at in range(40)]
    pool = Pool(brightness(content), content=content, encode=brightness)
    space = Pictures(components=8, size=12).learned(pool)
    points = space.sample(6, rng())
    shown = space.content(points)
    image = Image.open(io.BytesIO(base64.b64decode(shown[0]["png"])))
    assert image.size == (12, 12) and image.mode == ("RGB" if coloured else "L")
    assert space.features(points).shape == (6, 25) and space.contains(points).all()
    assert space.places(points).shape == (6, 25)
    assert with_bytes(shown[0])["data"][:4] == b"\x89PNG"


def test_what_cannot_be_made_is_told():
    with pytest.raises(InvalidInput, match=r"kind 'row'.*no content"):
        Rows().learned(Pool(np.eye(3)))
    with pytest.raises(InvalidInput, match="content of another kind"):
        Rows().learned(Pool(content=[{"kind": "text", "text": "a"}]))
    with pytest.raises(InvalidInput, match="encode="):
        Rows().learned(Pool(np.eye(60), content=ROWS))
    with pytest.raises(InvalidInput, match="no text"):
        Fragments().learned(Pool(content=[{"kind": "text", "text": " "}], encode=lengths))
    with pytest.raises(InvalidInput, match="None of the pictures"):
        Pictures().learned(Pool(content=[{"kind": "image", "data": b"no"}], encode=brightness))
    for make in (
        lambda: Fragments(1),
        lambda: Rows(0.0),
        lambda: Pictures(size=500),
        lambda: Written("ftp://x"),
    ):
        with pytest.raises(InvalidInput):
            make()


# ---------------------------------------------------------------- a language model


class Fake(BaseHTTPRequestHandler):
    """A server that speaks enough of the protocol."""

    seen: ClassVar[list] = []
    answer: ClassVar[object] = None

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        Fake.seen.append((self.path, dict(self.headers), body))
        told = Fake.answer(len(Fake.seen)) if callable(Fake.answer) else Fake.answer
        payload = json.dumps({"choices": [{"message": {"role": "assistant", "content": told}}]}).encode()
        self.send_response(200 if told is not None else 500)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    Fake.seen, Fake.answer = (
        [],
        lambda turn: json.dumps([f"A new text {turn}-{i}, and more" for i in range(20)]),
    )
    held = HTTPServer(("127.0.0.1", 0), Fake)
    thread = threading.Thread(target=held.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{held.server_port}/v1"
    held.shutdown()
    held.server_close()


def test_a_language_model_is_asked_only_when_items_are_made(server, monkeypatch):
    monkeypatch.setenv("FAKE_KEY", "s3cret")
    written = Written(server, "tiny", key="FAKE_KEY", guidelines="About flights.", examples=3)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    one = Campaign(
        Pool(TEXTS),
        Classification(("praise", "blame")),
        strategy=Synthesised(Margin(), written, Climb(4, 0)),
        model=model,
    )
    written.learned(Pool(TEXTS))
    one.ask()  # cold: a real item
    assert Fake.seen == []
    one.tell({row: KIND[row] for row in range(6)})
    (query,) = one.ask()
    assert query.made and query.content["text"].startswith("A new text")
    path, headers, body = Fake.seen[0]
    assert (
        path == "/v1/chat/completions"
        and headers["Authorization"] == "Bearer s3cret"
        and body["model"] == "tiny"
    )
    asked = body["messages"][0]["content"]
    assert "About flights." in asked and sum(f"- {text}" in asked for text in TEXTS) == 3
    assert len(Fake.seen) == 2, "one request for each twenty texts"
    told = json.dumps([str(event) for _, event in one.log.read()])
    assert "s3cret" not in told and "FAKE_KEY" in told


@pytest.mark.parametrize(
    "said",
    ['```json\n["One text", "Two  texts"]\n```', "1. One text\n2) Two texts\n", '- "One text"\n- Two texts'],
)
def test_answers_come_in_several_shapes(server, said):
    Fake.answer = said
    points = Written(server).learned(Pool(TEXTS)).sample(4, rng())
    assert set(points) == {"One text", "Two texts"}


def test_a_server_that_fails_is_told(server, monkeypatch):
    space = Written(server).learned(Pool(TEXTS))
    Fake.answer = None
    with pytest.raises(StorageError, match="gave no texts: HTTPError"):
        space.sample(2, rng())
    Fake.answer = json.dumps(TEXTS[:3])
    with pytest.raises(StorageError, match="wrote nothing in 3 requests"):
        space.sample(2, rng())
    monkeypatch.delenv("NO_KEY", raising=False)
    with pytest.raises(InvalidInput, match="'NO_KEY' holds no key"):
        Written(server, key="NO_KEY").learned(Pool(TEXTS)).sample(1, rng())


def test_a_snapshot_of_texts_alone_is_enough():
    snapshot = Snapshot(Pool(TEXTS), labels={0: "praise", 3: "blame"})
    proposal = Synthesised(Margin(), Fragments()).propose(snapshot, 2)
    assert not any(proposal.made), "cold: real items"
