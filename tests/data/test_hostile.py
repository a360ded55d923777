"""Files that no honest program writes: each is refused in one harmless line, and none is obeyed."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from nntui.data import arrays, images, tables
from nntui.data.dataset import DataError, Dataset

JUNK = bytes(np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8))
#: Clears a screen, rings, turns the reading direction around, and breaks the line.
ATTACK = "\x1b[2J\x07\u202e\r\n"


def load(path: Path) -> Dataset:
    if path.suffix == ".npz":
        return arrays.load(path)
    return tables.load(path) if path.suffix in (".csv", ".tsv", ".txt") else images.load(path, size=4)


def check_refusal(load: Callable[[], object]) -> str:
    with pytest.raises(DataError) as caught:
        load()
    message = str(caught.value)
    assert message.isprintable()
    assert 10 < len(message) < 500
    return message


class Executed:
    """Leaves a mark when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, ("executed",)


def png(width: int = 4, height: int = 4) -> bytes:
    """A picture of one colour whose header claims another size."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, "PNG")
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return file.getvalue()[:12] + header + struct.pack(">I", zlib.crc32(header)) + file.getvalue()[33:]


def npz(**members: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **members)
    return file.getvalue()


def npz_of(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def header(text: str) -> bytes:
    """The start of an array in a file, with any header."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) + 1) + text.encode() + b"\n"


X, Y = np.ones((3, 2)), np.array([0, 1, 0])
DEEP = "(" * 3000

