"""Pictures: those of the campaign's items, in formats that cannot run, and nothing else of the disk."""

import numpy as np
import pytest
from PIL import Image
from served import client_of

from querist.data import open_image, open_source
from querist.errors import InvalidInput, SourceError, UnknownItem
from querist.server import media
from querist.workspace import Workspace


def image(path, mode="RGB"):
    pixels = np.random.default_rng(0).integers(0, 255, (12, 10, 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.png", "b.jpg", "c.bmp", "d.gif"):
        image(folder / name)
    with Workspace.create(tmp_path / "campaign", open_source(folder), classes=["cat", "dog"]) as workspace:
        yield workspace


def test_every_picture_is_shown_with_the_type_of_its_bytes(pictures):
    with client_of(pictures) as client:
        kinds = set()
        for question in client.post("/api/next", json={"n": 4}).json()["questions"]:
            assert question["content"]["kind"] == "image" and question["content"]["text"] is None
            reply = client.get(question["content"]["url"])
            assert reply.status_code == 200 and reply.headers["x-content-type-options"] == "nosniff"
            assert "private" in reply.headers["cache-control"]
            kinds.add(reply.headers["content-type"])
            again = client.get(question["content"]["url"], headers={"if-none-match": reply.headers["etag"]})
            assert again.status_code == 304
        assert kinds == {"image/png", "image/jpeg", "image/gif"}  # the BMP became a PNG
        assert client.get("/api/media/nothing.png").status_code == 404
        assert client.get("/api/media/..%2F..%2Fetc%2Fpasswd").status_code == 404
        url = question["content"]["url"]
        client.headers.pop("authorization")
        assert client.get(url).status_code == 401


def test_a_picture_that_was_taken_away_is_told(pictures, tmp_path):
    with client_of(pictures) as client:
        url = client.post("/api/next", json={}).json()["questions"][0]["content"]["url"]
        for path in (tmp_path / "pictures").iterdir():
            path.unlink()
        reply = client.get(url)
        assert reply.status_code == 404 and "skip the item" in reply.json()["mend"]


@pytest.mark.parametrize(
    "name", ["a\nb.png", "a b?c#d&e=f.png", "100 %.png", "caf\u0301e.png", "<b>.png", "x/y.png"]
)
def test_a_picture_may_be_called_anything(tmp_path, name):
    path = tmp_path / "odd" / name
    path.parent.mkdir(parents=True)
    image(path)
    with (
        Workspace.create(tmp_path / "campaign", open_source(tmp_path / "odd"), classes=["cat"]) as workspace,
        client_of(workspace) as client,
    ):
        question = client.post("/api/next", json={}).json()["questions"][0]
        assert question["item"] == name
        for url in (question["content"]["url"], question["content"]["url"].replace("media", "items")):
            assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    "fault", [FileNotFoundError(2, "gone"), PermissionError(13, "no"), OSError(5, "torn")]
)
@pytest.mark.parametrize("where", ["stat", "read_bytes"])
def test_a_picture_that_cannot_be_read_just_now_is_told(pictures, monkeypatch, fault, where):
    def refused(*_, **__):
        raise fault

    with client_of(pictures) as client:
        url = client.post("/api/next", json={}).json()["questions"][0]["content"]["url"]
        monkeypatch.setattr("querist.server.routes.resolve", lambda path, root: root / path)
        monkeypatch.setattr(f"pathlib.Path.{where}", refused)
        reply = client.get(url)
        monkeypatch.undo()
        assert reply.status_code == 404 and "skip the item" in reply.json()["mend"]


def test_a_picture_that_became_empty_is_told(pictures, tmp_path):
    for path in (tmp_path / "pictures").iterdir():
        path.write_bytes(b"")
    with client_of(pictures) as client:
        reply = client.get("/api/media/a.png")
        assert reply.status_code == 422 and "skip" in reply.json()["mend"].casefold()


def test_an_array_of_pictures_is_shown_too(tmp_path):
    np.save(tmp_path / "digits.npy", np.zeros((3, 8, 8), dtype=np.uint8))
    source = open_source(tmp_path / "digits.npy")
    with (
        Workspace.create(tmp_path / "digits", source, classes=["0"]) as workspace,
        client_of(workspace) as client,
    ):
        url = client.post("/api/next", json={}).json()["questions"][0]["content"]["url"]
        assert client.get(url).content[:4] == b"\x89PNG"


def test_nothing_outside_the_source_folder_is_ever_read(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    image(tmp_path / "secret.png")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    for path in ("../secret.png", str(tmp_path / "secret.png"), "link.png"):
        with pytest.raises(UnknownItem, match="outside"):
            media.resolve(path, root)
    with pytest.raises(UnknownItem, match="no longer"):
        media.resolve("gone.png", root)


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.parametrize("content", [b"<svg onload='alert(1)'/>", b"<html>", b"", b"\x00" * 100, POSTSCRIPT])
def test_what_is_no_raster_picture_is_refused_whatever_its_name(tmp_path, content):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"x\.png is not a picture.*cannot identify"):
        media.picture(path)
    with pytest.raises(SourceError, match="no picture of a known format"):
        open_image(str(path))


def test_a_picture_has_a_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(media, "LIMIT", 10)
    with pytest.raises(InvalidInput, match="10 are allowed"):
        media.picture(image(tmp_path / "x.png"))


def test_a_truncated_picture_is_refused(tmp_path):
    path = image(tmp_path / "x.bmp")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InvalidInput, match="Skip it as broken"):
        media.picture(path)
