"""Lists of what may be opened: presets and past runs."""
