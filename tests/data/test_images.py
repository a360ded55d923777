from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from nntui.data import images
from nntui.data.dataset import DataError
from nntui.data.images import files, load, read

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one, so that messages name files alone."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(path: str, pixels: Any, mode: str | None = None, **options: Any) -> Path:
    """An image file of pixels, shape (height, width[, channels]), or of a picture."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.asarray(pixels, dtype=np.uint8))
    (picture.convert(mode) if mode else picture).save(path, **options)
    return Path(path)


def plain(colour: tuple[int, int, int], side: int = 2) -> Image.Image:
    return Image.new("RGB", (side, side), colour)


def pixels(path: Path | str, side: int = 2, channels: int = 3) -> NDArray[np.float64]:
    return read([path], (side, side, channels)).reshape(side, side, channels)


def refusal(folder: str = "pictures", **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        load(folder, **options)
    return str(caught.value)


@pytest.fixture
def pictures() -> Path:
    """Two cats and a picture of no cat."""
    save("pictures/cats/1.png", plain(RED))
    save("pictures/cats/2.jpg", plain(RED, 50))
    save("pictures/not-cats/1.png", plain(BLUE, 3))
    return Path("pictures")


class TestLoad:
    def test_folders_are_classes(self, pictures: Path) -> None:
        data = load(pictures, size=2)
        assert (data.name, data.task, data.target) == ("pictures", "binary", "cats")
        assert (data.classes, data.outputs) == (("not-cats", "cats"), ("cats",))
        assert data.T.tolist() == [[1], [1], [0]]
        assert (data.image, data.value_range) == ((2, 2, 3), (0, 255))
        assert data.X.shape == (3, 12)
        assert data.X[0].tolist() == [*RED] * 4
        assert data.X[2].tolist() == [*BLUE] * 4
        assert data.features[:4] == (
            "row 1 column 1 red",
            "row 1 column 1 green",
            "row 1 column 1 blue",
            "row 1 column 2 red",
        )

    def test_the_usual_size_is_64_pixels(self, pictures: Path) -> None:
        data = load(pictures)
        assert data.X.shape == (3, 64 * 64 * 3)
        assert len(data.features) == 64 * 64 * 3

    def test_pictures_can_be_grey(self, pictures: Path) -> None:
        data = load(pictures, size=2, grey=True)
        assert (data.image, data.X.shape) == ((2, 2, 1), (3, 4))
        assert data.X[0].tolist() == [76] * 4
        assert data.features == ("row 1 column 1", "row 1 column 2", "row 2 column 1", "row 2 column 2")

    def test_more_folders_are_more_classes(self, pictures: Path) -> None:
        save("pictures/dogs/1.png", plain(GREEN))
        data = load(pictures, size=2)
        assert (data.task, data.target) == ("multi-class", "class")
        assert data.classes == data.outputs == ("cats", "dogs", "not-cats")
        assert data.T.argmax(axis=1).tolist() == [0, 0, 1, 2]

    def test_folders_called_by_numbers_are_classes(self) -> None:
        for digit in range(3):
            save(f"digits/{digit}/a.png", plain((digit, 0, 0)))
        data = load("digits", size=2)
        assert (data.task, data.classes) == ("multi-class", ("0", "1", "2"))
        assert load("digits", size=2, task="regression").T.tolist() == [[0], [1], [2]]

    def test_litter_is_left_out_and_folders_within_are_not(self, pictures: Path) -> None:
        save("pictures/cats/more/3.png", plain(GREEN))
        for name in (".DS_Store", "cats/.hidden", "cats/Thumbs.db", "__MACOSX"):
            (pictures / name).write_bytes(b"junk")
        (pictures / "readme.txt").write_text("about")
        data = load(pictures, size=2)
        assert data.T[:, 0].tolist() == [1, 1, 1, 0]
        assert data.X[2].tolist() == [*GREEN] * 4

    def test_links_lead_in_no_circle(self, pictures: Path) -> None:
        (pictures / "cats" / "again").symlink_to(Path.cwd() / "pictures", target_is_directory=True)
        (pictures / "cats" / "3.png").symlink_to(Path.cwd() / "pictures" / "cats" / "1.png")
        assert load(pictures, size=2).X.shape == (4, 12)

    def test_what_is_wrong_is_told(self, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (pictures / "dogs").mkdir()
        assert refusal() == "pictures/dogs: has no images; each class needs some"
        (pictures / "dogs" / "a.png").write_text("no image")
        kinds = "PNG, JPEG, GIF, BMP, WEBP, TIFF, PPM"
        assert refusal() == f"pictures/dogs/a.png: is not an image; read are {kinds}"
        assert refusal(task="binary").startswith("pictures: the folders: has 3 values ('cats', 'dogs', 'not-cats')")
        assert refusal("pictures/cats") == (
            "pictures/cats: has no folders in it; needs at least two, one for each class of images"
        )
        save("one/cats/a.png", plain(RED))
        assert refusal("one").startswith("one: has only the folder 'cats'; needs at least two")
        assert refusal("nowhere") == "nowhere: cannot be read: No such file or directory"
        monkeypatch.setattr(images, "MAX_FILES", 1)
        assert refusal() == "pictures/cats: has more than 1 files"
        monkeypatch.setattr(images, "MAX_NUMBERS", 100)
        with pytest.raises(DataError, match=r"^4 images of 9 x 9 pixels are too many; make data\.image_size smaller"):
            read(["a"] * 4, (9, 9, 1))

    def test_pillow_is_asked_for_when_it_is_needed(self, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "PIL", None)
        assert refusal() == "images need Pillow, which is not installed: pip install 'nntui[images]'"


class TestRead:
    def test_pixels_are_those_of_the_file(self) -> None:
        rng = np.random.default_rng(0)
        values = rng.integers(0, 256, (4, 4, 3))
        np.testing.assert_array_equal(pixels(save("a.png", values), 4), values)
        grey = rng.integers(0, 256, (4, 4))
        np.testing.assert_array_equal(pixels(save("g.png", grey), 4, 1)[:, :, 0], grey)
        np.testing.assert_array_equal(pixels("g.png", 4), np.repeat(grey[:, :, None], 3, axis=2))

    @pytest.mark.parametrize("kind", ["png", "gif", "bmp", "webp", "tiff", "ppm", "jpg"])
    def test_every_format_is_read(self, kind: str) -> None:
        path = save(f"a.{kind}", plain((200, 100, 50), 16))
        np.testing.assert_allclose(pixels(path, 8), np.broadcast_to((200, 100, 50), (8, 8, 3)), atol=3)

    @pytest.mark.parametrize("mode", ["P", "CMYK", "1", "LA", "RGBA", "L"])
    def test_every_kind_of_picture_is_read(self, mode: str) -> None:
        path = save("a.tiff", plain((255, 255, 255)), mode)
        assert pixels(path).tolist() == [[[255] * 3] * 2] * 2

    def test_a_palette_is_looked_up(self) -> None:
        picture = plain(RED, 4)
        picture.paste(BLUE, (2, 0, 4, 4))
        path = save("a.png", picture.convert("P", palette=Image.Palette.ADAPTIVE, dither=Image.Dither.NONE))
        with Image.open(path) as saved:
            assert saved.mode == "P"
        assert pixels(path, 4)[0].tolist() == [[*RED], [*RED], [*BLUE], [*BLUE]]

    def test_sixteen_bits_are_scaled(self) -> None:
        depth = np.array([[0, 257], [32896, 65535]], dtype=np.uint16)
        Image.fromarray(depth).save("a.png")
        assert pixels("a.png", 2, 1)[:, :, 0].tolist() == [[0, 1], [128, 255]]
        assert pixels("a.png", 2, 3)[1, 0].tolist() == [128, 128, 128]

    def test_what_is_transparent_is_white(self) -> None:
        values = [[[255, 0, 0, 255], [255, 0, 0, 0]], [[0, 0, 0, 51], [0, 0, 255, 255]]]
        expected = [[[*RED], [255, 255, 255]], [[204, 204, 204], [*BLUE]]]
        assert pixels(save("a.png", values)).tolist() == expected
        picture = plain(RED, 2)
        save("b.png", picture, transparency=RED)
        assert pixels("b.png").tolist() == [[[255] * 3] * 2] * 2

    def test_pictures_are_turned_upright(self) -> None:
        picture = plain(RED, 2)
        picture.paste(BLUE, (0, 1, 2, 2))
        exif = Image.Exif()
        exif[0x0112] = 3
        assert pixels(save("a.png", picture))[0, 0].tolist() == [*RED]
        assert pixels(save("b.png", picture, exif=exif))[0, 0].tolist() == [*BLUE]

    def test_any_shape_is_resized_to_the_image(self) -> None:
        picture = Image.new("RGB", (300, 100), RED)
        picture.paste(BLUE, (150, 0, 300, 100))
        X = read([save("a.png", picture)], (4, 2, 3)).reshape(4, 2, 3)
        assert np.all(X[:, 0, 0] > 2 * X[:, 0, 2])
        assert np.all(X[:, 1, 2] > 2 * X[:, 1, 0])
        np.testing.assert_allclose(X.sum(axis=2), 255, atol=1)

    def test_only_grey_and_colour_can_be_read(self) -> None:
        with pytest.raises(DataError, match="4 channels are neither"):
            read([save("a.png", plain(RED))], (2, 2, 4))

    def test_what_is_damaged_or_too_large_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        path = save("a.png", np.random.default_rng(0).integers(0, 256, (50, 50, 3)))
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(DataError, match=r"^a\.png: cannot be read as an image: .*truncated"):
            pixels(path)
        fractions = Image.fromarray(np.zeros((2, 2), dtype=np.float32))
        fractions.save("f.tiff")
        with pytest.raises(DataError, match=r"^f\.tiff: cannot be read as an image: its pixels are fractions"):
            pixels("f.tiff")
        monkeypatch.setattr(images, "MAX_PIXELS", 3)
        with pytest.raises(DataError, match=r"^b\.png: has 2 x 2 pixels; at most 3 can be read$"):
            pixels(save("b.png", plain(RED)))

    def test_a_program_in_a_picture_is_not_run(self) -> None:
        picture = plain(RED, 4)
        picture.save("a.eps")
        with pytest.raises(DataError, match=r"^a\.eps: is not an image"):
            pixels("a.eps")


def test_files_are_those_of_a_folder_in_order() -> None:
    for name in ("b.png", "a/2.png", "a/10.png", "c/d/e.png", ".hidden"):
        save(f"x/{name}", plain(RED), format="png")
    assert [str(path) for path in files("x")] == ["x/b.png", "x/a/10.png", "x/a/2.png", "x/c/d/e.png"]
    assert files("x/b.png") == [Path("x/b.png")]
