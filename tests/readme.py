"""The README's tables, made from the keymap and the knob table: ``python tests/readme.py`` writes them."""

from __future__ import annotations

from pathlib import Path

from nntui.knobs import KNOBS
from nntui.tui import keymap

README = Path(__file__).parents[1] / "README.md"


def keys() -> str:
    """Every key of a run's screen, by place."""
    rows = ["| where | keys | what |", "|---|---|---|"]
    for place in keymap.told():
        here = [key for key in keymap.KEYS if key.place == place]
        rows += [f"| {place} | {' '.join(f'`{name}`' for name in key.names)} | {key.help} |" for key in here]
    return "\n".join(rows)


def knobs() -> str:
    """Every key of a preset."""
    rows = ["| key | default | live | what | allowed |", "|---|---|---|---|---|"]
    for knob in KNOBS.values():
        default = knob.show(knob.default) or '""'
        rows.append(f"| `{knob.key}` | {default} | {'yes' if knob.live else ''} | {knob.help} | {knob.allowed} |")
    return "\n".join(rows)


def updated(text: str) -> str:
    """The README with its tables as they should be."""
    for name, table in (("keys", keys()), ("knobs", knobs())):
        before, opening, rest = text.partition(f"<!-- {name} -->\n")
        _, closing, after = rest.partition(f"\n<!-- /{name} -->")
        text = before + opening + table + closing + after
    return text


if __name__ == "__main__":
    README.write_text(updated(README.read_text(encoding="utf-8")), encoding="utf-8")
