"""What the tests of the server share: two kinds of text that are easy to tell apart, and a client."""

from starlette.testclient import TestClient

from querist.server import create_app

WORDS = {"sport": "goal match team coach league", "money": "bank market shares profit trade"}


def texts(n):
    """Short texts about two things; the class is in the words."""
    names = list(WORDS)
    rows = []
    for i in range(n):
        words = WORDS[names[i % 2]].split()
        rows.append(f"{words[i % 5]} {words[(i * 3 + 1) % 5]} {words[(i * 7 + 2) % 5]} number {i}")
    return rows


def right(text):
    return "sport" if any(word in text for word in WORDS["sport"].split()) else "money"


def csv_of(path, n=40):
    path.write_text("id,text,place\n" + "".join(f"t{i},{text},here\n" for i, text in enumerate(texts(n))))
    return path


def client_of(workspace, app=None):
    app = app or create_app(workspace, workspace.token(), hosts=["127.0.0.1", "localhost"])
    headers = {"authorization": f"Bearer {workspace.token()}"}
    return TestClient(app, base_url="http://127.0.0.1:8420", headers=headers, raise_server_exceptions=False)
