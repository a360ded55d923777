"""The screen: panes and widgets that draw what a run folder says, and send back nothing but commands."""
