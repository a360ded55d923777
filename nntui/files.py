"""Files that are whole or not there at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """A new file to be written inside, which takes the place of ``path`` afterwards; is gone if anything fails.

    Until then it lies beside it, under a name that nobody can foresee: no link can have been laid there, and two who
    write the same file do not meet. ``mode`` is what others may do with it, but for what the umask denies them.
    Raises OSError.
    """
    draft = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        with open(draft, "xb", opener=partial(os.open, mode=mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
