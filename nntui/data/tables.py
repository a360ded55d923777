"""Tables of text, as spreadsheets and data bases write them: how they are laid out is found out."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nntui.data.cells import MISSING, Cells, absent, features_of, inferred, parsed
from nntui.data.dataset import DROP, ERROR, MAX_FEATURES, Column, DataError, Dataset
from nntui.data.files import contents, listed, named, quoted, reason, suggestion
from nntui.data.targets import AUTO, LARGEST, MAX_NAME, encode_targets, is_number, outputs

if TYPE_CHECKING:
    from _csv import Reader

#: What is read at most: bytes of a file, and bytes of a line.
MAX_BYTES, MAX_LINE = 2**29, 2**22

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
#: In the order in which they are believed when several cut all rows alike: a comma may be a decimal one.
_DELIMITERS = "\t;|, "
_SAMPLE = 50


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The cells of a file, without the blanks around them; a decimal comma has become a point.

    ``path`` is as messages name it, ``lines`` says in which line of the file each row begins. A column whose header
    is empty has the name "" and is not used: it numbers the rows. ``headed`` is False when there is no header and
    the columns are called c1, c2, ...
    """

    path: str
    names: tuple[str, ...]
    headed: bool
    rows: list[list[str]]
    lines: list[int]

    def cells(self, column: int) -> list[str]:
        """The texts of a column."""
        return [row[column] for row in self.rows]


@dataclass(frozen=True, slots=True)
class _Layout:
    delimiter: str
    names: tuple[str, ...]
    headed: bool
    why: str = ""  # there is no header


def load(path: Path | str, target: str = "", task: str = AUTO, missing: str = ERROR) -> Dataset:
    """The table in a CSV, TSV or text file, to predict the column ``target`` (several: "a,b"; empty: the last one).

    A column of numbers is a feature, a column of texts is one-hot. Where ``missing`` is "error" a missing value is
    one, with "drop" its row is left out, else it is NaN in X; a missing target can only be dropped.
    Raises DataError.
    """
    where, data = named(path), _text(path)
    layout = _layout(path, data, target)
    numbers = _numbers(data, layout)
    lines: Sequence[int]
    if numbers is None:
        table = _table(path, data, layout)
        names, lines = table.names, table.lines
        all_cells: list[Cells] = [table.cells(i) for i in range(len(names))]
    else:
        names, lines = layout.names, _lines(where, data, layout, len(numbers))
        all_cells = list(numbers.T)
    targets = _targets(where, names, target, layout.why)
    features = [i for i, name in enumerate(names) if name and i not in targets]
    if not features:
        raise DataError(f"{where}: has only {listed(filter(None, names))}; needs a column to predict from")
    _check_unnamed(where, names, all_cells)
    used, lines = _used(where, names, {i: all_cells[i] for i in (*targets, *features)}, lines, targets, missing)
    cells = [parsed(used[i]) for i in features]
    columns = tuple(inferred(where, names[i], column, lines) for i, column in zip(features, cells, strict=True))
    _check_distinct(where, columns)
    X = features_of(where, columns, cells, lines)
    labels = [used[i] for i in targets]
    if len(X) < 2:
        raise DataError(f"{where}: has {len(X)} rows; at least 2 are needed")
    wanted = [names[i] for i in targets]
    called = [f"{where}: column {quoted(name)}" for name in wanted]
    encoded = encode_targets(where, labels, task, lines=lines, names=called)
    return Dataset(
        name=Path(path).name,
        X=X,
        T=encoded.T,
        task=encoded.task,
        columns=columns,
        target=", ".join(wanted),
        outputs=outputs(wanted, encoded),
        classes=encoded.classes,
        source=str(path),
        licence="as its owner says",
        lines=lines,
        unit="line",
    )


def read(path: Path | str) -> Table:
    """The cells of a CSV, TSV or text file, with its delimiter and header found out. Raises DataError."""
    data = _text(path)
    return _table(path, data, _layout(path, data))


