"""The runs that words on the command line mean: ids, names, patterns of names, and terms such as ``loss<0.1``."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from nntui import runfilter
from nntui.store import catalog
from nntui.store.records import UNREADABLE, RunRecord
from nntui.store.schema import RunError
from nntui.terms import quoted

Found = tuple[Path, RunRecord]

_TERM = re.compile(r"\w+([<>]=?|!?=).*", re.DOTALL)
_PATTERN = re.compile(r"[*?\[]")


def selected(runs: Path, words: Sequence[str]) -> list[Found]:
    """The runs meant, each once: in the order of the words, those of a pattern in the order in which they were made.

    A word is what ``find_run`` knows, or a pattern such as ``xor*`` for all runs whose name or id is like that. Terms
    of ``runfilter`` then leave out those for which they do not hold; where no other word names any, of all runs. Runs
    that are archived or cannot be read are meant only where they are named. Raises RunError, FilterError.
    """
    if len(words) == 1 and not _TERM.fullmatch(words[0]) and not _PATTERN.search(words[0]):
        return [catalog.find_run(runs, words[0])]
    known = catalog.list_runs(runs)
    folders = {place.name for place in catalog.newest_folders(runs)}
    called = {text for place, run in known for text in (place.name, run.name)}
    terms = [word for word in words if _TERM.fullmatch(word) and word not in called]
    found: dict[Path, RunRecord] = {}
    for word in [word for word in words if word not in terms] or ["*"]:
        if word not in called and word in folders:
            found[runs / word] = catalog.open_run(runs / word)  # it says why it is not known
        elif _PATTERN.search(word) and word not in called:
            for place, run in _alike(known, word):
                found.setdefault(place, run)
        else:
            place, run = catalog.meant(runs, known, word)
            found.setdefault(place, catalog.open_run(place) if run.state == UNREADABLE else run)
    return _filtered(found, terms)


def _alike(known: Sequence[Found], pattern: str) -> list[Found]:
    """The runs that are called like a pattern, the oldest first, so that new ones move no other."""
    found = [
        (place, run)
        for place, run in reversed(known)
        if any(fnmatchcase(text, pattern) for text in (place.name, run.name))
        and not (run.archived or run.state == UNREADABLE)
    ]
    if not found:
        raise RunError(f"no run is called {quoted(pattern)}; nntui runs lists them")
    return found


def _filtered(found: dict[Path, RunRecord], terms: Sequence[str]) -> list[Found]:
    """Those for which all terms hold."""
    chosen, now = runfilter.parse(" ".join(terms)), time.time()
    kept = [(place, run) for place, run in found.items() if chosen.matches(run, now)]
    if not kept:
        raise RunError(f"{quoted(' '.join(terms))} holds for none of {len(found):,} runs; nntui runs lists them")
    return kept
