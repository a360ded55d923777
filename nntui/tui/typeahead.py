"""Type-ahead: a key that arrives while another one is dealt with waits until that is done.

Textual gives a letter to the entry that has the focus at once; what a key is bound to, backspace and Enter among them,
happens only when the key has come up through the queues of all widgets to the app, and a dialog that it opens has the
focus later still. Of keys that arrive together, as a slow link delivers them, the later ones would overtake.
"""

from __future__ import annotations

import asyncio
from collections import deque

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver

#: A key is done when all from the focus up to the app have answered what they had to so many times: first the key;
#: then what its action told them; then what came of that, such as the focus in a dialog that was opened.
ROUNDS = 3
#: How often it is looked whether a widget that has not answered is still there.
LOOK_SECONDS = 0.1

_Typed = events.Key | events.Paste


class TypeAhead(App[None]):
    """An app that takes keys and pasted text one by one, in the order in which they arrive."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self._behind: deque[_Typed] = deque()
        self._dealing: asyncio.Task[None] | None = None

    @property
    def is_dealing(self) -> bool:
        """Whether a key is not yet done."""
        return self._dealing is not None

    async def on_event(self, event: events.Event) -> None:
        """Passes an event on; what is typed, when its turn has come."""
        if not isinstance(event, _Typed) or event.is_forwarded:
            await super().on_event(event)
        elif self._dealing is not None:
            self._behind.append(event)
        else:
            await self._deal_with(event)

    async def _deal_with(self, event: _Typed) -> None:
        focused = self.focused
        await super().on_event(event)
        is_text = isinstance(event, events.Paste) or (
            focused is not None and focused.check_consume_key(event.key, event.character)
        )
        if not is_text:  # text stays in its order in the queue of the entry
            self._dealing = asyncio.create_task(self._see_through())

    async def _see_through(self) -> None:
        try:
            for _ in range(ROUNDS):
                for node in self._innermost.ancestors_with_self:
                    await _answers(node)
        finally:  # whatever goes wrong, the next key has its turn
            self.call_later(self._go_on)

    @property
    def _innermost(self) -> DOMNode:
        """Where keys go now."""
        if not self.screen_stack:  # it is being left
            return self
        return self.screen if self.focused is None else self.focused

    async def _go_on(self) -> None:
        self._dealing = None
        while self._behind and self._dealing is None:
            await self._deal_with(self._behind.popleft())


async def _answers(node: DOMNode) -> None:
    """Waits until a widget, screen or app has answered all that it was sent by now, or is gone."""
    answered = asyncio.Event()
    if not node.call_later(answered.set):
        return
    waiting = asyncio.ensure_future(answered.wait())
    while node.is_attached and not (await asyncio.wait({waiting}, timeout=LOOK_SECONDS))[0]:
        pass
    waiting.cancel()
