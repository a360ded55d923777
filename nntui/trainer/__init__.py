"""The process that owns a run: it trains, writes the run folder, and obeys the commands appended there."""
