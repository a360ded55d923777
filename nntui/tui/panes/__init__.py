"""What a run looks like, one aspect a pane. A pane is given pictures and posts wishes; it asks nobody."""
