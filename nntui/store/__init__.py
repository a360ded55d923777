"""The run folder: one writer of telemetry, many readers, and commands appended by anyone."""
