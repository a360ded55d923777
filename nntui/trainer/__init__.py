"""The process that owns a run: it trains, writes the run folder, and obeys the commands appended there."""

import signal

#: On these the trainer ends in good order.
SIGNALS = (signal.SIGTERM, signal.SIGINT)