TABLES: dict[str, str | bytes] = {
    "empty": "",
    "blank lines": "\n\n  \n\t\n",
    "header alone": "a,b,y\n",
    "one row": "a,b,y\n1,2,3\n",
    "one row without header": "1,2,3",
    "one column": "y\n1\n2\n3\n",
    "one cell": "x",
    "target alone": "y\n0\n1\n",
    "target the same everywhere": "a,y\n1,0\n2,0\n",
    "ragged": "a,b,y\n1,2,3\n4,5\n6,7,8\n",
    "too long a row": "a,y\n1,2\n" + "3," * 100_000,
    "mixed types": "a,y\n" + "".join(f"{n},{n % 2}\n" for n in range(40)) + f"'{ATTACK.strip()[5:]}',1\n",
    "mark alone": b"\xef\xbb\xbf",
    "mark of UTF-16 alone": b"\xff\xfe",
    "half a character of UTF-16": b"\xff\xfea\x00b",
    "lone surrogate of UTF-16": b"\xff\xfe" + b"\x00\xd8" * 4,
    "NUL bytes": b"a,y\n1,\x00\n2,3\n",
    "UTF-16 without mark": "a,y\n1,0\n2,1\n".encode("utf-16-le"),
    "million columns": ",".join(map(str, range(10**6))) + "\n" + ",".join(["1"] * 10**6),
    "million columns in one line of two": "x," * 10**6 + "y\n" + "1," * 10**6 + "2\n",
    "infinite": "a,y\n1,0\ninf,1\n3,0\n",
    "overflow": "a,y\n1,0\n1e400,1\n3,0\n",
    "huge": "a,y\n1,0\n1e300,1\n3,0\n",
    "infinite target": "a,y\n1,0\n2,-Infinity\n3,0\n",
    "all missing": "a,b,y\n?,NA,nan\n,,\n-,null,?\n",
    "all of a column missing": "a,y\n?,1\nNA,2\n",
    "commas": ",,,,\n,,,,\n",
    "lone quote": '"',
    "quote that is never closed": 'a,y\n1,2\n"3,4\n5,6\n' + "7,8\n" * 100_000,
    "quote in the header": '"a,b,y\n1,2,3\n',
    "text after a quote": 'a,y\n"1"2,3\n',
    "endless cell": "a,y\n" + "x" * 200_000 + ",1\n",
    "long names": "x" * 300 + ",y\n1,2\n3,4\n",
    "same names": "a,a,y\n1,2,3\n4,5,6\n",
    "escapes": f"a,y\n1,{ATTACK}\n2,b\n",
    "direction in a value": "a,y\n1,\u202ea\u2066\n2,\u202ea\u2066\n",
    "direction in names": "\u202ea,\u202ea,y\n1,2,3\n1,2,4\n",
    "separators": f"a,y\n1,0\u2028\u2029\u0085{'z' * 300}\n2,b\n",
    "junk": JUNK,
    "picture": png(),
    "zip": npz(X=X, y=Y),
    "one character": b"\x80",
    "texts without end": "a,y\n" + "".join(f"name {n},{n % 2}\n" for n in range(300)),
    "too many classes": "a,y\n" + "".join(f"{n},name {n}\n" for n in range(3000)),
}
ARRAYS: dict[str, bytes] = {
    "empty": b"",
    "junk": JUNK,
    "junk like a zip": b"PK\x03\x04" + JUNK,
    "end of a zip alone": b"PK\x05\x06" + bytes(18),
    "cut": npz(X=X, y=Y)[:-30],
    "damaged": npz(X=X, y=Y).replace(X.tobytes(), b"\x00" * X.nbytes),
    "no members": npz(),
    "pickle": npz(X=np.array([[Executed(), 1]], dtype=object), y=Y[:1]),
    "pickle as target": npz(X=X, y=np.array([Executed(), 0, 1], dtype=object)),
    "pickle in place of an array": npz_of(X=b"\x80\x04cos\nmkdir\n(S'executed'\ntR.", y=b""),
    "record": npz(X=np.zeros(3, dtype=[("a", "O"), ("b", "f8")]), y=Y),
    "rows that do not match": npz(X=X, y=Y[:2]),
    "no rows": npz(X=X[:0], y=Y[:0]),
    "no columns": npz(X=X[:, :0], y=Y),
    "number": npz(X=np.array(1.0), y=Y),
    "complex": npz(X=X * 1j, y=Y),
    "complex target": npz(X=X, y=Y * 1j),
    "dates": npz(X=Y.astype("M8[D]"), y=Y),
    "infinite": npz(X=X * np.inf, y=Y),
    "missing": npz(X=X * np.nan, y=Y),
    "missing target": npz(X=X, y=Y * np.nan),
    "names that attack": npz(**{ATTACK: X, "y": Y}),
    "target that attacks": npz(X=X, y=np.array([ATTACK, ATTACK, ATTACK])),
    "many dimensions": npz(X=np.ones((3,) + (1,) * 20), y=Y),
    "header that is a program": npz_of(X=header("__import__('os').mkdir('executed')")),
    "header without end": npz_of(X=header(DEEP)),
    "header of another kind": npz_of(X=header("[1, 2]")),
    "header of no type": npz_of(X=header("{'descr': 'zz', 'fortran_order': False, 'shape': (3, 2)}")),
    "negative shape": npz_of(X=header("{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 2)}")),
    "endless shape": npz_of(X=header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**30}, 2)}}")),
    "endless shape of nothing": npz_of(X=header("{'descr': '<U0', 'fortran_order': False, 'shape': (10000000000,)}")),
    "cut array": npz_of(X=header("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2)}") + bytes(40)),
    "characters that are none": npz(X=X, y=np.array([0xFFFFFFFF, 97, 98], dtype="<u4").view("<U1")),
    "half characters": npz(X=X, y=np.array([0xD800, 97, 98], dtype="<u4").view("<U1")),
    "other version": npz_of(X=b"\x93NUMPY\x09\x00" + JUNK),
}
PICTURES: dict[str, bytes] = {
    "empty": b"",
    "junk": JUNK,
    "cut": png()[:50],
    "cut before its size": png()[:20],
    "bomb": png(60_000, 60_000),
    "wide bomb": png(2**31 - 1, 1),
    "larger than a bomb": png(2**31 - 1, 2**31 - 1),
    "no pixels": png(0, 0),
    "program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(executed) (w) file\n",
    "drawing": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "header alone": b"\x89PNG\r\n\x1a\n",
    "not quite a JPEG": b"\xff\xd8\xff\xe0" + JUNK,
    "not quite a GIF": b"GIF89a" + JUNK,
    "not quite a BMP": b"BM" + JUNK,
    "not quite a WEBP": b"RIFF\xff\xff\x00\x00WEBPVP8 " + JUNK,
    "not quite a TIFF": b"II*\x00\x08\x00\x00\x00" + JUNK,
    "not quite a PPM": b"P6 99999999 99999999 255\n" + JUNK,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one, where whatever is executed leaves its mark."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", TABLES)
def test_no_table_is_a_surprise(kind: str) -> None:
    content = TABLES[kind]
    path = Path("t.csv")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert check_refusal(lambda: tables.load(path)).startswith("t.csv: ")


@pytest.mark.parametrize("kind", ARRAYS)
def test_no_array_is_a_surprise(kind: str) -> None:
    path = Path("t.npz")
    path.write_bytes(ARRAYS[kind])
    assert check_refusal(lambda: arrays.load(path)).startswith("t.npz: ")
    assert not Path("executed").exists()


@pytest.mark.parametrize("kind", PICTURES)
def test_no_picture_is_a_surprise(kind: str) -> None:
    for name in ("cats", "dogs"):
        Path("p", name).mkdir(parents=True)
        Path("p", name, "1.png").write_bytes(png())
    path = Path("p/dogs/2.png")
    path.write_bytes(PICTURES[kind])
    assert check_refusal(lambda: images.load("p", size=4)).startswith("p/dogs/2.png: ")
    assert not Path("executed").exists()
    path.unlink()
    assert images.load("p", size=4).X.shape == (2, 48)


