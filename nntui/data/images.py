"""Pictures in folders: a folder for each class."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nntui.data.arrays import pixel_names
from nntui.data.dataset import BINARY, MULTI_CLASS, Column, DataError, Dataset
from nntui.data.files import contents, located, named, quoted, reason
from nntui.data.targets import AUTO, encode_target, outputs

if TYPE_CHECKING:
    from PIL.Image import Image

#: Pixels a side, if nothing else is said.
SIZE = 64
#: The most bytes of a file, pixels of an image, files of a folder, and numbers in X (2 GB).
MAX_BYTES, MAX_PIXELS, MAX_FILES, MAX_NUMBERS = 2**28, 2**26, 100_000, 2**28
#: What is read: no format whose reader starts a program or looks elsewhere.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
#: What systems leave in folders.
_LITTER = frozenset(("thumbs.db", "desktop.ini", "__macosx"))
#: Channels of an image and what Pillow calls them.
_MODES = {1: "L", 3: "RGB"}


def load(folder: Path | str, size: int = 0, grey: bool = False, task: str = AUTO) -> Dataset:
    """The images in the subfolders of a folder, resized to ``size`` x ``size`` pixels (0: 64), from 0 to 255.

    Each subfolder is a class; of two, one called "not-cats" beside "cats" is the negative one. Raises DataError.
    """
    where, size = named(folder), size or SIZE
    classes = [name for name in _entries(folder) if os.path.isdir(located(folder) / name)]  # noqa: PTH112 - never raises
    if len(classes) < 2:
        found = f"has only the folder {quoted(classes[0])}" if classes else "has no folders in it"
        raise DataError(f"{where}: {found}; needs at least two, one for each class of images")
    paths: list[Path] = []
    labels: list[str] = []
    for name in classes:
        members = files(Path(folder) / name)
        if not members:
            raise DataError(f"{named(Path(folder) / name)}: has no images; each class needs some")
        paths += members
        labels += [os.fsencode(name).decode("utf-8", "replace")] * len(members)
    if task == AUTO:
        task = BINARY if len(classes) == 2 else MULTI_CLASS
    encoded = encode_target(f"{where}: the folders", labels, task)
    target = encoded.classes[1] if encoded.task == BINARY else "class"
    image = (size, size, 1 if grey else 3)
    return Dataset(
        name=located(folder).resolve().name,
        X=read(paths, image),
        T=encoded.T,
        task=encoded.task,
        columns=tuple(map(Column, pixel_names(image))),
        target=target,
        outputs=outputs((target,), encoded),
        classes=encoded.classes,
        source=str(folder),
        licence="as its owner says",
        image=image,
        value_range=(0.0, 255.0),
    )


def files(path: Path | str) -> list[Path]:
    """The files in a folder and its subfolders, in order, without hidden ones; a file itself. Raises DataError.

    Links to folders are not followed, so that no way leads in a circle.
    """
    if not os.path.isdir(located(path)):  # noqa: PTH112 - never raises
        return [Path(path)]
    found: list[Path] = []
    pending = [Path(path)]
    while pending:
        folder = pending.pop()
        inner = [folder / name for name in _entries(folder)]
        folders = [member for member in inner if os.path.isdir(located(member))]  # noqa: PTH112 - never raises
        others = set(inner).difference(folders)
        found += [member for member in inner if member in others]
        pending += reversed([member for member in folders if not located(member).is_symlink()])
        if len(found) > MAX_FILES:
            raise DataError(f"{named(path)}: has more than {MAX_FILES} files")
    return found


def read(paths: Iterable[Path | str], image: tuple[int, int, int]) -> NDArray[np.float64]:
    """Image files as rows of pixels from 0 to 255, resized to (height, width, channels). Raises DataError.

    They are turned upright as their camera noted, laid on white where they are transparent, and grey if there is
    one channel. The shape is (images, height * width * channels).
    """
    height, width, channels = image
    paths = list(paths)
    if channels not in _MODES:
        raise DataError(f"images are read in grey or in colour; {channels} channels are neither")
    if len(paths) * height * width * channels > MAX_NUMBERS:
        much = f"{len(paths)} images of {height} x {width} pixels"
        raise DataError(f"{much} are too many; make data.image_size smaller, or take fewer")
    X = np.empty((len(paths), height * width * channels))
    for row, path in enumerate(paths):
        X[row] = _pixels(path, (width, height), _MODES[channels]).reshape(-1)
    return X


def _entries(folder: Path | str) -> list[str]:
    """The sorted names in a folder, without hidden files and litter. Raises DataError."""
    try:
        names = os.listdir(located(folder))  # noqa: PTH208 - names
    except (OSError, ValueError) as error:
        raise DataError(f"{named(folder)}: cannot be read: {reason(error)}") from None
    return sorted(name for name in names if not name.startswith(".") and name.casefold() not in _LITTER)


def _pixels(path: Path | str, size: tuple[int, int], mode: str) -> NDArray[np.uint8]:
    """The pixels of an image file, shape (height, width[, 3]), at the size (width, height). Raises DataError."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise DataError("images need Pillow, which is not installed: pip install 'nntui[images]'") from None
    data = contents(path, MAX_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                extent = f"{picture.width} x {picture.height}"
                raise DataError(f"{named(path)}: has {extent} pixels; at most {MAX_PIXELS} can be read")
            picture.draft(None, (2 * size[0], 2 * size[1]))
            picture.load()
            with suppress(Exception):  # a camera's note that cannot be read is none
                picture = ImageOps.exif_transpose(picture)
            return np.asarray(_flat(picture, mode).resize(size, Image.Resampling.BILINEAR))
    except DataError:
        raise
    except UnidentifiedImageError:
        kinds = ", ".join(FORMATS)
        raise DataError(f"{named(path)}: is not an image; read are {kinds}") from None
    except Exception as error:  # a damaged image can make its reader raise anything
        raise DataError(f"{named(path)}: cannot be read as an image: {reason(error)}") from None


def _flat(picture: Image, mode: str) -> Image:
    """A picture of any kind in 8 bits a channel, on white, in this mode."""
    from PIL import Image

    if picture.mode.startswith("I"):
        depth: NDArray[Any] = np.asarray(picture)
        return Image.fromarray((np.clip(depth, 0, 65535) / 257).round().astype(np.uint8)).convert(mode)
    if picture.mode == "F":
        raise ValueError("its pixels are fractions, not whole numbers")
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        over = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
    return picture.convert(mode)
