"""The screen in a browser on the same machine, by way of the package textual-serve."""
