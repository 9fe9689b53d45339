"""Folders of pictures and of text files, and NumPy arrays, as sources."""

from __future__ import annotations

import io
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from querist.data import open_image, open_source
from querist.errors import SourceError


def picture(path, colour=(200, 30, 30), size=(20, 12), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(sum(colour)).integers(0, 40, (size[1], size[0], 3))
    Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8)).save(path, **options)
    return path


def test_a_folder_of_pictures(tmp_path):
    for name in ("b.png", "a.jpg", "deep/er/c.webp", "d.GIF", "e.bmp", "f.tiff"):
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture")
    picture(tmp_path / ".hidden.png")
    picture(tmp_path / ".cache" / "x.png")
    source = open_source(tmp_path)
    assert source.kind == "image" and not source.problems and source.labels == {}
    assert list(source.ids) == ["a.jpg", "b.png", "d.GIF", "deep/er/c.webp", "e.bmp", "f.tiff"]
    assert source.content[3] == {
        "kind": "image",
        "path": str(tmp_path / "deep" / "er" / "c.webp"),
        "meta": {},
    }


def test_sub_folders_are_classes(tmp_path):
    for name in ("ants/1.png", "ants/2.png", "bees/1.png"):
        picture(tmp_path / name)
    source = open_source(tmp_path)
    assert source.labels == {"ants/1.png": "ants", "ants/2.png": "ants", "bees/1.png": "bees"}
    assert open_source(tmp_path, label="").labels == {}
    picture(tmp_path / "loose.png")
    mixed = open_source(tmp_path)
    assert mixed.labels == {}, "a loose picture says that the folders are no classes"
    (note,) = mixed.problems
    assert str(note).startswith("3 of 4 files: their sub-folders (ants, bees) are not taken")
    assert not note.left_out
    assert not open_source(tmp_path, label="").problems


def test_train_and_test_folders_are_looked_through(tmp_path):
    for name in ("train/ants/1.png", "train/bees/2.png", "val/bees/1.png"):
        picture(tmp_path / name)
    assert set(open_source(tmp_path).labels.values()) == {"ants", "bees"}


def test_broken_pictures_among_good_ones_are_left_out_with_their_reasons(tmp_path):
    for name in ("good.png", "good.jpg", "good.gif", "good.webp"):
        picture(tmp_path / name, size=(80, 60))
    for name in ("cut.png", "cut.jpg", "cut.gif", "cut.webp"):
        whole = picture(tmp_path / name, size=(80, 60)).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("this is no picture")
    source = open_source(tmp_path)
    assert list(source.ids) == ["good.gif", "good.jpg", "good.png", "good.webp"]
    reasons = {problem.place: problem.reason for problem in source.problems}
    assert set(reasons) == {"cut.png", "cut.jpg", "cut.gif", "cut.webp", "empty.png", "text.jpg"}
    assert reasons["empty.png"] == "the file is empty"
    assert "no picture of a known format" in reasons["text.jpg"]
    assert "cannot be shown" in reasons["cut.jpg"]


def test_a_jpeg_with_bytes_behind_its_end_is_good(tmp_path):
    path = picture(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes() + b"camera notes")
    assert len(open_source(tmp_path)) == 1


def test_only_broken_pictures(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"None of the 1 files .* a.png: the file is empty"):
        open_source(tmp_path)


def test_a_decompression_bomb_is_refused(tmp_path):
    buffer = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(buffer, "PNG")
    (tmp_path / "bomb.png").write_bytes(buffer.getvalue())
    picture(tmp_path / "good.png")
    source = open_source(tmp_path)
    assert list(source.ids) == ["good.png"]
    assert "89,478,485 pixels" in source.problems[0].reason


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16"]
)
def test_every_mode_of_picture_becomes_rgb(mode, tmp_path):
    if mode == "I;16":
        image = Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30) * 100)
    else:
        image = Image.new("RGB", (30, 20), "red").convert("P" if mode == "PA" else mode)
        image = image.convert(mode)
    path = tmp_path / "a.tiff"
    try:
        image.save(path)
    except (OSError, KeyError):
        path = tmp_path / "a.png"
        image.convert("RGBA" if mode == "PA" else "RGB").save(path)
    opened = open_image(str(path))
    assert opened.mode == "RGB" and opened.size == (30, 20)