@pytest.mark.parametrize("name", ["x.csv", "x.npz", "x"])
def test_what_is_no_file_is_not_opened(name: str) -> None:
    path = Path(name)
    assert "No such file" in check_refusal(lambda: load(path))
    path.symlink_to(path)
    assert "symbolic links" in check_refusal(lambda: load(path))
    path.unlink()
    os.mkfifo(path)
    check_refusal(lambda: load(path))
    path.unlink()
    path.mkdir()
    check_refusal(lambda: load(path))
    check_refusal(lambda: load(Path(f"/dev/zero/{name}")))
    check_refusal(lambda: load(Path(f"nul\0{name}")))
    check_refusal(lambda: load(Path("x" * 5000 + name)))


def test_a_device_is_not_read() -> None:
    for module in (tables, arrays):
        assert check_refusal(partial(module.load, "/dev/zero")).startswith("/dev/zero: is a device")
    check_refusal(lambda: images.read(["/dev/zero"], (4, 4, 3)))


def test_no_folder_of_pictures_is_a_surprise() -> None:
    Path("p").mkdir()
    check_refusal(lambda: images.load("p"))
    Path("p/cats").mkdir()
    check_refusal(lambda: images.load("p"))
    Path("p/dogs").mkdir()
    assert check_refusal(lambda: images.load("p")).startswith("p/cats: has no images")
    for name in ("cats", "dogs"):
        Path("p", name, "1.png").write_bytes(png())
    Path("p/dogs/self").symlink_to("self")
    assert check_refusal(lambda: images.load("p")).startswith("p/dogs/self: cannot be read: ")
    Path("p/dogs/self").unlink()
    os.mkfifo("p/dogs/pipe")
    assert check_refusal(lambda: images.load("p")).startswith("p/dogs/pipe: is a device, a pipe or a socket")
    Path("p/dogs/pipe").unlink()
    Path("p/dogs", f"{ATTACK}.png").write_bytes(JUNK)
    check_refusal(lambda: images.load("p"))


def test_a_name_that_is_no_text_becomes_text() -> None:
    for name in ("p/cats", "p/d\udcffgs"):
        Path(name).mkdir(parents=True)
        Path(name, "1.png").write_bytes(png())
    assert images.load("p", size=4).classes == ("cats", "d\ufffdgs")
    Path("p/d\udcffgs/1.png").unlink()
    check_refusal(lambda: images.load("p", size=4))


QUICK = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
#: Bytes of which some are nearly a table.
NEARLY = st.binary(max_size=200) | st.lists(
    st.sampled_from([*'ay12,;\t|".-?\n\r ', "1.5,", "NA", "inf", "\n1,2", "\ufeff", "\u202e", "é", "+", "'"]),
    max_size=60,
).map(lambda parts: "".join(parts).encode())


def check_bytes(path: Path, content: bytes) -> None:
    """Any content of a file is data, or is refused in one harmless line."""
    path.write_bytes(content)
    try:
        data = load(path)
    except DataError as error:
        message = str(error)
    else:
        assert data.X.shape == (len(data.T), len(data.features))
        assert data.T.shape[1] == len(data.outputs)
        assert np.isfinite(data.X).all()
        assert np.isfinite(data.T).all()
        return
    assert message.isprintable()
    assert len(message) < 500


@QUICK
@given(content=NEARLY)
@example(content=b"a b\n1 2 \n3 4\n")
@example(content=b'\t"')
@example(content=b'\n!\t"')
def test_any_bytes_are_a_table_or_are_refused(content: bytes) -> None:
    check_bytes(Path("t.csv"), content)


@QUICK
@given(at=st.integers(0, 600), content=st.binary(max_size=20))
def test_any_damage_to_arrays_is_borne(at: int, content: bytes) -> None:
    whole = npz(X=X, y=Y)
    check_bytes(Path("t.npz"), whole[:at] + content + whole[at + len(content) :])


@QUICK
@given(at=st.integers(0, 100), content=st.binary(max_size=20), kind=st.sampled_from(["PNG", "JPEG", "GIF", "TIFF"]))
def test_any_damage_to_pictures_is_borne(at: int, content: bytes, kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, kind)
    for name in ("cats", "dogs"):
        Path("p", name).mkdir(parents=True, exist_ok=True)
        Path("p", name, "1.png").write_bytes(png())
    whole = file.getvalue()
    Path("p/dogs/2.png").write_bytes(whole[:at] + content + whole[at + len(content) :])
    try:
        data = images.load("p", size=4)
    except DataError as error:
        message = str(error)
    else:
        assert data.X.shape == (3, 48)
        return
    assert message.isprintable()
    assert len(message) < 500