def encode(columns: Sequence[Column], table: Table, *, path: Path | str = "") -> NDArray[np.float64]:
    """The features that these columns become in a table, shape (rows, features); NaN where a value is missing.

    Columns are found by name, in any order among others; without a header the table may have just these columns.
    ``path`` is what messages call the table, if not by its own path. Raises DataError.
    """
    where = named(path) if path else table.path
    if not table.headed and len(table.rows) > 1 and {column.name for column in columns} <= set(table.rows[0]):
        names, rows, lines = tuple(table.rows[0]), table.rows[1:], table.lines[1:]
        table = Table(table.path, names, True, rows, lines)
    places = {name: i for i, name in enumerate(table.names) if name}
    lacking = next((column.name for column in columns if column.name not in places), None)
    if lacking is None:
        order = [places[column.name] for column in columns]
    elif not table.headed and len(table.names) == len(columns):
        order = list(range(len(columns)))
    else:
        found = listed(filter(None, table.names)) if table.headed else f"{len(table.names)} without a header"
        near = suggestion(lacking, places) if table.headed else ""
        raise DataError(f"{where}: has no column {quoted(lacking)}{near}; its columns: {found}")
    return features_of(where, columns, [table.cells(i) for i in order], table.lines)


def _text(path: Path | str) -> bytes:
    """The text of a file as UTF-8. Raises DataError if it is none.

    Without a byte order mark it is UTF-8 or, as spreadsheets on Windows write it, code page 1252.
    """
    data = contents(path, MAX_BYTES)
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            data = data.decode("utf-16").encode()
        data = data.removeprefix(b"\xef\xbb\xbf")
        if not data.isascii():
            try:
                data.decode()
            except UnicodeDecodeError:
                data = data.decode("cp1252").encode()
    except UnicodeError:
        raise DataError(f"{named(path)}: is not text; a table is text in UTF-8") from None
    control = _CONTROL.search(data)
    if control:
        line = data.count(b"\n", 0, control.start()) + 1
        found = f"holds the byte 0x{control[0][0]:02X}; is not text, as a table must be"
        raise DataError(f"{named(path)}: line {line}: {found}")
    start = 0
    while start + MAX_LINE < len(data):
        end = start + MAX_LINE
        start = max(data.rfind(b"\n", start, end), data.rfind(b"\r", start, end)) + 1
        if not start or start == end - MAX_LINE:
            raise DataError(f"{named(path)}: has a line longer than {MAX_LINE / 2**20:.0f} MiB")
    if not data.strip():
        raise DataError(f"{named(path)}: is empty")
    return data


def _reader(data: bytes, delimiter: str) -> Reader:
    """The rows of a text; blanks before a cell, which fill up the columns of aligned tables, are skipped."""
    stream = io.TextIOWrapper(io.BytesIO(data), "utf-8", errors="ignore", newline="")
    return csv.reader(stream, delimiter=delimiter, skipinitialspace=True, strict=True)