def test_transparency_lies_over_white(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert open_image(str(tmp_path / "a.png")).getpixel((0, 0)) == (255, 255, 255)
    palette = Image.new("P", (4, 4), 3)
    palette.save(tmp_path / "b.gif", transparency=3)
    assert open_image(str(tmp_path / "b.gif")).getpixel((1, 1)) == (255, 255, 255)


def test_sixteen_bit_grey_keeps_its_range(tmp_path):
    Image.fromarray(np.array([[0, 65535], [32768, 0]], dtype=np.uint16)).save(tmp_path / "a.png")
    grey = np.asarray(open_image(str(tmp_path / "a.png")))[:, :, 0]
    assert grey[0].tolist() == [0, 255] and 126 <= grey[1, 0] <= 129


def test_the_camera_s_orientation_is_followed(tmp_path):
    image = Image.new("RGB", (30, 10), "black")
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    image.save(tmp_path / "a.jpg", exif=exif)
    assert open_image(str(tmp_path / "a.jpg")).size == (10, 30)


def test_a_missing_picture_is_told(tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        open_image(str(tmp_path / "a.png"))


def test_a_table_of_pictures(tmp_path):
    picture(tmp_path / "pictures" / "1.png")
    picture(tmp_path / "pictures" / "2.png", (10, 200, 10))
    body = "file,who\npictures/1.png,A\npictures/2.png,B\npictures/3.png,C\n,D\n"
    (tmp_path / "a.csv").write_text(body)
    source = open_source(tmp_path / "a.csv")
    assert source.kind == "image" and len(source) == 2
    assert source.content[1] == {
        "kind": "image",
        "path": str(tmp_path / "pictures/2.png"),
        "meta": {"who": "B"},
    }
    assert [str(one) for one in source.problems] == [
        "line 4: pictures/3.png: the file cannot be read: No such file or directory",
        "line 5: no picture is named",
    ]


def test_a_folder_of_text_files(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffDies ist gut.\r\nSehr gut.".encode())
    (tmp_path / "b.md").write_text("more words")
    (tmp_path / "c.txt").write_text("  ")
    (tmp_path / "d.txt").write_bytes(b"caf\xe9")
    source = open_source(tmp_path)
    assert source.kind == "text" and list(source.ids) == ["a.txt", "b.md"]
    assert source.content[0] == {
        "kind": "text",
        "text": "Dies ist gut.\nSehr gut.",
        "meta": {"file": "a.txt"},
    }
    assert [one.place for one in source.problems] == ["c.txt", "d.txt"]
    assert "encoding='cp1252'" in source.problems[1].reason
    assert len(open_source(tmp_path, encoding="cp1252")) == 3


def test_a_file_whose_name_is_no_text_is_left_out_and_told(tmp_path):
    """On Linux a name may be any bytes; the log, the tables and every export hold text."""
    (tmp_path / "good.txt").write_text("one")
    try:
        with open(os.fsencode(tmp_path) + b"/caf\xe9.txt", "w") as file:
            file.write("two")
    except OSError:
        pytest.skip("this file system takes names of Unicode only")
    source = open_source(tmp_path)
    assert list(source.ids) == ["good.txt"]
    (problem,) = source.problems
    assert problem.left_out and "caf" in problem.place and "not UTF-8" in problem.reason
    str(problem).encode()


def test_text_files_in_class_folders(tmp_path):
    for name in ("pos/1.txt", "neg/1.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(f"words of {name}")
    assert open_source(tmp_path).labels == {"neg/1.txt": "neg", "pos/1.txt": "pos"}


def test_ids_of_files_stay_when_files_are_added(tmp_path):
    picture(tmp_path / "b.png")
    before = open_source(tmp_path)
    picture(tmp_path / "a.png")
    after = open_source(tmp_path)
    assert set(before.ids) < set(after.ids) and before.fingerprint != after.fingerprint
    os.utime(tmp_path / "a.png", ns=(1, 1))
    assert open_source(tmp_path).fingerprint != after.fingerprint


def test_folders_with_nothing_to_label(tmp_path):
    with pytest.raises(SourceError, match=r"holds no pictures or text files: it is empty"):
        open_source(tmp_path)
    (tmp_path / "a.csv").write_text("text\nx\n")
    with pytest.raises(SourceError, match=r"Did you mean .*a.csv"):
        open_source(tmp_path)
    with pytest.raises(SourceError, match=r"holds no pictures: it holds 1 other files"):
        open_source(tmp_path, kind="image")


def test_arrays_of_rows_and_of_pictures(tmp_path):
    rows = np.random.default_rng(0).normal(size=(6, 3))
    np.save(tmp_path / "rows.npy", rows)
    source = open_source(tmp_path / "rows.npy")
    assert source.kind == "row" and list(source.ids) == ["0", "1", "2", "3", "4", "5"]
    assert source.content[2]["vector"].tolist() == rows[2].tolist()
    assert list(source.content[2]["fields"]) == ["x1", "x2", "x3"]
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 9, 3), dtype=np.uint8)
    np.savez(tmp_path / "all.npz", x_train=pixels, y_train=np.array([2, 0, 1, 2]), x_test=pixels[:1])
    source = open_source(tmp_path / "all.npz", label="y_train")
    assert source.kind == "image" and source.labels == {"0": "2", "1": "0", "2": "1", "3": "2"}
    assert np.asarray(open_image(source.content[1]["data"])).tolist() == pixels[1].tolist()
    assert len(open_source(tmp_path / "all.npz", columns=["x_test"])) == 1
    again = open_source(tmp_path / "all.npz", **source.options)
    assert again.labels == source.labels and again.fingerprint == source.fingerprint


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 1), (5, 6, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int16, bool])
def test_pictures_of_every_type_are_shown(tmp_path, shape, dtype):
    pixels = (np.random.default_rng(0).random((2, *shape)) * 200).astype(dtype)
    np.save(tmp_path / "a.npy", pixels)
    shown = np.asarray(open_image(open_source(tmp_path / "a.npy").content[0]["data"]))
    assert shown.shape == (5, 6, 3)
    if dtype == np.uint8 and len(shape) == 2:
        assert shown[:, :, 0].tolist() == pixels[0].tolist()


