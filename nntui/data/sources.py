"""Where data come from: a generator, a bundled table, or a path to what the user has."""

from __future__ import annotations

from nntui.data.bundled import TARGETS as BUNDLED
from nntui.data.bundled import load as load_bundled
from nntui.data.dataset import DataError, Dataset
from nntui.data.files import located, named, quoted, reason
from nntui.data.generators import GENERATORS
from nntui.data.generators import TARGETS as GENERATED
from nntui.errors import closest

#: What can be learned from each named data set, the usual target first. Any expression in x is a target of "function".
SOURCES: dict[str, tuple[str, ...]] = {**GENERATED, "cat-sketches": ("cat",), **BUNDLED}
#: How the names of tables of text and of arrays end; any other path must be a folder of images.
TEXTS, ARRAYS = (".csv", ".tsv", ".txt"), (".npz",)


def load(
    source: str,
    target: str = "",
    *,
    task: str = "auto",
    rows: int = 0,
    noise: float = 0.0,
    seed: int = 0,
    missing: str = "error",
    image_size: int = 0,
    grey: bool = False,
) -> Dataset:
    """The named data set, or that at a path, with its usual target unless another is named.

    ``rows`` (0: as many as suit it), ``noise`` and ``seed`` are for generators, ``missing`` and ``task`` for files,
    ``image_size`` (0: as suits them) and ``grey`` for images. Raises DataError.
    """
    if source not in SOURCES:
        return _at_path(source, target, task=task, missing=missing, image_size=image_size, grey=grey)
    targets = SOURCES[source]
    target = target or targets[0]
    if target not in targets and source != "function":
        raise DataError(
            f"data.target = {quoted(target)}: {source} has the targets {', '.join(targets)}{closest(target, targets)}"
        )
    if source == "cat-sketches":
        from nntui.data.sketches import cat_sketches

        return cat_sketches(target, rows, noise, seed, image_size)
    if source in GENERATORS:
        return GENERATORS[source](target, rows, noise, seed)
    return load_bundled(source, target, image_size)


def _at_path(source: str, target: str, *, task: str, missing: str, image_size: int, grey: bool) -> Dataset:
    """The table, the arrays or the images at a path; its ending tells which. Only its reader is imported."""
    path = located(source)
    ending = path.suffix.lower()
    try:
        is_folder = path.is_dir()
        exists = path.exists()
    except (OSError, ValueError) as error:
        raise DataError(f"{named(source)}: cannot be read: {reason(error)}") from None
    if is_folder:
        if target:
            raise DataError(
                f"data.target = {quoted(target)}: must be empty; the folders in {named(source)} are its classes"
            )
        from nntui.data.images import load as load_images

        return load_images(path, size=image_size, grey=grey, task=task)
    if exists and ending in TEXTS:
        from nntui.data.tables import load as load_table

        return load_table(path, target, task, missing)
    if exists and ending in ARRAYS:
        from nntui.data.arrays import load as load_arrays

        return load_arrays(path, target, task, missing)
    if exists:
        endings = ", ".join(TEXTS + ARRAYS)
        raise DataError(f"{named(source)}: must be a folder of images, or a file whose name ends in one of {endings}")
    if "/" in source or "\\" in source or ending in TEXTS + ARRAYS:
        raise DataError(f"{named(source)}: there is no such file or folder")
    raise DataError(
        f"data.source = {quoted(source)}: must be one of {', '.join(SOURCES)}; or a path{closest(source, SOURCES)}"
    )