def _rows(reader: Reader, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line and the cells of each row that has any. Raises csv.Error."""
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                if delimiter == " " and not cells[-1]:
                    del cells[-1]
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise csv.Error(f"line {line}: no row can be read here: {reason(error)}") from None


def _layout(path: Path | str, data: bytes, target: str = "") -> _Layout:
    """The delimiter that cuts the first rows most evenly, and the names of the columns. Raises DataError.

    A first row that names the target is a header.
    """
    head = data[:MAX_LINE]
    samples = {delimiter: _sample(head, delimiter) for delimiter in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda delimiter: _evenness(samples[delimiter]))
    sample = samples[delimiter] or samples[","] or [[""]]
    first, others = sample[0], sample[1:]
    if len(first) > MAX_FEATURES:
        raise DataError(f"{named(path)}: has more than {MAX_FEATURES} columns")
    wanted = [target] if target in first else [part.strip() for part in target.split(",")]
    why = "" if target and set(wanted) <= set(first) else _no_header(first, others)
    if why:
        return _Layout(delimiter, tuple(f"c{i + 1}" for i in range(len(first))), headed=False, why=why)
    twice = [name for name, count in Counter(filter(None, first)).items() if count > 1]
    if twice:
        raise DataError(f"{named(path)}: has two columns called {quoted(twice[0])}; rename one")
    longest = max(first, key=len)
    if len(longest) > MAX_NAME:
        raise DataError(f"{named(path)}: the column {quoted(longest)} has a name of more than {MAX_NAME} characters")
    if others and all(len(row) == len(first) + 1 for row in others):
        first = ["", *first]
    return _Layout(delimiter, tuple(first), headed=True)


def _sample(head: bytes, delimiter: str) -> list[list[str]]:
    """The first rows as this delimiter cuts them, up to the first that cannot be read."""
    rows = _rows(_reader(head, delimiter), delimiter)
    sample: list[list[str]] = []
    try:
        for _, row in islice(rows, _SAMPLE):
            sample.append(row)
            if sum(map(len, sample)) > MAX_FEATURES:
                break
    except csv.Error:
        pass
    return sample


def _evenness(sample: list[list[str]]) -> int:
    """How many of the rows a delimiter cuts into equally many cells, at least two."""
    widths = [len(row) for row in sample]
    return max((widths.count(width) for width in set(widths) if width > 1), default=0)


def _no_header(first: list[str], others: list[list[str]]) -> str:
    """Why a first row does not name columns: most of it comes again, or some of it is a value; "" if it does."""
    again = [cell for i, cell in enumerate(first) if cell and any(cell in row[i : i + 1] for row in others)]
    names = [cell for cell in first if cell]
    if 2 * len(again) >= len(names):
        return f"because {quoted(again[0])} comes again below" if again else "because the first row is empty"
    values = [cell for cell in names if is_number(cell) or cell in MISSING]
    if values and (again or not _names_numbers(first, others)):
        return f"because {quoted(values[0])} is {'a number' if is_number(values[0]) else 'a missing value'}"
    if len(set(names)) < len(names) and not any(is_number(cell) for row in others for cell in row):
        return "because names would come twice"
    return ""


def _names_numbers(first: list[str], others: list[list[str]]) -> bool:
    """Whether some of the names are numbers, as years are, beside texts that are no values of their columns."""
    if not all(cell.isdecimal() for cell in first if is_number(cell)) or any(
        cell and cell in MISSING for cell in first
    ):
        return False
    for i, cell in enumerate(first):
        below = [row[i] for row in others if i < len(row) and row[i] not in MISSING]
        over_numbers = bool(below) and all(map(is_number, below))
        over_classes = 2 * len(set(below)) <= len(below)
        if cell and not is_number(cell) and (over_numbers or over_classes):
            return True
    return False


def _numbers(data: bytes, layout: _Layout) -> NDArray[np.float64] | None:
    """The table if all of it is numbers or missing, shape (rows, columns), read at the speed of NumPy; else None.

    A missing value is NaN. A table with a row or a column without any value is not read here.
    """
    numbers = _loaded(data, layout)
    if numbers is not None and np.all(np.abs(numbers) <= LARGEST):
        return numbers
    if layout.delimiter == " ":
        return None
    body = data.replace(b"\r\n", b"\n").rstrip(b"\n")
    tokens = b"|".join(re.escape(token.encode()) for token in sorted(MISSING, key=len, reverse=True))
    edge = b"[^" + re.escape(layout.delimiter.encode()) + rb"\n]"
    body, gaps = re.subn(
        rb"(?<!" + edge + rb') *(?:"(?:' + tokens + rb')"|(?:' + tokens + rb")) *(?!" + edge + rb")", b"nan", body
    )
    numbers = _loaded(body, layout) if gaps else None
    if numbers is None or np.any(np.abs(numbers) > LARGEST):
        return None
    absent = np.isnan(numbers)
    unclear = absent.sum() + layout.names.count("") != gaps or absent.all(axis=0).any() or absent.all(axis=1).any()
    return None if unclear else numbers


def _loaded(data: bytes, layout: _Layout) -> NDArray[np.float64] | None:
    """The numbers below the header, shape (rows, columns), or None if NumPy finds something else."""
    stream = io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")
    if layout.headed and next(_rows(csv.reader(stream, delimiter=layout.delimiter), layout.delimiter), None) is None:
        return None
    delimiter = None if layout.delimiter == " " else layout.delimiter
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            numbers = np.loadtxt(stream, delimiter=delimiter, comments=None, quotechar='"', ndmin=2)
    except ValueError:
        return None
    return numbers if numbers.shape[1] == len(layout.names) else None


def _lines(where: str, data: bytes, layout: _Layout, rows: int) -> Sequence[int]:
    """The lines of the rows of a table of numbers; mostly there is one for each row, below the header."""
    skipped = int(layout.headed)
    if data.rstrip(b"\r\n").count(b"\n") + 1 == rows + skipped:
        return range(skipped + 1, skipped + 1 + rows)
    try:
        return [line for line, _ in islice(_rows(_reader(data, layout.delimiter), layout.delimiter), skipped, None)]
    except csv.Error as error:  # a quote that is never closed, for one
        raise DataError(f"{where}: {error}") from None


def _table(path: Path | str, data: bytes, layout: _Layout) -> Table:
    """All rows of a text of this layout. Raises DataError where one has too few or too many cells."""
    reader = _reader(data, layout.delimiter)
    names, where = layout.names, named(path)
    rows: list[list[str]] = []
    lines: list[int] = []
    skipped = not layout.headed
    try:
        for line, row in _rows(reader, layout.delimiter):
            if not skipped:
                skipped = True
                continue
            if len(row) != len(names):
                raise DataError(f"{where}: line {line}: has {len(row)} cells; the table has {len(names)} columns")
            rows.append(row)
            lines.append(line)
    except csv.Error as error:
        raise DataError(f"{where}: {error}") from None
    if not rows:
        raise DataError(f"{where}: has no rows below its header")
    if layout.delimiter != ",":
        rows = [[_point(cell) if "," in cell else cell for cell in row] for row in rows]
    if not layout.headed and not any(row[-1] for row in rows):
        names = (*names[:-1], "")
    return Table(where, names, layout.headed, rows, lines)


def _point(cell: str) -> str:
    """A number with its decimal comma made a point; any other text as it is."""
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


def _targets(where: str, names: Sequence[str], target: str, why: str) -> list[int]:
    """The places of the columns to predict; ``why`` says why there is no header, if there is none. Raises DataError."""
    if not any(names):
        raise DataError(f"{where}: its header names no column")
    if not target:
        return [max(i for i, name in enumerate(names) if name)]
    wanted = [target] if target in names else list(dict.fromkeys(part.strip() for part in target.split(",")))
    places = {name: i for i, name in enumerate(names) if name}
    for name in wanted:
        if name not in places:
            columns = listed(filter(None, names))
            headless = f"; no header was seen, {why}" if why else ""
            found = f"{where}: has no column {quoted(name)}{suggestion(name, places)}"
            raise DataError(f"{found}; columns: {columns}{headless}")
    return [places[name] for name in wanted]


def _check_unnamed(where: str, names: Sequence[str], cells: Sequence[Cells]) -> None:
    """Raises DataError for a column of numbers without a name that does not number the rows."""
    for i, name in enumerate(names):
        numbers = None if name else parsed(cells[i])
        if not isinstance(numbers, np.ndarray):
            continue
        whole = bool(np.all(numbers == np.round(numbers)))
        if not whole or len(np.unique(numbers)) < len(numbers):
            raise DataError(f"{where}: column {i + 1} has no name in the header, and does not number the rows; name it")


def _check_distinct(where: str, columns: Sequence[Column]) -> None:
    """Raises DataError for two features of one name: the level "a" of the column "c", and a column "c=a"."""
    features = Counter(feature for column in columns for feature in column.features)
    for feature, count in features.items():
        if count > 1:
            raise DataError(f"{where}: two features would be called {quoted(feature)}; rename a column")


def _used(
    where: str,
    names: Sequence[str],
    used: dict[int, Cells],
    lines: Sequence[int],
    targets: Sequence[int],
    missing: str,
) -> tuple[dict[int, Cells], Sequence[int]]:
    """The cells of each column and the lines of the rows that are learned from; the targets come first.

    Raises DataError where a value is missing that must not be.
    """
    dropped: set[int] = set()
    for i, cells in used.items():
        gaps = np.flatnonzero(np.isnan(cells)).tolist() if isinstance(cells, np.ndarray) else absent(cells)
        cell = f"{where}: line {lines[gaps[0]]}, column {quoted(names[i])}" if gaps else ""
        if gaps and len(gaps) == len(cells):
            raise DataError(f"{where}: column {quoted(names[i])}: has no values at all; leave it out")
        if gaps and missing != DROP and i in targets:
            raise DataError(f"{cell}: has no value, and a target needs one; data.missing can be drop")
        if gaps and missing == ERROR:
            raise DataError(f"{cell}: has no value; data.missing can be drop, zero, mean or median")
        if missing == DROP:
            dropped.update(gaps)
    if not dropped:
        return used, lines
    if len(dropped) == len(lines):
        raise DataError(f"{where}: has a missing value in every row; none is left")
    kept = [row for row in range(len(lines)) if row not in dropped]
    return {i: _taken(cells, kept) for i, cells in used.items()}, [lines[row] for row in kept]


def _taken(cells: Cells, rows: list[int]) -> Cells:
    return cells[rows] if isinstance(cells, np.ndarray) else [cells[row] for row in rows]