def test_suffixes_in_capitals(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((3, 2)))
    (tmp_path / "a.npy").rename(tmp_path / "A.NPY")
    assert len(open_source(tmp_path / "A.NPY")) == 3
    (tmp_path / "A.CSV").write_text("text\nthe words of this one\n")
    assert len(open_source(tmp_path / "A.CSV")) == 1


def test_a_zip_is_no_numpy_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.txt", "words")
    with pytest.raises(SourceError):
        open_source(tmp_path / "a.npz")


def closed(monkeypatch, *shut):
    """Folders that may not be read; permissions do not stop root, who may run the tests."""
    scandir = os.scandir

    def refusing(path):
        if os.fspath(path) in {os.fspath(one) for one in shut}:
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refusing)


def test_a_folder_that_may_not_be_read(tmp_path, monkeypatch):
    picture(tmp_path / "a.png")
    closed(monkeypatch, tmp_path)
    with pytest.raises(SourceError, match=r"may not be read: Permission denied\. Check its permissions"):
        open_source(tmp_path)


def test_a_sub_folder_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    picture(tmp_path / "open" / "a.png")
    picture(tmp_path / "shut" / "b.png")
    closed(monkeypatch, tmp_path / "shut")
    source = open_source(tmp_path)
    assert list(source.ids) == ["open/a.png"]
    assert str(source.problems[0]) == "shut: the folder may not be read: Permission denied"
